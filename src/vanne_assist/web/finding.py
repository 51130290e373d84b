"""The recruiter's page to search: a brief in plain words, and what was understood of it.

A search is sent as a form, written down, and shown at the address of its record: a page of results
can be loaded again, and no brief stands in an address, a history or a log of a proxy.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.errors import VanneError
from vanne.web.pages.access import staff_only
from vanne.web.session import Person
from vanne.web.site import page, site_of, words_of
from vanne_assist.brief.criteria import Brief
from vanne_assist.brief.edits import chips_in
from vanne_assist.brief.parse import MOST_LETTERS, read_brief
from vanne_assist.brief.places import HERE_KM
from vanne_assist.brief.wording import boolean_of
from vanne_assist.fairness.protected import Ask, reworded
from vanne_assist.fairness.record import SearchLog
from vanne_assist.fairness.search import protected, search
from vanne_assist.recruiting.evidence import A_PAGE, expansions, new_thread
from vanne_assist.recruiting.lists import opinions, weights
from vanne_assist.web.desk import ROLE, asker_of, desk_of, recruiting, say_of
from vanne_assist.web.finder import Finder

log = logging.getLogger("vanne.web")

RECENT = 5
RESULTS = "/find/results"


@staff_only(ROLE)
def begin(request: Request, person: Person) -> Response:
    """Show the form, and what was searched last."""
    return _form(request, person, new_thread())


def _ask(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Search, write it down, and lead to the record; or say why nothing was searched."""
    text, thread = sent.get("brief", "").strip(), sent.get("thread", "")
    thread = thread if thread.isalnum() and len(thread) < 40 else new_thread()
    if wrong := _unreadable(request, text):
        return _form(request, person, thread, typed=text[:MOST_LETTERS], wrong=[wrong], status=422)
    brief, wrong_chips = brief_in(request, text, sent)
    if wrong_chips and not protected(brief):
        return _form(request, person, thread, brief=brief, wrong=wrong_chips, status=422)
    return run(request, person, brief, thread)


ask = recruiting(_ask)


def run(
    request: Request, person: Person, brief: Brief, thread: str, *, number: int = 1, saved: str = ""
) -> Response:
    """Search for a brief and lead to the record of it, or say why it is not searched."""
    if asks := protected(brief):
        return _form(request, person, thread, brief=brief, asks=asks, status=422)
    site = site_of(request)
    try:
        with desk_of(request) as db:
            by = weights(opinions(db, person.subject, thread))
        with site.part(Finder).use() as index:
            listed = search(
                site.home,
                index,
                brief,
                asker_of(person),
                site.now(),
                count=A_PAGE,
                offset=(number - 1) * A_PAGE,
                weights=by,
                about={"thread": thread, "page": number, "saved": saved},
            )
    except VanneError as error:
        log.error("%s", error)
        w = words_of(request)
        wrong = [w("People cannot be searched now. Nothing of your brief is lost: try again.")]
        return _form(request, person, thread, brief=brief, wrong=wrong, status=503)
    return RedirectResponse(f"{RESULTS}/{listed.search.id}", 303)


def brief_in(request: Request, text: str, sent: dict[str, str]) -> tuple[Brief, list[str]]:
    """Read the brief of a form: its words, or the criteria that somebody made of them.

    The words are read again if they changed and the criteria were not asked for.
    """
    read = read_brief(text)
    same = _plain(text) == _plain(sent.get("was", ""))
    asked = sent.get("do") == "criteria" or "drop" in sent or "facet" in sent
    if sent.get("do") == "read" or not (asked or same):
        return read, []
    chips, troubles = chips_in(sent, sent.get("lang_of") or read.lang)
    if not same:
        chips = tuple(replace(chip, span=None) for chip in chips)
    say = say_of(request)
    return replace(read, criteria=chips), [say.trouble(trouble) for trouble in troubles]


def _plain(text: str) -> str:
    """Return a text as it is whichever way a browser ended its lines."""
    return " ".join(text.split())


def _unreadable(request: Request, text: str) -> str:
    w = words_of(request)
    if not any(letter.isalnum() for letter in text):
        return w("The brief is empty. Say whom you look for, such as «nurse near Bern».")
    if len(text) > MOST_LETTERS:
        return w("The brief has %(n)s characters, more than %(most)s. Keep what you look for.",
                 n=w.number(len(text)), most=w.number(MOST_LETTERS))  # fmt: skip
    return ""


def _form(
    request: Request,
    person: Person,
    thread: str,
    *,
    brief: Brief | None = None,
    typed: str = "",
    asks: Sequence[Ask] = (),
    wrong: Sequence[str] = (),
    status: int = 200,
) -> Response:
    return page(
        request,
        "find.html",
        status=status,
        member=None,
        thread=thread,
        typed=typed,
        asks=asks,
        lawful=reworded(brief.text, tuple(asks)) if brief and asks else "",
        wrong=wrong,
        recent=_recent(request, person) if status == 200 else (),
        **of_brief(request, brief),
    )


def of_brief(request: Request, brief: Brief | None) -> dict[str, Any]:
    """Return what the form needs to show a brief and its criteria."""
    say, criteria = say_of(request), brief.criteria if brief else ()
    return {
        "brief": brief,
        "say": say,
        "boolean": boolean_of([c for c in criteria if c.force != "nice"]),
        "wishes": [say.criterion(replace(c, force="must")) for c in criteria if c.force == "nice"],
        "expansions": expansions(brief) if brief else [],
        "here_km": f"{HERE_KM:g}",
    }


def _recent(request: Request, person: Person) -> Sequence[object]:
    try:
        return SearchLog(site_of(request).home).asked_by(person.subject, RECENT)
    except VanneError as error:
        log.error("%s", error)
        return ()
