"""The operator's page on objections: items that only a name connects with somebody, to be decided.

This is the one page that shows other people's texts, a sentence each, since a person has to see
it to decide. It is never stored, and who decided is recorded as a role.
"""

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from vanne.errors import InputError
from vanne.objections import all_waiting, excerpts, objectors, review, unmatched
from vanne.policy.schedule import policy_at
from vanne.web.pages.access import staff_only, to_sign_in
from vanne.web.pages.form import fields
from vanne.web.session import Person, person_of
from vanne.web.site import number_in, page, site_of

ROLE = "operator"
PATH = "/operator/objections"
AT_ONCE = 5

_ANSWERS = {"same": True, "other": False}


@staff_only("operator")
def show(request: Request, person: Person) -> Response:
    """Show some of the items that wait, whom they may be about, and the two answers."""
    site = site_of(request)
    policy = policy_at(site.home, site.now())
    with site.ledger() as ledger:
        waiting = all_waiting(ledger)
        in_force = sum(each.in_force for each in objectors(ledger))
    pages = max(1, -(-len(waiting) // AT_ONCE))
    number = min(number_in(request.query_params.get("page")), pages)
    shown = waiting[(number - 1) * AT_ONCE : number * AT_ONCE]
    return page(
        request,
        "objections.html",
        member=None,
        in_force=in_force,
        waiting=len(waiting),
        unmatched=unmatched(site.home, policy),
        shown=shown,
        texts=excerpts(site.home, shown),
        number=number,
        pages=pages,
    )


async def save(request: Request) -> Response:
    """Record what the operator saw, then show the page again."""
    person = person_of(request)
    if person is None:
        return to_sign_in(request)
    if ROLE not in person.roles:
        raise HTTPException(404)
    return await run_in_threadpool(_save, request, await fields(request))


def _save(request: Request, sent: dict[str, str]) -> Response:
    site, same = site_of(request), _ANSWERS.get(sent.get("answer", ""))
    index, item = sent.get("objection", ""), sent.get("item", "")
    if same is None or not (index.isascii() and index.isdigit()):
        raise HTTPException(400)
    try:
        with site.ledger() as ledger:
            review(ledger, int(index), item, same=same, at=site.now(), role=ROLE)
    except InputError as error:
        raise HTTPException(400) from error
    return RedirectResponse(PATH, 303)
