"""What a certificate says: made from the models before and after, and from who asked."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from vanne.forget.certificate import AT_ONCE, SCHEMA, Certificate, Cost, hidden
from vanne.train.environment import environment_digest
from vanne.train.model import Model

Json = dict[str, Any]

DELETED = ("optimiser_states", "item_lists", "curves", "exports")
"""What is deleted besides checkpoints."""

_SOME = "documents of the corpus `after` alone, all of them but those that are counted as waiting"


@dataclass(frozen=True, slots=True)
class ForgetRequest:
    """What is to be done: from which corpus to which, for whom, and where its certificate goes.

    `openings` are what the receipts open (`opening_of`) of all who asked since the last whole
    model. `clock` says when each phase is done. Certificates are written into `certificates` (the
    store's own folder of that name if it is None).
    """

    corpus_before: str
    corpus_after: str
    clock: Callable[[], datetime]
    openings: tuple[str, ...] = ()
    certificates: Path | None = None

    def folder(self, store: Path) -> Path:
        """Return where the certificate of a store goes."""
        return self.certificates or store / "certificates"


def statement(
    after: Model,
    before: Model,
    replaced: Sequence[Model],
    request: ForgetRequest,
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
    new = after.keys.keys()
    return {
        "schema": SCHEMA,
        "phase": phase,
        "claim": claim(after),
        "day": request.clock().date().isoformat(),
        "model": {
            "before": first["model"]["before"],
            "after": after.version,
            "replaced": sorted({each.version for each in replaced} - {after.version}),
        },
        "corpus": {"before": first["corpus"]["before"], "after": request.corpus_after},
        "requests": hidden(request.openings),
        "waiting": after.waiting,
        "configuration": configuration(after),
        "keys": {
            "dropped": sorted(gone - new),
            "kept": sorted(old & new),
            "made": sorted(new - old),
        },
        "digests": after.keys,
        "shards": {"before": first["shards"]["before"], "after": shard_digests(after)},
        "at_once": [*first["at_once"], *([_phase_one(earlier)] if earlier else [])],
        "deleted": {kind: list(first["deleted"][kind]) for kind in DELETED},
    }


def claim(after: Model) -> str:
    """Return what is certified of a model."""
    return claim_of(after, _SOME if after.waiting else ALL)


def shard_digests(model: Model) -> dict[str, str]:
    """Return the digest of each shard's last checkpoint, as a certificate says them."""
    return {str(shard): sha for shard, sha in model.digests.items()}


def configuration(model: Model) -> Json:
    """Return what a model's bits depend on besides its documents, as a certificate says it."""
    return {
        "settings": model.settings.digest(),
        "environment": environment_digest(model.environment),
        "facts": [dict(facts) for facts in model.environments],
        "base": model.environment["base"],
        "ground": model.ground.key,
        "placement": model.placement,
    }


def cost_of(after: Model, said: Json, made: Collection[str]) -> Cost:
    """Return what the training of these checkpoints took, and what all of them take."""
    anew = [note for note in after.notes if note.key in made and note.documents]
    changed = tuple(sorted(Certificate(said).changed)) if made else ()
    seconds = round(after.seconds_total, 3)
    return Cost(changed, sum(note.tokens for note in anew), after.tokens_total, seconds)


def _of(before: Model) -> Json:
    """Return what a certificate would say of a model that none has replaced yet."""
    return {
        "model": {"before": before.version},
        "corpus": {"before": before.corpus_version},
        "keys": {"dropped": []},
        "at_once": [],
        "deleted": dict.fromkeys(DELETED, ()),
        "shards": {"before": shard_digests(before)},
    }


def _phase_one(certificate: Certificate) -> Json:
    return {
        "certificate": certificate.id,
        "model": certificate.after,
        "day": certificate.document["day"],
    }


def led_to(models: Sequence[Model], known: Collection[Certificate]) -> Certificate | None:
    """Return the last certificate of the first phase that led to one of some interim models."""
    wanted = {model.version for model in models if model.waiting}
    steps = [each for each in known if each.phase == AT_ONCE and each.after in wanted]
    return max(steps, key=lambda each: (len(each.steps), each.id), default=None)


_SAME_BITS = (
    "The adapters named here have the same bits as if the model had been trained, under the same "
    "configuration (settings, ground, base model, environment, placement of members), on {corpus}; "
    "the checkpoints named as dropped are deleted."
)
_SAME_TRAINING = (
    "The adapters named here were trained on {corpus}, and so was everything that they set out "
    "from. They come from {places} environments (processor, libraries), which the lineage names: "
    "a training in a single one may give other bits, and the same bits are not claimed. The "
    "checkpoints named as dropped are deleted."
)
ALL = "the corpus `after` alone, without the items that left it"


def claim_of(model: Model, corpus: str = ALL) -> str:
    """Return the claim: the same bits where all was made in one environment, else what is left.

    `corpus` says in words what the model was trained on.
    """
    places = len(model.environments)
    return (_SAME_BITS if places == 1 else _SAME_TRAINING).format(corpus=corpus, places=places)
