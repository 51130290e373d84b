"""Certificates of forgetting: they name nobody, so that every member may read every one."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vanne.forget import Certificate
from vanne.forget.certificate import check_signature
from vanne.forget.serving import certificates
from vanne.report.document import verify_line
from vanne.terms import Member
from vanne.web.pages.access import members_only
from vanne.web.site import page, site_of


@members_only
def show(request: Request, member: Member) -> Response:
    """Say in plain words what a certificate certifies; its signature has just been checked."""
    certificate = _certificate(request)
    with site_of(request).ledger() as ledger:
        own = {index for index, _ in ledger.history(member.member_id)}
    return page(
        request,
        "certificate.html",
        member=member,
        certificate=certificate,
        receipts=sorted(own & certificate.receipts),
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
    home = site_of(request).home
    for found in certificates(home.certificates, home.model).values():
        if found.id[:16] == wanted:
            check_signature(found.document)
            return found
    raise HTTPException(404)
