"""Lists, page by page: where one ends, and where the next begins.

A cursor names the entry of the ledger after which a page begins, so that what is recorded meanwhile
comes on a later page, and nothing is listed twice or left out. It is opaque to who sends it back.
"""

import base64
import re
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Query, Request
from starlette.responses import JSONResponse, Response

from vanne.web.api.problems import bad_input

LARGEST_PAGE, USUAL_PAGE = 1000, 100
_FORM = re.compile(r"after:(0|[1-9]\d{0,15})", re.ASCII)

Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE, description="The most that a page lists.")]
Cursor = Annotated[
    str | None,
    Query(description="`next` of the page before, as it came; absent for the first page."),
]


def after(cursor: str | None) -> int:
    """Return the index of the entry after which a page begins.

    Raises:
        ProblemError: the cursor is not one of ours.
    """
    if cursor is None:
        return -1
    try:
        told = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
    except ValueError:
        told = ""
    found = _FORM.fullmatch(told)
    if not found or _cursor(int(found[1])) != cursor:
        what = "it is not `next` of a page before, as it came"
        raise bad_input({"row": None, "field": "cursor", "problem": what})
    return int(found[1])


def page_of(
    request: Request,
    schema: str,
    name: str,
    shown: Sequence[dict[str, Any]],
    limit: int,
    found: int,
) -> Response:
    """Answer with a page, of so many that were found from here on, and where the next begins."""
    following = _cursor(shown[-1]["index"]) if found > len(shown) else None
    answer = JSONResponse({"schema": schema, name: list(shown), "next": following})
    if following:  # RFC 8288; the path as it was spelt in the request
        path = quote(request.scope["raw_path"], safe="/%:@!$&'()*+,;=~")
        answer.headers["Link"] = f'<{path}?limit={limit}&cursor={following}>; rel="next"'
    return answer


def _cursor(index: int) -> str:
    return base64.urlsafe_b64encode(f"after:{index}".encode()).decode().rstrip("=")
