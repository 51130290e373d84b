"""The pages of the staff: what an operator and an auditor can do here."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from vanne.policy.schedule import policy_at
from vanne.report.member import open_ledger
from vanne.web.pages.access import staff_only
from vanne.web.session import Person
from vanne.web.site import page, site_of


@staff_only("operator")
def operator(request: Request, person: Person) -> Response:
    """Show what is in force, and where to look after it."""
    site = site_of(request)
    policy = policy_at(site.home, site.now())
    with open_ledger(site.home) as ledger:
        size = ledger.size
    return page(request, "operator.html", member=None, policy=policy, size=size)


@staff_only("auditor")
def auditor(request: Request, person: Person) -> Response:
    """Show what the ledger last signed, and how to check it without us."""
    with open_ledger(site_of(request).home) as ledger:
        about = ledger.describe()
    return page(request, "auditor.html", member=None, about=about)


@staff_only("auditor")
def checkpoint(request: Request, person: Person) -> Response:
    """Send the last signed checkpoint (a C2SP note) as a file."""
    with open_ledger(site_of(request).home) as ledger:
        note = ledger.checkpoint()
    name = 'attachment; filename="vanne-checkpoint.txt"'
    return PlainTextResponse(note, headers={"Content-Disposition": name})
