"""The recruiter's search pages: the brief and its criteria, the people found, and one person.

A search is sent as a form, recorded, and shown at the address of its record. So a page of results
can be loaded again, and no brief appears in an address, a browser history or a proxy's log.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

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
from vanne_assist.recruiting.evidence import A_PAGE, MOST_PEOPLE, people_of, seen
from vanne_assist.recruiting.reading import read
from vanne_assist.report.fairness import told as ask_told
from vanne_assist.report.finding import Say
from vanne_assist.search.index import Index
from vanne_assist.web.desk import ROLE, Finder, desk_page, lead, recruiting

log = logging.getLogger("vanne.web")

RECENT = 5


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
            about={"page": number},
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
    """Turn a page, or search again with less that is required."""
    recorded = recorded_of(request, person, request.path_params["search"])
    if "page" in sent:
        number = min(number_in(sent["page"]), MOST_PEOPLE // A_PAGE)
        partly = bool(recorded.filters.get("partly"))
        return _run(request, person, brief_of(recorded), number, partly=partly)
    if "relax" not in sent and sent.get("do") not in ("partly", "closest"):
        raise HTTPException(400)
    brief, partly = brief_of(recorded), sent.get("do") == "partly"
    at = int(sent["relax"]) if sent.get("relax", "").isdecimal() else None
    return _run(request, person, brief if partly else relaxed(brief, at), partly=partly)


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
    return desk_page(
        request,
        "find-person.html",
        person=shown,
        passages=passages,
        search=search_id,
    )
