"""Decide tables with an SQL engine: DuckDB here, a PostgreSQL server, or Spark on a cluster.

Each engine reads the same files (`vanne.decide.sql.staging`), says what their words mean by asking
Python (`vanne.decide.sql.text.says`), runs the one SELECT of `vanne.decide.sql.query` and gives
back the number and the code of each item.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal, Protocol, cast

import numpy as np
import numpy.typing as npt

from vanne.decide.question import Question, Tables
from vanne.decide.sql.staging import Places, Staged, in_file_order, stage

if TYPE_CHECKING:
    import pyarrow as pa

SqlEngine = Literal["duckdb", "postgres", "spark"]

Verdicts = Iterable[tuple[npt.NDArray[np.int64], npt.NDArray[np.generic]]]
"""Numbers and codes of items, in any order."""


class Runner(Protocol):
    """What the module of an engine has."""

    def verdicts(self, staged: Staged, question: Question, dsn: str | None) -> Verdicts:
        """Yield (numbers, codes) of all items, in any order."""


def decide_with(
    engine: SqlEngine, tables: Tables, question: Question, *, dsn: str | None = None
) -> "Iterator[pa.RecordBatch]":
    """Yield `item_id` (string) and `code` (uint8: `Reason.code`), in the order of the items.

    `dsn` says where PostgreSQL is (default: `VANNE_POSTGRES`).

    Raises:
        ConfigError: the policy does not have that purpose.
        InputError: a table cannot be read.
        MissingError: the engine is not installed, or nobody said where it is.
        StorageError: the engine cannot be reached, or the disk is full.
    """
    question.rules  # noqa: B018  (a purpose that is not there is said before anything is read)
    runner = cast(Runner, import_module(f"vanne.decide.sql.on_{engine}"))
    with TemporaryDirectory(prefix="vanne-") as folder:
        staged = stage(tables, question, Path(folder))
        places = Places(staged.rows)
        for numbers, codes in runner.verdicts(staged, question, dsn):
            places.put(numbers, codes)
        yield from in_file_order(staged, places)
