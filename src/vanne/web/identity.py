"""The demonstration's identity provider: OpenID Connect for real, but nobody is asked who they are.

Whoever sits at this machine chooses one of the made-up members, or a member of the staff. The
provider is there only when no other is configured, and it answers by the names of this machine
only. Its key is made when the server starts. A code is good once, for a minute, with the verifier
whose digest was shown before (PKCE, RFC 7636, S256 only).
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from vanne.config import Home
from vanne.corpus.contract import members_table
from vanne.report.member_items import find_member
from vanne.sources.scan import connected
from vanne.web.guard import is_loopback
from vanne.web.oidc import CALLBACK, DESCRIBED
from vanne.web.pages.access import field
from vanne.web.sign_in import SignIn
from vanne.web.site import origin_of, page, site_of

PATH = "/identity"
CLIENT_ID = "vanne"
STAFF = {"recruiter": "Rosa", "operator": "Otto", "auditor": "Aude"}
"""Who may be chosen besides the members: by role, a name."""
CODE_SECONDS, TOKEN_SECONDS = 60, 300
LONGEST_SEARCH = 100
ALGORITHM = "ES256"
ASKED = ("response_type", "client_id", "redirect_uri", "scope", "state", "nonce",
         "code_challenge", "code_challenge_method")  # fmt: skip


def local_sign_in(origin: str) -> SignIn:
    """Return how the pages of this machine sign in with this provider: as a public client."""
    return SignIn(f"{origin}{PATH}", CLIENT_ID)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code stands for."""

    claims: Mapping[str, Any]
    redirect_uri: str
    challenge: str
    until: float


class Identity:
    """The provider: its key, and the codes that nobody has redeemed yet."""

    def __init__(self) -> None:
        self._key = ECKey.generate_key(
            "P-256", {"use": "sig", "alg": ALGORITHM, "kid": secrets.token_hex(8)}
        )
        self._grants: dict[str, Grant] = {}

    def routes(self) -> list[BaseRoute]:
        """Return its addresses."""
        return [
            Route(PATH + DESCRIBED, self.describe),
            Route(f"{PATH}/keys", self.keys),
            Route(f"{PATH}/authorize", self.choose),
            Route(f"{PATH}/authorize", self.authorize, methods=["POST"]),
            Route(f"{PATH}/token", self.token, methods=["POST"]),
        ]

    async def describe(self, request: Request) -> Response:
        """Say where everything is (Discovery 1.0)."""
        at = _issuer(request)
        return JSONResponse(
            {
                "issuer": at,
                "authorization_endpoint": f"{at}/authorize",
                "token_endpoint": f"{at}/token",
                "jwks_uri": f"{at}/keys",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "scopes_supported": ["openid", "profile"],
                "claims_supported": ["sub", "name", "roles"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "token_endpoint_auth_methods_supported": ["none"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def keys(self, request: Request) -> Response:
        """Show the public key."""
        _issuer(request)
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})

    def choose(self, request: Request) -> Response:
        """Let the visitor choose who to be."""
        _asked(request)
        return _page(request, request.query_params.get("q", "").strip()[:LONGEST_SEARCH])

    async def authorize(self, request: Request) -> Response:
        """Send the visitor back with a code for whom they chose."""
        asked = _asked(request)
        member, role = await field(request, "member"), await field(request, "staff")
        if role in STAFF:
            person = {"sub": f"demonstration-{role}", "name": STAFF[role], "roles": [role]}
        elif await run_in_threadpool(find_member, site_of(request).home, member):
            person = {"sub": member, "name": member, "roles": ["member"]}
        else:
            return await run_in_threadpool(_page, request, member[:LONGEST_SEARCH], 404)
        claims = person | {"iss": _issuer(request), "aud": CLIENT_ID, "nonce": asked["nonce"]}
        code = self._grant(Grant(claims, asked["redirect_uri"], asked["code_challenge"],
                                 time.monotonic() + CODE_SECONDS))  # fmt: skip
        return RedirectResponse(_back(request, asked, code=code), 303)

    async def token(self, request: Request) -> Response:
        """Redeem a code."""
        grant = self._grants.pop(await field(request, "code"), None)
        form = [await field(request, name) for name in ("grant_type", "client_id", "redirect_uri")]
        if grant is None or grant.until < time.monotonic():
            return _refusal("invalid_grant")
        if form != ["authorization_code", CLIENT_ID, grant.redirect_uri]:
            return _refusal("invalid_grant")
        if not is_verifier(await field(request, "code_verifier"), grant.challenge):
            return _refusal("invalid_grant")
        at = int(time.time())
        claims = dict(grant.claims) | {"iat": at, "auth_time": at, "exp": at + TOKEN_SECONDS}
        header = {"alg": ALGORITHM, "kid": self._key.kid}
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(),  # good for nothing: there is no userinfo
                "token_type": "Bearer",
                "expires_in": TOKEN_SECONDS,
                "id_token": jwt.encode(header, claims, self._key, algorithms=[ALGORITHM]),
            }
        )

    def _grant(self, grant: Grant) -> str:
        now = time.monotonic()
        self._grants = {
            code: grant_of for code, grant_of in self._grants.items() if grant_of.until > now
        }
        code = secrets.token_urlsafe()
        self._grants[code] = grant
        return code


def is_verifier(verifier: str, challenge: str) -> bool:
    """Say whether a challenge was made of a verifier (RFC 7636, section 4.6; its appendix B).

    >>> is_verifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    ...             "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    True
    """
    digest = hashlib.sha256(verifier.encode()).digest()
    derived = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return len(verifier) >= 43 and hmac.compare_digest(derived, challenge.encode())


def _issuer(request: Request) -> str:
    """Return who this provider is for the browser that asks.

    Raises:
        HTTPException: it asks by a name that other machines may have (400).
    """
    if not is_loopback(request.url.hostname or ""):
        raise HTTPException(400)
    return f"{origin_of(request)}{PATH}"


def _asked(request: Request) -> dict[str, str]:
    """Return what the pages ask for.

    Raises:
        HTTPException: it is not what our pages ask for (400).
    """
    _issuer(request)
    asked = {name: request.query_params.get(name, "") for name in ASKED}
    wanted = {
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": f"{origin_of(request)}{CALLBACK}",
        "code_challenge_method": "S256",
    }
    is_ours = asked == asked | wanted and "openid" in asked["scope"].split()
    if not is_ours or not (asked["state"] and asked["nonce"] and asked["code_challenge"]):
        raise HTTPException(400)
    return asked


def _back(request: Request, asked: Mapping[str, str], **answer: str) -> str:
    query = {**answer, "state": asked["state"], "iss": _issuer(request)}
    return f"{asked['redirect_uri']}?{urlencode(query)}"


def _page(request: Request, wanted: str, status: int = 200) -> Response:
    asked = _asked(request)
    return page(
        request,
        "identity.html",
        status=status,
        member=None,
        people=demo_members(site_of(request).home, wanted),
        wanted=wanted,
        staff=STAFF,
        asked=asked,
        again="?" + urlencode(asked),
        cancel=_back(request, asked, error="access_denied"),
    )


def _refusal(error: str) -> Response:
    return JSONResponse({"error": error}, 400)


MEMBERS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class DemoMember:
    """A member as the list shows them. `lang` is the language that most of their items are in."""

    member_id: str
    region: str | None
    lang: str | None


_QUERY = """
WITH found AS (
  SELECT member_id, region, row_number() OVER (PARTITION BY region ORDER BY member_id) AS nth
  FROM read_parquet($members) WHERE starts_with(lower(member_id), lower($prefix))
), shown AS (SELECT * FROM found ORDER BY nth, region, member_id LIMIT $limit),
spoken AS (
  SELECT owner, mode(lang) AS lang FROM read_parquet($items, union_by_name = true)
  WHERE owner IN (SELECT member_id FROM shown) GROUP BY owner
)
SELECT member_id, region, lang FROM shown LEFT JOIN spoken ON owner = member_id
ORDER BY region, member_id
"""


def demo_members(home: Home, prefix: str = "") -> list[DemoMember]:
    """Return some members whose id starts so, of as many regions as there are."""
    values = {
        "members": str(members_table(home)),
        "items": str(home.items / "*.parquet"),
        "prefix": prefix,
        "limit": MEMBERS_SHOWN,
    }
    with connected(1) as connection:
        rows = connection.execute(_QUERY, values).fetchall()
    return [DemoMember(*row) for row in rows]
