"""`forget`: fit on what is left, delete what is no longer named, certify.

The order makes it safe to be killed anywhere: the new model is published first, the old checkpoints
and lists of items go next, the certificate is written, and only then does the old lineage become a
tombstone. Called again after a crash, it finds the old lineage and does what is left to do.
"""

import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from vanne.corpus.document import Document
from vanne.errors import MissingError, storing
from vanne.files import sync, write_whole
from vanne.forget.certificate import CLAIM, SCHEMA, Certificate, sign
from vanne.train.environment import environment_digest
from vanne.train.fit import Progress, fit
from vanne.train.model import TOMBSTONE, Model, current, lineage_path, load
from vanne.train.settings import Settings
from vanne.train.store import Store


def forget(
    documents_after: Iterable[Document],
    store: Path,
    settings: Settings,
    *,
    ground: Sequence[str],
    corpus_before: str,
    corpus_after: str,
    requested_by: Sequence[str | int],
    at: datetime,
    progress: Progress | None = None,
    certificates: Path | None = None,
) -> Certificate:
    """Bring the model to what is left of the corpus, delete what it held before, certify it.

    `requested_by` holds receipts or ledger indices, never member ids. The certificate is written
    into `certificates` (the store's own folder of that name by default). Letting items in again is
    the same call with more documents.

    Raises:
        MissingError: no model of the corpus `corpus_before` is there.
    """
    started, cpu = time.perf_counter(), time.process_time()
    place, before = Store(store), model_of(store, corpus_before)
    after = fit(
        documents_after,
        store,
        settings,
        corpus_version=corpus_after,
        ground=ground,
        progress=progress,
        at=at,
    )
    with place.locked():
        prune(place, after)
        spent = time.perf_counter() - started, time.process_time() - cpu
        body = _statement(before, after, spent)
        body |= {
            "corpus": {"before": corpus_before, "after": corpus_after},
            "requested_by": [str(request) for request in requested_by],
            "at": at.isoformat(),
        }
        certificate = sign(body, place)
        certificate.write(certificates or store / "certificates")
        bury(place, after, certificate)
    return certificate


def model_of(store: Path, corpus_version: str) -> Model:
    """Return the model that was trained on a corpus and has not been replaced.

    Raises:
        MissingError: there is none.
    """
    with suppress(MissingError):
        if (model := current(store)).corpus_version == corpus_version:
            return model
    for path in sorted((store / "models").glob("*.json")):  # after a crash it is not the current
        with suppress(MissingError):  # a tombstone
            model = load(store, path.stem)
            if model.corpus_version == corpus_version:
                return model
    raise MissingError(
        f"no model of corpus `{corpus_version[:12]}` is in `{store}`",
        todo="run `vanne train` first",
    )


def prune(store: Store, model: Model) -> list[str]:
    """Delete every checkpoint and list of items that the model does not name; return the keys."""
    with storing("the lists of items"):
        for path in store.models.glob("*.items.parquet"):
            if path.name != f"{model.version}.items.parquet":
                path.unlink()
        for path in store.models.glob(".*.partial"):
            path.unlink()
        sync(store.models)
    return store.prune(model.keys.keys())


def bury(store: Store, model: Model, certificate: Certificate) -> None:
    """Replace every lineage but the model's own by a tombstone that names the certificate.

    Of the lineage it keeps what members are told: of which corpus it was, and since when it served.
    """
    import json

    for path in store.models.glob("*.json"):
        version, lineage = path.stem, json.loads(path.read_bytes())
        if version != model.version and lineage.get("schema") != TOMBSTONE:
            stone = {"schema": TOMBSTONE, "version": version, "replaced_by": model.version}
            stone |= {name: lineage.get(name) for name in ("corpus_version", "since")}
            stone["certificate"] = certificate.id
            write_whole(lineage_path(store, version), json.dumps(stone, indent=1).encode())


def _statement(before: Model, after: Model, spent: tuple[float, float]) -> dict[str, Any]:
    """Say what became of every checkpoint. All of it follows from the two lineages, so that a call
    which finishes the work of a killed one says the same."""
    old, new = before.keys.keys(), after.keys.keys()
    touched = [shard for shard, sha in after.digests.items() if before.digests.get(shard) != sha]
    return {
        "schema": SCHEMA,
        "claim": CLAIM,
        "model": {"before": before.version, "after": after.version},
        "configuration": {
            "settings": after.settings.digest(),
            "environment": environment_digest(after.environment),
            "base": after.environment["base"],
            "ground": after.ground.key,
        },
        "keys": {
            "dropped": sorted(old - new),
            "kept": sorted(old & new),
            "made": sorted(new - old),
        },
        "digests": after.keys,
        "shards": {
            "before": {str(shard): sha for shard, sha in before.digests.items()},
            "after": {str(shard): sha for shard, sha in after.digests.items()},
        },
        "retrained": {"shards": touched, **_retrained(after, new - old)}
        | {"seconds": round(spent[0], 3), "cpu_seconds": round(spent[1], 3)},
    }


def _retrained(after: Model, made: Collection[str]) -> dict[str, Any]:
    anew = [
        (shard, part, note)
        for shard, notes in after.shards.items()
        for part, note in enumerate(notes)
        if note.key in made and note.documents
    ]
    tokens = sum(note.tokens for _, _, note in anew)
    return {
        "slices": [[shard, part] for shard, part, _ in anew],
        "tokens": tokens,
        "tokens_full": after.tokens_total,
        "share_of_full": tokens / max(after.tokens_total, 1),
        "seconds_full": round(after.seconds_total, 3),
    }
