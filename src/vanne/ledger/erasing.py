"""Take a member's content out of the log, and leave what proofs need.

The private part, the salt and whose it was are removed from every entry of the member. The public
part stays: without salt and choice its commitment tells nothing. An entry of kind `erasure` commits
to the list of the positions, so that content which vanishes without one is found.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from vanne.ledger.keys import Keys
from vanne.ledger.kinds import Erasure
from vanne.ledger.reading import open_row
from vanne.ledger.store import Transaction, read_head, read_rows_of, write_erased
from vanne.ledger.writing import batch_of, extend
from vanne.terms import Choice, MemberId


@dataclass(frozen=True, slots=True)
class Erased:
    """Which entries were erased, which entry says so, and where the choices are that were kept.

    There is no entry when the member had none.
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
    if not rows:
        size = read_head(db).size
        return Erased(None, (), range(size, size))
    if callable(keep):
        records = (open_row(row, frozenset()) for row in rows)
        keep = keep([record for record in records if isinstance(record, Choice)])
    positions = tuple(row[0] for row in rows)
    batch = batch_of([Erasure(positions, at), *keep])
    size = extend(db, keys, batch).size
    entry = size - len(batch.entries)
    for position in positions:
        write_erased(db, position, entry)
    return Erased(entry, positions, range(entry + 1, size))
