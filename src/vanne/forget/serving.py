"""Which models have served, on which corpus, and from when to when: read from what they left.

A lineage or its tombstone says of which corpus the model was and since when it served; the
certificate with which it was replaced names the model that served next, whose beginning is its end.
What is not known is None.
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
        if document["schema"] != SCHEMA or check_signature(document) != key:
            return None
        certificate = Certificate(document)
        _ = certificate.day, certificate.before, certificate.after, certificate.requests
        _ = (
            certificate.steps,
            certificate.waiting,
            certificate.corpus_before,
            certificate.corpus_after,
            certificate.replaced,
        )
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
    since = {model.version: model.since for model in models}
    ended = [_until(model, since) for model in models]
    ordered = sorted(ended, key=lambda each: (each.is_current, *_when(each), each.version))
    return [_replaced(model, after) for model, after in zip_longest(ordered, ordered[1:])]


def _until(model: Served, since: Mapping[str, datetime | None]) -> Served:
    """Let a model end where the one began that its certificate names."""
    after = model.certificate.after if model.certificate else None
    return replace(model, until=since.get(after) if after else None)


def _replaced(model: Served, after: Served | None) -> Served:
    """Let a model that no certificate replaced end where the next one began."""
    if model.until or model.is_current or after is None:
        return model
    return replace(model, until=after.since)


def _served(
    store: Store, version: str, current: str | None, known: Mapping[str, Certificate]
) -> Served:
    document = read_lineage(store, version)
    gone = document.get("schema") == TOMBSTONE
    since = document.get("since")
    return Served(
        version=version,
        corpus=document.get("corpus_version"),
        since=datetime.fromisoformat(since) if since else None,
        until=None,
        is_current=version == current,
        certificate=known.get(str(document.get("certificate"))) if gone else None,
    )


def _when(model: Served) -> tuple[bool, float, float]:
    """Order by the time at which it was replaced, or began; what has neither comes first."""
    at = model.until or model.since
    began = model.since.timestamp() if model.since else 0.0
    return at is not None, at.timestamp() if at else 0.0, began
