"""Reads plain Parquet files by Arrow: the rows and values that DuckDB gives, for half the work.

A file is plain if its columns have the types of the public tables, so that no value has to be cast.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vanne.errors import VanneError
from vanne.sources.relation import is_query, paths_of
from vanne.sources.schema import Column

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_FEW_VALUES = ("category", "visibility", "reservation")
"""Texts of few values, whatever their encoding in the file."""
_PEOPLE = ("owner", "author")
"""Texts that are read as a dictionary only where the file stores one: to make one of stored texts
costs 125 ns a row, and to look each owner up costs 60."""


def plain_files(
    source: str, columns: Sequence[Column], *, coded: bool
) -> "list[pq.ParquetFile] | None":
    """Return the files of a source if they are plain; else None, and DuckDB says what is wrong.

    If `coded`, texts of few values are read as the dictionaries that the files store.
    """
    import pyarrow as pa

    if is_query(source):
        return None
    try:
        paths = paths_of(source)
        if any(path.suffix.lower() != ".parquet" or "=" in str(path.parent) for path in paths):
            return None  # DuckDB makes columns of folders that are called `year=2026`
        names = [column.name for column in columns]
        files = [_opened(path, names if coded else ()) for path in paths]
    except (VanneError, pa.ArrowException, OSError):
        return None
    schemas = [file.schema_arrow for file in files]
    if all(_is_plain(each, columns) and each.names == schemas[0].names for each in schemas):
        return files
    return None


def _opened(path: Path, coded: Sequence[str]) -> "pq.ParquetFile":
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    texts = [n for n in coded if n in metadata.schema.names and _is_coded(metadata, n)]
    return pq.ParquetFile(path, metadata=metadata, read_dictionary=texts, pre_buffer=False)


def _is_coded(metadata: "pq.FileMetaData", name: str) -> bool:
    """Say whether a column is read as a dictionary: of people if it is stored as one throughout."""
    place = metadata.schema.names.index(name)
    groups = (metadata.row_group(number).column(place) for number in range(metadata.num_row_groups))
    return name in _FEW_VALUES or (
        name in _PEOPLE and all("PLAIN" not in group.encodings for group in groups)
    )


def _is_plain(schema: "pa.Schema", columns: Sequence[Column]) -> bool:
    if len(set(schema.names)) < len(schema.names):
        return False
    there = (column for column in columns if column.name in schema.names)
    return all(_holds(schema.field(column.name).type, column.kind) for column in there)


def _holds(type_: "pa.DataType", kind: str) -> bool:
    """Say whether a type of Arrow is the one in which a public table stores such a column."""
    import pyarrow as pa

    if kind == "time":
        return bool(pa.types.is_timestamp(type_) and type_.unit == "us")
    if kind == "list":
        return bool(pa.types.is_list(type_) and type_.value_type == pa.string())
    if kind in ("text", "object"):
        return bool((type_.value_type if pa.types.is_dictionary(type_) else type_) == pa.string())
    return bool(type_ == {"date": pa.date32(), "flag": pa.bool_()}[kind])


def batches_of(
    files: "Sequence[pq.ParquetFile]", columns: Sequence[Column], rows: int
) -> "Iterator[pa.RecordBatch]":
    """Yield the columns in the form of `vanne.sources.scan.raw_batches`, in file order.

    Raises:
        pa.ArrowInvalid: the file is damaged, or a text is not UTF-8.
    """
    for file in files:
        names = [column.name for column in columns if column.name in file.schema_arrow.names]
        for group in range(file.num_row_groups):
            for batch in file.iter_batches(
                rows, row_groups=[group], columns=names, use_threads=False
            ):
                yield _raw(batch, columns)


def _raw(batch: "pa.RecordBatch", columns: Sequence[Column]) -> "pa.RecordBatch":
    import pyarrow as pa

    batch.validate(full=True)  # Arrow takes bytes that are not UTF-8 for text otherwise
    arrays: dict[str, pa.Array] = {}
    for column in columns:
        name, is_there = column.name, column.name in batch.schema.names
        array = batch[name] if is_there else pa.nulls(len(batch), pa.string())
        if column.kind == "time":
            arrays[name] = array.view(pa.int64()) if is_there else array.cast(pa.int64())
            arrays[f"{name} given"] = array.is_valid()
        elif column.kind == "date":
            arrays[name] = array.cast(pa.int32()).cast(pa.int64())
        elif column.kind == "flag":
            arrays[name] = array.cast(pa.string())
        else:
            arrays[name] = array if column.kind == "list" else _without_empty(array)
    return pa.record_batch(list(arrays.values()), names=list(arrays))


def _without_empty(texts: "pa.Array") -> "pa.Array":
    """Return the texts with null in the place of the empty text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    is_coded = pa.types.is_dictionary(texts.type)
    values = texts.dictionary if is_coded else texts
    if pc.min(pc.binary_length(values)).as_py() != 0:
        return texts
    plain = texts.dictionary_decode() if is_coded else texts
    return pc.if_else(pc.equal(plain, ""), pa.scalar(None, pa.string()), plain)
