"""Store arrays in Arrow files and memory-map them, so that nobody loads a whole file.

The file holds one row. Each column is one array, of whatever length; the metadata of the schema
says in JSON what the arrays belong to. Beside the file is a note, `NAME.seen`, with the name, the
SHA-256, the size and the times of the file. If size or times differ from the note, the file is read
in full and its SHA-256 compared before anything uses it. So no process maps a damaged file, or one
file for another.
"""

import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_ident
from typing import Any, TypeVar

import numpy as np

from vanne.errors import BusyError, StorageError, VerificationError, storing
from vanne.files import PRIVATE, make_folder, sha256_of, sync, write_whole

log = logging.getLogger("vanne.corpus")

T = TypeVar("T")
Array = Any
"""An array of numpy, or a string array of Arrow."""


def save(
    path: Path, about: Mapping[str, Any], arrays: Mapping[str, Array], *, small: bool = False
) -> None:
    """Write arrays into a file that appears when it is whole.

    It is compressed if it is to be `small`: then it is read whole, and not where it lies.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    import pyarrow as pa

    columns = []
    for array in arrays.values():
        is_flags = isinstance(array, np.ndarray) and array.dtype == np.bool_
        values = pa.array(array.view(np.uint8) if is_flags else array)
        ends = pa.array([0, len(values)], pa.int64())
        columns.append(pa.LargeListArray.from_arrays(ends, values))
    schema = pa.schema(
        [(name, column.type) for name, column in zip(arrays, columns, strict=True)],
        metadata={"about": json.dumps(about, sort_keys=True)},
    )
    partial = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}.partial")
    with storing(f"`{path.name}`"):
        try:
            make_folder(path.parent)
            options = pa.ipc.IpcWriteOptions(compression="zstd" if small else None)
            with (
                pa.OSFile(str(partial), "wb") as file,
                pa.ipc.new_file(file, schema, options=options) as writer,
            ):
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
    values = {name: batch[name].values for name in batch.schema.names}
    return about, {
        name: array if pa.types.is_large_string(array.type) else array.to_numpy()
        for name, array in values.items()
    }


def remove(path: Path) -> None:
    """Remove a file of arrays, and the note beside it."""
    path.unlink(missing_ok=True)
    _note_of(path).unlink(missing_ok=True)


def derived(
    path: Path,
    source: Path,
    sha256: str,
    make: Callable[[Path], tuple[dict[str, Any], dict[str, Array]]],
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
    with unchanged(source, sha256):
        about, arrays = make(source)
    save(path, about, arrays)
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
    """Return how a file looks on the disk: its size, its times of change, its place."""
    facts = path.stat()
    return [facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino]


# Checksums of files that were read before: a file is not read again while it looks the same and its
# times of change lay in the past when it was read. What is decided from goes by this; whoever reads
# texts, builds or verifies looks at the bytes themselves.


_SETTLED_NS = 2_000_000_000
"""A file that changed less than two seconds ago may change again within one tick of the clock."""


class ChecksumCache:
    """The checksums of files, by their paths; `save` keeps what was learnt."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, tuple[list[int], str]] = {}
        self._is_new = False
        if path.exists():
            with storing(f"`{path.name}`"):
                text = path.read_bytes().decode(errors="replace")
            with suppress(ValueError, TypeError, AttributeError):  # damaged: all is read again
                known = json.loads(text).items()
                self._known = {name: (look, str(digest)) for name, (*look, digest) in known}

    def sha256(self, path: Path, *, again: bool = False) -> str:
        """Return the checksum of a file; with `again`, read it whatever it looks like."""
        with storing(f"`{path}`"):
            look = _look(path)
        known = self._known.get(str(path))
        if known and known[0] == look and not again:
            return known[1]
        digest = sha256_of(path)
        if time.time_ns() - max(look[1:3]) > _SETTLED_NS:
            self._known[str(path)] = (look, digest)
            self._is_new = True
        return digest

    def save(self) -> None:
        """Keep what was learnt; what cannot be kept is only read again."""
        if self._is_new:
            known = {name: [*look, digest] for name, (look, digest) in self._known.items()}
            with suppress(StorageError):
                write_whole(self._path, json.dumps(known, sort_keys=True).encode())
