"""What a certificate says: made from the models before and after, and from who asked."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from vanne.forget.certificate import AT_ONCE, RETRAINED, SCHEMA, Certificate
from vanne.forget.request import Request
from vanne.train.claim import claim_of
from vanne.train.environment import environment_digest
from vanne.train.model import Model

Json = dict[str, Any]

DELETED = ("optimiser_states", "item_lists", "curves", "exports")
"""What is deleted besides checkpoints."""

_CORPUS = "documents of the corpus `after` alone, all of them but those that are counted as waiting"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done: to which corpus, for whom, and where its certificate goes.

    `about` are facts on the corpora that the certificate repeats (`manifests`, `left`). `audits` is
    the folder of audits that are cleared of single people, if there is one.
    """

    corpus_after: str
    requests: tuple[Request, ...]
    certificates: Path
    clock: Callable[[], datetime]
    about: Mapping[str, Any] = field(default_factory=dict)
    audits: Path | None = None


def statement(
    after: Model,
    before: Model,
    replaced: Sequence[Model],
    order: Order,
    earlier: Certificate | None,
    *,
    phase: str,
) -> Json:
    """Say what became of every checkpoint when `after` took the place of the others.

    `before` is the model that served, `replaced` are all that go. `earlier` is the certificate of
    the first phase that led to an interim model among them: this one then speaks of all that
    happened since the last whole model.
    """
    first: Mapping[str, Any] = earlier.document if earlier else _of(before)
    old = {key for model in replaced for key in model.keys}
    gone = old.union(first["keys"]["dropped"])
    new, at = after.keys.keys(), order.clock()
    digests = {str(shard): sha for shard, sha in after.digests.items()}
    was = first["shards"]["before"]
    touched = [int(shard) for shard, sha in digests.items() if was.get(shard) != sha]
    return {
        "schema": SCHEMA,
        "phase": phase,
        "claim": claim_of(after, _CORPUS) if after.waiting else claim_of(after),
        "at": at.isoformat(),
        "model": {
            "before": first["model"]["before"],
            "after": after.version,
            "replaced": sorted({each.version for each in replaced} - {after.version}),
        },
        "corpus": {"before": first["corpus"]["before"], "after": order.corpus_after},
        "manifests": _manifests(order, first),
        "requests": _requests(order.requests, at, first["requests"]),
        "left": _left(first.get("left"), order.about.get("left")),
        "waiting": after.waiting,
        "configuration": _configuration(after),
        "keys": {
            "dropped": sorted(gone - new),
            "kept": sorted(old & new),
            "made": sorted(new - old),
        },
        "digests": after.keys,
        "shards": {"before": was, "after": digests, "touched": touched},
        "retrained": _retrained(after, new - old if phase == RETRAINED else (), touched),
        "at_once": [*first["at_once"], *([_phase_one(earlier)] if earlier else [])],
        "deleted": {kind: list(first["deleted"][kind]) for kind in DELETED},
    }


def _of(before: Model) -> Json:
    """Return what a certificate would say of a model that none has replaced yet."""
    return {
        "model": {"before": before.version},
        "corpus": {"before": before.corpus_version},
        "keys": {"dropped": []},
        "requests": [],
        "at_once": [],
        "deleted": dict.fromkeys(DELETED, ()),
        "shards": {"before": {str(shard): sha for shard, sha in before.digests.items()}},
    }


def _manifests(order: Order, first: Mapping[str, Any]) -> Json | None:
    known: Json | None = order.about.get("manifests")
    was = first.get("manifests")
    return known | {"before": was["before"]} if known and was else known


def _left(before: Json | None, now: Json | None) -> Json | None:
    """Return what left in an earlier step and in this one."""
    if not before or not now:
        return before or now
    reasons: Counter[str] = Counter(before["reasons"]) + Counter(now["reasons"])
    return {"items": before["items"] + now["items"], "reasons": dict(sorted(reasons.items()))}


def _requests(requests: Sequence[Request], at: datetime, earlier: Sequence[Json]) -> list[Json]:
    """Return who asked; what left the serving model before keeps the time at which it did."""
    said = {row["index"]: row for row in earlier}
    for request in requests:
        on_time = None if request.due is None else at <= request.due
        row = request.as_json() | {"left_at": at.isoformat(), "on_time": on_time}
        said.setdefault(request.index, row)
    return [said[index] for index in sorted(said)]


def _configuration(model: Model) -> Json:
    return {
        "settings": model.settings.digest(),
        "environment": environment_digest(model.environment),
        "facts": [dict(facts) for facts in model.environments],
        "base": model.environment["base"],
        "ground": model.ground.key,
    }


def _retrained(after: Model, made: Collection[str], touched: Sequence[int]) -> Json:
    anew = [
        (shard, part, note)
        for shard, notes in after.shards.items()
        for part, note in enumerate(notes)
        if note.key in made and note.documents
    ]
    tokens = sum(note.tokens for _, _, note in anew)
    return {
        "shards": list(touched) if made else [],
        "slices": [[shard, part] for shard, part, _ in anew],
        "tokens": tokens,
        "tokens_full": after.tokens_total,
        "share_of_full": tokens / max(after.tokens_total, 1),
        "seconds": 0.0,
        "cpu_seconds": 0.0,
        "seconds_full": round(after.seconds_total, 3),
    }


def _phase_one(certificate: Certificate) -> Json:
    return {
        "certificate": certificate.id,
        "model": certificate.after,
        "at": certificate.document["at"],
        "seconds": certificate.seconds,
    }


def led_to(models: Sequence[Model], known: Collection[Certificate]) -> Certificate | None:
    """Return the last certificate of the first phase that led to one of some interim models."""
    wanted = {model.version for model in models if model.waiting}
    steps = [each for each in known if each.phase == AT_ONCE and each.after in wanted]
    return max(steps, key=lambda each: (each.at, each.id), default=None)
