"""Build the page: one HTML file with all that it needs, the same bytes from the same sources.

It may lie on any static host, or on a disk: a double click opens it. Its Content-Security-Policy
names its own scripts and styles by their digests and forbids every connection.
"""

import base64
import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from vanne.errors import VanneError, storing
from vanne.files import make_folder
from vanne.site.compiling import CompiledPython, compiled
from vanne.site.page_words import page_words
from vanne.site.program import program
from vanne.site.pyodide import pyodide
from vanne.terms import REGIONS
from vanne.web.rendering import LANGUAGE_NAMES, STATIC

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
