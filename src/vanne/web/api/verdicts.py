"""The description of the API of verdicts, by hand: it is answered before any route is asked.

See `vanne.web.verdicts`. A test asks every status that is named here.
"""

from typing import Any

from vanne.terms import MAIN_PURPOSE, PURPOSE_NAME, REASONS
from vanne.web.api.route import SECURITY
from vanne.web.idlist import LONGEST_ID, MOST_IDS
from vanne.web.verdicts import MANY, ONE, PATH

_ABOUT: dict[str, Any] = {
    "purpose": {"type": "string", "description": "The purpose that it is for, and no other."},
    "corpus": {"type": "string", "description": "The version of the corpus: 64 hex digits."},
    "as_of": {
        "type": "string",
        "format": "date-time",
        "description": "The time as of which it was decided.",
    },
}
_REASON = {"type": "string", "enum": [reason.value for reason in REASONS]}


def _object(description: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


_ID = {"type": "string", "minLength": 1, "maxLength": LONGEST_ID}
SCHEMAS: dict[str, Any] = {
    "Verdict": _object(
        "What one version of the corpus says of an item.",
        {
            "schema": {"const": ONE},
            "item_id": {"type": "string"},
            "reason": _REASON | {"description": "`allowed`, or the one reason why not."},
            "allowed": {"type": "boolean"},
        }
        | _ABOUT,
    ),
    "Verdicts": _object(
        "What one version of the corpus says of several items.",
        {
            "schema": {"const": MANY},
            **_ABOUT,
            "reasons": {
                "type": "array",
                "items": {"type": ["string", "null"], "enum": [*_REASON["enum"], None]},
                "description": "In the order of the ids; `null` where no data file holds the id.",
            },
        },
    ),
    "ItemIds": _object(
        "The items that are asked about.",
        {"ids": {"type": "array", "maxItems": MOST_IDS, "items": _ID}},
    ),
}
_PURPOSE = {
    "name": "purpose",
    "in": "query",
    "required": False,
    "description": "Which purpose is asked about; each has a corpus of its own.",
    "schema": {
        "type": "string",
        "pattern": f"^{PURPOSE_NAME.pattern}$",
        "default": MAIN_PURPOSE,
    },
    "example": MAIN_PURPOSE,
}
_MEANINGS = {
    400: "The request cannot be read: an unknown query, ids that are not UTF-8, a body that is not "
    "JSON, or a `Host` that is not a name of this server.",
    401: "No token, or one that is not valid.",
    403: "The token does not have the scope.",
    404: "No corpus has been built for the purpose, or no data file of it holds the item (which is "
    "then not allowed); or this server has no tokens at all.",
    413: f"More than {MOST_IDS:,} ids, or more than 2 MiB.",
    415: "The body is neither `application/json` nor `text/plain`, in UTF-8.",
    422: f"The body is no list of ids, or an id is empty or longer than {LONGEST_ID:,} bytes.",
    500: "A fault of ours. The server's log says where, without what was asked.",
    503: "There is no corpus, or it cannot be opened; the server's log says why.",
}


def paths() -> dict[str, Any]:
    """Describe both addresses."""
    return {
        PATH + "/{item_id}": {"get": _one()},
        PATH: {"post": _many()},
    }


def _one() -> dict[str, Any]:
    item_id = {
        "name": "item_id",
        "in": "path",
        "required": True,
        "description": "The item's id, percent-encoded UTF-8; a slash may be written as it is.",
        "schema": _ID,
        "example": "a-post-1",
    }
    content = {"application/json": {"schema": _schema("Verdict")}}
    return {
        "tags": ["verdicts"],
        "operationId": "getVerdict",
        "summary": "Say whether an item may be used, and why not",
        "description": "Nothing is decided for it: it is what the current version of the corpus "
        "says. It is not counted against the limit of requests.",
        "security": [{SECURITY: ["verdicts"]}],
        "parameters": [item_id, _PURPOSE],
        "responses": {"200": {"description": "The verdict.", "content": content}}
        | _problems(400, 401, 403, 404, 500, 503),
    }


def _many() -> dict[str, Any]:
    text = {"type": "string", "description": "One id a line.", "example": "a-post-1\na-search\n"}
    answers = {"type": "string", "description": "One reason a line; `unknown` if there is no item."}
    example = {"ids": ["a-post-1", "a-search"]}
    return {
        "tags": ["verdicts"],
        "operationId": "getVerdicts",
        "summary": f"Say of up to {MOST_IDS:,} items whether they may be used, and why not",
        "description": "The answer has the media type of the question, and the order of its ids. "
        "It comes whole from one version of the corpus. It is not counted against the limit of "
        "requests.",
        "security": [{SECURITY: ["verdicts"]}],
        "parameters": [_PURPOSE],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": _schema("ItemIds"), "example": example},
                "text/plain": {"schema": text},
            },
        },
        "responses": {
            "200": {
                "description": "The verdicts, in order.",
                "content": {
                    "application/json": {"schema": _schema("Verdicts")},
                    "text/plain; charset=utf-8": {"schema": answers},
                },
            }
        }
        | _problems(400, 401, 403, 404, 413, 415, 422, 500, 503),
    }


def _problems(*statuses: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": _schema("Problem")}}
    return {
        str(status): {"description": _MEANINGS[status], "content": content} for status in statuses
    }


def _schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
