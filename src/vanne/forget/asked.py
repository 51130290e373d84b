"""Check that who asked is in the ledger, and that the corpus after lacks what they asked for."""

from collections.abc import Mapping, Sequence
from datetime import date

from vanne.config import Home
from vanne.corpus import Document, Manifest, current
from vanne.corpus import verify as verify_corpus
from vanne.corpus.manifest import load
from vanne.decide import People
from vanne.errors import StorageError, VanneError, VerificationError
from vanne.forget.certificate import Certificate, failed
from vanne.forget.logged import Place
from vanne.forget.request import Request, opening
from vanne.forget.verifying import Check
from vanne.ledger import Ledger
from vanne.policy.schedule import policy_at
from vanne.terms import Choice


def manifests_of(certificate: Certificate, place: Place, home: Home) -> tuple[Manifest, Manifest]:
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
    asked: Sequence[Request],
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
    asked: Sequence[Request], certificate: Certificate, known: Mapping[str, Certificate]
) -> int:
    """Count the requests that left the model that serves after the day on which they were due."""
    return sum(left_on(each, certificate, known) > each.due.date() for each in asked)


def left_on(request: Request, certificate: Certificate, known: Mapping[str, Certificate]) -> date:
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
        told = "a later corpus has other tables: this one cannot be decided again"
        return Check("corpus", told, is_checked=False)
    return Check("corpus", f"{after.version[:16]} was decided again, the same to the byte")


def check_asked(
    asked: Sequence[Request], after: Manifest, home: Home, documents: Sequence[Document]
) -> Check:
    """Check that no document of the corpus after is covered by a no that asked and still stands.

    Raises:
        VerificationError: one is.
    """
    with Ledger.of(home, read_only=True, create=False) as ledger:
        rows = [next(ledger.records(each.index, each.index + 1))[1] for each in asked]
        nos = [record for record in rows if isinstance(record, Choice)]
        said = ledger.histories({choice.member_id for choice in nos})
    heard = [c for rows in said.values() for n, c in rows if n < after.ledger_size]
    policy = policy_at(home, after.as_of)
    people = People.of([], heard, policy, after.purpose, after.as_of)
    keys = {(c.member_id, c.scope, c.target) for c in nos}
    off = {key for key in keys if people.off_since(*key)}
    for each in documents:
        scopes = (("all", None), ("category", each.category), ("item", each.item_id))
        if any((each.owner, scope, target) in off for scope, target in scopes):
            raise failed("asked", "a document is still in the corpus that a no covers")
    return Check(
        "asked", f"{len(off):,} of the nos still stand, and no document of theirs is in it"
    )
