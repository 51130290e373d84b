"""What the words in a warehouse's tables mean, for the table `words`.

The warehouse runs `vocabulary_sql` and writes the rows to a file; this says what each means to a
policy; the warehouse loads the answer. Texts such as reservations are only ever read by Python.
"""

from collections.abc import Iterable, Iterator
from typing import cast

from vanne.decide.sql.text import KINDS, Kind, says
from vanne.errors import InputError, did_you_mean
from vanne.policy.policy import PurposePolicy
from vanne.sources.scan import opened
from vanne.sources.schema import Column

COLUMNS = (Column("kind", required=True), Column("value", required=True))


def read_vocabulary(source: str) -> Iterator[tuple[Kind, str]]:
    """Yield (kind, value) from a file, a folder or a query; a value that is null is left out.

    Raises:
        InputError: it cannot be read, a column is missing, or a kind is not known.
    """
    with opened(source, COLUMNS, "words", threads=1) as (connection, relation, _):
        query = f"SELECT CAST(kind AS VARCHAR), CAST(value AS VARCHAR) FROM {relation}"
        rows = connection.execute(query)
        number = 0
        while batch := rows.fetchmany(10_000):
            for kind, value in batch:
                number += 1
                if kind not in KINDS:
                    raise InputError(
                        f"{source}: row {number}: the kind is not known",
                        todo=did_you_mean(str(kind), list(KINDS)),
                    )
                if value is not None:
                    yield cast(Kind, kind), value


def meanings(
    rules: PurposePolicy, words: Iterable[tuple[Kind, str]]
) -> Iterator[tuple[Kind, str, str]]:
    """Yield (kind, value, says): the rows of the table `words`."""
    for kind, value in words:
        yield kind, value, says(rules, kind, value)
