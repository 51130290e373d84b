"""Scan a table of any kind: Arrow batches of its columns, in file order, with raw values.

The scan changes nothing in a column. A missing required column is an error. A column whose name
looks like a misspelling of one that can deny is an error, too.

The shape of a table is its columns, the kind of each, and how many of its values are given. Tables
from one source have one shape, whatever their content. If an upstream job loses, renames or
reformats a column, only the shape shows it: a missing value is nobody's opt-out.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from secrets import token_hex
from tempfile import gettempdir
from typing import TYPE_CHECKING

from vanne.errors import InputError, VanneError
from vanne.sources.relation import (
    NOT_WHOLE,
    TABLES,
    Source,
    TableInMemory,
    batches_in,
    input_error,
    is_query,
    named,
    paths_of,
    quoted,
    relation_of,
)
from vanne.sources.schema import Column
from vanne.terms import Category
from vanne.words import Message

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH_ROWS = 131_072
_FEW_VALUES = ("category", "visibility", "reservation")
"""Texts of few values, whatever their encoding in the file."""
_PEOPLE = ("owner", "author")
"""Texts that are read as a dictionary only where the file stores one: to make one of stored texts
costs 125 ns a row, and to look each owner up costs 60."""


def raw_of_texts(texts: "pa.Table", columns: Sequence[Column]) -> "pa.RecordBatch":
    """Bring columns of texts to the form in which tables are read; their order stays."""
    import pyarrow as pa

    with connected(1) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("texts", texts)
        types = dict.fromkeys(texts.schema.names, "VARCHAR")
        selected = ", ".join(_expression(column, types.get(column.name)) for column in columns)
        table = connection.sql(f"SELECT {selected} FROM texts").to_arrow_table()
    arrays = [column.combine_chunks() for column in table.columns]
    return pa.record_batch(arrays, names=table.schema.names)


def raw_batches(
    source: Source,
    columns: Sequence[Column],
    table: str,
    skip: Sequence[str] = (),
    rows: int = BATCH_ROWS,
    *,
    coded: bool = False,
) -> "Iterator[pa.RecordBatch]":
    """Yield the columns in file order; if `coded`, texts of few values may be dictionaries."""
    import pyarrow as pa

    wanted = [column for column in columns if column.name not in skip]
    if files := plain_files(source, wanted, coded=coded):
        names = {field.name: str(field.type) for field in files[0].schema_arrow}
        check_columns(names, columns, source, table)
        try:
            yield from batches_of(files, wanted, rows)
        except (pa.ArrowException, OSError) as error:
            raise input_error(error, source, table) from error
        return
    # one thread: the rows come in file order, which sidecars rely on
    with opened(source, columns, table, threads=1) as (connection, relation, types):
        selected = ", ".join(_expression(column, types.get(column.name)) for column in wanted)
        yield from batches_in(connection.sql(f"SELECT {selected} FROM {relation}"), rows)


@contextmanager
def opened(
    source: Source, columns: Sequence[Column], table: str, *, threads: int
) -> "Iterator[tuple[duckdb.DuckDBPyConnection, str, Mapping[str, str]]]":
    """Give a connection, the SQL of a source in it, and the type of each column that is there.

    Raises:
        InputError: the source is not what its name says, or a column is missing or misspelt.
    """
    import duckdb

    with connected(threads) as connection:
        try:
            connection.execute("SET TimeZone = 'UTC'")
            relation, types = relation_of(connection, source, columns)
            check_columns(types, columns, source, table)
            yield connection, relation, types
        except (duckdb.Error, OSError, ValueError) as error:
            raise input_error(error, source, table) from error


def connected(threads: int) -> "duckdb.DuckDBPyConnection":
    """Return a connection of its own; those with one thread share one database without tables.

    To open a database takes 11 ms, a connection to one that is open 0.1 ms: pages look things up.
    """
    import duckdb

    return _database().cursor() if threads == 1 else duckdb.connect(config=_config(threads))


@cache
def _database() -> "duckdb.DuckDBPyConnection":
    import duckdb

    return duckdb.connect(config=_config(1))


def _config(threads: int) -> "dict[str, str | bool | int | float | list[str]]":
    """Return settings with which a query fetches no code from the network: it is named instead.

    What does not fit into memory goes to the system's folder for such things. DuckDB's own choice
    is `.tmp` in the current folder, which may be anybody's.
    """
    spill = Path(gettempdir(), f"vanne-{token_hex(8)}")  # made only when it is needed
    return {
        "threads": threads,
        "autoinstall_known_extensions": False,
        "temp_directory": str(spill.absolute()),
    }


def check_columns(
    types: Mapping[str, str], columns: Sequence[Column], source: Source, table: str
) -> None:
    """Refuse a table without a required column, or in which one that denies may be misspelt."""
    others = [name for name in types if name not in [column.name for column in columns]]
    for column in (column for column in columns if column.required and column.name not in types):
        near = _likely(column.name, others, cutoff=0.6)
        todo = Message("add-it")
        if near:
            todo = Message("rename-column", column=near)
        raise InputError(missing_column(source, column.name), todo=todo)
    for column in (column for column in columns if column.denies):
        same = next((name for name in others if _spelt(name) == _spelt(column.name)), None)
        alike = None if column.name in types else _likely(column.name, others, cutoff=0.75)
        if near := same or alike:
            kind = TABLES.get(table, table)
            raise InputError(
                Message("column-unknown", table=named(source), column=near, kind=kind),
                todo=Message("rename-or-meant", column=column.name),
            )


def missing_column(source: Source, column: str) -> Message:
    """Say that a table lacks a column."""
    return Message("column-missing", table=named(source), column=column)


def _likely(column: str, others: Sequence[str], cutoff: float) -> str | None:
    """Return which of the other names is likely meant for a column."""
    folded = {name.strip().casefold(): name for name in others}
    near = get_close_matches(column, folded, n=1, cutoff=cutoff)
    return folded[near[0]] if near else None


def _spelt(name: str) -> str:
    """Return a column's name without what spellings differ in: case, spaces, dashes, plural."""
    return re.sub(r"[\s_-]", "", name.casefold()).removesuffix("s")


_ISO_8601 = (
    r"^\s*\d{4}-\d{2}-\d{2}"
    r"([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s?(Z|UTC|[+-](0\d|1[0-8])(:?\d{2})?)?)?\s*$"
)
"""What may be a time that is written as text: DuckDB alone would take `epoch` for one."""
_LIST_OF_SCALARS = re.compile(r"(VARCHAR|UUID|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?)\[\]")


def _expression(column: Column, type_: str | None) -> str:
    """Return the SQL that brings a column to its plain form; NULL where the table lacks it."""
    name, alias, text = quoted(column.name), quoted(column.name), plain_sql(column, type_)
    if type_ is None:
        name, type_ = "CAST(NULL AS VARCHAR)", "VARCHAR"
    day_or_time = type_.startswith(("TIMESTAMP", "DATE"))
    plain = name if day_or_time else f"regexp_extract(CAST({name} AS VARCHAR), '{_ISO_8601}')"
    if column.kind == "time":
        micros = f"epoch_us(TRY_CAST({plain} AS TIMESTAMPTZ))"
        written = f"NULLIF(CAST({name} AS VARCHAR), '')"
        is_there = f"{name if day_or_time else written} IS NOT NULL"
        return f"{micros} AS {alias}, {is_there} AS {quoted(column.name + ' given')}"
    if column.kind == "date":
        return f"TRY_CAST({plain} AS DATE) - DATE '1970-01-01' AS {alias}"
    if column.kind == "list" and _LIST_OF_SCALARS.fullmatch(type_):
        return f"CAST({name} AS VARCHAR[]) AS {alias}"
    if column.kind == "list" and type_ != "VARCHAR":
        return f"CAST(to_json({name}) AS VARCHAR) AS {alias}"
    return f"{text} AS {alias}"


def plain_sql(column: Column, type_: str | None) -> str:
    """Return the SQL of a column as text, of an object as JSON; NULL if the table lacks it."""
    name = quoted(column.name)
    if type_ is None:
        return "CAST(NULL AS VARCHAR)"
    if column.kind == "object" and type_ != "VARCHAR":
        return f"CAST(to_json({name}) AS VARCHAR)"
    if type_ in ("DOUBLE", "FLOAT") or type_.startswith("DECIMAL"):
        # pandas makes decimal numbers of ids that are whole ones; above 2**53 they are no longer so
        number = f"CAST({name} AS DOUBLE)"
        return (
            f"CASE WHEN {name} IS NULL OR isnan({number}) THEN NULL "
            f"WHEN {number} = trunc({number}) AND abs({number}) < 9007199254740992 "
            f"THEN CAST(CAST({number} AS BIGINT) AS VARCHAR) "
            f"ELSE error('{NOT_WHOLE}{column.name}') END"
        )
    return f"NULLIF(CAST({name} AS VARCHAR), '')"


# Plain Parquet files: Arrow reads them for half the work of DuckDB, and gives the same values.


def plain_files(
    source: Source, columns: Sequence[Column], *, coded: bool
) -> "list[pq.ParquetFile] | None":
    """Return the files of a source if they are plain; else None, and DuckDB says what is wrong.

    If `coded`, texts of few values are read as the dictionaries that the files store.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if isinstance(source, TableInMemory) or is_query(source):
        return None
    try:
        paths = paths_of(source)
        if any(path.suffix.lower() != ".parquet" or "=" in str(path.parent) for path in paths):
            return None  # DuckDB makes columns of folders that are called `year=2026`
        files = list[pq.ParquetFile]()
        for path in paths:
            metadata = pq.read_metadata(path)
            names = metadata.schema.names
            groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
            texts = [name for name in _FEW_VALUES if name in names] if coded else []
            for name in _PEOPLE if coded else ():
                chunks = [group.column(names.index(name)) for group in groups if name in names]
                if name in names and all("PLAIN" not in chunk.encodings for chunk in chunks):
                    texts.append(name)
            files.append(
                pq.ParquetFile(path, metadata=metadata, read_dictionary=texts, pre_buffer=False)
            )
    except (VanneError, pa.ArrowException, OSError):
        return None
    first = files[0].schema_arrow
    for schema in (file.schema_arrow for file in files):
        there = [column for column in columns if column.name in schema.names]
        is_plain = all(_holds(schema.field(column.name).type, column.kind) for column in there)
        if schema.names != first.names or len(set(schema.names)) < len(first.names) or not is_plain:
            return None
    return files


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
    import pyarrow as pa
    import pyarrow.compute as pc

    for file in files:
        names = [column.name for column in columns if column.name in file.schema_arrow.names]
        read = (
            batch
            for group in range(file.num_row_groups)
            for batch in file.iter_batches(
                rows, row_groups=[group], columns=names, use_threads=False
            )
        )
        for batch in read:
            batch.validate(full=True)  # Arrow takes bytes that are not UTF-8 for text otherwise
            arrays: dict[str, pa.Array] = {}
            for column in columns:
                name, is_there = column.name, column.name in names
                array = batch[name] if is_there else pa.nulls(len(batch), pa.string())
                if column.kind == "time":
                    arrays[name] = array.view(pa.int64()) if is_there else array.cast(pa.int64())
                    arrays[f"{name} given"] = array.is_valid()
                elif column.kind == "date":
                    arrays[name] = array.cast(pa.int32()).cast(pa.int64())
                elif column.kind == "flag":
                    arrays[name] = array.cast(pa.string())
                elif column.kind == "list":
                    arrays[name] = array
                else:  # null in the place of the empty text
                    is_coded = pa.types.is_dictionary(array.type)
                    values = array.dictionary if is_coded else array
                    if pc.min(pc.binary_length(values)).as_py() == 0:
                        plain = array.dictionary_decode() if is_coded else array
                        nothing = pa.scalar(None, pa.string())
                        array = pc.if_else(pc.equal(plain, ""), nothing, plain)
                    arrays[name] = array
            yield pa.record_batch(list(arrays.values()), names=list(arrays))


# The shape of a table

WHOLE = ""
"""The group of the rows of a table that has no categories, or whose category is not known."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a table is like. `rows` are counted by category, `given` by column and category."""

    rows: Mapping[str, int]
    types: Mapping[str, str]
    given: Mapping[str, Mapping[str, int]]

    def values(self, column: str) -> int:
        """Return how many rows give a value of a column."""
        return sum(self.given.get(column, {}).values())


def shape_of(source: Source, columns: Sequence[Column], table: str) -> Shape:
    """Look at a table: of its values only whether they are given is looked at.

    Raises:
        InputError: it cannot be read, or lacks a required column.
    """
    with opened(source, columns, table, threads=1) as (connection, relation, types):
        there = [column for column in columns if column.name in types]
        counts = list[str]()
        for column in there:  # an empty list is no value
            name = quoted(column.name)
            is_given = f"CAST({name} AS VARCHAR) NOT IN ('', '[]', 'nan')"
            if types[column.name].endswith("[]"):
                is_given = f"len({name}) > 0"
            elif types[column.name].startswith(("TIMESTAMP", "DATE")):
                is_given = f"{name} IS NOT NULL"  # to write each as text costs more than the rest
            counts.append(f"count(*) FILTER ({is_given})")
        group_of_row = f"'{WHOLE}'"
        if any(column.name == "category" for column in columns):
            known = ", ".join(f"'{category.value}'" for category in Category)
            category = "CAST(category AS VARCHAR)"
            group_of_row = f"CASE WHEN {category} IN ({known}) THEN {category} ELSE '{WHOLE}' END"
        query = f"SELECT {group_of_row}, count(*), {', '.join(counts)} FROM {relation} GROUP BY 1"
        groups = connection.sql(query).fetchall()
    given = {
        column.name: {group: numbers[place] for group, _, *numbers in groups}
        for place, column in enumerate(there)
    }
    return Shape(
        rows={group: rows for group, rows, *_ in groups},
        types={c.name: type_in_words(types[c.name]) for c in there if any(given[c.name].values())},
        given=given,
    )


def type_in_words(type_: str) -> str:
    """Say a type of DuckDB's in a word: types whose values are read alike are one.

    >>> type_in_words("VARCHAR[]"), type_in_words("TIMESTAMP_NS"), type_in_words("BIGINT")
    ('list of text', 'time', 'number')
    """
    if type_.endswith("[]"):
        return f"list of {type_in_words(type_.removesuffix('[]'))}"
    return next((word for pattern, word in _WORDS if re.fullmatch(pattern, type_)), type_.lower())


_WORDS = (
    ("VARCHAR|UUID|ENUM.*", "text"),
    ("TIMESTAMP.*", "time"),
    ("DATE", "date"),
    ("BOOLEAN", "flag"),
    (r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL.*", "number"),
    ("BLOB", "bytes"),
)
