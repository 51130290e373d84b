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
    loss        Loss            nobody: public

The type of a field decides how it is checked, written and read, or its name where that says more: a
`digest` is a SHA-256 in hex. A record is written as a JSON object with all its fields; an empty
field is null. A message about a refused value never repeats the value.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, get_args

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


@dataclass(frozen=True, slots=True)
class Loss:
    """The end of the log was lost: the tree of `size` entries with this `root` was seen.

    An operator has said that the log goes on without it.
    """

    size: int
    root: str
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
    | Loss
)

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CATEGORIES = [category.value for category in Category]


Check = Callable[[Any], str | None]
"""Says what is wrong with a value."""


def _optional_text_problem(value: object) -> str | None:
    if not isinstance(value, str):
        return "is not a text"
    return None if is_unicode(value) else "is not valid Unicode: it holds half of a surrogate pair"


def _text_problem(value: object) -> str | None:
    if isinstance(value, str) and not value.strip():
        return "is empty"
    return _optional_text_problem(value)


def _time_problem(value: object) -> str | None:
    if not isinstance(value, datetime):
        return "is not a time"
    if value.utcoffset() is None:
        return "has no time zone, give it in UTC"
    return "is not in UTC" if value.utcoffset() else None


def _vkey_problem(value: object) -> str | None:
    try:
        Verifier.parse(value)
    except InputError:
        return "is not a verifier key"
    return None


def _positions_problem(value: object) -> str | None:
    if not isinstance(value, tuple) or not value:
        return "is not a list of positions"
    whole = all(type(position) is int and position >= 0 for position in value)
    return None if whole and list(value) == sorted(set(value)) else "is not in order"


def _digest_problem(value: object) -> str | None:
    is_digest = isinstance(value, str) and _SHA256.fullmatch(value)
    return None if is_digest else "is not a SHA-256 in hex"


def _size_problem(value: object) -> str | None:
    return None if type(value) is int and value >= 0 else "is not a number of entries"


def _flag_problem(value: object) -> str | None:
    return None if isinstance(value, bool) else "is neither true nor false"


def _scope_problem(value: object) -> str | None:
    is_scope = isinstance(value, str) and value in get_args(Scope)
    return None if is_scope else "is not known, use one of `all`, `category`, `item`"


_BY_TYPE: dict[object, Check] = {
    str: _text_problem,
    str | None: _optional_text_problem,
    datetime: _time_problem,
    datetime | None: _time_problem,
    bool: _flag_problem,
    int: _size_problem,
    Scope: _scope_problem,
    tuple[int, ...]: _positions_problem,
}
_DIGESTS = ("digest", "text_sha256", "model", "corpus", "key", "placement", "certificate", "root")
_BY_NAME: dict[str, Check] = {
    "vkey": _vkey_problem,
    "former": _vkey_problem,
    **dict.fromkeys(_DIGESTS, _digest_problem),
}


def _json_of(value: object) -> str:
    """Return a value of a checked record as canonical JSON."""
    if isinstance(value, str):
        return json_text(value)
    if value is None:
        return "null"
    if isinstance(value, datetime):
        return f'"{format_time(value)}"'
    if isinstance(value, tuple):
        return f"[{','.join(map(str, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _target_problem(choice: Choice) -> str | None:
    """Say whether a choice's target is what its scope asks for."""
    if choice.scope == "all":
        return None if choice.target is None else "is given, but scope `all` has none"
    if choice.target is None:
        return f"is missing, but scope `{choice.scope}` needs one"
    if problem := _text_problem(choice.target):
        return problem
    if choice.scope == "category" and choice.target not in _CATEGORIES:
        return f"is not a known category, {did_you_mean(choice.target, _CATEGORIES)}"
    return None


class RecordKind:
    """A kind of records. Content of a personal one is committed to, that of others is public."""

    def __init__(self, name: str, type_: type[Record], *, personal: bool = True) -> None:
        self.name = name
        self.type = type_
        self.personal = personal
        self._checks, self._optional, self._times = dict[str, Check](), set[str](), set[str]()
        for field in fields(type_):
            self._checks[field.name] = _BY_NAME.get(field.name) or _BY_TYPE[field.type]
            if type(None) in get_args(field.type):
                self._optional.add(field.name)
            if field.type in (datetime, datetime | None):
                self._times.add(field.name)
        names = sorted(self._checks)
        self._form = "{" + ",".join(f'"{name}":%s' for name in names) + "}"
        self._values = attrgetter(*names)

    def encode(self, record: Any) -> bytes:
        """Return the canonical JSON of a checked record: this is done for each of millions."""
        return (self._form % tuple(map(_json_of, self._values(record)))).encode()

    def problem_of(self, record: Record) -> str | None:
        """Say what is wrong with a record; ids are never repeated."""
        for name, check in self._checks.items():
            value = getattr(record, name)
            if value is None and name in self._optional:
                continue
            if problem := check(value):
                return f"`{name}` {problem}"
        if isinstance(record, Choice) and (problem := _target_problem(record)):
            return f"`target` {problem}"
        return None

    def json_of(self, record: Record) -> dict[str, Any]:
        """Return the record as JSON shows it, its fields sorted."""
        document: dict[str, Any] = json.loads(self.encode(record))
        return document

    def record_of(self, document: object) -> Record:
        """Return the record that `json_of` gave these fields for.

        Raises:
            ValueError: a field is missing, too much, or has a value that the ledger would refuse.
        """
        if not isinstance(document, Mapping) or set(document) != set(self._checks):
            names = ", ".join(sorted(self._checks))
            raise ValueError(f"it does not have the fields of kind `{self.name}`: {names}")
        values: dict[str, Any] = {}
        for name, value in document.items():
            if name in self._times and value is not None:
                value = parse_time(value, name)
            values[name] = tuple(value) if isinstance(value, list) else value
        record: Record = self.type(**values)
        if problem := self.problem_of(record):
            raise ValueError(problem)
        return record


CHOICE = RecordKind("choice", Choice)
OBJECTION = RecordKind("objection", Objection)
KEY = RecordKind("key", KeyChange, personal=False)
MODEL = RecordKind("model", ModelServed, personal=False)
CERTIFICATE = RecordKind("certificate", Certified, personal=False)
_ALL = (
    CHOICE,
    OBJECTION,
    RecordKind("seen", Seen),
    RecordKind("erasure", Erasure),
    RecordKind("notice", Notice, personal=False),
    RecordKind("policy", PolicyInForce, personal=False),
    KEY,
    MODEL,
    CERTIFICATE,
    RecordKind("loss", Loss, personal=False),
)
KINDS = {kind.name: kind for kind in _ALL}
_OF_TYPE: dict[type, RecordKind] = {kind.type: kind for kind in _ALL}


def kind_of(record: Record) -> RecordKind:
    """Return the kind of a record."""
    return _OF_TYPE[type(record)]


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
            name = _OF_TYPE[type(record)].name if type(record) in _OF_TYPE else "record"
            raise InputError(f"{name} in row {row}: {problem}", todo="nothing was recorded")


def problem_of(record: Record) -> str | None:
    """Say what is wrong with what was given as a record; ids are never repeated."""
    kind = _OF_TYPE.get(type(record))
    return kind.problem_of(record) if kind else "it is of no kind that the ledger records"
