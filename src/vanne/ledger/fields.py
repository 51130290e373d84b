"""The types of fields that records have: which values are refused, and how they are written.

A value that is refused is never repeated in what is said about it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from vanne.errors import InputError
from vanne.ledger.checkpoint import Verifier
from vanne.ledger.encoding import format_time, json_text, parse_time
from vanne.terms import Scope, is_unicode

Problem = tuple[str, str]
"""What is wrong with a value, and what to do about it: never the value."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SCOPES = get_args(Scope)


@dataclass(frozen=True, slots=True)
class Field:
    """A type of fields: what is wrong with a value, and how it is written as JSON and read."""

    problem: Callable[[str, object], Problem | None]
    text: Callable[[Any], str]
    read: Callable[[object, str], object] | None = None


def text_problem(name: str, value: object) -> Problem | None:
    """Say what is wrong with what should be a text that is not blank."""
    if not isinstance(value, str):
        return f"`{name}` is not a text", ""
    if not value.strip():
        return f"`{name}` is empty", ""
    return _unicode_problem(name, value)


def _optional_problem(name: str, value: object) -> Problem | None:
    if value is None:
        return None
    if not isinstance(value, str):
        return f"`{name}` is not a text", ""
    return _unicode_problem(name, value)


def _unicode_problem(name: str, value: str) -> Problem | None:
    if is_unicode(value):
        return None
    return f"`{name}` is not valid Unicode: it holds half of a surrogate pair", ""


def _time_problem(name: str, value: object) -> Problem | None:
    if not isinstance(value, datetime):
        return f"`{name}` is not a time", ""
    if value.utcoffset() is None:
        return f"`{name}` has no time zone", "give the time in UTC"
    return None if not value.utcoffset() else (f"`{name}` is not in UTC", "give the time in UTC")


def _flag_problem(name: str, value: object) -> Problem | None:
    return None if isinstance(value, bool) else (f"`{name}` is neither true nor false", "")


def _digest_problem(name: str, value: object) -> Problem | None:
    if isinstance(value, str) and _SHA256.fullmatch(value):
        return None
    return f"`{name}` is not a SHA-256 in hex", ""


def _vkey_problem(name: str, value: object) -> Problem | None:
    try:
        Verifier.parse(value)
    except InputError:
        return f"`{name}` is not a verifier key", ""
    return None


def _optional_vkey_problem(name: str, value: object) -> Problem | None:
    return None if value is None else _vkey_problem(name, value)


def _scope_problem(name: str, value: object) -> Problem | None:
    if isinstance(value, str) and value in _SCOPES:
        return None
    return f"`{name}` is not known", "use one of `all`, `category`, `item`"


def _positions_problem(name: str, value: object) -> Problem | None:
    if not isinstance(value, tuple) or not value:
        return f"`{name}` is not a list of positions", ""
    whole = all(type(position) is int and position >= 0 for position in value)
    if not whole or list(value) != sorted(set(value)):
        return f"`{name}` is not in order", ""
    return None


def _read_positions(value: object, name: str) -> object:
    return tuple(value) if isinstance(value, list) else value


def _optional_text(value: str | None) -> str:
    return "null" if value is None else json_text(value)


def _optional_time_problem(name: str, value: object) -> Problem | None:
    return None if value is None else _time_problem(name, value)


def _optional_time_text(value: datetime | None) -> str:
    return "null" if value is None else _time_text(value)


def _read_optional_time(value: object, name: str) -> object:
    return None if value is None else parse_time(value, name)


def _flag_text(value: bool) -> str:
    return "true" if value else "false"


def _time_text(value: datetime) -> str:
    return f'"{format_time(value)}"'


def _positions_text(value: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, value))}]"


TEXT, OPTIONAL = Field(text_problem, json_text), Field(_optional_problem, _optional_text)
FLAG, TIME = Field(_flag_problem, _flag_text), Field(_time_problem, _time_text, parse_time)
OPTIONAL_TIME = Field(_optional_time_problem, _optional_time_text, _read_optional_time)
DIGEST, SCOPE = Field(_digest_problem, json_text), Field(_scope_problem, json_text)
VKEY, FORMER = Field(_vkey_problem, json_text), Field(_optional_vkey_problem, _optional_text)
POSITIONS = Field(_positions_problem, _positions_text, _read_positions)
