"""The recruiter's search pages: the brief and its criteria, the people found, and one person.

A search is sent as a form, recorded, and shown at the address of its record. So a page of results
can be loaded again, and no brief appears in an address, a browser history or a proxy's log.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote as quoted

from sqlalchemy import Row
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vanne.errors import InputError, VanneError
from vanne.web.pages.access import staff_only
from vanne.web.rendering import number_in
from vanne.web.session import Person
from vanne.web.site import site_of, words_of
from vanne_assist.brief.criteria import Brief, criteria_json, together
from vanne_assist.brief.edits import chips_in
from vanne_assist.brief.parse import MOST_LETTERS, instead, notices_of, read_brief
from vanne_assist.brief.places import HERE_KM
from vanne_assist.fairness.meaning import doubts
from vanne_assist.fairness.protected import Ask
from vanne_assist.fairness.record import SearchLog, SearchRecord
from vanne_assist.fairness.search import Asker, RecordedPage, brief_of, protected, search
from vanne_assist.fairness.wording import offered
from vanne_assist.recruiting import briefs, lists
from vanne_assist.recruiting.evidence import A_PAGE, MOST_PEOPLE, people_of, seen
from vanne_assist.recruiting.reading import read
from vanne_assist.report.fairness import told as ask_told
from vanne_assist.report.finding import Say
from vanne_assist.search.index import Index
from vanne_assist.tables import note as note_table
from vanne_assist.tables import saved_brief
from vanne_assist.web import postings
from vanne_assist.web.desk import (
    ROLE,
    Finder,
    back,
    desk_of,
    desk_page,
    lead,
    recruiting,
)

log = logging.getLogger("vanne.web")

RECENT = 5
SAVED = "/find/saved"


# A brief


@staff_only(ROLE)
def begin(request: Request, person: Person) -> Response:
    """Show the form, and what was searched last."""
    return _form(request, person)


@recruiting
def ask(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Search, write it down, and lead to the record; or say why nothing was searched.

    The words are read again if they changed and the criteria were not asked for.
    """
    w, text = words_of(request), sent.get("brief", "").strip()
    wrong = ""
    if not any(letter.isalnum() for letter in text):
        wrong = w("The brief is empty. Say who you are looking for, such as “nurse near Bern”.")
    elif len(text) > MOST_LETTERS:
        wrong = w("The brief has %(n)s characters, more than %(most)s. Keep what you look for.",
                  n=w.number(len(text)), most=w.number(MOST_LETTERS))  # fmt: skip
    if wrong:
        return _form(request, person, typed=text[:MOST_LETTERS], wrong=[wrong], status=422)
    # browsers end lines in more than one way
    same = text.split() == sent.get("was", "").split()
    asked = sent.get("do") == "criteria" or "drop" in sent
    is_edited = sent.get("do") != "read" and (asked or same)
    brief = read_brief(text) if is_edited else read(site_of(request).home, text)
    if is_edited:
        chips, faults = chips_in(sent, sent.get("lang_of") or brief.lang)
        if not same:
            chips = tuple(replace(chip, span=None) for chip in chips)
        brief = replace(brief, criteria=chips)
        if faults and not protected(brief):
            wrong_chips = [Say(words_of(request).lang).notice(fault) for fault in faults]
            return _form(request, person, brief=brief, wrong=wrong_chips, status=422)
    return _run(request, person, brief)


def _run(
    request: Request,
    person: Person,
    brief: Brief,
    number: int = 1,
    saved: str = "",
    *,
    partly: bool = False,
) -> Response:
    """Search for a brief and lead to the record of it, or say why it is not searched."""
    if asks := protected(brief):
        return _form(request, person, brief=brief, asks=asks, status=422)
    site, w = site_of(request), words_of(request)

    def find(index: Index) -> RecordedPage:
        return search(
            site.home,
            index,
            brief,
            Asker(person.subject, ROLE),
            site.now(),
            count=A_PAGE,
            offset=(number - 1) * A_PAGE,
            about={"page": number, "saved": saved},
            partly=partly,
        )

    wrong = [w("People cannot be searched now. Nothing of your brief is lost: try again.")]
    return lead(request, find, lambda: _form(request, person, brief=brief, wrong=wrong, status=503))


def _form(
    request: Request,
    person: Person,
    *,
    brief: Brief | None = None,
    typed: str = "",
    asks: Sequence[Ask] = (),
    wrong: Sequence[str] = (),
    status: int = 200,
) -> Response:
    recent: Sequence[object] = ()
    if status == 200:
        try:
            recent = SearchLog(site_of(request).home).asked_by(person.subject, RECENT)
        except VanneError as error:
            log.error("%s", error)
    return desk_page(
        request,
        "find.html",
        status=status,
        typed=typed,
        asks=asks,
        ask_told=ask_told,
        lawful=offered(brief.text) if brief and asks else None,
        wrong=wrong,
        recent=recent,
        **_of_brief(request, brief),
    )


def _of_brief(request: Request, brief: Brief | None) -> dict[str, Any]:
    """Return what the form shows of a brief: each criterion, and how it comes back."""
    criteria = brief.criteria if brief else ()
    rows = [json.dumps(row, ensure_ascii=False) for row in criteria_json(criteria)]
    say = Say(words_of(request).lang)
    groups = [[criteria[at] for at in places] for places in together(criteria)]
    return {
        "brief": brief,
        "understood": [say.alternatives(group) for group in groups],
        "chips": list(zip(criteria, rows, strict=True)),
        "here_km": f"{HERE_KM:g}",
    }


# A page of results


@staff_only(ROLE)
def results(request: Request, person: Person) -> Response:
    """Show a recorded search to whoever made it, less whoever opted out since."""
    site, recorded = site_of(request), recorded_of(request, person, request.path_params["search"])
    brief = brief_of(recorded)
    notices = (*notices_of(brief), *doubts(brief.text))
    meant = {each: [(name, instead(brief, each, name)) for name in each.near] for each in notices}
    with site.part(Finder).use() as index:
        people = people_of(index, recorded)
        stale = index.as_of if index.is_stale() else None
    with desk_of(request) as db:
        own, inside = lists.lists(db, person.subject), lists.lists_with(db, person.subject)
        seen_of = briefs.seen(db, str(recorded.filters.get("saved", "")))
    return desk_page(
        request,
        "found.html",
        search=recorded,
        people=people,
        hidden=len(recorded.hits) - len(people),
        number=int(recorded.filters["page"]),
        nearly=int(recorded.filters["nearly"]),
        without=[pair for pair in recorded.filters.get("without", ()) if pair[1]],
        pages=max(1, -(-min(recorded.eligible, MOST_PEOPLE) // A_PAGE)),
        most=MOST_PEOPLE,
        stale=stale,
        meant=meant,
        new={member for member, is_new in seen_of.items() if is_new},
        lists=own,
        last=last_list(request, own),
        inside=inside,
        typed="",
        **_of_brief(request, brief),
    )


def recorded_of(request: Request, person: Person, search_id: str) -> SearchRecord:
    """Return the record of that id, if this account made it.

    Raises:
        HTTPException: there is none, or it is somebody else's (404).
    """
    try:
        recorded = SearchLog(site_of(request).home).find(search_id)
    except InputError as error:
        raise HTTPException(404) from error
    if recorded.by != person.subject:
        raise HTTPException(404)
    return recorded


@recruiting
def act(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Turn a page, or put somebody in a list."""
    recorded = recorded_of(request, person, request.path_params["search"])
    if "page" in sent:
        number = min(number_in(sent["page"]), MOST_PEOPLE // A_PAGE)
        if posting := recorded.filters.get("posting"):
            return postings.run(request, person, str(posting), number)
        saved, partly = str(recorded.filters.get("saved", "")), bool(recorded.filters.get("partly"))
        return _run(request, person, brief_of(recorded), number, saved, partly=partly)
    if "relax" in sent or sent.get("do") in ("partly", "closest"):
        brief, partly = brief_of(recorded), sent.get("do") == "partly"
        at = int(sent["relax"]) if sent.get("relax", "").isdecimal() else None
        return _run(request, person, brief if partly else relaxed(brief, at), partly=partly)
    if sent.get("do") == "save":
        done = _save(request, person, brief_of(recorded), sent.get("name", ""))
        return back(request, request.url.path, done)
    member = sent.get("member", "")
    if member not in {hit.member_id for hit in recorded.hits}:
        raise HTTPException(400)
    into = sent.get("into") or sent.get("list", "")
    done = _put(request, person, member, into, recorded.id, recorded.brief)
    return back(request, f"{request.url.path}#h{number_in(sent.get('at'))}", done)


def relaxed(brief: Brief, at: int | None) -> Brief:
    """Return a brief in which one criterion, or with None each, is preferred and not required.

    Of alternatives all are. What was excluded is left out: nobody asked for it.
    """
    groups = together(brief.criteria)
    meant = {place for group in groups if at is None or at in group for place in group}
    criteria = [
        replace(each, force="nice") if place in meant and each.force == "must" else each
        for place, each in enumerate(brief.criteria)
        if place not in meant or each.force != "not"
    ]
    return replace(brief, criteria=tuple(criteria))


# Saved briefs


def _save(request: Request, person: Person, brief: Brief, name: str) -> str:
    """Save a brief, whose people were just looked at; return the name of what to say."""
    try:
        with desk_of(request, to_change=True) as db:
            saved_id = briefs.save(db, person.subject, name, brief, site_of(request).now())
    except InputError:
        return "too-many" if name.strip() else "nameless"
    _look(request, saved_id, brief)
    return "saved"


@staff_only(ROLE)
def saved(request: Request, person: Person) -> Response:
    """Show the saved briefs, and how many people are new in each since somebody last looked."""
    with desk_of(request) as db:
        rows = briefs.saved(db, person.subject)
        seen = {row.id: briefs.seen(db, row.id) for row in rows}
    new: dict[str, int] = {}
    try:
        with site_of(request).part(Finder).use() as index:
            for row in rows:
                people = briefs.found(index, briefs.brief_of_row(row))
                new[row.id] = len(set(people) - seen[row.id].keys())
    except VanneError as error:
        log.error("%s", error)
    shown = [(row, new.get(row.id)) for row in rows]
    return desk_page(request, "find-saved.html", rows=shown)


def _look(request: Request, brief_id: str, brief: Brief) -> None:
    """Make everybody whom a saved brief finds now seen; if it cannot be searched, nobody."""
    site = site_of(request)
    try:
        with site.part(Finder).use() as index:
            people = briefs.found(index, brief)
    except VanneError as error:
        log.error("%s", error)
        return
    with desk_of(request, to_change=True) as db:
        briefs.looked(db, brief_id, people, site.now())


@recruiting
def look(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Search for a saved brief again, which makes everybody in it seen; or delete it."""
    with desk_of(request, to_change=True) as db:
        own = {row.id: row for row in briefs.saved(db, person.subject)}
        row = own.get(sent.get("brief", ""))
        if row is None:
            raise HTTPException(404)
        if sent.get("do") == "delete":
            lists.delete_own(db, saved_brief, person.subject, row.id)
            return back(request, SAVED, "deleted")
    brief = briefs.brief_of_row(row)
    _look(request, row.id, brief)
    return _run(request, person, brief, saved=row.id)


def last_list(request: Request, own: Sequence[Row[Any]]) -> Row[Any] | None:
    """Return the list that was last put into, else the newest."""
    last = request.session.get("list")
    return next((each for each in own if each.id == last), own[0] if own else None)


def _put(
    request: Request, person: Person, member: str, list_id: str, search_id: str, name: str
) -> str:
    """Put somebody in a list, who may have opted out since the form was made.

    A new list is called by the words of the brief. Return the name of what to say.

    Raises:
        HTTPException: there is no such list (400).
    """
    with site_of(request).part(Finder).use() as index:
        may_be_shown = index.row(member) is not None
    with desk_of(request, to_change=True) as db:
        own, now = lists.one(db, person.subject, list_id), site_of(request).now()
        if own is None and list_id != "new":
            raise HTTPException(400)
        if not may_be_shown:
            return ""
        try:
            into = own.id if own else lists.create(db, person.subject, name, now)
            lists.put(db, into, member, search_id, now)
            request.session["list"] = into
        except InputError:
            return "too-many"
    return "kept"


# A person


@staff_only(ROLE)
def person(request: Request, account: Person) -> Response:
    """Show somebody who may be found; whoever may not is not there."""
    search_id = request.query_params.get("from", "")
    brief = brief_of(recorded_of(request, account, search_id)) if search_id else None
    member = str(request.path_params["member"])
    with site_of(request).part(Finder).use() as index:
        profile = index.people([member]).get(member)
        if profile is None:
            raise HTTPException(404)
        shown, passages = seen(index, profile, brief), profile.passages
    with desk_of(request) as db:
        notes, own = lists.notes(db, account.subject, member), lists.lists(db, account.subject)
    return desk_page(
        request,
        "find-person.html",
        person=shown,
        passages=passages,
        search=search_id,
        notes=notes,
        lists=own,
    )


@recruiting
def note(request: Request, account: Person, sent: dict[str, str]) -> Response:
    """Keep a note, delete one, or put the person in a list."""
    member = str(request.path_params["member"])
    with site_of(request).part(Finder).use() as index:
        if index.row(member) is None:
            raise HTTPException(404)
    if sent.get("do") == "keep":
        search_id = request.query_params.get("from", "")[:40]
        recorded = recorded_of(request, account, search_id) if search_id else None
        name = recorded.brief if recorded else words_of(request)("List")
        done = _put(request, account, member, sent.get("list", ""), search_id, name)
    else:
        done = _note(request, account, member, sent)
    query = f"?{request.url.query}" if request.url.query else ""
    return back(request, f"/find/people/{quoted(member, safe='')}{query}", done)


def _note(request: Request, account: Person, member: str, sent: dict[str, str]) -> str:
    """Keep a note or delete one; return the name of what to say."""
    with desk_of(request, to_change=True) as db:
        if "delete" in sent:
            lists.delete_own(db, note_table, account.subject, sent["delete"])
            return "deleted"
        try:
            now = site_of(request).now()
            lists.add_note(db, account.subject, member, sent.get("note", ""), now)
        except InputError:
            return "empty"
    return "noted"
