"""The page «How I appear to recruiters»: what recruiters can find, and which searches did.

The switch on this page is that of being found, and no other. The page shows which searches found
the member and which criteria were met. It names no recruiter and shows no brief, which belongs to
the recruiter.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response

from vanne.report.member import MemberReport, OwnItem, ReportItem, member_report
from vanne.report.switches import item_switch
from vanne.screening import KINDS
from vanne.terms import Member, Reason
from vanne.web.pages.access import members_only
from vanne.web.pages.save_choice import saving
from vanne.web.pages.switches import standing_of, switch_values
from vanne.web.site import page, paged, site_of, words_of
from vanne_assist.brief.criteria import Passage
from vanne_assist.brief.facts import facts_of
from vanne_assist.fairness.record import SearchLog, explanation
from vanne_assist.own import screened
from vanne_assist.report.finding import Say
from vanne_assist.search.index import PURPOSE
from vanne_assist.search.names import TEACHING, as_row, names_of, without_names

ITEMS_A_PAGE = 8
_TOLD = (Reason.ALLOWED, Reason.OFF, Reason.OFF_ITEM, Reason.OFF_CATEGORY, Reason.OFF_BY_DEFAULT)
"""Items that are shown, or would be if the member said so; of others the settings tell."""
_FACTS_SHOWN = 6


def _show(request: Request, member: Member, *, status: int = 200, failed: bool = False) -> Response:
    site, say = site_of(request), Say(words_of(request).lang)
    switch = standing_of(request, member, PURPOSE)
    report = member_report(site.home, member.member_id, switch.as_of, purpose=PURPOSE)
    listed = paged(request, report.places(_is_told), ITEMS_A_PAGE)
    items = []
    for item, passage in zip(
        map(report.item, listed.rows), _as_shown(report, listed.rows), strict=True
    ):
        assert isinstance(item, OwnItem)
        facts = facts_of([passage], report.as_of) if item.allowed else ()
        quotes = [(fact.kind, " ".join(passage.text[slice(*fact.span)].split())) for fact in facts]
        read = list(dict.fromkeys(say.fact(*quote) for quote in quotes))[:_FACTS_SHOWN]
        items.append((item, passage.text, read, item_switch(item, switch.rules)))
    told = explanation(SearchLog(site.home), member.member_id, site.now())
    days = (date.fromisoformat(search["day"]) for search in told["searches"])
    weeks = Counter(day - timedelta(days=day.weekday()) for day in days)  # by their Mondays
    return page(
        request,
        "appear.html",
        status=status,
        member=member,
        report=report,
        may_be_found=bool(report.allowed),
        items=items,
        number=listed.number,
        pages=listed.pages,
        told=told,
        weeks=sorted(weeks.items(), reverse=True)[:12],
        **switch_values(request, switch, failed=failed),
    )


def _as_shown(report: MemberReport, places: Sequence[int]) -> Iterator[Passage]:
    """Yield items as recruiters read them: screened, and without the name of the member."""
    each, own = report.data.each, report.member.member_id
    shown = report.places(lambda item: isinstance(item, OwnItem) and item.allowed)
    teaching = [item for item in each if item.category in TEACHING and item.owner == own]
    names = names_of(map(as_row, (*teaching, *(each[place] for place in shown))))
    kinds = tuple(kind for kind in KINDS if kind in report.rules.redact)
    return map(Passage.of, without_names([screened(each[place], kinds) for place in places], names))


def _is_told(item: ReportItem) -> bool:
    return isinstance(item, OwnItem) and bool(item.text) and item.reason in _TOLD


show = members_only(_show)
save = saving(None, PURPOSE)


@members_only
def download(request: Request, member: Member) -> Response:
    """Send the explanation as a document: which searches showed them, by which criteria."""
    site = site_of(request)
    told = explanation(SearchLog(site.home), member.member_id, site.now())
    data = json.dumps(told, ensure_ascii=False, indent=1)  # people read it
    name = 'attachment; filename="vanne-search-explanation.json"'
    return Response(data, media_type="application/json", headers={"Content-Disposition": name})
