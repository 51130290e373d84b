"""Decide with DuckDB, on all its threads: it may return the rows in any order."""

from pathlib import Path
from typing import TYPE_CHECKING

from vanne.decide.request import EvaluationRequest
from vanne.decide.sql.staging import BATCH_ROWS, FILE_ROWS, Staged, write_words
from vanne.decide.sql.text import types_of, verdict_sql, vocabulary_sql
from vanne.sources.relation import batches_in, input_error, literal

if TYPE_CHECKING:
    import duckdb

    from vanne.decide.sql.staging import Verdicts

_TYPES = types_of("duckdb")


def verdicts(staged: Staged, question: EvaluationRequest) -> "Verdicts":
    """Yield (numbers, codes) of all items, in any order."""
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(staged.members.parent / "spill"),
        "preserve_insertion_order": False,
    }
    with duckdb.connect(config=config) as connection:
        try:
            connection.execute("SET TimeZone = 'UTC'")
            files = "[" + ", ".join(literal(path) for path in staged.files) + "]"
            number = f"CAST(file_index AS BIGINT) * {FILE_ROWS} + file_row_number AS number"
            # A time is what it is in UTC: as AT TIME ZONE 'UTC' would say, in a tenth of its time.
            columns = staged.select(_TYPES, time="make_timestamp(epoch_us({0})) AS {0}")
            source = f"read_parquet({files}, hive_partitioning = false)"
            connection.execute(
                f"CREATE VIEW items AS SELECT {', '.join([number, *columns])} FROM {source}"
            )
            _load(connection, "members", staged.members)
            _load(connection, "choices", staged.choices)
            vocabulary = connection.execute(vocabulary_sql("duckdb")).fetchall()
            _load(connection, "words", write_words(question, vocabulary, staged))
            query = verdict_sql(question, "duckdb", key="number", every_choice=True)
            for batch in batches_in(connection.sql(query), BATCH_ROWS):
                yield batch["number"].to_numpy(), batch["code"].to_numpy()
        except duckdb.Error as error:
            raise input_error(error, staged.source, "items") from error


def _load(connection: "duckdb.DuckDBPyConnection", name: str, folder: Path) -> None:
    path = literal(f"{folder}/000000.parquet")
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet({path})")
