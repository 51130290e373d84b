"""What is read from the log: each entry checked against what its public part commits to.

An entry that is missing or was edited is an error, since leaving one out could turn a no into a
yes. An entry without content is left out only when an erasure entry, which is checked itself, names
it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from vanne.errors import InputError, VerificationError
from vanne.ledger.entry import is_bare, open_entry
from vanne.ledger.kinds import Erasure, Record, check_filing
from vanne.ledger.store import REPAIR, Head, Row, Transaction, read_erased, read_rows

ErasedPositions = frozenset[int]
"""Positions that an erasure entry names."""


def read_page(db: Transaction, start: int, end: int) -> tuple[list[Row], ErasedPositions]:
    """Return entries `start` to `end` - 1, and which of them were erased.

    Raises:
        VerificationError: an entry is missing.
    """
    rows = read_rows(db, start, end)
    if len(rows) != end - start:
        there = {row[0] for row in rows}
        gone = next(index for index in range(start, end) if index not in there)
        raise VerificationError(f"entry {gone} of the ledger is missing", todo=REPAIR)
    return rows, erased_among(db, rows)


def erased_among(db: Transaction, rows: Sequence[Row]) -> ErasedPositions:
    """Return which of these entries an erasure entry names."""
    bare = [row[0] for row in rows if row[4] is None and is_bare(*row[1:4])]
    if not bare:
        return frozenset()
    told = read_erased(db, bare[0], bare[-1] + 1)
    named = {
        (index, entry)
        for entry in {told[index] for index in bare if index in told}
        for index in _erasure(db, entry).positions
    }
    return frozenset(index for index in bare if (index, told.get(index)) in named)


def _erasure(db: Transaction, index: int) -> Erasure:
    for row in read_rows(db, index, index + 1):
        record = open_row(row, frozenset())
        if isinstance(record, Erasure):
            return record
    raise VerificationError(f"entry {index} of the ledger is no erasure", todo=REPAIR)


def open_row(row: Row, erased: ErasedPositions) -> Record | None:
    """Return the record of an entry; nothing where it was erased.

    Raises:
        VerificationError: it does not open; the index.
    """
    index, public, private, salt, member_id = row
    if index in erased:
        return None
    try:
        record = open_entry(public, private, salt)
        check_filing(record, member_id)
        return record
    except ValueError as error:
        raise VerificationError(f"entry {index} of the ledger: {error}", todo=REPAIR) from error


def size_of(head: Head, size: int | None) -> int:
    """Return how many entries were asked for; all, where nothing was said.

    Raises:
        InputError: there are not so many.
    """
    if size is None:
        return head.size
    if not 0 <= size <= head.size:
        raise InputError(f"the ledger has {head.size} entries, not {size}")
    return size


def index_of(index: int, size: int) -> int:
    """Return an index that there is.

    Raises:
        InputError: there is no such entry.
    """
    if not 0 <= index < size:
        raise InputError(f"there is no entry {index} among the first {size} (the first is 0)")
    return index


@contextmanager
def whole_tree() -> Iterator[None]:
    """Say in one line that a part of the tree is not there."""
    try:
        yield
    except LookupError as error:
        raise VerificationError(f"the tree is damaged: {error.args[0]}", todo=REPAIR) from error
