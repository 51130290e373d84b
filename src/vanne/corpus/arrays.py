"""Arrays kept in a file and used from there, without reading it: Arrow's file format, mapped.

The file holds one row; each column is one array, whatever its length, and the schema's metadata
says in JSON what they belong to, and the sha256 of all arrays.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vanne.errors import VerificationError, storing
from vanne.files import sync

if TYPE_CHECKING:
    import pyarrow as pa

Array = Any
"""An array of numpy, or a string array of Arrow."""


def save(path: Path, about: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write arrays into a file that appears when it is whole.

    Raises:
        StorageError: the disk is full, or the folder cannot be written.
    """
    import pyarrow as pa

    columns = [_column(array) for array in arrays.values()]
    written = json.dumps(about, sort_keys=True)
    schema = pa.schema(
        [(name, column.type) for name, column in zip(arrays, columns, strict=True)],
        metadata={"about": written, "sha256": _digest(written, columns)},
    )
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with storing(f"`{path.name}`"):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with pa.OSFile(str(partial), "wb") as file, pa.ipc.new_file(file, schema) as writer:
                writer.write_batch(pa.record_batch(columns, schema=schema))
            sync(partial)
            partial.replace(path)
            sync(path.parent)
        finally:
            partial.unlink(missing_ok=True)


def load(path: Path, *, check: bool = False) -> tuple[dict[str, Any], dict[str, Array]]:
    """Return what the arrays belong to, and the arrays: numpy's are views of the file.

    With `check` every byte of them is looked at.

    Raises:
        StorageError: there is no such file.
        VerificationError: it is not a whole file of arrays, or not the one that was written.
    """
    import pyarrow as pa

    with storing(f"`{path.name}`"):
        size = path.stat().st_size
        try:
            batch = pa.ipc.open_file(pa.memory_map(str(path))).get_batch(0)
            written = batch.schema.metadata[b"about"].decode()
            about = json.loads(written)
            if check and batch.schema.metadata[b"sha256"].decode() != _digest(
                written, batch.columns
            ):
                raise ValueError("other bytes")
        except (pa.ArrowInvalid, TypeError, KeyError, ValueError) as error:
            raise VerificationError(
                f"`{path.name}` is damaged ({size} bytes)",
                todo="remove it and build the corpus again",
            ) from error
    return about, {name: _array(batch[name]) for name in batch.schema.names}


def _digest(about: str, columns: "list[pa.Array]") -> str:
    """Return the sha256 of what arrays hold, whatever the buffers they lie in."""
    import pyarrow as pa

    digest = hashlib.sha256(about.encode())
    for column in columns:
        values = column.values
        if pa.types.is_large_string(values.type):
            _, places, text = values.buffers()
            offsets = np.frombuffer(places, np.int64)[values.offset :][: len(values) + 1]
            digest.update(np.diff(offsets).tobytes())
            if text is not None:
                digest.update(memoryview(text)[offsets[0] : offsets[-1]])
        else:
            digest.update(values.to_numpy().tobytes())
    return digest.hexdigest()


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
