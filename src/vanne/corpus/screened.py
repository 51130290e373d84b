"""What is taken out of the texts of a data file: found by its first reader, kept beside the corpus.

Data files never change, and neither does what the rules of one digest find in them. So the places
are kept under the names of both, as the facts are: no text, whole or not there, and made again if
anything about them is not as it was written.
"""

import os
import threading
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import numpy as np

from vanne.config import Home
from vanne.corpus import arrays
from vanne.corpus.manifest import DataFile
from vanne.errors import StorageError, VerificationError, storing
from vanne.screening import rules_digest
from vanne.screening.bulk import BATCH_ROWS, Places, places_in

SCHEMA = "vanne/screened/1"
_MARK = ".screened-"


def places_of(home: Home, file: DataFile, data: BinaryIO) -> Places:
    """Return what is taken out of the texts of a data file, which is open; keep it if it can be.

    A disk that is full or may not be written is no reason not to read.
    """
    path = _path(home, file)
    if path.exists():
        with suppress(StorageError, VerificationError):
            return _kept(path, file)
    places = _places_in_file(data)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.unchecked")
    with suppress(StorageError, OSError):
        try:
            arrays.save(beside, _about(file), asdict(places))
            arrays.renamed(beside, path)
        finally:
            arrays.remove(beside)
    return places


def check_places(home: Home, file: DataFile) -> None:
    """Look for everything again and compare it with what was kept, if anything was.

    Raises:
        VerificationError: it is damaged, or another.
    """
    path = _path(home, file)
    if not path.exists():
        return
    kept = _kept(path, file, check=True)
    with storing(f"`{file.path}`"), (home.items / file.path).open("rb") as data:
        found = _places_in_file(data)
    if any(not np.array_equal(array, asdict(kept)[name]) for name, array in asdict(found).items()):
        raise VerificationError(
            f"what is kept to be taken out of `{file.path}` is not what is in it",
            todo=f"remove `{path.name}`, it will be made again",
        )


def is_outdated(path: Path) -> bool:
    """Say whether a kept file is of other rules than those of now."""
    return _MARK in path.name and _mark() not in path.name


def _kept(path: Path, file: DataFile, *, check: bool = False) -> Places:
    about, saved = arrays.load(path, check=check)
    if about != _about(file):
        raise VerificationError(
            f"`{path.name}` was made for something else", todo="remove it, it will be made again"
        )
    return Places(**saved)


def _about(file: DataFile) -> dict[str, object]:
    return {"schema": SCHEMA, "data": file.sha256, "rows": file.rows, "rules": rules_digest()}


def _path(home: Home, file: DataFile) -> Path:
    return home.corpus / "facts" / f"{file.sha256}{_mark()}.arrow"


def _mark() -> str:
    return f"{_MARK}{rules_digest()[:16]}"


def _places_in_file(data: BinaryIO) -> Places:
    import pyarrow.parquet as pq

    data.seek(0)
    table = pq.ParquetFile(data)
    found, sizes = [], []
    if "text" in table.schema_arrow.names:
        for batch in table.iter_batches(BATCH_ROWS, columns=["text"]):
            found.append(places_in(batch["text"]))
            sizes.append(len(batch))
    return Places.joined(found, sizes)
