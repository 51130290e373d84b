"""Hashes that name training inputs: equal parts give one name, different parts another."""

import hashlib
from collections.abc import Iterable

from vanne.corpus import Document
from vanne.errors import InputError

Part = str | bytes | int


def digest(*parts: Part) -> str:
    """Return the sha256 of the parts, in hex, each preceded by its length.

    >>> digest("ab", "c") == digest("a", "bc")
    False
    """
    sha = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        sha.update(len(data).to_bytes(8, "big"))
        sha.update(data)
    return sha.hexdigest()


def seed_of(*parts: Part) -> int:
    """Return a 63-bit seed for torch made from the parts."""
    return int(digest(*parts)[:16], 16) >> 1


def content_of(text: str) -> str:
    """Return the sha256 of a text.

    Raises:
        InputError: it holds half of a surrogate pair, which no encoding can carry.
    """
    try:
        return hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError as error:
        raise InputError(
            f"a text is not valid Unicode at character {error.start}",
            todo="repair the row in the source and build the corpus again",
        ) from None


def documents_digest(documents: Iterable[Document]) -> str:
    """Return the digest of a set of documents: of ids and contents, in an order of its own."""
    rows = [(document.item_id, content_of(document.text)) for document in documents]
    return digest(*(part for row in sorted(rows) for part in row))
