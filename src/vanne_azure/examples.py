"""Write the corpus as training examples for Azure: chat JSON Lines.

Each example asks, in the item's language, for a text of its category, and answers with the text.
Only what the corpus allows is read, through the valve. No line names a member, and a keyed hash
orders the lines, so that a member's lines do not lie together.

The limits are those of Microsoft's pages on fine-tuning (October 2026).
"""

import hashlib
import heapq
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vanne.config import Home
from vanne.corpus import read
from vanne.corpus.export import language
from vanne.corpus.export.earlier import export_key
from vanne.corpus.manifest import Manifest
from vanne.errors import InputError
from vanne.files import write_whole
from vanne.terms import Reason

LARGEST_FILE = 512 * 1000 * 1000
LEAST_EXAMPLES = 10
BOM = b"\xef\xbb\xbf"
"""The service wants UTF-8 with a byte-order mark."""

_ASK = {
    "en": "Write a text as members of a professional network write them. Kind: {category}.",
    "fr": "Écris un texte comme en écrivent les membres d'un réseau professionnel. "
    "Genre : {category}.",
    "de": "Schreibe einen Text, wie ihn Mitglieder eines beruflichen Netzwerks schreiben. "
    "Art: {category}.",
    "it": "Scrivi un testo come lo scrivono i membri di una rete professionale. Tipo: {category}.",
}


@dataclass(frozen=True, slots=True)
class TrainingFile:
    """A file of examples. `counts` closes: allowed is the sum of the others."""

    path: Path
    sha256: str
    size_bytes: int
    counts: dict[str, int]


def instruction(lang: str | None, category: str) -> str:
    """Return what an example asks, in the item's language, else in English.

    >>> instruction("de-CH", "post")[-10:]
    'Art: post.'
    """
    return _ASK.get(language(lang), _ASK["en"]).format(category=category)


def write_examples(
    home: Home, manifest: Manifest, path: Path, limit: int | None = None
) -> TrainingFile:
    """Write the examples of a version of the corpus: UTF-8 with a byte-order mark.

    With a limit so many are written, those with the smallest keyed hashes: a sample that does not
    depend on the order of the files.

    Raises:
        InputError: there are fewer than ten, or more than one file may hold.
        VerificationError: a data file or its sidecar is not the one of the manifest.
        StorageError: the disk is full.
    """
    with_text, secret = 0, export_key(home)

    def keyed_lines() -> Iterator[tuple[bytes, bytes]]:
        nonlocal with_text
        size = 0
        for document in read(home, manifest):
            if document.text.strip():
                with_text += 1
                ask = instruction(document.lang, document.category)
                chat = [("user", ask), ("assistant", document.text)]
                messages = [{"role": role, "content": text} for role, text in chat]
                line = json.dumps({"messages": messages}, ensure_ascii=False).encode() + b"\n"
                size += len(line)
                if limit is None and size >= LARGEST_FILE:
                    raise _too_large()  # before memory holds more than a file may
                yield hmac.digest(secret, document.item_id.encode(), "sha256"), line

    lines = heapq.nsmallest(limit, keyed_lines()) if limit else sorted(keyed_lines())
    if len(lines) < LEAST_EXAMPLES:
        raise InputError(
            f"the corpus gives {len(lines)} examples; a job needs {LEAST_EXAMPLES}",
            todo="wait for more; `vanne azure forget --only-delete` takes away what is at Azure",
        )
    data = b"".join((BOM, *(line for _, line in lines)))
    if len(data) >= LARGEST_FILE:
        raise _too_large()
    write_whole(path, data)
    allowed = manifest.counts.get(Reason.ALLOWED, 0)
    counts = {
        "allowed": allowed,
        "left_out_by_limit": with_text - len(lines),
        "without_text": allowed - with_text,
        "written": len(lines),
    }
    return TrainingFile(path, hashlib.sha256(data).hexdigest(), len(data), counts)


def _too_large() -> InputError:
    return InputError(
        "the corpus gives more than the 512 MB that a job reads",
        todo="say how many at most with `examples` in azure.toml",
    )
