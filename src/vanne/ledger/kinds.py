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
JSON object with all its fields, null where there is nothing.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, cast

from vanne.errors import InputError, did_you_mean
from vanne.ledger.fields import (
    DIGEST,
    FLAG,
    FORMER,
    OPTIONAL,
    OPTIONAL_TIME,
    POSITIONS,
    SCOPE,
    TEXT,
    TIME,
    VKEY,
    Field,
    Problem,
    text_problem,
)
from vanne.terms import (
    Category,
    Choice,
    MemberId,
    Notice,
    Objection,
    PolicyInForce,
    Seen,
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


_CATEGORIES = [category.value for category in Category]

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


def _target_problem(record: Record) -> Problem | None:
    """Say whether a choice's target is what its scope asks for."""
    choice = cast(Choice, record)
    if choice.scope == "all":
        return (
            None if choice.target is None else ("`target` is given, but scope `all` has none", "")
        )
    if choice.target is None:
        return f"`target` is missing, but scope `{choice.scope}` needs one", ""
    if problem := text_problem("target", choice.target):
        return problem
    if choice.scope == "category" and choice.target not in _CATEGORIES:
        return "`target` is not a known category", str(did_you_mean(choice.target, _CATEGORIES))
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
    for kind in (
        CHOICE,
        OBJECTION,
        SEEN,
        ERASURE,
        NOTICE,
        POLICY,
        KEY,
        MODEL,
        CERTIFICATE,
    )
}
_BY_TYPE: dict[type, Kind] = {kind.type: kind for kind in KINDS.values()}


def kind_of(record: Record) -> Kind:
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
