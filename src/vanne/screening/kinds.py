"""The kinds of things that screening redacts, their placeholders, and the digest of the rules."""

import hashlib
import re
from collections.abc import Collection
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from vanne.errors import InputError

KINDS = ("salary", "phone", "email", "address", "iban", "card", "national-id", "secret")
"""A closed list, in the order of the tables; `secret` is passwords, keys and tokens."""


def placeholder(kind: str) -> str:
    """Return what stands in the place of something of this kind.

    >>> placeholder("national-id")
    '[NATIONAL-ID]'
    """
    return f"[{kind.upper()}]"


def known(kinds: Collection[str]) -> Collection[str]:
    """Return the kinds; a word that names none would switch the screening off without a word.

    Raises:
        InputError: one is unknown, or they are a text and no list.
    """
    todo = f"use some of {', '.join(f'`{kind}`' for kind in KINDS)}"
    if isinstance(kinds, str):
        raise InputError(f"`{kinds}` is one text, and no list of kinds", todo=todo)
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise InputError(f"nothing of the kind `{unknown[0]}` is looked for", todo=todo)
    return kinds


PLACEHOLDER = re.compile("|".join(re.escape(placeholder(kind)) for kind in KINDS))


def without_placeholders(text: str) -> str:
    """Return a text with blanks where placeholders stand, so that all else stays in its place.

    Whoever reads words of a text that was screened reads them of this: `[EMAIL]` is nobody's title.

    >>> without_placeholders("Cook, [EMAIL], Bern")
    'Cook,        , Bern'
    """
    return PLACEHOLDER.sub(lambda found: " " * len(found[0]), text) if "[" in text else text


_JUDGES = ("phonenumberslite", "python-stdnum")
"""The packages that decide whether a number is one."""


@cache
def rules_digest() -> str:
    """Return the name of the rules: the sha256 (hex) of this room's files and of what they rely on.

    A corpus pins it, so that one version always reads the same texts. A change of a comment changes
    it too: that costs a refresh of the corpus and no training.
    """
    room = files("vanne.screening")
    inside = [*room.iterdir(), *room.joinpath("words").iterdir()]
    sha = hashlib.sha256()
    for path in sorted(inside, key=lambda path: path.name):
        if path.name.endswith((".py", ".toml", ".tsv")):
            sha.update(f"{path.name}\x1f".encode() + hashlib.sha256(path.read_bytes()).digest())
    for name in _JUDGES:
        sha.update(f"{name}\x1f{version(name)}\x1f".encode())
    return sha.hexdigest()
