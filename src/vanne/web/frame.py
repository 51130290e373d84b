"""What stands around every page: who is signed in, where they are, and where they may go.

`frame_of` is asked for each page. A member sees their own name, which nobody else is shown; it was
looked up when they signed in.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from vanne.plugins import MenuLink
from vanne.terms import Member
from vanne.web.session import ROLES, Person, Role
from vanne.words import sentence

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
