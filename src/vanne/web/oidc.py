"""Ask an identity provider who somebody is: OpenID Connect, authorization code with PKCE.

Authlib speaks the protocol; here is what it leaves open. The provider's description must name the
issuer that we were told (Discovery 1.0, section 4.3), lead to addresses that nobody on the way can
read, and sign with a key that only the provider has: never `none`, never a shared secret. A state
is good for ten minutes, once, in the browser that asked. Whatever goes wrong on the way is one of
a few reasons; what the provider said of it is neither shown nor logged.
"""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx2
from authlib.integrations.base_client.errors import MismatchingStateError
from authlib.integrations.starlette_client import OAuth
from starlette.requests import Request
from starlette.responses import Response

from vanne.web.guard import place_of
from vanne.web.sign_in import SignIn, Vouched, is_private, read_claims

log = logging.getLogger("vanne.web")

Why = Literal["cancelled", "expired", "refused", "unreachable", "not-a-member"]
"""Why somebody could not be signed in."""

CALLBACK = "/sign-in/callback"
DESCRIBED = "/.well-known/openid-configuration"
KEPT_SECONDS = ASKED_SECONDS = 10 * 60
TIMEOUT_SECONDS = 5
LEEWAY_SECONDS = 60
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
              "ES256", "ES384", "ES512", "EdDSA", "Ed25519")  # fmt: skip
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_BASIC, _POST = "client_secret_basic", "client_secret_post"


@dataclass(frozen=True, slots=True)
class Client:
    """A provider as it described itself, and Authlib's client for it."""

    sign_in: SignIn
    app: Any
    has_sign_out: bool


class Provider:
    """The identity provider of a deployment; its description is kept for ten minutes."""

    def __init__(self, sign_in: SignIn) -> None:
        self.sign_in = sign_in
        self._client: Client | None = None
        self._until = 0.0

    async def client(self) -> Client | None:
        """Return how to speak with it; None if it cannot be reached."""
        if self._client is None or time.monotonic() > self._until:
            self._client = await discover(self.sign_in)
            self._until = time.monotonic() + KEPT_SECONDS
        return self._client


async def discover(
    sign_in: SignIn, transport: httpx2.AsyncBaseTransport | None = None
) -> Client | None:
    """Ask a provider to describe itself; None if it does not, or not as it must."""
    options: dict[str, Any] = {"timeout": TIMEOUT_SECONDS, "transport": transport}
    try:
        async with httpx2.AsyncClient(**options) as http:
            answer = await http.get(sign_in.issuer.rstrip("/") + DESCRIBED)
        answer.raise_for_status()
        description = answer.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        log.error("the identity provider does not describe itself: %s", type(error).__name__)
        return None
    if fault := _fault_of(description, sign_in.issuer):
        log.error("the identity provider's description cannot be used: %s", fault)
        return None
    return _client(sign_in, description, options)


async def ask(
    request: Request, client: Client, callback: str, until: float, after: str, **more: str
) -> Response:
    """Send the browser to the provider; remember in its session what was asked, and until when."""
    request.session["asked"] = {"until": until, "after": after}
    answer: Response = await client.app.authorize_redirect(request, callback, **more)
    return answer


async def hear(request: Request, client: Client, at: float) -> tuple[Vouched, str] | Why:
    """Return whom the provider vouches for and where they wanted to go, or why it does not."""
    pending = request.session.pop("asked", None)
    if pending is None or at > pending["until"]:
        return "expired"
    if error := request.query_params.get("error"):
        return "cancelled" if error == "access_denied" else "refused"
    issuer = client.sign_in.issuer
    if request.query_params.get("iss", issuer) != issuer:  # RFC 9207
        return "refused"
    claims = await _claims(request, client)
    if isinstance(claims, str):
        return claims
    vouched = read_claims(claims, client.sign_in)
    return (vouched, pending["after"]) if vouched else "refused"


async def sign_out_address(client: Client, origin: str, lang: str) -> str | None:
    """Return where to end the session at the provider (RP-Initiated Logout), if it has a place."""
    if not client.has_sign_out:
        return None
    logout = await client.app.create_logout_url(
        post_logout_redirect_uri=f"{origin}/", client_id=client.sign_in.client_id, ui_locales=lang
    )
    return str(logout["url"])


async def _claims(request: Request, client: Client) -> Mapping[str, Any] | Why:
    """Redeem the code; return what the ID token says, once its signature and each claim hold."""
    wanted = {
        "iss": {"essential": True, "value": client.sign_in.issuer},
        "aud": {"essential": True, "value": client.sign_in.client_id},
    }
    try:
        token = await client.app.authorize_access_token(
            request, claims_options=wanted, leeway=LEEWAY_SECONDS
        )
    except MismatchingStateError:
        return "expired"
    except httpx2.HTTPError as error:
        log.error("the identity provider does not answer: %s", type(error).__name__)
        return "unreachable"
    except Exception as error:  # whatever else a provider may answer: nobody is signed in
        log.error("an answer of the identity provider was refused: %s at %s",
                  type(error).__name__, place_of(error))  # fmt: skip
        return "refused"
    claims: Mapping[str, Any] | None = token.get("userinfo")
    return "refused" if claims is None else claims


def _client(sign_in: SignIn, description: Mapping[str, Any], options: Mapping[str, Any]) -> Client:
    sign_out = description.get("end_session_endpoint")
    sign_out = sign_out if isinstance(sign_out, str) and is_private(sign_out) else None
    app = OAuth().register(
        "vanne",
        client_id=sign_in.client_id,
        client_secret=sign_in.client_secret,
        authorize_url=description["authorization_endpoint"],
        access_token_url=description["token_endpoint"],
        jwks_uri=description["jwks_uri"],
        issuer=sign_in.issuer,
        end_session_endpoint=sign_out,
        id_token_signing_alg_values_supported=_algorithms(description),
        client_kwargs={
            "scope": "openid profile",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": _way_to_prove_us(sign_in, description),
            **options,
        },
    )
    return Client(sign_in, app, sign_out is not None)


def _fault_of(description: object, issuer: str) -> str:
    """Return what is wrong with a description, or nothing."""
    if not isinstance(description, dict):
        return "it is no JSON object"
    if description.get("issuer") != issuer:
        return "it names another issuer"
    for key in _NEEDED:
        if not isinstance(description.get(key), str) or not is_private(description[key]):
            return f"`{key}` is not an https address"
    return (
        "" if _algorithms(description) else "it signs with no algorithm that only it can sign with"
    )


def _algorithms(description: Mapping[str, Any]) -> list[str]:
    named = description.get("id_token_signing_alg_values_supported", ["RS256"])
    return [name for name in ALGORITHMS if isinstance(named, list) and name in named]


def _way_to_prove_us(sign_in: SignIn, description: Mapping[str, Any]) -> str:
    if sign_in.client_secret is None:
        return "none"
    ways = description.get("token_endpoint_auth_methods_supported", [_BASIC])
    return _POST if isinstance(ways, list) and _POST in ways and _BASIC not in ways else _BASIC
