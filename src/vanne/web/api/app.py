"""The application behind `/v1`: its routes, put together."""

from fastapi import APIRouter, FastAPI, Request
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response

from vanne.web.api import choices, health, ledger, receipts
from vanne.web.api.document import document
from vanne.web.api.problems import broken, install
from vanne.web.api.route import Guarded, needs
from vanne.web.guard import Faults
from vanne.web.site import Site

DOCUMENT = "/v1/openapi.json"

router = APIRouter(tags=["server"], route_class=Guarded)


def create_api(site: Site) -> FastAPI:
    """Make the application. Who asks and how often is looked at before (`vanne.web.api.gate`)."""
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[Middleware(Faults, answer=broken)],
    )
    app.state.site = site
    install(app)
    for part in (choices.router, receipts.router, ledger.router, health.router, router):
        app.router.routes += part.routes
    return app


@router.get(
    DOCUMENT,
    operation_id="getDocument",
    summary="Fetch this document",
    response_description="OpenAPI 3.1.",
    **needs(None, 429, 503),
)
async def get_document(request: Request) -> Response:
    """Fetch the description of everything below `/v1`. It needs no token."""
    app: FastAPI = request.app
    if app.openapi_schema is None:
        app.openapi_schema = document(app)
    return JSONResponse(app.openapi_schema)
