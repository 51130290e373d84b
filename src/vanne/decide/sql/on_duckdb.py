"""Decide with DuckDB, with as many threads as it likes: no order is relied on."""

from pathlib import Path
from typing import TYPE_CHECKING

from vanne.decide.request import EvaluationRequest
from vanne.decide.sql.staging import BATCH_ROWS, FILE_ROWS, Staged, write_words
from vanne.decide.sql.tables import ITEM_TYPES, types_of
from vanne.decide.sql.text import to_sql, vocabulary_sql
from vanne.sources.causes import input_error
from vanne.sources.relation import quoted

if TYPE_CHECKING:
    import duckdb

    from vanne.decide.sql.staging import Verdicts

_TYPES = types_of("duckdb")


def verdicts(staged: Staged, question: EvaluationRequest, dsn: str | None = None) -> "Verdicts":
    """Yield (numbers, codes) of all items, in any order."""
    import duckdb

    config: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": str(staged.members.parent / "spill"),
        "preserve_insertion_order": False,
    }
    with duckdb.connect(config=config) as connection:
        try:
            _make_tables(connection, staged, question)
            query = to_sql(question, "duckdb", key="number")
            for batch in connection.sql(query).to_arrow_reader(BATCH_ROWS):
                yield batch["number"].to_numpy(), batch["code"].to_numpy()
        except duckdb.Error as error:
            raise input_error(error, staged.source, "items") from error


def _make_tables(
    connection: "duckdb.DuckDBPyConnection", staged: Staged, question: EvaluationRequest
) -> None:
    connection.execute("SET TimeZone = 'UTC'")
    columns = ", ".join(_column(name, kind, staged) for name, kind in ITEM_TYPES.items())
    files = "[" + ", ".join(_literal(str(path)) for path in staged.files) + "]"
    number = f"CAST(file_index AS BIGINT) * {FILE_ROWS} + file_row_number AS number"
    source = f"read_parquet({files}, hive_partitioning = false)"
    connection.execute(f"CREATE VIEW items AS SELECT {number}, {columns} FROM {source}")
    for name, folder in (("members", staged.members), ("choices", staged.choices)):
        _load(connection, name, folder)
    vocabulary = connection.execute(vocabulary_sql("duckdb")).fetchall()
    _load(connection, "words", write_words(question, vocabulary, staged))


def _load(connection: "duckdb.DuckDBPyConnection", name: str, folder: Path) -> None:
    path = _literal(f"{folder}/000000.parquet")
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet({path})")


def _column(name: str, kind: str, staged: Staged) -> str:
    """Return the SQL of a column of the items; a time is what it is in UTC."""
    if name not in staged.columns:
        return ("FALSE" if kind == "flag" else f"CAST(NULL AS {_TYPES[kind]})") + f" AS {name}"
    if kind == "time":  # as AT TIME ZONE 'UTC' would, in a tenth of its time
        return f"make_timestamp(epoch_us({quoted(name)})) AS {name}"
    return f"{quoted(name)} AS {name}"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
