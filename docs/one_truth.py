"""Say of each statement about a person from which function it is derived, read from the code.

A sentence with a code is made where a `Message` with that code is made: the function around it
decides when it is said. What calls that function shows the sentence. A sentence that a template
writes itself is said where its `if`s hold, and their names come from the function of the page.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from vanne.words.person import PERSON

SRC = Path(__file__).parents[1] / "src"
WORDS = "vanne.report.person_words"
ASKED = re.compile(r"vanne(_assist)?\.(report|messages|own|forget|ledger)\b")
"""The rooms that a page asks for a state; `report.person_words` says it."""
Function = ast.FunctionDef | ast.AsyncFunctionDef
Row = tuple[str, ...]


@cache
def modules() -> dict[str, ast.Module]:
    """Return each module of the core and of the plug-ins by its dotted name."""
    files = sorted(SRC.glob("vanne*/**/*.py"))
    names = (".".join(file.relative_to(SRC).with_suffix("").parts) for file in files)
    parsed = (ast.parse(file.read_text(encoding="utf-8")) for file in files)
    return {name.removesuffix(".__init__"): tree for name, tree in zip(names, parsed, strict=True)}


@cache
def templates() -> dict[str, str]:
    """Return each template by its name."""
    files = sorted(SRC.glob("vanne*/web/templates/*.html"))
    return {file.name: file.read_text(encoding="utf-8") for file in files}


def functions(tree: ast.Module) -> Iterator[Function]:
    """Yield the functions of a module, those of its classes too."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def imported(tree: ast.Module, rooms: re.Pattern[str]) -> dict[str, str]:
    """Return what a module imports from some modules: the full name of each name."""
    names = dict[str, str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and rooms.match(node.module):
            names |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return names


def named(node: ast.AST) -> set[str]:
    """Return the names that a piece of code reads."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def short(name: str) -> str:
    """Return the name of a function as the page writes it, without the package of the core."""
    return f"`{name.removeprefix('vanne.')}`"


# Sentences with a code


def makers() -> dict[str, list[str]]:
    """Return the functions that make a message of each code.

    A code that is written whole, or with more of its words, is not meant by `person-{state}`.
    """
    made = defaultdict[str, dict[str, int]](dict)
    for module, tree in modules().items():
        owners = {id(node): f.name for f in functions(tree) for node in ast.walk(f)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Message":
                pattern, written = _pattern(node.args[0])
                maker = f"{module}.{owners.get(id(node), '')}".rstrip(".")
                for code in filter(re.compile(pattern).fullmatch, PERSON):
                    made[code][maker] = max(written, made[code].get(maker, 0))
    return {
        code: sorted(maker for maker, size in each.items() if size == max(each.values()))
        for code, each in made.items()
    }


def _pattern(code: ast.expr) -> tuple[str, int]:
    """Return the codes that an expression may give, and how many letters of them are written."""
    if isinstance(code, ast.Constant):
        return re.escape(str(code.value)), 99
    if not isinstance(code, ast.JoinedStr):
        return "(?!)", 0  # one that comes as data: of a file, and not of a person
    pattern, written = "", 0
    for part in code.values:
        if isinstance(part, ast.Constant):
            pattern, written = pattern + re.escape(str(part.value)), written + len(str(part.value))
        else:
            words = [n.value for n in ast.walk(part) if isinstance(n, ast.Constant) and n.value]
            pattern += f"({'|'.join(map(str, words))})" if len(words) > 1 else "[a-z-]+"
    return pattern, written


def readers() -> dict[str, list[str]]:
    """Return the doors at which each function of the words is read: files that call it."""
    tree, known = modules()[WORDS], {f.name for f in functions(modules()[WORDS])}
    calls = {f.name: named(f) & known - {f.name} for f in functions(tree)}
    doors = defaultdict[str, set[str]](set)
    for module, other in modules().items():
        for name in imported(other, re.compile(re.escape(WORDS))):
            doors[name].add(short(module))
    for name, text in templates().items():
        for function in re.findall(r"person_words\.(\w+)", text):
            doors[function].add(f"`{name}`")
    for _ in calls:  # who reads a sentence of several reads each of them
        for function, inner in calls.items():
            for each in inner:
                doors[each] |= doors[function]
    return {name: sorted(files) for name, files in doors.items()}


def sentences() -> Iterator[Row]:
    """Yield each sentence of the state, the function that it is derived from, and its readers."""
    made, read = makers(), readers()
    for code, template in PERSON.items():
        text = template if isinstance(template, str) else template[1]
        doors = dict.fromkeys(
            door for maker in made[code] for door in read.get(maker.removeprefix(f"{WORDS}."), [])
        )
        read_in = ", ".join(sorted(doors)) or "where it is made"
        yield text, ", ".join(map(short, made[code])), read_in


def usage_rows() -> Iterator[Row]:
    """Yield each sentence on what was used, and the function that says it."""
    for function in functions(modules()["vanne.report.usage_text"]):
        calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
        for call in calls:
            said = call.args[0] if ast.unparse(call.func) in ("w", "w.plural") else None
            if isinstance(said, ast.Constant):
                yield str(said.value), f"`report.usage_text.{function.name}`"


# Pages


def pages() -> Iterator[tuple[str, str, set[str]]]:
    """Yield each template of a page for a member, the function that fills it, and whom it asks."""
    for module, tree in modules().items():
        asks = imported(tree, ASKED)
        for function in functions(tree):
            hints = {ast.unparse(each.annotation) for each in function.args.args if each.annotation}
            if "Member" not in hints or module.split(".")[1:2] != ["web"]:
                continue
            asked = {asks[name] for name in named(function) & asks.keys()}
            asked = {each for each in asked if each.rpartition(".")[2][0].islower()}
            for node in ast.walk(function):
                if isinstance(node, ast.Constant) and str(node.value).endswith(".html"):
                    yield str(node.value), f"{module}.{function.name}", asked


def page_rows() -> Iterator[Row]:
    """Yield each page of a member, the function that fills it, and what that function asks."""
    for template, function, asked in sorted(pages(), key=lambda page: page[:2]):
        asks = ", ".join(short(each) for each in sorted(asked))
        yield f"`{template}`", short(function), asks or "what it is given"


_TAG = re.compile(r"{%-?\s*(if|elif|else|endif|for|endfor|macro|endmacro)\b\s*(.*?)\s*-?%}")
_SAID = re.compile(r'\b(?:w|plural)\("((?:[^"\\]|\\.)+)"')
_ELSE = re.compile(r"\) if (.+?) else")
_TWICE = re.compile(r"not \(not ([\w.]+)\)")


def members_templates() -> list[str]:
    """Return the templates of a member's pages, and those that they are made of."""
    left, seen = [template for template, _, _ in pages()], set[str]()
    while left:
        name = left.pop()
        if name not in seen and name in templates():
            seen.add(name)
            left += re.findall(r'{% (?:extends|import|include|from) "([^"]+)"', templates()[name])
    return sorted(seen)


def own_sentences() -> Iterator[Row]:
    """Yield each sentence that a member's template says itself and only if something is so."""
    for name in members_templates():
        for sentence, condition in _conditional(templates()[name]):
            yield sentence, f"`{name}`", f"`{condition}`"


STATES = re.compile(
    r"\b(on|off|used?|uses|models?|training sets?|certificates?|removed?|removes|leaves?|left"
    r"|forg[eo]t\w*|exports?|exported|train\w*|learn\w*|prove\w*)\b",
    re.IGNORECASE,
)
"""Words of a sentence that may say where a person stands."""


def always_said() -> Iterator[Row]:
    """Yield each sentence with a word about a state that a member's template says to everybody.

    `verify-parts.html` says what a script finds in a file, and nothing of who reads it.
    """
    own = {(sentence, template) for sentence, template, _ in own_sentences()}
    for name in members_templates():
        for said in _SAID.finditer(templates()[name] if name != "verify-parts.html" else ""):
            row = said[1], f"`{name}`"
            if said[1].endswith(".") and STATES.search(said[1]) and row not in own:
                yield row


def _conditional(text: str) -> Iterator[tuple[str, str]]:
    """Yield the sentences of a template that are said under a condition, each with it."""
    stack, place = list[tuple[str, str]](), 0
    for tag in [*_TAG.finditer(text), None]:
        here = text[place : tag.start() if tag else len(text)]
        ifs = [condition for kind, condition in stack if kind == "if"]
        for piece in re.findall(r"{{.*?}}", here, re.S):
            for said in _SAID.finditer(piece):
                is_else = piece[: said.start()].rstrip().endswith("else")
                inner = [
                    f"not ({each})" for each in _ELSE.findall(piece[: said.start()]) if is_else
                ]
                inner += re.findall(r"^ if (.+?)(?: else| *}}|, )", _rest(piece, said))
                if ifs or inner:
                    condition = _TWICE.sub(r"\1", " and ".join([*ifs, *inner]))
                    yield said[1], condition.replace("|", "\\|")
        if tag is None:
            return
        kind, rest = tag[1], tag[2]
        if kind in ("if", "for", "macro"):
            stack.append((kind, rest))
        elif kind in ("elif", "else") and stack and stack[-1][0] == "if":
            stack[-1] = "if", rest if kind == "elif" else f"not ({stack[-1][1]})"
        elif kind.startswith("end") and stack:
            stack.pop()
        place = tag.end()


def _rest(piece: str, said: re.Match[str]) -> str:
    """Return what comes after the call that says a sentence."""
    depth = 1
    for place in range(said.end(), len(piece)):
        depth += {"(": 1, ")": -1}.get(piece[place], 0)
        if depth == 0:
            return piece[place + 1 :]
    return ""


# Documents, and messages


def field_rows() -> Iterator[Row]:
    """Yield each field of the documents about a person, and what it is read from."""
    tree = modules()["vanne.report.document"]
    for function in functions(tree):
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict):
                for key, value in zip(node.value.keys, node.value.values, strict=True):
                    if isinstance(key, ast.Constant):
                        source = ast.unparse(value).replace("|", "\\|")
                        source = source if len(source) <= 96 else f"{source[:95]}…"
                        yield f"`{key.value}`", f"`report.document.{function.name}`", f"`{source}`"


def message_rows() -> Iterator[Row]:
    """Yield each message to a member, with its sentences, and the function that makes it."""
    tree, kinds = modules()["vanne.report.messages"], defaultdict[str, list[str]](list)
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Call):
                    kinds[str(key.value)].append(str(ast.literal_eval(value.args[0])))
    makes = {
        str(node.value): function.name
        for function in functions(modules()["vanne.messages.inbox"])
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and node.value in kinds
    }
    for kind, texts in kinds.items():
        yield f"`{kind}`", " ".join(texts), short(f"vanne.messages.inbox.{makes[kind]}")
    mail = modules()["vanne.messages.sending"]
    yield "their mail", " ".join(_sentences(mail)), "`messages.sending._written`"


def _sentences(node: ast.AST) -> list[str]:
    """Return the sentences that a piece of code marks for translators, as they come."""
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    marked = [each for each in calls if ast.unparse(each.func) == "sentence"]
    return [str(ast.literal_eval(each.args[0])) for each in marked]


HEAD = """# One truth: what a person reads, and from which function

A member reads about themselves on pages, in the report, from the API, in messages, on receipts and
in answers of commands. Each statement is derived from a state, and each state is decided by one
function. So two places cannot tell two versions. `docs/one_truth.py` makes this page from the code:
no line of it is written by hand.

`report.person.person_state` decides the state of a member for a purpose at a time. It reads the
verdicts (`report.member.report_of`), what versions and models held (`report.usage.usage_of`) and
the tasks of the worker. `report.person_words` puts the state into sentences. Functions are named as
in `src/vanne`.

## Sentences of the state

`%(name)s` stands for a parameter. The last column names the modules and templates that read the
function, also through another one.

| sentence | derived by | read in |
|---|---|---|
"""
USAGE = """
## Sentences on what was used

The report, as a page and in the terminal, says them of training sets, models and items.

| sentence | derived by |
|---|---|
"""
PAGES = """
## Pages of a member

Each template, the function that fills it, and what that function asks. A template that several
functions fill has several lines.

| template | filled by | asks |
|---|---|---|
"""
OWN = """
## Sentences that a template says by itself

Each is said only if the expression holds. Its names are values of the function that fills the page.

| sentence | template | said if |
|---|---|---|
"""
ALWAYS = """
## Sentences that a template says to everybody

These are about the page, or about a document on it. Each holds for each member who reads it, and
`tests/cases/person/always.toml` says why. A test fails if another one with a word about a state,
such as *off* or *certificate*, is said to everybody.

| sentence | template |
|---|---|
"""
FIELDS = """
## Fields of the documents

The report (`GET /v1/members/{id}/report`, `vanne report --json`) and the state
(`GET /v1/members/{id}/state`). A field that a function makes has its own lines.

| field | written by | read from |
|---|---|---|
"""
MESSAGES = """
## Messages

A message is on the page of messages. The mail of a message of the core names the certificate, too;
that of a plug-in has a subject and a sentence of its own.

| kind | sentences | sent by |
|---|---|---|
"""


def page() -> str:
    """Return the page as Markdown."""
    tables = (
        (HEAD, sentences()),
        (USAGE, usage_rows()),
        (PAGES, page_rows()),
        (OWN, own_sentences()),
        (ALWAYS, always_said()),
        (FIELDS, field_rows()),
        (MESSAGES, message_rows()),
    )
    return "".join(head + _rows(rows) for head, rows in tables)


def _rows(rows: Iterable[Row]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in dict.fromkeys(rows))
