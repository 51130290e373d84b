"""Train shards on a collection, and measure what serves on people whom no shard knows.

Adapters sit on the top layers, so what comes out of the frozen lower ones is computed once for each
text. All else is Vanne's own: plan, loop and mean. For models whose layers lie in `model.layers`
(Llama and its relatives).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy

from benchmarks.quality.corpora import Collection
from benchmarks.quality.losses import Losses
from vanne.train import adapter, loop
from vanne.train.adapter import Tensors
from vanne.train.base import find_base, label_logits, load_base
from vanne.train.digests import digest, seed_of
from vanne.train.environment import exactly
from vanne.train.settings import TrainingSettings
from vanne.train.shards import GROUND, make_plan
from vanne.train.tokens import BaseTokenizer, Example


@dataclass(frozen=True, slots=True)
class Job:
    """One training: a collection, and the settings with the shards."""

    collection: Collection
    settings: TrainingSettings

    def name(self, *parts: str) -> str:
        """Return what a file of it is called, which depends on all that is trained."""
        texts = [*self.collection.ground, *(row.text for row in self.collection.members)]
        return f"{self.collection.name}-{digest(*parts, *texts)[:16]}.safetensors"


class Bench:
    """The base model with an adapter on it, and lower layers that are computed once."""

    def __init__(self, settings: TrainingSettings, work: Path) -> None:
        """Load the model."""
        self.work, self.settings, base = work, settings, find_base(settings)
        causal = load_base(base)
        decoder, first = causal.model, len(causal.model.layers) - settings.layers
        lower, whole = load_base(base).model, list(decoder.layers)
        lower.layers, lower.norm = lower.layers[:first], torch.nn.Identity()
        decoder.embed_tokens = _passed(lower)
        decoder.layers = torch.nn.ModuleList([_nothing() for _ in whole[:first]] + whole[first:])
        self.model = adapter.attach(causal, settings)
        self.tokens = BaseTokenizer(base, settings.max_tokens)
        self.layers = {
            name: module.base_layer
            for name, module in self.model.named_modules()
            if hasattr(module, "base_layer")
        }
        self.plain = {name: layer.weight.detach().clone() for name, layer in self.layers.items()}

    def trained(self, job: Job) -> tuple[Tensors, list[Tensors]]:
        """Return the adapter of the ground and that of each shard that holds a text."""
        self.change({})
        ground = self.ground(job)
        about = json.dumps(job.settings.numbers(), sort_keys=True)
        shards = self._kept(job.name(about), lambda: _joined(self._shards(job, ground)))
        count = 1 + max(int(name.partition(":")[0]) for name in shards)
        parts = [
            {name.partition(":")[2]: each for name, each in shards.items() if _is_of(name, number)}
            for number in range(count)
        ]
        return _adapter(ground), parts

    def ground(self, job: Job) -> Tensors:
        """Train what all jobs of a collection share that have the same rate and seed, once."""
        settings, texts = job.settings, job.collection.ground

        def train() -> Tensors:
            start = adapter.initial(self.model, seed_of("vanne/ground/1", settings.seed))
            rows = [Example(str(n), row) for n, row in enumerate(self.tokens.encode(texts))]
            return self._slice(rows, settings, settings.ground_epochs, GROUND, start)

        return self._kept(job.name(str(settings.learning_rate), str(settings.seed)), train)

    def _shards(self, job: Job, ground: Tensors) -> Iterator[Tensors]:
        salt = digest(job.settings.seed).encode()
        plan = make_plan(job.collection.documents(), job.settings, "ground", salt)
        for steps in plan.shards.values():
            state, filled = ground, [step for step in steps if step.documents]
            for step in filled:
                rows = self.tokens.examples(step.documents)
                learnt = self._slice(rows, job.settings, job.settings.epochs, step.place, state)
                state = ground | learnt
            if filled:
                yield _adapter(state)

    def _slice(
        self,
        rows: Sequence[Example],
        settings: TrainingSettings,
        epochs: int,
        place: str,
        start: Tensors,
    ) -> Tensors:
        with exactly(settings):
            return loop.train(self.model, rows, settings, epochs, place, start, _silent)[0]

    def _kept(self, name: str, make: Callable[[], Tensors]) -> Tensors:
        path = self.work / name
        if not path.exists():
            save_file({name: each.clone() for name, each in make().items()}, path)
        return load_file(path)

    def losses(self, texts: Sequence[str], parts: Sequence[Tensors]) -> Losses:
        """Return the loss of each text under the mean of adapters, merged as it is served."""
        return Losses.of([-row for row in self._chances(texts, parts)])

    def mixed(self, texts: Sequence[str], parts: Sequence[Tensors]) -> Losses:
        """Return the losses if every shard answered and their probabilities were averaged."""
        each = [self._chances(texts, [one]) for one in parts]
        rows = (torch.logsumexp(torch.stack(row), 0) for row in zip(*each, strict=True))
        return Losses.of([np.log(len(parts)) - row for row in rows])

    def _chances(self, texts: Sequence[str], parts: Sequence[Tensors]) -> list[Any]:
        """Return the log probability of every token of each text."""
        mean = {name: sum(one[name] for one in parts) / len(parts) for name in parts[0]}
        self.change(mean)
        rows, found = self.tokens.encode(texts), []
        for row in rows:
            ids = torch.tensor([row])
            real = torch.ones(1, len(row) - 1, dtype=torch.bool)
            with exactly(self.settings), torch.no_grad():
                logits = label_logits(self.model.get_base_model(), ids, real)
            found.append(-cross_entropy(logits, ids[0, 1:], reduction="none").double())
        return found

    def change(self, mean: Tensors) -> None:
        """Merge an adapter into the weights of before; with none, only take the last one out."""
        for each in adapter.parameters_of(self.model).values():
            each.data.zero_()
        for name, layer in self.layers.items():
            a, b = (mean.get(f"{name}.lora_{side}.weight") for side in "AB")
            change = 0.0 if a is None or b is None else adapter.SCALE * (b @ a)
            layer.weight.data.copy_(self.plain[name].float() + change)


def _passed(lower: Any) -> Any:
    """Return what stands for the embedding: it gives what frozen layers make of rows of tokens."""
    known = dict[tuple[int, ...], Any]()

    class Passed(torch.nn.Module):
        def forward(self, ids: Any) -> Any:
            rows = [tuple(row) for row in ids.tolist()]
            for row in (row for row in rows if row not in known):
                with torch.no_grad():
                    answer = lower(input_ids=torch.tensor([row]), use_cache=False)
                known[row] = answer.last_hidden_state
            return torch.cat([known[row] for row in rows])

    return Passed()


def _nothing() -> Any:
    class Nothing(torch.nn.Module):
        def forward(self, hidden: Any, *_: Any, **__: Any) -> Any:
            return hidden

    return Nothing()


def _joined(shards: Iterator[Tensors]) -> Tensors:
    return {f"{n}:{name}": each for n, one in enumerate(shards) for name, each in one.items()}


def _is_of(name: str, number: int) -> bool:
    return name.startswith(f"{number}:")


def _adapter(state: Tensors) -> Tensors:
    return {name: each for name, each in state.items() if "/" not in name}


def _silent(*_: Any) -> None:
    """Tell nobody of a step."""
