"""Idempotency keys: what is sent twice with one key is done once.

draft-ietf-httpapi-idempotency-key-header: the header is a string of structured fields (RFC 9651),
in quotes. A key belongs to the token that it came with, and is written in the transaction of what
it stands for, so that no crash comes between the two.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Header, Request

from vanne.ledger.kinds import Record
from vanne.plugins import tell_choices
from vanne.terms import Choice
from vanne.web.api.route import holder_of, site_of

_SHAPE = r'^"[ !#-\[\]-~]{1,255}"$'
"""Without quotes and backslashes within, which nobody needs: so no two spellings are one key."""

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=_SHAPE,
        json_schema_extra={"format": "sf-string"},
        description="A string in quotes that the caller made up for this request and sends again "
        "if it is not certain that it was answered: it is then done once, and the first answer "
        "comes again. It belongs to the token, and is kept for as long as the ledger.",
        examples=['"8e03978e-40d5-43dd-bc93-6894a57f9324"'],
    ),
]

REPLAYED = {
    "Idempotent-Replayed": {
        "description": "`true` if this was recorded before, with the same key; else absent.",
        "schema": {"type": "string", "const": "true"},
    }
}


def created(described: dict[str, Any], headers: dict[str, Any]) -> dict[str, Any]:
    """Add to what a route says of itself the headers of what it answers when it made something."""
    responses = {201: {"headers": REPLAYED | headers}} | described["responses"]
    return described | {"responses": responses}


def record(request: Request, records: Sequence[Record], key: str | None) -> tuple[range, bool]:
    """Append records once for each key, and say whether they were there before.

    Raises:
        ConflictError: the key came before, with something else.
    """
    name = None if key is None else f"{holder_of(request).id}:{key}"
    with site_of(request).ledger() as ledger:
        is_replay = name is not None and ledger.knows(name)
        indices = ledger.append(records, key=name)
    site = site_of(request)
    tell_choices(site.home, [each for each in records if isinstance(each, Choice)], site.now())
    return indices, is_replay
