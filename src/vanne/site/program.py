"""Gather the Python of the page: Vanne's rooms on the way to an inspection, and what they need.

The files are those that are installed, so `locks/main.txt` pins them by their digests. What a
browser cannot load or never asks for stays out: compiled modules, tests, types, other languages.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from importlib.metadata import files as files_of_package
from importlib.resources import files

from vanne.site.packs import PACKS, written_packs
from vanne.words.language import mo_of

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
