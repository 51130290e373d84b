"""The session: who is signed in, in which language, and what to announce once, in a signed cookie.

The cookie holds a subject, a name, roles, whether there is a picture, an end, a random number, a
language and the index of a receipt to announce. A secret in the home folder signs it, so that
nobody can forge it. The cookie holds no secret and no token of the identity provider. When somebody
signs out before the session ends, its random number is stored as revoked: a copy of the cookie is
then worth nothing.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import delete, select
from starlette.requests import Request

from vanne.config import Home
from vanne.database import Database, upsert
from vanne.database.tables import revoked_session
from vanne.words import LANGUAGES, preferred

Role = Literal["member", "recruiter", "operator", "auditor"]
ROLES: tuple[Role, ...] = ("member", "recruiter", "operator", "auditor")

COOKIE = "vanne"
MAX_AGE_SECONDS = 12 * 60 * 60


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in. For the role of a member, `subject` is the member's id."""

    subject: str
    name: str
    roles: frozenset[Role]
    has_picture: bool = False


def cookie_of(is_https: bool) -> str:
    """Return the cookie's name; `__Host-` keeps other hosts of the domain from setting it."""
    return f"__Host-{COOKIE}" if is_https else COOKIE


def language_of(request: Request, default: str) -> str:
    """Choose the language: `?lang`, else the cookie, else what the browser asks for.

    A language chosen by link is remembered.
    """
    chosen = request.query_params.get("lang")
    if chosen in LANGUAGES:
        if request.session.get("lang") != chosen:
            request.session["lang"] = chosen
        return chosen
    remembered = request.session.get("lang")
    if remembered in LANGUAGES:
        return str(remembered)
    return preferred(request.headers.get("accept-language"), default)


def person_of(request: Request) -> Person | None:
    """Return who is signed in, by the cookie alone; None after its end or after signing out."""
    session, site = request.session, request.app.state.site
    if "sid" not in session or session["exp"] <= site.now().timestamp():
        return None
    # a page asks several times who is signed in, and the database once
    known: dict[str, bool] = request.scope.setdefault("vanne.revoked", {})
    if session["sid"] not in known:
        known[session["sid"]] = session["sid"] in site.revoked
    return (
        None
        if known[session["sid"]]
        else Person(
            session["sub"],
            session["name"],
            frozenset(session["roles"]),
            session.get("picture", False),
        )
    )


def sign_in(request: Request, person: Person, seconds: int) -> None:
    """Begin a session with a new number; of what was before, only the language is left.

    And to whom it must be said that a form of theirs was not saved, if it is the same person.

    Raises:
        StorageError: it cannot be written down that the session before ended.
    """
    unsaved = request.session.get("unsaved")
    sign_out(request)
    if unsaved in (ANYBODY, person.subject):
        request.session["unsaved"] = unsaved
    ends = request.app.state.site.now().timestamp() + min(seconds, MAX_AGE_SECONDS)
    request.session.update(
        sid=secrets.token_hex(16),
        sub=person.subject,
        name=person.name,
        roles=sorted(person.roles),
        picture=person.has_picture,
        exp=int(ends),
    )


def sign_out(request: Request) -> None:
    """End the session, here and for every copy of its cookie, and keep the language.

    Raises:
        StorageError: it cannot be written down that it ended; this browser is signed out anyway.
    """
    session_id, ends = request.session.get("sid"), request.session.get("exp", 0)
    lang = request.session.get("lang")
    request.session.clear()
    if lang:
        request.session["lang"] = lang
    if session_id:
        request.app.state.site.revoked.add(session_id, ends)


def known_roles(names: Iterable[object]) -> frozenset[Role]:
    """Return which of our roles are among some names."""
    texts = [name for name in names if isinstance(name, str)]
    return frozenset(role for role in ROLES if role in texts)


Saved = tuple[int, int]
"""The first receipt of what was saved at once, and how many they are: 0 if it was so before."""


def announce(request: Request, saved: Saved) -> None:
    """Remember to say, on the next page and only there, that a choice was saved."""
    request.session["saved"] = saved


def announced(request: Request) -> Saved | None:
    """Return the receipts to announce, once."""
    saved = request.session.pop("saved", None)
    return tuple(saved) if isinstance(saved, list | tuple) else None


ANYBODY = ""
"""Stands for who was signed in, where the browser kept no cookie of theirs."""


def remember_unsaved(request: Request) -> None:
    """Remember to say that a form was not saved, because its sender was signed out by then."""
    request.session["unsaved"] = request.session.get("sub", ANYBODY)


def is_unsaved(request: Request) -> bool:
    """Say whether a form was not saved for that reason."""
    return "unsaved" in request.session


def unsaved(request: Request) -> bool:
    """Say whether a form was not saved for that reason, once."""
    return request.session.pop("unsaved", None) is not None


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
