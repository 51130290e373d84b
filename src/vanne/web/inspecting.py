"""The local web page of `vanne inspect --open`: which parts of a person's archives may be used.

The server listens on this machine alone, on a free port. The address that opens the page carries a
secret that works once: the server exchanges it for a cookie. So another user of the machine, or a
page in the same browser, cannot open the page. The pages load nothing from any other address (their
content security policy forbids it) and need no script.
"""

import secrets
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from vanne.report.inspection import Inspection
from vanne.web.guard import Faults, SecureHeaders
from vanne.web.inspection_pages import Visit, answer, closed_page
from vanne.web.rendering import STATIC
from vanne.web.server import address, listen
from vanne.web.site import words_of

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
            Route("/", _guarded(_shown)),
            Route("/items", _guarded(_shown)),
            Route("/guide/{platform}", _guarded(_shown)),
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


def _shown(request: Request) -> Response:
    visit = _visit(request)
    status, html = answer(request.app.state.inspection, visit)
    return HTMLResponse(html, status, headers={"Content-Language": visit.w.lang})


def _closed(request: Request, status: int) -> Response:
    visit = _visit(request)
    html = closed_page(visit, status)
    return HTMLResponse(html, status, headers={"Content-Language": visit.w.lang})


def _visit(request: Request) -> Visit:
    query, agent = request.query_params.multi_items(), request.headers.get("user-agent", "")
    return Visit(request.url.path, query, words_of(request), agent)
