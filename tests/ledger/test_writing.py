"""The times that a ledger gives, before, on and after each limit; and the tree that it signs on."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.ledger.conftest import AT, Tamper, off, on_sqlite
from tests.table import every
from vanne.errors import InputError, VerificationError
from vanne.ledger import Ledger
from vanne.ledger.merkle import leaf_hash

TICK = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
LAST = datetime.max.replace(tzinfo=UTC)
"""The last time that there is."""


@on_sqlite
@every(
    ("behind", "is_kept"),
    [
        (-TICK, False),  # ahead
        (timedelta(0), False),
        (TICK, False),
        (SECOND - TICK, False),
        (SECOND, False),
        (SECOND + TICK, True),
        (20 * SECOND, True),
        (timedelta(hours=1), True),
    ],
)
def test_a_clock_is_kept_as_claimed_from_more_than_a_second_behind_on(
    ledger: Ledger, behind: timedelta, is_kept: bool
) -> None:
    last = AT + ledger.size * timedelta(days=1)  # later than all that the cases before recorded
    clock = last - behind
    ledger.append([off(at=last), off(at=clock)])
    choice = list(ledger.choices())[-1]
    assert choice.claimed_at == (clock if is_kept else None)
    assert choice.at == max(clock, last + TICK)


@on_sqlite
@every("behind", [-TICK, timedelta(0), SECOND, SECOND + TICK, timedelta(hours=1)])
def test_what_a_client_claims_of_when_is_kept_whatever_the_clock(
    ledger: Ledger, behind: timedelta
) -> None:
    last = AT + ledger.size * timedelta(days=1)
    claimed = last - timedelta(hours=3)
    ledger.append([off(at=last), off(at=last - behind, claimed_at=claimed)])
    assert list(ledger.choices())[-1].claimed_at == claimed


@on_sqlite
def test_the_last_time_that_there_is_is_given_once(ledger: Ledger) -> None:
    ledger.append([off(at=LAST - 2 * TICK), off()])
    ledger.append([off()])
    times = [choice.at for choice in ledger.choices()]
    assert times == [LAST - 2 * TICK, LAST - TICK, LAST]
    for clock in (AT, LAST - TICK, LAST):
        with pytest.raises(InputError, match="the last entry has the last time that there is"):
            ledger.append([off(at=clock)])
    assert ledger.size == 3 and ledger.fsck().ok


@pytest.mark.parametrize("of", ["an entry before the last", "the size"])
def test_a_tree_that_ends_with_the_right_entry_is_not_signed_if_it_is_another(
    ledger: Ledger, tamper: Tamper, of: str
) -> None:
    ledger.append([off(f"member-{n}") for n in range(3)])
    before = ledger.checkpoint()
    if of == "the size":  # a shorter log whose own last entry is there
        tamper("UPDATE log SET size = 2")
    else:
        leaves = [leaf_hash(entry) for entry in ledger.entries()]
        tamper("UPDATE tile SET hashes = ?", bytes(32) + b"".join(leaves[1:]))
    with pytest.raises(VerificationError, match="does not match its last checkpoint"):
        ledger.append([off()])
    assert ledger.checkpoint() == before
