"""The route `/v1/decide`: verdicts on items that the request brings along.

The policy in force decides, by the reference. Members and choices that a request leaves out are
those of the network. The server stores nothing of a request.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema
from starlette.responses import JSONResponse, Response

from vanne.decide.people import People, until
from vanne.decide.reference import decide
from vanne.errors import InputError
from vanne.objections import objectors
from vanne.policy.schedule import policy_at
from vanne.report.member_items import members_of
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member, MemberId, Purpose, Reason, Scope
from vanne.web.api.choices import faults_of_record
from vanne.web.api.models import Fault, Id, Index, Moment, Read, Text, Written
from vanne.web.api.problems import bad_input, refuse
from vanne.web.api.route import Guarded, needs
from vanne.web.site import Site, site_of

MOST_ITEMS = 1000
MOST_PEOPLE = 5000
"""Named in one request. Looking up one member's choices takes some 0.1 ms."""

router = APIRouter(prefix="/v1", tags=["verdicts"], route_class=Guarded)


def _day(value: object) -> date:
    if not isinstance(value, str):
        raise ValueError("it is not a date like `1990-04-12`")
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError("it is not a date like `1990-04-12`") from error


Words = Annotated[tuple[Text, ...], Field(strict=False, max_length=100)]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


class ItemSent(Read):
    """An item without its text: the columns of the public table that a verdict depends on."""

    item_id: Id
    owner: Text | None = None
    category: Text | None = None
    author: Text | None = None
    subjects: Words = ()
    created_at: Moment | None = None
    visibility: Text | None = None
    tags: Words = ()
    reservation: Text | None = None


class MemberSent(Read):
    """A member: the public table of members."""

    member_id: Id
    region: Text | None = None
    birth_date: Day | None = None
    signs: Words = ()


class ChoiceSent(Read):
    """A member's choice for the purpose of the request."""

    member_id: Id
    on: bool
    at: Moment
    scope: Scope = "all"
    target: Text | None = None


class NewDecision(Read):
    """The items to decide, and what the decision depends on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "item_id": "a-draft",
                            "owner": "anna",
                            "category": "post",
                            "created_at": "2026-11-19T08:00:00Z",
                            "visibility": "public",
                        }
                    ],
                }
            ]
        }
    )

    as_of: Annotated[
        Moment | None,
        Field(description="Picks the policy and the ages: RFC 3339 with a zone. Absent: now."),
    ] = None
    purpose: Text = MAIN_PURPOSE
    items: Annotated[list[ItemSent], Field(max_length=MOST_ITEMS)]
    members: Annotated[
        list[MemberSent] | None,
        Field(max_length=MOST_PEOPLE, description="Absent: the network's own table of members."),
    ] = None
    choices: Annotated[
        list[ChoiceSent] | None,
        Field(max_length=MOST_PEOPLE, description="Absent: the choices in the ledger."),
    ] = None


class ItemDecision(Written):
    """The verdict on one item."""

    item_id: str
    reason: Annotated[Reason, Field(description="`allowed`, or the one reason why not.")]
    allowed: bool


class Decision(Written):
    """The verdicts, in the order of the items."""

    schema_: Annotated[Literal["vanne/decision/1"], Field(alias="schema")]
    policy: Annotated[str, Field(description="The policy that was in force at that time.")]
    purpose: str
    as_of: datetime
    ledger_size: Annotated[
        Index | None, Field(description="How many entries of the ledger count; else `null`.")
    ]
    verdicts: list[ItemDecision]


@router.post(
    "/decide",
    response_model=Decision,
    response_description="The verdicts, in order. Nothing is stored.",
    **needs("verdicts", body=True),
)
def decide_items(request: Request, question: NewDecision) -> Response:
    """Decide up to 1,000 items that the request brings along.

    `as_of` picks the policy in force and the ages. Absent `members` are read from the network's
    table. Absent `choices` are all those of its ledger, whatever `as_of` says. A text is neither
    sent nor read.
    """
    site = site_of(request)
    as_of = question.as_of or site.now()
    policy = policy_at(site.home, as_of)
    if question.purpose not in policy.purposes:
        what = "it is not a purpose of the policy in force"
        raise bad_input(Fault(row=None, field="purpose", problem=what))
    items = [Item(**each.model_dump()) for each in question.items]
    named = {
        person
        for item in items
        for person in (item.owner, item.author, *item.subjects)
        if person is not None
    }
    if len(named) > MOST_PEOPLE:
        title = f"the items name more than {MOST_PEOPLE:,} people"
        raise refuse(413, "too-many", title, "send fewer items at once")
    if question.members is None:
        members = members_of(site.home, named)
    else:
        members = [Member(**each.model_dump()) for each in question.members]
    size = None
    if question.choices is None:
        choices, size = _recorded(site, named)
    else:
        choices = list(until(_sent(question.choices, question.purpose), as_of))
    try:
        people = People.of(members, choices, policy, question.purpose, as_of)
    except InputError as error:
        raise bad_input(Fault(row=None, field="members", problem=error.title)) from error
    verdicts = [(item.item_id, decide(item, people)) for item in items]
    return JSONResponse(
        {
            "schema": "vanne/decision/1",
            "policy": policy.name,
            "purpose": question.purpose,
            "as_of": as_of.isoformat(),
            "ledger_size": size,
            "verdicts": [
                {"item_id": item_id, "reason": reason, "allowed": reason is Reason.ALLOWED}
                for item_id, reason in verdicts
            ],
        }
    )


def _sent(choices: Sequence[ChoiceSent], purpose: Purpose) -> list[Choice]:
    """Return the choices of a request; refuse one that means nothing: it may be an opt-out."""
    read = [Choice(c.member_id, purpose, c.scope, c.on, c.at, c.target) for c in choices]
    faults = [
        Fault(row=row, field=field, problem=what)
        for row, choice in enumerate(read, 1)
        for field, what in faults_of_record(choice)
    ]
    if faults:
        raise bad_input(*faults)
    return read


def _recorded(site: Site, people: set[MemberId]) -> tuple[list[Choice], int]:
    """Return what some people chose, and what was decided for people without an account."""
    with site.ledger() as ledger:
        size = ledger.size
        strangers = [each.member_id for each in objectors(ledger)]
        histories = ledger.histories([*people, *strangers])
    return [choice for history in histories.values() for _, choice in history], size
