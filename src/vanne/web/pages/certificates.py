"""Certificates of forgetting: they name nobody, so that every member may read every one."""

from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vanne.forget import Certificate
from vanne.forget.certificate import check_signature
from vanne.forget.serving import certificates
from vanne.report.document import certificate_page, verify_line
from vanne.terms import Member
from vanne.web.pages.access import members_only
from vanne.web.site import page, site_of


@members_only
def show(request: Request, member: Member) -> Response:
    """Say in plain words what a certificate certifies; its signature has just been checked.

    Of those who asked for it a member is shown how many there are, and their own receipts.
    """
    certificate = _certificate(request)
    known = _known(request)
    with site_of(request).ledger() as ledger:
        own = {index for index, _ in ledger.history(member.member_id)}
    mine = [
        {
            "index": row["index"],
            "due": datetime.fromisoformat(row["due"]) if row.get("due") else None,
        }
        for row in certificate.requests
        if row["index"] in own
    ]
    later = [each for each in known.values() if certificate.id in each.steps and not each.waiting]
    return page(
        request,
        "certificate.html",
        member=member,
        certificate=certificate,
        mine=mine,
        late=sum(row.get("on_time") is False for row in certificate.requests),
        steps=[known[step] for step in certificate.steps if step in known],
        completed=min(later, key=lambda each: each.at, default=None),
        address=certificate_page,
        verify=verify_line(certificate),
    )


@members_only
def download(request: Request, member: Member) -> Response:
    """Send the certificate as a file."""
    certificate = _certificate(request)
    name = f'attachment; filename="{certificate.id[:16]}.json"'
    return JSONResponse(dict(certificate.document), headers={"Content-Disposition": name})


def _certificate(request: Request) -> Certificate:
    wanted = request.path_params["certificate"]
    for found in _known(request).values():
        if found.id[:16] == wanted:
            check_signature(found.document)
            return found
    raise HTTPException(404)


def _known(request: Request) -> dict[str, Certificate]:
    home = site_of(request).home
    return certificates(home.certificates, home.model)
