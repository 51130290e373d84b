"""What every page is made with: the deployment, the clock, the signed-in member, words, templates.

`Site` is the one object that all requests share; `site_of` finds it. `page` renders a template, and
`paged` cuts a long list into pages. `SharedLedger` keeps one ledger open for all requests.
"""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from jinja2 import Environment
from starlette.convertors import IntegerConvertor, PathConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import HTMLResponse

from vanne import plugins
from vanne.config import Home
from vanne.errors import StorageError
from vanne.inference.serving import Serving
from vanne.ledger import Ledger
from vanne.messages import unread
from vanne.plugins import MenuLink
from vanne.report import person_words
from vanne.report.member import open_ledger
from vanne.report.member_items import find_member
from vanne.terms import Member, Purpose
from vanne.web import session
from vanne.web.oidc import Provider
from vanne.web.readers import Readers
from vanne.web.rendering import ListPage, environment_of, list_page
from vanne.web.session import ROLES, Person, Role
from vanne.words import (
    LANGUAGES,
    Words,
    sentence,
    words,
)

# What stands around every page: who is signed in, where they are, and where they may go.
#
# `frame_of` is asked for each page. A member sees their own name, which nobody else is shown; it
# was looked up when they signed in.


Place = tuple[str, str]
"""An address, and its name as an English sentence."""

MEMBER_PAGES: tuple[Place, ...] = (
    ("/", sentence("Home")),
    ("/settings/data-privacy", sentence("Data privacy")),
    ("/guide", sentence("Other networks")),
)
STAFF_PAGES: dict[Role, tuple[Place, ...]] = {
    "recruiter": (),
    "operator": (
        ("/operator", sentence("Operator")),
        ("/operator/objections", sentence("Objections")),
        ("/api", sentence("The API")),
    ),
    "auditor": (("/auditor", sentence("Auditor")),),
}
"""The core's pages of each role; plug-ins add theirs by `MenuLink`."""

ROLE_NAMES: dict[Role, str] = {
    "recruiter": sentence("Recruiter"),
    "operator": sentence("Operator"),
    "auditor": sentence("Auditor"),
}


@dataclass(frozen=True, slots=True)
class Frame:
    """Who is signed in, and their menu; `here` is where in it the page is."""

    name: str
    initials: str
    has_picture: bool
    roles: tuple[str, ...]
    """The names of a staff member's roles; none for who is a member and nothing else."""
    places: tuple[Place, ...]
    here: str | None


def frame_of(
    person: Person | None, member: Member | None, path: str, links: list[MenuLink]
) -> Frame | None:
    """Return what stands around a page; None for who is not signed in.

    `links` are the pages that plug-ins add for the staff.
    """
    if person is None:
        return None
    roles = [role for role in ROLES[1:] if role in person.roles]
    if member is None and not roles:
        return None
    places = (*(MEMBER_PAGES if member else MEMBER_PAGES[:1]), *_staff_places(roles, links))
    inside = [href for href, _ in places if path == href or path.startswith(f"{href}/")]
    here = max(inside, key=len, default=None)
    names = tuple(ROLE_NAMES[role] for role in roles)
    return Frame(person.name, initials(person.name), person.has_picture, names, places, here)


def _staff_places(roles: list[Role], links: list[MenuLink]) -> Iterator[Place]:
    for role in roles:
        yield from STAFF_PAGES[role]
        yield from ((link.href, link.label) for link in links if link.page == role)


def initials(name: str) -> str:
    """Return what stands in for a photo: the initials of a name, or the end of an id.

    >>> initials("Pascal Cattin"), initials("Rosa"), initials("member-0042")
    ('PC', 'R', '42')
    """
    if any(letter.isdigit() for letter in name):
        return "".join(letter for letter in name if letter.isalnum())[-2:].upper()
    firsts = [part[0] for part in name.split() if part[0].isalpha()]
    return "".join(firsts[:1] + firsts[1:][-1:]).upper()


class _IndexConvertor(IntegerConvertor):
    """A place in the ledger, as an address names it: of as many digits as anybody could mean.

    Python refuses to read a number of thousands of digits. An address with one is none of ours,
    and not a fault.
    """

    regex = "[0-9]{1,100}"


class _Id(PathConvertor):
    """An id in an address: slashes are part of it, and so are line breaks, which `path` refuses."""

    regex = "(?s:.*)"


register_url_convertor("place", _IndexConvertor())
register_url_convertor("id", _Id())
PLACE = "{index:place}"
"""The part of an address."""


class SharedLedger:
    """The one ledger that an application holds open, for its pages and its API alike.

    Opening a ledger costs more than writing to it, and only appends to one open ledger can share a
    commit. It is opened when it is first needed and again after it failed, or when its file is
    another one than it was: a ledger that was moved away must not be written to as if it still were
    the one. It may be used from any number of threads.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._current: Ledger | None = None
        self._file: tuple[int, int] | None = None
        """Device and inode of the ledger's file; None where it is not a file of the home."""
        self._users = Counter[Ledger]()

    @contextmanager
    def use(self) -> Iterator[Ledger]:
        """Give the open ledger; do not close it.

        Raises:
            MissingError: the ledger or its key is not there.
            StorageError: it cannot be opened.
        """
        with self._lock:
            file = None
            with suppress(OSError):
                status = self._home.ledger.stat()
                file = status.st_dev, status.st_ino
            if self._current and self._file != file:
                self._drop(self._current)
            if self._current is None:
                self._current, self._file = open_ledger(self._home, writable=True), file
            ledger = self._current
            self._users[ledger] += 1
        try:
            yield ledger
        except StorageError:
            with self._lock:
                self._drop(ledger)
            raise
        finally:
            with self._lock:
                self._users[ledger] -= 1
                self._close_if_unused(ledger)

    def close(self) -> None:
        """Let go of the ledger, as soon as nobody uses it; it is opened again if it is needed."""
        with self._lock:
            if self._current:
                self._drop(self._current)

    def _drop(self, ledger: Ledger) -> None:
        if self._current is ledger:
            self._current = None
        self._close_if_unused(ledger)

    def _close_if_unused(self, ledger: Ledger) -> None:
        if self._current is not ledger and not self._users[ledger]:
            del self._users[ledger]
            ledger.close()


class Resource(Protocol):
    """What a plug-in holds ready for the pages of a home, such as an index that is open."""

    def __init__(self, home: Home) -> None: ...

    def close(self) -> None:
        """Let go of it. It may be used again."""


Part = TypeVar("Part", bound=Resource)


@dataclass(slots=True)
class Site:
    """One deployment's pages: its home, clock, language of last resort, ledger and model.

    And who signs in how; without a provider this is a demonstration.
    """

    home: Home
    now: Callable[[], datetime]
    lang: str
    serving: Serving
    provider: Provider | None = None
    readers: Readers | None = None
    writers: Readers | None = None
    """Who reads texts, and who reads while a model writes; None in a reader, which does both."""
    network_name: str = ""
    shared_ledger: SharedLedger = field(init=False)
    parts: dict[type, Any] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.shared_ledger = SharedLedger(self.home)

    @property
    def issuer(self) -> str:
        """Who vouches for the people here; empty in a demonstration."""
        return self.provider.sign_in.issuer if self.provider else ""

    def part(self, kind: type[Part]) -> Part:
        """Return what a plug-in holds ready for these pages: made of the home once."""
        part: Part = self.parts.get(kind) or self.parts.setdefault(kind, kind(self.home))
        return part

    def close_parts(self) -> None:
        """Let go of what plug-ins hold ready."""
        for part in self.parts.values():
            part.close()

    def ledger(self) -> AbstractContextManager[Ledger]:
        """Give the one ledger that all requests share: `with site.ledger() as ledger`.

        Raises:
            MissingError: the ledger or its key is not there.
            StorageError: it cannot be opened.
        """
        return self.shared_ledger.use()


def site_of(request: Request) -> Site:
    """Return the site that a request came to."""
    site: Site = request.app.state.site
    return site


def words_of(request: Request) -> Words:
    """Return the words in the language of a request."""
    return words(session.language_of(request, site_of(request).lang))


def member_of(request: Request) -> Member | None:
    """Return which member is signed in; somebody who is no member any more is not."""
    person = session.person_of(request)
    if person is None or "member" not in person.roles:
        return None
    return find_member(site_of(request).home, person.subject)


def origin_of(request: Request) -> str:
    """Return the origin of the pages: as configured, else as this machine's browser says.

    The name in `Host` has been found to be one of ours; forwarded headers are never read.
    """
    provider = site_of(request).provider
    if provider and provider.sign_in.origin:
        return provider.sign_in.origin
    return f"{request.url.scheme}://{request.url.netloc}".lower()  # names have no case (RFC 3986)


def page(
    request: Request, template: str, *, status: int = 200, member: Member | None, **values: Any
) -> HTMLResponse:
    """Answer with a whole page in the language of the request."""
    w = words_of(request)
    query = [(key, value) for key, value in request.query_params.multi_items() if key != "lang"]
    path = request.url.path
    person = session.person_of(request) if status < 500 else None  # a fault asks nothing more
    shared = {
        "member": member,
        "path": path,
        "frame": frame_of(person, member, path, all_links()),
        # the link to this page in each language, with all else that was asked
        "switches": {each: "?" + urlencode([*query, ("lang", each)]) for each in LANGUAGES},
        "network_name": site_of(request).network_name,
        "demonstration": site_of(request).provider is None,
        "new_messages": unread(site_of(request).home, member.member_id) if person and member else 0,
    }
    html = rendered(w.lang, template, **(shared | values))
    return HTMLResponse(html, status, headers={"Content-Language": w.lang})


def rendered(lang: str, template: str, **values: Any) -> str:
    """Fill a template in a language."""
    return _environment(lang).get_template(template).render(**values)


@cache
def _environment(lang: str) -> Environment:
    """Return the templates and words of a language, with what plug-ins add."""
    attached = [each.templates for each in plugins.pages() if each.templates]
    environment = environment_of(lang, "vanne.web", *attached)
    environment.globals |= {"links_of": links_of, "person_words": person_words}
    return environment


def paged(request: Request, rows: Sequence[Any], length: int) -> ListPage:
    """Return the page of a list that an address asks for, the last if it asks for one beyond."""
    return list_page(rows, length, request.query_params.get("page"))


def links_of(page: str, purposes: Collection[Purpose] = ()) -> list[MenuLink]:
    """Return the rows that plug-ins add to a page, where some rows need one of the `purposes`."""
    return [
        link
        for link in all_links()
        if link.page == page and (not link.purpose or link.purpose in purposes)
    ]


def all_links() -> list[MenuLink]:
    """Return the rows that plug-ins add to any page."""
    return list(chain.from_iterable(each.links for each in plugins.pages()))
