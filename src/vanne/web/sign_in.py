"""How people sign in: which identity provider vouches for them, and what its claims mean.

A claim is named whole (`https://vanne.example/roles`) or by a path (`realm_access.roles`). Without
a provider the pages are a demonstration: they bring one of their own that asks for no password
(`vanne.web.identity`), and no other machine may reach them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from vanne.errors import ConfigError
from vanne.settings import PREFIX, Settings
from vanne.web.guard import is_loopback
from vanne.web.session import MAX_AGE_SECONDS, Role, known_roles

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
    return Vouched(
        subject,
        member if isinstance(member, str) and member else None,
        next(filter(None, texts), ""),
        roles or frozenset[Role]({"member"}),
        _seconds(claims),
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


def _seconds(claims: Mapping[str, Any]) -> int:
    """Return how long a session may last: ours, or less if the provider says when its own ends.

    `session_expiry` is a claim of OpenID's IPSIE profile; `exp` is the end of the token alone.
    """
    ends, issued = claims.get("session_expiry"), claims["iat"]
    if isinstance(ends, bool) or not isinstance(ends, int | float):
        return MAX_AGE_SECONDS
    return max(0, min(MAX_AGE_SECONDS, int(ends - issued)))
