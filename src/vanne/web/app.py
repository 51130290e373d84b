"""Build the web application: the address of every page, the middleware, and the error pages.

`create_app` makes the application that the server runs, pages and API together. `applications`
makes the pages and the API for a reader. A reader has no middleware for sessions and limits, since
the server has checked the request before the reader gets it.
"""

import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, tzinfo
from functools import cache
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from vanne import plugins
from vanne.config import Home
from vanne.errors import ConfigError, LostError, TooMuchError, VanneError
from vanne.inference.serving import Serving
from vanne.messages.mail import LimitedMail, mail_of
from vanne.secrets import secret_of
from vanne.settings import Settings
from vanne.web import oidc, session
from vanne.web.api.app import create_api
from vanne.web.api.gate import Gatekeeper, Tokens, token_of
from vanne.web.api.verdicts import Shortcut
from vanne.web.guard import Faults, SameOrigin, SecureHeaders
from vanne.web.limits import Floods, RateLimits, proxies_of, rule_of
from vanne.web.oidc import Provider, sign_in_of
from vanne.web.pages import (
    messages,
    objecting,
    operating,
    oversight,
    public,
    records,
    reference,
    reviewing,
    sign_in,
    switches,
    verifying,
)
from vanne.web.readers import AT_ONCE_WRITING, Deployment, Readers, elsewhere
from vanne.web.rendering import STATIC
from vanne.web.site import PLACE, Site, member_of, page
from vanne.words import ZONE

# The time zone in which a page writes moments: the browser's, else the operator's.
#
# A script of a few lines tells the browser's zone in a cookie. So the server writes local time in
# every sentence, and without scripts the page says the time of the operator's zone.


COOKIE = "zone"
UNITED = ("UTC", "Etc/UTC")


class LocalTime:
    """Middleware: while a request is answered, moments are written in its zone."""

    def __init__(self, app: ASGIApp, default: tzinfo) -> None:
        self.app = app
        self.default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, in its zone."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        asked = HTTPConnection(scope).cookies.get(COOKIE, "")
        token = ZONE.set(zone_named(asked) or self.default)
        try:
            await self.app(scope, receive, send)
        finally:
            ZONE.reset(token)


def zone_named(name: str) -> tzinfo | None:
    """Return a zone by its name in the database of zones (IANA); None if there is none.

    >>> zone_named("Europe/Zurich"), zone_named("../../etc/passwd")
    (zoneinfo.ZoneInfo(key='Europe/Zurich'), None)
    """
    if name in UNITED:
        return UTC
    return ZoneInfo(name) if name in _names() else None


@cache
def _names() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_of(setting: str) -> tzinfo:
    """Return the zone of the setting `time_zone`.

    Raises:
        ConfigError: there is no such zone.
    """
    zone = zone_named(setting)
    if zone is None:
        raise ConfigError(
            "the setting `time_zone` is no time zone", todo="name one such as Europe/Zurich"
        )
    return zone


log = logging.getLogger("vanne.web")

HOSTS = ("localhost", "127.0.0.1", "::1", "[::1]")
"""The names that a browser on this machine uses. Any other in `Host` is DNS rebinding."""

SWITCH = switches.MAIN

_CORE: Sequence[BaseRoute] = (
    Route("/", public.home, name="home"),
    Route("/sign-in", sign_in.begin),
    Route("/sign-in", sign_in.choose, methods=["POST"]),
    Route(oidc.CALLBACK, sign_in.end),
    Route(sign_in.FAILED, sign_in.failed),
    Route("/sign-out", sign_in.sign_out, methods=["POST"]),
    Route("/sign-out", sign_in.signed_out),
    Route("/operator", operating.operator),
    Route("/operator/data/{table}", operating.operator_table),
    Route("/auditor", oversight.auditor),
    Route("/auditor/checkpoint.txt", oversight.checkpoint),
    Route("/auditor/{table}", oversight.auditor_rows),
    Route("/settings", switches.sections),
    Route("/settings/data-privacy", switches.data_privacy),
    Route(switches.ANY, switches.purpose_page),
    Route(switches.ANY, switches.save_purpose, methods=["POST"]),
    Route(SWITCH, switches.training_page),
    Route(SWITCH, switches.save_training, methods=["POST"]),
    Route(f"{SWITCH}/used", switches.used_page),
    Route(f"{SWITCH}/used", switches.save_used, methods=["POST"]),
    Route(f"{SWITCH}/record", records.record_page),
    Route(f"{SWITCH}/report", records.report_page),
    Route(f"{SWITCH}/report/whole", records.whole_report_page),
    Route(f"{SWITCH}/report.json", records.report_download),
    Route("/certificates/{certificate:str}.proof.json", records.proof_file),
    Route("/certificates/{certificate:str}.json", records.certificate_file),
    Route("/certificates/{certificate}", records.certificate_details),
    Route(f"{SWITCH}/notice", records.notice_page),
    Route(f"{SWITCH}/notice/{{notice}}", records.notice_page),
    Route(f"/receipts/{PLACE}", records.receipt_page),
    Route(f"/receipts/{PLACE}.json", records.receipt_file),
    Route("/picture", elsewhere(public.picture)),
    Route("/items/{item:id}", public.item_page),
    Route("/robots.txt", public.robots),
    Route("/.well-known/gpc.json", public.gpc),
    Route(messages.MESSAGES, messages.show),
    Route(f"{messages.MESSAGES}/address", messages.save, methods=["POST"]),
    Route(f"{messages.MESSAGES}/confirm/{{link}}", messages.confirm),
    Route(f"{messages.MESSAGES}/confirm/{{link}}", messages.confirmed, methods=["POST"]),
    Route(f"{messages.MESSAGES}/stop/{{link}}", messages.stop),
    Route(f"{messages.MESSAGES}/stop/{{link}}", messages.stopped, methods=["POST"]),
    Route("/object", objecting.form),
    Route("/object", objecting.ask, methods=["POST"]),
    Route("/object/sent", objecting.sent),
    Route("/object/confirm/{link}", objecting.confirm),
    Route("/object/confirm/{link}", objecting.confirmed, methods=["POST"]),
    Route("/object/receipt/{link}", objecting.receipt),
    Route("/object/receipt/{link}", objecting.take_back, methods=["POST"]),
    Route(f"/object/receipt/{{link}}/{PLACE}.json", objecting.download),
    Route(reviewing.OBJECTIONS, elsewhere(reviewing.show)),
    Route(reviewing.OBJECTIONS, elsewhere(reviewing.save), methods=["POST"]),
    Route("/verify", verifying.verify_page),
    Route("/verify/page.html", verifying.verify_file),
    Route(f"/verify/{PLACE}/{{leaf}}.json", verifying.entry_file),
    Route("/api", reference.api_page),
    Route("/guide", public.all_guides_page),
    Route("/guide/{platform}", public.guide_page),
)


def routes() -> Sequence[BaseRoute]:
    """Return the addresses of all pages: an address that the core has stays the core's."""
    return (*_CORE, *chain.from_iterable(each.routes for each in plugins.pages()))


def create_app(
    home: Home,
    *,
    now: Callable[[], datetime],
    settings: Settings | None = None,
    lang: str = "en",
    hosts: Sequence[str] = HOSTS,
) -> ASGIApp:
    """Make the application of a home, by its `settings`: those that hold there if none are given.

    `lang` is for browsers that ask for no language we have. Where the settings name no identity
    provider this is a demonstration that asks for no password. The current model is loaded when it
    is first asked. Other processes read what people wrote.

    Raises:
        MissingError: the home holds no network.
        ConfigError: a setting is not one.
    """
    settings = settings or Settings.of(home)
    sign_in, mail, proxies = sign_in_of(settings), mail_of(settings, home), proxies_of(settings)
    limits = RateLimits(settings.rate_limit)
    rule_of(settings.pages_limit, "pages_limit")
    origin = sign_in.origin if sign_in else None
    is_https = sign_in is not None and sign_in.is_public
    hosts = (*hosts, sign_in.host) if sign_in and sign_in.host else hosts
    serving = Serving(home.require().model, settings.model_engine)
    deployment = Deployment(home, lang, settings, dict(os.environ))
    readers, writers = (
        Readers(deployment, at_once) for at_once in (settings.readers, AT_ONCE_WRITING)
    )
    provider = Provider(sign_in) if sign_in else None
    site = Site(home, now, lang, serving, provider, readers, writers, settings.network_name)
    pages = Starlette(
        routes=[*routes(), Mount("/static", _Static(directory=STATIC))],
        middleware=[
            Middleware(SecureHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False),
            Middleware(SameOrigin, origin=origin),
            Middleware(
                SessionMiddleware,
                secret_key=secret_of(home.root),
                session_cookie=session.cookie_of(is_https),
                max_age=session.MAX_AGE_SECONDS,
                https_only=is_https,
            ),
            Middleware(LocalTime, default=zone_of(settings.time_zone)),
            Middleware(Floods, answer=_too_often, limit=settings.pages_limit),
            Middleware(Faults, answer=_broken),
        ],
        exception_handlers=_HANDLERS,
        lifespan=_until_the_end,
    )
    pages.router.redirect_slashes = False
    pages.state.site = site
    pages.state.doors = objecting.doors(secret_of(home.root), LimitedMail(mail))
    tokens = Tokens(home, token_of(settings))
    api = create_api(site)
    app = Gatekeeper(pages, Shortcut(api, api.state.verdicts), tokens, limits, hosts)
    return ProxyHeadersMiddleware(app, list(proxies)) if proxies else app  # type: ignore[arg-type, return-value]


def applications(deployment: Deployment, now: Callable[[], datetime]) -> tuple[Starlette, FastAPI]:
    """Make the pages and the API for a reader: who asks was looked at before it is asked."""
    sign_in = sign_in_of(deployment.settings)
    provider = Provider(sign_in) if sign_in else None
    serving = Serving(deployment.home.model)  # is not asked here, and starts nothing
    name = deployment.settings.network_name
    site = Site(deployment.home, now, deployment.lang, serving, provider, network_name=name)
    pages = Starlette(
        routes=routes(),
        middleware=[
            Middleware(LocalTime, default=zone_of(deployment.settings.time_zone)),
            Middleware(Faults, answer=_broken),
        ],
        exception_handlers=_HANDLERS,
    )
    pages.router.redirect_slashes = False
    pages.state.site = site
    return pages, create_api(site)


@asynccontextmanager
async def _until_the_end(app: Starlette) -> AsyncIterator[None]:
    """Let go of the ledger and the model when the server stops."""
    yield
    app.state.site.readers.close()
    app.state.site.writers.close()
    app.state.site.shared_ledger.close()
    app.state.site.close_parts()
    await run_in_threadpool(app.state.site.serving.close)


class _Static(StaticFiles):
    """Files whose address changes with what they say, so that browsers may keep them."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _error(request: Request, error: Exception) -> Response:
    """Answer in words when a page is not there, not for whoever asks, or cannot be shown."""
    code: int | str
    headers: Mapping[str, str] = {}
    if isinstance(error, HTTPException):
        is_405 = (
            error.status_code == 405
        )  # which would tell whom a page is not for that it is there
        code = status = 404 if is_405 else error.status_code
        headers = {} if is_405 else error.headers or {}
    elif isinstance(error, VanneError) and not isinstance(error, TooMuchError):
        log.error("%s", error)  # its own message stays with us
        code = status = max(error.status, 503)
        code = "lost" if isinstance(error, LostError) else code
    else:
        log.error("reading a text took more work or memory than one request may")
        code = status = 422
    member = None
    with suppress(VanneError):
        member = member_of(request) if code != "lost" else None
    answer = page(request, "error.html", status=status, member=member, code=code)
    answer.headers.update(headers)
    return answer


def _too_often(request: Request) -> Response:
    """Answer who asks too often; nothing is looked up for them."""
    answer = page(request, "error.html", status=429, member=None, code=429)
    answer.headers["Retry-After"] = "60"
    return answer


def _broken(request: Request) -> Response:
    """Answer a fault of ours; nothing that could fail again is asked."""
    return page(request, "error.html", status=500, member=None, code=500)


_HANDLERS: dict[Any, Any] = dict.fromkeys((HTTPException, VanneError, MemoryError), _error)
