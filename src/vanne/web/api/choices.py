"""Routes for members' choices: record one or many, list them in order, and a member's report.

A cursor names the entry of the ledger after which a page of a list begins. So a choice that is
recorded meanwhile comes on a later page, and each choice is listed exactly once.
"""

import base64
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.encoders import jsonable_encoder
from pydantic import ConfigDict, Field
from starlette.responses import JSONResponse, Response

from vanne.ledger.kinds import CHOICE, problem_of
from vanne.objections import is_objector
from vanne.plugins import tell_choices
from vanne.policy.schedule import policy_at
from vanne.report.document import report_json, state_json
from vanne.report.member_items import find_member, members_of, strangers_among
from vanne.report.person import Standing, state_of_member
from vanne.report.switches import Outcome, outcome_of, purpose_switch
from vanne.report.usage import usage_report
from vanne.terms import MAIN_PURPOSE, Channel, Choice, Purpose, Reason, Scope
from vanne.web.api.models import (
    Fault,
    Id,
    Index,
    JsonObject,
    MemberInPath,
    Moment,
    Read,
    Text,
    Written,
)
from vanne.web.api.problems import bad_input, refuse
from vanne.web.api.route import Guarded, Key, holder_of, needs
from vanne.web.site import Site, site_of

MOST_ROWS = 1000

router = APIRouter(prefix="/v1", route_class=Guarded)


class NewChoice(Read):
    """A member's on or off for a purpose: whole, for one category, or for one item."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"member_id": "anna", "on": False},
                {
                    "member_id": "anna",
                    "on": False,
                    "scope": "category",
                    "target": "photo",
                    "at": "2026-11-19T10:30:00+01:00",
                },
                {"member_id": "anna", "on": True, "scope": "item", "target": "a-post-1"},
            ]
        }
    )

    member_id: Annotated[Id, Field(description="The member's id, as it is in the network's data.")]
    on: Annotated[
        bool, Field(description="`true`: what the scope covers may be used; `false`: it may not.")
    ]
    purpose: Annotated[
        Text, Field(description="One of the purposes that the policy in force names.")
    ] = MAIN_PURPOSE
    scope: Annotated[
        Scope,
        Field(
            description="What it is for: `all` the member's items, those of one `category`, or one "
            "`item`. Any off wins over any on."
        ),
    ] = "all"
    target: Annotated[
        Text | None,
        Field(description="The category or the id of the item; absent or `null` for scope `all`."),
    ] = None
    at: Annotated[
        Moment | None,
        Field(
            description="When it was said, as the caller knows it: RFC 3339, with a zone, not in "
            "the future. It is kept as `claimed_at`, in UTC; the order of the ledger decides what "
            "holds."
        ),
    ] = None
    channel: Annotated[
        Text | None,
        Field(
            description="Where it was said, in the caller's words, in ASCII, and none of Vanne's "
            "own; absent: `api`."
        ),
    ] = None
    notice: Annotated[
        Text | None, Field(description="The words that the member was shown, or what names them.")
    ] = None
    objection: Annotated[
        bool,
        Field(
            description="`true`: it is an objection of somebody who is not in the network's table "
            "of members, and `member_id` is how the data names them."
        ),
    ] = False


class NewChoices(Read):
    """Choices that are recorded together: all of them or none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "choices": [
                        {"member_id": "anna", "on": False},
                        {"member_id": "bruno", "on": True, "scope": "category", "target": "post"},
                    ]
                }
            ]
        }
    )

    choices: Annotated[
        list[NewChoice],
        Field(min_length=1, max_length=MOST_ROWS, description="In order; the first is row 1."),
    ]


class RecordedChoice(Written):
    """A choice is durable, and what holds now."""

    schema_: Annotated[Literal["vanne/recorded/1"], Field(alias="schema")]
    index: Index
    holds: Outcome
    receipt: Annotated[JsonObject, Field(description="`vanne/receipt/1`, for the member alone.")]


class RecordedBatch(Written):
    """Choices are durable: `count` of them, at `first`, `first` + 1, and so on, in their order."""

    schema_: Annotated[Literal["vanne/recorded-batch/1"], Field(alias="schema")]
    first: Index
    count: Annotated[int, Field(ge=1, le=MOST_ROWS, description="How many were recorded.")]
    holds: Annotated[list[Outcome], Field(description="Of each row, what holds after all of them.")]


def _created(described: dict[str, Any]) -> dict[str, Any]:
    """Add to what a route says of itself the headers of what it answers when it made something."""
    headers = {
        "Location": {
            "description": "The address of the receipt (of the first one).",
            "schema": {"type": "string", "format": "uri-reference"},
        },
        "Idempotent-Replayed": {
            "description": "`true` if this was recorded before, with the same key; else absent.",
            "schema": {"type": "string", "const": "true"},
        },
    }
    return described | {"responses": {201: {"headers": headers}} | described["responses"]}


@router.post(
    "/choices",
    tags=["choices"],
    status_code=201,
    response_model=RecordedChoice,
    response_description="It is durable. The receipt is for the member.",
    **_created(needs("choices", 409, body=True)),
)
def record_choice(request: Request, new: NewChoice, key: Key = None) -> Response:
    """Record a member's choice: on or off for a purpose, whole, for one category or one item.

    It is in the ledger, on the disk, before this answers 201. Nothing needs to have been said
    before, and saying the same again is harmless: `holds` says what holds now, and whether this
    moved it. The last choice in the ledger holds, whatever `at` says. Whoever is not in the
    network's table of members is refused, unless it is called an `objection`. An on of a member who
    is kept out (by age, region or an unknown of them) is refused: it would count later, unasked.
    """
    indices, headers = _record(request, _checked(site_of(request), [new], is_batch=False), key)
    index = indices[0]
    with site_of(request).ledger() as ledger:
        receipt = ledger.receipt(index, indices.stop)
        holds = jsonable_encoder(outcome_of(ledger.history(new.member_id), index))
    body = {"schema": "vanne/recorded/1", "index": index, "holds": holds, "receipt": receipt}
    return JSONResponse(body, 201, headers)


@router.post(
    "/choices/batch",
    tags=["choices"],
    status_code=201,
    response_model=RecordedBatch,
    response_description="All are durable.",
    **_created(needs("choices", 409, body=True)),
)
def record_choices(request: Request, new: NewChoices, key: Key = None) -> Response:
    """Record up to 1,000 choices: all of them or none.

    It is one transaction, in their order. If any row cannot be recorded none is, and `errors` names
    every such row. Each has a receipt at `/v1/receipts/{index}`, and what holds after all of them
    in its place in `holds`.
    """
    choices = _checked(site_of(request), new.choices, is_batch=True)
    indices, headers = _record(request, choices, key)
    with site_of(request).ledger() as ledger:
        histories = ledger.histories({choice.member_id for choice in choices})
    rows = zip(indices, choices, strict=True)
    outcomes = [outcome_of(histories[choice.member_id], index) for index, choice in rows]
    body = {
        "schema": "vanne/recorded-batch/1",
        "first": indices[0],
        "count": len(indices),
        "holds": jsonable_encoder(outcomes),
    }
    return JSONResponse(body, 201, headers)


def _record(
    request: Request, choices: Sequence[Choice], key: str | None
) -> tuple[range, dict[str, str]]:
    """Append choices once for each key; return their places, and the headers of the answer.

    Raises:
        ConflictError: the key came before, with something else.
    """
    name, site = None if key is None else f"{holder_of(request).id}:{key}", site_of(request)
    with site.ledger() as ledger:
        is_replay = name is not None and ledger.knows(name)
        indices = ledger.append(choices, key=name)
    tell_choices(site.home, choices, site.now())
    headers = {"Location": f"/v1/receipts/{indices[0]}"}
    return indices, headers | ({"Idempotent-Replayed": "true"} if is_replay else {})


def _checked(site: Site, rows: Sequence[NewChoice], *, is_batch: bool) -> list[Choice]:
    """Return the choices if every one can be recorded.

    Raises:
        ProblemError: one cannot; every one that cannot is named.
    """
    now = site.now()
    policy = policy_at(site.home, now)
    members = {
        each.member_id: each
        for each in members_of(
            site.home, {row.member_id for row in rows if row.on and not row.objection}
        )
    }
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
        member = members.get(new.member_id)
        switch = (
            purpose_switch(member, policy, new.purpose, (), now) if member and not wrong else None
        )
        if switch and switch.state.block:
            what = f"the member is kept out ({switch.state.block}): only an off is recorded"
            wrong = [("on", what)]
        faults += [
            Fault(row=row if is_batch else None, field=field, problem=what) for field, what in wrong
        ]
    if faults:
        raise bad_input(*faults)
    return choices


_FIELD = re.compile(r"`(\w+)` ")


def _faults_of(choice: Choice, purposes: Collection[Purpose]) -> Iterator[tuple[str | None, str]]:
    """Give each field that cannot be recorded, and what is wrong with it; no value is repeated."""
    if is_objector(choice.member_id):
        yield "member_id", "it is the name of an objection, and of no member"
    channel = choice.channel or ""
    # letters of other scripts, and signs that are not seen, look like those of our own channels
    if not (channel.isascii() and channel.isprintable()):
        yield "channel", "it has other signs than letters, digits and punctuation of ASCII"
    if Channel.of(channel) not in (None, Channel.API):
        yield "channel", "it is the name of a channel of ours"
    if (choice.notice or "").startswith("objection/"):
        yield "notice", "it is the name of an objection, and of no notice"
    if choice.purpose not in purposes:
        yield "purpose", "the policy in force names no such purpose"
    if choice.claimed_at is not None and choice.claimed_at > choice.at:
        yield "at", "it is in the future: nobody has said it yet"
    yield from faults_of_record(choice)


def faults_of_record(choice: Choice) -> Iterator[tuple[str | None, str]]:
    """Give the field for which the ledger would refuse a choice, and why; no value is repeated."""
    if problem := problem_of(choice):
        field = _FIELD.match(problem)
        yield (field[1] if field else None), _FIELD.sub("it ", problem, count=1)


# What a member chose

LARGEST_PAGE, USUAL_PAGE = 1000, 100
_CURSOR = re.compile(r"after:(0|[1-9]\d{0,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class IndexedChoice(Choice):
    """A choice with its place in the ledger: every field, `null` where there is nothing."""

    index: int = 0


class History(Written):
    """One page of a member's choices, oldest first."""

    schema_: Annotated[Literal["vanne/choices/1"], Field(alias="schema")]
    choices: list[IndexedChoice]
    next: Annotated[
        str | None,
        Field(description="Send it as `cursor` for the next page; `null` on the last."),
    ]


@router.get(
    "/members/{member_id:id}/choices",
    tags=["choices"],
    response_model=History,
    response_description="One page. Empty for somebody who never chose, member or not.",
    **needs("choices", 422),
)
def list_choices(
    request: Request,
    member_id: MemberInPath,
    limit: Annotated[
        int, Query(ge=1, le=LARGEST_PAGE, description="The most that a page lists.")
    ] = USUAL_PAGE,
    cursor: Annotated[
        str | None,
        Query(description="`next` of the page before, as it came; absent for the first page."),
    ] = None,
) -> Response:
    """List a member's choices, oldest first, each with its place in the ledger.

    What is recorded meanwhile comes on a later page; nothing is listed twice or left out.
    """
    first = -1
    if cursor is not None:
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            form = _CURSOR.fullmatch(base64.b64decode(padded, b"-_", validate=True).decode())
        except ValueError:
            form = None
        if not form or _cursor(int(form[1])) != cursor:
            what = "it is not `next` of a page before, as it came"
            raise bad_input(Fault(row=None, field="cursor", problem=what))
        first = int(form[1])
    later = []
    if not is_objector(member_id):
        with site_of(request).ledger() as ledger:
            later = [pair for pair in ledger.history(member_id) if pair[0] > first]
    listed = [CHOICE.json_of(choice) | {"index": index} for index, choice in later[:limit]]
    following = _cursor(later[limit - 1][0]) if len(later) > limit else None
    answer = JSONResponse({"schema": "vanne/choices/1", "choices": listed, "next": following})
    if following:  # RFC 8288; the path as it was spelt in the request
        path = quote(request.scope["raw_path"], safe="/%:@!$&'()*+,;=~")
        answer.headers["Link"] = f'<{path}?limit={limit}&cursor={following}>; rel="next"'
    return answer


def _cursor(index: int) -> str:
    return base64.urlsafe_b64encode(f"after:{index}".encode()).decode().rstrip("=")


class Said(Written):
    """One sentence of a state: its code, its parameters, and its text in the language asked for."""

    code: str
    params: JsonObject
    text: str


class MemberState(Written):
    """Where a member stands for a purpose now. The page on the API tells each field."""

    schema_: Annotated[Literal["vanne/member-state/1"], Field(alias="schema")]
    member_id: str
    purpose: str
    as_of: Moment
    standing: Standing
    used: Annotated[bool, Field(description="Whether something of theirs may be used now.")]
    kept_out: Annotated[
        Reason | None, Field(description="Why nothing is used, whatever they choose.")
    ]
    on: bool
    by: Literal["choice", "signal", "default"]
    since: Moment | None
    off_categories: list[str]
    off_items: int
    counts: JsonObject
    deployment: Literal["trains", "exports", "nothing"]
    stages: list[JsonObject]
    steps: list[JsonObject]
    receivers: list[JsonObject]
    receipt: int | None
    certificate: str | None
    says: Annotated[list[Said], Field(description="What the member reads, the answer first.")]


@router.get(
    "/members/{member_id:id}/state",
    tags=["members"],
    response_model=MemberState,
    response_description="The state. It is for the member alone.",
    **needs("choices", 404, 422),
)
def get_state(
    request: Request,
    member_id: MemberInPath,
    purpose: Annotated[
        str, Query(description="One of the purposes that the policy in force names.")
    ] = MAIN_PURPOSE,
    lang: Annotated[
        Literal["fr", "en", "de", "it"], Query(description="The language of the sentences.")
    ] = "en",
) -> Response:
    """Say where a member stands: on or off and by what, what holds their data, and what comes next.

    The member's page, report and mails say the same sentences.
    """
    site, now = site_of(request), site_of(request).now()
    if find_member(site.home, member_id) is None:
        raise refuse(404, "unknown-member", "there is no such member", "check the id")
    if purpose not in policy_at(site.home, now).purposes:
        what = "the policy in force names no such purpose"
        raise bad_input(Fault(row=None, field="purpose", problem=what))
    return JSONResponse(
        state_json(state_of_member(site.home, member_id, purpose, now), member_id, lang)
    )


@router.get(
    "/members/{member_id:id}/report",
    tags=["members"],
    response_model=JsonObject,
    response_description="The report (`vanne/member-report/1`). It is for the member alone.",
    **needs("reports", 404, 422),
)
def get_report(request: Request, member_id: MemberInPath) -> Response:
    """Say of every item of a member whether it may be used and why not, for each purpose.

    And which versions of the corpus and of the model held it, from when to when, and when
    forgetting is due. It is made for this answer: for many members use `vanne report`.
    """
    site = site_of(request)
    if find_member(site.home, member_id) is None:
        raise refuse(404, "unknown-member", "there is no such member", "check the id")
    return JSONResponse(report_json(usage_report(site.home, member_id, site.now())))
