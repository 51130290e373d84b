"""The tables that the SELECT reads: their columns, and the types that each dialect has for them."""

from collections.abc import Mapping
from typing import Literal, get_args

from vanne.errors import ConfigError, did_you_mean

Dialect = Literal["duckdb", "spark", "postgres", "trino", "bigquery", "snowflake"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

ITEM_TYPES = {
    "item_id": "text",
    "owner": "text",
    "author": "text",
    "subjects": "texts",
    "category": "text",
    "created_at": "time",
    "visibility": "text",
    "tags": "texts",
    "reservation": "text",
    "unreadable": "flag",
}
MEMBER_TYPES = {"member_id": "text", "region": "text", "birth_date": "date", "signs": "texts"}
CHOICE_TYPES = {
    "member_id": "text",
    "purpose": "text",
    "scope": "text",
    "target": "text",
    "on": "flag",
    "at": "time",
}
WORD_TYPES = {"kind": "text", "value": "text", "says": "text"}
"""The columns of the tables and the kind of each."""

TABLES: Mapping[str, Mapping[str, str]] = {
    "items": ITEM_TYPES,
    "members": MEMBER_TYPES,
    "choices": CHOICE_TYPES,
    "words": WORD_TYPES,
}

_KINDS = ("text", "texts", "time", "date", "flag")
_TYPES: Mapping[Dialect, tuple[str, ...]] = {
    "duckdb": ("VARCHAR", "VARCHAR[]", "TIMESTAMP", "DATE", "BOOLEAN"),
    "spark": ("STRING", "ARRAY<STRING>", "TIMESTAMP_NTZ", "DATE", "BOOLEAN"),
    "postgres": ("text", "text[]", "timestamp", "date", "bool"),
    "trino": ("VARCHAR", "ARRAY(VARCHAR)", "TIMESTAMP(6)", "DATE", "BOOLEAN"),
    "bigquery": ("STRING", "ARRAY<STRING>", "DATETIME", "DATE", "BOOL"),
    "snowflake": ("VARCHAR", "ARRAY", "TIMESTAMP_NTZ", "DATE", "BOOLEAN"),
}

_RESERVED = {"on", "at"}
"""Names that need quotes somewhere; the SELECT quotes them too."""


def types_of(dialect: Dialect) -> dict[str, str]:
    """Return what a dialect calls each kind of column. A time has no zone: it is in UTC."""
    return dict(zip(_KINDS, _TYPES[known(dialect)], strict=True))


def create_tables(dialect: Dialect) -> str:
    """Return a CREATE TABLE for each table that the SELECT reads."""
    types = types_of(dialect)
    statements = []
    for table, kinds in TABLES.items():
        columns = [f"  {_name(name, dialect)} {types[kind]}" for name, kind in kinds.items()]
        statements.append(f"CREATE TABLE {table} (\n" + ",\n".join(columns) + "\n);\n")
    return "\n".join(statements)


def _name(name: str, dialect: Dialect) -> str:
    if name not in _RESERVED:
        return name
    if dialect in ("spark", "bigquery"):
        return f"`{name}`"
    return f'"{name.upper() if dialect == "snowflake" else name}"'


def known(dialect: Dialect) -> Dialect:
    """Return a dialect that there is.

    Raises:
        ConfigError: there is no such dialect.
    """
    if dialect not in DIALECTS:
        raise ConfigError(f"no SQL dialect `{dialect}`", todo=did_you_mean(dialect, list(DIALECTS)))
    return dialect
