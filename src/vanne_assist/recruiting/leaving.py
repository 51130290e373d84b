"""Who says no to being found leaves every desk at once, whichever way the no came.

The ledger says it: pages, the API and an erasure call this as they write to it, and a desk that is
opened hears whatever else was written since. Nothing here reads the index, so that a desk is right
also where the index is old.
"""

from datetime import datetime

from vanne.config import Home
from vanne.decide import People
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at
from vanne.terms import MemberId
from vanne_assist.recruiting.desk import desk, forget, named, path_of

PURPOSE = "recruiter-search"


def catch_up(home: Home, ledger: Ledger, now: datetime) -> int:
    """Delete whatever names a member who says no to being found; return how many they were."""
    if not path_of(home.root).exists():
        return 0
    size = ledger.size
    with desk(home.root) as db:
        heard = db.execute("SELECT max(size) FROM heard").fetchone()[0]
        if heard == size:
            return 0
        left = leavers(home, ledger, named(db), now)
        for member_id in sorted(left):
            forget(db, member_id)
        db.execute("DELETE FROM heard")
        db.execute("INSERT INTO heard VALUES (?)", (size,))
    return len(left)


def leavers(home: Home, ledger: Ledger, ids: set[MemberId], now: datetime) -> set[MemberId]:
    """Return which of some members say no to being found, wholly."""
    policy = policy_at(home, now)
    if PURPOSE not in policy.purposes:
        return ids
    said = ledger.histories(sorted(ids))
    choices = [choice for history in said.values() for _, choice in history]
    people = People.of([], choices, policy, PURPOSE, now)
    return {member_id for member_id in ids if people.off_since(member_id, "all")}


def erased(home: Home, member_id: MemberId) -> None:
    """Delete whatever names a member who is erased."""
    if path_of(home.root).exists():
        with desk(home.root) as db:
            forget(db, member_id)
