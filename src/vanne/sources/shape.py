"""The shape of a table: its columns, the kind of each, and how many of its values are given.

Tables of the same making have one shape, whatever is in them. A column that an upstream job lost,
renamed or writes otherwise shows here, and nowhere else: a missing value is nobody's no.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vanne.sources.relation import quoted
from vanne.sources.scan import opened
from vanne.sources.schema import Column
from vanne.terms import Category

WHOLE = ""
"""The group of the rows of a table that has no categories, or whose category is not known."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a table is like. `rows` are counted by category, `given` by column and category."""

    rows: Mapping[str, int]
    types: Mapping[str, str]
    given: Mapping[str, Mapping[str, int]]

    def values(self, column: str) -> int:
        """Return how many rows give a value of a column."""
        return sum(self.given.get(column, {}).values())


def shape_of(source: str, columns: Sequence[Column], table: str) -> Shape:
    """Look at a table: of its values only whether they are given is looked at.

    Raises:
        InputError: it cannot be read, or lacks a required column.
    """
    with opened(source, columns, table, threads=2) as (connection, relation, types):
        there = [column for column in columns if column.name in types]
        counts = list[str]()
        for column in there:  # an empty list is no value
            name = quoted(column.name)
            is_given = f"CAST({name} AS VARCHAR) NOT IN ('', '[]', 'nan')"
            if types[column.name].endswith("[]"):
                is_given = f"len({name}) > 0"
            counts.append(f"count(*) FILTER ({is_given})")
        group_of_row = f"'{WHOLE}'"
        if any(column.name == "category" for column in columns):
            known = ", ".join(f"'{category.value}'" for category in Category)
            category = "CAST(category AS VARCHAR)"
            group_of_row = f"CASE WHEN {category} IN ({known}) THEN {category} ELSE '{WHOLE}' END"
        query = f"SELECT {group_of_row}, count(*), {', '.join(counts)} FROM {relation} GROUP BY 1"
        groups = connection.sql(query).fetchall()
    given = {
        column.name: {group: numbers[place] for group, _, *numbers in groups}
        for place, column in enumerate(there)
    }
    return Shape(
        rows={group: rows for group, rows, *_ in groups},
        types={c.name: type_in_words(types[c.name]) for c in there if any(given[c.name].values())},
        given=given,
    )


def type_in_words(type_: str) -> str:
    """Say a type of DuckDB's in a word: types whose values are read alike are one.

    >>> type_in_words("VARCHAR[]"), type_in_words("TIMESTAMP_NS"), type_in_words("BIGINT")
    ('list of text', 'time', 'number')
    """
    if type_.endswith("[]"):
        return f"list of {type_in_words(type_.removesuffix('[]'))}"
    return next((word for pattern, word in _WORDS if re.fullmatch(pattern, type_)), type_.lower())


_WORDS = (
    ("VARCHAR|UUID|ENUM.*", "text"),
    ("TIMESTAMP.*", "time"),
    ("DATE", "date"),
    ("BOOLEAN", "flag"),
    (r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL.*", "number"),
    ("BLOB", "bytes"),
)
