"""The pages of a recruiter's lists."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import Connection, Row
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vanne.errors import InputError
from vanne.web.pages.access import staff_only
from vanne.web.session import Person
from vanne.web.site import site_of
from vanne_assist.brief.criteria import Kind
from vanne_assist.recruiting import contacts, lists
from vanne_assist.recruiting.contacts import Conversation, Stage
from vanne_assist.recruiting.evidence import PersonView, present, quote, seen
from vanne_assist.tables import people_list
from vanne_assist.web.desk import ROLE, Finder, back, desk_of, desk_page, recruiting

LISTS = "/find/lists"
_SKILLS_SHOWN = 8
STAGES = get_args(Stage)


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """What a list says of one person: quoted from items that may be shown."""

    person: PersonView
    added: datetime
    skills: tuple[str, ...]
    notes: Sequence[Row[Any]]
    talk: Conversation | None

    @property
    def stage(self) -> str:
        """How far the conversation with them is."""
        return self.talk.stage if self.talk else "new"


@staff_only(ROLE)
def every_list(request: Request, person: Person) -> Response:
    """Show the lists."""
    with desk_of(request) as db:
        own = lists.lists(db, person.subject)
    return desk_page(request, "find-lists.html", lists=own)


@recruiting
def create(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Begin a list."""
    try:
        with desk_of(request, to_change=True) as db:
            made = lists.create(db, person.subject, sent.get("name", ""), site_of(request).now())
    except InputError:
        return back(request, LISTS, "too-many" if sent.get("name", "").strip() else "nameless")
    return back(request, f"{LISTS}/{made}")


@staff_only(ROLE)
def one_list(request: Request, person: Person) -> Response:
    """Show a list: of each person what may be shown now."""
    stage = request.query_params.get("stage", "")
    with desk_of(request) as db:
        own = _list(request, db, person)
        people, hidden = _shown(request, db, person, own)
    return desk_page(
        request,
        "find-list.html",
        list=own,
        people=[each for each in people if stage in ("", each.stage)],
        counts=Counter(each.stage for each in people),
        stage=stage if stage in STAGES else "",
        hidden=hidden,
    )


@recruiting
def act(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Take somebody out of a list, or delete it."""
    with desk_of(request, to_change=True) as db:
        own = _list(request, db, person)
        if sent.get("do") == "delete":
            lists.delete_own(db, people_list, person.subject, own.id)
            return back(request, LISTS, "deleted")
        lists.take_out(db, own.id, sent.get("member", ""))
    stage = request.query_params.get("stage", "")
    return back(request, request.url.path + (f"?stage={stage}" if stage in STAGES else ""), "out")


def _list(request: Request, db: Connection, person: Person) -> Row[Any]:
    """Return the list of the address.

    Raises:
        HTTPException: the account has none of that id (404).
    """
    own = lists.one(db, person.subject, str(request.path_params["list"]))
    if own is None:
        raise HTTPException(404)
    return own


def _shown(
    request: Request, db: Connection, person: Person, own: Row[Any]
) -> tuple[list[ListedPerson], int]:
    """Return of each person in a list what may be shown now, and of how many nothing may be."""
    people, entries = [], lists.entries(db, own.id)
    spoken = {
        each.person_id: each for each in contacts.conversations(db, account=person.subject)[::-1]
    }
    with site_of(request).part(Finder).use() as index:
        profiles = index.people(entry.person_id for entry in entries)
        for entry in entries:
            if (profile := profiles.get(entry.person_id)) is None:
                continue
            quotes = (quote(profile, fact, around=0) for fact in present(profile, Kind.SKILL))
            skills = tuple({each.said.casefold(): each.said for each in quotes if each}.values())
            people.append(
                ListedPerson(
                    seen(index, profile, None),
                    entry.at,
                    skills[:_SKILLS_SHOWN],
                    lists.notes(db, person.subject, entry.person_id),
                    spoken.get(entry.person_id),
                )
            )
    return people, len(entries) - len(people)
