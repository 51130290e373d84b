"""Read a table of changes: items that came, changed or went, each row one change.

Three forms are understood:

* the columns of items with `op` (`insert`, `update`, `upsert` or `delete`), with `updated_at`, or
  with both; without `op` every row is an item as it is now
* Delta's change data feed: the columns of items with `_change_type` and `_commit_version`
* Debezium's envelope: `op`, `before`, `after` and `ts_ms`, as structs or as JSON

Of several changes of one item the newest counts: by `updated_at`, the commit or `ts_ms`, then by
the place in the table. A `delete` without an `item_id` deletes all items of its `owner`. A table
that says no time says what is so now.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vanne.errors import InputError
from vanne.sources.relation import Source, literal, named, quoted
from vanne.sources.scan import check_columns, opened
from vanne.sources.schema import ITEMS

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_PUT = ("insert", "update", "upsert", "update_postimage", "i", "c", "u", "r")
_DELETE = ("delete", "d")
_BEFORE = "update_preimage"
CHANGED_AT = "changed_at"
"""The column of a data file that says when an item became what it is, in microseconds."""
UNTIMED = -(2**63)
"""What is before every change: an item that was added, or was deleted before version 0.3."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMES = tuple(column.name for column in ITEMS)


@dataclass(frozen=True, slots=True)
class ItemChanges:
    """What a table changes.

    `puts` is a Parquet file of the items as they are now, `put_rows` their number. `ids` names
    every item that changes or goes: `is_put` says which of them stay, `is_deleted` which have a row
    that deletes them, `row` which row (from 1) it is, and `at` when that was (microseconds since
    1970). It is now unless the table `is_timed`. All items of the `owners` go, each with its time.
    `superseded` are the rows of changes to which there is a newer one.
    """

    puts: Path
    put_rows: int
    ids: "pa.Array"
    is_put: npt.NDArray[np.bool_]
    is_deleted: npt.NDArray[np.bool_]
    row: npt.NDArray[np.int64]
    at: npt.NDArray[np.int64]
    owners: Mapping[str, int]
    superseded: tuple[int, ...]
    is_timed: bool


def read_changes(source: Source, folder: Path, now: datetime) -> ItemChanges:
    """Read a table of changes; write the items as they are now into a folder.

    Raises:
        InputError: the table is not one of changes, or a row of it cannot be understood.
    """
    with opened(source, (), "items", threads=1) as (connection, relation, types):
        columns, op, order, micros = _form(connection, relation, types, source)
        puts = folder / "puts.parquet"
        selected = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in columns.items())
        query = f"SELECT row_number() OVER () AS n, {op} AS op, {order} AS o, {selected}"
        connection.execute(f"CREATE TEMP TABLE changes AS {query} FROM {relation}")
        item, owner = (_id(name, columns) for name in ("item_id", "owner"))
        _refuse(connection, source, item, owner)
        connection.execute(_WINNERS.format(item=item, owner=owner))
        this = (now.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1)
        at = f"CAST({{}} * {micros} AS BIGINT)" if micros else f"CAST({this} AS BIGINT)"
        query = "SELECT CAST(item AS VARCHAR) AS item, op = 'put' AS is_put, op = 'delete' AS gone,"
        rows = connection.sql(f"{query} n, {at.format('o')} AS at FROM winners ORDER BY n")
        winners = rows.to_arrow_table().combine_chunks()
        is_put, is_deleted, row, times = (winners[k].to_numpy() for k in winners.column_names[1:])
        if is_put.any():
            kinds = {name: kind for name, kind, *_ in connection.sql("DESCRIBE changes").fetchall()}
            check_columns({name: kinds[name] for name in columns}, ITEMS, source, "items")
            names = ", ".join(quoted(name) for name in _NAMES if name in columns)
            names += f", {at.format('winners.o')} AS {CHANGED_AT}" if micros else ""
            join = "changes JOIN winners USING (n) WHERE winners.op = 'put' ORDER BY n"
            connection.execute(_copy(f"SELECT {names} FROM {join}", puts))
        query = f"SELECT owner, {at.format('last_deletion[1]')} FROM owners ORDER BY owner"
        owners = connection.sql(query).fetchall()
        superseded = connection.sql(_SUPERSEDED.format(item=item)).fetchall()
    return ItemChanges(
        puts,
        int(is_put.sum()),
        winners["item"].cast("large_string").combine_chunks(),
        is_put,
        is_deleted,
        row,
        times,
        dict(owners),
        tuple(row for (row,) in superseded),
        bool(micros),
    )


_WINNERS = """
CREATE TEMP TABLE owners AS
    SELECT {owner} AS owner, max((o, n)) AS last_deletion FROM changes
    WHERE op = 'delete' AND {item} IS NULL GROUP BY 1;
CREATE TEMP TABLE winners AS
    SELECT item, n, o, CASE WHEN (o, n) < last_deletion THEN 'with its owner' ELSE op END AS op
    FROM (
        SELECT {item} AS item, n, op, o, {owner} AS owner,
            row_number() OVER (PARTITION BY {item} ORDER BY o DESC, n DESC) AS nth
        FROM (SELECT * FROM changes WHERE op != 'skip' AND {item} IS NOT NULL)
    ) AS last LEFT JOIN owners USING (owner)
    WHERE nth = 1;
"""
"""The newest change of each item, or that all items of its owner were deleted afterwards."""

_SUPERSEDED = """
SELECT n FROM changes
WHERE op != 'skip' AND {item} IS NOT NULL AND
    n NOT IN (SELECT n FROM winners WHERE op != 'with its owner') ORDER BY n
"""


def _form(
    connection: "duckdb.DuckDBPyConnection",
    relation: str,
    types: Mapping[str, str],
    source: Source,
) -> tuple[dict[str, str], str, str, int]:
    """Return the SQL of each column of the items, of what is done, and of the order.

    The order is a time of so many microseconds a step, or none (0).
    """
    if "after" in types and "op" in types:
        columns = _after(connection, relation, types)
        is_timed = "ts_ms" in types
        order = "CAST(ts_ms AS DOUBLE)" if is_timed else _PLACE
        return columns, _op("op"), order, 1000 * is_timed
    columns = {name: quoted(name) for name in types if name not in _OURS}
    if "_change_type" in types:
        op, order = _op("_change_type"), _PLACE
        if "_commit_version" in types:  # what one commit both deletes and inserts, it moves
            order = f"CAST(_commit_version AS DOUBLE) * 2 + CAST(({op}) = 'put' AS INT)"
        return columns, op, order, 0
    if "op" not in types and "updated_at" not in types:
        raise InputError(
            f"{named(source)}: no column `op` or `updated_at` says what changed",
            todo="add one; or give new items to `vanne corpus add`",
        )
    order, micros = _PLACE, 0
    if type_ := types.get("updated_at"):
        is_number = not type_.startswith(("TIMESTAMP", "DATE", "VARCHAR"))
        time = "epoch_us(TRY_CAST(updated_at AS TIMESTAMPTZ))"
        order = f"TRY_CAST({'updated_at' if is_number else time} AS DOUBLE)"
        micros = int(not is_number)
    return columns, _op("op") if "op" in types else "'put'", order, micros


_PLACE = "CAST(row_number() OVER () AS DOUBLE)"
_OURS = ("op", "updated_at", "_change_type", "_commit_version", "_commit_timestamp")


def _after(
    connection: "duckdb.DuckDBPyConnection", relation: str, types: Mapping[str, str]
) -> dict[str, str]:
    """Return the SQL of the columns in Debezium's `after`; the ids may be in `before` alone."""

    def parts(side: str) -> dict[str, str]:
        if side not in types:
            return {}
        if types[side].startswith("STRUCT"):
            rows = connection.sql(f"DESCRIBE SELECT {side}.* FROM {relation}").fetchall()
            return {name: f"{side}.{quoted(name)}" for name, *_ in rows}
        keys = f"SELECT DISTINCT unnest(json_keys({side})) FROM {relation}"
        paths = {name: f"$.{quoted(name)}" for (name,) in connection.sql(keys).fetchall()}
        return {n: f"json_extract_string({side}, {literal(path)})" for n, path in paths.items()}

    after, before = parts("after"), parts("before")
    for name in ("item_id", "owner"):
        sides = [side[name] for side in (after, before) if name in side]
        if sides:
            after[name] = f"COALESCE({', '.join(sides)})"
    return after


def _op(column: str) -> str:
    """Return the SQL of what a change does; NULL if it is not understood."""
    word = f"lower(trim(CAST({column} AS VARCHAR)))"
    put, delete = (", ".join(map(literal, words)) for words in (_PUT, _DELETE))
    return (
        f"CASE WHEN {word} IN ({put}) THEN 'put' WHEN {word} IN ({delete}) THEN 'delete' "
        f"WHEN {word} = '{_BEFORE}' THEN 'skip' END"
    )


def _id(name: str, columns: Mapping[str, str]) -> str:
    return f"NULLIF(CAST({name} AS VARCHAR), '')" if name in columns else "CAST(NULL AS VARCHAR)"


def _refuse(connection: "duckdb.DuckDBPyConnection", source: Source, item: str, owner: str) -> None:
    """Refuse a table with a row of which nobody can say what it changes, and when."""
    checks = (
        ("op IS NULL", "what it does is not understood", "say `insert`, `update` or `delete`"),
        ("o IS NULL", "when it changed is not understood", "give every row a time"),
        (f"op = 'put' AND {item} IS NULL", "`item_id` is empty", "give every row one"),
        (f"{item} IS NULL AND {owner} IS NULL", "it names no item and no owner", "name one"),
    )
    first = ", ".join(f"min(n) FILTER (WHERE {condition})" for condition, *_ in checks)
    (found,) = connection.sql(f"SELECT {first} FROM changes").fetchall()
    for row, (_, problem, todo) in zip(found, checks, strict=True):
        if row:
            raise InputError(f"{named(source)}: row {row}: {problem}", todo=todo)


def _copy(query: str, path: Path) -> str:
    return f"COPY ({query}) TO {literal(path)} (FORMAT parquet, COMPRESSION lz4)"
