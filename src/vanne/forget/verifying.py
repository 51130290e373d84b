"""Check a certificate, step by step: each is derived again from the files, and no field is trusted.

    offline         schema, signature, key
    with the store  model, checkpoints, dropped, deleted
    with the home   requests, corpus, asked, lineage: who asked is in the ledger, the corpus after
                    is what policy, data and ledger give, lacks what was asked for, and is what the
                    checkpoints are named by
    proof           the touched shards are trained again from nothing, by another process, and their
                    bytes compared

A step that fails is an error that names it. What cannot be looked at any more, because a later
forgetting replaced the model or a table has changed, is said as not checked and never as holding.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vanne.config import Home
from vanne.corpus.document import Document
from vanne.errors import InputError, MissingError, StorageError, VanneError, VerificationError
from vanne.files import sha256_of
from vanne.forget.certificate import (
    SCHEMA,
    SCHEMA_1,
    Certificate,
    check_signature,
    failed,
    public_key,
)
from vanne.forget.interim import place
from vanne.forget.journal import tainted_files
from vanne.train.environment import environment_digest
from vanne.train.model import SCHEMA as MODEL_SCHEMA
from vanne.train.model import TOMBSTONE, Model, current, items_in, load, read_lineage
from vanne.train.store import Store

REPLACED = "a later forgetting has replaced this model"


@dataclass(frozen=True, slots=True)
class Check:
    """One step: `is_checked` is false where what it is about is not there any more."""

    step: str
    told: str
    is_checked: bool = True

    def as_json(self) -> dict[str, str]:
        """Return it for a JSON document."""
        outcome = "holds" if self.is_checked else "not-checked"
        return {"step": self.step, "outcome": outcome, "told": self.told}


def verify_offline(document: Mapping[str, Any], key: bytes | None = None) -> list[Check]:
    """Check what needs nothing but the certificate; and that a key signed it, if one is given.

    Raises:
        VerificationError: it does not hold; the message names the step.
    """
    if document.get("schema") not in (SCHEMA, SCHEMA_1):
        raise failed("schema", f"it is no `{SCHEMA}`")
    try:
        public = check_signature(document)
        _read(Certificate(document))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise failed("schema", "a field is missing or has the wrong type") from None
    if key is not None and public != key:
        raise failed("key", "it was signed by another key")
    shown = base64.b64encode(public).decode()
    whose = Check("key", f"it is the given one, {shown}")
    if key is None:
        whose = Check("key", f"{shown} came with it: compare it with the network's own", False)
    return [
        Check("schema", str(document["schema"])),
        Check("signature", "Ed25519, over every field"),
        whose,
    ]


def verify_certificate(certificate: Certificate | Mapping[str, Any], store: Path) -> list[Check]:
    """Check a certificate against the files of a store; return what was checked.

    Raises:
        VerificationError: it does not hold; the message names the step.
    """
    document = certificate.document if isinstance(certificate, Certificate) else certificate
    certificate, place = Certificate(document), Store(store)
    checks = verify_offline(document)
    if base64.b64decode(document["signature"]["public_key"]) != public_key(place):
        raise failed("key", "it was not signed by the key of this store")
    model = _check_model(place, certificate)
    _check_files(place, certificate, model)
    dropped = _check_dropped(place, certificate, model)
    _check_deleted(place, certificate)
    return [
        *checks[:2],
        Check("key", "it is this store's"),
        Check("model", f"{certificate.after[:16]} serves by the certified checkpoints")
        if model
        else Check("model", REPLACED, False),
        Check("checkpoints", "each that is there has the certified bytes"),
        dropped,
        Check("deleted", "no list of items, loss curve or optimiser state of an old model is left"),
    ]


def _read(certificate: Certificate) -> None:
    """Read every field that is used, so that one which is missing is a fault of the schema."""
    document = certificate.document
    _ = certificate.at, certificate.receipts, certificate.replaced, certificate.corpus_after
    _ = certificate.share_of_full, certificate.seconds_full, certificate.shards, certificate.waiting
    _ = dict(document["digests"]), list(document["keys"]["dropped"])
    if not isinstance(document["claim"], str):
        raise TypeError
    if document["schema"] == SCHEMA:
        _ = list(document["configuration"]["facts"]), dict(document["shards"]["after"])
        _ = [list(document["deleted"][kind]) for kind in document["deleted"]]


# The store


def _check_model(store: Store, certificate: Certificate) -> Model | None:
    """Check the lineage after, and that those before are gone; None if it was replaced in its turn.

    Then its lineage is a tombstone, and only what is still there of its checkpoints is compared.
    """
    after = certificate.after
    try:
        olds = sorted({certificate.before, *certificate.replaced} - {after})
        there = [v for v in olds if read_lineage(store, v).get("schema") != TOMBSTONE]
        is_last = read_lineage(store, after).get("schema") == MODEL_SCHEMA
        model = load(store.root, after) if is_last else None
    except VanneError as error:
        raise failed("model", error.args[0]) from None
    if there:
        what = f"the lineage `{there[0][:12]}` that was to be replaced is still there"
        raise failed("model", what)
    if model is None:
        return None
    said = certificate.document["configuration"]
    same = (
        model.keys == dict(certificate.document["digests"])
        and model.corpus_version == certificate.corpus_after
        and model.waiting == certificate.waiting
        and model.settings.digest() == said["settings"]
        and environment_digest(model.environment) == said["environment"]
    )
    if not same:
        raise failed("model", f"the lineage `{after[:12]}` says something else")
    return model


def _check_files(store: Store, certificate: Certificate, model: Model | None) -> None:
    for key, expected in certificate.document["digests"].items():
        path = store.checkpoint(key)
        if not path.exists():
            if model:
                raise failed("checkpoints", f"`{key[:12]}` is missing")
        elif sha256_of(path) != expected:
            raise failed("checkpoints", f"`{key[:12]}` has other bytes than were certified")


def _check_dropped(store: Store, certificate: Certificate, model: Model | None) -> Check:
    """Check that what was dropped is gone, unless a later model was made of it again.

    Who says yes again gives back the very checkpoints that their no took away. Then the certificate
    of that later model says what it may hold, and not this one.
    """
    dropped = certificate.document["keys"]["dropped"]
    back = [key for key in dropped if store.checkpoint(key).exists()]
    if not back:
        return Check("dropped", f"{len(dropped):,} checkpoints are gone")
    if model is not None or not store.pointer.exists() or not is_made_of(store, back):
        raise failed("dropped", f"`{back[0][:12]}` is there again")
    said = f"{len(back):,} of {len(dropped):,} came back with the model that serves since"
    return Check("dropped", f"{said}: its own certificate says why", False)


def is_made_of(store: Store, keys: Sequence[str]) -> bool:
    """Say whether the model that serves names all of these checkpoints."""
    return set(keys) <= set(current(store.root).keys)


def _check_deleted(store: Store, certificate: Certificate) -> None:
    gone = certificate.document.get("deleted", {})
    for kind, paths in tainted_files(store, "", frozenset()).items():
        for path in paths:
            if path.name.split(".")[0] in gone.get(kind, ()):
                raise failed("deleted", f"of `{kind}`, `{path.name[:12]}` is there again")


# The home


def verify_in_home(
    certificate: Certificate, home: Home, documents: Sequence[Document] | None
) -> Iterator[Check]:
    """Check a certificate against ledger and corpus; the store was checked before.

    `documents` are those of the corpus after, as `documents_of` returns them.

    Raises:
        VerificationError: it does not hold; the message names the step.
    """
    if certificate.document["schema"] == SCHEMA_1:
        yield Check("requests", "version 1 names entries without their hashes", False)
    elif certificate.document["manifests"] is None:
        yield Check("requests", "it was made without a ledger", False)
    else:
        from vanne.forget import asked

        yield asked.check_requests(certificate, home)
        yield asked.check_corpus(certificate, home)
        if documents is not None:
            yield asked.check_asked(certificate, home, documents)
    if documents is None:
        yield Check("lineage", "the corpus after cannot be read any more", False)
    else:
        yield _check_lineage(certificate, home, documents)


def documents_of(certificate: Certificate, home: Home) -> list[Document] | None:
    """Return the documents of the corpus after; None if its data files have changed since."""
    from vanne.corpus import read
    from vanne.corpus.manifest import load as load_manifest

    try:
        return list(read(home, load_manifest(home, certificate.corpus_after)))
    except (VerificationError, StorageError):
        return None


def _check_lineage(certificate: Certificate, home: Home, documents: Sequence[Document]) -> Check:
    """Check that the checkpoints are named by just the documents that the model may hold."""
    store = Store(home.model)
    try:
        model = load(home.model, certificate.after)
    except MissingError:
        return Check("lineage", REPLACED, False)
    if not (store.root / "salt").exists():
        return Check("lineage", "the store's secret is not here", False)
    held = held_by(home.model, model, documents)
    if len(documents) - len(held) != model.waiting:
        raise failed("lineage", "the model does not hold the documents that the corpus lists")
    plan = place(store, model, held)
    for shard, steps in plan.shards.items():
        if [step.key for step in steps] != [note.key for note in model.shards[shard]]:
            raise failed("lineage", f"shard {shard} was not trained on what the corpus holds")
    return Check("lineage", "each checkpoint is named by the documents that it may hold, no other")


def held_by(store: Path, model: Model, documents: Sequence[Document]) -> list[Document]:
    """Return those of the documents that a model holds: all, unless it is an interim one."""
    items = items_in(store, model)
    return [document for document in documents if document.item_id in items]


def prove(
    certificate: Certificate, home: Home, documents: Sequence[Document] | None, progress: Any = None
) -> Check:
    """Train the touched shards again from nothing, in another process, and compare the bytes.

    Raises:
        VerificationError: the bytes differ.
        MissingError: the model was replaced, the corpus has changed, or this machine differs.
    """
    from vanne.forget.proof import never_trained
    from vanne.train.base import find_base
    from vanne.train.environment import changed, environment
    from vanne.train.ground import read_ground
    from vanne.train.shards import ground_key

    todo = "prove the certificate of the model that serves"
    model = load(home.model, certificate.after)
    if len(model.environments) > 1:
        raise MissingError("the same bits are not claimed of a model of several environments",
                           todo="the other steps hold without it")  # fmt: skip
    if documents is None:
        raise MissingError("the corpus after cannot be read any more", todo=todo)
    facts = environment(model.settings, find_base(model.settings).digest)
    if different := changed(model.environment, facts):
        what = f"this machine differs from the one that trained: {', '.join(different)}"
        raise MissingError(what, todo="prove it on one like that: the bits may differ here")
    ground = read_ground(home.ground)
    if ground_key(ground, model.settings, facts) != model.ground.key:
        raise failed("proof", "the texts of the ground are not those that it was trained on")
    shards = touched(certificate)
    again = never_trained(
        held_by(home.model, model, documents),
        model.settings,
        ground=ground,
        salt=Store(home.model).salt(),
        shards=shards,
        corpus_version=certificate.corpus_after,
        progress=progress,
        folder=home.model,
    )
    if again != {shard: model.digests[shard] for shard in shards}:
        raise failed("proof", "training without what left gives other bytes")
    told = f"trained from nothing, shards {', '.join(map(str, shards))} have the same bytes"
    return Check("proof", told)


def touched(certificate: Certificate) -> tuple[int, ...]:
    """Return the shards whose adapter is another one than before."""
    return tuple(certificate.document["shards"].get("touched", certificate.shards))


def read_document(data: bytes, name: str) -> dict[str, Any]:
    """Return the JSON of a file that is to be checked.

    Raises:
        InputError: it is none.
    """
    import json

    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise InputError(f"{name}: not a certificate in JSON", todo="check the file")
    return document
