"""The one form in which the ledger writes JSON, base64 and times.

Canonical JSON is RFC 8785. The ledger writes ASCII keys, which it sorts, and as values only texts,
booleans, nulls and whole numbers below 2**53. For texts Python's own encoder does what the RFC
asks: it escapes the quote, the backslash and control characters, in the same way, and nothing else.
(Tests compare all output with `rfc8785`, which is ten times as slow.) Times are RFC 3339 in UTC
with a `Z`, with six digits of fractions or none.

>>> json_text('a "word" \\n')
'"a \\\\"word\\\\" \\\\n"'
>>> format_time(datetime(2025, 11, 3, 9, 30, tzinfo=UTC))
'2025-11-03T09:30:00Z'
"""

import base64
import binascii
import re
from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import Any

_TIME_SHAPE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", re.ASCII)
json_text = encode_basestring
"""Return a text as canonical JSON: `json_text(text)`."""


def format_time(at: datetime) -> str:
    """Return an aware time in UTC as RFC 3339."""
    return at.isoformat()[:-6] + "Z"  # in the place of `+00:00`


def parse_time(text: object, name: str = "at") -> datetime:
    """Return the time that `format_time` wrote so.

    Raises:
        ValueError: it is not in that form, or there is no such time.
    """
    if not isinstance(text, str) or not _TIME_SHAPE.fullmatch(text):
        raise ValueError(f"`{name}` is not a time like `2025-11-03T09:30:00Z`")
    time = datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
    if format_time(time) != text:  # six zeros of fractions, or 24:00
        raise ValueError(f"`{name}` is not in the one form that a time has here")
    return time


def to_base64(data: bytes) -> str:
    """Return standard base64 (RFC 4648, section 4), padded."""
    return base64.b64encode(data).decode("ascii")


def fields_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON as it is read (`object_pairs_hook`).

    Raises:
        ValueError: a key is there twice, and readers differ on which one counts.
    """
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key is there twice")
    return fields


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
