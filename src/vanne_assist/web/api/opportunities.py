"""The route for the job offers that fit a member: the member's page, for programs."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from vanne.report.member_items import find_member
from vanne.report.switches import standing
from vanne.web.api.models import LONGEST_TEXT, NO_NUL, Written
from vanne.web.api.problems import refuse
from vanne.web.api.route import ReadingRoute, needs
from vanne.web.site import site_of
from vanne_assist.brief.criteria import Criterion
from vanne_assist.jobs import PURPOSE
from vanne_assist.jobs.match import FAR_KM, MOST, offers_for
from vanne_assist.jobs.posting import JobPosting
from vanne_assist.own import passages_of
from vanne_assist.report.opportunities import document
from vanne_assist.web.postings import Offers

router = APIRouter(prefix="/v1", tags=["members"], route_class=ReadingRoute)

MOST_AT_ONCE = 50
"""A member looks at no more offers; further down they fit less."""
ANYWHERE_KM = 20_040
"""No two places on Earth are further apart."""


class OfferEvidenceModel(Written):
    """Which words of which item of theirs say it."""

    item_id: str
    value: str
    span: Annotated[list[int], Field(description="Characters of the text as it was screened.")]


class OfferJudgementModel(Written):
    """How something that is asked stands; `unknown`: not said in what they show."""

    criterion: Criterion
    state: Literal["met", "partly", "not-met", "unknown"]
    short: Annotated[float | None, Field(description="Years missing, or kilometres too far.")]
    evidence: list[OfferEvidenceModel]


class OfferFlagModel(Written):
    """Something that the offer asks and the law protects: it was compared with nobody."""

    attribute: str
    said: str
    reason: str
    lawful: str | None


class OfferModel(Written):
    """An offer that fits, why, and what it asks besides."""

    posting: Annotated[JobPosting, Field(description="What it does not say is not there.")]
    score: float
    parts: Annotated[
        dict[str, float], Field(description="What meaning, words and criteria add to the order.")
    ]
    likeness: Annotated[float, Field(description="Of its title and the member's nearest one.")]
    away_km: float | None
    title: Annotated[str | None, Field(description="The member's title that is nearest.")]
    judgements: list[OfferJudgementModel]
    flags: list[OfferFlagModel]


class OpportunitiesModel(Written):
    """The offers that fit a member, the best first, or why there are none."""

    schema_: Annotated[Literal["vanne/opportunities/1"], Field(alias="schema")]
    member: str
    lang: str
    as_of: datetime
    open: Annotated[int, Field(ge=0, description="How many offers could be applied for.")]
    far: Annotated[int, Field(ge=0, description="How many of them are further away.")]
    why_none: Literal["nothing-to-read", "nothing-fits"] | None
    items_read: list[str]
    opportunities: list[OfferModel]


@router.get(
    "/opportunities",
    response_model=OpportunitiesModel,
    operation_id="getOpportunities",
    summary="Find the job offers that fit a member",
    response_description="The offers. They are for the member alone.",
    **needs("opportunities", 404, 422),
)
def get_opportunities(
    request: Request,
    member_id: Annotated[
        str,
        Query(
            min_length=1,
            max_length=LONGEST_TEXT,
            pattern=NO_NUL,
            description="The member's id.",
            examples=["anna"],
        ),
    ],
    count: Annotated[int, Query(ge=1, le=MOST_AT_ONCE, description="The most offers.")] = MOST,
    within_km: Annotated[
        float, Query(ge=0, le=ANYWHERE_KM, description="How far away a workplace may be.")
    ] = FAR_KM,
) -> Response:
    """Compare the job offers with what a member lets `job-matching` read at this moment.

    For who switched it off nothing is read, and the list is empty (`nothing-to-read`).
    """
    site = site_of(request)
    member = find_member(site.home, member_id)
    if member is None:
        raise refuse(404, "unknown-member", "there is no such member", "check the id")
    switch = standing(site.home, member, PURPOSE, site.now())
    if switch is None:
        raise refuse(404, "unknown-purpose", "no job offers are matched here", "see the policy")
    found = offers_for(
        site.part(Offers).latest(),
        member.member_id,
        passages_of(site.home, member, switch),
        switch.as_of,
        within_km=within_km,
        count=count,
    )
    return JSONResponse(document(found))
