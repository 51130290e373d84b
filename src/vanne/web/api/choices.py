"""Choices: recorded one by one or together, and a member's own ones in order."""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from vanne.ledger.kinds import CHOICE, problem_of
from vanne.objections import is_objector
from vanne.policy.schedule import policy_at
from vanne.terms import Choice, Objection, Purpose
from vanne.web.answers import Fault
from vanne.web.api.cursor import USUAL_PAGE, Cursor, Limit, after, page_of
from vanne.web.api.keys import Key, created, record
from vanne.web.api.models import (
    History,
    MemberInPath,
    NewChoice,
    NewChoices,
    Recorded,
    RecordedBatch,
)
from vanne.web.api.problems import bad_input
from vanne.web.api.route import Guarded, needs, site_of
from vanne.web.site import Site

CHANNEL = "api"
_FIELD = re.compile(r"`(\w+)` ")

router = APIRouter(prefix="/v1", tags=["choices"], route_class=Guarded)
_LOCATION = {
    "Location": {
        "description": "The address of the receipt (of the first one).",
        "schema": {"type": "string", "format": "uri-reference"},
    }
}


@router.post(
    "/choices",
    status_code=201,
    response_model=Recorded,
    operation_id="recordChoice",
    summary="Record a member's choice",
    response_description="It is durable. The receipt is for the member.",
    **created(needs("choices", 409, body=True), _LOCATION),
)
def record_choice(request: Request, new: NewChoice, key: Key = None) -> Response:
    """Record an on or an off for a purpose: whole, for one category, or for one item.

    It is in the ledger, on the disk, before this answers 201. Nothing needs to have been said
    before, and saying the same again is harmless. A member who is not in the network's table may
    choose as well.
    """
    site = site_of(request)
    indices, is_replay = record(request, _checked(site, [new], is_batch=False), key)
    index = indices[0]
    with site.ledger() as ledger:
        receipt = ledger.receipt(index, indices.stop)
    body = {"schema": "vanne/recorded/1", "index": index, "receipt": receipt}
    return _created(body, index, is_replay)


@router.post(
    "/choices/batch",
    status_code=201,
    response_model=RecordedBatch,
    operation_id="recordChoices",
    summary="Record up to 1,000 choices: all of them or none",
    response_description="All are durable.",
    **created(needs("choices", 409, body=True), _LOCATION),
)
def record_choices(request: Request, new: NewChoices, key: Key = None) -> Response:
    """Record choices in one transaction, in their order.

    If any row cannot be recorded none is, and `errors` names every such row. Each has a receipt at
    `/v1/receipts/{index}`.
    """
    choices = _checked(site_of(request), new.choices, is_batch=True)
    indices, is_replay = record(request, choices, key)
    body = {"schema": "vanne/recorded-batch/1", "first": indices[0], "count": len(indices)}
    return _created(body, indices[0], is_replay)


@router.get(
    "/members/{member_id:path}/choices",
    response_model=History,
    operation_id="listChoices",
    summary="List a member's choices, oldest first",
    response_description="One page. Empty for somebody who never chose, member or not.",
    **needs("choices", 422),
)
def list_choices(
    request: Request,
    member_id: MemberInPath,
    limit: Limit = USUAL_PAGE,
    cursor: Cursor = None,
) -> Response:
    """List what a member chose, each with its place in the ledger, page by page.

    What is recorded meanwhile comes on a later page; nothing is listed twice or left out.
    """
    first = after(cursor)
    if is_objector(member_id):  # whoever may ask is answered at `/v1/objections`
        return page_of(request, "vanne/choices/1", "choices", [], limit, 0)
    with site_of(request).ledger() as ledger:
        found = [pair for pair in ledger.history(member_id) if pair[0] > first]
    shown = [CHOICE.json_of(choice) | {"index": index} for index, choice in found[:limit]]
    return page_of(request, "vanne/choices/1", "choices", shown, limit, len(found))


def _created(body: dict[str, Any], index: int, is_replay: bool) -> Response:
    headers = {"Location": f"/v1/receipts/{index}"}
    if is_replay:
        headers["Idempotent-Replayed"] = "true"
    return JSONResponse(body, 201, headers)


def _checked(site: Site, rows: Sequence[NewChoice], *, is_batch: bool) -> list[Choice]:
    """Return the choices if every one can be recorded.

    Raises:
        ProblemError: one cannot; every one that cannot is named.
    """
    now = site.now()
    policy = policy_at(site.home, now)
    choices = []
    faults: list[Fault] = []
    for row, new in enumerate(rows, 1):
        values = new.model_dump()
        choice = Choice(**values | {"at": new.at or now, "channel": new.channel or CHANNEL})
        choices.append(choice)
        found = wrong_with(choice, policy.purposes, now)
        faults += [
            {"row": row if is_batch else None, "field": field, "problem": what}
            for field, what in found
        ]
    if faults:
        raise bad_input(*faults)
    return choices


def wrong_with(
    said: Choice | Objection, purposes: Collection[Purpose], now: datetime
) -> Iterator[tuple[str | None, str]]:
    """Give what is wrong with what somebody says, field by field; no value is repeated."""
    if isinstance(said, Choice) and is_objector(said.member_id):
        yield "member_id", "it is the name of an objection, and of no member"
    if said.purpose not in purposes:
        yield "purpose", "the policy in force names no such purpose"
    if said.at > now:
        yield "at", "it is in the future: it counts from the time it is said"
    if problem := problem_of(said):
        field = _FIELD.match(problem[0])
        yield (field[1] if field else None), _FIELD.sub("it ", problem[0], count=1)
