"""Verify a certificate step by step: derive each field again from the files, and trust none.

    offline         schema, signature, key; with a proof of its entry, ledger; with a receipt, asked
    with the store  model, checkpoints, dropped, deleted
    with the home   ledger: where the certificate stands, and which model was before it
                    before, requests, corpus, asked: who asked is in the ledger, the corpus after is
                    what policy, data and ledger give, and lacks what was asked for
                    texts: what left is neither in the ground nor under another owner
                    lineage, tokens, environment: which checkpoints there are, of how many documents
                    and tokens, follows from the corpus after; where each was trained
    proof           shards are trained again from nothing, by another process, and their bytes
                    compared: those that the two corpora say were touched, or all

A step that fails is an error that names the step. A step that can no longer be checked, because a
later forgetting replaced the model or a table has changed, is reported as unchecked.
"""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vanne.config import Home
from vanne.corpus import Document, Manifest, read
from vanne.corpus import current as current_corpus
from vanne.corpus import verify as verify_corpus
from vanne.corpus.manifest import load as load_manifest
from vanne.decide import People
from vanne.errors import InputError, MissingError, StorageError, VanneError, VerificationError
from vanne.extras import require
from vanne.files import sha256_of
from vanne.forget.certificate import (
    RETRAINED,
    SCHEMA,
    Certificate,
    Check,
    check_signature,
    claim,
    configuration,
    failed,
    opening_of,
    public_key,
    shard_digests,
)
from vanne.forget.forgetting import tainted_files
from vanne.forget.history import LedgerPlace, known_in, place_of
from vanne.forget.requests import RemovalRequest, late_among, opening, requests_between
from vanne.forget.traces import RUN, holding, left_runs, switched_off, whole
from vanne.ledger import Ledger
from vanne.ledger.encoding import fields_once, from_base64
from vanne.ledger.entry import SALT_BYTES, public_of
from vanne.ledger.merkle import leaf_hash
from vanne.ledger.proof import verify_proof
from vanne.ledger.receipt import read_receipt, verify_receipt
from vanne.ledger.witnesses import WitnessPolicy
from vanne.policy.schedule import policy_at
from vanne.screening import rules_digest
from vanne.terms import Choice
from vanne.train.base import find_base
from vanne.train.environment import changed
from vanne.train.model import (
    TOMBSTONE,
    Model,
    current,
    items_in,
    lineage_path,
    load,
    read_lineage,
    salt_of,
)
from vanne.train.shards import GROUND, Plan
from vanne.train.store import ModelStore
from vanne.train.tokens import BaseTokenizer, read_ground

_VERSIONS = 4
"""Of how many versions of the corpus, the last ones before, it is known what left."""
_TRACE = f"{RUN} words in a row (or a shorter text) that left, and that the leaver alone had"


def verify_offline(
    document: Mapping[str, Any],
    key: bytes | None = None,
    proof: Mapping[str, Any] | None = None,
    receipt: bytes | None = None,
    vkey: str | None = None,
    witnesses: WitnessPolicy | None = None,
) -> list[Check]:
    """Check what needs nothing but the certificate and what lies beside it.

    `key` is the one that must have signed it, `proof` that its entry is in the log, `receipt` that
    of somebody who asked, and `vkey` the log's key. With `witnesses`, enough of them must have
    cosigned the checkpoint of the proof.

    Raises:
        VerificationError: it does not hold; the message names the step.
        InputError: the receipt or the vkey is none.
    """
    if document.get("schema") != SCHEMA:
        raise failed("schema", f"it is no `{SCHEMA}`")
    try:
        public = check_signature(document)
        certificate = Certificate(document).read()
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise failed("schema", "a field is missing or has the wrong type") from None
    if key is not None and public != key:
        raise failed("key", "it was signed by another key")
    key_text = base64.b64encode(public).decode()
    whose = Check("key", f"it is the given one, {key_text}")
    if key is None:
        whose = Check("key", f"{key_text} came with it: compare it with the network's own", False)
    checks = [Check("schema", SCHEMA), Check("signature", "Ed25519, over every field"), whose]
    if proof is None:
        why = "without a proof of its entry (--inclusion) it may be one of several"
        checks.append(Check("ledger", why, is_checked=False))
    else:
        checks.append(_check_entry(certificate, proof, vkey, witnesses))
    if receipt:
        opened = read_receipt(receipt)
        index = verify_receipt(opened, vkey=vkey).index
        leaf = leaf_hash(public_of(opened["entry"]))
        if opening_of(from_base64(opened["salt"], SALT_BYTES), leaf) not in certificate.requests:
            raise failed("receipt", f"it does not name the receipt of entry {index}")
        why = f"entry {index} of the ledger, whose receipt you hold, asked"
        checks.append(Check("receipt", why))
    return checks


def _check_entry(
    certificate: Certificate,
    proof: Mapping[str, Any],
    vkey: str | None,
    witnesses: WitnessPolicy | None,
) -> Check:
    """Check that a proof shows the certificate's own entry in a signed checkpoint of the log."""
    try:
        inclusion = verify_proof(proof, vkey=vkey, witnesses=witnesses)
        entry = json.loads(proof["entry"])
        named = [entry["content"][name] for name in ("certificate", "key", "model", "corpus")]
    except VerificationError as error:
        raise failed("ledger", error.title) from None
    except (ValueError, KeyError, TypeError):
        raise failed("ledger", "the proof is not of the entry of a certificate") from None
    ours = [certificate.id, certificate.key.hex(), certificate.after, certificate.corpus_after]
    if entry["kind"] != "certificate" or named != ours:
        raise failed("ledger", f"entry {inclusion['index']} is of another certificate")
    log = f"entry {inclusion['index']} of the {inclusion['size']:,} of `{inclusion['origin']}`"
    if witnesses:
        log += f", cosigned by {', '.join(inclusion['cosigned']) or 'nobody'}"
    if inclusion["pinned"]:
        return Check("ledger", f"it is {log}")
    return Check("ledger", f"it is {log}, whose key came with the proof: compare it", False)


def verify_certificate(certificate: Certificate | Mapping[str, Any], store: Path) -> list[Check]:
    """Check a certificate against the files of a store; return what was checked.

    Raises:
        VerificationError: it does not hold; the message names the step.
    """
    document = certificate.document if isinstance(certificate, Certificate) else certificate
    certificate, place = Certificate(document), ModelStore(store)
    schema, signature, *_ = verify_offline(document)
    if certificate.key != public_key(place):
        raise failed("key", "it was not signed by the key of this store")
    model, why = _check_model(place, certificate)
    for key, expected in certificate.document["digests"].items():
        path = place.checkpoint(key)
        if not path.exists():
            if model:
                raise failed("checkpoints", f"`{key[:12]}` is missing")
        elif sha256_of(path) != expected:
            raise failed("checkpoints", f"`{key[:12]}` has other bytes than were certified")
    dropped = _check_dropped(place, certificate, model)
    gone = certificate.document["deleted"]
    for kind, paths in tainted_files(place, "", frozenset()).items():
        for path in paths:
            name = path.name.split(".")[0]
            is_old = lineage_path(place, name).exists() and _is_replaced(place, name)
            if is_old or name in gone[kind]:
                raise failed("deleted", f"of `{kind}`, `{name[:12]}` is there again")
    if model is None:
        serves = Check("model", why, False)
    elif current(store).version != model.version:
        why = "another model serves, which a training has put in its place"
        serves = Check("model", why, False)
    else:
        serves = Check("model", f"{model.version[:16]} serves by the certified checkpoints")
    return [
        schema,
        signature,
        Check("key", "it is this store's"),
        serves,
        Check("checkpoints", "each that is there has the certified bytes"),
        dropped,
        Check("deleted", "no list of items and no optimiser state of an old model is left"),
    ]


# The store


def _check_model(store: ModelStore, certificate: Certificate) -> tuple[Model | None, str]:
    """Check the lineage after, and that those before are gone.

    Returns None, and why, if it was replaced in its turn or another version of Vanne made it: only
    what is still there of its checkpoints is compared then.
    """
    after = certificate.after
    try:
        olds = sorted({certificate.before, *certificate.replaced} - {after})
        there = [version for version in olds if not _is_replaced(store, version)]
        read_lineage(store, after)
    except VanneError as error:
        raise failed("model", error.title) from None
    if there:
        what = f"the lineage `{there[0][:12]}` that was to be replaced is still there"
        raise failed("model", what)
    try:
        model = load(store.root, after)
    except MissingError as error:
        return None, error.title
    except VanneError as error:
        raise failed("model", error.title) from None
    document = certificate.document
    kept, made = (document["keys"][name] for name in ("kept", "made"))
    same = (
        document["digests"] == model.keys
        and sorted([*kept, *made]) == sorted(model.keys)
        and document["shards"]["after"] == shard_digests(model)
        and document["configuration"] == configuration(model)
        and document["claim"] == claim(model)
        and certificate.corpus_after == model.corpus_version
        and certificate.waiting == model.waiting
        and not (certificate.phase == RETRAINED and model.waiting)
    )
    if not same:
        raise failed("model", f"the lineage `{after[:12]}` says something else")
    return model, ""


def _is_replaced(store: ModelStore, version: str) -> bool:
    """Say whether a tombstone has taken the place of a lineage.

    Raises:
        MissingError, VerificationError: there is no such lineage, or it is damaged.
    """
    return read_lineage(store, version).get("schema") == TOMBSTONE


def _check_dropped(store: ModelStore, certificate: Certificate, model: Model | None) -> Check:
    """Check that what was dropped is gone, unless a later model was made of it again.

    Who opts in again gives back the very checkpoints that their opt-out took away. Then the
    certificate of that later model says what it may hold, and not this one.
    """
    dropped = certificate.document["keys"]["dropped"]
    back = [key for key in dropped if store.checkpoint(key).exists()]
    if not back:
        return Check("dropped", f"{len(dropped):,} checkpoints are gone")
    back_in_use = store.current_version() and set(back) <= set(current(store.root).keys)
    if model is not None or not back_in_use:
        raise failed("dropped", f"`{back[0][:12]}` is there again")
    what = f"{len(back):,} of {len(dropped):,} came back with the model that serves since"
    return Check("dropped", f"{what}: its own certificate says why", False)


# The home


def verify_in_home(
    certificate: Certificate, home: Home, documents: Sequence[Document] | None
) -> Iterator[Check]:
    """Check a certificate against ledger and corpus; the store was checked before.

    `documents` are those of the corpus after, as `documents_of` returns them.

    Raises:
        VerificationError: it does not hold; the message names the step.
    """
    stands = place_of(certificate, home)
    before, after = _manifests(certificate, stands, home)
    yield Check("ledger", f"entry {stands.index} names it, and no other for this forgetting")
    yield Check("before", f"by the ledger, model {stands.before.model[:16]} was before it")
    requests = requests_between(home, before, after)
    known = known_in(home)
    yield _check_requests(certificate, requests, after, home, known)
    yield _check_corpus(after, home)
    if documents is None:
        yield Check("lineage", "the corpus after cannot be read any more", False)
    else:
        covers = _standing(requests, after, home)
        if any(map(covers, documents)):
            raise failed("asked", "a document is still in the corpus that an opt-out covers")
        yield Check("asked", "no opt-out that asked, and still stands, covers a document of it")
        old = documents_of(home, certificate.corpus_before)
        yield _check_texts(certificate, stands, home, documents, old, covers)
        yield from _check_lineage(certificate, home, documents, old or ())


def documents_of(home: Home, corpus: str) -> list[Document] | None:
    """Return the documents of a version of the corpus; None if its data files have changed since.

    Raises:
        VerificationError: there is no such version.
    """
    try:
        return list(read(home, load_manifest(home, corpus)))
    except (VerificationError, StorageError):
        return None


def _manifests(
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
            load_manifest(home, name) for name in (place.before.corpus, certificate.corpus_after)
        )
    except VanneError as error:
        raise failed("before", error.title) from None
    with Ledger.of(home, read_only=True) as ledger:
        for each in (before, after):
            is_short = ledger.size < each.ledger_size
            if is_short or ledger.root(each.ledger_size).hex() != each.ledger_root:
                raise failed("before", "the ledger is not the one that the corpus has heard")
    if after.purpose != before.purpose:
        raise failed("before", "its corpus is for another purpose than the one before")
    if after.ledger_size > place.index:
        raise failed("before", "its corpus has heard more of the ledger than stands before it")
    if after.ledger_size < before.ledger_size:
        raise failed("before", "its corpus has heard less of the ledger than the one before")
    if after.as_of.date() > certificate.day:
        raise failed("before", "its corpus is of a later day")
    return before, after


def _check_requests(
    certificate: Certificate,
    requests: Sequence[RemovalRequest],
    after: Manifest,
    home: Home,
    known: Mapping[str, Certificate],
) -> Check:
    """Check that the certificate holds all who asked by the ledger, and nobody who asked later.

    Raises:
        VerificationError: it is not so.
    """
    for request in requests:
        if request.kind != "objection" and request.opening not in certificate.requests:
            raise failed("requests", f"entry {request.index} of the ledger asked and is not in it")
    with Ledger.of(home, read_only=True) as ledger:
        for index, record in ledger.records(after.ledger_size):
            is_no = isinstance(record, Choice) and not record.on
            if is_no and opening(ledger, index) in certificate.requests:
                raise failed("requests", f"the corpus has not heard entry {index} of the ledger")
    late = late_among(requests, certificate, known)
    return Check("requests", f"{len(requests):,} entries of the ledger asked; late: {late:,}")


def _check_corpus(after: Manifest, home: Home) -> Check:
    """Check that the corpus after is what its policy, data and ledger give: decided again.

    Raises:
        VerificationError: it is not.
    """
    if after.screening.rules != rules_digest():
        why = "another version of Vanne has screened it: this one would screen it by other rules"
        return Check("corpus", why, is_checked=False)
    try:
        verify_corpus(home, after)
    except (VerificationError, StorageError) as error:
        if current_corpus(home, after.purpose).version == after.version:
            raise failed("corpus", error.title) from None
        why = "a later corpus has other tables: this one cannot be decided again"
        return Check("corpus", why, is_checked=False)
    return Check("corpus", f"{after.version[:16]} was decided again, the same to the byte")


def _standing(
    requests: Sequence[RemovalRequest], after: Manifest, home: Home
) -> Callable[[Document], bool]:
    """Return whether an opt-out that asked, and still stands, covers a document."""
    with Ledger.of(home, read_only=True) as ledger:
        rows = [next(ledger.records(each.index, each.index + 1))[1] for each in requests]
        opt_outs = [record for record in rows if isinstance(record, Choice)]
        histories = ledger.histories({choice.member_id for choice in opt_outs})
    choices = [c for rows in histories.values() for n, c in rows if n < after.ledger_size]
    policy = policy_at(home, after.as_of)
    people = People.of([], choices, policy, after.purpose, after.as_of)
    keys = {(c.member_id, c.scope, c.target) for c in opt_outs}
    off = {key for key in keys if people.off_since(*key)}

    def covers(each: Document) -> bool:
        scopes = (("all", None), ("category", each.category), ("item", each.item_id))
        return any((each.owner, scope, target) in off for scope, target in scopes)

    return covers


def _check_texts(
    certificate: Certificate,
    stands: LedgerPlace,
    home: Home,
    documents: Sequence[Document],
    before: Sequence[Document] | None,
    covers: Callable[[Document], bool],
) -> Check:
    """Check that no text that left is in the ground, or in the corpus under another owner.

    Nor is one that its owner switched off there under another id or category.

    Raises:
        VerificationError: one is.
    """
    with Ledger.of(home, read_only=True) as ledger:
        logged = [each for index, each in ledger.models() if index < stands.index]
    corpora = dict.fromkeys(e.corpus for e in reversed([*logged, stands.before]))
    if before is None:
        why = "the corpus before cannot be read any more: what left is not known here"
        return Check("texts", why, is_checked=False)
    off = switched_off(before, covers)
    if again := sum((each.owner, whole(each.text)) in off for each in documents):
        what = f"{again:,} texts of the corpus are, by another id or category, switched off"
        raise failed("texts", what)
    left, read = left_runs(before, documents), 1
    for name in [name for name in corpora if name != certificate.corpus_before][: _VERSIONS - 1]:
        if (version := documents_of(home, name)) is not None:  # one at a time is in memory
            left, read = left | left_runs(version, documents), read + 1
    if moved := holding(left, (each.text for each in documents)):
        what = f"{moved:,} texts of the corpus hold, under another owner, {_TRACE}"
        raise failed("texts", what)
    try:
        model = load(home.model, certificate.after)
    except MissingError as error:
        return Check("texts", error.title, False)
    ground = read_ground(home.ground)
    if inside := holding(left, [*ground, model.settings.instruction or ""]):
        raise failed("texts", f"{inside:,} texts of the ground, or the instruction, hold {_TRACE}")
    if not model.starts_from(ground):
        why = "the texts of the ground here are not those that the model was trained on"
        return Check("texts", why, is_checked=False)
    told = (
        f"of {read:,} versions of the corpus, none of what left is in the ground or under another "
        "owner; what the base model has read is not known: its digest is "
        f"{model.environment['base'][:12]}"
    )
    return Check("texts", told)


def _check_lineage(
    certificate: Certificate, home: Home, documents: Sequence[Document], before: Sequence[Document]
) -> Iterator[Check]:
    """Check that the checkpoints are named by just the documents that the model may hold.

    And that none is there that the documents before name, whatever the certificate says of it.
    """
    store = ModelStore(home.model)
    try:
        model = load(home.model, certificate.after)
    except MissingError as error:
        yield Check("lineage", error.title, False)
        return
    if not store.has_salt:
        yield Check("lineage", "the store's secret is not here", False)
        return
    try:
        salt = salt_of(store)
    except VerificationError as error:
        raise failed("lineage", error.title) from None
    plan = checked_plan(home.model, model, documents)
    for key in (step.key for step in model.plan(before, salt).steps()):
        is_there = store.checkpoint(key).exists() or store.snapshot(key).exists()
        if is_there and key not in model.keys:
            raise failed("dropped", f"`{key[:12]}` has learnt what left, and is still there")
    yield Check(
        "lineage",
        "each checkpoint is named by the documents that it may hold, no other, and says"
        " how many they are",
    )
    ground = read_ground(home.ground)
    yield _check_tokens(model, plan, ground if model.starts_from(ground) else None)
    yield _check_environments(model, plan)


def checked_plan(store: Path, model: Model, documents: Sequence[Document]) -> Plan:
    """Return the plan of what a model may hold, if the lineage says what follows from the plan.

    The corpus alone says which checkpoints there are, and of how many documents; a slice without
    any passes on what came before it.

    Raises:
        VerificationError: the lineage says something else.
    """
    inside = held_by(store, model, documents)
    if len(documents) - len(inside) != model.waiting:
        raise failed("lineage", "the model does not hold the documents that the corpus lists")
    plan = model.plan(inside, salt_of(ModelStore(store)))
    if plan.shards.keys() != model.shards.keys():
        raise failed("lineage", f"it does not have the {len(plan.shards)} shards of its settings")
    for shard, steps in plan.shards.items():
        chain, last = model.shards[shard], model.ground
        if [step.key for step in steps] != [note.key for note in chain]:
            raise failed("lineage", f"shard {shard} was not trained on what the corpus holds")
        for step, note in zip(steps, chain, strict=True):
            if note.documents != len(step.documents):
                counts = f"{note.documents:,} documents, and has {len(step.documents):,}"
                raise failed("lineage", f"{step.place} counts {counts}")
            if not step.documents and (note.sha256, note.tokens) != (last.sha256, 0):
                raise failed("lineage", f"{step.place} holds nothing, and passes on other bytes")
            last = note
    return plan


def _check_tokens(model: Model, plan: Plan, ground: Sequence[str] | None) -> Check:
    """Check that each checkpoint counts the tokens of its documents: a fallback weighs by them.

    `ground` is None if its texts are not here.

    Raises:
        VerificationError: one counts others.
    """
    try:
        require("train")
        base = find_base(model.settings)
        if base.digest != model.environment.get("base"):
            raise MissingError("another base model is here", todo="name the one of the model")
        tokens = BaseTokenizer(base, model.settings.max_tokens, model.settings.instruction)
    except VanneError as error:
        return Check("tokens", f"they cannot be counted: {error.title}", is_checked=False)
    texts = {step.place: [row.text for row in step.documents] for step in plan.steps()}
    for place, note in model.trained(plan).items():
        rows = (ground or []) if place == GROUND else texts[place]
        epochs = model.settings.ground_epochs if place == GROUND else model.settings.epochs
        counts = len(rows), epochs * sum(map(len, tokens.encode(rows) if rows else ()))
        if (place != GROUND or ground is not None) and (note.documents, note.tokens) != counts:
            raise failed("tokens", f"{place} does not count the tokens of its texts")
    return Check("tokens", "each checkpoint counts the tokens of its texts")


def _check_environments(model: Model, plan: Plan) -> Check:
    """Say which slices were trained elsewhere than the ground: no machine proves them all."""
    others = [
        f"{place} ({', '.join(changed(model.environment, facts))})"
        for place, note in model.trained(plan).items()
        if (facts := model.environment_of(note)) != model.environment
    ]
    if not others:
        return Check("environment", "one environment trained all of it")
    why = (
        f"{len(others):,} slices are of other environments than the shared start: "
        f"{'; '.join(others)}. `--proof` proves those of the machine that it runs on"
    )
    return Check("environment", why, is_checked=False)


def held_by(store: Path, model: Model, documents: Sequence[Document]) -> list[Document]:
    """Return those of the documents that a model holds: all, unless it is a fallback one."""
    items = items_in(store, model)
    return [document for document in documents if document.item_id in items]


def read_document(data: bytes, name: str) -> dict[str, Any]:
    """Return the JSON of a file that is to be checked.

    Raises:
        InputError: it is none.
    """
    try:
        document = json.loads(data, object_pairs_hook=fields_once)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InputError(f"{name}: not a certificate in JSON", todo="check the file")
    return document
