"""Tag a table of items by what the texts reveal: a column `tags`, which every engine reads.

A verdict reads no text: the rules take some microseconds a text, which is more than a verdict
takes, and would take them again at each question. So a table is tagged once: when it is added to a
corpus, or by `vanne tag`.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vanne.errors import InputError, storing
from vanne.fields import parsed, text_of
from vanne.files import sync
from vanne.sources.relation import Source, is_query, literal, named
from vanne.sources.scan import missing_column, opened, plain_sql
from vanne.sources.schema import ITEMS
from vanne.sources.sensitive import tags_of
from vanne.words import Message

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Tagged:
    """How many items a table has, and how many of them got a tag."""

    items: int
    tagged: int


def is_untagged(source: Source) -> bool:
    """Say whether a table of items has no column `tags`: then nothing in it is sensitive.

    Raises:
        InputError: the table cannot be read as items.
    """
    with opened(source, ITEMS, "items", threads=1) as (_, _, types):
        return "tags" not in types


def tag_table(source: str, out: Path) -> Tagged:
    """Write a table with all its columns and rows, in their order, and `tags` beside them.

    Raises:
        InputError: it cannot be read as items, has no texts or has tags; `out` is there already.
        StorageError: the file cannot be written; nothing is left of it.
    """
    if out.exists() or out.is_symlink():
        there = Message("file-already", file=str(out))
        raise InputError(there, todo=Message("name-another-file"))
    with storing(f"`{out}`"):
        os.stat(os.path.join(out.parent, ""))  # noqa: PTH116, PTH118  that it is a folder
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        # one thread: the rows stay in file order
        with opened(source, ITEMS, "items", threads=1) as (connection, relation, types):
            if "tags" in types:
                inner = "(...)" if is_query(source) else f"'{source}'"  # a query may hold ids
                query = f'"SELECT * EXCLUDE (tags) FROM {inner}"'
                already = Message("tags-already", table=named(source))
                raise InputError(already, todo=Message("tags-count", query=query))
            if not {"text", "fields"} & set(types):
                raise InputError(missing_column(source, "text"), todo=Message("tags-need-texts"))
            selected = f"SELECT *, {sql_of_tags(connection, types)} FROM {relation}"
            with storing(f"`{out}`"):
                try:
                    connection.execute(
                        f"COPY ({selected}) TO {literal(partial)} "
                        "(FORMAT parquet, COMPRESSION zstd)"
                    )
                finally:
                    connection.remove_function("tags_of")  # the next table brings its own
                sync(partial)
            written = f"read_parquet({literal(partial)})"
            counted = f"SELECT count(*), count(*) FILTER (len(tags) > 0) FROM {written}"
            rows = connection.execute(counted).fetchall()
        with storing(f"`{out}`"):
            partial.replace(out)
            sync(out.parent)
        return Tagged(*map(int, rows[0]))
    finally:
        partial.unlink(missing_ok=True)


def sql_of_tags(connection: "duckdb.DuckDBPyConnection", types: Mapping[str, str]) -> str:
    """Teach a connection to tag; return the SQL of the column `tags` by the texts and fields."""
    import pyarrow as pa

    def tags(texts: pa.Array, fields: pa.Array) -> pa.Array:
        rows = list[list[str]]()
        for text, document in zip(texts.to_pylist(), fields.to_pylist(), strict=True):
            rendered = document
            with suppress(ValueError):  # who reads the table refuses it; nothing is overlooked
                rendered = text_of(parsed(None, document)) if document else None
            rows.append(sorted({*tags_of(text), *tags_of(rendered)}))
        return pa.array(rows, pa.list_(pa.string()))

    # special: else a row without fields would have no tags
    kinds: dict[str, Any] = {"type": "arrow", "null_handling": "special"}
    connection.create_function("tags_of", tags, ["VARCHAR"] * 2, "VARCHAR[]", **kinds)
    columns = (column for column in ITEMS if column.name in ("text", "fields"))
    sql = {column.name: plain_sql(column, types.get(column.name)) for column in columns}
    return f'tags_of({sql["text"]}, {sql["fields"]}) AS "tags"'
