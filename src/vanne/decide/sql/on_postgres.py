"""Decide with PostgreSQL: copy the tables in, run the SELECT, and leave nothing behind.

All of it is one transaction that is rolled back, on temporary tables that no other session sees.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vanne.decide.request import EvaluationRequest
from vanne.decide.sql.staging import BATCH_ROWS, Staged, numbered, rows_of
from vanne.decide.sql.text import TABLES, says, types_of, verdict_sql, vocabulary_sql
from vanne.errors import InputError, MissingError, StorageError
from vanne.extras import require
from vanne.settings import Settings

if TYPE_CHECKING:
    import psycopg

    from vanne.decide.sql.staging import Verdicts

SETTING = "VANNE_POSTGRES"

_TYPES = types_of("postgres")


def verdicts(staged: Staged, question: EvaluationRequest, dsn: str | None = None) -> "Verdicts":
    """Yield (numbers, codes) of all items, in any order."""
    with _connected(dsn) as connection:
        import psycopg

        try:
            connection.execute("SET LOCAL search_path TO pg_temp")
            _copy(connection, "items", numbered(staged))
            _copy(connection, "members", rows_of(staged.members))
            _copy(connection, "choices", rows_of(staged.choices))
            words = connection.execute(vocabulary_sql("postgres")).fetchall()
            _copy(connection, "words", ((k, v, says(question.rules, k, v)) for k, v in words))
            connection.execute("ANALYZE items, members, choices, words")
            with connection.cursor("verdicts", binary=True) as cursor:
                cursor.execute(verdict_sql(question, "postgres", key="number", every_choice=True))
                while rows := cursor.fetchmany(BATCH_ROWS):
                    numbers, codes = zip(*rows, strict=True)
                    yield np.array(numbers, np.int64), np.array(codes, np.uint8)
        except psycopg.Error as error:
            raise StorageError(
                f"PostgreSQL stopped: {_first_line(error)}", todo="look at the server, try again"
            ) from error
        finally:
            if not connection.closed:
                connection.rollback()


def _connected(dsn: str | None) -> "psycopg.Connection[Any]":
    """Connect to the server that was named.

    Raises:
        MissingError: none was named, or psycopg is not installed.
        StorageError: it cannot be reached.
    """
    require("postgres")
    import psycopg

    setting = Settings.of().postgres
    named = dsn or (setting.get_secret_value() if setting else None)
    if not named:
        raise MissingError("nobody said where PostgreSQL is", todo=f"set {SETTING} to its address")
    try:
        return psycopg.connect(named)
    except psycopg.ProgrammingError as error:  # whose text holds the address with its password
        todo = "write it as postgresql://user@host/database"
        raise MissingError("the address of PostgreSQL is not understood", todo=todo) from error
    except psycopg.Error as error:
        raise StorageError(
            f"PostgreSQL cannot be reached: {_first_line(error)}",
            todo=f"check {SETTING} and that the server runs",
        ) from error


def _first_line(error: Exception) -> str:
    """Return what PostgreSQL says of itself; its details could hold a value of the data."""
    import psycopg

    diagnosed = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return (diagnosed or str(error).strip() or type(error).__name__).splitlines()[0]


def _copy(connection: "psycopg.Connection[Any]", name: str, rows: Iterator[Sequence[Any]]) -> None:
    types = {column: _TYPES[kind] for column, kind in TABLES[name].items()}
    if name == "items":
        types = {"number": "int8"} | types
    columns = ", ".join(f'"{column}" {type_}' for column, type_ in types.items())
    connection.execute(f"CREATE TEMP TABLE {name} ({columns}) ON COMMIT DROP")
    import psycopg

    try:
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY {name} FROM STDIN (FORMAT binary)") as copy,
        ):
            copy.set_types(list(types.values()))
            for row in rows:
                copy.write_row(row)
    except psycopg.DataError as error:
        raise InputError(
            f"{name}: a text holds a zero byte, which PostgreSQL cannot store",
            todo="decide with another engine",
        ) from error
