"""The page of what audits of the model found, for auditors."""

from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vanne.plugins import MenuLink, Pages
from vanne.web.pages.access import staff_only
from vanne.web.session import Person
from vanne.web.site import page, site_of, words_of
from vanne.words import sentence
from vanne_audit.auditing import past_audits, sentences

PATH = "/auditor/audits"
SHOWN = 3
"""What more audits found is on the command line."""


@staff_only("auditor")
def audits(request: Request, person: Person) -> Response:
    """Show what the last audits found, in sentences."""
    lang = words_of(request).lang
    rows = [
        (datetime.fromisoformat(audit["at"]), audit["model"][:16], sentences(audit, lang))
        for audit in past_audits(site_of(request).home)[:SHOWN]
    ]
    return page(request, "audits.html", member=None, audits=rows)


PAGES = Pages(
    routes=(Route(PATH, audits),),
    templates="vanne_audit",
    links=(MenuLink("auditor", PATH, sentence("Audits of the model")),),
)
