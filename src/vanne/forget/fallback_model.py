"""The fallback model: the part of a model that can serve at once, before any training.

For each shard the fallback model takes the last checkpoint before the first slice with an item that
was removed or changed. That checkpoint has the bits of training on the documents of its slices and
on nothing else. So the fallback model is already exact: it is a model of fewer documents. A shard
without such a checkpoint serves the ground, the shared start. Nothing is trained, so neither torch
nor the base model is needed.
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

    `keys` names every checkpoint that a model of these documents may need, trained or not.
    """

    model: Model
    items: Mapping[str, Slot]
    is_tainted: bool
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
    plan = place(store, before, known)
    chains = {shard: _clean(store, ground, steps) for shard, steps in plan.shards.items()}
    items = {item: slot for item, slot in plan.items.items() if slot[1] < len(chains[slot[0]])}
    shards = {}
    for shard, chain in chains.items():  # what is not clean holds nothing, as if it never had
        last = (chain[-1] if chain else ground).passed_on()
        shards[shard] = (*chain, *[last] * (before.settings.slices - len(chain)))
    model = replace(
        before,
        corpus_version=corpus_version,
        shards=shards,
        run=Run(0, 0, 0.0, 0.0),
        since=None,
        waiting=len(documents) - len(items),
    )

    def names(model: Model) -> list[str]:
        return [note.key for note in model.notes]

    plans = (plan, place(store, before, documents))
    keys = (step.key for each in plans for steps in each.shards.values() for step in steps)
    return FallbackModel(
        model,
        items,
        is_tainted=names(model) != names(before),
        keys=frozenset({*keys, ground.key}),
    )


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
