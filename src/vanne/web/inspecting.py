"""The local web page of `vanne inspect --open`: which parts of a person's archives may be used.

The server listens on this machine alone, on a free port. The address that opens the page carries a
secret that works once: the server exchanges it for a cookie. So another user of the machine, or a
page in the same browser, cannot open the page. The pages load nothing from any other address (their
content security policy forbids it) and need no script.
"""

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from vanne.report.evaluate import Decided
from vanne.report.inspection import Inspection
from vanne.report.inspection_words import (
    advice,
    age_words,
    basis,
    by_category,
    headline,
    kind_words,
    listed_words,
    network_name,
    notes,
    region_words,
    seen_words,
    step_words,
)
from vanne.terms import Reason
from vanne.web.guard import Faults, SecureHeaders
from vanne.web.pages.public import guide_values
from vanne.web.server import address, listen
from vanne.web.site import STATIC, page, paged, words_of

PAGE_ITEMS = 50
HOSTS = ["127.0.0.1", "localhost"]
"""By these names alone it can be asked: whoever leads another name here is refused."""


def serve(inspection: Inspection, lang: str, on_ready: Callable[[str], None]) -> None:
    """Serve the pages on a free port of this machine until interrupted.

    `on_ready` is told the address that opens them, once.
    """
    import uvicorn

    with listen("127.0.0.1", 0) as listener:
        key = secrets.token_urlsafe(24)
        on_ready(f"{address('127.0.0.1', listener)}?key={key}")
        config = uvicorn.Config(
            create_app(inspection, lang, key),
            access_log=False,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        uvicorn.Server(config).run(sockets=[listener])


def create_app(inspection: Inspection, lang: str, key: str) -> Starlette:
    """Make the application. The `key` opens it once."""
    app = Starlette(
        routes=[
            Route("/", _guarded(_overview)),
            Route("/items", _guarded(_items)),
            Route("/guide/{platform}", _guarded(_guide)),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[
            Middleware(SecureHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False),
            Middleware(
                SessionMiddleware,
                secret_key=secrets.token_urlsafe(),
                session_cookie="vanne-inspect",
                max_age=None,
                same_site="strict",
            ),
            Middleware(Faults, answer=partial(_closed, status=500)),
        ],
        exception_handlers={HTTPException: lambda request, e: _closed(request, e.status_code)},
    )
    app.state.inspection, app.state.keys = inspection, [key]
    app.state.site = SimpleNamespace(lang=lang, provider=None)
    return app


def _guarded(answer: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Let in who has the cookie; exchange the key for it, once; refuse everybody else."""

    def checked(request: Request) -> Response:
        keys = request.app.state.keys
        key = request.query_params.get("key", "")
        if keys and secrets.compare_digest(key.encode(), keys[0].encode()):
            keys.clear()  # INVARIANT: a key that was used opens nothing
            request.session.update(is_open=True, lang=request.app.state.site.lang)
            return RedirectResponse(request.url.path, 303)
        if not request.session.get("is_open"):
            raise HTTPException(403)
        return answer(request)

    return checked


def _page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    w = words_of(request)
    shared = {"demonstration": False, "network": lambda key: network_name(key, w)}
    shared["kind_words"] = lambda category, network: kind_words(category, network, w)
    return page(request, template, status=status, member=None, **shared, **values)


def _overview(request: Request) -> Response:
    inspection, w = request.app.state.inspection, words_of(request)
    kinds = {part.network: by_category(part.counts) for part in inspection.networks}
    return _page(
        request,
        "inspect.html",
        headline=headline(inspection, w),
        basis=basis(inspection, w),
        ages=age_words(inspection, w),
        strangers=list(notes(inspection, w, strangers=True)),
        steps=[(step, step_words(step, w), seen_words(step, w)) for step in advice(inspection)],
        networks=[
            (part, kinds[part.network], region_words(part, w)) for part in inspection.networks
        ],
        most=max((r.total() for each in kinds.values() for r in each.values()), default=1),
        files=[(file, listed_words(file, w)) for file in inspection.reading.files],
        notes=list(notes(inspection, w)),
    )


def _items(request: Request) -> Response:
    inspection: Inspection = request.app.state.inspection
    query = request.query_params
    filters = {key: query.get(key, "") for key in ("q", "category", "network", "used")}
    matches = [each for each in inspection.decided if _fits(each, filters)]
    return _page(
        request,
        "inspect-items.html",
        asked=filters,
        shown=paged(request, matches, PAGE_ITEMS),
        here="?" + urlencode({key: text for key, text in filters.items() if text}) + "&page=",
        kinds=list(by_category(inspection.counts)),
        networks=[part.network for part in inspection.networks],
    )


def _fits(each: Decided, filters: Mapping[str, str]) -> bool:
    item, sought = each.item, filters["q"].casefold()
    return (
        (not filters["category"] or (item.category or "") == filters["category"])
        and (not filters["network"] or each.network == filters["network"])
        and (not filters["used"] or (each.reason is Reason.ALLOWED) == (filters["used"] == "yes"))
        and (not sought or sought in f"{item.text or ''} {item.media or ''}".casefold())
    )


def _guide(request: Request) -> Response:
    today = request.app.state.inspection.as_of.date()
    values = guide_values(request, words_of(request).lang, today)
    return _page(request, "guide.html", layout="inspect-base.html", **values)


def _closed(request: Request, status: int) -> Response:
    return _page(request, "inspect-closed.html", status, code=status)
