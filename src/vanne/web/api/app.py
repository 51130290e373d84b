"""The application behind `/v1`: its routes, put together."""

import json
from functools import cache
from itertools import chain

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import BaseRoute

from vanne import plugins
from vanne.web.api import chat, choices, health, ledger, members, notices, objections, receipts
from vanne.web.api.document import document
from vanne.web.api.problems import broken, install
from vanne.web.api.route import Guarded, needs
from vanne.web.api.verdicts import ROUTES, VerdictCache
from vanne.web.guard import Faults
from vanne.web.site import Site

DOCUMENT = "/v1/openapi.json"
NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""What FastAPI would tell a collector holds addresses, and those hold ids of members."""

router = APIRouter(tags=["server"], route_class=Guarded)


@router.get(
    DOCUMENT,
    operation_id="getDocument",
    summary="Fetch this document",
    response_description="OpenAPI 3.1.",
    **needs(None, 429, 503),
)
async def get_document() -> Response:
    """Fetch the description of everything below `/v1`. It needs no token."""
    return Response(_document(), media_type="application/json")


@cache
def _document() -> bytes:
    return json.dumps(document(routes()), separators=(",", ":")).encode()


PARTS = (
    choices.router,
    receipts.router,
    members.router,
    objections.router,
    ledger.router,
    notices.router,
    chat.router,
    health.router,
    router,
)


def routes() -> list[BaseRoute]:
    """Return every address below `/v1` that describes itself: all but those of verdicts."""
    parts = (*(part.routes for part in PARTS), *(each.api for each in plugins.pages()))
    return list(chain.from_iterable(parts))


def create_api(site: Site) -> FastAPI:
    """Make the application. Who asks and how often is looked at before (`vanne.web.api.gate`)."""
    app = FastAPI(
        telemetry=NO_TELEMETRY,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Faults, answer=broken)],
    )
    app.state.site = site
    app.state.verdicts = VerdictCache(site.home)
    app.router.routes += [*ROUTES, *routes()]
    install(app)
    return app
