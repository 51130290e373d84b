"""Record which models served, on which corpus and when, in the home and in the ledger.

A lineage or its tombstone says on which corpus a model was trained and since when it served. The
certificate of its replacement names the next model, whose beginning is its end. An unknown time is
None.

Models and certificates are also entries of the home's ledger:

    register    after a training and a forgetting: append what the ledger does not name yet
    place_of    where a certificate stands, and after which model; a contradiction is an error

A certificate counts only with its entry. The ledger then says which model served before it and on
which corpus, which key signs certificates, and which secret places members. So a person who follows
the log finds a second certificate of one forgetting, another key, or another date.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise, product
from pathlib import Path
from typing import Any

from vanne.config import Home
from vanne.errors import VanneError, VerificationError, storing
from vanne.forget.certificate import (
    SCHEMA,
    Certificate,
    check_signature,
    failed,
    public_key,
    signing_key,
)
from vanne.ledger import Certified, Ledger, ModelServed
from vanne.ledger.entry import logged_problems
from vanne.train.model import TOMBSTONE, current, read_lineage, salt_of
from vanne.train.shards import placement_of
from vanne.train.store import ModelStore


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One version of the model. `certificate` is the one with which it was replaced."""

    version: str
    corpus: str | None
    since: datetime | None
    until: datetime | None
    is_current: bool
    certificate: Certificate | None


def certificates(folder: Path, keys: Iterable[bytes | None]) -> dict[str, Certificate]:
    """Return the certificates of a folder by their ids: those alone that one of the keys signed."""
    known = {}
    for path, key in product(sorted(folder.glob("*.json")) if folder.exists() else (), keys):
        facts = path.stat()
        if certificate := _certificate(path, key, facts.st_mtime_ns, facts.st_size):
            known[certificate.id] = certificate
    return known


@lru_cache(maxsize=4096)
def _certificate(
    path: Path, key: bytes | None, changed_ns: int, size_bytes: int
) -> Certificate | None:
    try:
        with storing("a certificate"):
            document = json.loads(path.read_bytes())
        if document["schema"] != SCHEMA or check_signature(document) != key:
            return None
        return Certificate(document).read()
    except (VanneError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def served_models(store: Path, known: Mapping[str, Certificate]) -> list[ServedModel]:
    """Return every version of the model that has served here, in the order in which they did.

    Of one whose lineage is damaged neither the corpus nor the times are known.
    """
    place = ModelStore(store)
    with storing("the models"):
        names = sorted(path.stem for path in place.models.glob("*.json"))
        current = place.current_version()
    documents = {name: _lineage(place, name) for name in names}
    since = {
        name: datetime.fromisoformat(day) if (day := document.get("since")) else None
        for name, document in documents.items()
    }
    models = []
    for name, document in documents.items():
        is_replaced = document.get("schema") == TOMBSTONE
        certificate = known.get(str(document.get("certificate"))) if is_replaced else None
        until = since.get(certificate.after) if certificate else None
        corpus = document.get("corpus_version")
        models.append(ServedModel(name, corpus, since[name], until, name == current, certificate))

    def order(model: ServedModel) -> tuple[bool, bool, float, float, str]:
        """Sort by the end, else the beginning; what has neither comes first."""
        at = model.until or model.since
        began, ended = (each.timestamp() if each else 0.0 for each in (model.since, at))
        return model.is_current, at is not None, ended, began, model.version

    models.sort(key=order)
    for number, (model, after) in enumerate(pairwise(models)):
        if not model.until and not model.is_current:  # no certificate says when it ended
            models[number] = replace(model, until=after.since)
    return models


TEXTS = "texts"
"""The series of the model in the ledger; an earlier Vanne had one of photos, too."""


def _lineage(place: ModelStore, name: str) -> Mapping[str, Any]:
    try:
        return read_lineage(place, name)
    except VerificationError:
        return {}


@dataclass(frozen=True, slots=True)
class LedgerPlace:
    """Where a certificate stands in the ledger, and the last whole model before it."""

    index: int
    before: ModelServed | Certified


def known_in(home: Home) -> dict[str, Certificate]:
    """Return the certificates that lie in a home, by their ids: those alone that it has signed.

    Where the folder of the models is lost, and its key with it, the ledger names the key.
    """
    store, folder = ModelStore(home.model), home.certificates
    keys = {public_key(store)}
    if None in keys and folder.exists():
        with suppress(VanneError), Ledger.of(home, read_only=True) as ledger:
            ours = (record for _, record in ledger.models() if record.series == TEXTS)
            keys = {bytes.fromhex(record.key) for record in ours}
    return certificates(folder, keys)


def register(home: Home, clock: Callable[[], datetime]) -> None:
    """Append to the ledger the certificates and the model that serves, unless it names them.

    Raises:
        VerificationError: members are placed by another secret than the ledger names.
    """
    store = ModelStore(home.model)
    model, key = current(store.root), signing_key(store).public_key().public_bytes_raw().hex()
    placement = placement_of(salt_of(store))
    with Ledger.of(home, read_only=True) as ledger:
        entries = [record for _, record in ledger.models() if record.series == TEXTS]
    for entry in entries:
        if isinstance(entry, ModelServed) and entry.key == key and entry.placement != placement:
            raise VerificationError(
                "members are placed by another secret than the ledger names",
                todo="bring back the file `salt` of the model from a copy",
            )
    named = {entry.certificate for entry in entries if isinstance(entry, Certified)}
    models = {entry.model for entry in entries}
    records: dict[str, ModelServed | Certified] = {}
    for each in sorted(known_in(home).values(), key=lambda each: len(each.steps)):
        if each.id not in named:
            models.add(each.after)
            record = Certified(TEXTS, each.id, each.after, each.corpus_after, key, clock())
            records[f"Certified/{TEXTS}/{each.id}"] = record
    if model.version not in models:
        records[f"ModelServed/{TEXTS}/{model.version}"] = ModelServed(
            TEXTS, model.version, model.corpus_version, key, model.placement, clock()
        )
    if records:
        with Ledger.of(home) as ledger:
            for name, new in records.items():
                ledger.append([new], key=name)


def entry_of(ledger: Ledger, certificate: str) -> tuple[int, Certified] | None:
    """Return the entry that names a certificate, by the beginning of its id; None if none does."""
    for index, each in ledger.models():
        if isinstance(each, Certified) and each.certificate[:16] == certificate[:16]:
            return index, each
    return None


def place_of(certificate: Certificate, home: Home) -> LedgerPlace:
    """Return where a certificate stands in the ledger; nothing but the ledger says what was before.

    Raises:
        VerificationError: it stands nowhere, or the ledger contradicts it.
    """
    with Ledger.of(home, read_only=True) as ledger:
        logged = [(index, each) for index, each in ledger.models() if each.series == TEXTS]
    entries = [(index, each) for index, each in logged if isinstance(each, Certified)]
    links = [link for link in entries if link[1].certificate == certificate.id]
    if not links:
        raise failed("ledger", "no entry of the ledger names it")
    index, entry = links[0]
    for places, problem in logged_problems(logged):
        if index in places:
            raise failed("ledger", problem)
    claimed = (certificate.after, certificate.corpus_after, certificate.key.hex())
    if claimed != (entry.model, entry.corpus, entry.key):
        raise failed("ledger", f"entry {index} names another model, corpus or key")
    late = entry.at.astimezone(UTC).date() - certificate.day
    if not timedelta(0) <= late <= timedelta(days=1):  # a night may pass between the two
        what = f"it says {certificate.day}, and entry {index} is of {entry.at:%Y-%m-%d}"
        raise failed("ledger", what)
    # The last model that held all of its corpus: fallback models are steps from it on.
    known = known_in(home)
    for place, earlier in reversed([link for link in logged if link[0] < index]):
        if isinstance(earlier, ModelServed):
            return LedgerPlace(index, earlier)
        if earlier.certificate not in known:
            raise failed("ledger", f"the certificate that entry {place} names is not here")
        if not known[earlier.certificate].waiting:
            return LedgerPlace(index, earlier)
    raise failed("ledger", "no entry names a model before it")
