"""Who asked for something to be left out, by when it is due, and the checks that it was done.

A request is an entry of the ledger that a corpus has heard and the one before had not: a choice
that switches something off, the objection of somebody who is no member, an erasure. A certificate
names it by what its receipt opens (`vanne.forget.certificate.opening_of`), and so names nobody.
What leaves for another reason (somebody came of age or moved, a window ended, a file went) was
asked by nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from vanne.config import Home
from vanne.corpus import Document, Manifest, current
from vanne.corpus import verify as verify_corpus
from vanne.corpus.manifest import load
from vanne.decide import People
from vanne.errors import StorageError, VanneError, VerificationError
from vanne.forget.certificate import Certificate, Check, failed, opening_of
from vanne.forget.history import LedgerPlace
from vanne.ledger import Erasure, Ledger
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
            if isinstance(record, Erasure)
            or (
                isinstance(record, Choice | Objection)
                and not record.on
                and record.purpose == after.purpose
            )
        ]
        return [
            RemovalRequest(
                index, opening(ledger, index), _KINDS[type(record)], record.at, record.at + days
            )
            for index, record in asking
            if with_objections or not isinstance(record, Objection)
        ]


def opening(ledger: Ledger, index: int) -> str:
    """Return what the receipt of an entry opens in a certificate.

    Raises:
        InputError: there is no such entry.
    """
    (public,) = ledger.entries(index + 1, start=index)
    return opening_of(ledger.salt(index) or b"", leaf_hash(public))


def manifests_of(
    certificate: Certificate, place: LedgerPlace, home: Home
) -> tuple[Manifest, Manifest]:
    """Return the corpus of the model before, as the ledger says, and the one after.

    Raises:
        VerificationError: the certificate names another model or corpus before; or a version is
            damaged or missing.
    """
    if (certificate.before, certificate.corpus_before) != (place.before.model, place.before.corpus):
        raise failed("before", "the ledger names another model or corpus before it")
    try:
        before, after = (
            load(home, name) for name in (place.before.corpus, certificate.corpus_after)
        )
    except VanneError as error:
        raise failed("before", error.title) from None
    with Ledger.of(home, read_only=True, create=False) as ledger:
        for each in (before, after):
            is_short = ledger.size < each.ledger_size
            if is_short or ledger.root(each.ledger_size).hex() != each.ledger_root:
                raise failed("before", "the ledger is not the one that the corpus has heard")
    if after.ledger_size > place.index:
        raise failed("before", "its corpus has heard more of the ledger than stands before it")
    if after.as_of.date() > certificate.day:
        raise failed("before", "its corpus is of a later day")
    return before, after


def check_requests(
    certificate: Certificate,
    asked: Sequence[RemovalRequest],
    after: Manifest,
    home: Home,
    known: Mapping[str, Certificate],
) -> Check:
    """Check that the certificate holds all who asked by the ledger, and nobody who asked later.

    Raises:
        VerificationError: it is not so.
    """
    for request in asked:
        if request.kind != "objection" and request.opening not in certificate.requests:
            raise failed("requests", f"entry {request.index} of the ledger asked and is not in it")
    with Ledger.of(home, read_only=True, create=False) as ledger:
        for index, record in ledger.records(after.ledger_size):
            is_no = isinstance(record, Choice) and not record.on
            if is_no and opening(ledger, index) in certificate.requests:
                raise failed("requests", f"the corpus has not heard entry {index} of the ledger")
    late = late_among(asked, certificate, known)
    return Check("requests", f"{len(asked):,} entries of the ledger asked; late: {late:,}")


def late_among(
    asked: Sequence[RemovalRequest], certificate: Certificate, known: Mapping[str, Certificate]
) -> int:
    """Count the requests that left the model that serves after the day on which they were due."""
    return sum(left_on(each, certificate, known) > each.due.date() for each in asked)


def left_on(
    request: RemovalRequest, certificate: Certificate, known: Mapping[str, Certificate]
) -> date:
    """Return on which day what was asked for left the model that serves: with the first step."""
    steps = [known[step] for step in certificate.steps if step in known]
    return next((each.day for each in steps if request.opening in each.requests), certificate.day)


def check_corpus(after: Manifest, home: Home) -> Check:
    """Check that the corpus after is what its policy, data and ledger give: decided again.

    Raises:
        VerificationError: it is not.
    """
    try:
        verify_corpus(home, after)
    except (VerificationError, StorageError) as error:
        if current(home, after.purpose).version == after.version:
            raise failed("corpus", error.title) from None
        why = "a later corpus has other tables: this one cannot be decided again"
        return Check("corpus", why, is_checked=False)
    return Check("corpus", f"{after.version[:16]} was decided again, the same to the byte")


def check_asked(
    asked: Sequence[RemovalRequest], after: Manifest, home: Home, documents: Sequence[Document]
) -> Check:
    """Check that no opt-out that asked and still stands covers a document of the corpus after.

    Raises:
        VerificationError: one is.
    """
    with Ledger.of(home, read_only=True, create=False) as ledger:
        rows = [next(ledger.records(each.index, each.index + 1))[1] for each in asked]
        opt_outs = [record for record in rows if isinstance(record, Choice)]
        histories = ledger.histories({choice.member_id for choice in opt_outs})
    choices = [c for rows in histories.values() for n, c in rows if n < after.ledger_size]
    policy = policy_at(home, after.as_of)
    people = People.of([], choices, policy, after.purpose, after.as_of)
    keys = {(c.member_id, c.scope, c.target) for c in opt_outs}
    off = {key for key in keys if people.off_since(*key)}
    for each in documents:
        scopes = (("all", None), ("category", each.category), ("item", each.item_id))
        if any((each.owner, scope, target) in off for scope, target in scopes):
            raise failed("asked", "a document is still in the corpus that an opt-out covers")
    return Check(
        "asked", f"{len(off):,} of the opt-outs still stand, and none of their documents is in it"
    )
