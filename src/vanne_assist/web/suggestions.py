"""The page of suggestions for a member's profile, which the member accepts or refuses one by one.

Nothing is changed in the profile. Everything that is suggested stands in the member's own items, as
far as `writing-help` permits reading them: the purpose is off until the member switches it on, here
or in the settings. A refused suggestion is not shown again; an accepted one is there to copy.
"""

import logging
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.errors import VanneError
from vanne.report.switches import PurposeSwitch
from vanne.terms import Member
from vanne.web.pages.access import members_form, members_only
from vanne.web.pages.save_choice import save_choice
from vanne.web.pages.switches import standing_of, switch_values
from vanne.web.site import Site, page, site_of, words_of
from vanne.words import sentence
from vanne_assist.brief.criteria import Passage
from vanne_assist.brief.facts import facts_of
from vanne_assist.own import may_be_read, passages_of
from vanne_assist.report.drafting import field_words, suggestion_words
from vanne_assist.web.desk import tell, told
from vanne_assist.writing import PURPOSE
from vanne_assist.writing.profile import (
    Suggestion,
    answers_of,
    forget_answers,
    keep_answer,
    suggest,
)

log = logging.getLogger("vanne.web")

PATH = "/profile/suggestions"
_ANSWERS = {"accept": True, "refuse": False, "undo": None}
_DONE = {
    "accept": sentence("Accepted: it is in your list below."),
    "refuse": sentence("Refused: it will not be shown again."),
    "undo": sentence("It is open again."),
}


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    """A suggestion as a page shows it, with the items that it comes from."""

    suggestion: Suggestion
    field: str
    reason: str
    sources: tuple[Passage, ...]


def _show(request: Request, member: Member, *, status: int = 200, failed: bool = False) -> Response:
    site, lang = site_of(request), words_of(request).lang
    switch = standing_of(request, member, PURPOSE)
    passages, suggestions = _suggested(site, member, switch)
    if switch.covers_all:
        forget_answers(site.home, member.member_id)
    answers = answers_of(site.home, member.member_id)
    items = {passage.item_id: passage for passage in passages}
    rows = [
        SuggestionRow(
            each,
            field_words(each.field, lang),
            suggestion_words(each, lang),
            tuple(items[item] for item in each.sources if item in items),
        )
        for each in suggestions
    ]
    return page(
        request,
        "suggestions.html",
        status=status,
        member=member,
        may_read=may_be_read(switch),
        read=len(passages),
        open=[row for row in rows if row.suggestion.id not in answers],
        accepted=[row for row in rows if answers.get(row.suggestion.id) is True],
        refused=[row for row in rows if answers.get(row.suggestion.id) is False],
        said=told(request, _DONE),
        **switch_values(request, switch, failed=failed),
    )


show = members_only(_show)


@members_form
def act(request: Request, member: Member, sent: dict[str, str]) -> Response:
    """Keep an answer to a suggestion, or what the switch of the page says."""
    if "set" in sent:
        return save_choice(None, PURPOSE, request, member, sent)
    site, do = site_of(request), sent.get("do", "")
    switch = standing_of(request, member, PURPOSE)
    known = {each.id for each in _suggested(site, member, switch)[1]}
    if do not in _ANSWERS or sent.get("id") not in known:
        raise HTTPException(400)
    try:
        keep_answer(site.home, member.member_id, sent["id"], _ANSWERS[do])
    except VanneError as error:
        log.error("%s", error)
        return _show(request, member, status=503, failed=True)
    tell(request, do)
    return RedirectResponse(PATH, 303)


def _suggested(
    site: Site, member: Member, switch: PurposeSwitch
) -> tuple[tuple[Passage, ...], tuple[Suggestion, ...]]:
    """Return what may be read of a member, and what is suggested by it."""
    passages = passages_of(site.home, member, switch)
    if not passages:
        return (), ()
    return passages, suggest(passages, facts_of(passages, switch.as_of))
