"""The kinds of records, their fields, and which values the ledger refuses.

    kind        record          names somebody
    choice      Choice          a member
    objection   Objection       somebody who is no member
    seen        Seen            a member
    erasure     Erasure         nobody, but says which entries belong together
    notice      Notice          nobody: public
    policy      PolicyInForce   nobody: public
    key         KeyChange       nobody: public
    model       ModelServed     nobody: public
    certificate Certified       nobody: public

A kind is a table of its fields: how each is checked, written and read. A record is written as a
JSON object with all its fields, null where there is nothing. A message about a refused value never
repeats the value.
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


@dataclass(frozen=True, slots=True)
class ModelServed:
    """A model that was trained serves, and certificates on it are signed with `key`.

    `series` is the kind of models that replace one another, `corpus` the version that it was
    trained on, `key` an Ed25519 public key in hex, `placement` what commits to the secret by which
    members are placed.
    """

    series: str
    model: str
    corpus: str
    key: str
    placement: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate of forgetting was written, by its digest: since then `model` serves."""

    series: str
    certificate: str
    model: str
    corpus: str
    key: str
    at: datetime


Record = (
    Choice
    | Objection
    | Notice
    | Seen
    | PolicyInForce
    | KeyChange
    | Erasure
    | ModelServed
    | Certified
)


Problem = tuple[str, str]
"""What is wrong with a value, and what to do about it: never the value."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SCOPES = get_args(Scope)
_CATEGORIES = [category.value for category in Category]


@dataclass(frozen=True, slots=True)
class FieldType:
    """A type of fields: what is wrong with a value, and how it is written as JSON and read."""

    problem: Callable[[str, object], Problem | None]
    text: Callable[[Any], str]
    read: Callable[[object, str], object] | None = None


def _optional(type_: FieldType) -> FieldType:
    """Return the type of fields that hold such a value or null."""

    def problem(name: str, value: object) -> Problem | None:
        return None if value is None else type_.problem(name, value)

    def text(value: Any) -> str:
        return "null" if value is None else type_.text(value)

    def read(value: object, name: str) -> object:
        return value if value is None or type_.read is None else type_.read(value, name)

    return FieldType(problem, text, read)


def _any_text_problem(name: str, value: object) -> Problem | None:
    if not isinstance(value, str):
        return f"`{name}` is not a text", ""
    if not is_unicode(value):
        return f"`{name}` is not valid Unicode: it holds half of a surrogate pair", ""
    return None


def _text_problem(name: str, value: object) -> Problem | None:
    if isinstance(value, str) and not value.strip():
        return f"`{name}` is empty", ""
    return _any_text_problem(name, value)


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


TEXT = FieldType(_text_problem, json_text)
OPTIONAL = _optional(FieldType(_any_text_problem, json_text))
FLAG = FieldType(_flag_problem, lambda value: "true" if value else "false")
TIME = FieldType(_time_problem, lambda value: f'"{format_time(value)}"', parse_time)
OPTIONAL_TIME = _optional(TIME)
DIGEST = FieldType(_digest_problem, json_text)
SCOPE = FieldType(_scope_problem, json_text)
VKEY = FieldType(_vkey_problem, json_text)
FORMER = _optional(VKEY)
POSITIONS = FieldType(
    _positions_problem,
    lambda value: f"[{','.join(map(str, value))}]",
    lambda value, _: tuple(value) if isinstance(value, list) else value,
)


def _target_problem(record: Record) -> Problem | None:
    """Say whether a choice's target is what its scope asks for."""
    choice = cast(Choice, record)
    if choice.scope == "all":
        if choice.target is None:
            return None
        return "`target` is given, but scope `all` has none", ""
    if choice.target is None:
        return f"`target` is missing, but scope `{choice.scope}` needs one", ""
    if problem := _text_problem("target", choice.target):
        return problem
    if choice.scope == "category" and choice.target not in _CATEGORIES:
        return "`target` is not a known category", str(did_you_mean(choice.target, _CATEGORIES))
    return None


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of records. Content of a personal one is committed to, that of others is public."""

    name: str
    type: type[Record]
    fields: Mapping[str, FieldType]
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
        document: dict[str, Any] = json.loads(self.encode(record))
        return document

    def record_of(self, document: object) -> Record:
        """Return the record that `json_of` gave these fields for.

        Raises:
            ValueError: a field is missing, too much, or has a value that the ledger would refuse.
        """
        if not isinstance(document, Mapping) or set(document) != set(self.fields):
            names = ", ".join(sorted(self.fields))
            raise ValueError(f"it does not have the fields of kind `{self.name}`: {names}")
        values: dict[str, Any] = {}
        for name, field in self.fields.items():
            values[name] = (
                document[name] if field.read is None else field.read(document[name], name)
            )
        record = self.type(**values)
        if problem := self.problem_of(record):
            raise ValueError(problem[0])
        return record


def _kind(
    name: str,
    type_: type[Record],
    types: Sequence[FieldType],
    *,
    personal: bool = True,
    problem: Callable[[Record], Problem | None] | None = None,
) -> RecordKind:
    """Make a kind whose fields are those of the record, each of the type in its place."""
    names = [field.name for field in fields(type_)]
    types_by_name = dict(zip(names, types, strict=True))
    return RecordKind(name, type_, types_by_name, _encoder(types_by_name), personal, problem)


def _encoder(types: Mapping[str, FieldType]) -> Callable[[Any], bytes]:
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
    (TEXT, TEXT, SCOPE, FLAG, TIME, OPTIONAL, OPTIONAL, OPTIONAL, OPTIONAL_TIME),
    problem=_target_problem,
)
OBJECTION = _kind(
    "objection",
    Objection,
    (TEXT, OPTIONAL, TEXT, FLAG, TIME, OPTIONAL, OPTIONAL, OPTIONAL_TIME),
)
SEEN = _kind("seen", Seen, (TEXT, TEXT, TIME, OPTIONAL))
ERASURE = _kind("erasure", Erasure, (POSITIONS, TIME))
NOTICE = _kind("notice", Notice, (TEXT, TEXT, TEXT, DIGEST, TIME, TIME, DIGEST), personal=False)
POLICY = _kind("policy", PolicyInForce, (TEXT, TEXT, DIGEST, TIME, TIME), personal=False)
KEY = _kind("key", KeyChange, (VKEY, FORMER, TIME), personal=False)
MODEL = _kind("model", ModelServed, (TEXT, DIGEST, DIGEST, DIGEST, DIGEST, TIME), personal=False)
CERTIFICATE = _kind(
    "certificate", Certified, (TEXT, DIGEST, DIGEST, DIGEST, DIGEST, TIME), personal=False
)
KINDS = {
    kind.name: kind
    for kind in (CHOICE, OBJECTION, SEEN, ERASURE, NOTICE, POLICY, KEY, MODEL, CERTIFICATE)
}
_BY_TYPE: dict[type, RecordKind] = {kind.type: kind for kind in KINDS.values()}


def kind_of(record: Record) -> RecordKind:
    """Return the kind of a record."""
    return _BY_TYPE[type(record)]


def member_of(record: Record) -> MemberId | None:
    """Return the member whose record it is; nobody for what is not a member's."""
    return record.member_id if isinstance(record, Choice | Seen) else None


def time_of(record: Record) -> datetime:
    """Return the time of a record's entry."""
    return record.published_at if isinstance(record, Notice) else record.at


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
