"""The session: who is signed in, in which language, and what to announce once.

Who is signed in, with which roles and until when, is a row of the database under the SHA-256 of a
random id. The signed cookie holds the id, and what gives no right: a language, the index of a
receipt to announce, the state of a sign-in. So who has the secret that signs, or a copy of the
database, is nobody. The row is looked up at each request. It goes when its owner signs out or is
erased: a copy of the cookie is then worth nothing.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from sqlalchemy import ColumnElement, delete, insert, or_, select
from starlette.requests import Request

from vanne.database import Database, add_persons
from vanne.database.tables import session as sessions
from vanne.secrets import keyed
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


PERSON = "vanne.person"
"""Who makes a request, in its scope: the database is read once for it."""


def person_of(request: Request) -> Person | None:
    """Return who is signed in; None after the end of their session or after signing out.

    Raises:
        StorageError: the database cannot be read.
    """
    if PERSON not in request.scope:
        request.scope[PERSON] = _person(request, request.session.get("sid"))
    person: Person | None = request.scope[PERSON]
    return person


def _person(request: Request, session_id: str | None) -> Person | None:
    """Return whose session it is, if the provider of these pages vouched for them."""
    if not session_id:
        return None
    site, of = request.app.state.site, sessions.c
    lasts = (of.issuer == site.issuer) & (of.expires > site.now().timestamp())
    with Database.of(site.home).reading() as db:
        row = db.execute(select(sessions).where(_is(session_id), lasts)).one_or_none()
    if row is None:
        return None
    return Person(row.subject, row.name, known_roles(row.roles.split()), bool(row.has_picture))


def _is(session_id: str) -> ColumnElement[bool]:
    return sessions.c.sha256 == sha256(session_id.encode()).hexdigest()


def sign_in(request: Request, person: Person, seconds: int) -> None:
    """Begin a session with a new id; of what was before, only the language is left.

    And to whom it must be said that a form of theirs was not saved, if it is the same person.

    Raises:
        BusyError, StorageError: it cannot be written.
    """
    site, unsaved = request.app.state.site, request.session.get("unsaved")
    before, session_id = _leave(request), secrets.token_urlsafe(32)
    who, now = keyed(site.home.root, "session", person.subject), site.now().timestamp()
    with Database.of(site.home).writing() as db:
        db.execute(delete(sessions).where(or_(_is(before or ""), sessions.c.expires <= now)))
        add_persons(db, [person.subject])
        values = {
            "sha256": sha256(session_id.encode()).hexdigest(),
            "issuer": site.issuer,
            "subject": person.subject,
            "name": person.name,
            "roles": " ".join(sorted(person.roles)),
            "has_picture": int(person.has_picture),
            "expires": int(now + min(seconds, MAX_AGE_SECONDS)),
        }
        db.execute(insert(sessions).values(values))
    request.session.update(sid=session_id, who=who)
    if unsaved in (ANYBODY, who):
        request.session["unsaved"] = unsaved


def sign_out(request: Request) -> None:
    """End the session, here and for every copy of its cookie, and keep the language.

    Raises:
        StorageError: it cannot be written that it ended; this browser is signed out anyway.
    """
    session_id = _leave(request)
    if session_id and _person(request, session_id):
        with Database.of(request.app.state.site.home).writing() as db:
            db.execute(delete(sessions).where(_is(session_id)))


def _leave(request: Request) -> str | None:
    """Take from this browser all but the language; return the id of its session."""
    session_id, lang = request.session.get("sid"), request.session.get("lang")
    request.session.clear()
    if lang:
        request.session["lang"] = lang
    request.scope.pop(PERSON, None)
    return session_id


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
    request.session["unsaved"] = request.session.get("who", ANYBODY)


def is_unsaved(request: Request) -> bool:
    """Say whether a form was not saved for that reason."""
    return "unsaved" in request.session


def unsaved(request: Request) -> bool:
    """Say whether a form was not saved for that reason, once."""
    return request.session.pop("unsaved", None) is not None
