"""The SQL back end: one form of a verdict, its text in six dialects, three engines that run it."""

from vanne.decide.sql.staging import SqlEngine, decide_with
from vanne.decide.sql.text import DIALECTS, Dialect, create_tables, to_sql, vocabulary_sql

__all__ = [
    "DIALECTS",
    "Dialect",
    "SqlEngine",
    "create_tables",
    "decide_with",
    "to_sql",
    "vocabulary_sql",
]
