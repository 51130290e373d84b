"""PostgreSQL runs what `vanne sql` prints: a verdict for each item, as the engines of the house give.

All of it is one transaction that is rolled back, on temporary tables.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from vanne.decide.bulk import Engine, EvaluationRequest, Tables, decide_tables
from vanne.decide.sql import create_tables, decide_with, verdict_sql, vocabulary_sql
from vanne.decide.sql.staging import BATCH_ROWS, FILE_ROWS, Staged, Verdicts
from vanne.decide.sql.text import ITEM_TYPES, TABLES, says, types_of

ADDRESS = "TEST_POSTGRES"
"""The variable that says where the server of the tests is."""

AnyEngine = Engine | str
"""An engine of the house, or `postgres`."""


def decide_by(engine: AnyEngine, tables: Tables, question: EvaluationRequest) -> Iterator[Any]:
    """Yield `item_id` and `code` of all items, decided by any engine."""
    if engine == "postgres":
        return decide_with(verdicts, tables, question)
    return decide_tables(tables, question, engine)  # type: ignore[arg-type]


def verdicts(staged: Staged, question: EvaluationRequest) -> Verdicts:
    """Yield (numbers, codes) of all items, in any order."""
    with psycopg.connect(os.environ[ADDRESS]) as connection:
        try:
            connection.execute("SET LOCAL search_path TO pg_temp")
            connection.execute(create_tables("postgres"))
            connection.execute("ALTER TABLE items ADD COLUMN number int8")
            copy(connection, "items", numbered(staged))
            copy(connection, "members", rows_of(staged.members))
            copy(connection, "choices", rows_of(staged.choices))
            words = connection.execute(vocabulary_sql("postgres")).fetchall()
            copy(connection, "words", ((k, v, says(question.rules, k, v)) for k, v in words))
            connection.execute("ANALYZE items, members, choices, words")
            with connection.cursor("verdicts", binary=True) as cursor:
                cursor.execute(verdict_sql(question, "postgres", key="number", every_choice=True))
                while rows := cursor.fetchmany(BATCH_ROWS):
                    numbers, codes = zip(*rows, strict=True)
                    yield np.array(numbers, np.int64), np.array(codes, np.uint8)
        finally:
            connection.rollback()


def copy(connection: "psycopg.Connection[Any]", name: str, rows: Iterator[Any]) -> None:
    """Copy rows into a table."""
    types = [types_of("postgres")[kind] for kind in TABLES[name].values()]
    types += ["int8"] * (name == "items")
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {name} FROM STDIN (FORMAT binary)") as into,
    ):
        into.set_types(types)
        for row in rows:
            into.write_row(row)


def rows_of(folder: Path) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of members or choices."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(next(folder.glob("*"))) as file:
        for batch in file.iter_batches(BATCH_ROWS):
            yield from zip(*batch.to_pydict().values(), strict=True)


def numbered(staged: Staged) -> Iterator[tuple[Any, ...]]:
    """Yield the items, each with its number behind it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    def values(batch: pa.RecordBatch, name: str) -> list[Any]:
        if name not in staged.columns:
            return [False if name == "unreadable" else None] * len(batch)
        column = batch[name].cast(pa.timestamp("us")) if name == "created_at" else batch[name]
        return list(column.to_pylist())

    for place, path in enumerate(staged.files):
        number = place * FILE_ROWS
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=sorted(staged.columns)):
                columns = [values(batch, name) for name in ITEM_TYPES]
                numbers = range(number, number + len(batch))
                yield from zip(*columns, numbers, strict=True)
                number += len(batch)
