"""An entry: a public part that names nobody, and a private part that only its receipt opens.

The public part is what the tree is over and what may be published:

    {"commitment":"<base64 of 32 bytes>","kind":"choice","v":1}

with commitment = SHA-256(salt || private part), where the private part is the canonical JSON
(RFC 8785) of the choice and the salt 32 random bytes, new for each entry. Without the salt nobody
can try out guesses («member 7, off») against the log; with salt and choice anybody can check.
Public parts all have the same length and hold no time. What the log does show is how many choices
there are, their order, and, to someone who watches the checkpoints, when it grew.

Times are RFC 3339 in UTC with a `Z`, with six digits of fractions or none.

>>> from datetime import UTC, datetime
>>> format_time(datetime(2025, 11, 3, 9, 30, tzinfo=UTC))
'2025-11-03T09:30:00Z'
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import get_args

import rfc8785

from vanne.errors import InputError, did_you_mean
from vanne.terms import Category, Choice, Scope, is_unicode

SALT_BYTES = 32
_KIND, _VERSION = "choice", 1
_PUBLIC = b'{"commitment":"%s","kind":"choice","v":1}'
_PUBLIC_SHAPE = re.compile(rb'\{"commitment":"([A-Za-z0-9+/]{43}=)","kind":"choice","v":1\}')
_TIME_SHAPE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", re.ASCII)
_SCOPES = get_args(Scope)
_CATEGORIES = [category.value for category in Category]
_FIELDS = ("at", "channel", "member_id", "notice", "on", "purpose", "scope", "target")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the log: `public` and `private` are canonical JSON, `salt` is 32 bytes."""

    public: bytes
    private: bytes
    salt: bytes


def seal(choice: Choice, salt: bytes) -> Entry:
    """Make the entry of a checked choice; the salt must be random and used once."""
    private = encode_choice(choice)
    return Entry(encode_public(commitment(salt, private)), private, salt)


def commitment(salt: bytes, private: bytes) -> bytes:
    """Return the 32 bytes that bind the entry to a choice without showing it."""
    return sha256(salt + private).digest()


def encode_public(commitment: bytes) -> bytes:
    """Return the public part: canonical JSON, 83 bytes."""
    return _PUBLIC % base64.b64encode(commitment)


def decode_public(public: bytes) -> bytes:
    """Return the commitment of a public part.

    Raises:
        ValueError: it is not a choice in canonical form.
    """
    match = _PUBLIC_SHAPE.fullmatch(public)
    if not match:
        raise ValueError("it is not an entry in canonical form")
    return from_base64(match[1].decode(), 32)


def open_private(public: bytes, private: bytes | None, salt: bytes | None) -> Choice:
    """Return the choice that an entry commits to.

    Raises:
        ValueError: the public part is none, the choice is not there or not the one committed to.
    """
    if private is None or salt is None:
        raise ValueError("its private part is missing")
    if commitment(salt, private) != decode_public(public):
        raise ValueError("its choice is not the one that was recorded")
    return decode_choice(private)


def public_json(public: bytes) -> dict[str, object]:
    """Return the public part as a receipt shows it."""
    return {"v": _VERSION, "kind": _KIND, "commitment": to_base64(decode_public(public))}


def public_of(fields: object) -> bytes:
    """Return the public part that `public_json` gave these fields for.

    Raises:
        ValueError: another kind or version, another field, no commitment.
    """
    if not isinstance(fields, Mapping) or set(fields) != {"commitment", "kind", "v"}:
        raise ValueError("it does not have the fields commitment, kind, v")
    if fields["kind"] != _KIND or type(fields["v"]) is not int or fields["v"] != _VERSION:
        raise ValueError(f"it is not of kind `{_KIND}`, version {_VERSION}")
    return encode_public(from_base64(fields["commitment"], 32))


def choice_json(choice: Choice) -> dict[str, str | bool | None]:
    """Return the choice as a receipt shows it: all eight fields, null where there is nothing."""
    return {
        "at": format_time(choice.at),
        "channel": choice.channel,
        "member_id": choice.member_id,
        "notice": choice.notice,
        "on": choice.on,
        "purpose": choice.purpose,
        "scope": choice.scope,
        "target": choice.target,
    }


def encode_choice(choice: Choice) -> bytes:
    """Return the private part: the canonical JSON of the choice.

    Raises:
        ValueError: a text is not valid Unicode.
    """
    return rfc8785.dumps(choice_json(choice))


def decode_choice(private: bytes) -> Choice:
    """Return the choice of a private part.

    Raises:
        ValueError: it is not a choice in canonical form, or one that the ledger would refuse.
    """
    choice = choice_of(json.loads(private))
    if encode_choice(choice) != private:
        raise ValueError("it is not in canonical form")
    return choice


def choice_of(fields: object) -> Choice:
    """Return the choice that `choice_json` gave these fields for.

    Raises:
        ValueError: a field is missing, too much, or has a value that the ledger would refuse.
    """
    if not isinstance(fields, Mapping) or set(fields) != set(_FIELDS):
        raise ValueError("it does not have the fields of a choice: " + ", ".join(_FIELDS))
    choice = Choice(**{**fields, "at": parse_time(fields["at"])})
    if problem := problem_of(choice):
        raise ValueError(problem[0])
    return choice


def check_choices(choices: Sequence[Choice]) -> None:
    """Check that every choice can be recorded.

    Raises:
        InputError: one cannot: its place in the batch (the first is row 1), the field, the problem.
    """
    for row, choice in enumerate(choices, 1):
        if problem := problem_of(choice):
            what, todo = problem
            raise InputError(f"choice in row {row}: {what}", todo=todo or "nothing was recorded")


def problem_of(choice: Choice) -> tuple[str, str] | None:
    """Say what is wrong with a choice and what to do about it; ids are never repeated."""
    return (
        _text_problem("member_id", choice.member_id)
        or _text_problem("purpose", choice.purpose)
        or _scope_problem(choice.scope, choice.target)
        or _time_problem(choice.at)
        or _flag_problem(choice.on)
        or _text_problem("channel", choice.channel, optional=True)
        or _text_problem("notice", choice.notice, optional=True)
    )


def _text_problem(name: str, value: object, optional: bool = False) -> tuple[str, str] | None:
    if value is None and optional:
        return None
    if not isinstance(value, str):
        return f"`{name}` is not a text", ""
    if not value.strip() and not optional:
        return f"`{name}` is empty", ""
    if not is_unicode(value):
        return f"`{name}` is not valid Unicode: it holds half of a surrogate pair", ""
    return None


def _scope_problem(scope: object, target: object) -> tuple[str, str] | None:
    if scope not in _SCOPES:
        return "`scope` is not known", "use one of `all`, `category`, `item`"
    if scope == "all":
        return ("`target` is given, but scope `all` has none", "") if target is not None else None
    if target is None:
        return f"`target` is missing, but scope `{scope}` needs one", ""
    if problem := _text_problem("target", target):
        return problem
    if scope == "category" and target not in _CATEGORIES:
        return "`target` is not a known category", did_you_mean(str(target), _CATEGORIES)
    return None


def _time_problem(at: object) -> tuple[str, str] | None:
    if not isinstance(at, datetime):
        return "`at` is not a time", ""
    if at.utcoffset() is None:
        return "`at` has no time zone", "give the time in UTC"
    return (
        None if at.utcoffset() == timedelta(0) else ("`at` is not in UTC", "give the time in UTC")
    )


def _flag_problem(on: object) -> tuple[str, str] | None:
    return None if isinstance(on, bool) else ("`on` is neither true nor false", "")


def format_time(at: datetime) -> str:
    """Return an aware time in UTC as RFC 3339."""
    return at.replace(tzinfo=None).isoformat() + "Z"


def parse_time(text: object) -> datetime:
    """Return the time that `format_time` wrote so.

    Raises:
        ValueError: it is not in that form, or there is no such time.
    """
    if not isinstance(text, str) or not _TIME_SHAPE.fullmatch(text):
        raise ValueError("`at` is not a time like `2025-11-03T09:30:00Z`")
    return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)


def to_base64(data: bytes) -> str:
    """Return standard base64 (RFC 4648, section 4), padded."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: object, length: int) -> bytes:
    """Return the bytes of a base64 text in the one form that `to_base64` writes.

    Raises:
        ValueError: another alphabet, spaces, bits to spare, or not `length` bytes.
    """
    try:
        data = base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != length or to_base64(data) != text:
        raise ValueError(f"it is not base64 of {length} bytes")
    return data
