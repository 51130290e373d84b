"""The route that finds people for a brief: the recruiter's search, for programs."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field
from starlette.responses import JSONResponse, Response

from vanne.errors import InputError
from vanne.web.api.models import NO_NUL, Fault, Read, Written
from vanne.web.api.problems import bad_input
from vanne.web.api.route import ReadingRoute, holder_of, needs
from vanne.web.site import site_of
from vanne.words import words
from vanne_assist.brief.criteria import BriefNotice, Criterion
from vanne_assist.brief.parse import MOST_LETTERS, notices_of
from vanne_assist.fairness.meaning import doubts
from vanne_assist.fairness.search import Asker, protected, search
from vanne_assist.recruiting.evidence import MOST_PEOPLE, PersonView, people_of
from vanne_assist.recruiting.reading import read
from vanne_assist.report.fairness import told
from vanne_assist.report.finding import people_document
from vanne_assist.web.desk import Finder

router = APIRouter(prefix="/v1", tags=["people"], route_class=ReadingRoute)

MOST_AT_ONCE = 100


class NewSearch(Read):
    """Whom to look for, in plain words."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"brief": "senior Rust engineer near Lausanne who speaks French"}]
        }
    )

    brief: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MOST_LETTERS,
            pattern=NO_NUL,
            description="In English, French, German or Italian: work, skills, languages, place, "
            "years; what would be nice; what must not be.",
        ),
    ]
    count: Annotated[
        int, Field(ge=1, le=MOST_AT_ONCE, description="How many people a page has.")
    ] = 10
    page: Annotated[int, Field(ge=1, le=MOST_PEOPLE, description="Which page; the first is 1.")] = 1


class FoundPeople(Written):
    """A page of people, as it was recorded."""

    schema_: Annotated[Literal["vanne/found/1"], Field(alias="schema")]
    search: Annotated[str, Field(description="The id of the record of this search.")]
    at: datetime
    purpose: Literal["recruiter-search"]
    lang: Annotated[str, Field(description="The language in which the brief was read.")]
    criteria: list[Criterion]
    not_understood: Annotated[str, Field(description="Words that were looked for as they are.")]
    notices: Annotated[
        list[BriefNotice],
        Field(description="What is wrong with the brief, which was searched all the same."),
    ]
    may_be_found: Annotated[int, Field(ge=0, description="How many people there are to find.")]
    passed: Annotated[int, Field(ge=0, description="How many pass what must be.")]
    index: str
    encoder: str
    people: list[PersonView]


@router.post(
    "/find",
    response_model=FoundPeople,
    operation_id="findPeople",
    summary="Find people by a brief",
    response_description="A page of people, in order. The search is recorded.",
    **needs("find", body=True),
)
def find_people(request: Request, new: NewSearch) -> Response:
    """Read a brief in plain words and find people who may be found.

    A brief that asks for what the law protects is refused (422), with a lawful wording for each
    ask. Nobody is shown who says no to being found, and only items that may be shown are quoted.
    Every search is recorded with whom it showed, and they may ask why.
    """
    site = site_of(request)
    try:
        brief = read(site.home, new.brief)
    except InputError as error:
        problem = f"{error.title}: {error.todo}"
        raise bad_input(Fault(row=None, field="brief", problem=problem)) from error
    if asks := protected(brief):
        raise bad_input(
            *(Fault(row=None, field="brief", problem=told(words("en"), ask)) for ask in asks)
        )
    with site.part(Finder).use() as index:
        recorded = search(
            site.home,
            index,
            brief,
            Asker(holder_of(request).id, "service"),
            site.now(),
            count=new.count,
            offset=(new.page - 1) * new.count,
            about={"page": new.page},
        ).search
        people = people_of(index, recorded)
    return JSONResponse(
        {
            "schema": "vanne/found/1",
            "search": recorded.id,
            "at": recorded.at.isoformat(),
            "purpose": "recruiter-search",
            "lang": brief.lang,
            "criteria": list(recorded.criteria),
            "not_understood": brief.rest,
            "notices": [asdict(each) for each in (*notices_of(brief), *doubts(brief.text))],
            "may_be_found": recorded.filters["shown"],
            "passed": recorded.eligible,
            "index": recorded.index,
            "encoder": recorded.encoder,
            "people": people_document(people),
        }
    )
