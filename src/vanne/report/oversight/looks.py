"""When an account of the staff last looked at a page, so that it can say what came since.

Opening a page again within half an hour is the same look. An account is kept under a digest that
only this home can make, and that names nobody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from vanne.config import Home
from vanne.database import Database, upsert
from vanne.database.tables import staff_look

SAME_LOOK = timedelta(minutes=30)
_NOTED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Look:
    """When the look before this one ended, and how many entries the ledger had then."""

    at: datetime
    entries: int


def look(home: Home, account: str, now: datetime, entries: int) -> Look | None:
    """Note that an account looks now; return its look before this one, None if there was none.

    Raises:
        StorageError: the database cannot be read or written.
    """
    database = Database.of(home)
    with database.reading() as db:
        row = db.execute(select(staff_look).where(staff_look.c.account == account)).first()
    before = (row.since, row.since_entries) if row else (None, None)
    if row and now - row.seen > SAME_LOOK:
        before = (row.seen, row.seen_entries)
    if row is None or now - row.seen > _NOTED:
        since = {"since": before[0], "since_entries": before[1]}
        noted = {"seen": now, "seen_entries": entries, **since}
        with database.writing() as db:
            new = upsert(db, staff_look).values(account=account, **noted)
            db.execute(new.on_conflict_do_update(index_elements=["account"], set_=noted))
    return Look(*before) if before[0] is not None else None
