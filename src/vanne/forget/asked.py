"""Check that who asked is in the ledger, and that the corpus after lacks what they asked for."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from vanne.config import Home
from vanne.corpus import Document, Manifest, current
from vanne.corpus import verify as verify_corpus
from vanne.corpus.manifest import load
from vanne.decide import People
from vanne.errors import StorageError, VanneError, VerificationError
from vanne.forget.certificate import Certificate, failed
from vanne.forget.request import requests_between
from vanne.forget.verifying import Check
from vanne.ledger import Ledger
from vanne.ledger.encoding import to_base64
from vanne.ledger.merkle import leaf_hash, verify_inclusion
from vanne.policy.schedule import policy_at
from vanne.terms import Choice


def manifest_facts(manifest: Manifest) -> dict[str, Any]:
    """Return what a certificate says of a version of the corpus: digests and counts."""
    return {
        "version": manifest.version,
        "purpose": manifest.purpose,
        "as_of": manifest.as_of.isoformat(),
        "policy": manifest.policy,
        "data": manifest.data,
        "members": manifest.members_sha256,
        "ledger_size": manifest.ledger_size,
        "ledger_root": manifest.ledger_root,
        "documents": manifest.documents,
    }


def manifests_of(certificate: Certificate, home: Home) -> tuple[Manifest, Manifest]:
    """Return the versions of the corpus before and after, which say what the certificate says.

    Raises:
        VerificationError: they do not, or one is damaged or missing.
    """
    said = certificate.document["manifests"]
    try:
        before, after = (
            load(home, name) for name in (certificate.corpus_before, certificate.corpus_after)
        )
    except VanneError as error:
        raise failed("requests", error.args[0]) from None
    if said != {"before": manifest_facts(before), "after": manifest_facts(after)}:
        raise failed("requests", "the versions of the corpus say something else")
    return before, after


def check_requests(certificate: Certificate, home: Home) -> Check:
    """Check that each request is an entry of the ledger that the corpus has heard, and none lacks.

    Raises:
        VerificationError: it is not so.
    """
    before, after = manifests_of(certificate, home)
    named = {row["index"]: row for row in certificate.requests}
    with Ledger.of(home, read_only=True, create=False) as ledger:
        if ledger.root(after.ledger_size).hex() != after.ledger_root:
            raise failed("requests", "the ledger is not the one that the corpus has heard")
        for row in named.values():
            if row["leaf"] is not None:
                _check_leaf(ledger, row, after)
    for request in requests_between(home, before, after):
        row = named.get(request.index, {})
        if request.kind != "objection" and not row:
            raise failed("requests", f"entry {request.index} of the ledger asked and is not named")
        if row and any(row[name] != value for name, value in request.as_json().items()):
            raise failed("requests", f"entry {request.index} of the ledger says something else")
    late = sum(row["on_time"] is False for row in named.values())
    return Check("requests", f"{len(named):,} entries of the ledger asked; late: {late:,}")


def _check_leaf(ledger: Ledger, row: Mapping[str, Any], after: Manifest) -> None:
    index, size = row["index"], after.ledger_size
    if not 0 <= index < size:
        raise failed("requests", f"the corpus has not heard entry {index}")
    (public,) = ledger.entries(index + 1, start=index)
    leaf, root = leaf_hash(public), bytes.fromhex(after.ledger_root)
    proof = ledger.prove(index, size)
    if to_base64(leaf) != row["leaf"] or not verify_inclusion(leaf, index, size, proof, root):
        raise failed("requests", f"entry {index} of the ledger is another one")
    left, due = (datetime.fromisoformat(row[name]) for name in ("left_at", "due"))
    if row["on_time"] != (left <= due):
        raise failed("requests", f"whether entry {index} was done in time is said wrongly")


def check_corpus(certificate: Certificate, home: Home) -> Check:
    """Check that the corpus after is what its policy, data and ledger give: decided again.

    Raises:
        VerificationError: it is not.
    """
    _, after = manifests_of(certificate, home)
    try:
        verify_corpus(home, after)
    except (VerificationError, StorageError) as error:
        if current(home, after.purpose).version == after.version:
            raise failed("corpus", error.args[0]) from None
        told = "a later corpus has other tables: this one cannot be decided again"
        return Check("corpus", told, is_checked=False)
    return Check("corpus", f"{after.version[:16]} was decided again, the same to the byte")


def check_asked(certificate: Certificate, home: Home, documents: Sequence[Document]) -> Check:
    """Check that no document of the corpus after is covered by a no that asked and still stands.

    Raises:
        VerificationError: one is.
    """
    _, after = manifests_of(certificate, home)
    indices = [row["index"] for row in certificate.requests]
    with Ledger.of(home, read_only=True, create=False) as ledger:
        rows = [next(ledger.records(index, index + 1))[1] for index in indices]
        asked = [record for record in rows if isinstance(record, Choice)]
        said = ledger.histories({choice.member_id for choice in asked})
    heard = [c for rows in said.values() for n, c in rows if n < after.ledger_size]
    policy = policy_at(home, after.as_of)
    people = People.of([], heard, policy, after.purpose, after.as_of)
    keys = {(c.member_id, c.scope, c.target) for c in asked}
    off = {key for key in keys if people.off_since(*key)}
    for each in documents:
        scopes = (("all", None), ("category", each.category), ("item", each.item_id))
        if any((each.owner, scope, target) in off for scope, target in scopes):
            raise failed("asked", "a document is still in the corpus that a no covers")
    return Check(
        "asked", f"{len(off):,} of the nos still stand, and no document of theirs is in it"
    )
