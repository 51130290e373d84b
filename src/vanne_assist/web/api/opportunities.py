"""The route for the job offers that fit a member: the member's page, for programs."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from vanne.report.member_items import find_member
from vanne.report.switches import standing
from vanne.web.api.models import LONGEST_TEXT, NO_NUL
from vanne.web.api.problems import refuse
from vanne.web.api.route import ReadingRoute, needs
from vanne.web.site import site_of
from vanne_assist.jobs import PURPOSE
from vanne_assist.jobs.board import latest
from vanne_assist.jobs.match import FAR_KM, MOST, MemberOffers, offers_for
from vanne_assist.own import passages_of
from vanne_assist.report.opportunities import document

router = APIRouter(prefix="/v1", tags=["members"], route_class=ReadingRoute)

MOST_AT_ONCE = 50
"""A member looks at no more offers; further down they fit less."""
ANYWHERE_KM = 20_040
"""No two places on Earth are further apart."""


@router.get(
    "/opportunities",
    response_model=MemberOffers,
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
        latest(site.home),
        member.member_id,
        passages_of(site.home, member, switch),
        switch.as_of,
        within_km=within_km,
        count=count,
    )
    return JSONResponse(document(found))
