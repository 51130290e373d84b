"""Sessions that were signed out before their end, so that a copy of their cookie is worth nothing.

A row holds the random number of a session and when it would have expired, and nothing of a person.
"""

from datetime import datetime

from sqlalchemy import delete, select

from vanne.config import Home
from vanne.database import Database, upsert
from vanne.database.tables import revoked_session


class RevokedSessions:
    """The sessions of a home that have ended by signing out, at whichever server."""

    def __init__(self, home: Home, now: datetime) -> None:
        """Leave out, at the start, the sessions that have expired by themselves."""
        self._home = home
        with Database.of(home).writing() as db:
            expired = revoked_session.c.expires <= now.timestamp()
            db.execute(delete(revoked_session).where(expired))

    def __contains__(self, session_id: str) -> bool:
        query = select(revoked_session.c.id).where(revoked_session.c.id == session_id)
        with Database.of(self._home).reading() as db:
            return db.execute(query).first() is not None

    def add(self, session_id: str, expires: int) -> None:
        """End a session; once more is harmless.

        Raises:
            BusyError, StorageError: it cannot be written.
        """
        with Database.of(self._home).writing() as db:
            row = {"id": session_id, "expires": expires}
            db.execute(upsert(db, revoked_session).on_conflict_do_nothing(), row)
