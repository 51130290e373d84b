"""Objections of people who are no members: recorded, listed, and reviewed by a person."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from pydantic import ConfigDict, Field
from starlette.responses import JSONResponse, Response

from vanne.errors import InputError
from vanne.ledger import Ledger
from vanne.objections import Objector, objector, objectors, review, waiting
from vanne.policy.schedule import policy_at
from vanne.terms import MAIN_PURPOSE, Channel, Objection
from vanne.web.api.choices import when, wrong_with
from vanne.web.api.models import MOST_ENTRIES, Id, Index, Moment, Read, Recorded, Text, Written
from vanne.web.api.problems import Fault, bad_input, refuse
from vanne.web.api.route import (
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
from vanne.web.site import PLACE

ROLE = "service"
"""Who looked, as the ledger says it: never a name."""

router = APIRouter(prefix="/v1/objections", tags=["objections"], route_class=Guarded)

IndexInPath = Annotated[
    int,
    Path(
        ge=0,
        le=MOST_ENTRIES,
        description="The place of the objection in the ledger; the first is 0.",
        examples=[3],
    ),
]


class NewObjection(Read):
    """The no of somebody who is no member to the use of data about them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Marie Dupont", "profile": "https://www.linkedin.com/in/marie-dupont"}
            ]
        }
    )

    name: Annotated[Id, Field(description="Their name, as they write it.")]
    profile: Annotated[
        Id | None, Field(description="An address where they are found; absent: only a name.")
    ] = None
    purpose: Annotated[
        Text, Field(description="One of the purposes that the policy in force names.")
    ] = MAIN_PURPOSE
    on: Annotated[
        bool,
        Field(
            description="`false` objects; `true` takes back what was said with the same name, "
            "profile and purpose."
        ),
    ] = False
    at: Annotated[
        Moment | None,
        Field(
            description="When it was said, as the caller knows it: RFC 3339, with a zone, not in "
            "the future. It is kept as `claimed_at`; the order of the ledger decides what holds."
        ),
    ] = None
    channel: Annotated[
        Text | None,
        Field(
            description="Where it was said, in the caller's words, and none of Vanne's own; "
            "absent: `api`."
        ),
    ] = None
    notice: Annotated[
        Text | None, Field(description="The words that they were shown, or what names them.")
    ] = None


class Objecting(Written):
    """Somebody who objected; who says the same again has objected once."""

    index: Annotated[Index, Field(description="The place in the ledger; the first is 0.")]
    name: str
    profile: str | None
    purpose: str
    at: datetime
    channel: str | None
    until: Annotated[
        datetime | None, Field(description="When they took it back; `null` while it stands.")
    ]
    waiting: Annotated[
        list[str],
        Field(
            description="The items that only a name connects with them, by id: they are denied "
            "until a person has looked."
        ),
    ]


class OneObjection(Objecting):
    """One objection, as a document of its own."""

    schema_: Annotated[Literal["vanne/objection/1"], Field(alias="schema")]


class Objections(Written):
    """One page of the objections, oldest first."""

    schema_: Annotated[Literal["vanne/objections/1"], Field(alias="schema")]
    objections: list[Objecting]
    next: Annotated[
        str | None,
        Field(description="Send it as `cursor` for the next page; `null` on the last."),
    ]


class Looked(Read):
    """What a person saw who looked at an item."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"item_id": "a-praise-2", "same": True}]}
    )

    item_id: Annotated[Text, Field(description="One of the items of the objection.")]
    same: Annotated[
        bool,
        Field(
            description="`true`: it is about whoever objected, and stays denied; `false`: it is "
            "about somebody else, and this objection no longer denies it."
        ),
    ]


class Reviewed(Written):
    """What a person saw is durable."""

    schema_: Annotated[Literal["vanne/reviewed/1"], Field(alias="schema")]
    entry: Annotated[Index, Field(description="Where it stands in the ledger; the first is 0.")]


@router.post(
    "",
    status_code=201,
    response_model=Recorded,
    operation_id="recordObjection",
    summary="Record the objection of somebody who is no member",
    response_description="It is durable. The receipt is for whoever objected.",
    **created(
        needs("objections", 409, body=True),
        {
            "Location": {
                "description": "The address of the objection.",
                "schema": {"type": "string", "format": "uri-reference"},
            }
        },
    ),
)
def record_objection(request: Request, new: NewObjection, key: Key = None) -> Response:
    """Record an objection, or that it is taken back; the caller has made sure who says so.

    Items are denied for it after `vanne objections match` has looked through them.
    """
    site = site_of(request)
    now = site.now()
    objection = Objection(
        **new.model_dump() | when(new.at, now) | {"channel": new.channel or Channel.API}
    )
    policy = policy_at(site.home, now)
    if wrong := list(wrong_with(objection, policy.purposes, now)):
        raise bad_input(*(Fault(row=None, field=field, problem=what) for field, what in wrong))
    indices, is_replay = record(request, [objection], key)
    index = indices[0]
    with site.ledger() as ledger:
        receipt = ledger.receipt(index, indices.stop)
    headers = {"Location": f"/v1/objections/{index}"}
    if is_replay:
        headers["Idempotent-Replayed"] = "true"
    body = {"schema": "vanne/recorded/1", "index": index, "receipt": receipt}
    return JSONResponse(body, 201, headers)


@router.get(
    "",
    response_model=Objections,
    operation_id="listObjections",
    summary="List the objections of people who are no members, oldest first",
    response_description="One page.",
    **needs("objections", 422),
)
def list_objections(request: Request, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """List who objected, until when, and which items wait for a person to look at them."""
    first = after(cursor)
    with site_of(request).ledger() as ledger:
        later = [each for each in objectors(ledger) if each.index > first]
        listed = [_shown(ledger, each) for each in later[:limit]]
    return page_of(request, "vanne/objections/1", "objections", listed, limit, len(later))


@router.get(
    f"/{PLACE}",
    response_model=OneObjection,
    operation_id="getObjection",
    summary="Fetch one objection",
    response_description="The objection.",
    **needs("objections", 404, 422),
)
def get_objection(request: Request, index: IndexInPath) -> Response:
    """Fetch who objected with an entry of the ledger, and what waits for a person."""
    with site_of(request).ledger() as ledger:
        objector = _find(ledger, index)
        return JSONResponse({"schema": "vanne/objection/1"} | _shown(ledger, objector))


@router.post(
    f"/{PLACE}/review",
    response_model=Reviewed,
    operation_id="reviewItem",
    summary="Record what a person saw who looked at an item",
    response_description="It is durable. Saying the same again changes nothing.",
    **needs("objections", 404, body=True),
)
def review_item(request: Request, index: IndexInPath, looked: Looked) -> Response:
    """Say whether an item that only a name connects with an objection is about that person.

    It must be an item that `vanne objections match` found for this objection, and the objection
    must not have been taken back.
    """
    site = site_of(request)
    with site.ledger() as ledger:
        concerned = _find(ledger, index)
        targets = {choice.target for _, choice in ledger.history(concerned.member_id)}
        if looked.item_id not in targets or not concerned.in_force:
            title = "the objection does not concern such an item, or was taken back"
            raise refuse(404, "unknown-item", title, "see `waiting` of the objection")
        entry = review(ledger, index, looked.item_id, same=looked.same, at=site.now(), role=ROLE)
    return JSONResponse({"schema": "vanne/reviewed/1", "entry": entry})


def _find(ledger: Ledger, index: int) -> Objector:
    try:
        return objector(ledger, index)
    except InputError as error:
        title = "there is no such objection"
        raise refuse(404, "unknown-objection", title, "check its place in the ledger") from error


def _shown(ledger: Ledger, each: Objector) -> dict[str, Any]:
    objection = each.objection
    return {
        "index": each.index,
        "name": objection.name,
        "profile": objection.profile,
        "purpose": objection.purpose,
        "at": objection.at.isoformat(),
        "channel": objection.channel,
        "until": each.until.isoformat() if each.until else None,
        "waiting": [doubt.item_id for doubt in waiting(ledger, each)],
    }
