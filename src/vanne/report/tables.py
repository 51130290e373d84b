"""Rows of counts that may be shown and handed out: a small count of people is left out.

A count of 1 to 4 people could tell about one of them, together with other knowledge. Where one
count alone is left out of a column, the total would give it away: the next smallest is left out
with it.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

SMALL = 5
"""A smaller count of people than this is not told, unless it is 0."""

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class CountTable:
    """Rows of counts. `people` names the columns that count people; None is what is not told."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    people: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, name: str, columns: str, rows: Sequence[Sequence[Cell]], people: str = ""
    ) -> "CountTable":
        """Make a table; `columns` and `people` are names with spaces between."""
        names = tuple(columns.split())
        return cls(name, names, tuple(map(tuple, rows)), frozenset(people.split()))

    def __iter__(self) -> Iterator[Mapping[str, Cell]]:
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def total(self, column: str) -> int:
        """Return the sum of a column."""
        return sum(int(row[column] or 0) for row in self)

    def where(self, conditions: Mapping[str, str]) -> "CountTable":
        """Return the rows in which columns say what is asked for; other names are no condition."""
        asked = [
            (self.columns.index(name), value)
            for name, value in conditions.items()
            if name in self.columns
        ]
        rows = tuple(row for row in self.rows if all(str(row[n]) == value for n, value in asked))
        return replace(self, rows=rows)

    def handed_out(self) -> "CountTable":
        """Return the table without small counts of people; what is not told is None."""
        columns = [
            _told(column) if name in self.people else column
            for name, column in zip(self.columns, zip(*self.rows, strict=True), strict=False)
        ]
        return replace(self, rows=tuple(zip(*columns, strict=True)))

    def as_csv(self) -> str:
        """Return the rows as CSV (RFC 4180)."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return text.getvalue()

    def as_json(self) -> list[Mapping[str, Any]]:
        """Return the rows as JSON objects."""
        return list(self)


def _told(column: Sequence[Cell]) -> list[Cell]:
    """Leave out small counts, and one more where only one is left out."""
    small = [n for n, cell in enumerate(column) if isinstance(cell, int) and 0 < cell < SMALL]
    if len(small) == 1:
        others = [(cell, n) for n, cell in enumerate(column) if isinstance(cell, int) and cell]
        small += [n for _, n in sorted(others) if n not in small][:1]
    return [None if n in small else cell for n, cell in enumerate(column)]
