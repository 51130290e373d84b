"""Rows of counts that a page draws, and that it hands out as CSV and JSON."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class CountTable:
    """Rows of counts. None is what is not known."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @classmethod
    def of(cls, name: str, columns: str, rows: Iterable[Sequence[Cell]]) -> "CountTable":
        """Make a table; `columns` are names with spaces between."""
        return cls(name, tuple(columns.split()), tuple(map(tuple, rows)))

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

    def as_csv(self) -> str:
        """Return the rows as CSV (RFC 4180)."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(self.columns)
        writer.writerows(map(spreadsheet_cell, row) for row in self.rows)
        return text.getvalue()

    def as_json(self) -> list[Mapping[str, Any]]:
        """Return the rows as JSON objects."""
        return list(self)


def spreadsheet_cell(cell: Cell) -> Cell:
    r"""Mark what a spreadsheet would take for a formula as text (OWASP, CSV injection).

    A sign of full width counts as the narrow one, and space before it does not count.

    >>> [spreadsheet_cell(each) for each in ("=1", "＝1", "\n@A", "1+1", "", -1, None)]
    ["'=1", "'＝1", "'\n@A", '1+1', '', -1, None]
    """
    if not isinstance(cell, str):
        return cell
    first = unicodedata.normalize("NFKC", cell.lstrip()[:1])
    is_formula = first in _FORMULA or cell[:1] in _CONTROLS
    return f"'{cell}" if cell and is_formula else cell


_FORMULA = ("=", "+", "-", "@")
_CONTROLS = ("\t", "\r", "\n")
