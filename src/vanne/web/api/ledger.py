"""Routes for the ledger: head and checkpoint, proofs, notices, and receipts with their check."""

import json
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path, Query, Request
from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, PlainTextResponse, Response

from vanne.errors import InputError, VerificationError
from vanne.ledger import Ledger, read_receipt
from vanne.ledger import verify_receipt as verified_by_itself
from vanne.ledger.encoding import to_base64
from vanne.ledger.kinds import CHOICE
from vanne.objections import is_objector
from vanne.policy.schedule import PublishedNotice, notice_at, notices
from vanne.web.api.models import MOST_ENTRIES, Base64, Fault, JsonObject, Written
from vanne.web.api.problems import ProblemError, bad_input, refuse
from vanne.web.api.route import Guarded, needs
from vanne.web.site import PLACE, site_of

router = APIRouter(prefix="/v1", route_class=Guarded)

_SIZE = "How many entries the tree has; absent: all that there are."
Size = Annotated[int | None, Query(ge=0, le=MOST_ENTRIES, description=_SIZE)]


class LedgerHead(Written):
    """Where the ledger stands: all of it may be published."""

    schema_: Annotated[Literal["vanne/ledger-checkpoint/1"], Field(alias="schema")]
    origin: Annotated[str, Field(description="The log's name.")]
    size: Annotated[int, Field(ge=0, description="How many entries it has.")]
    root: Annotated[Base64, Field(description="The root of the tree (RFC 9162): 32 bytes.")]
    checkpoint: Annotated[str, Field(description="The last checkpoint: a C2SP signed note.")]
    vkey: Annotated[str, Field(description="The public key, as C2SP tools write it.")]


@router.get(
    "/ledger",
    tags=["ledger"],
    response_model=LedgerHead,
    response_description="Its name, size, root, last checkpoint and key.",
    **needs("ledger"),
)
def get_ledger(request: Request) -> Response:
    """Say where the ledger stands.

    It is signed for how many entries there are. Nothing in it names anybody.
    """
    with site_of(request).ledger() as ledger:
        return JSONResponse(ledger.describe())


@router.get(
    "/ledger/checkpoint",
    tags=["ledger"],
    response_class=PlainTextResponse,
    response_description="A C2SP signed note (`tlog-checkpoint`): who keeps it pins all before it.",
    **needs("ledger"),
)
def get_checkpoint(request: Request) -> Response:
    """Fetch the last checkpoint.

    It is the note that monitors and witnesses read: name, size and root of the log, signed.
    """
    with site_of(request).ledger() as ledger:
        return PlainTextResponse(ledger.checkpoint())


@router.get(
    "/ledger/proofs/inclusion",
    tags=["ledger"],
    response_model=JsonObject,
    response_description="The hashes (`vanne/inclusion-proof/1`) from the entry up to the root.",
    **needs("ledger", 422),
)
def prove_inclusion(
    request: Request,
    index: Annotated[
        int,
        Query(
            ge=0,
            le=MOST_ENTRIES,
            description="The entry's place in the ledger; the first is 0.",
            examples=[0],
        ),
    ],
    size: Size = None,
) -> Response:
    """Prove that an entry is in the ledger.

    It is the way from an entry up to the root of a tree (RFC 9162, section 2.1.3).
    """
    with site_of(request).ledger() as ledger:
        size = ledger.size if size is None else size
        try:
            proof, root = ledger.prove(index, size), ledger.root(size)
        except InputError as error:
            raise _not_so_many(ledger) from error
    return JSONResponse(
        {
            "schema": "vanne/inclusion-proof/1",
            "index": index,
            "size": size,
            "root": to_base64(root),
            "proof": [to_base64(step) for step in proof],
        }
    )


@router.get(
    "/ledger/proofs/consistency",
    tags=["ledger"],
    response_model=JsonObject,
    response_description="The hashes (`vanne/consistency-proof/1`) from the old root to the new.",
    **needs("ledger", 422),
)
def prove_consistency(
    request: Request,
    old: Annotated[
        int,
        Query(
            ge=0,
            le=MOST_ENTRIES,
            description="How many entries the tree has that is known.",
            examples=[1],
        ),
    ],
    new: Size = None,
) -> Response:
    """Prove that the ledger was only added to.

    The tree of `new` entries begins with that of `old` (RFC 9162, section 2.1.4).
    """
    with site_of(request).ledger() as ledger:
        new = ledger.size if new is None else new
        try:
            proof = ledger.consistency(old, new)
            roots = ledger.root(old), ledger.root(new)
        except InputError as error:
            raise _not_so_many(ledger) from error
    return JSONResponse(
        {
            "schema": "vanne/consistency-proof/1",
            "old": old,
            "new": new,
            "old_root": to_base64(roots[0]),
            "new_root": to_base64(roots[1]),
            "proof": [to_base64(step) for step in proof],
        }
    )


def _not_so_many(ledger: Ledger) -> ProblemError:
    size = ledger.size
    detail = f"the ledger has {size} entries; sizes go from 0 to {size}, in order, and places below"
    return refuse(422, "bad-input", "the ledger has no such tree or entry", detail)


class PublishedNotices(Written):
    """Every notice, in the order of being published."""

    schema_: Annotated[Literal["vanne/notices/1"], Field(alias="schema")]
    in_force: Annotated[
        str | None,
        Field(description="The notice whose policy is in force; `null` before any took effect."),
    ]
    notices: list[PublishedNotice]


@router.get(
    "/notices",
    tags=["ledger"],
    response_model=PublishedNotices,
    response_description="All of them, first to last.",
    **needs("ledger"),
)
def list_notices(request: Request) -> Response:
    """List the changes of policy that were announced.

    Each says from when it holds, and where it stands in the ledger. A notice names what a policy
    says by its digest, so that nobody can change it afterwards.
    """
    site = site_of(request)
    current = notice_at(site.home, site.now())
    return JSONResponse(
        {
            "schema": "vanne/notices/1",
            "in_force": current.notice if current else None,
            "notices": jsonable_encoder(notices(site.home)),
        }
    )


# Receipts

VERIFICATION = "vanne/receipt-verification/1"


@cache
def example() -> dict[str, Any]:
    """Return a receipt of a made-up log, which holds: the one of the page on receipts."""
    text = (files("vanne.web.api") / "receipt.json").read_text(encoding="utf-8")
    receipt: dict[str, Any] = json.loads(text)
    return receipt


@router.get(
    f"/receipts/{PLACE}",
    tags=["receipts"],
    response_model=JsonObject,
    response_description="The receipt (`vanne/receipt/1`), by the last checkpoint. It is for the "
    "member alone.",
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
    """Fetch the receipt of a choice.

    A member may keep it to show that their choice was recorded. There is none for an entry that is
    no choice of a member, or whose content was erased.
    """
    receipt = _receipt(request, index)
    choice = receipt.get(CHOICE.name) if receipt else None
    if choice is None or is_objector(choice["member_id"]):
        title = "there is no receipt for this entry"
        raise refuse(404, "unknown-entry", title, "check its place in the ledger")
    return JSONResponse(receipt)


class ReceiptCheck(BaseModel):
    """Whether a receipt holds, and what it proves: what was chosen, in which log."""

    model_config = ConfigDict(extra="allow")

    schema_: Annotated[Literal["vanne/receipt-verification/1"], Field(alias="schema")]
    verified: bool
    reason: Annotated[
        str | None, Field(description="The step at which it does not hold; `null` if it does.")
    ] = None
    ours: Annotated[
        bool | None,
        Field(
            description="Whether this ledger holds that very entry at that place. A receipt that "
            "holds and is not ours proves only that whoever has its key made it. Of an entry whose "
            "content was erased it is `false`: nothing is left to compare."
        ),
    ] = None


@router.post(
    "/receipts/verify",
    tags=["receipts"],
    response_model=ReceiptCheck,
    response_description="Whether it holds. Nothing is recorded.",
    **needs("ledger", body=True),
)
def verify_receipt(
    request: Request,
    receipt: Annotated[
        dict[str, Any],
        Body(description="A receipt (`vanne/receipt/1`), as it came.", examples=[example()]),
    ],
) -> Response:
    """Check a receipt with nothing but itself, and whether it is ours.

    Anybody can check it without us. One that does not hold is answered with 200 too: `verified` is
    false, and `reason` names the step at which it fails. What is no receipt at all is a 422.
    """
    try:
        verified = verified_by_itself(read_receipt(json.dumps(receipt).encode()))
    except InputError as error:
        raise bad_input(Fault(row=None, field=None, problem=error.title)) from error
    except VerificationError as error:
        return JSONResponse({"schema": VERIFICATION, "verified": False, "reason": error.title})
    ours = _receipt(request, verified.index)
    document = verified.as_json()
    del document["pinned"]
    is_ours = ours is not None and ours["entry"] == receipt["entry"]
    return JSONResponse(
        {"schema": VERIFICATION, "verified": True, "reason": None, "ours": is_ours} | document
    )


def _receipt(request: Request, index: int) -> dict[str, Any] | None:
    with site_of(request).ledger() as ledger:
        try:
            return ledger.receipt(index)
        except InputError:
            return None
