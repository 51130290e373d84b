"""Read items, members and choices from tables: Parquet, CSV, JSON Lines or a query, through DuckDB.

Everything arrives as text, as lists of text, or as microseconds since 1970 in UTC, whatever the
file stored; a value that cannot be understood never becomes another one. In items it is named in
`Item.unreadable`, which denies; in members an unreadable birth date is unknown, which denies too;
in choices it is an error that names the row, because a lost *no* could not deny anything.

Text forms: times are ISO 8601 (a time without a zone is UTC, a date is its first moment); a list is
a JSON array of strings or strings separated by `;`; a flag is true/false, on/off, yes/no or 1/0; an
empty text is a missing one.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast, get_args

from vanne.errors import InputError, StorageError, did_you_mean, storing
from vanne.sources.schema import CHOICES, ITEMS, MEMBERS, Column
from vanne.terms import Category, Choice, Item, Member, Scope

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

BATCH_ROWS = 16_384
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUERY_WORDS = ("select", "from", "with")

Row = dict[str, Any]


def read_items(source: str, *, with_text: bool = True) -> Iterator[Item]:
    """Read items in file order. Without text, `text` and `media` stay unread and are None.

    Raises:
        InputError: the file is not what its name says, or a required column or an id is missing.
    """
    heavy = () if with_text else ("text", "media")
    for number, row in enumerate(_rows(source, ITEMS, "items", skip=heavy), 1):
        unreadable: list[str] = []
        yield Item(
            item_id=_id(row, "item_id", source, number),
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
            member_id=_id(row, "member_id", source, number),
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
        member_id=_id(row, "member_id", source, number),
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
    if values is None or not all(isinstance(v, str) and v for v in values):
        unreadable.append(column)
        return tuple(v for v in values or () if isinstance(v, str) and v)
    return tuple(values)


def _listed(text: str) -> list[Any] | None:
    if not text.lstrip().startswith(("[", "{")):
        return [part for part in (part.strip() for part in text.split(";")) if part]
    try:
        values = json.loads(text)
    except ValueError:
        return None
    return values if isinstance(values, list) else None


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
            relation, types = _relation(connection, source, columns)
            _check_columns(types, columns, source, table)
            selected = ", ".join(_expression(column, types.get(column.name)) for column in wanted)
            reader = connection.sql(f"SELECT {selected} FROM {relation}").to_arrow_reader(
                BATCH_ROWS
            )
            for batch in reader:
                yield from batch.to_pylist()
        except duckdb.Error as error:
            raise _input_error(error, source, table) from error
        except UnicodeDecodeError as error:
            raise InputError(f"{source}: not UTF-8", todo="convert it to UTF-8") from error


def _relation(
    connection: "duckdb.DuckDBPyConnection", source: str, columns: Sequence[Column]
) -> tuple[str, dict[str, str]]:
    """Return the SQL of a source and its columns' types."""
    relation, kind = _sql_of(source)
    described = connection.sql(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    types = {name: type_ for name, type_, *_ in described}
    if kind == "jsonl":  # ids stay as they are written: no guessing of types
        texts = ", ".join(f"{_quoted(column.name)}: 'VARCHAR'" for column in columns)
        relation = relation.removesuffix(")") + f", columns = {{{texts}}})"
        names = [column.name for column in columns] if list(types) == ["json"] else types
        types = dict.fromkeys(names, "VARCHAR")  # a file without a line has no rows, and no columns
    return relation, types


def _sql_of(source: str) -> tuple[str, str]:
    if source.lstrip().lower().startswith(_QUERY_WORDS):
        return f"({source})", "query"
    path = Path(source)
    if path.is_dir():
        return _sql_of(str(path / f"*{_only_suffix(path)}"))
    if "*" not in source and not path.is_file():
        raise StorageError(f"no such file: `{source}`", todo="check the path")
    literal = "'" + source.replace("'", "''") + "'"
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return f"read_parquet({literal})", "parquet"
    if suffix in (".csv", ".tsv"):
        return _csv_sql(source, literal, "\t" if suffix == ".tsv" else ","), "csv"
    if suffix in (".jsonl", ".ndjson"):
        return f"read_json({literal}, format = 'newline_delimited')", "jsonl"
    raise InputError(
        f"`{source}` is not a table that can be read",
        todo="give a .parquet, .csv, .tsv or .jsonl file, a folder of them, or a query",
    )


def _csv_sql(source: str, literal: str, delimiter: str) -> str:
    """Name the columns from the header, so that nothing about the file is guessed."""
    paths = [Path(name) for name in sorted(glob(source))]  # noqa: PTH207 if "*" in source else [Path(source)]
    headers = {_csv_header(path, delimiter) for path in paths}
    if len(headers) != 1:
        raise InputError(f"the files of `{source}` have different headers", todo="give them one")
    columns = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in headers.pop())
    return (
        f"read_csv({literal}, auto_detect = false, header = true, columns = {{{columns}}}, "
        f"delim = '{delimiter}', quote = '\"', escape = '\"', comment = '', strict_mode = true)"
    )


def _csv_header(path: Path, delimiter: str) -> tuple[str, ...]:
    with storing(f"`{path}`"), path.open(encoding="utf-8-sig", newline="") as file:
        try:
            header = next(csv.reader(file, delimiter=delimiter), [])
        except (csv.Error, UnicodeDecodeError) as error:
            raise InputError(f"{path}: not a CSV file in UTF-8", todo="convert it") from error
    if not header or len(set(header)) < len(header):
        found = "names a column twice" if header else "is missing"
        raise InputError(f"{path}: the header line {found}", todo="mend the first line")
    return tuple(header)


def _only_suffix(folder: Path) -> str:
    known = (".parquet", ".csv", ".tsv", ".jsonl", ".ndjson")
    suffixes = sorted(
        {path.suffix.lower() for path in folder.iterdir() if path.suffix} & set(known)
    )
    if len(suffixes) != 1:
        found = "tables of several kinds" if suffixes else "no tables"
        raise InputError(
            f"the folder `{folder}` holds {found}",
            todo="give a folder with files of one of " + ", ".join(known),
        )
    return suffixes[0]


def _check_columns(
    types: dict[str, str], columns: Sequence[Column], source: str, table: str
) -> None:
    """Refuse a table without a required column, or with what looks like a misspelt column."""
    names = [column.name for column in columns]
    missing = [name for name in names if name not in types]
    for column in columns:
        if column.required and column.name in missing:
            near = [name for name in types if name not in names]
            todo = f"the {table} need it; the file has {', '.join(f'`{n}`' for n in types)}"
            hint = did_you_mean(column.name, near) if near else ""
            todo = f"rename that column ({hint})" if hint.startswith("did") else todo
            raise InputError(f"{source}: column `{column.name}` is missing", todo=todo)
    for name in types:
        if name not in names and (hint := did_you_mean(name, missing or [""])).startswith("did"):
            raise InputError(f"{source}: column `{name}` is not one of the {table}", todo=hint)


def _expression(column: Column, type_: str | None) -> str:
    """Return the SQL that brings a column to its plain form; NULL where the table lacks it."""
    name, alias = _quoted(column.name), _quoted(column.name)
    if type_ is None:
        name, type_ = "CAST(NULL AS VARCHAR)", "VARCHAR"
    if column.kind == "time":
        moment = name if type_.startswith(("TIMESTAMP", "DATE")) else f"CAST({name} AS VARCHAR)"
        micros = f"epoch_us(TRY_CAST({moment} AS TIMESTAMPTZ))"
        return f"{micros} AS {alias}, {name} IS NOT NULL AS {_quoted(column.name + ' given')}"
    if column.kind == "date":
        day = name if type_.startswith(("TIMESTAMP", "DATE")) else f"CAST({name} AS VARCHAR)"
        return f"TRY_CAST({day} AS DATE) - DATE '1970-01-01' AS {alias}"
    if column.kind == "list" and type_.endswith("[]"):
        return f"CAST({name} AS VARCHAR[]) AS {alias}"
    return f"NULLIF(CAST({name} AS VARCHAR), '') AS {alias}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _input_error(error: "duckdb.Error", source: str, table: str) -> InputError:
    """Turn what DuckDB says into one line that holds no value of the data."""
    said = str(error)
    lines = [line for line in said.split("\n") if line and not line.startswith("Original Line")]
    if "not utf-8" in said.lower():
        place = lines[0].split("Error:")[-1].strip()
        return InputError(f"{source}: not UTF-8 ({place})", todo="convert it and run this again")
    first = lines[0].split("Error:", 1)[-1].strip()
    place = f"{first}: {lines[1]}" if first.startswith("CSV Error") and lines[1:] else first
    return InputError(
        f"{source}: cannot be read as a table of {table}: {place.rstrip('.')}",
        todo="mend or replace it",
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
