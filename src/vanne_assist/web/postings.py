"""The recruiter's pages of job offers: the open offers, and a search for people for one of them.

The search uses the offer as its brief. It finds members who may be found, without those who opted
out of job matching or are too far away. The search is recorded like any other, and the page shows
that record.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vanne.web.pages.access import staff_only
from vanne.web.session import Person
from vanne.web.site import paged, site_of, words_of
from vanne_assist.fairness.search import Asker, RecordedPage
from vanne_assist.jobs import board
from vanne_assist.jobs.members import brief_of, candidates
from vanne_assist.recruiting.evidence import A_PAGE
from vanne_assist.report.opportunities import flag_words
from vanne_assist.search.index import Index
from vanne_assist.web.desk import ROLE, desk_page, lead, recruiting

PATH = "/find/offers"
OFFERS_A_PAGE = 20


@staff_only(ROLE)
def show(request: Request, person: Person) -> Response:
    """Show the job offers that are open."""
    return _show(request)


def _show(request: Request, *, failed: bool = False) -> Response:
    site, w = site_of(request), words_of(request)
    now = site.now()
    offers = [each for each in board.latest(site.home).offers if each.posting.is_open(now)]
    listed = paged(request, offers, OFFERS_A_PAGE)
    return desk_page(
        request,
        "find-offers.html",
        status=503 if failed else 200,
        offers=[
            (each, brief_of(each), [flag_words(flag, w) for flag in each.flags])
            for each in listed.rows
        ],
        first=listed.first,
        number=listed.number,
        pages=listed.pages,
        failed=failed,
    )


@recruiting
def act(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Look for people for an offer."""
    return run(request, person, sent.get("posting", ""))


def run(request: Request, person: Person, posting_id: str, number: int = 1) -> Response:
    """Look for people for an offer and lead to the record of it.

    Raises:
        HTTPException: there is no such offer, or it is over (404).
    """
    site = site_of(request)
    offers = {each.posting.posting_id: each for each in board.latest(site.home).offers}
    offer = offers.get(posting_id)
    if offer is None or not offer.posting.is_open(site.now()):
        raise HTTPException(404)

    def find(index: Index) -> RecordedPage:
        return candidates(
            site.home,
            index,
            offer,
            Asker(person.subject, ROLE),
            site.now(),
            count=A_PAGE,
            offset=(number - 1) * A_PAGE,
            about={"page": number},
        )

    return lead(request, find, lambda: _show(request, failed=True))
