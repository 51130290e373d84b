"""A member's receipts: a page, and the file that verifies without us.

A receipt of somebody else and one that does not exist get the same answer.
"""

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vanne.ledger import verify_receipt
from vanne.policy.schedule import policy_at
from vanne.terms import Member
from vanne.web.pages.access import members_only
from vanne.web.pages.purpose import path_of
from vanne.web.site import page, site_of, words_of
from vanne.words import purpose_words


@members_only
def show(request: Request, member: Member) -> Response:
    """Show a receipt after verifying it like anybody who holds the file would."""
    index, receipt = _receipt(request, member)
    proven = verify_receipt(receipt)
    purpose = proven.choice.purpose
    site, lang = site_of(request), words_of(request).lang
    rules = policy_at(site.home, site.now()).purposes.get(purpose)
    return page(
        request,
        "receipt.html",
        member=member,
        index=index,
        proven=proven,
        title=purpose_words(purpose, rules.words, lang).title if rules else purpose,
        back=path_of(purpose) if rules else "/settings/data-privacy",
    )


@members_only
def download(request: Request, member: Member) -> Response:
    """Send the receipt as a file."""
    index, receipt = _receipt(request, member)
    name = f'attachment; filename="vanne-receipt-{index}.json"'
    return JSONResponse(receipt, headers={"Content-Disposition": name})


def _receipt(request: Request, member: Member) -> tuple[int, dict[str, Any]]:
    index = request.path_params["index"]
    with site_of(request).ledger() as ledger:
        if index not in dict(ledger.history(member.member_id)):
            raise HTTPException(404)
        return index, ledger.receipt(index)
