"""How to switch it off on other networks: open to everybody."""

from datetime import date
from functools import cache
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from vanne.report.guide import Guide, load_guide, platforms, ways
from vanne.web.site import member_of, page, site_of, words_of

guide_of = cache(load_guide)
"""The guides ship with the package, so they are read once."""


def all_guides() -> list[Guide]:
    """Return every guide, by name of the platform."""
    return [guide_of(platform) for platform in platforms()]


def every(request: Request) -> Response:
    """List the guides."""
    return page(request, "guides.html", member=member_of(request), guides=all_guides())


def one(request: Request) -> Response:
    """Show the guide of one network."""
    told = told_of(request, words_of(request).lang, site_of(request).now().date())
    return page(request, "guide.html", member=member_of(request), **told)


def told_of(request: Request, lang: str, today: date) -> dict[str, Any]:
    """Return what the page of the guide that is asked for says: `guide.html` wants it."""
    platform = request.path_params["platform"]
    if platform not in platforms():
        raise HTTPException(404)
    told = guide_of(platform).localised(lang, today)
    numbers = {source["id"]: number for number, source in enumerate(told["sources"], 1)}
    return {"guide": told, "numbers": numbers, "ways": ways(told["paths"])}
