"""Give DuckDB a source to read: a file, a folder, a pattern of files, a query, or rows in memory.

A query, or a source of its own, may be an address of `vanne.sources.lake`.

Nothing is skipped silently. The columns of a CSV file are those of its header, all as text, and the
header shows the separator (a comma, else a semicolon, a tab or a bar). The keys of JSON Lines are
searched in every line. The files of a folder must be of one kind and have the same columns; if one
file cannot be read, the whole folder is refused. CSV and JSON Lines may be packed with gzip.

The reason why a table cannot be read is one line: which file is missing, which extension is
missing, what in a query is wrong. The line holds no value of the data: of an error in the data it
repeats only the place or the kind of fault. The words of a query are the user's own, and may be
repeated.
"""

import csv
import gzip
import os
import re
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from vanne.errors import (
    InputError,
    MissingError,
    StorageError,
    VanneError,
    no_such_folder,
    storage_error,
    storing,
)
from vanne.sources import lake
from vanne.sources.schema import Column
from vanne.words import Message

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


@dataclass(frozen=True, slots=True, eq=False)
class TableInMemory:
    """A table that the caller holds in memory, and what errors call it."""

    name: str
    rows: "pa.Table"


Source = str | TableInMemory
"""A file, a folder, a pattern of files or a query; or a table in memory."""


class ArrowStream(Protocol):
    """Whatever exports the Arrow C stream: tables of Arrow, polars, pandas and DuckDB."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Return the stream, in a capsule of Python."""


PathOrTable = str | os.PathLike[str] | ArrowStream

_QUERY = re.compile(r"\s*(select|from|with)\s", re.IGNORECASE)
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_PLAIN = {
    ".csv": "read_csv",
    ".tsv": "read_csv",
    ".jsonl": "read_json",
    ".ndjson": "read_json",
}
_READERS = {".parquet": "read_parquet"} | _PLAIN | {f"{kind}.gz": _PLAIN[kind] for kind in _PLAIN}
_NEVER = "\ue000 no text is this"
"""DuckDB forgives one field too many that is null: then no field may be, or a row that a comma has
shifted, and that ends with an empty field, would be read with its values in the wrong columns."""
_IN_MEMORY = "vanne_table_in_memory"
"""The name of a table in memory, which one connection alone knows."""
_SEPARATORS = (",", ";", "\t", "|")
_CONTENTS = (
    (b"PAR1", Message("parquet-file")),
    (b"\x1f\x8b", Message("gzip-data")),
    (b"PK\x03\x04", Message("workbook-or-zip")),
    (b"\xff\xfe", Message("utf16-text")),
    (b"\xfe\xff", Message("utf16-text")),
    (b"SQLite format 3", Message("database-file")),
)
"""How files begin that are often called as others are."""


def source_of(table: PathOrTable, name: str, skip: Collection[str] = ()) -> Source:
    """Return a table that a caller gave: a path, a query, or what exports the Arrow C stream.

    Arrow tables and readers export it, as do polars, pandas from 2.2 on, and relations of DuckDB.
    Columns to `skip` are not kept in memory.

    Raises:
        InputError: it is no table, or cannot be read.
    """
    import duckdb
    import pyarrow as pa

    if isinstance(table, (str, os.PathLike)):
        return os.fsdecode(table)
    if not hasattr(table, "__arrow_c_stream__"):
        kind = Message("table-of-type", table=name, type=type(table).__name__)
        raise InputError(kind, todo=Message("give-a-table"))
    try:
        reader = pa.RecordBatchReader.from_stream(table)
        names = reader.schema.names
        if twice := next((each for each in names if names.count(each) > 1), None):
            column = Message("table-column-twice", table=name, column=twice)
            raise InputError(column, todo=Message("rename-one-column"))
        kept = [each for each in names if each not in skip]
        schema = pa.schema([reader.schema.field(each) for each in kept])
        rows = pa.Table.from_batches((batch.select(kept) for batch in reader), schema)
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise input_error(error, TableInMemory(name, None), name) from error
    return TableInMemory(name, rows)


def relation_of(
    connection: "duckdb.DuckDBPyConnection", source: Source, columns: Sequence[Column]
) -> tuple[str, Mapping[str, str]]:
    """Return the SQL of a source, and the type of each of its columns.

    Raises:
        InputError: it is nothing that can be read, or its files differ.
        StorageError: there is no such file.
    """
    if isinstance(source, TableInMemory):
        connection.register(_IN_MEMORY, source.rows)
        return _IN_MEMORY, _described(connection, _IN_MEMORY)
    if not source.strip():
        empty = Message("table-name-empty")
        raise InputError(empty, todo=Message("give-file-or-query"))
    if is_query(source) or lake.ADDRESS.match(source):
        query = lake.as_query(source)
        lake.register(connection, query)
        relation = f"({query.strip().rstrip(';')}\n)"
        return relation, _described(connection, relation)
    paths = paths_of(source)
    for path in paths:
        _refuse_other_content(path)
    reader = _READERS[_kind(paths[0])]
    literals = "[" + ", ".join(_literal(path) for path in paths) + "]"
    if reader == "read_csv":
        heads = {_csv_head(path) for path in paths}
        if len(heads) != 1:
            different = Message("different-headers", folder=source)
            raise InputError(different, todo=Message("give-one-header"))
        ((separator, names),) = heads
        texts = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
        read = (
            f"read_csv({literals}, auto_detect = false, header = true, columns = {{{texts}}}, "
            f"delim = '{separator}', quote = '\"', escape = '\"', comment = '', "
            f"strict_mode = true, nullstr = '{_NEVER}')"
        )
        plain = ", ".join(f"NULLIF({quoted(name)}, '') AS {quoted(name)}" for name in names)
        return f"(SELECT {plain} FROM {read})", dict.fromkeys(names, "VARCHAR")
    if reader == "read_json":  # the keys are those of all lines, so that a late one counts
        lines = f"read_ndjson_objects({literals})"
        keys = connection.sql(f"SELECT DISTINCT unnest(json_keys(json)) FROM {lines}").fetchall()
        names = tuple(sorted(name for (name,) in keys) or [column.name for column in columns])
        texts = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
        read = f"read_json({literals}, format = 'newline_delimited', columns = {{{texts}}})"
        return read, dict.fromkeys(names, "VARCHAR")
    kinds = [_described(connection, f"read_parquet({_literal(path)})") for path in paths]
    if any(kind != kinds[0] for kind in kinds):
        different = Message("different-columns", table=source)
        raise InputError(different, todo=Message("give-same-columns"))
    return f"read_parquet({literals})", kinds[0]


def is_query(source: Source) -> bool:
    """Say whether a source is a query; a file or a folder of that name goes first."""
    if isinstance(source, TableInMemory):
        return False
    return bool(_QUERY.match(source)) and not os.path.exists(source)  # noqa: PTH110  any length


def named(source: Source) -> Message | str:
    """Return how an error names a source: the words of a query may hold ids."""
    if isinstance(source, TableInMemory):
        return source.name
    return Message("the-query") if is_query(source) else source


def row_count(source: Source) -> int | None:
    """Return the number of rows of a source that says it at once (Parquet, Arrow); else None.

    For progress: what is wrong with a source is said by who reads it.
    """
    import pyarrow.parquet as pq

    if isinstance(source, TableInMemory):
        return int(source.rows.num_rows)
    if is_query(source):
        return None
    path = Path(source)
    files = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if any(file.suffix != ".parquet" or not file.is_file() for file in files):
        return None
    try:
        return sum(int(pq.read_metadata(file).num_rows) for file in files)
    except (OSError, ValueError):
        return None


def batches_in(relation: "duckdb.DuckDBPyRelation", rows: int) -> "pa.RecordBatchReader":
    """Read a relation as batches of so many rows; DuckDB before 1.5 has another name for it."""
    read = getattr(relation, "to_arrow_reader", None) or relation.fetch_arrow_reader
    return read(rows)


def quoted(name: str) -> str:
    """Return a name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """Return a text or a path as an SQL string."""
    return "'" + str(value).replace("'", "''") + "'"


def _described(connection: "duckdb.DuckDBPyConnection", relation: str) -> dict[str, str]:
    rows = connection.sql(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    return {name: type_ for name, type_, *_ in rows}


def _literal(path: Path) -> str:
    """Return a path as an SQL string in which nothing is a pattern."""
    return literal(re.sub(r"([*?\[])", r"[\1]", str(path)))


def _kind(path: Path) -> str:
    """Return how a file is called: `.csv`, `.csv.gz`."""
    suffixes = path.suffixes[-2:] if path.suffix.lower() == ".gz" else [path.suffix]
    return "".join(suffixes).lower()


def paths_of(source: str) -> list[Path]:
    """Return the files of a source, in order of their names.

    Raises:
        InputError: it is nothing that can be read, or its files differ.
        StorageError: there is no such file.
    """
    path = Path(source)
    if path.is_dir():
        paths = sorted(entry for entry in path.iterdir() if entry.name[0] not in "._")
        strange = [entry for entry in paths if _kind(entry) not in _READERS]
        inside = (below for entry in strange if entry.is_dir() for below in entry.rglob("*"))
        if table := next((below for below in inside if _kind(below) in _READERS), None):
            raise InputError(
                Message("folder-in-folder", folder=source, inner=strange[0].name),
                todo=Message("give-pattern", pattern=f"`{source}/**/*{_kind(table)}`"),
            )
        if strange or not paths:
            message = Message("folder-without-tables", folder=source)
            if strange:
                message = Message("folder-with-others", folder=source, file=strange[0].name)
            kinds = ", ".join((".parquet", *_PLAIN))
            raise InputError(message, todo=Message("give-one-kind", kinds=kinds))
    else:
        matches = [path] if path.exists() else map(Path, sorted(glob(source, recursive=True)))  # noqa: PTH207
        paths = [each for each in matches if not each.is_dir()]
    if source == "-" or any(not path.is_file() for path in paths):
        stream = Message("table-is-stream", table=source)
        raise InputError(stream, todo=Message("write-to-file"))
    if not paths and _ADDRESS.match(source):
        address = Message("address-not-file", where=source)
        raise InputError(address, todo=Message("copy-here"))
    if not paths:
        missing = Message("no-such-file", where=f"`{source}`")
        no_file = StorageError(missing, todo=Message("check-path"))
        raise (None if has_magic(source) else no_such_folder(source)) or no_file
    if len({_kind(entry) for entry in paths}) > 1 or _kind(paths[0]) not in _READERS:
        raise InputError(Message("not-a-table", table=source), todo=Message("give-table"))
    return paths


def _refuse_other_content(path: Path) -> None:
    """Refuse a file that begins as another kind does than its name says."""
    with storing(f"`{path}`"), path.open("rb") as file:
        start = file.read(16)
    kind = _kind(path)
    wanted = {"parquet": b"PAR1", "gz": b"\x1f\x8b"}.get(kind.rpartition(".")[2])
    content = next((words for sign, words in _CONTENTS if start.startswith(sign)), None)
    if start and (content if wanted is None else not start.startswith(wanted)):
        content = content or Message("something-else")
        raise InputError(
            Message("other-than-name-says", file=str(path), suffix=kind, what=content),
            todo=Message("rename-or-convert"),
        )


def _csv_head(path: Path) -> tuple[str, tuple[str, ...]]:
    """Return what separates the columns of a CSV file, as SQL, and their names."""
    header: list[str] = []
    tried = ("\t",) if ".tsv" in _kind(path) else _SEPARATORS
    for separator in tried:
        header = _csv_header(path, separator)
        if len(header) > 1:
            break
    else:  # a table of one column
        separator, header = tried[0], _csv_header(path, tried[0])
    if not header or len(set(header)) < len(header):
        fault = Message("header-missing", file=str(path))
        if header:
            fault = Message("header-twice", file=str(path))
        raise InputError(fault, todo=Message("mend-first-line"))
    return {"\t": "\\t"}.get(separator, separator), tuple(header)


def _csv_header(path: Path, separator: str) -> list[str]:
    opened = gzip.open if _kind(path).endswith(".gz") else open
    with storing(f"`{path}`"), opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        try:
            return next(csv.reader(file, delimiter=separator), [])
        except (csv.Error, UnicodeDecodeError) as error:
            message = Message("not-csv-utf8", file=str(path))
            raise InputError(message, todo=Message("convert-it")) from error
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            message = Message("packed-damaged", file=str(path))
            raise InputError(message, todo=Message("copy-again")) from error


# Why a table cannot be read

NOT_WHOLE = "vanne: not-a-whole-number: "
"""What a query of ours ends with where an id is no whole number; the column follows."""

_PLACES = re.compile(
    r"on Line: \d+|in line \d+|at byte \d+|unterminated quote|"
    r"Expected Number of Columns: \d+ Found: \d+|Malformed JSON|too small to be a Parquet file|"
    r"[Nn]o magic bytes|[Mm]aximum line size"
)
TABLES = {
    "items": Message("table-items"),
    "members": Message("table-members"),
    "choices": Message("table-choices"),
}
"""What the tables hold, in words."""


_EXTENSION = re.compile(r"required extension '(\w+)|exists in the (\w+) extension")
_NO_FILE = re.compile(r'No files found that match the pattern "(.+?)"')


def input_error(error: Exception, source: Source, table: str) -> Exception:
    """Turn what DuckDB says into one line that holds no value of the data."""
    import duckdb

    if isinstance(error, VanneError):
        return error
    text, where = str(error), named(source)
    if failed := lake.failure(text):
        return failed
    # The first line of what DuckDB says, in its words: they are English alone.
    first_line = f"`{text.split('Error:', 1)[-1].strip().split(chr(10))[0]}`"
    if "No space left" in text:  # a table is read, so what was written is something else
        path = re.search(r'file "(.+?)"', text)
        full = Message("disk-full", what=f"`{path[1]}`" if path else Message("some-file"))
        return StorageError(full, todo=Message("free-space"))
    if isinstance(error, duckdb.OutOfMemoryException):
        memory = Message("out-of-memory-reading", table=where)
        return VanneError(memory, todo=Message("use-larger-machine"))
    if NOT_WHOLE in text:
        column = text.split(NOT_WHOLE, 1)[1].splitlines()[0]
        whole = Message("not-a-whole-number", column=column)
        return InputError(Message("table-refused", table=where, why=whole))
    if extension := _EXTENSION.search(text):
        name = extension[1] or extension[2]
        install = f"python -I -c \"import duckdb; duckdb.sql('INSTALL {name}')\""
        lacking = Message("extension-missing", table=where, name=name)
        return MissingError(lacking, todo=Message("run-command", command=install))
    if isinstance(error, OSError) and error.errno:
        return storage_error(error, f"`{where}`")
    if "not utf-8" in text.lower() or "UTF8" in text or isinstance(error, UnicodeDecodeError):
        message = Message("table-not-utf8", table=where)
        if line := re.search(r"Line: (\d+)", text):
            message = Message("table-not-utf8-at", table=where, line=line[1])
        return InputError(message, todo=Message("convert-and-repeat"))
    if isinstance(error, (duckdb.IOException, duckdb.HTTPException, duckdb.PermissionException)):
        # Which file or address could not be opened is passed on: no data were read.
        missing = _NO_FILE.search(text)
        message = Message("table-refused", table=where, why=first_line)
        if missing:
            message = Message("no-such-file", where=f"`{missing[1]}`")
        return StorageError(message, todo=Message("check-path"))
    todo = Message("mend-table")
    of_values = (
        duckdb.ConversionException,
        duckdb.InvalidInputException,
        duckdb.OutOfRangeException,
        duckdb.TypeMismatchException,
        ValueError,
    )
    why: Message | str
    in_words = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)
    if isinstance(error, in_words) or "Error when sniffing" in text:  # no value, but a name
        why = first_line
    elif places := ", ".join(dict.fromkeys(_PLACES.findall(text))):
        why = f"`{places}`"
        counts = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
        if counts and int(counts[2]) > int(counts[1]):
            todo = Message("quote-separators")
    elif isinstance(error, of_values):
        why = Message("value-does-not-fit")
    else:
        why = Message("duckdb-stopped", kind=type(error).__name__)
    kind = TABLES.get(table, table)
    return InputError(Message("table-unreadable", table=where, kind=kind, why=why), todo=todo)
