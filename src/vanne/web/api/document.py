"""The OpenAPI document (3.1), made of the routes that run.

What FastAPI leaves out is added here, once for all of them: problem documents have a media type of
their own, `HEAD` is answered wherever `GET` is, and every answer says where the caller stands with
its limit. Single verdicts are answered by no route: `vanne.web.api.verdicts` describes them.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from vanne import __version__, plugins
from vanne.web.api import verdicts
from vanne.web.api.gate import HEALTH
from vanne.web.api.openai_errors import is_openai
from vanne.web.api.route import SECURITY

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
    {"name": "verdicts", "description": "What the current corpus says of single items, and why."},
    {"name": "receipts", "description": "What members hold to show what they chose."},
    {"name": "members", "description": "What was used of a member."},
    {"name": "objections", "description": "What people who are no members said."},
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
    """Describe what the routes do, and the verdicts."""
    made = get_openapi(
        title=TITLE,
        version=__version__,
        description=DESCRIPTION,
        routes=routes,
        tags=[*TAGS, *(dict(tag) for each in plugins.pages() for tag in each.api_tags)],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/", "description": "This server"}],
    )
    for path, _, operation in operations(made):
        if is_openai(path):  # where a value that cannot be used is a 400
            operation["responses"].pop("422", None)
        _correct(operation, is_limited=path != HEALTH)
    made["paths"] |= verdicts.paths()
    parts = made["components"]
    parts["schemas"] = {n: s for n, s in parts["schemas"].items() if "ValidationError" not in n}
    parts["schemas"] |= verdicts.SCHEMAS
    parts["headers"] = _LIMITS
    parts["securitySchemes"] = {SECURITY: _SCHEME}
    for methods in made["paths"].values():
        if "get" in methods:
            methods["head"] = _head(methods["get"])
    return made


def operations(made: Described) -> Iterator[tuple[str, str, Described]]:
    """Give every operation with its path and method."""
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _correct(operation: Described, *, is_limited: bool) -> None:
    """Say what FastAPI does not: the media type of problems, and the headers of limits.

    And do not say what cannot be: a parameter that is not sent is absent, and never null.
    """
    for parameter in operation.get("parameters", []):
        for kind in parameter["schema"].pop("anyOf", []):
            parameter["schema"] |= kind if kind != {"type": "null"} else {}
    for status, response in operation["responses"].items():
        if int(status) >= 400:
            (schema,) = response["content"].values()
            response["content"] = {"application/problem+json": schema}
        if is_limited:
            limits = {name: {"$ref": f"#/components/headers/{name}"} for name in _LIMITS}
            response["headers"] = response.get("headers", {}) | limits


def _head(get: Described) -> Described:
    """Describe what is answered to `HEAD`: the same, without the body."""
    head = deepcopy(get)
    head["operationId"] = f"{get['operationId']}Head"
    head["summary"] = f"{get['summary']}: the headers alone"
    for response in head["responses"].values():
        response.pop("content", None)
    return head
