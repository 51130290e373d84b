"""The route `/v1/changes`: what the ledger recorded after a place, for programs that follow it.

A program keeps the `next` of its last answer and asks from there. It so reads each entry exactly
once, in the order in which choices count.
"""

import asyncio
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from vanne.ledger.kinds import CHOICE, Record, kind_of
from vanne.objections import is_objector
from vanne.terms import Choice
from vanne.web.api.models import MOST_ENTRIES, Index, JsonObject, Written
from vanne.web.api.problems import refuse
from vanne.web.api.route import Guarded, needs
from vanne.web.site import Site, site_of

LARGEST_PAGE, USUAL_PAGE = 1000, 100
LONGEST_WAIT_SECONDS = 30
"""Proxies close a connection that is silent for a minute."""
LOOK_EVERY_SECONDS = 0.5

router = APIRouter(prefix="/v1", tags=["choices"], route_class=Guarded)


class Changes(Written):
    """Entries of the ledger, in its order."""

    schema_: Annotated[Literal["vanne/changes/1"], Field(alias="schema")]
    changes: Annotated[
        list[JsonObject],
        Field(
            description="Each has `index` and `kind`. A `choice` and what is public have all their "
            "fields. An `erasure` names the `positions` whose copies are to be deleted. An entry "
            "that was `erased`, an `objection` and a `seen` say nothing more."
        ),
    ]
    next: Annotated[Index, Field(description="Send it as `after` to go on from here.")]
    size: Annotated[Index, Field(description="How many entries the ledger has.")]


@router.get(
    "/changes",
    response_model=Changes,
    response_description="The entries from `after` on. None, if nothing came within `wait`.",
    **needs("choices", 422),
)
async def list_changes(
    request: Request,
    after: Annotated[
        int,
        Query(
            ge=0, le=MOST_ENTRIES, description="`next` of the answer before; 0 for the beginning."
        ),
    ] = 0,
    limit: Annotated[
        int, Query(ge=1, le=LARGEST_PAGE, description="The most that an answer lists.")
    ] = USUAL_PAGE,
    wait: Annotated[
        int,
        Query(
            ge=0,
            le=LONGEST_WAIT_SECONDS,
            description="How many seconds to wait for a change, if there is none yet.",
        ),
    ] = 0,
) -> Response:
    """List what the ledger recorded after a place.

    A consumer, a webhook or a connector follows the ledger by asking again with `next`. An erased
    member's entries are named by an `erasure`: delete the copies of those.
    """
    site = site_of(request)
    loop = asyncio.get_running_loop()
    end = loop.time() + wait
    while True:
        size, records = await run_in_threadpool(_records, site, after, limit)
        if after > size:
            title = "the ledger has no such place"
            raise refuse(422, "bad-input", title, f"it has {size} entries: send at most that")
        if records or loop.time() >= end or await request.is_disconnected():
            break
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    changes = [_change(index, record) for index, record in records]
    return JSONResponse(
        {
            "schema": "vanne/changes/1",
            "changes": changes,
            "next": after + len(changes),
            "size": size,
        }
    )


def _records(site: Site, start: int, limit: int) -> tuple[int, list[tuple[int, Record | None]]]:
    with site.ledger() as ledger:
        size = ledger.size
        return size, list(ledger.records(start, min(size, start + limit))) if start < size else []


def _change(index: int, record: Record | None) -> dict[str, Any]:
    """Return what a follower may know of an entry."""
    if record is None:
        return {"index": index, "kind": "erased"}
    kind = kind_of(record)
    change = {"index": index, "kind": kind.name}
    if isinstance(record, Choice) and is_objector(record.member_id):
        return change | {"kind": "objection"}
    told = not kind.personal or kind is CHOICE or kind.name == "erasure"
    return change | (kind.json_of(record) if told else {})
