"""Changes of policy that were announced."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from vanne.policy.schedule import notice_at, notices
from vanne.web.api.models import Index, Written
from vanne.web.api.route import Guarded, needs, site_of

router = APIRouter(prefix="/v1", tags=["ledger"], route_class=Guarded)

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
    shown = [
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
    return JSONResponse({"schema": "vanne/notices/1", "in_force": in_force, "notices": shown})
