"""The SQL back end: a verdict as one SELECT, in six dialects, run by two engines.

* `text`: the SELECT, from `verdict.sql` and what a policy says, printed for each dialect
* `staging`: tables as Parquet files for an engine, and verdicts back in file order
* `on_duckdb`, `on_spark`: the engines
"""

from vanne.decide.sql.staging import decide_with
from vanne.decide.sql.text import (
    DIALECTS,
    Dialect,
    create_tables,
    to_sql,
    verdict_sql,
    vocabulary_sql,
)

__all__ = [
    "DIALECTS",
    "Dialect",
    "create_tables",
    "decide_with",
    "to_sql",
    "verdict_sql",
    "vocabulary_sql",
]
