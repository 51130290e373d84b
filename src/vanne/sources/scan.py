"""Scans a table of whatever kind: Arrow batches of its columns, in file order, not yet read.

Each column is selected so that nothing of it is changed; a required one that is missing, or one
that denies and may be misspelt, is an error.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from secrets import token_hex
from tempfile import gettempdir
from typing import TYPE_CHECKING

from vanne.errors import InputError
from vanne.sources.causes import NOT_WHOLE, TABLES, input_error
from vanne.sources.parquet import batches_of, plain_files
from vanne.sources.relation import named, quoted, relation_of
from vanne.sources.schema import Column
from vanne.words import Message

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

BATCH_ROWS = 131_072


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
    source: str,
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
        yield from connection.sql(f"SELECT {selected} FROM {relation}").to_arrow_reader(rows)


@contextmanager
def opened(
    source: str, columns: Sequence[Column], table: str, *, threads: int
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
    types: Mapping[str, str], columns: Sequence[Column], source: str, table: str
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


def missing_column(source: str, column: str) -> Message:
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
        given = f"{name if day_or_time else written} IS NOT NULL"
        return f"{micros} AS {alias}, {given} AS {quoted(column.name + ' given')}"
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
        return _whole(name, column.name)
    return f"NULLIF(CAST({name} AS VARCHAR), '')"


def _whole(name: str, column: str) -> str:
    """Return the SQL for ids that are decimal numbers: pandas makes such of whole ones."""
    number = f"CAST({name} AS DOUBLE)"
    return (
        f"CASE WHEN {name} IS NULL OR isnan({number}) THEN NULL "
        f"WHEN {number} = trunc({number}) AND abs({number}) < 9007199254740992 "
        f"THEN CAST(CAST({number} AS BIGINT) AS VARCHAR) ELSE error('{NOT_WHOLE}{column}') END"
    )
