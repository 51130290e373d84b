"""What goes with a photo: its owner's headline, if both may be used.

The photo is one item and the profile that holds the headline another; the pair is there only if
both are allowed, and either one's no takes it away.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from vanne.config import Home
from vanne.corpus.document import Document
from vanne.corpus.manifest import Manifest
from vanne.corpus.photos import read_photo
from vanne.corpus.view import is_shared, read_batches
from vanne.errors import InputError
from vanne.terms import Category

_LONGEST = 220
_COLUMNS = ("owner", "author", "subjects", "category", "fields", "lang")


@dataclass(frozen=True, slots=True)
class Headline:
    """What somebody says of themselves in a line, and in which language."""

    text: str
    lang: str | None
    shared: bool = False


def read_pairs(home: Home, manifest: Manifest) -> Iterator[Document]:
    """Yield each photo that may be used with its owner's headline, in file order.

    A photo that is not there, cannot be read or has no headline goes with nothing. Somebody else in
    the photo or the profile makes the pair `shared`.
    """
    known = headlines(home, manifest)
    columns = ("item_id", "owner", "author", "subjects", "category", "media")
    for row in _rows(home, manifest, columns):
        said = known.get(str(row["owner"]))
        if row["category"] != Category.PHOTO or not row.get("media") or said is None:
            continue
        with suppress(InputError):
            photo = read_photo(home.media, row["media"])
            if photo is not None:
                yield Document(
                    item_id=str(row["item_id"]),
                    owner=str(row["owner"]),
                    text=said.text,
                    lang=said.lang,
                    category=row["category"],
                    shared=said.shared or is_shared(row),
                    photo=(str((home.media / row["media"]).resolve()), photo.digest.hex()),
                )


def headlines(home: Home, manifest: Manifest) -> dict[str, Headline]:
    """Return the headline of each member who has one that may be used."""
    found = {}
    for row in _rows(home, manifest, _COLUMNS):
        said = json.loads(row.get("fields") or "{}").get("headline")
        if row["category"] == Category.PROFILE and said:
            found[str(row["owner"])] = Headline(said[:_LONGEST], row.get("lang"), is_shared(row))
    return found


def _rows(home: Home, manifest: Manifest, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    for batch in read_batches(home, manifest, columns):
        yield from batch.to_pylist()
