"""A page of results: a recorded search, and what a recruiter does with it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.errors import InputError
from vanne.web.pages.access import staff_only
from vanne.web.session import Person as SignedIn
from vanne.web.site import number_in, page, site_of, words_of
from vanne_assist.brief.criteria import Brief, Kind
from vanne_assist.brief.notices import notices_of
from vanne_assist.fairness.record import SearchLog, SearchRecord
from vanne_assist.fairness.search import brief_of
from vanne_assist.recruiting import briefs, lists
from vanne_assist.recruiting.evidence import (
    A_PAGE,
    MOST_PEOPLE,
    PersonView,
    everybody,
    people_of,
)
from vanne_assist.recruiting.lists import Opinion, add_opinion, delete_opinion, opinions, weights
from vanne_assist.report.finding import Say
from vanne_assist.search.find import Results
from vanne_assist.web import postings
from vanne_assist.web.desk import ROLE, desk_of, recruiting, say_of, tell, told
from vanne_assist.web.finder import Finder
from vanne_assist.web.finding import of_brief, run

log = logging.getLogger("vanne.web")

_CAN_ADD = (Kind.PLACE, Kind.LANGUAGE, Kind.SKILL, Kind.YEARS)
_FACETS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class FacetRow:
    """A value that some of those who passed have; `can_add` says that it can be asked for."""

    value: str
    said: str
    count: int
    can_add: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """The commonest values of a kind."""

    kind: Kind
    rows: tuple[FacetRow, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What the page shows of a search. `hidden` were shown then, and may not be now."""

    search: SearchRecord
    people: list[PersonView]
    facets: list[Facet]
    opinions: list[Opinion]
    weights: Mapping[Kind, float]
    hidden: int
    most: int = MOST_PEOPLE

    @property
    def thread(self) -> str:
        """What ties together a brief and what came of changing it."""
        return str(self.search.filters.get("thread", ""))

    @property
    def posting(self) -> str:
        """The id of the job offer that it was for, if it was for one."""
        return str(self.search.filters.get("posting", ""))

    @property
    def page(self) -> int:
        """Which page of the list this is."""
        return int(self.search.filters.get("page", 1))

    @property
    def pages(self) -> int:
        """How many pages can be looked at."""
        return max(1, -(-min(self.search.eligible, MOST_PEOPLE) // A_PAGE))


@staff_only(ROLE)
def show(request: Request, person: SignedIn) -> Response:
    """Show a recorded search to whoever made it."""
    site, recorded = site_of(request), recorded_of(request, person)
    brief, account = brief_of(recorded), person.subject
    with site.part(Finder).use() as index:
        people = people_of(index, recorded)
        results = everybody(index, brief)
    thread = str(recorded.filters.get("thread", ""))
    with desk_of(request) as db:
        held = opinions(db, account, thread)
        own, news = lists.lists(db, account), briefs.news_of(db, str(recorded.filters["saved"]))
    say, hidden = say_of(request), len(recorded.hits) - len(people)
    facets = [] if "posting" in recorded.filters else _facets(results, say)
    found = Found(recorded, people, facets, held, weights(held), hidden)
    kinds = dict.fromkeys(c.kind for c in brief.criteria if c.force != "not")
    return page(
        request,
        "found.html",
        member=None,
        found=found,
        said=told(request),
        notes=_notes(request, brief, results),
        news=news,
        lists=own,
        kinds=[(kind.value, say.kind(kind)) for kind in kinds],
        typed="",
        **of_brief(request, brief),
    )


def _notes(request: Request, brief: Brief, results: Results) -> list[str]:
    """Say what is wrong with the brief, who was nearly found, and that the index is old."""
    w, say = words_of(request), say_of(request)
    said = [say.notice(notice) for notice in notices_of(brief)]
    if results.nearly:
        said.append(w.plural("%(n)s more person meets what must be in part.",
                             "%(n)s more people meet what must be in part.",
                             results.nearly))  # fmt: skip
    if results.is_stale:
        said.append(w("The index is of %(date)s; what was written since is not in it yet.",
                      date=w.date(results.as_of)))  # fmt: skip
    return said


def _facets(results: Results, say: Say) -> list[Facet]:
    found = []
    for name, values in results.facets.items():
        kind = Kind(name)
        rows = [
            FacetRow(each.value, say.facet(kind, each.value), each.count, kind in _CAN_ADD)
            for each in values[:_FACETS_SHOWN]
        ]
        if rows:
            found.append(Facet(kind, tuple(rows)))
    return found


def recorded_of(request: Request, person: SignedIn, search_id: str | None = None) -> SearchRecord:
    """Return the record that an address names, if this account made it.

    Raises:
        HTTPException: there is none, or it is somebody else's (404).
    """
    name = search_id or str(request.path_params["search"])
    try:
        found = SearchLog(site_of(request).home).find(name)
    except InputError as error:
        raise HTTPException(404) from error
    if found.by != person.subject or found.id != name:
        raise HTTPException(404)
    return found


def _act(request: Request, person: SignedIn, sent: dict[str, str]) -> Response:
    """Turn a page, keep an opinion or take it back, put somebody in a list, save the brief."""
    recorded = recorded_of(request, person)
    if "page" in sent:
        thread, saved = str(recorded.filters["thread"]), str(recorded.filters["saved"])
        number = min(number_in(sent["page"]), MOST_PEOPLE // A_PAGE)
        if posting := recorded.filters.get("posting"):
            return postings.run(request, person, str(posting), thread, number)
        brief = brief_of(recorded)
        return run(request, person, brief, thread, number=number, saved=saved)
    try:
        done = _done(request, person.subject, recorded, sent)
    except InputError as error:
        log.info("%s", error)
        done = "nameless" if sent.get("do") == "save" else "too-many"
    tell(request, done)
    return RedirectResponse(request.url.path, 303)


def _done(request: Request, account: str, recorded: SearchRecord, sent: dict[str, str]) -> str:
    """Do what a form asks; return the name of what to say.

    Raises:
        InputError: there is no name, or no room.
        HTTPException: it is none of what the page asks (400).
    """
    now, thread = site_of(request).now(), str(recorded.filters["thread"])
    with desk_of(request, to_change=True) as db:
        if "undo" in sent:
            delete_opinion(db, account, sent["undo"])
            return "undone"
        if sent.get("do") == "save":
            briefs.save(db, account, sent.get("name", ""), brief_of(recorded), thread, now)
            return "saved"
        member = sent.get("member", "")
        if member not in {hit.member_id for hit in recorded.hits}:
            raise HTTPException(400)
        if not _may_be_shown(request, member):
            return ""
        if sent.get("do") == "keep" and (kept := lists.one(db, account, sent.get("list", ""))):
            lists.put(db, kept.id, member, recorded.id, now)
            return "kept"
        if sent.get("do") in ("fits", "misfits") and sent.get("kind") in list(Kind):
            opinion = Opinion("", member, sent["do"] == "fits", Kind(sent["kind"]))
            add_opinion(db, account, thread, opinion, now)
            return "thought"
    raise HTTPException(400)


def _may_be_shown(request: Request, member: Any) -> bool:
    """Say whether somebody may be kept: a form may be older than their no."""
    with site_of(request).part(Finder).use() as index:
        return index.row(member) is not None


act = recruiting(_act)
