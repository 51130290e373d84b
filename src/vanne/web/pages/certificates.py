"""Certificates of forgetting: they name nobody, so that every member may read every one."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vanne.forget import Certificate
from vanne.forget.certificate import check_signature
from vanne.forget.history import entry_of, known_in
from vanne.forget.requests import opening
from vanne.ledger import Ledger
from vanne.ledger.proof import prove_entry
from vanne.policy.schedule import policy_at
from vanne.report.document import certificate_page, verify_line
from vanne.terms import Member
from vanne.web.pages.access import members_only
from vanne.web.site import page, site_of


@members_only
def show(request: Request, member: Member) -> Response:
    """Say in plain words what a certificate certifies; its signature has just been checked.

    Of those who asked for it a member is shown their own receipts, and not how many others.
    """
    certificate = _certificate(request)
    known = known_in(site_of(request).home)
    with site_of(request).ledger() as ledger:
        mine = list(_mine(request, ledger, member, certificate))
        entry = entry_of(ledger, certificate)
    later = [each for each in known.values() if certificate.id in each.steps and not each.waiting]
    return page(
        request,
        "certificate.html",
        member=member,
        certificate=certificate,
        mine=mine,
        entry=entry,
        steps=[known[step] for step in certificate.steps if step in known],
        completed=min(later, key=lambda each: len(each.steps), default=None),
        address=certificate_page,
        verify=verify_line(certificate),
    )


def _mine(
    request: Request, ledger: Ledger, member: Member, certificate: Certificate
) -> Iterator[dict[str, Any]]:
    """Yield the member's receipts that the certificate's requests open to, each with its day."""
    site = site_of(request)
    policy = policy_at(site.home, site.now())
    for index, choice in ledger.history(member.member_id):
        if not choice.on and opening(ledger, index) in certificate.requests:
            due: datetime | None = None
            if choice.purpose in policy.purposes:
                due = choice.at + timedelta(days=policy.purpose(choice.purpose).forget_days)
            yield {"index": index, "due": due}


@members_only
def download(request: Request, member: Member) -> Response:
    """Send the certificate as a file."""
    certificate = _certificate(request)
    return _file(f"{certificate.id[:16]}.json", dict(certificate.document))


@members_only
def proof(request: Request, member: Member) -> Response:
    """Send the proof that the certificate's entry is in the log."""
    certificate = _certificate(request)
    with site_of(request).ledger() as ledger:
        entry = entry_of(ledger, certificate)
        if entry is None:
            raise HTTPException(404)
        return _file(f"{certificate.id[:16]}.proof.json", prove_entry(ledger, entry))


def _file(name: str, document: dict[str, Any]) -> Response:
    return JSONResponse(document, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _certificate(request: Request) -> Certificate:
    wanted = request.path_params["certificate"]
    for found in known_in(site_of(request).home).values():
        if found.id[:16] == wanted:
            check_signature(found.document)
            return found
    raise HTTPException(404)
