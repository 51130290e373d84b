"""Who says no to being found leaves every desk at once, whichever way the no came.

The ledger says it: pages and the API call this as they write to it, and a desk that is opened hears
whatever else was written since. Who is erased leaves with the row of the person. Nothing here reads
the index, so that a desk is right also where the index is old.
"""

from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select

from vanne.config import Home
from vanne.database import Database
from vanne.decide import People
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at
from vanne.terms import MemberId
from vanne_assist.tables import candidate, ledger_seen

PURPOSE = "recruiter-search"


def catch_up(home: Home, ledger: Ledger, now: datetime) -> int:
    """Delete whatever names a member who says no to being found; return how many they were."""
    size, database = ledger.size, Database.of(home)
    with database.reading() as db:
        if db.scalar(select(ledger_seen.c.size)) == size:
            return 0
    with database.writing() as db:
        left = leavers(home, ledger, set(db.scalars(select(candidate.c.person_id))), now)
        if left:
            leaves = candidate.c.person_id == bindparam("leaver")
            db.execute(delete(candidate).where(leaves), [{"leaver": each} for each in sorted(left)])
        db.execute(delete(ledger_seen))
        db.execute(insert(ledger_seen), {"size": size})
    if left:
        database.scrub()
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
