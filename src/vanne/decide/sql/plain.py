"""Is it plain already? Then a Parquet file need not be written again before an engine reads it.

Plain means that `vanne.sources.batches.item_batches` would change nothing: text, lists of text and
times are stored as such, no text is empty, nothing has space around it that must not have any, and
every time can be told. One scan over the columns says so; any doubt is a no.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from vanne.sources.batches import FIRST_TIME, LAST_TIME, SEVERAL, item_batches
from vanne.sources.relation import quoted, relation_of
from vanne.sources.scan import connected
from vanne.sources.schema import ITEMS

if TYPE_CHECKING:
    import duckdb

_READ = "read_parquet("
_TYPES = {
    "text": {"VARCHAR"},
    "list": {"VARCHAR[]"},
    "time": {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE"},
}
_IGNORED = {"lang", "fields", "text", "media", "source"}
_SPACE = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
"""What `str.strip` strips."""


@dataclass(frozen=True, slots=True)
class Plain:
    """The files of plain items, in order, and which columns they have."""

    files: tuple[Path, ...]
    columns: frozenset[str]


def plain_files(source: str) -> Plain | None:
    """Return the Parquet files of a source if their items are plain, else None.

    Raises:
        InputError: a column is missing or misspelt, or the source cannot be read at all.
    """
    import duckdb

    next(item_batches(source), None)  # which refuses a table that has the wrong columns
    with connected(os.cpu_count() or 1) as connection:
        try:
            connection.execute("SET TimeZone = 'UTC'")
            return _plain(connection, source)
        except duckdb.Error:
            return None  # what is wrong is said by who reads it in full


def _plain(connection: "duckdb.DuckDBPyConnection", source: str) -> Plain | None:
    relation, types = relation_of(connection, source, ITEMS)
    if not relation.startswith(_READ):
        return None
    stored = _stored(connection, relation)
    wanted = {column.name: column.kind for column in ITEMS if column.name not in _IGNORED}
    found = {name: kind for name, kind in wanted.items() if name in types}
    if any(types[name] != stored.get(name) for name in found):  # say, the name of a folder
        return None
    if any(stored[name] not in _TYPES[kind] for name, kind in found.items()):
        return None
    if _is_unplain(connection, relation, found):
        return None
    named = "SELECT file_index, any_value(filename) FROM " + relation + " GROUP BY ALL ORDER BY ALL"
    files = [Path(name) for _, name in connection.sql(named).fetchall()]
    return Plain(tuple(files), frozenset(found)) if files else None


def _stored(connection: "duckdb.DuckDBPyConnection", relation: str) -> dict[str, str]:
    """Return the columns that the files themselves hold."""
    alone = relation.removesuffix(")") + ", hive_partitioning = false)"
    rows = connection.sql(f"DESCRIBE SELECT * FROM {alone}").fetchall()
    return {name: type_ for name, type_, *_ in rows}


def _is_unplain(
    connection: "duckdb.DuckDBPyConnection", relation: str, kinds: Mapping[str, str]
) -> bool:
    """Say whether any value would not stay what it is.

    The least of some texts is the empty one if it is among them; that and the first and last time
    are in a file's statistics, so that this costs little.
    """
    columns = [quoted(name) for name, kind in kinds.items() if kind == "text"]
    least = " OR ".join(f"coalesce(min({name}) = '', false)" for name in columns)
    first, last = (_time(micros) for micros in (FIRST_TIME, LAST_TIME))
    times = f"coalesce(min(created_at) < {first} OR max(created_at) > {last}, false)"
    query = f"SELECT {least} OR {times} OR count(item_id) < count(*) FROM {relation}"
    if connection.execute(query).fetchall() != [(False,)]:
        return True
    parts = []  # of tags `vanne.decide.sql.text.says` sees the space
    if "author" in kinds:
        parts.append(f"SELECT author FROM {relation} WHERE author IS NOT NULL")
        several = f"SELECT 1 FROM {relation} WHERE regexp_matches(author, ?) LIMIT 1"
        if connection.execute(several, [SEVERAL]).fetchone():
            return True
    if "subjects" in kinds:
        some = f"SELECT subjects FROM {relation} WHERE array_length(subjects) > 0"
        parts.append(f"SELECT unnest(subjects) FROM ({some})")
    spaced = " UNION ALL ".join(parts)
    query = f"SELECT 1 FROM ({spaced}) AS s(v) WHERE v IS NULL OR v = '' OR v <> trim(v, ?) LIMIT 1"
    return bool(parts) and connection.execute(query, [_SPACE]).fetchone() is not None


def _time(micros: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return f"TIMESTAMPTZ '{moment.isoformat()}'"
