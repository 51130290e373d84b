"""The page of `vanne inspect --open`: what of a person's archives may be used, for their eyes only.

It listens on this machine alone, on a free port. The address that opens it carries a secret that
works once: it is exchanged for a cookie, so that neither another user of the machine nor a page in
the same browser can ask for it. The pages ask nothing of any other address (their content security
policy forbids it) and need no script.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
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
    listed_words,
    network_name,
    notes,
    refusals,
    region_words,
    seen_words,
    step_words,
)
from vanne.terms import Reason
from vanne.web.guard import Faults, SecureHeaders
from vanne.web.pages.public import all_guides, guide_values
from vanne.web.server import address, listen
from vanne.web.site import STATIC, number_in, rendered
from vanne.words import LANGUAGES, Words, words

PAGE_ITEMS = 50
COOKIE = "vanne-inspect"
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
        quiet = {"access_log": False, "log_level": "warning", "server_header": False}
        config = uvicorn.Config(
            create_app(inspection, lang, key),
            proxy_headers=False,
            timeout_graceful_shutdown=1,
            **quiet,  # type: ignore[arg-type]
        )
        uvicorn.Server(config).run(sockets=[listener])


def create_app(inspection: Inspection, lang: str, key: str) -> Starlette:
    """Make the application. The `key` opens it once."""
    app = Starlette(
        routes=[
            Route("/", _summary),
            Route("/categories", _categories),
            Route("/items", _items),
            Route("/files", _files),
            Route("/guide", _guides),
            Route("/guide/{platform}", _guide),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[
            Middleware(SecureHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False),
            Middleware(Faults, answer=_broken),
        ],
        exception_handlers={HTTPException: _refused},
    )
    app.state.inspection, app.state.lang, app.state.door = inspection, lang, _Door(key)
    return app


class _Door:
    """Exchanges the key for a cookie, once. INVARIANT: a key that was used opens nothing."""

    def __init__(self, key: str) -> None:
        self._key: str | None = key
        self.cookie = secrets.token_urlsafe(24)

    def opens(self, key: str | None) -> bool:
        """Say whether this is the key, and let it be worth nothing from now on."""
        if self._key is None or key is None or not secrets.compare_digest(key, self._key):
            return False
        self._key = None
        return True

    def knows(self, request: Request) -> bool:
        """Say whether a request comes from the browser that had the key."""
        cookie = request.cookies.get(COOKIE, "")
        return secrets.compare_digest(cookie.encode(), self.cookie.encode())


Answer = Callable[["Visit"], Response]


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page is made of: the request, the inspection, the words."""

    request: Request
    inspection: Inspection
    w: Words

    def page(self, template: str, **values: Any) -> Response:
        """Answer with a page."""
        return _page(self.request, self.w, template, inspection=self.inspection, **values)


def _guarded(answer: Answer) -> Callable[[Request], Response]:
    """Let in who has the cookie; exchange the key for it; refuse everybody else."""

    def checked(request: Request) -> Response:
        state = request.app.state
        query = dict(request.query_params)
        if state.door.opens(query.pop("key", None)):
            there = RedirectResponse(request.url.path, 303)
            there.set_cookie(COOKIE, state.door.cookie, httponly=True, samesite="strict")
            return there
        if not state.door.knows(request):
            raise HTTPException(403)
        response = answer(Visit(request, state.inspection, words(_language(request))))
        if query.get("lang") in LANGUAGES:
            response.set_cookie(f"{COOKIE}-lang", query["lang"], httponly=True, samesite="strict")
        return response

    return checked


def _language(request: Request) -> str:
    wanted = (request.query_params.get("lang"), request.cookies.get(f"{COOKIE}-lang"))
    return next((lang for lang in wanted if lang in LANGUAGES), request.app.state.lang)


@_guarded
def _summary(here: Visit) -> Response:
    inspection, w = here.inspection, here.w
    return here.page(
        "inspect.html",
        headline=headline(inspection, w),
        basis=basis(inspection, w),
        ages=age_words(inspection, w),
        networks=[(part.network, part.allowed, part.items) for part in inspection.networks],
        used=_used(by_category(inspection.counts)),
        refusals=refusals(inspection.counts).most_common(),
        notes=list(notes(inspection, w, strangers=True)),
        doubts=[(p.network, said) for p in inspection.networks if (said := region_words(p, w))],
        steps=[(step, step_words(step, w), seen_words(step, w)) for step in advice(inspection)],
    )


def _used(counts: Mapping[str, Mapping[Reason, int]]) -> list[tuple[str, int, int]]:
    return [(kind, r.get(Reason.ALLOWED, 0), sum(r.values())) for kind, r in counts.items()]


@_guarded
def _categories(here: Visit) -> Response:
    parts = [(part, by_category(part.counts)) for part in here.inspection.networks]
    words_of_region = partial(region_words, w=here.w)
    return here.page("inspect-categories.html", judged=parts, region_words=words_of_region)


@_guarded
def _items(here: Visit) -> Response:
    query = here.request.query_params
    filters = {key: query.get(key, "") for key in ("q", "category", "network", "used")}
    matches = [each for each in here.inspection.decided if _fits(each, filters)]
    pages = max(1, -(-len(matches) // PAGE_ITEMS))
    number = min(number_in(query.get("page")), pages)
    first = (number - 1) * PAGE_ITEMS
    return here.page(
        "inspect-items.html",
        asked=filters,
        found=len(matches),
        listed=matches[first : first + PAGE_ITEMS],
        first=first + 1,
        number=number,
        pages=pages,
        here="?" + urlencode({key: text for key, text in filters.items() if text}) + "&",
        kinds=list(by_category(here.inspection.counts)),
        networks=[part.network for part in here.inspection.networks],
    )


def _fits(each: Decided, filters: Mapping[str, str]) -> bool:
    item, sought = each.item, filters["q"].casefold()
    return (
        (not filters["category"] or (item.category or "") == filters["category"])
        and (not filters["network"] or each.network == filters["network"])
        and (not filters["used"] or (each.reason is Reason.ALLOWED) == (filters["used"] == "yes"))
        and (not sought or sought in f"{item.text or ''} {item.media or ''}".casefold())
    )


@_guarded
def _files(here: Visit) -> Response:
    files = [(file, listed_words(file, here.w)) for file in here.inspection.reading.files]
    lines = list(notes(here.inspection, here.w))
    return here.page("inspect-files.html", files=files, notes=lines)


@_guarded
def _guides(here: Visit) -> Response:
    return here.page("guides.html", layout="inspect-base.html", guides=all_guides())


@_guarded
def _guide(here: Visit) -> Response:
    values = guide_values(here.request, here.w.lang, here.inspection.as_of.date())
    return here.page("guide.html", layout="inspect-base.html", **values)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _page(request, words(_language(request)), "inspect-closed.html", error.status_code)


def _broken(request: Request) -> Response:
    return _page(request, words(request.app.state.lang), "inspect-closed.html", 500)


def _page(
    request: Request, w: Words, template: str, status: int = 200, **values: Any
) -> HTMLResponse:
    others = [(k, v) for k, v in request.query_params.multi_items() if k not in ("lang", "key")]
    switches = {lang: "?" + urlencode([*others, ("lang", lang)]) for lang in LANGUAGES}
    shared = {
        "member": None,
        "path": request.url.path,
        "switches": switches,
        "demonstration": False,
        "network": lambda key: network_name(key, w),
        "status": status,
    }
    html = rendered(w.lang, template, **shared, **values)
    return HTMLResponse(html, status, headers={"Content-Language": w.lang})
