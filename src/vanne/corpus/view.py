"""Read through the view: what is allowed, and nothing else."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from vanne.config import Home
from vanne.corpus.building import ALLOWED
from vanne.corpus.document import Document
from vanne.corpus.manifest import DataFile, Manifest
from vanne.corpus.patch import sidecar_of
from vanne.corpus.sidecar import Codes
from vanne.errors import VerificationError, storing
from vanne.sources.batches import listed

if TYPE_CHECKING:
    import pyarrow as pa

_DOCUMENT = ("item_id", "owner", "author", "subjects", "text", "lang", "category")


def read(home: Home, manifest: Manifest) -> Iterator[Document]:
    """Yield the text of each allowed item, in file order, and of no other.

    Raises:
        VerificationError: a data file or its sidecar is not the one of the manifest.
    """
    for batch in read_batches(home, manifest, _DOCUMENT):
        for row in batch.to_pylist():
            if row.get("text"):  # a photo has no text; this model reads none
                yield Document(
                    item_id=str(row["item_id"]),
                    owner=str(row["owner"]),
                    text=row["text"],
                    lang=row.get("lang"),
                    category=row["category"],
                    shared=is_shared(row),
                )


def is_shared(row: Mapping[str, Any]) -> bool:
    """Say whether somebody besides the owner is in an item, as its author or a subject."""
    people = {row.get("author") or row["owner"], *_listed(row.get("subjects"))}
    return not people <= {row["owner"]}


def read_batches(
    home: Home, manifest: Manifest, columns: Sequence[str]
) -> "Iterator[pa.RecordBatch]":
    """Yield the allowed rows alone, in file order, with those of the columns that a file has.

    Raises:
        VerificationError: a data file or its sidecar is not the one of the manifest.
    """
    for file in manifest.files:
        if file.sidecar is not None:
            sidecar = sidecar_of(home, manifest, file)
            sidecar.check()
            with _checked(home, file) as data:
                yield from _allowed(data, sidecar.codes, columns)


def _listed(subjects: str | list[str] | None) -> list[str]:
    """Return the subjects of an item, also where a file has them as text."""
    return (listed(subjects)[0] if isinstance(subjects, str) else subjects) or []


@contextmanager
def _checked(home: Home, file: DataFile) -> Iterator[BinaryIO]:
    """Open a data file whose bytes are those of the manifest."""
    with storing(f"`{file.path}`"), (home.items / file.path).open("rb") as data:
        if hashlib.file_digest(data, "sha256").hexdigest() != file.sha256:
            raise VerificationError(
                f"`{file.path}` has changed since the corpus was built",
                todo="build the corpus again",
            )
        yield data


def _allowed(data: BinaryIO, codes: Codes, columns: Sequence[str]) -> "Iterator[pa.RecordBatch]":
    """Yield the rows of the very bytes that were checked: the open file, not its name."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    data.seek(0)
    table = pq.ParquetFile(data)
    start = 0
    there = [name for name in columns if name in table.schema_arrow.names]
    for batch in table.iter_batches(columns=there):
        inside = codes[start : start + len(batch)] == ALLOWED
        start += len(batch)
        yield batch if inside.all() else batch.filter(pa.array(inside))
