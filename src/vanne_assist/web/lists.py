"""The pages of a recruiter's lists, and the files exported from them."""

from collections import Counter
from typing import Any

from sqlalchemy import Connection, Row
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.errors import InputError
from vanne.web.pages.access import staff_only
from vanne.web.session import Person
from vanne.web.site import page, site_of, words_of
from vanne.words import sentence
from vanne_assist.brief.criteria import Kind
from vanne_assist.recruiting import contacts, lists
from vanne_assist.recruiting.evidence import headline, present, quote, where
from vanne_assist.recruiting.lists import ListedPerson
from vanne_assist.web.desk import ROLE, Finder, desk_of, recruiting, say_of, tell, told

LISTS = "/find/lists"
_SKILLS_SHOWN, _JOBS_SHOWN = 8, 2
_LONGEST_TITLE = 200
_YEARS = (Kind.YEARS, "experience")
STAGES = {
    "new": sentence("To contact"),
    "contacted": sentence("Contacted"),
    "answered": sentence("Answered"),
    "declined": sentence("Declined"),
    "hired": sentence("Hired"),
}
"""What each of `lists.STAGES` is called."""


@staff_only(ROLE)
def every_list(request: Request, person: Person) -> Response:
    """Show the lists."""
    with desk_of(request) as db:
        own = lists.lists(db, person.subject)
    return page(request, "find-lists.html", member=None, lists=own, said=told(request))


@recruiting
def create(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Begin a list."""
    try:
        with desk_of(request, to_change=True) as db:
            made = lists.create(db, person.subject, sent.get("name", ""), site_of(request).now())
    except InputError:
        tell(request, "nameless" if not sent.get("name", "").strip() else "too-many")
        return RedirectResponse(LISTS, 303)
    return RedirectResponse(f"{LISTS}/{made}", 303)


@staff_only(ROLE)
def one_list(request: Request, person: Person) -> Response:
    """Show a list: of each person what may be shown now."""
    w, stage = words_of(request), request.query_params.get("stage", "")
    with desk_of(request) as db:
        own = _list(request, db, person)
        people, hidden = _shown(request, db, person, own)
    stages = [(name, w(said)) for name, said in STAGES.items()]
    return page(
        request,
        "find-list.html",
        member=None,
        list=own,
        people=[each for each in people if stage in ("", each.stage)],
        counts=Counter(each.stage for each in people),
        stage=stage if stage in STAGES else "",
        stages=stages,
        said_of=dict(stages),
        hidden=hidden,
        said=told(request),
    )


@recruiting
def act(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Say how far somebody in a list is, take them out of it, or delete it."""
    with desk_of(request, to_change=True) as db:
        own = _list(request, db, person)
        if sent.get("do") == "delete":
            lists.delete_list(db, person.subject, own.id)
            tell(request, "deleted")
            return RedirectResponse(LISTS, 303)
        member, done = sent.get("member", ""), "out"
        if sent.get("do") == "stage":
            try:
                lists.set_stage(db, own.id, member, sent.get("stage", ""), site_of(request).now())
            except InputError as error:
                raise HTTPException(400) from error
            done = "staged"
        else:
            lists.take_out(db, own.id, member)
    tell(request, done)
    stage = request.query_params.get("stage", "")
    query = f"?stage={stage}" if stage in STAGES else ""
    return RedirectResponse(request.url.path + query, 303)


@recruiting
def download(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Hand a list out as a file, and keep the numbers of its rows."""
    with desk_of(request, to_change=True) as db:
        own = _list(request, db, person)
        people, _ = _shown(request, db, person, own)
        file_id, data = lists.hand_out(db, person.subject, own.id, people, site_of(request).now())
    headers = {"Content-Disposition": f'attachment; filename="people-{file_id}.csv"'}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)


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
    say, people, entries = say_of(request), [], lists.entries(db, own.id)
    stages = lists.stages(db, own.id)
    answers = {
        each.person_id: each.messages[-1].text
        for each in contacts.conversations(db, account=person.subject)
        if each.is_answered and each.ended is None
    }
    with site_of(request).part(Finder).use() as index:
        profiles = index.people(entry.person_id for entry in entries)
        for entry in entries:
            if (profile := profiles.get(entry.person_id)) is None:
                continue
            spoken = (say.value(f.kind, f.value) for f in present(profile, Kind.LANGUAGE))
            quotes = (quote(profile, fact, around=0) for fact in present(profile, Kind.SKILL))
            skills = tuple({each.said.casefold(): each.said for each in quotes if each}.values())
            stage, since = lists.stage_of(stages, entry.person_id)
            years = [f.number for f in profile.facts if (f.kind, f.value) == _YEARS]
            jobs = [p for p in profile.passages if p.category == "position"][:_JOBS_SHOWN]
            titles = [p.fields.get("title") or p.text.split("\n")[0] for p in jobs]
            notes = lists.notes(db, person.subject, entry.person_id)
            people.append(
                ListedPerson(
                    member_id=entry.person_id,
                    added=entry.at.date(),
                    title=headline(profile),
                    place=where(profile),
                    languages=tuple(dict.fromkeys(spoken)),
                    years=years[0] if years else None,
                    skills=skills[:_SKILLS_SHOWN],
                    evidence=tuple(title[:_LONGEST_TITLE] for title in titles),
                    notes=tuple(note.text for note in notes),
                    stage=stage,
                    since=since,
                    answer=answers.get(entry.person_id, ""),
                )
            )
    return people, len(entries) - len(people)
