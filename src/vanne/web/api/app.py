"""The application behind `/v1`: its routes, and the OpenAPI document (3.1) about them.

The document is made from the routes that run. This file adds what FastAPI leaves out, once for all
routes: the media type of problem documents, `HEAD` wherever there is `GET`, and the headers of the
rate limit.
"""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import Field
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from vanne import __version__, plugins
from vanne.web.api import changes, chat, choices, decide, ledger, verdicts, watch
from vanne.web.api.gate import UNLIMITED
from vanne.web.api.models import Written
from vanne.web.api.problems import broken, install, is_openai
from vanne.web.api.route import SECURITY, Guarded, needs
from vanne.web.guard import Faults
from vanne.web.site import Site

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig

DOCUMENT = "/v1/openapi.json"
NO_TELEMETRY: "TelemetryConfig" = {  # an older FastAPI has none, and takes this for a note
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""What FastAPI would tell a collector holds addresses, and those hold ids of members."""

router = APIRouter(tags=["server"], route_class=Guarded)


class Health(Written):
    """The server answers."""

    schema_: Annotated[Literal["vanne/health/1"], Field(alias="schema")]
    status: Literal["pass"]


@router.get("/v1/health", response_model=Health, response_description="It does.", **needs(None))
async def get_health() -> Response:
    """Say that the server answers.

    It needs no token, and is not counted against a limit. It says that the process answers, and not
    that the ledger can be written: a server whose ledger is gone must not be restarted for it.
    """
    return JSONResponse({"schema": "vanne/health/1", "status": "pass"})


@router.get(DOCUMENT, response_description="OpenAPI 3.1.", **needs(None, 429, 503))
async def get_document() -> Response:
    """Fetch this document.

    It describes everything below `/v1`, and needs no token.
    """
    return Response(_document(), media_type="application/json")


@cache
def _document() -> bytes:
    return json.dumps(document(routes()), separators=(",", ":")).encode()


def routes() -> list[BaseRoute]:
    """Return every address below `/v1`, as it is described."""
    routers = (
        choices.router,
        changes.router,
        ledger.router,
        verdicts.described,
        decide.router,
        chat.router,
        router,
        watch.router,
    )
    parts = (*(part.routes for part in routers), *(each.api for each in plugins.pages()))
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
    app.state.verdicts = verdicts.VerdictCache(site.home)
    app.router.routes += [*verdicts.ROUTES, *routes()]  # the first that fits answers
    install(app)
    return app


# The document

Described = dict[str, Any]

TITLE = "Vanne"
DESCRIPTION = """\
The valve between a network's members and the generative AI that trains on them.

* Every document says its `schema`. Times are RFC 3339 in UTC. Ids are opaque texts of UTF-8.
* Errors are problem documents (RFC 9457); they never repeat a value that was sent.
* `HEAD` is answered wherever `GET` is, in the same way, without the body.
* `OPTIONS` is refused (405, with `Allow`): no page of another site can use the API.
* A query parameter or a field that is not known is refused, and so is one that is there twice.
* Nothing is stored on the way: `Cache-Control: no-store`.
"""
TAGS = [
    {"name": "choices", "description": "What members chose."},
    {"name": "verdicts", "description": "Whether single items may be used, and why not."},
    {"name": "receipts", "description": "What members hold to show what they chose."},
    {"name": "members", "description": "What was used of a member."},
    {"name": "ledger", "description": "The log of choices, as anybody may see it."},
    {"name": "model", "description": "The current model, as clients of OpenAI's API ask it."},
    {"name": "server", "description": "The server itself."},
]
_LIMITS: Described = {
    "RateLimit-Policy": {
        "description": 'Such as `"token";q=6000;w=60`: q requests in w seconds.',
        "schema": {"type": "string"},
    },
    "RateLimit": {
        "description": 'Such as `"token";r=5999;t=60`: r requests are left, more in t seconds.',
        "schema": {"type": "string"},
    },
}
_SCHEME: Described = {
    "type": "http",
    "scheme": "bearer",
    "description": "A service token, made with `vanne token create NAME --scope SCOPE`. An "
    "operation names the scope that it needs.",
}


def document(routes: Sequence[BaseRoute]) -> Described:
    """Describe what the routes do."""
    described = get_openapi(
        title=TITLE,
        version=__version__,
        description=DESCRIPTION,
        routes=routes,
        tags=[*TAGS, *(dict(tag) for each in plugins.pages() for tag in each.api_tags)],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/", "description": "This server"}],
    )
    for path, _, operation in operations(described):
        # the framework adds its own 422 where a route names none; for OpenAI's clients it is a 400
        if is_openai(path) or "HTTPValidationError" in str(operation["responses"].get("422")):
            operation["responses"].pop("422", None)
        for parameter in operation.get("parameters", []):  # one that is not sent is never null
            for kind in parameter["schema"].pop("anyOf", []):
                parameter["schema"] |= kind if kind != {"type": "null"} else {}
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                (schema,) = response["content"].values()
                response["content"] = {"application/problem+json": schema}
            if not path.startswith(UNLIMITED):
                limits = {name: {"$ref": f"#/components/headers/{name}"} for name in _LIMITS}
                response["headers"] = response.get("headers", {}) | limits
    parts = described["components"]
    parts["schemas"] = {n: s for n, s in parts["schemas"].items() if "ValidationError" not in n}
    parts["headers"] = _LIMITS
    parts["securitySchemes"] = {SECURITY: _SCHEME}
    for methods in described["paths"].values():
        if "get" in methods:  # `HEAD` is answered in the same way, without the body
            methods["head"] = head = deepcopy(methods["get"])
            head["operationId"] += "Head"
            head["summary"] += ": the headers alone"
            for response in head["responses"].values():
                response.pop("content", None)
    return described


def operations(described: Described) -> Iterator[tuple[str, str, Described]]:
    """Give every operation with its path and method."""
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation
