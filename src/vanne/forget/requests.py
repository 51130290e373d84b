"""The requests to remove data: who asked, by when it is due, and when it was done.

A request is an entry of the ledger that one version of the corpus covers and the version before
does not: a choice that switches something off, the objection of a person who is no member, or an
erasure. A certificate names a request by what its receipt opens
(`vanne.forget.certificate.opening_of`), and so names no person. A removal for another reason
(somebody came of age or moved, a window ended, a file was removed) belongs to no request.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple, TypeGuard

from vanne.config import Home
from vanne.corpus import Manifest
from vanne.forget.certificate import Certificate, opening_of
from vanne.ledger import Erasure, Ledger
from vanne.ledger.kinds import Record
from vanne.ledger.merkle import leaf_hash
from vanne.objections import unmatched
from vanne.policy.schedule import policy_at
from vanne.terms import Choice, Objection

Kind = Literal["choice", "objection", "erasure"]
Asking = Choice | Objection | Erasure

_KINDS: dict[type[Asking], Kind] = {
    Choice: "choice",
    Objection: "objection",
    Erasure: "erasure",
}


@dataclass(frozen=True, slots=True)
class RemovalRequest:
    """One entry of the ledger that asks for something to be left out. `due` is by when.

    `opening` is what its receipt opens in a certificate.
    """

    index: int
    opening: str
    kind: Kind
    at: datetime
    due: datetime

    def as_json(self) -> dict[str, Any]:
        """Return it for a JSON document: for the operator, not for others."""
        times = {"at": self.at.isoformat(), "due": self.due.isoformat()}
        return {"index": self.index, "kind": self.kind} | times


def time_to_forget(home: Home, manifest: Manifest) -> timedelta:
    """Return how long after an opt-out the model may still hold what it is about."""
    rules = policy_at(home, manifest.as_of).purpose(manifest.purpose)
    return timedelta(days=rules.forget_days)


def requests_between(home: Home, before: Manifest, after: Manifest) -> list[RemovalRequest]:
    """Return the requests that one version of the corpus has heard and an earlier one had not."""
    days = time_to_forget(home, after)
    with_objections = not unmatched(home, policy_at(home, after.as_of))
    known = min(before.ledger_size, after.ledger_size)
    with Ledger.of(home, read_only=True) as ledger:
        asking = [
            (index, record)
            for index, record in ledger.records(known, after.ledger_size)
            if asks_to_remove(record, after.purpose)
        ]
        return [
            RemovalRequest(
                index, opening(ledger, index), _KINDS[type(record)], record.at, record.at + days
            )
            for index, record in asking
            if with_objections or not isinstance(record, Objection)
        ]


def asks_to_remove(record: Record | None, purpose: str) -> TypeGuard[Asking]:
    """Say whether an entry of the ledger asks for something to be left out."""
    if isinstance(record, Choice | Objection):
        return not record.on and record.purpose == purpose
    return isinstance(record, Erasure)


class OpenRequest(NamedTuple):
    """A request that something has not heard yet: of which kind, made when, and due by when."""

    kind: Kind
    at: datetime
    due: datetime


def open_since(home: Home, ledger: Ledger, known: Manifest) -> list[OpenRequest]:
    """Return the requests that came after a version of the corpus, the oldest first."""
    days = time_to_forget(home, known)
    return [
        OpenRequest(_KINDS[type(record)], record.at, record.at + days)
        for _, record in ledger.records(known.ledger_size)
        if asks_to_remove(record, known.purpose)
    ]


def opening(ledger: Ledger, index: int) -> str:
    """Return what the receipt of an entry opens in a certificate.

    Raises:
        InputError: there is no such entry.
    """
    (public,) = ledger.entries(index + 1, start=index)
    return opening_of(ledger.salt(index) or b"", leaf_hash(public))


def late_among(
    requests: Sequence[RemovalRequest], certificate: Certificate, known: Mapping[str, Certificate]
) -> int:
    """Count the requests that left the model that serves after the day on which they were due."""
    return sum(left_on(each, certificate, known) > each.due.date() for each in requests)


def left_on(
    request: RemovalRequest, certificate: Certificate, known: Mapping[str, Certificate]
) -> date:
    """Return on which day what was asked for left the model that serves: with the first step."""
    steps = [known[step] for step in certificate.steps if step in known]
    return next((each.day for each in steps if request.opening in each.requests), certificate.day)
