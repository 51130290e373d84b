"""Read items, members and choices from tables: Parquet, CSV, JSON Lines or a query, through DuckDB.

Everything arrives as text, as lists of text, or as microseconds since 1970 in UTC, whatever the
file stored; a value that cannot be understood never becomes another one. In items it is named in
`Item.unreadable`, which denies; in members an unreadable birth date is unknown, which denies too;
in choices it is an error that names the row, because a lost *no* could not deny anything.

Text forms: times are ISO 8601 (a time without a zone is UTC, a date is its first moment); a list is
a JSON array of strings or strings separated by `;`; a flag is true/false, on/off, yes/no or 1/0; an
empty text is a missing one.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast, get_args

from vanne.errors import InputError, did_you_mean, storing
from vanne.sources.relation import OURS, input_error, quoted, relation_of
from vanne.sources.schema import CHOICES, ITEMS, MEMBERS, Column
from vanne.terms import Category, Choice, Item, Member, Scope

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 16_384
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Row = dict[str, Any]


def read_items(source: str, *, with_text: bool = True) -> Iterator[Item]:
    """Read items in file order. Without text, `text` and `media` stay unread and are None.

    Raises:
        InputError: the file is not what its name says, or a required column or an id is missing.
    """
    heavy = () if with_text else ("text", "media")
    seen: set[str] = set()
    for number, row in enumerate(_rows(source, ITEMS, "items", skip=heavy), 1):
        unreadable: list[str] = []
        item_id = _id(row, "item_id", source, number)
        if item_id in seen:
            _refuse(source, number, "item_id", "repeats the id of an earlier row")
        seen.add(item_id)
        if row["author"] and row["author"] != row["author"].strip():
            unreadable.append("author")
        yield Item(
            item_id=item_id,
            owner=row["owner"],
            author=row["author"],
            subjects=_list(row, "subjects", unreadable),
            category=row["category"],
            created_at=_time(row, "created_at", unreadable),
            visibility=row["visibility"],
            tags=_list(row, "tags", unreadable),
            reservation=row["reservation"],
            lang=row["lang"],
            text=row.get("text"),
            media=row.get("media"),
            source=row["source"],
            unreadable=tuple(unreadable),
        )


def read_members(source: str) -> Iterator[Member]:
    """Read members in file order.

    Raises:
        InputError: as for items; also if the signs of a member cannot be understood.
    """
    for number, row in enumerate(_rows(source, MEMBERS, "members"), 1):
        unreadable: list[str] = []
        signs = _list(row, "signs", unreadable)
        if unreadable:
            _refuse(source, number, "signs", "is not a list of strings")
        yield Member(
            member_id=_member_id(row, source, number),
            region=row["region"],
            birth_date=_date(row["birth_date"]),
            signs=signs,
            joined_at=_time(row, "joined_at", unreadable),
        )


def read_choices(source: str) -> Iterator[Choice]:
    """Read choices in file order.

    Raises:
        InputError: as for items; also if any value of a choice cannot be understood.
    """
    for number, row in enumerate(_rows(source, CHOICES, "choices"), 1):
        yield _choice(row, source, number)


def _choice(row: Row, source: str, number: int) -> Choice:
    scope, target = row["scope"], row["target"]
    if scope not in get_args(Scope):
        _refuse(source, number, "scope", "is not `all`, `category` or `item`")
    if scope != "all" and not target:
        _refuse(source, number, "target", f"is empty, and the scope is `{scope}`")
    if scope == "category" and target not in [category.value for category in Category]:
        todo = did_you_mean(target, [category.value for category in Category])
        _refuse(source, number, "target", "is not a category", todo)
    at = _time(row, "at", [])
    if at is None:
        _refuse(source, number, "at", "is not a time")
    on = _FLAGS.get((row["on"] or "").strip().lower())
    if on is None:
        _refuse(source, number, "on", "is not true or false")
    return Choice(
        member_id=_member_id(row, source, number),
        purpose=_id(row, "purpose", source, number),
        scope=cast(Scope, scope),
        on=on,
        at=at,
        target=target if scope != "all" else None,
        channel=row["channel"],
        notice=row["notice"],
    )


_FLAGS = {"true": True, "on": True, "yes": True, "1": True, "t": True, "y": True}
_FLAGS |= {"false": False, "off": False, "no": False, "0": False, "f": False, "n": False}


# One row


def _id(row: Row, column: str, source: str, number: int) -> str:
    if not row[column]:
        _refuse(source, number, column, "is empty", "give every row one")
    return cast(str, row[column])


def _member_id(row: Row, source: str, number: int) -> str:
    member = _id(row, "member_id", source, number)
    if member != member.strip():  # else a no would be nobody's
        _refuse(source, number, "member_id", "has space around it")
    return member


def _time(row: Row, column: str, unreadable: list[str]) -> datetime | None:
    micros = row[column]
    if micros is None:
        if row[f"{column} given"]:
            unreadable.append(column)
        return None
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        unreadable.append(column)
        return None


def _date(days: int | None) -> date | None:
    try:
        return None if days is None else date(1970, 1, 1) + timedelta(days=days)
    except OverflowError:
        return None


def _list(row: Row, column: str, unreadable: list[str]) -> tuple[str, ...]:
    value = row[column]
    if value is None:
        return ()
    values = _listed(value) if isinstance(value, str) else value
    if values is None or not all(isinstance(v, str) and v and v == v.strip() for v in values):
        unreadable.append(column)
        return tuple(v for v in values or () if isinstance(v, str) and v)
    return tuple(values)


def _listed(text: str) -> list[Any] | None:
    """Return the parts of a list that is written as text; None if it is not understood."""
    if not text.lstrip().startswith(("[", "{")):
        parts = [part for part in (part.strip() for part in text.split(";")) if part]
        return None if any("," in part for part in parts) else parts
    try:
        values = json.loads(text)
    except ValueError:
        return None
    if not isinstance(values, list):
        return None
    return [str(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in values]


def _refuse(source: str, number: int, column: str, message: str, todo: str = "") -> NoReturn:
    raise InputError(f"{source}: row {number}: `{column}` {message}", todo=todo or "mend that row")


# One table


def _rows(
    source: str, columns: Sequence[Column], table: str, skip: Sequence[str] = ()
) -> Iterator[Row]:
    import duckdb

    wanted = [column for column in columns if column.name not in skip]
    # one thread: the rows come in file order, which sidecars rely on
    with duckdb.connect(config={"threads": 1}) as connection:
        try:
            connection.execute("SET TimeZone = 'UTC'")
            relation, types = relation_of(connection, source, columns)
            _check_columns(types, columns, source, table)
            selected = ", ".join(_expression(column, types.get(column.name)) for column in wanted)
            rows = connection.sql(f"SELECT {selected} FROM {relation}")
            for batch in rows.to_arrow_reader(BATCH_ROWS):
                yield from batch.to_pylist()
        except (duckdb.Error, OSError, ValueError) as error:
            raise input_error(error, source, table) from error


def _check_columns(
    types: Mapping[str, str], columns: Sequence[Column], source: str, table: str
) -> None:
    """Refuse a table without a required column, or with what looks like a misspelt one."""
    names = [column.name for column in columns]
    others = [name for name in types if name not in names]
    missing = [column for column in columns if column.name not in types]
    for column in missing:
        if column.required:
            near = get_close_matches(column.name, others, n=1)
            todo = f"rename that column (did you mean `{near[0]}`?)" if near else "add it"
            raise InputError(f"{source}: column `{column.name}` is missing", todo=todo)
    for column in missing:
        if column.denies and (near := get_close_matches(column.name, others, n=1, cutoff=0.8)):
            todo = f"did you mean `{column.name}`?"
            raise InputError(f"{source}: column `{near[0]}` is not one of the {table}", todo=todo)


_LIST_OF_SCALARS = re.compile(r"(VARCHAR|UUID|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?)\[\]")


def _expression(column: Column, type_: str | None) -> str:
    """Return the SQL that brings a column to its plain form; NULL where the table lacks it."""
    name, alias = quoted(column.name), quoted(column.name)
    if type_ is None:
        name, type_ = "CAST(NULL AS VARCHAR)", "VARCHAR"
    day_or_time = type_.startswith(("TIMESTAMP", "DATE"))
    plain = name if day_or_time else f"CAST({name} AS VARCHAR)"
    if column.kind == "time":
        micros = f"epoch_us(TRY_CAST({plain} AS TIMESTAMPTZ))"
        given = quoted(f"{column.name} given")
        return f"{micros} AS {alias}, NULLIF({plain}::VARCHAR, '') IS NOT NULL AS {given}"
    if column.kind == "date":
        return f"TRY_CAST({plain} AS DATE) - DATE '1970-01-01' AS {alias}"
    if column.kind == "list" and _LIST_OF_SCALARS.fullmatch(type_):
        return f"CAST({name} AS VARCHAR[]) AS {alias}"
    if column.kind == "list" and type_ != "VARCHAR":
        return f"CAST(to_json({name}) AS VARCHAR) AS {alias}"
    if type_ in ("DOUBLE", "FLOAT") or type_.startswith("DECIMAL"):
        return f"{_whole(name, column.name)} AS {alias}"
    return f"NULLIF(CAST({name} AS VARCHAR), '') AS {alias}"


def _whole(name: str, column: str) -> str:
    """Return the SQL for ids that are decimal numbers: pandas makes such of whole ones."""
    number = f"CAST({name} AS DOUBLE)"
    said = f"{OURS}column `{column}` holds a number that is not a whole one"
    return (
        f"CASE WHEN {name} IS NULL OR isnan({number}) THEN NULL "
        f"WHEN {number} = trunc({number}) AND abs({number}) < 9007199254740992 "
        f"THEN CAST(CAST({number} AS BIGINT) AS VARCHAR) ELSE error('{said}') END"
    )


# Writing


def write_items(items: Iterable[Item], path: Path) -> int:
    """Write items to a Parquet file in the given order; return their number."""
    return _write(items, ITEMS, path)


def write_members(members: Iterable[Member], path: Path) -> int:
    """Write members to a Parquet file; return their number."""
    return _write(members, MEMBERS, path)


def write_choices(choices: Iterable[Choice], path: Path) -> int:
    """Write choices to a Parquet file; return their number."""
    return _write(choices, CHOICES, path)


def _write(rows: Iterable[Any], columns: Sequence[Column], path: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    values = list(rows)
    schema = pa.schema([(column.name, _arrow_type(column)) for column in columns])
    arrays = [
        pa.array([_stored(getattr(row, field.name)) for row in values], field.type)
        for field in schema
    ]
    table = pa.Table.from_arrays(arrays, schema=schema)
    with storing(f"`{path.name}`"):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".partial")
        pq.write_table(table, partial, compression="zstd", store_schema=False)
        partial.replace(path)
    return len(values)


def _arrow_type(column: Column) -> "pa.DataType":
    import pyarrow as pa

    types: dict[str, pa.DataType] = {
        "text": pa.string(),
        "time": pa.timestamp("us", tz="UTC"),
        "date": pa.date32(),
        "list": pa.list_(pa.string()),
        "flag": pa.bool_(),
    }
    return types[column.kind]


def _stored(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
