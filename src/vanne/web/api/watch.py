"""The routes `/v1/ready` and `/v1/metrics`: whether the server can do its work, and its numbers.

The numbers are in the text format of Prometheus. None is of a person.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, PlainTextResponse, Response

from vanne.night.health import NetworkHealth, Problem, health
from vanne.night.metrics import metrics
from vanne.web.api.models import Written
from vanne.web.api.route import Guarded, needs
from vanne.web.site import Site, site_of

TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"

router = APIRouter(prefix="/v1", tags=["server"], route_class=Guarded)


class Readiness(Written):
    """The server can do its work. With `warn` it can, and a person is needed elsewhere."""

    schema_: Annotated[Literal["vanne/ready/1"], Field(alias="schema")]
    status: Literal["pass", "warn"]
    problems: Annotated[list[Problem], Field(description="What needs a person.")]


@router.get(
    "/ready",
    response_model=Readiness,
    response_description="It can.",
    **needs(None, 429, 503),
)
async def get_readiness(request: Request) -> Response:
    """Say that the ledger can be read, whether it was heard, and when the last good night was.

    It needs no token. While it answers 503, send requests to another server. A night that failed
    does not make it unready, because members go on choosing: `warn` is for whoever watches.
    """
    state = await run_in_threadpool(_look, site_of(request))
    status = "warn" if state.problems else "pass"
    document = {"schema": "vanne/ready/1", "status": status, "problems": list(state.problems)}
    return JSONResponse(document)


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    response_description="Numbers in the text format of Prometheus.",
    **needs("metrics"),
)
async def get_metrics(request: Request) -> Response:
    """Fetch the numbers that an operator watches.

    What has not been made yet has no line: a corpus, a model, a request to forget.
    """
    state = await run_in_threadpool(_look, site_of(request))
    return PlainTextResponse(metrics(state), media_type=TEXT_FORMAT)


def _look(site: Site) -> NetworkHealth:
    return health(site.home, site.now())
