"""The name of the rules: a corpus pins it, so that one version always reads the same texts."""

import hashlib
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

_JUDGES = ("phonenumberslite", "python-stdnum")
"""The packages that decide whether a number is one."""


@cache
def rules_digest() -> str:
    """Return the sha256 (hex) of every file of this room and of the versions that it relies on.

    A change of a comment changes it too: that costs a refresh of the corpus and no training.
    """
    sha = hashlib.sha256()
    for path in _files(files("vanne.screening")):
        sha.update(f"{path.name}\x1f".encode() + hashlib.sha256(path.read_bytes()).digest())
    for name in _JUDGES:
        sha.update(f"{name}\x1f{version(name)}\x1f".encode())
    return sha.hexdigest()


def _files(folder: Traversable) -> list[Traversable]:
    found: list[Traversable] = []
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.is_dir():
            found += _files(path) if path.name == "words" else []
        elif path.name.endswith((".py", ".toml", ".tsv")):
            found.append(path)
    return found
