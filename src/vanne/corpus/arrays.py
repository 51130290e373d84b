"""Arrays kept in a file and used from there, without reading it: Arrow's file format, mapped.

The file holds one row; each column is one array, whatever its length, and the schema's metadata
says in JSON what they belong to. Beside it lies a note, `NAME.seen`: the name, the sha256 of the
file, and how it looked on the disk when that was true. A file that looks otherwise is read in full
and compared before anything of it is used; nobody maps a damaged one, or one file for another.
"""

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from vanne.errors import BusyError, StorageError, VerificationError, storing
from vanne.files import PRIVATE, make_folder, sha256_of, sync, write_whole

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger("vanne.corpus")

T = TypeVar("T")
Array = Any
"""An array of numpy, or a string array of Arrow."""


def save(path: Path, about: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write arrays into a file that appears when it is whole.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    import pyarrow as pa

    columns = [_column(array) for array in arrays.values()]
    schema = pa.schema(
        [(name, column.type) for name, column in zip(arrays, columns, strict=True)],
        metadata={"about": json.dumps(about, sort_keys=True)},
    )
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with storing(f"`{path.name}`"):
        try:
            make_folder(path.parent)
            with pa.OSFile(str(partial), "wb") as file, pa.ipc.new_file(file, schema) as writer:
                writer.write_batch(pa.record_batch(columns, schema=schema))
            partial.chmod(PRIVATE)
            sync(partial)
            digest = sha256_of(partial)
            partial.replace(path)
            sync(path.parent)
        finally:
            partial.unlink(missing_ok=True)
    _note(path, digest)


def load(
    path: Path, *, check: bool = False, schema: str | None = None
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return what the arrays belong to, and the arrays: numpy's are views of the file.

    With `check` every byte of it is read and compared, whatever it looks like.

    Raises:
        StorageError: there is no such file.
        VerificationError: it is not the one that was written, or not of that schema.
    """
    import pyarrow as pa

    with storing(f"`{path.name}`"):
        if check or _seen(path).get("look") != _look(path):
            digest = sha256_of(path)
            if (_seen(path).get("sha256"), _seen(path).get("name")) != (digest, path.name):
                raise VerificationError(
                    f"`{path.name}` is damaged", todo="remove it and run `vanne corpus refresh`"
                )
            _note(path, digest)
        batch = pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)
        about = json.loads(batch.schema.metadata[b"about"])
    if schema and about.get("schema") != schema:
        raise VerificationError(
            f"`{path.name}` was written by another version of Vanne",
            todo="remove it and run `vanne corpus refresh`",
        )
    return about, {name: _array(batch[name]) for name in batch.schema.names}


def remove(path: Path) -> None:
    """Remove a file of arrays, and the note beside it."""
    path.unlink(missing_ok=True)
    _note_of(path).unlink(missing_ok=True)


def renamed(path: Path, name: Path) -> None:
    """Put a file of arrays in its place, and the note beside it."""
    digest = str(_seen(path).get("sha256"))
    path.replace(name)
    sync(name.parent)
    remove(path)
    _note(name, digest)


def derived(
    path: Path,
    source: Path,
    sha256: str,
    make: Callable[[Path, Path], None],
    take: Callable[[Path], T],
) -> T:
    """Return what is kept of a source; if it is not there, or damaged, make it from the source.

    Raises:
        BusyError: the source has another checksum: nothing is kept under this one.
    """
    if path.exists():
        try:
            return take(path)
        except VerificationError as error:
            log.warning("vanne: %s: it is made again", error.title)
    beside = path.with_name(f".{path.name}.{os.getpid()}.unchecked")
    with storing(f"`{path.name}`"):
        try:
            with unchanged(source, sha256):
                make(source, beside)
            renamed(beside, path)
        finally:
            remove(beside)
    return take(path)


@contextmanager
def unchanged(path: Path, sha256: str | None = None) -> Iterator[str]:
    """Yield a file's sha256, and refuse if it has another one before or afterwards.

    Raises:
        BusyError: somebody wrote to the file meanwhile.
    """
    before = sha256 or sha256_of(path)
    yield before
    if sha256_of(path) != before:
        raise BusyError(f"`{path.name}` was changed while it was read", todo="run this again")


def _note(path: Path, digest: str) -> None:
    """Note how a file looks whose sha256 is known; without a note it will be read again."""
    note = {"name": path.name, "sha256": digest, "look": _look(path)}
    try:
        write_whole(_note_of(path), json.dumps(note).encode())
    except StorageError:
        if not _seen(path):  # nobody would believe the file
            raise


def _note_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.seen")


def _seen(path: Path) -> dict[str, Any]:
    try:
        note = json.loads(_note_of(path).read_bytes())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _look(path: Path) -> list[int]:
    facts = path.stat()
    return [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino]


def _column(array: Array) -> "pa.Array":
    import pyarrow as pa

    values = pa.array(array.view(np.uint8) if _is_flags(array) else array)
    return pa.LargeListArray.from_arrays(pa.array([0, len(values)], pa.int64()), values)


def _is_flags(array: Array) -> bool:
    return isinstance(array, np.ndarray) and array.dtype == np.bool_


def _array(column: "pa.Array") -> Array:
    import pyarrow as pa

    values = column.values
    return values if pa.types.is_large_string(values.type) else values.to_numpy()
