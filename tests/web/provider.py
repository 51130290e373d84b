"""An identity provider over HTTP that says whatever a test wants, true or not.

There is no page on which people sign in: a browser is taken for somebody who is signed in there.
"""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import uvicorn
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from vanne.web.server import listen

CLIENT_ID, SECRET = "vanne-pages", "the-secret-of-the-client-of-the-tests"
CODE = "a-code-that-nobody-may-see"
KEY = RSAKey.generate_key(2048, {"kid": "one"})
STRANGER = RSAKey.generate_key(2048, {"kid": "one"})

Claims = dict[str, Any]


@dataclass
class Said:
    """What the provider says, and what it was asked."""

    issuer: str
    claims: Claims = field(default_factory=dict)
    description: Claims = field(default_factory=dict)
    described: Response | None = None
    token: Response | None = None
    tokens: Claims = field(default_factory=dict)
    header: Claims = field(default_factory=lambda: {"alg": "RS256", "kid": "one"})
    key: Any = field(default_factory=lambda: KEY)
    published: list[RSAKey] = field(default_factory=lambda: [KEY])
    asked: list[tuple[dict[str, str], str | None]] = field(default_factory=list)

    def describe(self, request: Request) -> Response:
        """The description of a provider, with what the test puts in its place."""
        at = self.issuer
        return self.described or JSONResponse(
            {
                "issuer": at,
                "authorization_endpoint": f"{at}/authorize",
                "token_endpoint": f"{at}/token",
                "jwks_uri": f"{at}/keys",
                "end_session_endpoint": f"{at}/end",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
            | self.description
        )

    def authorize(self, request: Request) -> Response:
        """Send a browser back at once: the person is signed in here already."""
        asked = request.query_params
        self.claims["nonce"] = asked["nonce"]
        back = urlencode({"code": CODE, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", 303)

    def end(self, request: Request) -> Response:
        """Sign somebody out, and send them back."""
        return RedirectResponse(request.query_params["post_logout_redirect_uri"], 303)

    def keys(self, request: Request) -> Response:
        """The keys that are really its own."""
        return JSONResponse({"keys": [key.as_dict(private=False) for key in self.published]})

    async def redeem(self, request: Request) -> Response:
        """An ID token over the claims that the test wants."""
        form = dict(parse_qsl((await request.body()).decode()))
        self.asked.append((form, request.headers.get("authorization")))
        return self.token or JSONResponse(
            {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token()} | self.tokens
        )

    def id_token(self) -> str:
        """The claims, signed as the test wants."""
        at = int(time.time())
        given = {"iss": self.issuer, "aud": CLIENT_ID, "sub": "anna", "iat": at, "exp": at + 300}
        algorithms = ["RS256", "HS256"]
        claims = {k: v for k, v in (given | self.claims).items() if v is not None}
        if self.key is None:
            return ".".join(_base64(part) for part in (self.header, claims)) + "."
        return jwt.encode(self.header, claims, self.key, algorithms=algorithms)

    def begin(self, browser: TestClient, **query: str) -> dict[str, str]:
        """Begin to sign in; return what the pages asked, of which the nonce is put into claims."""
        answer = browser.get("/sign-in", params=query, follow_redirects=False)
        assert answer.status_code == 302
        where = urlsplit(answer.headers["location"])
        assert f"{where.scheme}://{where.netloc}{where.path}" == f"{self.issuer}/authorize"
        asked = dict(parse_qsl(where.query))
        self.claims.setdefault("nonce", asked["nonce"])
        return asked

    def sign_in(self, browser: TestClient, **claims: Any) -> str:
        """Sign in from the first page to the last; return where the browser is led to."""
        self.claims = claims
        return come_back(browser, state=self.begin(browser)["state"])


def come_back(browser: TestClient, **query: str) -> str:
    """Come back from the provider; return where the browser is led to."""
    asked = {"code": CODE} | query
    answer = browser.get("/sign-in/callback", params=asked, follow_redirects=False)
    assert answer.status_code == 303
    return answer.headers["location"]


def with_shared_secret(said: Said) -> None:
    """Sign with what the client knows too."""
    said.header, said.key = {"alg": "HS256"}, OctKey.import_key(SECRET)


def unsigned(said: Said) -> None:
    """Do not sign at all."""
    said.header, said.key = {"alg": "none"}, None


def by_a_stranger(said: Said) -> None:
    """Sign with somebody else's key, under the name of the right one."""
    said.key = STRANGER


def _base64(part: Claims) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


@contextmanager
def provider() -> Iterator[Said]:
    """Serve a provider for a while."""
    with listen("127.0.0.1", 0) as listener:
        said = Said(f"http://127.0.0.1:{listener.getsockname()[1]}")
        app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", said.describe),
                Route("/authorize", said.authorize),
                Route("/end", said.end),
                Route("/keys", said.keys),
                Route("/token", said.redeem, methods=["POST"]),
            ]
        )
        config = uvicorn.Config(
            app, log_level="critical", access_log=False, timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield said
        server.should_exit = True
        thread.join()


GARBAGE = PlainTextResponse("<html>the secret of the provider</html>")
