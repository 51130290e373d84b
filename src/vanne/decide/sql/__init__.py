"""The SQL back end: a verdict as one SELECT, in six dialects, run by two engines.

* `query`: the SELECT, from `verdict.sql` and what a policy says
* `text`: the SELECT printed for each dialect, with its tables and words
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
