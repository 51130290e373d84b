"""Every function that reads a text of somebody else's, and texts that are made to keep it busy.

The functions are derived: all public ones of the rooms that read texts, whose parameters have a
type or a name of `TEXTS`. What a parameter of ours has is in `OURS`; a function that has neither
is named by `unknown_parameters`, so that nobody can forget a new one.
"""

import importlib
import inspect
import json
import pkgutil
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

import vanne.objections
import vanne.screening
import vanne.sources
import vanne_assist
from vanne.errors import VanneError
from vanne.screening.kinds import KINDS
from vanne.sources.assistants import Chat
from vanne.sources.record_paths import OddError
from vanne.sources.wordfile import XmlError
from vanne.terms import Item
from vanne_assist.brief.criteria import Passage
from vanne_assist.brief.text import split as words_of_text
from vanne_assist.writing.guard import Ground, GroundSource

ROOMS = (vanne.screening, vanne.sources, vanne.objections, vanne_assist)
EDGES = (
    "vanne_assist.cli",
    "vanne_assist.demo",
    "vanne_assist.report",
    "vanne_assist.web",
    "vanne_assist.migrations",
)
"""What shows results: it is given what the rooms read, and no text of somebody else."""
NOW = datetime(2026, 11, 1, tzinfo=UTC)

UNITS = (
    *"aIé ﬁ ß 汉 İ ́ 0 7 . , - _ @ # ' \" « ( ) [ ] { } < > & = / \\ : ; | * • · \t \n".split(" "),
    " ", "\u00a0", "\u200b", "ab ", "Ab ", "é ", "7 ", "1.", "1,", "1-", "1 000 ", "a.", "a-", "a'",
    "A.", "a@", "a@a.", "@a", "a/", "a\n", "- a\n", "a, ", "a:", "a: ", "a=", "((", "[a", "(a ", "<a ",
    "<a", "</a", "<!", "<![", "<!--", "<!--x-->", "<?", "<a x='", "<script>", "<title>", "<b>", "&a",
    "&#9", "&amp;", "{a", '{"a":', '["', "«a ", "\"a ", "#a ", "http://a", "www.", "+41 ", "079 ",
    "CH93 0076 ", "12/", "2020-", "2020 ", "jan ", "CHF ", "100 CHF ", "100'000", "k€", "Rue a ", "rue ",
    "weg 1 ", "in ", "In", "at ", " at a dot", "et ", "und ", "of ", "de ", "m/w/", "/in", "ou a ",
    "password ", "the password of ", "code ", "tel ", "nr ", "salary ", "infirmier·ère ", "aaaa(e) ",
    "a" * 39 + " ", "ß" * 39 + " ", "Genève ", "Java ", "years ", "5 years ", "not ", "I", "In ",
)  # fmt: skip
"""What a text repeats."""
FRAMES = (
    ("password ", "ß", ""),
    ("password is ", "a", " "),
    ("mot de passe de ", "a ", "="),
    ("", "I", "ingénieur"),
    ("ingénieur ", "é", ""),
    ("", "a", "/in"),
    ("", "é", "(e)"),
    ("Softwareentwickler", "in", ""),
    ("mit ", "5", " Jahren"),
    ("Lohn ", "1 ", "CHF"),
    ("salary: ", "9", ""),
    ("http://", "a:", "@"),
    ("-----BEGIN ", "A ", "-----"),
    ("eyJaaaaaaaa.", "a", "."),
    ("1 rue ", "A ", ", 1000 Lausanne"),
    ("", "a.", "@example.org"),
    ("a@", "a-", ""),
    ('"', "a", ""),
    ("<script>", "</scrip", ""),
    ("<a ", "b=", ">"),
    ("", "<", ">"),
    ("{\"a\": ", "[", ""),
    ("2019 – ", "2020 – ", ""),
)  # fmt: skip
"""What stands before and after what is repeated."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """A way to make a text of any length."""

    before: str
    unit: str
    after: str

    def text(self, length: int) -> str:
        middle = length - len(self.before) - len(self.after)
        whole = self.unit * (middle // len(self.unit) + 1)
        return self.before + whole[:middle] + self.after


def hostile_texts() -> list[Hostile]:
    """Return all of them."""
    units = dict.fromkeys(unit for unit in UNITS if unit)
    return [*(Hostile(*frame) for frame in FRAMES), *(Hostile("", unit, "") for unit in units)]


# The functions that read texts

STORES = frozenset(
    "Pack MarkedPlaces MoneyAmount TableKind TableRows NamePattern CsvSample CsvTable FileReader Home Connection ZipFile DuckDBPyConnection Ledger Path Archive ArchiveMember Searchable Index Writer Callable ExitStack "
    "BufferedIOBase Sample CsvFile Context Opened PageObject ndarray RecordBatch Table Board Match Pattern SearchLog "
    "Manifest SearchRecord ResultList Element Exception type Document Column Term Places Span AskedSpan TermSpan Hit Kind NetworkRecord "
    "Criterion Judgement Fact Name Doubt Shown File Answers Suggestion Objector "
    "Chat Choice Member Whitening Fit Talk Amount Asked JobPosting Offer PurposeSwitch Row Ask Place Mark Account "
    "Record Brief Profile Wish Muted Part Summary Settings Made float int Literal".split()
)
"""Types of stores, of counts, and of what other functions have read: those get a text themselves."""

OURS: Mapping[str, Any] = {
    **dict.fromkeys(
        "table key role member member_id item_id purpose account kind fallback reader shape column file module extra p "
        "todo message reason keys end experiment score".split(),
        "a",
    ),
    "lang": "fr",
    "kinds": KINDS,
    "looked_for": KINDS,
    "as_of": NOW,
    "encoding": "utf-8",
    "place": "text",
    "delimiter": ",",
    "needs": (("a",),),
    "shapes": ("day",),
}
"""Parameters whose values are words of ours: a language, a column, an id."""

NO_TEXT = {
    "vanne_assist.brief.criteria.criteria_from": "reads what we wrote",
    "vanne_assist.brief.lexicon.data": "reads our own lists",
    "vanne_assist.search.encoder": "asks the encoder, which reads 512 letters",
    "vanne_assist.search.fact_table.unpacked": "reads what we packed",
    "vanne_assist.search.words.stems_of": "asks `terms`",
    "vanne_assist.writing.prompts": "reads our own prompts",
    "sources.csvtext.with_next": "passes rows on",
    "sources.documents": "reads a PDF in a process of its own, with a budget",
    "sources.batches": "reads tables, by columns",
    "sources.scan": "reads tables, by columns",
    "sources.tables": "reads tables, by columns",
    "sources.tagging": "reads tables, by columns",
    "sources.choices": "reads tables, by columns",
    "sources.relation": "asks DuckDB",
}
"""Functions, or modules of them, that read nothing of anybody else's themselves, and why."""


def as_passages(text: str) -> tuple[Passage, ...]:
    categories = ("position", "profile", "skill", "cv", "post", "education", "language")
    return tuple(Passage(each, each, text, "fr") for each in categories)


def as_row(text: str) -> dict[str, Any]:
    """Return a record that has the text under every name that readers look for."""
    names = "title name description text skills jobLocation employmentType baseSalary summary type object label"
    return dict.fromkeys(names.split(), text) | {"label_values": [{"label": text, "value": text}]}


MADE: Mapping[str, Callable[[str], Any]] = {
    "bytes": lambda text: text.encode(),
    "Array": lambda text: pa.array([text]),
    "Sequence[str]": lambda text: [text],
    "Sequence[Mapping[str, Any]]": lambda text: [as_row(text)],
    "Iterable[str]": lambda text: [text],
    "Iterable[Chat]": lambda text: [Chat(("a", "b"), ("Meta AI",)).titled(text)],
    "Collection[str]": lambda text: [text],
    "tuple[str, ...]": lambda text: (text,),
    "Iterable[bytes]": lambda text: [text.encode()],
    "Iterable[list[str]]": lambda text: [text.splitlines(keepends=True)],
    "Sequence[Word]": words_of_text,
    "Passage": lambda text: as_passages(text)[0],
    "Sequence[Passage]": as_passages,
    "tuple[Passage, ...]": as_passages,
    "Any": as_row,
    "object": as_row,
    "list[Any]": lambda text: [as_row(text)],
    "Iterable[Mapping[str, Any]]": lambda text: [as_row(text)],
    "Mapping[str, Any]": as_row,
    "dict[str, Any]": as_row,
    "Mapping[str, str]": lambda text: {
        "c0": json.dumps({"kind": "title", "value": text, "said": text}),
        "s0": text + "a",
        "as": text,
        "ak": "title",
    },
    "Item": lambda text: Item("i", "m", "post", text=text, media=text),
    "Ground": lambda text: Ground((GroundSource(text, "fr"),)),
}
"""How a value of a type is made of a text."""
FIXED: Mapping[str, Any] = {
    "datetime": NOW,
    "date": NOW.date(),
    "bool": True,
    "frozenset[str]": frozenset({"a"}),
    "Set[str]": frozenset({"a"}),
    "Container[str]": frozenset({"a"}),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """A public function that reads texts, and how its arguments are made of one."""

    name: str
    function: Callable[..., Any]
    made: Mapping[str, Callable[[str], Any]]
    fixed: Mapping[str, Any]

    def arguments(self, text: str) -> dict[str, Any]:
        return {name: make(text) for name, make in self.made.items()} | dict(self.fixed)

    def call(self, arguments: Mapping[str, Any]) -> None:
        """Call it and go through what it yields; that it refuses a text is an answer too."""
        try:
            answer = self.function(**arguments)
            if isinstance(answer, Iterator):
                deque(answer, maxlen=0)
        except (ValueError, VanneError, OddError, XmlError, RecursionError):
            pass


def readers() -> tuple[list[Reader], list[str]]:
    """Return the functions that read texts, and what of others nobody knows how to make."""
    found: list[Reader] = []
    unknown: list[str] = []
    for name, function in public_functions():
        if name in NO_TEXT or name.rpartition(".")[0] in NO_TEXT:
            continue
        made: dict[str, Callable[[str], Any]] = {}
        fixed: dict[str, Any] = {}
        strange: list[str] = []
        is_of_store = False
        for each in inspect.signature(function).parameters.values():
            kind = plain_type(each.annotation)
            if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
                continue
            if each.name in OURS and kind not in ("bytes", "int"):
                if each.default is inspect.Parameter.empty:
                    fixed[each.name] = OURS[each.name]
            elif kind == "str":
                made[each.name] = lambda text: text
            elif kind in MADE:
                made[each.name] = MADE[kind]
            elif each.default is not inspect.Parameter.empty:
                continue
            elif kind in FIXED:
                fixed[each.name] = FIXED[kind]
            elif STORES & set(re.findall(r"\w+", kind)):
                is_of_store = True
            else:
                strange.append(f"{name}: `{each.name}` is `{kind}`")
        if is_of_store:
            continue
        unknown += strange
        if made and not strange:
            found.append(Reader(name, function, made, fixed))
    return found, unknown


def plain_type(annotation: object) -> str:
    """Return a type as its bare name, without modules and without `None`."""
    said = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b(?:\w+\.)+(?=\w)", "", said).removesuffix(" | None")


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield every public function of the rooms, by its name."""
    for room in ROOMS:
        for found in pkgutil.walk_packages(room.__path__, room.__name__ + "."):
            if found.name.startswith(EDGES):
                continue
            module = importlib.import_module(found.name)
            for name, member in vars(module).items():
                is_own = getattr(member, "__module__", None) == found.name
                is_function = callable(member) and not inspect.isclass(member)
                if not name.startswith("_") and is_own and is_function:
                    yield f"{found.name.removeprefix('vanne.')}.{name}", member
