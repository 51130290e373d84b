"""What a recruiter keeps: saved briefs with what is new in them, lists, and files of these."""

import logging

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.errors import InputError, VanneError
from vanne.web.pages.access import staff_only
from vanne.web.session import Person
from vanne.web.site import page, site_of
from vanne_assist.brief.criteria import Kind, Profile
from vanne_assist.brief.judge import judge
from vanne_assist.recruiting import briefs, lists
from vanne_assist.recruiting.evidence import everybody, headline, present, where
from vanne_assist.recruiting.export import ExportedPerson, as_csv, as_json, hand_out
from vanne_assist.report.finding import Say
from vanne_assist.search.index import Index
from vanne_assist.web.desk import ROLE, desk_of, recruiting, say_of, tell, told
from vanne_assist.web.finder import Finder
from vanne_assist.web.finding import run

log = logging.getLogger("vanne.web")

SAVED, LISTS = "/find/saved", "/find/lists"
_LOOKED_INTO = 20
"""For how many saved briefs the page says at once what is new: each is a search."""
_SKILLS_SHOWN = 8


# Saved briefs


@staff_only(ROLE)
def saved(request: Request, person: Person) -> Response:
    """Show the saved briefs, and what is new in each since somebody last looked."""
    with desk_of(request) as db:
        own = briefs.saved(db, person.subject)
        before = {each.id: briefs.last_look(db, each.id) for each in own[:_LOOKED_INTO]}
    rows = []
    for each in own:
        told_ = None
        if each.id in before:
            now = _marks(request, each)
            told_ = None if now is None else briefs.news(before[each.id], now, each.gone)
        rows.append((each, told_))
    say = say_of(request)
    return page(request, "find-saved.html", member=None, rows=rows, say=say, said=told(request))


def _marks(request: Request, each: briefs.SavedBrief) -> dict[str, str] | None:
    """Return the marks of whom a brief finds now; None if it cannot be searched."""
    try:
        with site_of(request).part(Finder).use() as index:
            results = everybody(index, each.brief)
    except VanneError as error:
        log.error("%s", error)
        return None
    criteria = each.brief.criteria
    return {
        hit.member_id: briefs.mark_of([judge(asked, hit.profile) for asked in criteria])
        for hit in results.hits
    }


def _act_on_brief(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Look at a saved brief again, which makes everything in it seen; or delete it."""
    with desk_of(request, to_change=True) as db:
        found = briefs.one(db, person.subject, sent.get("brief", ""))
        if found is None:
            raise HTTPException(404)
        if sent.get("do") == "delete":
            briefs.delete_brief(db, person.subject, found.id)
            tell(request, "deleted")
            return RedirectResponse(SAVED, 303)
    marks = _marks(request, found)
    if marks is not None:
        with desk_of(request, to_change=True) as db:
            briefs.looked(db, found, marks, site_of(request).now())
    return run(request, person, found.brief, found.thread, saved=found.id)


act_on_brief = recruiting(_act_on_brief)


# Lists


@staff_only(ROLE)
def every_list(request: Request, person: Person) -> Response:
    """Show the lists."""
    with desk_of(request) as db:
        own = lists.lists(db, person.subject)
    return page(request, "find-lists.html", member=None, lists=own, said=told(request))


def _create(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Begin a list."""
    try:
        with desk_of(request, to_change=True) as db:
            made = lists.create(db, person.subject, sent.get("name", ""), site_of(request).now())
    except InputError:
        tell(request, "nameless" if not sent.get("name", "").strip() else "too-many")
        return RedirectResponse(LISTS, 303)
    return RedirectResponse(f"{LISTS}/{made}", 303)


create = recruiting(_create)


@staff_only(ROLE)
def one_list(request: Request, person: Person) -> Response:
    """Show a list: of each person what may be shown now."""
    with desk_of(request) as db:
        found = _list(request, person, lists.one(db, person.subject, _id(request)))
        people = _shown(request, db, person, found)
    return page(
        request,
        "find-list.html",
        member=None,
        list=found,
        people=people,
        hidden=len(found.entries) - len(people),
        said=told(request),
    )


def _act_on_list(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Take somebody out of a list, or delete it."""
    with desk_of(request, to_change=True) as db:
        found = _list(request, person, lists.one(db, person.subject, _id(request)))
        if sent.get("do") == "delete":
            lists.delete_list(db, person.subject, found.id)
            tell(request, "deleted")
            return RedirectResponse(LISTS, 303)
        lists.take_out(db, found.id, sent.get("member", ""))
    tell(request, "out")
    return RedirectResponse(request.url.path, 303)


act_on_list = recruiting(_act_on_list)


def _download(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Hand a list out as a file, and keep the numbers of its rows."""
    with desk_of(request, to_change=True) as db:
        found = _list(request, person, lists.one(db, person.subject, _id(request)))
        people = _shown(request, db, person, found)
        about = (found.id, found.name, found.gone)
        hidden = len(found.entries) - len(people)
        file = hand_out(db, person.subject, about, people, hidden, site_of(request).now())
    kind = "csv" if sent.get("as") == "csv" else "json"
    data = as_csv(file) if kind == "csv" else as_json(file)
    name = f'attachment; filename="people-{file.id}.{kind}"'
    media = "text/csv; charset=utf-8" if kind == "csv" else "application/json"
    return Response(data, media_type=media, headers={"Content-Disposition": name})


download = recruiting(_download)


def _id(request: Request) -> str:
    return str(request.path_params["list"])


def _list(request: Request, person: Person, found: lists.PeopleList | None) -> lists.PeopleList:
    if found is None:
        raise HTTPException(404)
    return found


def _shown(
    request: Request, db: Connection, person: Person, found: lists.PeopleList
) -> list[ExportedPerson]:
    """Return of each person in a list what may be shown of them now."""
    say, people = say_of(request), []
    with site_of(request).part(Finder).use() as index:
        for entry in found.entries:
            noted = [note.text for note in lists.notes(db, person.subject, entry.member_id)]
            shown = shown_of(index, entry, noted, say)
            if shown is not None:
                people.append(shown)
    return people


def shown_of(
    index: Index, entry: lists.ListEntry, noted: list[str], say: Say
) -> ExportedPerson | None:
    """Return what a list says of somebody; None if nothing may be shown of them now."""
    row = index.row(entry.member_id)
    if row is None:
        return None
    profile = index.profile(row)
    years = [f.number for f in profile.facts if f.kind is Kind.YEARS and f.value == "experience"]
    positions = [p for p in profile.passages if p.category == "position"]
    titles = [p.fields.get("title") or p.text.split("\n")[0] for p in positions]
    return ExportedPerson(
        member_id=entry.member_id,
        added=entry.at.date(),
        title=headline(profile),
        place=where(profile),
        languages=_values(profile, Kind.LANGUAGE, say),
        years=years[0] if years else None,
        skills=_values(profile, Kind.SKILL, say)[:_SKILLS_SHOWN],
        evidence=tuple(text[:200] for text in titles[:2]),
        notes=tuple(noted),
    )


def _values(profile: Profile, kind: Kind, say: Say) -> tuple[str, ...]:
    said = (say.facet(kind, fact.value) for fact in present(profile, kind))
    return tuple(dict.fromkeys(said))
