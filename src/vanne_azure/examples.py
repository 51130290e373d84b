"""The corpus as examples to train on: chat JSON Lines, for texts or for photos.

An example asks in the item's language for a text of its category, and answers with the text; or it
shows a photo and answers with its owner's headline. Only what the corpus allows is read, through
the valve. No line says whose it is, and lines lie in the order of a keyed hash, not by member.

Photos are sent as `data:` addresses, cleaned (`vanne.corpus.photos`). Azure leaves out of a
training every image that shows people or faces: most profile photos are sent in vain.
"""

import hashlib
import heapq
import hmac
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vanne import __version__
from vanne.config import Home
from vanne.corpus import read, read_batches
from vanne.corpus.export import language
from vanne.corpus.export.earlier import export_key
from vanne.corpus.export.marks import marks_in, screening_of, screening_text
from vanne.corpus.export.vision import BOM, LARGEST_PHOTO, PHOTOS_WARNING, chat_line, photo_line
from vanne.corpus.headlines import headlines
from vanne.corpus.manifest import Manifest
from vanne.corpus.photos import read_photo
from vanne.errors import InputError, storing
from vanne.terms import Category, Reason
from vanne_azure.checking import LARGEST_FILE, LEAST_EXAMPLES

SCHEMA = "vanne/azure-export/1"
NAME = "train.jsonl"

_ASK = {
    "en": "Write a text as members of a professional network write them. Kind: {category}.",
    "fr": "Écris un texte comme en écrivent les membres d'un réseau professionnel. "
    "Genre : {category}.",
    "de": "Schreibe einen Text, wie ihn Mitglieder eines beruflichen Netzwerks schreiben. "
    "Art: {category}.",
    "it": "Scrivi un testo come lo scrivono i membri di una rete professionale. Tipo: {category}.",
}


@dataclass(frozen=True, slots=True)
class Exported:
    """A file of examples. `counts` closes: allowed is the sum of the others.

    `redacted` counts the marks that stand in it where something was taken out of a text.
    """

    path: Path
    sha256: str
    size_bytes: int
    counts: dict[str, int]
    redacted: dict[str, int]

    @property
    def examples(self) -> int:
        """How many lines it has."""
        return self.counts["written"]


def instruction(lang: str | None, category: str) -> str:
    """Return what an example of a text asks, in the item's language, else in English.

    >>> instruction("de-CH", "post")[-10:]
    'Art: post.'
    """
    return _ASK.get(language(lang), _ASK["en"]).format(category=category)


def write_examples(
    home: Home, manifest: Manifest, path: Path, content: str, limit: int | None = None
) -> Exported:
    """Write the examples of a version of the corpus: UTF-8 with a byte-order mark.

    `content` is `texts` or `photos`. With a limit so many are written, those with the smallest
    keyed hashes: a sample that does not depend on the order of the files.

    Raises:
        InputError: there are fewer than ten, or more than one file may hold.
        VerificationError: a data file or its sidecar is not the one of the manifest.
        StorageError: the disk is full.
    """
    counts: Counter[str] = Counter()
    secret = export_key(home)
    found = (
        _photos(home, manifest, counts) if content == "photos" else _texts(home, manifest, counts)
    )
    keyed = ((_key(secret, item), line) for item, line in found)
    lines = heapq.nsmallest(limit, keyed) if limit else sorted(_held(keyed))
    counts["left_out_by_limit"] = counts.pop("made", 0) - len(lines)
    counts["written"] = len(lines)
    if len(lines) < LEAST_EXAMPLES:
        raise InputError(
            f"the corpus gives {len(lines)} examples of {content}; a job needs {LEAST_EXAMPLES}",
            todo="wait for more; `vanne azure forget --only-delete` takes away what is at Azure",
        )
    with storing(f"`{path.name}`"), path.open("wb") as file:
        sha = hashlib.sha256()
        for part in (BOM, *(line for _key, line in lines)):
            sha.update(part)
            file.write(part)
    size = path.stat().st_size
    _refuse_too_much(size)
    counts["allowed"] = manifest.counts.get(Reason.ALLOWED, 0)
    redacted = marks_in((line.decode() for _key, line in lines), screening_of(manifest).redact)
    return Exported(path, sha.hexdigest(), size, dict(sorted(counts.items())), dict(redacted))


def describe(exported: Exported, manifest: Manifest, content: str) -> dict[str, Any]:
    """Return what an export says about itself (`vanne/azure-export/1`)."""
    warnings = [PHOTOS_WARNING] if content == "photos" else []
    screening = screening_of(manifest)
    return {
        "schema": SCHEMA,
        "corpus": manifest.version,
        "purpose": manifest.purpose,
        "as_of": manifest.as_of.isoformat(),
        "ledger": {"size": manifest.ledger_size, "root": manifest.ledger_root},
        "content": content,
        "counts": exported.counts,
        "redacted": exported.redacted,
        "screening": asdict(screening) | {"text": screening_text(screening, exported.redacted)},
        "file": {
            "name": exported.path.name,
            "sha256": exported.sha256,
            "bytes": exported.size_bytes,
        },
        "warnings": warnings,
        "written_by": {"vanne": __version__},
    }


def _texts(home: Home, manifest: Manifest, counts: Counter[str]) -> Iterator[tuple[str, bytes]]:
    for document in read(home, manifest):
        if not document.text.strip():
            continue
        counts["made"] += 1
        ask = instruction(document.lang, document.category)
        yield document.item_id, chat_line(ask, document.text)
    counts["without_text"] = manifest.counts.get(Reason.ALLOWED, 0) - counts["made"]


def _photos(home: Home, manifest: Manifest, counts: Counter[str]) -> Iterator[tuple[str, bytes]]:
    known = headlines(home, manifest)
    for row in _rows(home, manifest):
        if row["category"] != Category.PHOTO or not row.get("media"):
            counts["no_photo"] += 1
            continue
        try:
            photo = read_photo(home.media, row["media"])
        except InputError:
            counts["unreadable_photos"] += 1
            continue
        headline = known.get(row["owner"])
        if photo is None or headline is None:
            counts["without_headline" if photo else "missing_photos"] += 1
            continue
        data = photo.encoded()
        if len(data) > LARGEST_PHOTO:
            counts["too_large_photos"] += 1
            continue
        counts["made"] += 1
        yield row["item_id"], photo_line(data, headline)


def _rows(home: Home, manifest: Manifest) -> Iterator[dict[str, Any]]:
    columns = ("item_id", "owner", "category", "media")
    for batch in read_batches(home, manifest, columns):
        yield from batch.to_pylist()


def _key(secret: bytes, item_id: str) -> bytes:
    return hmac.digest(secret, item_id.encode(), "sha256")


def _held(keyed: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """Pass the lines on, and stop before memory holds more than a file may."""
    size = 0
    for key, line in keyed:
        size += len(line)
        _refuse_too_much(size)
        yield key, line


def _refuse_too_much(size: int) -> None:
    if size >= LARGEST_FILE:
        raise InputError(
            "the corpus gives more than the 512 MB that a job reads",
            todo="say how many at most with `examples` in azure.toml, or with --examples",
        )
