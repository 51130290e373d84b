"""The page `/api`: what the OpenAPI document says, for people to read; no script is needed."""

import json
from functools import cache
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from vanne.web.api.app import DOCUMENT, document, operations, routes
from vanne.web.api.route import scope_of
from vanne.web.site import member_of, page

_SHARED_PROBLEMS = {"400", "401", "403", "413", "415", "429", "500", "503"}
"""Every operation may answer these: the page explains each once."""


def api_page(request: Request) -> Response:
    """Show every operation of the API."""
    return page(request, "api.html", member=member_of(request), address=DOCUMENT, **_contents())


@cache
def _contents() -> dict[str, Any]:
    """Return the operations by tag, and the problems that all of them share."""
    described = document(routes())
    by_tag: dict[str, list[dict[str, Any]]] = {tag["name"]: [] for tag in described["tags"]}
    problems: dict[str, Markup] = {}
    for path, method, operation in operations(described):
        answers = {s: coded(r["description"]) for s, r in operation["responses"].items()}
        problems |= {s: text for s, text in answers.items() if s in _SHARED_PROBLEMS}
        if method == "head":
            continue
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        by_tag[operation["tags"][0]].append(
            {
                "path": path.replace(":id}", "}"),
                "method": method.upper(),
                "id": operation["operationId"],
                "summary": coded(operation["summary"]),
                "description": [coded(part) for part in operation["description"].split("\n\n")],
                "scope": scope_of(operation),
                "parameters": [
                    each | {"description": coded(each["description"])}
                    for each in operation.get("parameters", [])
                ],
                "example": _example(body.get("schema", {}), described),
                "answers": {s: t for s, t in answers.items() if s not in _SHARED_PROBLEMS},
            }
        )
    tags = [
        (tag["name"], coded(tag["description"]), by_tag[tag["name"]]) for tag in described["tags"]
    ]
    return {"tags": tags, "problems": dict(sorted(problems.items()))}


def _example(schema: dict[str, Any], described: dict[str, Any]) -> str:
    """Return the first example of a body as JSON; empty if it has none."""
    if "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    examples = schema.get("examples", [])
    return json.dumps(examples[0], indent=2, ensure_ascii=False) if examples else ""


def coded(text: str) -> Markup:
    """Return a text as HTML, with what is between backticks as code.

    >>> coded("send `{}` & wait")
    Markup('send <code>{}</code> &amp; wait')
    """
    code = Markup("<code>{}</code>")
    parts = enumerate(text.split("`"))
    return Markup("").join(code.format(part) if n % 2 else part for n, part in parts)
