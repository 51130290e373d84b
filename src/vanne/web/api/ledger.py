"""The ledger as anybody may see it: where it stands, proofs about it, and announced changes."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import JSONResponse, PlainTextResponse, Response

from vanne.errors import InputError
from vanne.ledger import Ledger as OpenLedger
from vanne.ledger.encoding import to_base64
from vanne.policy.schedule import notice_at, notices
from vanne.web.api.models import (
    MOST_ENTRIES,
    ConsistencyProof,
    InclusionProof,
    Index,
    Ledger,
    Written,
)
from vanne.web.api.problems import ProblemError, refuse
from vanne.web.api.route import Guarded, needs, site_of

router = APIRouter(prefix="/v1", tags=["ledger"], route_class=Guarded)

_SIZE = "How many entries the tree has; absent: all that there are."
Size = Annotated[int | None, Query(ge=0, le=MOST_ENTRIES, description=_SIZE)]


@router.get(
    "/ledger",
    response_model=Ledger,
    operation_id="getLedger",
    summary="Say where the ledger stands",
    response_description="Its name, size, root, last checkpoint and key.",
    **needs("ledger"),
)
def get_ledger(request: Request) -> Response:
    """Say how many entries the ledger has, and sign for it. Nothing in it names anybody."""
    with site_of(request).ledger() as ledger:
        return JSONResponse(ledger.describe())


@router.get(
    "/ledger/checkpoint",
    response_class=PlainTextResponse,
    operation_id="getCheckpoint",
    summary="Fetch the last checkpoint",
    response_description="A C2SP signed note (`tlog-checkpoint`): who keeps it pins all before it.",
    **needs("ledger"),
)
def get_checkpoint(request: Request) -> Response:
    """Fetch the note that monitors and witnesses read: name, size and root of the log, signed."""
    with site_of(request).ledger() as ledger:
        return PlainTextResponse(ledger.checkpoint())


@router.get(
    "/ledger/proofs/inclusion",
    response_model=InclusionProof,
    operation_id="proveInclusion",
    summary="Prove that an entry is in the ledger",
    response_description="The hashes from the entry up to the root.",
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
    """Give the way from an entry up to the root of a tree (RFC 9162, section 2.1.3)."""
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
    response_model=ConsistencyProof,
    operation_id="proveConsistency",
    summary="Prove that the ledger was only added to",
    response_description="The hashes that lead from the old root to the new one.",
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
    """Prove that the tree of `new` entries begins with that of `old` (RFC 9162, section 2.1.4)."""
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


def _not_so_many(ledger: OpenLedger) -> ProblemError:
    size = ledger.size
    detail = f"the ledger has {size} entries; sizes go from 0 to {size}, in order, and places below"
    return refuse(422, "bad-input", "the ledger has no such tree or entry", detail)


Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Notice(Written):
    """A change of policy that was announced before it takes effect."""

    notice: Annotated[str, Field(description="Its id: choices made on the pages under it name it.")]
    policy: Annotated[str, Field(description="The name of the new policy.")]
    digest: Annotated[Digest, Field(description="SHA-256 of what the new policy says, in hex.")]
    replaces: Annotated[Digest, Field(description="SHA-256 of the policy in force until then.")]
    published_at: datetime
    effective_at: Annotated[datetime, Field(description="From when the new policy holds.")]
    text_sha256: Annotated[Digest, Field(description="Of the words that people are shown, in hex.")]
    entry: Annotated[Index, Field(description="Where it stands in the ledger; the first is 0.")]


class Notices(Written):
    """Every notice, in the order of being published."""

    schema_: Annotated[Literal["vanne/notices/1"], Field(alias="schema")]
    in_force: Annotated[
        str | None,
        Field(description="The notice whose policy is in force; `null` before any took effect."),
    ]
    notices: list[Notice]


@router.get(
    "/notices",
    response_model=Notices,
    operation_id="listNotices",
    summary="List the changes of policy that were announced",
    response_description="All of them, first to last.",
    **needs("ledger"),
)
def list_notices(request: Request) -> Response:
    """List what was announced, from when it holds, and where it stands in the ledger.

    A notice names what a policy says by its digest, so that nobody can change it afterwards.
    """
    site = site_of(request)
    current = notice_at(site.home, site.now())
    listed = [
        {
            "notice": each.notice,
            "policy": each.policy,
            "digest": each.digest,
            "replaces": each.replaces,
            "published_at": each.published_at.isoformat(),
            "effective_at": each.effective_at.isoformat(),
            "text_sha256": each.text_sha256,
            "entry": each.entry,
        }
        for each in notices(site.home)
    ]
    in_force = current.notice if current else None
    return JSONResponse({"schema": "vanne/notices/1", "in_force": in_force, "notices": listed})
