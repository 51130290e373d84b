"""Choices: recorded one by one or together, and a member's own ones in order."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from vanne.ledger.kinds import CHOICE, problem_of
from vanne.objections import is_objector
from vanne.policy.schedule import policy_at
from vanne.report.member_items import strangers_among
from vanne.report.switches import outcome_of
from vanne.terms import Channel, Choice, Purpose
from vanne.web.api.models import (
    History,
    MemberInPath,
    NewChoice,
    NewChoices,
    RecordedBatch,
    RecordedChoice,
)
from vanne.web.api.problems import Fault, bad_input
from vanne.web.api.route import (
    USUAL_PAGE,
    Cursor,
    Guarded,
    Key,
    Limit,
    after,
    created,
    needs,
    page_of,
    record,
    site_of,
)
from vanne.web.site import Site

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
    response_model=RecordedChoice,
    operation_id="recordChoice",
    summary="Record a member's choice",
    response_description="It is durable. The receipt is for the member.",
    **created(needs("choices", 409, body=True), _LOCATION),
)
def record_choice(request: Request, new: NewChoice, key: Key = None) -> Response:
    """Record an on or an off for a purpose: whole, for one category, or for one item.

    It is in the ledger, on the disk, before this answers 201. Nothing needs to have been said
    before, and saying the same again is harmless: `holds` says what holds now, and whether this
    moved it. The last choice in the ledger holds, whatever `at` says. Whoever is not in the
    network's table of members is refused, unless it is called an `objection`.
    """
    site = site_of(request)
    indices, is_replay = record(request, _checked(site, [new], is_batch=False), key)
    index = indices[0]
    with site.ledger() as ledger:
        receipt = ledger.receipt(index, indices.stop)
        holds = _holds(ledger.history(new.member_id), index)
    body = {"schema": "vanne/recorded/1", "index": index, "holds": holds, "receipt": receipt}
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
    `/v1/receipts/{index}`, and what holds after all of them in its place in `holds`.
    """
    site = site_of(request)
    choices = _checked(site, new.choices, is_batch=True)
    indices, is_replay = record(request, choices, key)
    with site.ledger() as ledger:
        histories = ledger.histories({choice.member_id for choice in choices})
    rows = zip(indices, choices, strict=True)
    body = {
        "schema": "vanne/recorded-batch/1",
        "first": indices[0],
        "count": len(indices),
        "holds": [_holds(histories[choice.member_id], index) for index, choice in rows],
    }
    return _created(body, indices[0], is_replay)


def _holds(history: Sequence[tuple[int, Choice]], index: int) -> dict[str, Any]:
    outcome = outcome_of(history, index)
    return asdict(outcome) | {"since": outcome.since.isoformat()}


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
    if is_objector(member_id):
        return page_of(request, "vanne/choices/1", "choices", [], limit, 0)
    with site_of(request).ledger() as ledger:
        later = [pair for pair in ledger.history(member_id) if pair[0] > first]
    listed = [CHOICE.json_of(choice) | {"index": index} for index, choice in later[:limit]]
    return page_of(request, "vanne/choices/1", "choices", listed, limit, len(later))


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
    unnamed = {row.member_id for row in rows if not row.objection}
    strangers = strangers_among(site.home, unnamed)
    choices = []
    faults: list[Fault] = []
    for row, new in enumerate(rows, 1):
        values = new.model_dump(exclude={"objection"}) | {"at": now, "claimed_at": new.at}
        choice = Choice(**values | {"channel": new.channel or Channel.API})
        choices.append(choice)
        wrong = list(_faults_of(choice, policy.purposes))
        if not wrong and new.member_id in strangers and not new.objection:
            wrong = [("member_id", "no member has that id: if it is an objection, say so")]
        faults += [
            {"row": row if is_batch else None, "field": field, "problem": what}
            for field, what in wrong
        ]
    if faults:
        raise bad_input(*faults)
    return choices


def _faults_of(choice: Choice, purposes: Collection[Purpose]) -> Iterator[tuple[str | None, str]]:
    """Give each field that cannot be recorded, and what is wrong with it; no value is repeated."""
    if is_objector(choice.member_id):
        yield "member_id", "it is the name of an objection, and of no member"
    if Channel.of(choice.channel or "") not in (None, Channel.API):
        yield "channel", "it is the name of a channel of ours"
    if (choice.notice or "").startswith("objection/"):
        yield "notice", "it is the name of an objection, and of no notice"
    if choice.purpose not in purposes:
        yield "purpose", "the policy in force names no such purpose"
    if choice.claimed_at is not None and choice.claimed_at > choice.at:
        yield "at", "it is in the future: nobody has said it yet"
    if problem := problem_of(choice):
        field = _FIELD.match(problem[0])
        yield (field[1] if field else None), _FIELD.sub("it ", problem[0], count=1)
