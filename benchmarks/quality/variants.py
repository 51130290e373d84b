"""Ways of training a shard that `fit` does not have: only a part of the adapter learns.

* `frozen A`: A stays the ground's and is the same in all shards, so that the mean of the Bs is
  exactly the mean of the deltas (FFA-LoRA: Sun et al., 2024, arXiv 2403.12313).
* `layers by slice`: each slice trains layers of its own, from the top down, so that switching its
  layers off forgets it at once (S3T: Basu Roy Chowdhury et al., 2024, arXiv 2406.16257).

Checkpoints are stored under the plan's own keys, in a store per job, so `fit` finds them there.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from vanne.corpus import Document
from vanne.train import adapter, loop
from vanne.train.base import find_base, load_base
from vanne.train.environment import exactly
from vanne.train.settings import TrainingSettings
from vanne.train.shards import SliceStep, make_plan
from vanne.train.store import CheckpointMeta, ModelStore
from vanne.train.tokens import BaseTokenizer

Learns = Callable[[str, SliceStep, TrainingSettings], bool]


def _b_alone(name: str, step: SliceStep, settings: TrainingSettings) -> bool:
    return ".lora_B." in name


def _layers_of_slice(name: str, step: SliceStep, settings: TrainingSettings) -> bool:
    found = re.search(r"\.layers\.(\d+)\.", name)
    return found is not None and -int(found[1]) % settings.slices == step.slice


VARIANTS: dict[str, Learns] = {"frozen A": _b_alone, "layers by slice": _layers_of_slice}


def train_variant(
    variant: str,
    documents: Sequence[Document],
    store: ModelStore,
    settings: TrainingSettings,
    start: str,
    salt: bytes,
) -> None:
    """Train every slice that is missing in the store, from a ground that lies there already."""
    base, plan = find_base(settings), make_plan(documents, settings, start, salt)
    tokens = BaseTokenizer(base, settings.max_tokens)
    with exactly(settings):
        model = adapter.attach(load_base(base), settings)
        for step in plan.steps():
            note = store.note(step.previous)
            if note is None or store.note(step.key):
                continue
            start = store.load_state(note.key, note.sha256)
            adapter.put(model, start)
            examples = tokens.examples(step.documents)
            with _learning(model, lambda name, step=step: VARIANTS[variant](name, step, settings)):
                learnt, _ = loop.train(
                    model,
                    examples,
                    settings,
                    settings.epochs,
                    step.place,
                    start,
                    lambda *_: None,
                )
            count = settings.epochs * sum(len(example.tokens) for example in examples)
            known = CheckpointMeta(step.key, "", len(examples), count, (), 0.0, 0.0)
            store.save(start | learnt, known)


@contextmanager
def _learning(model: Any, learns: Callable[[str], bool]) -> Iterator[None]:
    """Let only some of the adapter's parameters learn meanwhile."""
    parameters = adapter.trainable(model)
    for name, parameter in parameters.items():
        parameter.requires_grad_(learns(name))
    try:
        yield
    finally:
        for parameter in parameters.values():
            parameter.requires_grad_(True)
