"""Membership inference: can people in the model be told from people who never were in it?

A model scores each person: the mean over their texts of the loss, divided by the loss under the
shared start of all shards as reference model (Carlini et al., 2021, arXiv 2012.07805). The unit is
the person, not the item. The adapter of the person's own shard (or the merged model) ranks them
among everybody whom that model has never seen; `c` is the share of those whom it ranks below them,
and the AUC is the mean of `c` (ties count half).

People write differently, so even a model that never saw them does not give exactly 0.5. So every
figure has a twin: the same people, ranked among the same others by the adapters of other shards,
each of which has seen neither of the two; without such an adapter (one shard, or two and nobody
from outside), by the shared start. The result is the difference between figure and twin. Its
uncertainty comes from the Bayesian bootstrap (Rubin, 1981) over people, which weighs both alike.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vanne.errors import VerificationError
from vanne.train.adapter import attach, put
from vanne.train.base import find_base, label_logits, load_base
from vanne.train.ensemble import load_ensemble
from vanne.train.environment import exactly
from vanne.train.model import Model
from vanne.train.store import ModelStore
from vanne.train.tokens import BaseTokenizer

MERGED, GROUND = "merged", "ground"
ALL_SHARDS = "all shards"
FEWEST = 8  # with fewer people on a side an interval of an AUC says nothing
_TOKENS_AT_ONCE = 512  # keeps the activations of a batch small beside the model
_DRAWS_AT_ONCE = 100  # draws x people x people would not fit otherwise

AuditedModel = int | str
"""A shard's number, or `MERGED`, or `GROUND`."""
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class ModelStanding(StrEnum):
    """How a person stands to a model."""

    IN = "in"
    NEVER = "never"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class AuditedPerson:
    """Somebody whose texts are tried. `shard` is where they are, were or would be."""

    standing: ModelStanding
    shard: int
    texts: tuple[str, ...]


# What each model thinks of each text


def text_scores(
    store: Path,
    model: Model,
    tokens: BaseTokenizer,
    texts: Sequence[str],
    tell: Callable[[int, AuditedModel], None],
) -> dict[AuditedModel, Floats]:
    """Return the mean log-probability of each text's tokens, by each model in turn.

    One base model is in memory at a time. `tell` hears how many tokens were read.

    Raises:
        VerificationError: an adapter, or the base model, is not the one that was trained.
    """
    import torch

    base, place = find_base(model.settings), ModelStore(store)
    if base.digest != model.environment.get("base"):
        raise VerificationError(
            "the base model is not the one that this model was trained on",
            todo="install that one, or `vanne train` again",
        )
    notes: dict[AuditedModel, Any] = {GROUND: model.ground}
    notes |= {shard: chain[-1] for shard, chain in model.shards.items()}
    tensors = {name: place.load(model.ground, note) for name, note in notes.items()}

    def asked(name: AuditedModel, causal: Any) -> Floats:
        with torch.inference_mode():  # not while a model is loaded: loading checks its gradients
            return mean_log_probabilities(causal, tokens, texts, lambda count: tell(count, name))

    with exactly(model.settings):
        scores: dict[AuditedModel, Floats] = {}
        scores[MERGED] = asked(MERGED, load_ensemble(store, model).causal)
        causal = attach(load_base(base), model.settings)
        for name, tensor in tensors.items():
            put(causal, tensor)
            scores[name] = asked(name, causal)
    return scores


def mean_log_probabilities(
    causal: Any,
    tokens: BaseTokenizer,
    texts: Sequence[str],
    tell: Callable[[int], None] = lambda _: None,
) -> Floats:
    """Return the mean log-probability of each text's tokens (Yeom et al., 2018)."""
    import torch

    inner = causal.get_base_model() if hasattr(causal, "get_base_model") else causal
    rows = tokens.encode(texts)
    scores = np.zeros(len(texts))
    for batch in _batches(rows):
        width = max(len(rows[n]) for n in batch)
        ids = torch.tensor(
            [[*rows[n], *[0] * (width - len(rows[n]))] for n in batch], device=inner.device
        )
        sizes = torch.tensor([[len(rows[n])] for n in batch], device=inner.device)
        real = torch.arange(1, width, device=inner.device)[None] < sizes  # (rows, width - 1)
        logits = label_logits(inner, ids, real).log_softmax(-1)
        logs = logits.gather(1, ids[:, 1:][real][:, None])[:, 0].double().cpu().numpy()
        ends = np.cumsum([len(rows[n]) - 1 for n in batch])[:-1]
        scores[batch] = [part.mean() for part in np.split(logs, ends)]
        tell(sum(len(rows[n]) for n in batch))
    return scores


def _batches(rows: Sequence[tuple[int, ...]]) -> Iterator[list[int]]:
    """Group rows of like length, so that little is padding."""
    batch: list[int] = []
    for number in sorted(range(len(rows)), key=lambda n: (len(rows[n]), n)):
        if batch and len(rows[number]) * (len(batch) + 1) > _TOKENS_AT_ONCE:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def person_scores(
    people: Sequence[AuditedPerson], by_text: Mapping[AuditedModel, Floats]
) -> dict[AuditedModel, Floats]:
    """Return each person's score under each model: higher is more like a member."""
    ends = np.cumsum([0, *(len(person.texts) for person in people)])
    reference = np.minimum(by_text[GROUND], -1e-9)  # a log-probability of 0 would divide by 0
    return {
        name: np.array([(-texts / reference)[a:b].mean() for a, b in pairwise(ends)])
        for name, texts in by_text.items()
    }


# How well the scores tell people apart


@dataclass(frozen=True, slots=True)
class Crowd:
    """People, and how each model scores them."""

    people: Sequence[AuditedPerson]
    scores: Mapping[AuditedModel, Floats]

    @property
    def shards(self) -> NDArray[np.int64]:
        """Whose shard each one's is, was or would be."""
        return np.array([person.shard for person in self.people], dtype=np.int64)

    def standing(self, standing: ModelStanding) -> Flags:
        """Say who has a standing."""
        return np.array([person.standing == standing for person in self.people], dtype=bool)

    def unseen(self, name: AuditedModel) -> Flags:
        """Say whom a model has not seen; whom it was made to forget is a question, no yardstick."""
        in_it = self.standing(ModelStanding.IN)
        if name == GROUND:
            in_it[:] = False
        elif name != MERGED:
            in_it &= self.shards == name
        return ~in_it & ~self.standing(ModelStanding.FORGOTTEN)

    def wins(self, name: AuditedModel) -> Floats:
        """Say who beats whom by a model: 1, a tie 0.5."""
        each = self.scores[name]
        wins: Floats = (each[:, None] > each[None]) + 0.5 * (each[:, None] == each[None])
        return wins


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who beats whom, and which pairs count: (people, people)."""

    wins: Floats
    pairs: Floats

    def beaten(self, weights: Floats) -> Floats:
        """Return for each draw and person the share of the others whom they beat."""
        parts = [weights[n : n + _DRAWS_AT_ONCE] for n in range(0, len(weights), _DRAWS_AT_ONCE)]
        over = np.vstack([part @ (self.wins * self.pairs).T for part in parts])
        every = np.vstack([part @ self.pairs.T for part in parts])
        return np.divide(over, every, out=np.full_like(over, 0.5), where=every > 0)


def membership(
    crowd: Crowd, standing: ModelStanding, draws: int, seed: int = 0
) -> list[dict[str, Any]]:
    """Return one row per view: the figure, its twin, and the difference with its p."""
    shards = sorted(name for name in crowd.scores if isinstance(name, int))
    weights = np.random.default_rng(seed).exponential(size=(draws, len(crowd.people)))
    rows = []
    views: list[AuditedModel] = [*shards, ALL_SHARDS, MERGED]
    for view in views:
        people = crowd.standing(standing)
        if isinstance(view, int):
            people &= crowd.shards == view
        target = _ranked_by_target(crowd, view)
        twin = _ranked_by_others(crowd, target.pairs)
        facts = {"view": str(view), "standing": str(standing)}
        rows.append(facts | _figures(people, target, twin, weights))
    return rows


def _ranked_by_target(crowd: Crowd, view: AuditedModel) -> Ranking:
    """Rank each person by their own shard's adapter, or by the merged model."""
    count = len(crowd.people)
    wins, pairs = np.zeros((count, count)), np.zeros((count, count))
    for shard in {*crowd.shards.tolist()}:
        name, mine = (MERGED if view == MERGED else shard), crowd.shards == shard
        wins[mine] = crowd.wins(name)[mine]
        pairs[mine] = crowd.unseen(name)
    np.fill_diagonal(pairs, 0)
    return Ranking(wins, pairs)


def _ranked_by_others(crowd: Crowd, pairs: Floats) -> Ranking:
    """Rank the same pairs by models that have seen neither of the two."""
    wins, count = np.zeros_like(pairs), np.zeros_like(pairs)
    for name in (name for name in crowd.scores if isinstance(name, int)):
        # INVARIANT: the shard that had somebody who was forgotten is asked about, and no witness.
        elsewhere = crowd.shards != name
        both = pairs * elsewhere[:, None] * crowd.unseen(name)[None]
        wins, count = wins + crowd.wins(name) * both, count + both
    alone = count.sum(1) == 0
    wins[alone] = crowd.wins(GROUND)[alone] * pairs[alone]
    count[alone] = pairs[alone]
    shares: Floats = np.divide(wins, count, out=np.zeros_like(wins), where=count > 0)
    return Ranking(shares, (count > 0).astype(np.float64))


def _figures(chosen: Flags, target: Ranking, twin: Ranking, weights: Floats) -> dict[str, Any]:
    people, others = int(chosen.sum()), int((target.pairs[chosen].sum(0) > 0).sum())
    facts: dict[str, Any] = {"people": people, "others": others}
    if min(people, others) < FEWEST:
        return facts | {"too_few": True}
    whole = np.vstack([np.ones_like(weights[:1]), weights])
    drawn = whole[:, chosen]
    drawn = drawn / drawn.sum(1, keepdims=True)
    auc = (drawn * target.beaten(whole)[:, chosen]).sum(1)
    never = (drawn * twin.beaten(whole)[:, chosen]).sum(1)
    # Ranks of so many people cannot show less than one of all ways to mix them.
    return facts | beside(auc, never, 1 / math.comb(people + others, people))


def beside(auc: Floats, never: Floats, least: float) -> dict[str, Any]:
    """Return a figure, its twin, and their difference with its p, which is not below `least`."""
    difference = auc - never
    spread, value = float(difference[1:].std()), float(difference[0])
    p = math.erfc(value / spread / math.sqrt(2)) / 2 if spread > 0 else float(value <= 0)
    return {
        "auc": interval(auc),
        "never_trained": interval(never),
        "difference": interval(difference),
        "p": max(p, least),
    }


def interval(values: Floats) -> dict[str, float]:
    """Return the value (the first) and the bounds that hold 95 of 100 draws (all others)."""
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return {
        "value": round(float(values[0]), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }


def holm(chances: Sequence[float]) -> list[float]:
    """Return p values corrected for their number (Holm, 1979): any below 0.05 is one at 5 %.

    >>> holm([0.01, 0.04])
    [0.02, 0.04]
    """
    order = sorted(range(len(chances)), key=chances.__getitem__)
    corrected, so_far = [0.0] * len(chances), 0.0
    for done, index in enumerate(order):
        so_far = max(so_far, min(chances[index] * (len(chances) - done), 1.0))
        corrected[index] = so_far
    return corrected
