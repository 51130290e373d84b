"""The kinds of records, their fields, and which values the ledger refuses.

    kind        record          names somebody
    choice      Choice          a member
    objection   Objection       somebody who is no member
    seen        Seen            a member
    erasure     Erasure         nobody, but says which entries belong together
    notice      Notice          nobody: public
    policy      PolicyInForce   nobody: public
    key         KeyChange       nobody: public

A kind is a table of its fields: how each is checked, written and read. A record is written as a
JSON object with all its fields, null where there is nothing.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, cast, get_args

from vanne.errors import InputError, did_you_mean
from vanne.ledger.checkpoint import Verifier
from vanne.ledger.encoding import format_time, json_text, parse_time
from vanne.terms import (
    Category,
    Choice,
    MemberId,
    Notice,
    Objection,
    PolicyInForce,
    Scope,
    Seen,
    is_unicode,
)


@dataclass(frozen=True, slots=True)
class KeyChange:
    """From this entry on checkpoints are signed with `vkey`, and with `former` too if there is one.

    A new key comes with the one before it as `former`; the same key without, when that is retired.
    """

    vkey: str
    former: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Erasure:
    """The content of the entries at these positions was erased: all that one member had."""

    positions: tuple[int, ...]
    at: datetime


Record = Choice | Objection | Notice | Seen | PolicyInForce | KeyChange | Erasure
Problem = tuple[str, str]
"""What is wrong with a value, and what to do about it: never the value."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SCOPES = get_args(Scope)
_CATEGORIES = [category.value for category in Category]


@dataclass(frozen=True, slots=True)
class Field:
    """A type of fields: what is wrong with a value, and how it is written as JSON and read."""

    problem: Callable[[str, object], Problem | None]
    text: Callable[[Any], str]
    read: Callable[[object, str], object] | None = None


def _text_problem(name: str, value: object) -> Problem | None:
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


def _flag_text(value: bool) -> str:
    return "true" if value else "false"


def _time_text(value: datetime) -> str:
    return f'"{format_time(value)}"'


def _positions_text(value: tuple[int, ...]) -> str:
    return f"[{','.join(map(str, value))}]"


_TEXT, _OPTIONAL = Field(_text_problem, json_text), Field(_optional_problem, _optional_text)
_FLAG, _TIME = Field(_flag_problem, _flag_text), Field(_time_problem, _time_text, parse_time)
_DIGEST, _SCOPE = Field(_digest_problem, json_text), Field(_scope_problem, json_text)
_VKEY, _FORMER = Field(_vkey_problem, json_text), Field(_optional_vkey_problem, _optional_text)
_POSITIONS = Field(_positions_problem, _positions_text, _read_positions)


def _target_problem(record: Record) -> Problem | None:
    """Say whether a choice's target is what its scope asks for."""
    choice = cast(Choice, record)
    if choice.scope == "all":
        return (
            None if choice.target is None else ("`target` is given, but scope `all` has none", "")
        )
    if choice.target is None:
        return f"`target` is missing, but scope `{choice.scope}` needs one", ""
    if problem := _text_problem("target", choice.target):
        return problem
    if choice.scope == "category" and choice.target not in _CATEGORIES:
        return "`target` is not a known category", did_you_mean(choice.target, _CATEGORIES)
    return None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of records. Content of a personal one is committed to, that of others is public."""

    name: str
    type: type[Record]
    fields: Mapping[str, Field]
    encode: Callable[[Any], bytes]
    """Give the canonical JSON of a checked record."""
    personal: bool = True
    problem: Callable[[Record], Problem | None] | None = None

    def problem_of(self, record: Record) -> Problem | None:
        """Say what is wrong with a record and what to do about it; ids are never repeated."""
        for name, field in self.fields.items():
            if problem := field.problem(name, getattr(record, name)):
                return problem
        return self.problem(record) if self.problem else None

    def json_of(self, record: Record) -> dict[str, Any]:
        """Return the record as JSON shows it, its fields sorted."""
        shown: dict[str, Any] = json.loads(self.encode(record))
        return shown

    def record_of(self, shown: object) -> Record:
        """Return the record that `json_of` gave these fields for.

        Raises:
            ValueError: a field is missing, too much, or has a value that the ledger would refuse.
        """
        if not isinstance(shown, Mapping) or set(shown) != set(self.fields):
            names = ", ".join(sorted(self.fields))
            raise ValueError(f"it does not have the fields of kind `{self.name}`: {names}")
        values: dict[str, Any] = {}
        for name, field in self.fields.items():
            values[name] = shown[name] if field.read is None else field.read(shown[name], name)
        record = self.type(**values)
        if problem := self.problem_of(record):
            raise ValueError(problem[0])
        return record


def _kind(
    name: str,
    type_: type[Record],
    types: Sequence[Field],
    *,
    personal: bool = True,
    problem: Callable[[Record], Problem | None] | None = None,
) -> Kind:
    """Make a kind whose fields are those of the record, each of the type in its place."""
    names = [field.name for field in fields(type_)]
    types_by_name = dict(zip(names, types, strict=True))
    return Kind(name, type_, types_by_name, _encoder(types_by_name), personal, problem)


def _encoder(types: Mapping[str, Field]) -> Callable[[Any], bytes]:
    """Return what writes the canonical JSON of a record: this is done for each of millions."""
    names = sorted(types)
    form = "{" + ",".join(f'"{name}":%s' for name in names) + "}"
    texts = [types[name].text for name in names]
    values = attrgetter(*names)

    def encode(record: Any) -> bytes:
        written = [text(value) for text, value in zip(texts, values(record), strict=True)]
        return (form % tuple(written)).encode()

    return encode


CHOICE = _kind(
    "choice",
    Choice,
    (_TEXT, _TEXT, _SCOPE, _FLAG, _TIME, _OPTIONAL, _OPTIONAL, _OPTIONAL),
    problem=_target_problem,
)
OBJECTION = _kind(
    "objection", Objection, (_TEXT, _OPTIONAL, _TEXT, _FLAG, _TIME, _OPTIONAL, _OPTIONAL)
)
SEEN = _kind("seen", Seen, (_TEXT, _TEXT, _TIME, _OPTIONAL))
ERASURE = _kind("erasure", Erasure, (_POSITIONS, _TIME))
NOTICE = _kind(
    "notice", Notice, (_TEXT, _TEXT, _TEXT, _DIGEST, _TIME, _TIME, _DIGEST), personal=False
)
POLICY = _kind("policy", PolicyInForce, (_TEXT, _TEXT, _DIGEST, _TIME, _TIME), personal=False)
KEY = _kind("key", KeyChange, (_VKEY, _FORMER, _TIME), personal=False)
KINDS = {kind.name: kind for kind in (CHOICE, OBJECTION, SEEN, ERASURE, NOTICE, POLICY, KEY)}
_BY_TYPE: dict[type, Kind] = {kind.type: kind for kind in KINDS.values()}


def kind_of(record: Record) -> Kind:
    """Return the kind of a record."""
    return _BY_TYPE[type(record)]


def member_of(record: Record) -> MemberId | None:
    """Return the member whose record it is; nobody for what is not a member's."""
    return record.member_id if isinstance(record, Choice | Seen) else None


def check_filing(record: Record, member_id: MemberId | None) -> None:
    """Check that an entry is filed under whom its record names.

    Raises:
        ValueError: it is not.
    """
    if member_of(record) != member_id:
        raise ValueError("it is filed under another member than its record says")


def check_records(records: Sequence[Record]) -> None:
    """Check that every record can be appended.

    Raises:
        InputError: one cannot: its place in the batch (the first is row 1), the field, the problem.
    """
    for row, record in enumerate(records, 1):
        if problem := problem_of(record):
            what, todo = problem
            name = _BY_TYPE[type(record)].name if type(record) in _BY_TYPE else "record"
            raise InputError(f"{name} in row {row}: {what}", todo=todo or "nothing was recorded")


def problem_of(record: Record) -> Problem | None:
    """Say what is wrong with what was given as a record; ids are never repeated."""
    kind = _BY_TYPE.get(type(record))
    return kind.problem_of(record) if kind else ("it is of no kind that the ledger records", "")
