"""The page of suggestions for a member's profile.

Nothing is changed in the profile, and nothing is kept. Everything that is suggested stands in the
member's own items, as far as `writing-help` permits reading them: the purpose is off until the
member switches it on, here or in the settings.
"""

from starlette.requests import Request
from starlette.responses import Response

from vanne.terms import Member
from vanne.web.pages.access import members_only
from vanne.web.pages.save_choice import saving
from vanne.web.pages.switches import standing_of, switch_values
from vanne.web.site import page, site_of, words_of
from vanne_assist.brief.facts import facts_of
from vanne_assist.own import may_be_read, passages_of
from vanne_assist.report.drafting import field_words, suggestion_words
from vanne_assist.writing import PURPOSE
from vanne_assist.writing.profile import suggest

PATH = "/profile/suggestions"


def _show(request: Request, member: Member, *, status: int = 200, failed: bool = False) -> Response:
    lang, switch = words_of(request).lang, standing_of(request, member, PURPOSE)
    passages = passages_of(site_of(request).home, member, switch)
    items = {passage.item_id: passage for passage in passages}
    rows = [
        (
            each,
            field_words(each.field, lang),
            suggestion_words(each, lang),
            [items[item] for item in each.sources],
        )
        for each in suggest(passages, facts_of(passages, switch.as_of))
    ]
    return page(
        request,
        "suggestions.html",
        status=status,
        member=member,
        may_read=may_be_read(switch),
        read=len(passages),
        rows=rows if passages else [],
        **switch_values(request, switch, failed=failed),
    )


show = members_only(_show)
save = saving(None, PURPOSE)
