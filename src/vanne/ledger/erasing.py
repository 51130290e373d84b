"""Take a member's content out of the log, and leave what proofs need.

The private part, the salt and whose it was are removed from every entry of the member. The public
part stays: without salt and choice its commitment tells nothing. An entry of kind `erasure` commits
to the list of the positions, so that content which vanishes without one is found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vanne.ledger.keys import Keys
from vanne.ledger.kinds import Erasure, Record, check_records
from vanne.ledger.reading import open_row
from vanne.ledger.store import Transaction, read_head, read_rows_of, write_erased
from vanne.ledger.writing import extend
from vanne.terms import Choice, MemberId


@dataclass(frozen=True, slots=True)
class Erased:
    """Which entries were erased, which entry says so, and where the choices are that were kept.

    There is no entry when there was nothing to erase.
    """

    entry: int | None
    positions: tuple[int, ...]
    kept: range


Keep = Callable[[list[Choice]], Sequence[Choice]]
"""What is recorded in the place of the choices that are erased."""


def erase(
    db: Transaction, keys: Keys, member_id: MemberId, at: datetime, keep: Sequence[Choice] | Keep
) -> Erased:
    """Erase a member's entries and record `keep` after it; see `Ledger.erase`."""
    rows = read_rows_of(db, member_id)
    records = [open_row(row, frozenset()) for row in rows]
    if callable(keep):
        keep = keep([record for record in records if isinstance(record, Choice)])
    if not rows or _is_kept_already(records, keep):
        size = read_head(db).size
        return Erased(None, (), range(size, size))
    positions = tuple(row[0] for row in rows)
    new: list[Record] = [Erasure(positions, at), *keep]
    check_records(new)
    size = extend(db, keys, new).size
    entry = size - len(new)
    for position in positions:
        write_erased(db, position, entry)
    return Erased(entry, positions, range(entry + 1, size))


def _is_kept_already(records: Sequence[Record | None], keep: Sequence[Choice]) -> bool:
    """Say whether nothing is there but what an earlier erasure kept."""
    there = [_at_any_time(record) for record in records if isinstance(record, Choice)]
    return len(there) == len(records) and there == [_at_any_time(choice) for choice in keep]


def _at_any_time(choice: Choice) -> Choice:
    return replace(choice, at=datetime.min, claimed_at=None)
