"""Candidates: the members of whom a recruiter keeps something. Who opts out leaves at once.

Briefs, lists, notes, opinions and exports refer to a row of the table `candidate`, and go with it.
The ledger says who opted out of being found: pages and the API call `catch_up` as they write to it,
and a desk that is opened catches up with whatever else was written since. Nothing here reads the
search index, so that a desk is right where the index is old.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select

from vanne.config import Home
from vanne.database import Database, add_persons, upsert
from vanne.decide import People
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at
from vanne.terms import MemberId
from vanne_assist.tables import candidate, ledger_seen

PURPOSE = "recruiter-search"


def new_id() -> str:
    """Return a new id: nobody can guess that of somebody else's list."""
    return secrets.token_hex(8)


def add_candidates(db: Connection, ids: Iterable[MemberId]) -> None:
    """Make sure that each member of whom something is about to be kept has a row."""
    members = sorted(set(ids))
    add_persons(db, members)
    if members:
        rows = [{"person_id": each} for each in members]
        db.execute(upsert(db, candidate).on_conflict_do_nothing(), rows)


def catch_up(home: Home, ledger: Ledger, now: datetime) -> int:
    """Delete whatever names a member who opted out of being found; return how many they were."""
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
    """Return which of some members opted out of being found, wholly."""
    policy = policy_at(home, now)
    if PURPOSE not in policy.purposes:
        return ids
    histories = ledger.histories(sorted(ids)).values()
    choices = [choice for history in histories for _, choice in history]
    people = People.of([], choices, policy, PURPOSE, now)
    return {member_id for member_id in ids if people.off_since(member_id, "all")}
