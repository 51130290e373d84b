"""Receipts: fetched by their place in the ledger, and checked."""

import json
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request
from starlette.responses import JSONResponse, Response

from vanne.errors import InputError, VerificationError
from vanne.ledger import Ledger, read_receipt, verify_receipt
from vanne.ledger.kinds import CHOICE
from vanne.objections import is_objector
from vanne.web.api.models import MOST_ENTRIES, Checked, Receipt
from vanne.web.api.problems import bad_input, refuse
from vanne.web.api.route import Guarded, needs, site_of
from vanne.web.site import PLACE

VERIFICATION = "vanne/receipt-verification/1"

router = APIRouter(prefix="/v1", tags=["receipts"], route_class=Guarded)


@cache
def example() -> dict[str, Any]:
    """Return a receipt of a made-up log, which holds: the one of the page on receipts."""
    text = (files("vanne.web.api") / "receipt.json").read_text(encoding="utf-8")
    receipt: dict[str, Any] = json.loads(text)
    return receipt


@router.get(
    f"/receipts/{PLACE}",
    response_model=Receipt,
    operation_id="getReceipt",
    summary="Fetch the receipt of a choice",
    response_description="The receipt, by the last checkpoint. It is for the member alone.",
    **needs("choices", 404, 422),
)
def get_receipt(
    request: Request,
    index: Annotated[
        int,
        Path(
            ge=0,
            le=MOST_ENTRIES,
            description="The place in the ledger; the first is 0.",
            examples=[0],
        ),
    ],
) -> Response:
    """Fetch what a member may keep to show that their choice was recorded.

    There is none for an entry that is no choice of a member, or whose content was erased.
    """
    with site_of(request).ledger() as ledger:
        receipt = _receipt(ledger, index)
    if (
        receipt is None
        or CHOICE.name not in receipt
        or is_objector(receipt[CHOICE.name]["member_id"])
    ):
        title = "there is no receipt for this entry"
        raise refuse(404, "unknown-entry", title, "check its place in the ledger")
    return JSONResponse(receipt)


@router.post(
    "/receipts/verify",
    response_model=Checked,
    operation_id="verifyReceipt",
    summary="Check a receipt",
    response_description="Whether it holds. Nothing is recorded.",
    **needs("ledger", body=True),
)
def verify(
    request: Request,
    receipt: Annotated[
        dict[str, Any],
        Body(description="A receipt (`vanne/receipt/1`), as it came.", examples=[example()]),
    ],
) -> Response:
    """Check a receipt with nothing but itself, as anybody can without us, and whether it is ours.

    One that does not hold is answered with 200 too: `verified` is false, and `reason` names the
    step at which it fails. What is no receipt at all is a 422.
    """
    try:
        verified = verify_receipt(read_receipt(json.dumps(receipt).encode()))
    except InputError as error:
        raise bad_input({"row": None, "field": None, "problem": error.title}) from error
    except VerificationError as error:
        return JSONResponse({"schema": VERIFICATION, "verified": False, "reason": error.title})
    with site_of(request).ledger() as ledger:
        ours = _receipt(ledger, verified.index)
    is_ours = ours is not None and ours["entry"] == receipt["entry"]
    document = verified.as_json()
    del document["pinned"]
    return JSONResponse(
        {"schema": VERIFICATION, "verified": True, "reason": None, "ours": is_ours} | document
    )


def _receipt(ledger: Ledger, index: int) -> dict[str, Any] | None:
    try:
        return ledger.receipt(index)
    except InputError:
        return None
