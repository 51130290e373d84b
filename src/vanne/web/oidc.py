"""Sign-in with an identity provider: OpenID Connect, authorization code with PKCE.

Authlib speaks the protocol; this file adds the checks that the protocol leaves open. The provider's
description must name the issuer of the settings (Discovery 1.0, section 4.3). Its addresses must be
https, or lie on this machine. Its signatures must come from a key that only the provider has: never
`none`, never a shared secret. A state is valid for ten minutes, once, in the browser that asked.
Each failure becomes one of a few reasons (`Why`); the provider's own text is neither shown nor
logged. The settings name a claim whole (`https://vanne.example/roles`) or by a path
(`realm_access.roles`).
"""

import logging
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.base_client.errors import MismatchingStateError
from authlib.integrations.starlette_client import OAuth
from starlette.requests import Request

from vanne.errors import ConfigError
from vanne.settings import PREFIX, Settings, is_loopback
from vanne.web.guard import place_of
from vanne.web.session import MAX_AGE_SECONDS, Role, known_roles

log = logging.getLogger("vanne.web")

ISSUER, CLIENT_ID, ORIGIN = "VANNE_OIDC_ISSUER", "VANNE_OIDC_CLIENT_ID", "VANNE_PUBLIC_ORIGIN"
NEEDS_ISSUER = (
    "oidc_client_id",
    "oidc_client_secret",
    "oidc_member_claim",
    "oidc_roles_claim",
    "public_origin",
)
_HOST = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]")


@dataclass(frozen=True, slots=True)
class SignIn:
    """An identity provider, ours by agreement; `origin` is that of the pages as browsers see it."""

    issuer: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    member_claim: str = "sub"
    roles_claim: str = "roles"
    origin: str | None = None

    @property
    def host(self) -> str | None:
        """The name of the pages in `Host`."""
        return urlsplit(self.origin).hostname if self.origin else None

    @property
    def is_public(self) -> bool:
        """Whether other machines may reach the pages: nothing is sent in the clear then."""
        return bool(self.origin and self.origin.startswith("https:"))


def sign_in_of(settings: Settings) -> SignIn | None:
    """Return how people sign in; None for the demonstration's way.

    Raises:
        ConfigError: something is missing or cannot be.
    """
    issuer, client_id = settings.oidc_issuer.strip(), settings.oidc_client_id.strip()
    if not issuer:
        for name in NEEDS_ISSUER:
            if getattr(settings, name) != Settings.model_fields[name].default:
                raise ConfigError(
                    f"`{PREFIX}{name.upper()}` is set and `{ISSUER}` is not",
                    todo="set it to the issuer of your identity provider, or unset the other",
                )
        return None
    if not client_id:
        raise ConfigError(
            f"`{ISSUER}` is set and `{CLIENT_ID}` is not",
            todo="set it to the name that the provider knows these pages by",
        )
    if not is_private(issuer) or "?" in issuer or "#" in issuer:
        raise ConfigError(
            f"`{ISSUER}` is not an https address without query",
            todo="take the `issuer` of the provider's discovery document, to the letter",
        )
    hidden = settings.oidc_client_secret
    secret = hidden.get_secret_value() if hidden is not None else None
    if secret == "":
        empty = "`VANNE_OIDC_CLIENT_SECRET` is empty"
        raise ConfigError(empty, todo="fill it, or unset it for a public client")
    return SignIn(
        issuer,
        client_id,
        secret,
        settings.oidc_member_claim.strip(),
        settings.oidc_roles_claim.strip(),
        _origin(settings.public_origin.strip()),
    )


def is_private(url: str) -> bool:
    """Say whether nobody on the way can read what is sent to an address: https, or this machine.

    >>> [is_private(u) for u in ("https://id.example", "http://[::1]:9/", "http://id.example")]
    [True, True, False]
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        return bool(host) and (
            parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
        )
    except ValueError:
        return False


def _origin(origin: str) -> str | None:
    if not origin:
        return None
    try:
        parts = urlsplit(origin.rstrip("/"))
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    bare = f"{parts.scheme}://{host}" + (f":{port}" if port else "")
    if bare != origin.rstrip("/").lower() or not _HOST.fullmatch(host) or not is_private(bare):
        raise ConfigError(
            f"`{ORIGIN}` is not an https origin", todo="use the form https://vanne.example.org"
        )
    return bare.removesuffix(":443") if parts.scheme == "https" else bare


LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom a provider vouches for. Whether that is a member is for us to look up."""

    subject: str
    member_id: str | None
    name: str
    roles: frozenset[Role]
    seconds: int


def read_claims(claims: Mapping[str, Any], sign_in: SignIn) -> Vouched | None:
    """Return whom the claims are about; None if they do not say.

    Whose roles the claim does not name may be a member: nobody becomes staff by default.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not subject:
        return None
    member = claim(claims, sign_in.member_claim)
    if isinstance(member, int) and not isinstance(member, bool):
        member = str(member)
    names = (claims.get("name"), claims.get("preferred_username"))
    texts = [name.strip()[:LONGEST_NAME] for name in names if isinstance(name, str)]
    named = claim(claims, sign_in.roles_claim)
    listed = named.split() if isinstance(named, str) else named
    roles = known_roles(listed) if isinstance(listed, list) else frozenset[Role]()
    # `session_expiry` is a claim of OpenID's IPSIE profile; `exp` is the end of the token alone
    ends, seconds = claims.get("session_expiry"), MAX_AGE_SECONDS
    if isinstance(ends, int | float) and not isinstance(ends, bool):
        seconds = max(0, min(seconds, int(ends - claims["iat"])))
    return Vouched(
        subject,
        member if isinstance(member, str) and member else None,
        next(filter(None, texts), ""),
        roles or frozenset[Role]({"member"}),
        seconds,
    )


def claim(claims: Mapping[str, Any], name: str) -> object:
    """Return a claim by its whole name, or by a path into objects.

    >>> claim({"realm_access": {"roles": ["auditor"]}}, "realm_access.roles")
    ['auditor']
    """
    if name in claims:
        return claims[name]
    value: object = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


# The protocol

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


async def discover(sign_in: SignIn) -> Client | None:
    """Ask a provider to describe itself; None if it does not, or not as it must."""
    try:
        async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS) as http:
            answer = await http.get(sign_in.issuer.rstrip("/") + DESCRIBED)
        answer.raise_for_status()
        description = answer.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        log.error("the identity provider does not describe itself: %s", type(error).__name__)
        return None
    if fault := _fault_of(description, sign_in.issuer):
        log.error("the identity provider's description cannot be used: %s", fault)
        return None
    return _client(sign_in, description)


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
    wanted = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client.sign_in.client_id},
    }
    try:  # the code is redeemed; the signature of the ID token and each claim must hold
        token = await client.app.authorize_access_token(
            request, claims_options=wanted, leeway=LEEWAY_SECONDS
        )
    except MismatchingStateError:
        return "expired"
    except httpx2.HTTPError as error:
        log.error("the identity provider does not answer: %s", type(error).__name__)
        return "unreachable"
    except Exception as error:  # whatever else a provider may answer: nobody is signed in
        kind, place = type(error).__name__, place_of(error)
        log.error("an answer of the identity provider was refused: %s at %s", kind, place)
        return "refused"
    claims: Mapping[str, Any] | None = token.get("userinfo")
    vouched = None if claims is None else read_claims(claims, client.sign_in)
    return (vouched, pending["after"]) if vouched else "refused"


async def sign_out_address(client: Client, origin: str, lang: str) -> str | None:
    """Return where to end the session at the provider (RP-Initiated Logout), if it has a place."""
    if not client.has_sign_out:
        return None
    logout = await client.app.create_logout_url(
        post_logout_redirect_uri=f"{origin}/", client_id=client.sign_in.client_id, ui_locales=lang
    )
    return str(logout["url"])


def _client(sign_in: SignIn, description: Mapping[str, Any]) -> Client:
    sign_out = description.get("end_session_endpoint")
    sign_out = sign_out if isinstance(sign_out, str) and is_private(sign_out) else None
    ways = description.get("token_endpoint_auth_methods_supported", [_BASIC])
    takes_post_alone = isinstance(ways, list) and _POST in ways and _BASIC not in ways
    way = "none" if sign_in.client_secret is None else _POST if takes_post_alone else _BASIC
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
            "token_endpoint_auth_method": way,
            "timeout": TIMEOUT_SECONDS,
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
