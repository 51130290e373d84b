"""Build the page: one HTML file with all that it needs, the same bytes from the same sources.

It may lie on any static host, or on a disk: a double click opens it. Its Content-Security-Policy
names its own scripts and styles by their digests and forbids every connection.
"""

import base64
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import files as files_of_package
from importlib.metadata import version
from importlib.resources import as_file, files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from vanne.errors import MissingError, VanneError, storing
from vanne.files import make_folder
from vanne.site.packs import PACKS, written_packs
from vanne.terms import REGIONS
from vanne.web.rendering import LANGUAGE_NAMES, STATIC
from vanne.words import LANGUAGES, sentence, words
from vanne.words.language import mo_of

# Get Pyodide, which is Python for the browser: from npm, by the digests in `package-lock.json`.


LOCK = ("package.json", "package-lock.json")
_INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def pyodide(cache: Path | None = None) -> Path:
    """Return the folder of Pyodide; npm fetches it once, and it is kept in the cache.

    Raises:
        MissingError: npm is not installed, or cannot fetch what the lock names.
        StorageError: the cache cannot be written.
    """
    lock = {name: (files("vanne.site") / name).read_bytes() for name in LOCK}
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256(lock["package-lock.json"]).hexdigest()
    folder = (cache or home / "vanne" / "site") / digest[:16]
    package = folder / "node_modules" / "pyodide"
    if package.is_dir():
        return package
    npm = shutil.which("npm")
    if npm is None:
        raise MissingError("npm is not installed", todo="install Node.js (Debian: nodejs, npm)")
    with storing(f"the cache `{folder.parent}`"):
        make_folder(folder.parent)
        building = Path(tempfile.mkdtemp(prefix=".fetching-", dir=folder.parent))
        try:
            for name, text in lock.items():
                (building / name).write_bytes(text)
            done = subprocess.run([npm, *_INSTALL], cwd=building, capture_output=True, text=True)
            if done.returncode:
                line = (done.stderr.strip().splitlines() or ["it says no more"])[-1]
                todo = "check the connection and the registry (`npm config get registry`)"
                raise MissingError(f"npm cannot fetch Pyodide: {line}", todo=todo)
            if not package.is_dir():  # else another process was faster
                shutil.rmtree(folder, ignore_errors=True)
                building.rename(folder)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    return package


# Gather the Python of the page: Vanne's rooms on the way to an inspection, and what they need.
#
# The files are those that are installed, so `locks/main.txt` pins them by their digests. What a
# browser cannot load or never asks for stays out: compiled modules, tests, types, other
# languages.


PACKAGES = (
    "annotated-types",
    "babel",
    "http-sf",
    "jinja2",
    "markupsafe",
    "phonenumberslite",
    "pypdf",
    "python-stdnum",
    "rfc8785",
    "typing-extensions",
)
ROOMS = ("decide", "locale", "packs", "policy", "report", "screening", "sources")
PARTS = {
    "web": re.compile(
        r"(__init__|rendering|inspection_pages)\.py|(templates|static)/.+\.(html|css|svg)"
    ),
    "places": re.compile(r"(?!points\.)[\w.]+"),  # nobody asks the page for distances
    "site": re.compile(r"(?!(build|compiling|page_words|program|pyodide)\.)\w+\.py"),
    "words": re.compile(r"(?!glossary\.)[\w.]+"),
}
"""What is needed of a room that also has other things."""
_LEFT_OUT = re.compile(
    r"(^|/)(tests?|__pycache__|examples|sql)/|\.dist-info/|\.(so|c|pyi|pyc|pyd|typed)$"
    r"|^babel/messages/|^babel/locale-data/(?!(root|en|en_001|en_150|en_GB|fr|de|it)\.dat$)"
)
_COUNTRIES = "at|be|ca|ch|de|es|fr|gb|ie|it|lu|me|no|us"
"""Whose numbers are checked: those that `vanne.screening.identifiers` names, and some of IBAN."""
_UNASKED = re.compile(
    rf"stdnum/(?!({_COUNTRIES}|iso7064)/)[^/]+/|stdnum/(cfi|gs1_ai|imsi|isbn|isil|oui)\.dat"
)
_DATE = (2026, 1, 1, 0, 0, 0)
"""Of each file, so that two builds have the same bytes."""


def program() -> bytes:
    """Return everything as one zip, the same bytes each time.

    Raises:
        ConfigError: something in a network pack is wrong.
    """
    contents = {PACKS: written_packs(), **dict(_packages()), **dict(_vanne())}
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(contents):
            archive.writestr(zipfile.ZipInfo(name, _DATE), contents[name])
    return data.getvalue()


def _packages() -> Iterator[tuple[str, bytes]]:
    for package in PACKAGES:
        for file in files_of_package(package) or ():
            name = file.as_posix()
            if not (name.startswith("..") or _LEFT_OUT.search(name) or _UNASKED.match(name)):
                yield name, file.read_binary()


def _vanne() -> Iterator[tuple[str, bytes]]:
    root = files("vanne")
    todo = [(entry.name, entry) for entry in root.iterdir()]
    for name, entry in todo:
        room, _, inner = name.partition("/")
        if entry.is_dir():
            if room in ROOMS or room in PARTS:
                todo += [(f"{name}/{each.name}", each) for each in entry.iterdir()]
        elif name.endswith(".po"):
            yield f"vanne/{name[:-3]}.mo", mo_of(entry.read_bytes())
        elif not _LEFT_OUT.search(name) and (room not in PARTS or PARTS[room].fullmatch(inner)):
            yield f"vanne/{name}", entry.read_bytes()


# The words of the page itself: all that is said before Python answers, and around its answers.


PAGE_WORDS = {
    "skip": sentence("Skip to the content"),
    "language": sentence("Language"),
    # The start
    "title": sentence("What of mine may train AI?"),
    "lead": sentence(
        "Open the archive that LinkedIn, Facebook, Instagram, X or another network sent you, or"
        " your CV. This page reads it here, and says of each item whether it may train AI and "
        "who says so."
    ),
    "drop": sentence("Drop your archive here"),
    "ways": sentence("The zip as it came, several at once, or its unpacked folder."),
    "files": sentence("Choose files"),
    "folder": sentence("Choose a folder"),
    "example": sentence("Try it with a made-up archive"),
    "country": sentence("Your country"),
    "country_of_archive": sentence("As the archive says"),
    "country_why": sentence("The rules are not the same everywhere."),
    "promise": sentence(
        "Nothing leaves this page: it asks no server, and works with the network off. Try it."
    ),
    "forgets": sentence("Nothing is kept. When you close the page, it forgets your archive."),
    # While it works
    "preparing": sentence("The page is getting ready"),
    "ready": sentence("Ready"),
    "reading": sentence("Reading your archive"),
    "cancel": sentence("Cancel"),
    "cancelled": sentence("Cancelled. Nothing was kept."),
    # After the answer
    "keep": sentence("Keep this answer"),
    "print": sentence("Print, or save as a PDF"),
    "csv": sentence("The items as a table (CSV)"),
    "json": sentence("Everything as a file (JSON)"),
    "saved": sentence("Saved among your downloads: %(name)s"),
    "another": sentence("Open another archive"),
    # What goes wrong, and what to do
    "memory": sentence(
        "The memory was not enough for this archive. Close other tabs and open it again, or "
        "open it on a computer."
    ),
    "unreadable": sentence(
        "A file cannot be read: it was moved or changed, or is not yet on this device. Copy it "
        "here, then choose it again."
    ),
    "fault": sentence(
        "Something went wrong in this page. Nothing was sent, nothing was kept. Open the "
        "archive again, or one of its files alone."
    ),
    "start": sentence(
        "This browser cannot start what reads archives. Update it, or take a current Firefox, "
        "Chrome, Edge or Safari."
    ),
    "half": sentence("Only a part of this page has arrived. Load it again."),
    "no_folder": sentence(
        "The browser does not hand over this folder. Choose it with the button, or drop the zip."
    ),
    "old": sentence(
        "This page needs scripts and a current browser: update yours, or take a current "
        "Firefox, Chrome, Edge or Safari. Your archive stays with you: the page reads it on "
        "this device."
    ),
}


def page_words() -> dict[str, dict[str, str]]:
    """Return the words of the page in each language."""
    return {
        lang: {key: words(lang)(text) for key, text in PAGE_WORDS.items()} for lang in LANGUAGES
    }


# Compile the Python of the page by Pyodide itself, in Node: a tab then compiles nothing.


@dataclass(frozen=True, slots=True)
class CompiledPython:
    """The program and the standard library as zips of bytecode, the same bytes each time."""

    program: bytes
    stdlib: bytes


def compiled(program: bytes, pyodide: Path) -> CompiledPython:
    """Compile a program, and the part of the standard library that an inspection may use.

    Raises:
        MissingError: Node.js is not installed, or fails.
    """
    node = shutil.which("node")
    if node is None:
        raise MissingError("Node.js is not installed", todo="install it (Debian: nodejs, npm)")
    with (
        tempfile.TemporaryDirectory(prefix="vanne-") as out,
        as_file(files("vanne.site") / "compile.mjs") as script,
    ):
        source = Path(out, "source.zip")
        source.write_bytes(program)
        done = subprocess.run(
            [node, script, pyodide, source, out], capture_output=True, text=True, check=False
        )
        if done.returncode:
            line = (done.stderr.strip().splitlines() or ["it says no more"])[-1][:200]
            todo = "use Node.js 18 or newer"
            raise MissingError(f"Node.js cannot compile the page: {line}", todo=todo)
        return CompiledPython(
            *(Path(out, f"{name}.zip").read_bytes() for name in ("program", "stdlib"))
        )


MOST_BYTES = 13_000_000
MOST_ON_THE_WIRE = 9_000_000
_LEVEL = 6
"""Of gzip, as web servers compress a page."""


@dataclass(frozen=True, slots=True)
class BuiltPage:
    """The page as it was written: where, its digest, and how large it is."""

    path: Path
    sha256: str
    size_bytes: int
    wire_bytes: int


def build(folder: Path) -> BuiltPage:
    """Write `index.html` into a folder.

    Raises:
        MissingError: Node.js or npm is not installed, or cannot do its part.
        StorageError: the folder cannot be written.
        VanneError: the page is larger than it may be.
    """
    package = pyodide()
    page = page_bytes(package, compiled(program(), package))
    path = folder / "index.html"
    built = BuiltPage(
        path, hashlib.sha256(page).hexdigest(), len(page), len(gzip.compress(page, _LEVEL, mtime=0))
    )
    if built.size_bytes > MOST_BYTES or built.wire_bytes > MOST_ON_THE_WIRE:
        raise VanneError(
            f"the page has {built.size_bytes:,} bytes, {built.wire_bytes:,} on the wire: "
            f"it may have {MOST_BYTES:,} and {MOST_ON_THE_WIRE:,}"
        )
    with storing(f"the page `{path}`"):
        make_folder(folder)
        path.write_bytes(page)
        path.chmod(0o644)  # a page for everybody: a host serves what others may read
    return built


def page_bytes(package: Path, python: CompiledPython) -> bytes:
    """Return the page, made of Pyodide as it lies in a folder and of what that one compiled."""
    contents = {
        "wasm": (package / "pyodide.asm.wasm").read_bytes(),
        "stdlib": python.stdlib,
        "program": python.program,
        "worker": _worker(package).encode(),
    }
    places, end = {}, 0
    for name, data in contents.items():
        places[name] = (end, end := end + len(data))
    packed = gzip.compress(b"".join(contents.values()), 9, mtime=0)
    site = files("vanne.site")
    first, app = (_script((site / name).read_text("utf-8")) for name in ("first.js", "app.js"))
    css = (STATIC / "vanne.css").read_text("utf-8") + (site / "page.css").read_text("utf-8")
    icon = base64.b64encode((STATIC / "favicon.svg").read_bytes()).decode()
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string((site / "page.html").read_text("utf-8"))
    return template.render(
        policy=_policy([first, app], css),
        version=version("vanne"),
        icon=f"data:image/svg+xml;base64,{icon}",
        css=css,
        first=first,
        app=app,
        words=page_words(),
        names=LANGUAGE_NAMES,
        regions=sorted(REGIONS),
        places=places,
        parts=base64.b64encode(packed).decode(),
    ).encode()


def _worker(package: Path) -> str:
    """Put Pyodide's two scripts and ours into one classic script.

    A module cannot be started from a page on disk (Chromium), nor import another without a fetch.
    """
    loader = (package / "pyodide.js").read_text("utf-8")
    module = (package / "pyodide.asm.mjs").read_text("utf-8")
    module, count = re.subn(
        r"export default (\w+);?\s*$", r"self.createPyodideModule = \1;", module
    )
    if count != 1:
        raise VanneError("Pyodide's module ends in another way", todo="see `vanne.site.build`")
    module = module.replace("import.meta.url", "self.location.href")
    info = json.loads((package / "pyodide-lock.json").read_bytes())["info"]
    lock = f"const LOCK = {json.dumps({'info': info, 'packages': {}})};"
    ours = (files("vanne.site") / "worker.js").read_text("utf-8")
    return "\n".join((re.sub(r"//# sourceMappingURL=.*", "", loader), module, lock, ours))


def _script(text: str) -> str:
    if "</script" in text or "<!--" in text:
        raise VanneError("a script of the page would end too soon")
    return text


def _policy(scripts: list[str], css: str) -> str:
    ours = " ".join(map(_digest, scripts))
    return (
        f"default-src 'none'; script-src {ours} 'wasm-unsafe-eval'; worker-src blob:; "
        f"style-src {_digest(css)}; img-src data:; connect-src 'none'; frame-src 'none'; "
        "form-action 'none'; base-uri 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
