"""What was used of a member: the same document that the page and the command show."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from vanne.report.document import report_json
from vanne.report.member_items import find_member
from vanne.report.usage import usage_report
from vanne.terms import Reason
from vanne.web.api.models import MemberInPath, Scope, Written
from vanne.web.api.problems import refuse
from vanne.web.api.route import Guarded, needs, site_of

router = APIRouter(prefix="/v1", tags=["members"], route_class=Guarded)

Count = Annotated[int, Field(ge=0)]
Until = Annotated[datetime | None, Field(description="`null` while it lasts.")]


class AboutMember(Written):
    """Who it is about; `null` where it is not known."""

    member_id: str
    region: Annotated[str | None, Field(description="ISO 3166-1 alpha-2.")]
    birth_date: Annotated[str | None, Field(description="RFC 3339 full-date.")]
    joined_at: datetime | None


class AboutPolicy(Written):
    """The policy in force."""

    name: str
    version: str
    digest: Annotated[str, Field(description="SHA-256 of what it says, in hex.")]


class State(Written):
    """What the switch says, whose state that is and since when."""

    on: bool
    by: Annotated[
        str, Field(description="`choice`, `default`, or what else decided, such as a signal.")
    ]
    since: datetime | None
    block: Annotated[
        Reason | None, Field(description="Why nothing is used, whatever they chose; else `null`.")
    ]
    used: Annotated[bool, Field(description="Whether their data may be used at all.")]


class Counts(Written):
    """How many items the member has, and how many are allowed and held now."""

    items: Count
    allowed: Count
    in_corpus: Count
    in_model: Count


class HeldByCorpus(Written):
    """A version of the corpus that held items of theirs."""

    version: str
    as_of: datetime
    until: Until
    policy: str
    ledger_size: Count
    items: Count


class HeldByModel(Written):
    """A version of the model that was trained on items of theirs."""

    version: str
    corpus: str
    since: datetime
    until: Until
    serves: bool
    certificate: Annotated[str | None, Field(description="That it no longer does, by its id.")]
    items: Count


class Answered(Written):
    """A choice, and what became of it."""

    receipt: Annotated[int, Field(ge=0, description="Its place in the ledger; the first is 0.")]
    scope: Scope
    target: str | None
    on: bool
    at: datetime
    claimed_at: datetime | None
    channel: str | None
    notice: str | None
    outcome: Annotated[
        Literal["done", "due", "overdue", "nothing"] | None,
        Field(
            description="What became of a no: the models have forgotten, must by a day, should "
            "have, or held nothing; `null` for an on."
        ),
    ]
    forget_by: datetime | None
    forgotten_on: Annotated[
        date | None,
        Field(description="On which day what it covers left the model that serves."),
    ]
    certificate: Annotated[str | None, Field(description="What proves that, by its id.")]
    retrained_on: Annotated[
        date | None,
        Field(description="Since which day what was beside it is trained again."),
    ]
    retrained_certificate: str | None


class Proven(Written):
    """A certificate that a model forgot."""

    id: str
    day: date
    phase: Annotated[
        Literal["at-once", "retrained"],
        Field(description="Served at once by what was clean, or trained again."),
    ]
    waiting: Annotated[
        int, Field(ge=0, description="How many texts of its corpus wait for the training.")
    ]
    model_before: str
    model_after: str
    items: Count
    receipts: list[int]
    page: str
    download: str
    proof: Annotated[str, Field(description="The address of the proof that it is in the log.")]
    verify: Annotated[str, Field(description="The command that checks it.")]


class NotKnown(Written):
    """How many versions cannot be looked into any more."""

    corpora: Count
    models: Count


class ForPurpose(Written):
    """Where the member stands for one purpose."""

    purpose: str
    state: State
    counts: Counts
    forget_by: Annotated[datetime | None, Field(description="When a model must have forgotten.")]
    corpora: list[HeldByCorpus]
    models: list[HeldByModel]
    choices: list[Answered]
    certificates: list[Proven]
    not_known: NotKnown


class Stay(Written):
    """From when to when versions of the corpus held an item."""

    since: datetime
    until: Until
    still: bool
    first: Annotated[str, Field(description="The first version.")]
    last: Annotated[str, Field(description="The last version.")]


class UseOfOthers(Written):
    """Whether an item may be used for a purpose, and what holds it; `null`: it cannot be known."""

    allowed: bool
    in_corpus: bool | None
    in_model: bool | None
    corpora: list[Stay]
    models: Annotated[list[str], Field(description="The versions that were trained on it.")]
    forget_by: datetime | None
    known: Annotated[bool, Field(description="`false`: some versions cannot be looked into.")]


class Use(UseOfOthers):
    """The same for an item of the member's own, with the reason."""

    reason: Annotated[Reason, Field(description="`allowed`, or the one reason why not.")]


class OwnItem(Written):
    """An item of the member's own."""

    item_id: str
    category: str | None
    created_at: datetime | None
    text: Annotated[str | None, Field(description="`null` if somebody else wrote it.")]
    purposes: Annotated[dict[str, Use], Field(description="By purpose.")]


class OthersItem(Written):
    """An item of somebody else that the member wrote or is in: not its text, and not why."""

    category: str | None
    created_at: datetime | None
    role: Literal["author", "subject"]
    purposes: Annotated[dict[str, UseOfOthers], Field(description="By purpose.")]


class Report(Written):
    """What was used of a member, why and why not, what holds it, and when it is forgotten."""

    schema_: Annotated[Literal["vanne/member-report/1"], Field(alias="schema")]
    as_of: Annotated[datetime, Field(description="The time as of which it was made.")]
    member: AboutMember
    policy: AboutPolicy
    purposes: list[ForPurpose]
    items: list[OwnItem]
    items_of_others: list[OthersItem]


@router.get(
    "/members/{member_id:path}/report",
    response_model=Report,
    operation_id="getReport",
    summary="Say what was used of a member",
    response_description="The report. It is for the member alone.",
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
    report: dict[str, Any] = report_json(usage_report(site.home, member_id, site.now()))
    return JSONResponse(report)
