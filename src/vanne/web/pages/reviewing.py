"""The operator's page on objections: decide whether an item is about the person who objected.

Only a name connects these items with the person. This is the one page that shows other people's
texts, a sentence each, because the operator has to read a text to decide whom it is about. A reader
answers the page, so it has a file of its own. The texts are never stored, and the ledger records
the role of whoever decided.
"""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.errors import InputError
from vanne.objections import all_waiting, excerpts, objectors, review, unmatched
from vanne.policy.schedule import policy_at
from vanne.web.pages.access import staff_form, staff_only
from vanne.web.session import Person, Role
from vanne.web.site import page, paged, site_of

REVIEWER: Role = "operator"
OBJECTIONS = "/operator/objections"
OBJECTIONS_A_PAGE = 5

_ANSWERS = {"same": True, "other": False}


@staff_only("operator")
def show(request: Request, person: Person) -> Response:
    """Show some of the items that wait, whom they may be about, and the two answers."""
    site = site_of(request)
    policy = policy_at(site.home, site.now())
    with site.ledger() as ledger:
        waiting = all_waiting(ledger)
        in_force = sum(each.in_force for each in objectors(ledger))
    shown = paged(request, waiting, OBJECTIONS_A_PAGE)
    return page(
        request,
        "objections.html",
        member=None,
        in_force=in_force,
        unmatched=unmatched(site.home, policy),
        shown=shown,
        texts=excerpts(site.home, shown.rows),
    )


@staff_form(REVIEWER)
def save(request: Request, person: Person, sent: dict[str, str]) -> Response:
    """Record what the operator saw, then show the page again."""
    site, same = site_of(request), _ANSWERS.get(sent.get("answer", ""))
    index, item = sent.get("objection", ""), sent.get("item", "")
    if same is None or not (index.isascii() and index.isdigit()):
        raise HTTPException(400)
    try:
        with site.ledger() as ledger:
            review(ledger, int(index), item, same=same, at=site.now(), role=REVIEWER)
    except InputError as error:
        raise HTTPException(400) from error
    return RedirectResponse(OBJECTIONS, 303)
