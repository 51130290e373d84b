"""A file of the items to keep: CSV, for a spreadsheet, in the words of its reader.

A row is an item: the network, the kind of data, the day, the state, why, who says so and when, and
the text. A day that the archive does not give is empty.
"""

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

from vanne.errors import storing
from vanne.files import new_file
from vanne.report.evaluate import Decided
from vanne.report.inspection_words import kind_words, network_name
from vanne.report.state_words import STATE_NAMES, source_words, state_words
from vanne.report.tables import Cell, spreadsheet_cell
from vanne.words import Words


def titles(w: Words) -> list[str]:
    """Return the names of the columns."""
    return [
        w("Network"),
        w("Kind of data"),
        w("Day"),
        w("Answer"),
        w("Why"),
        w("Who says so"),
        w("Text"),
    ]


def cells(each: Decided, w: Words) -> list[Cell]:
    """Return the row of an item; what a spreadsheet would compute is marked as text."""
    row = (
        network_name(each.network, w),
        kind_words(each.item.category, each.network, w),
        each.at.date().isoformat() if each.at else "",
        w(STATE_NAMES[each.state.state]),
        state_words(each.state, each.policy, w),
        source_words(each.policy, [each.state], w),
        each.item.text or each.item.media or "",
    )
    return [spreadsheet_cell(cell) for cell in row]


def csv_lines(items: Iterable[Decided], w: Words) -> Iterator[str]:
    """Yield the lines of such a file, which is UTF-8 with its mark: a browser has no file."""
    writer = csv.writer(SimpleNamespace(write=str))  # `writerow` returns what `write` does
    yield f"\ufeff{writer.writerow(titles(w))}"
    for each in items:
        yield writer.writerow(cells(each, w))


@contextmanager
def new_csv(path: Path, w: Words) -> Iterator[Callable[[Decided], None]]:
    """Write items as they come into a new CSV file, which is there when all of them are.

    Raises:
        InputError: there is a file of that name.
        StorageError: the file cannot be written; nothing is left of it.
    """
    with (
        new_file(path) as partial,
        storing(f"`{path}`"),
        # A spreadsheet knows UTF-8 by the mark at its beginning.
        partial.open("w", encoding="utf-8-sig", newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(titles(w))
        yield lambda each: writer.writerow(cells(each, w))
