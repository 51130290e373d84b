"""Tag a table of items by what the texts reveal: a column `tags`, which every engine reads.

A verdict reads no text: the rules take some microseconds a text, which is more than a verdict
takes, and would take them again at each question. So a table is tagged once, when it is added to a
corpus.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from vanne.fields import parsed, text_of
from vanne.sources.relation import Source
from vanne.sources.scan import opened, plain_sql
from vanne.sources.schema import ITEMS
from vanne.sources.sensitive import tags_of

if TYPE_CHECKING:
    import duckdb


def is_untagged(source: Source) -> bool:
    """Say whether a table of items has no column `tags`: then nothing in it is sensitive.

    Raises:
        InputError: the table cannot be read as items.
    """
    with opened(source, ITEMS, "items", threads=1) as (_, _, types):
        return "tags" not in types


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
