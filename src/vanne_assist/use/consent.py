"""Whether somebody may be counted: only after their own yes, and whatever is unknown is a no.

A member says it by the switch of the purpose `usage-measurement`, in the ledger. A default never
counts as a yes, whatever the policy says. Somebody of the staff who is no member says it at the
recruiters' desk.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from vanne.config import Home
from vanne.decide import People, decide_member
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at
from vanne.terms import Member, Reason
from vanne_assist.recruiting.desk import desk, moment, path_of

PURPOSE = "usage-measurement"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody of the staff who is no member."""

    subject: str


Who = Member | Account


def said_yes(home: Home, ledger: Ledger, who: Who, now: datetime) -> bool:
    """Say whether somebody may be counted now.

    Raises:
        VanneError: what they said cannot be read; do not count then.
    """
    if isinstance(who, Account):
        return _of_account(home, who)
    policy = policy_at(home, now)
    if PURPOSE not in policy.purposes:
        return False
    choices = [choice for _, choice in ledger.history(who.member_id)]
    people = People.of([who], choices, policy, PURPOSE, now)
    whole = people.stands.get(who.member_id, {}).get(("all", None))
    return whole is not None and whole.on and decide_member(who, people) is Reason.ALLOWED


def _of_account(home: Home, who: Account) -> bool:
    if not path_of(home.root).exists():
        return False
    with desk(home.root) as db:
        return _is_on(db, who)


def choose(home: Home, who: Account, now: datetime, *, on: bool) -> None:
    """Keep what somebody of the staff says; a no leaves nothing behind.

    Raises:
        BusyError, StorageError: it could not be kept.
    """
    with desk(home.root) as db:
        db.execute("DELETE FROM counted WHERE account = ?", (who.subject,))
        if on:
            db.execute("INSERT INTO counted VALUES (?, ?)", (who.subject, moment(now)))


def _is_on(db: sqlite3.Connection, who: Account) -> bool:
    found = db.execute("SELECT 1 FROM counted WHERE account = ?", (who.subject,)).fetchone()
    return found is not None
