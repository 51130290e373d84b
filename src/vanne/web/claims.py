"""What the claims of an ID token mean here: which member somebody is, and which roles they have.

A claim is named whole (`https://vanne.example/roles`) or by a path (`realm_access.roles`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vanne.web.session import MAX_AGE_SECONDS, Role, known_roles
from vanne.web.sign_in import SignIn

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
    return Vouched(
        subject,
        member if isinstance(member, str) and member else None,
        _name(claims),
        _roles(claim(claims, sign_in.roles_claim)) or frozenset[Role]({"member"}),
        _seconds(claims),
    )


def claim(claims: Mapping[str, Any], name: str) -> object:
    """Return a claim by its whole name, or by a path into objects.

    >>> claim({"realm_access": {"roles": ["auditor"]}}, "realm_access.roles")
    ['auditor']
    """
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _roles(said: object) -> frozenset[Role]:
    names = said.split() if isinstance(said, str) else said
    return known_roles(names) if isinstance(names, list) else frozenset()


def _name(claims: Mapping[str, Any]) -> str:
    for key in ("name", "preferred_username"):
        if isinstance(name := claims.get(key), str) and name.strip():
            return name.strip()[:LONGEST_NAME]
    return ""


def _seconds(claims: Mapping[str, Any]) -> int:
    """Return how long a session may last: ours, or less if the provider says when its own ends.

    `session_expiry` is a claim of OpenID's IPSIE profile; `exp` is the end of the token alone.
    """
    ends, issued = claims.get("session_expiry"), claims["iat"]
    if isinstance(ends, bool) or not isinstance(ends, int | float):
        return MAX_AGE_SECONDS
    return max(0, min(MAX_AGE_SECONDS, int(ends - issued)))
