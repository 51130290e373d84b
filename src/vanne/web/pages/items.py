"""A public item, for everybody and for crawlers: what it says, and whether AI may be trained on it.

Whatever is not public gets the same answer as what does not exist.
"""

import logging
from functools import lru_cache

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vanne.config import Home
from vanne.corpus.lookup import Current
from vanne.errors import VanneError
from vanne.report.public import public_item
from vanne.terms import ItemId, Reason
from vanne.web.site import page, site_of

log = logging.getLogger("vanne.web")

HEADERS = {"Cache-Control": "private, max-age=60", "Vary": "Accept-Language, Cookie"}
"""Kept for a minute: who switches off is not kept waiting, and no shared cache holds a cookie."""


def show(request: Request) -> Response:
    """Show an item that its owner shares with everybody."""
    site, item_id = site_of(request), request.path_params["item"]
    found = public_item(site.home, item_id, _verdict(site.home, item_id), site.now())
    if found is None:
        raise HTTPException(404)
    answer = page(request, "item.html", member=None, item=found.item)
    answer.headers.update(HEADERS)
    if found.usage:
        answer.headers["Content-Usage"] = found.usage
    return answer


def _verdict(home: Home, item_id: ItemId) -> Reason | None:
    """Look the item up in the current corpus; what cannot be looked up is not allowed."""
    try:
        return _current(home).get().reason(item_id)
    except VanneError as error:
        log.error("a public item is shown as reserved: %s", error)
        return None


@lru_cache(maxsize=4)
def _current(home: Home) -> Current:
    """Hold the look-up of a home open: to open it costs more than to ask it."""
    return Current(home)
