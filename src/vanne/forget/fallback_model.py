"""The fallback model: the part of a model that can serve at once, without any more training.

For each shard the fallback model takes the last checkpoint before the first slice that is not
trained yet: of the documents that the model held, or of all, where a training that has not ended
yet is further with these. That checkpoint has the bits of training on the documents of its slices
and on nothing else. So the fallback model is already exact: it is a model of fewer documents. A
shard without such a checkpoint serves the ground, the shared start. Nothing is trained, so neither
torch nor the base model is needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vanne.corpus import Document
from vanne.errors import StorageError
from vanne.train.model import Model, Run, items_in, names_in, salt_of
from vanne.train.shards import Plan, SliceStep, Slot, make_plan
from vanne.train.store import CheckpointMeta, ModelStore


@dataclass(frozen=True, slots=True)
class FallbackModel:
    """The fallback model, which items it holds, and whether the model before held what has left.

    `is_grown` says that it holds what a training has made since. `keys` names every checkpoint that
    a model of these documents may need, trained or not.
    """

    model: Model
    items: Mapping[str, Slot]
    is_tainted: bool
    is_grown: bool
    keys: frozenset[str]


def fallback(
    store: ModelStore, before: Model, documents: Sequence[Document], corpus_version: str
) -> FallbackModel:
    """Return what can serve at once of a model, when only these documents may be in it.

    Raises:
        StorageError: the checkpoint of the ground is missing or damaged.
    """
    ground = store.note(before.ground.key)
    if ground is None:
        raise StorageError(
            "the checkpoint that every shard starts from is missing or damaged",
            todo="run `vanne train` again",
        )
    inside = items_in(store.root, before)
    known = [document for document in documents if document.item_id in inside]
    plans = place(store, before, known), place(store, before, documents)
    shards, items, is_tainted, is_grown = {}, dict[str, Slot](), False, False
    for shard, old in before.shards.items():
        clean, grown = (_clean(store, ground, plan.shards[shard]) for plan in plans)
        is_better = _held(grown) > _held(clean)
        chain, plan = (grown, plans[1]) if is_better else (clean, plans[0])
        # what is not clean holds nothing, as if it never had
        shards[shard] = _filled(chain, ground, len(old))
        is_tainted |= _names(_filled(clean, ground, len(old))) != _names(old)
        is_grown |= is_better
        places = plan.items.items()
        items |= {item: slot for item, slot in places if slot[0] == shard and slot[1] < len(chain)}
    model = replace(
        before,
        corpus_version=corpus_version,
        shards=shards,
        run=Run(0, 0, 0.0, 0.0),
        since=None,
        waiting=len(documents) - len(items),
    )

    keys = (step.key for each in plans for steps in each.shards.values() for step in steps)
    return FallbackModel(
        model,
        items,
        is_tainted=is_tainted,
        is_grown=is_grown,
        keys=frozenset({*keys, ground.key}),
    )


def _held(chain: Sequence[CheckpointMeta]) -> int:
    return sum(note.documents for note in chain)


def _names(chain: Sequence[CheckpointMeta]) -> list[str]:
    return [note.key for note in chain]


def _filled(
    chain: Sequence[CheckpointMeta], ground: CheckpointMeta, slices: int
) -> tuple[CheckpointMeta, ...]:
    """Return a chain of all slices, of which the last ones hold nothing."""
    last = (chain[-1] if chain else ground).passed_on()
    return (*chain, *[last] * (slices - len(chain)))


def place(store: ModelStore, model: Model, documents: Sequence[Document]) -> Plan:
    """Name the slices of documents as a model names them, in its environments."""
    called = names_in(store, model.environments)
    return make_plan(documents, model.settings, model.ground.key, salt_of(store), called=called)


def _clean(
    store: ModelStore, ground: CheckpointMeta, steps: Sequence[SliceStep]
) -> list[CheckpointMeta]:
    """Return the notes of a shard's slices up to the first that has no whole checkpoint."""
    chain = list[CheckpointMeta]()
    for step in steps:
        note = (
            store.note(step.key) if step.documents else (chain[-1] if chain else ground).passed_on()
        )
        if note is None:
            break
        chain.append(note)
    return chain
