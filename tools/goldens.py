"""Write everything that a person or a program can see of Vanne into a folder, to compare two codes.

    ./run goldens before                          what this code shows
    ./run goldens after --checkout ../other       what the code and the tests of another folder show
    diff -r before after                          what differs

One home is made from the makers of the tests: a model that forgot, certificates, opt-outs, a minor,
an objection, notices, people to find. Every page is then walked as each kind of reader in each
language, forms are sent, every operation of the API is called with the examples of its document,
and every command is run. The lists come from the code: routes, the OpenAPI document, the tree of
commands. The last lines, and the file `unreached.txt`, name what was not reached, and why.

Two runs write the same bytes. The clock, keys and random numbers are fixed (`fix`); `WORDS` lists
what cannot be fixed, and the word that replaces it.
"""

import argparse
import hashlib
import io
import json
import os
import random
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

ROOT = Path(__file__).parents[1]
ORIGIN = "http://127.0.0.1:8000"
MEMBERS = ("anna", "bruno", "clara", "hugo")
"""One with a past, one who chose a kind, a minor, and one who has nothing here."""

WORDS = (
    (r"\?v=[0-9a-f]{8}", "?v=VERSION"),  # of a static file: it changes with the code
    (r"\b\d+([.,]\d+)? ?(ms|s|seconds|MB|MiB|KB)\b", "MEASURED"),  # time and memory of this machine
    (r'"(cpu_)?seconds": [\d.e-]+', '"seconds": MEASURED'),
    (r'seconds_expected("?:?) [\d.]+', r"seconds_expected\1 MEASURED"),
    (r'"(home|change)": \d+', r'"\1": MEASURED'),
    (r'"model": \d+,', '"model": MEASURED,'),  # bytes of a store, with times in it
    (r'"bytes": \d+\n}|[\d,]+ bytes; no secret', "MEASURED bytes"),  # of a backup, with times in it
)
"""What cannot be fixed, and the word that is written in its place."""

NOT_RUN = {
    "azure forget": "asks a service of another company",
    "azure train": "asks a service of another company",
    "demo": "takes minutes",
    "serve": "runs until it is stopped; the pages are walked",
    "site build": "needs files that are downloaded",
    "witness": "runs until it is stopped",
    "worker": "runs until it is stopped",
}
UNREACHED_PAGES = {
    "GET /sign-in/callback": "needs an identity provider",
    "GET /sign-out": "needs an identity provider",
}
"""What is left out on purpose. Everything else that is not reached is a surprise."""

VALUES = {
    "archives": "ARCHIVES", "as_of": "2026-11-25", "backup": "copy",
    "before": "linkedin-2025-11-03", "after": "linkedin-2024-09-18",
    "brief": "Rust engineer near Lausanne", "engine": "reference",
    "folder": "checkout/examples/chirp", "form": "peft", "items": "home/items/items.parquet",
    "member": "anna", "members": "home/members.parquet", "name": "marie", "on": "off",
    "out": "out", "platform": "PLATFORMS", "policy": "linkedin-2025-11-03", "file": "CERTIFICATES",
    "policy_name": "linkedin-2025-11-03", "scopes": "verdicts", "text": "Rust engineer",
}  # fmt: skip
"""What is given for an argument or a required option of that name."""

MORE = (
    "guide linkedin --full",
    "guide linkedin --letter --region CH",
    "guide linkedin --done",
    "inspect --example --files",
    "notice show stricter",
    "notice show wider",
    "notice show wider-2",
    "notice publish home/policy.toml --accept-no-to-yes -n",
    "objections review",
    "policy explain facebook-2025-05-27",
    "report clara",
    "report hugo",
    "report anna --html",
    "sql --policy linkedin-2025-11-03 --dialect duckdb",
    "token revoke x",
    "draft post anna --what a-mill --result quiet",
    "report nobody",
    "guide nowhere",
    "sql --policy linkedin-2025-11-03 --dialect duckdb --as-of 2026-01-01",
    "train --dry-run",
    "policy diff linkedin-2024-09-18 linkedin-2025-11-03 --accept-no-to-yes",
    "ledger prove 0",
    "corpus add checkout/examples/tables/items.csv",
    "run checkout/examples/night/night.toml",
    "corpus init --home new --policy linkedin-2025-11-03 --members kept/members.parquet",
)
"""Command lines besides one of each command: with more to say, or wrong."""

MOST = 3
"""How many addresses of one route a reader visits; who is not signed in visits `MOST_PUBLIC`."""
MOST_PUBLIC = 60


def fix(at: Any) -> None:
    """Fix the clock of the commands, the keys and the random numbers."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    import vanne.cli.options
    from vanne.forget import proof

    os.environ |= {
        "COLUMNS": "100",
        "VANNE_HOME": "home",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "VANNE_PROCESSES": "1",
    }
    time.tzset()
    made = Ed25519PrivateKey.from_private_bytes
    Ed25519PrivateKey.generate = staticmethod(lambda: made(os.urandom(32)))  # type: ignore[method-assign]
    vanne.cli.options.now = lambda: at
    usage = shutil.disk_usage("/")._replace(total=10**11, used=4 * 10**10, free=6 * 10**10)
    shutil.disk_usage = lambda path: usage
    proof._run = proof.train_job  # in this process, as the tests do: the bytes are the same


def draw_from(seed: str) -> None:
    """Let random numbers follow from what they are for, and not from what was drawn before."""
    drawn = random.Random(seed)
    os.urandom = drawn.randbytes  # type: ignore[assignment]
    secrets._sysrand = drawn  # type: ignore[attr-defined]
    secrets.choice = drawn.choice


def make_home(root: Path) -> Any:
    """Make the home; return the time at which it is looked at."""
    from tests.assist import people
    from tests.report import lives
    from tests.report.notices import announce, stricter, wider
    from tests.train.tiny import save_tiny_gguf, tiny_settings
    from tests.web.network import ITEMS
    from tests.web.network import MEMBERS as NETWORK

    from vanne.config import Home
    from vanne.corpus import refresh
    from vanne.database.database import close_all
    from vanne.demo.network import policy_text, with_purposes
    from vanne.ledger import Ledger
    from vanne.objections import match, object_to
    from vanne.policy.schedule import policy_at
    from vanne.sources.tables import write_items
    from vanne.terms import MAIN_PURPOSE
    from vanne_assist.demo.postings import postings
    from vanne_assist.jobs import board
    from vanne_assist.search.indexer import update

    at = lives.NOW
    fix(at + timedelta(days=1))
    lives.make_home = partial(lives.make_home, policy=policy_text())
    base = save_tiny_gguf(root.with_name("tiny.gguf"))
    lives.make_past(root, tiny_settings(base))
    home = Home(root)
    there, owners = {each.item_id for each in ITEMS}, {each.member_id for each in NETWORK}
    found = [e for e in people.ITEMS if e.item_id not in there and e.owner in owners]
    praise = lives.item("a-praise-2", "anna", "post", "Hier, j'ai vu DUPONT, Marie.")
    write_items([*found, praise], home.items / "more.parquet")
    refresh(home, at)
    with Ledger(home.ledger) as ledger:
        object_to(ledger, "Marie Dupont", None, MAIN_PURPOSE, at, key="marie", channel="web")
    match(home, policy_at(home, at))
    update(home, at)
    board.add(home, (made for _, made in postings(1, 6, at)), at)
    announce(home, with_purposes(stricter()), at, "stricter")
    announce(home, with_purposes(wider(at)), at, "wider")
    announce(home, with_purposes(wider(at).replace('"wider"', '"wider-2"')), at, "wider-2")
    refresh(home, at + timedelta(hours=1))
    close_all()
    return at + timedelta(days=1)


class Dump:
    """The folder that is written, the home as it was made, and what was reached."""

    def __init__(self, folder: Path, kept: Path, at: Any) -> None:
        self.folder, self.kept, self.at = folder, kept, at
        self.reached, self.known = set[str](), dict[str, str]()

    def put(self, name: str, body: str | bytes) -> None:
        """Write a file; in a text, what cannot be fixed is replaced by a word."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(body, bytes):
            with suppress(UnicodeDecodeError):
                body = body.decode()
        if isinstance(body, bytes):
            path.write_bytes(body)
            return
        body = body.replace(str(Path.cwd()), "HERE").replace(str(ROOT), "CHECKOUT")
        for pattern, word in WORDS:
            body = re.sub(pattern, word, body)
        path.write_text(body)

    def home(self) -> Any:
        """Return the home as it was made, whatever was done to it since."""
        from vanne.config import Home
        from vanne.database.database import close_all

        close_all()
        for each in Path().iterdir():
            if each.name not in (self.kept.name, "tiny.gguf", "checkout"):
                shutil.rmtree(each) if each.is_dir() else each.unlink()
        return Home(Path(shutil.copytree(self.kept, "home")))

    def surprises(self) -> dict[str, str]:
        """Return what is neither reached nor left out on purpose."""
        return {each: why for each, why in self.known.items() if each not in self.reached}


INLINE = {"a", "abbr", "b", "bdi", "cite", "code", "em", "i", "small", "span", "strong", "wbr"}


def run_together(page: str) -> list[str]:
    """Return each place of a page where a sentence follows another one without a space.

    >>> run_together("<p>It ends.<a>It begins</a></p><p>It ends.</p><p>It begins</p>")
    ['It ends.It begins']
    """
    page = re.sub(r"(?s)<(script|style).*?</\1>", "\n", page)
    text = re.sub(r"</?(\w+)[^>]*>", lambda tag: "" if tag[1] in INLINE else "\n", page)
    return re.findall(r".*[^\W\d_A-Z][.!?][A-Z][a-zà-ü]+.*", unescape(text))


def name_of(text: str) -> str:
    """Return a short file name for an address or a command line."""
    name = quote(text.strip("/") or "index", safe=" =,-.")
    return (
        name if len(name) < 100 else f"{name[:80]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    )


# Pages


class Links(HTMLParser):
    """The addresses and the forms of a page: a form is filled in as a person might."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.hrefs = list[str]()
        self.forms = list[tuple[str, dict[str, str], list[tuple[str, str]]]]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        of = {name: value or "" for name, value in attrs}
        name, value, kind = of.get("name", ""), of.get("value", ""), of.get("type", "")
        self.hrefs += [of[name] for name in ("href", "src") if of.get(name, "").startswith("/")]
        if tag == "form":
            is_post = of.get("method", "").lower() == "post"
            self.forms.append((of.get("action", "") if is_post else "-", {}, []))
        elif not self.forms or not name or "disabled" in of:
            return
        elif tag == "button":
            self.forms[-1][2].append((name, value))
        elif tag == "textarea":
            self.forms[-1][1].setdefault(name, "I made a mill. It turns.")
        elif tag == "option":
            return
        elif tag == "input" and kind in ("radio", "checkbox"):
            if "checked" in of:
                self.forms[-1][1][name] = value or "on"
        elif tag == "input":
            typed = {"email": "marie@example.org", "date": "1990-04-12", "number": "1", "url": ""}
            self.forms[-1][1][name] = value or typed.get(kind, "Marie Dupont")


class Reader:
    """One reader, who walks all pages: first follows the links, then sends the forms."""

    def __init__(self, dump: Dump, who: str, languages: Sequence[str]) -> None:
        from vanne.web.app import routes

        self.dump, self.who, self.languages, self.most = dump, who, languages, MOST
        self.client = client_of(dump.home(), dump.at)
        self.routes = [(method, route) for route in routes() for method in methods_of(route)]
        self.visits, self.answers = Counter[str](), list[str]()
        self.todo = deque[str]()
        self.forms = deque[tuple[str, dict[str, str]]]()
        if who == "nobody":
            self.most = MOST_PUBLIC
        else:
            member = {"member": who} if who in MEMBERS else {"staff": who}
            draw_from(who)
            self.send("/sign-in", member)

    def walk(self) -> None:
        """Visit every address that needs no link, then what the pages lead to."""
        from vanne.web.app import routes
        from vanne.web.pages.sign_in import FAILED, STATUS

        self.todo.extend(r.path for r in routes() if "{" not in r.path and "GET" in methods_of(r))
        self.todo.extend(f"{FAILED}?why={why}" for why in STATUS)
        while self.todo or self.forms:
            if self.todo:
                self.visit(self.todo.popleft())
            else:
                self.send(*self.forms.popleft())
        self.send("/sign-out", {})
        self.dump.put(f"pages/{self.who}/answers.txt", "\n".join(sorted(self.answers)))

    def route_of(self, method: str, path: str) -> str | None:
        """Return the name of the route that answers; None for an address of no page."""
        from starlette.routing import Match

        scope = {"type": "http", "method": method, "path": urlsplit(path).path, "root_path": ""}
        for one, route in self.routes:
            if one == method and route.matches(scope)[0] == Match.FULL:
                return f"{method} {route.path}"
        return None

    def is_new(self, method: str, path: str, what: str = "") -> bool:
        """Say whether this is to be visited, and count it."""
        name = self.route_of(method, path)
        key, of_route = f"{method} {path} {what}", f"{name} {what}"
        if name is None or self.visits[key] or self.visits[of_route] >= self.most:
            return False
        self.visits.update((key, of_route))
        return True

    def visit(self, path: str) -> None:
        """Write a page in each language, and note where it leads."""
        path = re.sub(r"[?&]lang=..|#.*", "", path)
        if not self.is_new("GET", path):
            return
        mark = "&" if "?" in path else "?"
        for lang in self.languages:
            draw_from(path)
            answer = self.client.get(f"{path}{mark}lang={lang}", follow_redirects=False)
            is_page = answer.headers.get("content-type", "").startswith("text/html")
            self.note("GET", path, answer, f"{self.who}/{lang}" if is_page else self.who)
            if not is_page:
                break
        self.read(path, answer)

    def send(self, path: str, values: dict[str, str]) -> None:
        """Send a form, and visit what its answer leads to."""
        draw_from(path + str(values))
        answer = self.client.post(path, data=values, follow_redirects=False)
        self.note("POST", path, answer, f"{self.who}/forms")
        self.read(path, answer)
        if to := answer.headers.get("location"):
            draw_from(to)
            after = self.client.get(to)
            self.dump.put(f"pages/{self.who}/forms/after {name_of(path)}", after.content)
            self.read(to, after)
        for mail in sorted(Path("home/outbox").glob("*")):
            text = mail.read_text().replace("\r", "")
            self.dump.put(f"pages/{self.who}/mail/{name_of(path)}", text)
            self.todo.extend(
                each.removeprefix(ORIGIN) for each in re.findall(ORIGIN + r"\S+", text)
            )
            mail.unlink()

    def note(self, method: str, path: str, answer: Any, folder: str) -> None:
        """Write an answer; of refusals only the first of each kind, since all are the same."""
        name, status = self.route_of(method, path), answer.status_code
        to = answer.headers.get("location", "")
        self.answers.append(f"{method} {path} {folder.split('/')[-1]} {status} {to}".strip())
        if status not in (404, 405):
            self.dump.reached.add(str(name))
        if status >= 400 and self.visits[f"{folder} {status}"]:
            return
        self.visits[f"{folder} {status}"] += 1
        if answer.content:
            self.dump.put(f"pages/{folder}/{name_of(path)}", answer.content)

    def read(self, path: str, answer: Any) -> None:
        """Note the links and the forms of a page."""
        if not answer.headers.get("content-type", "").startswith("text/html"):
            return
        links = Links(answer.text)
        self.todo.extend(links.hrefs)
        for action, values, buttons in links.forms:
            to = urljoin(path, action).removeprefix(ORIGIN)
            for button in buttons or [("", "")]:
                if action == "-" or urlsplit(to).path in ("/sign-in", "/sign-out"):
                    continue  # whoever walks stays who they are until the end
                if self.is_new("POST", to, ",".join([*values, *button])):
                    self.forms.append((to, values | dict([button] if button[0] else [])))


def methods_of(route: Any) -> list[str]:
    """Return the methods of a route, without those that follow from another."""
    return sorted(route.methods - {"HEAD"})


def client_of(home: Any, at: datetime, **headers: str) -> Any:
    """Return a browser or a program; the pages are answered in this process."""
    from starlette.testclient import TestClient

    import vanne.web.app as web
    from vanne.settings import Settings
    from vanne.web.site import Site

    def in_process(*values: Any, network_name: str = "") -> Site:
        return Site(*values[:5], network_name=network_name or values[-1])

    web.Site = in_process  # type: ignore[assignment, misc]
    settings = Settings(rate_limit="off", pages_limit="off")
    app = web.create_app(home, now=lambda: at, settings=settings)
    named = {"sec-fetch-site": "same-origin", **headers}
    return TestClient(app, base_url=ORIGIN, headers=named, raise_server_exceptions=False)


def walk_pages(dump: Dump, languages: Sequence[str], readers: Sequence[str] = ()) -> None:
    """Walk all pages as each reader: whoever signs in nowhere, members, and the staff."""
    from vanne.web.app import routes
    from vanne.web.pages.sign_in import STAFF

    for route in routes():
        dump.known |= dict.fromkeys((f"{m} {route.path}" for m in methods_of(route)), "no link")
    for who in readers or ("nobody", *MEMBERS, *STAFF):
        Reader(dump, who, languages).walk()


# The API


def call_api(dump: Dump, languages: Sequence[str]) -> None:
    """Call every operation with the examples of the document; then without a token, and wrongly."""
    from vanne.tokens import create, scopes_known
    from vanne.web.api.app import document, routes

    described, home = document(routes()), dump.home()
    draw_from("token")
    token = create(home, "goldens", scopes_known(), 1, datetime.now(UTC))
    client = client_of(home, dump.at, authorization=f"Bearer {token}")
    dump.put("api/openapi.json", json.dumps(described, indent=1, ensure_ascii=False))
    parts = described["components"]["schemas"]
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if method != "head":
                call_operation(
                    dump, client, f"{method.upper()} {path}", operation, parts, languages
                )


def call_operation(
    dump: Dump,
    client: Any,
    name: str,
    operation: Mapping[str, Any],
    parts: Mapping[str, Any],
    languages: Sequence[str],
) -> None:
    """Call an operation with the examples in each of its languages, and in two wrong ways."""
    dump.known[name] = "answered with an error"
    method, path = name.split()
    query = dict[str, Any]()
    for each in operation.get("parameters", ()):
        value = example_of(each["schema"], parts)
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", quote(str(value)))
        elif each["in"] == "query" and value is not None:
            query[each["name"]] = value
    speaks = "lang" in [each["name"] for each in operation.get("parameters", ())]
    content = operation.get("requestBody", {}).get("content", {"": {"schema": {}}})
    calls: list[tuple[str, dict[str, Any]]] = []
    for kind, of in content.items():
        body = example_of(of["schema"], parts)
        sent = {"json": body} if kind.endswith("json") else {"content": body} if kind else {}
        more = {"headers": {"content-type": kind}} if kind else {}
        for lang in languages if speaks else ("",):
            params = query | ({"lang": lang} if lang else {})
            label = " ".join(filter(None, (kind.replace("/", "-") * (len(content) > 1), lang)))
            calls.append((label, {"params": params} | sent | more))
    wrong = {"params": {"nonsense": "1"}} | ({"json": {}} if method == "POST" else {})
    calls += [
        ("wrong", wrong),
        ("unknown", calls[0][1] | {"headers": {"authorization": "Bearer x"}}),
    ]
    for label, call in calls:
        draw_from(name + label)
        answer = client.request(method, path, **call)
        if answer.status_code < 300:
            dump.reached.add(name)
        head = f"{answer.status_code} {answer.headers.get('content-type', '')}\n"
        dump.put(f"api/{method} {name_of(path)} {label}".strip(), head + answer.text)


def example_of(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Any:
    """Return the example of a schema of the document; None if it has none."""
    if "$ref" in schema:
        return example_of(parts[schema["$ref"].split("/")[-1]], parts)
    return schema["examples"][0] if schema.get("examples") else schema.get("example")


# Commands


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Give every command with the words that name it, and the groups too."""
    import click

    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            one = command.get_command(context, name)
            yield from leaves(one, (*path, name))


def run_commands(dump: Dump, languages: Sequence[str]) -> None:
    """Write the help of each command, and what it says: a screen in each language, and JSON."""
    import click

    from vanne.cli import cli

    lines = [tuple(line.split()) for line in MORE]
    for path, command in leaves(cli):
        run(dump, "help", (*path, "--help"))
        if isinstance(command, click.Group):
            continue
        name = " ".join(path)
        dump.known[name] = NOT_RUN.get(name, "ended with an error")
        options = {option for param in command.params for option in param.opts}
        own = [line for line in lines if line[: len(path)] == path]
        for line in [] if name in NOT_RUN else [*lines_of(path, command), *own]:
            for lang in languages if "--lang" in options else [""]:
                spoken = (*line, "--lang", lang) if lang else line
                for form in ["", "--json"] if "--json" in options else [""]:
                    if run(dump, "commands", (*spoken, form) if form else spoken) == 0:
                        dump.reached.add(name)
    run(dump, "commands", ("nonsense",))


def lines_of(path: tuple[str, ...], command: Any) -> Iterator[tuple[str, ...]]:
    """Give the lines by which a command is run: one, or one for each archive, platform, proof."""
    import click

    from vanne.report.guide import platforms

    many = {
        "ARCHIVES": [
            f"{e}/files" for e in sorted(Path("checkout/tests/cases/archives").iterdir())[::8]
        ],
        "PLATFORMS": list(platforms()),
        "CERTIFICATES": [str(each) for each in sorted(Path("kept/certificates").glob("*.json"))],
    }
    least, most = list(path), list(path)
    for param in command.params:
        is_argument, value = isinstance(param, click.Argument), VALUES.get(str(param.name))
        said = [] if is_argument else [param.opts[-1]]
        if value and (param.required or (is_argument and value != "CERTIFICATES")):
            most += [*said, value]
            least += [*said, value] if param.required else []
    yield tuple(least)
    key = next((word for word in most if word in many), None)
    for each in many[key] if key else [""]:
        if (line := tuple(each if word == key else word for word in most)) != tuple(least):
            yield line


def run(dump: Dump, folder: str, line: Sequence[str]) -> int:
    """Run a command line in this process as `vanne` does, on the home as it was made."""
    import vanne.cli

    dump.home()
    draw_from(" ".join(line))
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    sys.argv = ["vanne", *line]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            vanne.cli.main()
    except SystemExit as end:
        code = int(end.code or 0)
    texts = [stream.buffer.getvalue().decode() for stream in (out, err)]  # type: ignore[attr-defined]
    text = (
        texts[0] + (f"-- stderr\n{texts[1]}" if texts[1] else "") + (f"-- {code}\n" if code else "")
    )
    dump.put(f"{folder}/{name_of(' '.join(line))}", text)
    return code


def main() -> None:
    """Make the home, walk it, and say what was not reached."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="a new folder")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="whose code and tests")
    asked = parser.parse_args()
    checkout, folder = asked.checkout.resolve(), asked.folder.resolve()
    folder.mkdir(parents=True)
    sys.path[:0] = [str(checkout / "src"), str(checkout)]
    sys.dont_write_bytecode = True
    with tempfile.TemporaryDirectory() as here:
        os.chdir(here)
        Path("checkout").symlink_to(checkout)
        draw_from("home")
        kept = Path("kept")
        dump = Dump(folder, kept, make_home(kept))
        from vanne.terms import LANGUAGES

        walk_pages(dump, LANGUAGES)
        call_api(dump, LANGUAGES)
        run_commands(dump, LANGUAGES)
        os.chdir(ROOT)
    left = sorted(f"{name}: {why}" for name, why in dump.surprises().items())
    pages = [each for each in folder.glob("pages/*/??/*") if each.is_file()]
    wrong = [f"{each}: {text}" for each in pages for text in run_together(each.read_text())]
    dump.put("unreached.txt", "\n".join(left) + "\n")
    files = sum(1 for each in folder.rglob("*") if each.is_file())
    print(*left, f"{files} files in {folder}, {time.process_time():.0f} CPU s", sep="\n")
    if wrong:
        sys.exit("\n".join(["these sentences run together:", *wrong]))


if __name__ == "__main__":
    main()
