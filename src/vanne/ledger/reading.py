"""Read entries from the log, and check each one against the commitment in its public part.

A missing or edited entry is an error, because without an opt-out data would be used. An entry
without content is skipped only if an erasure entry, which is checked itself, names it.

Choices are read as columns for decisions on many items. Each choice in a column is checked like one
that is read alone.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

from vanne.errors import InputError, VerificationError
from vanne.ledger.entry import encode_public, is_bare, open_entry
from vanne.ledger.kinds import CHOICE, Erasure, Record, check_filing
from vanne.ledger.store import REPAIR, Head, Row, Transaction, read_erased, read_rows

if TYPE_CHECKING:
    import pyarrow as pa

ErasedPositions = frozenset[int]
"""Positions that an erasure entry names."""
_COLUMNS = ("member_id", "purpose", "scope", "target", "on", "at")
_CHOICE_END = b',"kind":"choice","v":1}'


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
    erasure_of, named = read_erased(db, bare[0], bare[-1] + 1), set[tuple[int, int]]()
    for entry in {erasure_of[index] for index in bare if index in erasure_of}:
        records = [open_row(row, frozenset()) for row in read_rows(db, entry, entry + 1)]
        if not records or not isinstance(records[0], Erasure):
            raise VerificationError(f"entry {entry} of the ledger is no erasure", todo=REPAIR)
        named |= {(index, entry) for index in records[0].positions}
    return frozenset(index for index in bare if (index, erasure_of.get(index)) in named)


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


def columns_of(rows: Sequence[Row], erased: ErasedPositions) -> "pa.RecordBatch":
    """Return the fields of some choices as columns, with `since` and `position`.

    Times are microseconds since 1970, as integers.

    Entries of other kinds are checked and left out.

    Raises:
        VerificationError: an entry does not open; which one.
    """
    choices = []
    for row in rows:
        if row[1].endswith(_CHOICE_END) and row[0] not in erased:
            choices.append(row)
        else:
            open_row(row, erased)
    try:
        return _columns(choices)
    except (ValueError, KeyError, TypeError) as error:
        for row in choices:
            open_row(row, erased)  # says which
        raise VerificationError(f"the ledger: {error}", todo=REPAIR) from error


def _columns(rows: Sequence[Row]) -> "pa.RecordBatch":
    import pyarrow as pa
    import pyarrow.compute as pc

    for _, public, private, salt, _ in rows:
        if private is None or salt is None:
            raise ValueError("a private part is missing")
        if encode_public(CHOICE, sha256(salt + private).digest()) != public:
            raise ValueError("a choice is not the one that was recorded")
    choices = json.loads(b"[" + b",".join(row[2] or b"" for row in rows) + b"]")
    if [choice["member_id"] for choice in choices] != [row[4] for row in rows]:
        raise ValueError("an entry is filed under another member")
    at, claimed = (
        pc.cast(
            pa.array([choice[name] for choice in choices], pa.string()), pa.timestamp("us", "UTC")
        ).cast(pa.int64())
        for name in ("at", "claimed_at")
    )
    on = pa.array([choice["on"] for choice in choices], pa.bool_())
    since = pc.if_else(on, at, pc.min_element_wise(at, claimed))  # as `Choice.since` says
    columns = [
        *(pa.array([choice[name] for choice in choices], pa.string()) for name in _COLUMNS[:4]),
        on,
        at,
        since,
        pa.array([row[0] for row in rows], pa.int64()),
    ]
    return pa.record_batch(columns, names=[*_COLUMNS, "since", "position"])


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
