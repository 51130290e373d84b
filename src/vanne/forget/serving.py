"""Which models have served, on which corpus, and from when to when: read from what they left.

A lineage or its tombstone says of which corpus the model was and since when it served; the
certificate with which it was replaced says until when, or the next one's beginning where training
replaced it. Homes that trained before these were recorded leave what is not known as None.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path

from vanne.errors import VanneError, storing
from vanne.forget.certificate import (
    SCHEMA,
    SCHEMA_1,
    Certificate,
    check_signature,
    public_key,
)
from vanne.train.model import TOMBSTONE, read_lineage
from vanne.train.store import Store


@dataclass(frozen=True, slots=True)
class Served:
    """One version of the model. `certificate` is the one with which it was replaced."""

    version: str
    corpus: str | None
    since: datetime | None
    until: datetime | None
    is_current: bool
    certificate: Certificate | None


def certificates(folder: Path, store: Path) -> dict[str, Certificate]:
    """Return the certificates of a folder by their ids: those alone that this store has signed."""
    found, key = {}, public_key(Store(store))
    for path in sorted(folder.glob("*.json")) if folder.exists() else ():
        facts = path.stat()
        if certificate := _certificate(path, key, facts.st_mtime_ns, facts.st_size):
            found[certificate.id] = certificate
    return found


@lru_cache(maxsize=4096)
def _certificate(
    path: Path, key: bytes | None, changed_ns: int, size_bytes: int
) -> Certificate | None:
    try:
        with storing("a certificate"):
            document = json.loads(path.read_bytes())
        if document["schema"] not in (SCHEMA, SCHEMA_1) or check_signature(document) != key:
            return None
        certificate = Certificate(document)
        _ = certificate.at, certificate.before, certificate.after, certificate.receipts
        _ = certificate.corpus_before, certificate.corpus_after, certificate.replaced
    except (VanneError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return certificate


def served(store: Path, known: Mapping[str, Certificate]) -> list[Served]:
    """Return every version of the model that has served here, in the order in which they did.

    Raises:
        VerificationError: a lineage is damaged.
    """
    place = Store(store)
    with storing("the models"):
        names = sorted(path.stem for path in place.models.glob("*.json"))
        current = place.pointer.read_text().strip() if place.pointer.exists() else None
    models = [_served(place, name, current, known) for name in names]
    ordered = sorted(models, key=lambda each: (each.is_current, *_when(each), each.version))
    return [_until(model, after) for model, after in zip_longest(ordered, ordered[1:])]


def _until(model: Served, after: Served | None) -> Served:
    """Let a model that no certificate replaced end where the next one began."""
    if model.until or model.is_current or after is None:
        return model
    return replace(model, until=after.since)


def _served(
    store: Store, version: str, current: str | None, known: Mapping[str, Certificate]
) -> Served:
    document = read_lineage(store, version)
    gone = document.get("schema") == TOMBSTONE
    replaced = known.get(str(document.get("certificate"))) if gone else None
    corpus = document.get("corpus_version")
    if corpus is None and replaced and replaced.before == version:
        corpus = replaced.corpus_before
    since = document.get("since")
    return Served(
        version=version,
        corpus=corpus,
        since=datetime.fromisoformat(since) if since else _made(version, known),
        until=replaced.at if replaced else None,
        is_current=version == current,
        certificate=replaced,
    )


def _made(version: str, known: Mapping[str, Certificate]) -> datetime | None:
    """Return when a forgetting made a version: then it began to serve."""
    return min((each.at for each in known.values() if each.after == version), default=None)


def _when(model: Served) -> tuple[bool, float, float]:
    """Order by the time at which it was replaced, or began; what has neither comes first."""
    at = model.until or model.since
    began = model.since.timestamp() if model.since else 0.0
    return at is not None, at.timestamp() if at else 0.0, began
