"""Membership inference: can people who are in be told from people who never were?

Each person gets one score, the mean over their texts, because people and not items are the unit.
Their own shard's adapter (or the merged model) ranks them among everybody whom that model has never
seen; the share of those whom it ranks below them is `c`. Then the AUC is the mean of c (ties count
half), the ROC curve is the distribution of 1 - c, and the true-positive rate at a false-positive
rate f is the share of people with 1 - c <= f.

What people write differs, so a model that never saw them gives no 0.5 either. Every figure has its
twin: the same people ranked among the same others by the adapters of other shards, each only where
it has seen neither of the two; where there is none (one shard, or two and nobody from outside), by
the ground. What counts is the difference. Its uncertainty comes from the Bayesian bootstrap (Rubin,
1981) over people, which weighs both twins alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vanne_audit import scores
from vanne_audit.chance import least, normal_tail
from vanne_audit.looks import GROUND, MERGED, Look
from vanne_audit.people import Person, Standing

ATTACKS = (*scores.ATTACKS, "ratio")
"""`ratio`: the loss against that of the ground as reference model (Carlini et al., 2021)."""
ALL_SHARDS = "all shards"
FEWEST = 8
"""With fewer people on one side there is no figure."""
FALSE_POSITIVE_RATES = (0.001, 0.01, 0.1)
_CHUNK = 100

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Crowd:
    """People, and how each model takes them: `scores[look]` is (people, attacks)."""

    people: Sequence[Person]
    scores: Mapping[Look, Floats]

    @property
    def shards(self) -> NDArray[np.int64]:
        """Whose shard each one's is, was or would be."""
        return np.array([person.shard for person in self.people], dtype=np.int64)

    def standing(self, standing: Standing) -> Flags:
        """Say who has a standing."""
        return np.array([person.standing == standing for person in self.people], dtype=bool)

    def unseen(self, look: Look) -> Flags:
        """Say whom a model has not seen; whom it was made to forget is a question, no yardstick."""
        seen = self.standing(Standing.IN)
        if look == GROUND:
            seen[:] = False
        elif look != MERGED:
            seen &= self.shards == look
        return ~seen & ~self.standing(Standing.FORGOTTEN)


@dataclass(frozen=True, slots=True)
class Ranking:
    """Who beats whom (1, a tie 0.5), and which pairs count: (people, people)."""

    wins: Floats
    pairs: Floats

    def beaten(self, weights: Floats) -> Floats:
        """Return for each draw and person the share of the others whom they beat."""
        over = weights @ (self.wins * self.pairs).T
        every = weights @ self.pairs.T
        return np.divide(over, every, out=np.full_like(over, 0.5), where=every > 0)


def person_scores(people: Sequence[Person], by_text: Mapping[Look, Floats]) -> dict[Look, Floats]:
    """Return each person's scores under each model, with the ratio to the ground as the last."""
    ends = np.cumsum([0, *(len(person.texts) for person in people)])
    found = {}
    for look, texts in by_text.items():
        ratio = -texts[:, :1] / np.minimum(by_text[GROUND][:, :1], -1e-9)
        full = np.hstack([texts, ratio])
        found[look] = np.stack([full[a:b].mean(0) for a, b in pairwise(ends)])
    return found


def membership(crowd: Crowd, standing: Standing, draws: int, seed: int) -> list[dict[str, Any]]:
    """Return one row per view and attack: the figure, its twin, and the difference with its p."""
    shards = crowd.shards
    views: list[Look] = [*sorted({look for look in crowd.scores if isinstance(look, int)})]
    weights = np.random.default_rng(seed).exponential(size=(draws, len(crowd.people)))
    rows = []
    for view in [*views, ALL_SHARDS, MERGED]:
        asked = crowd.standing(standing)
        if isinstance(view, int):
            asked &= shards == view
        for attack in range(len(ATTACKS)):
            target = _target(crowd, view, attack)
            twin = _twin(crowd, target.pairs, attack)
            facts = {"view": str(view), "attack": ATTACKS[attack], "standing": str(standing)}
            rows.append(facts | _figures(asked, target, twin, weights))
            if "too_few" in rows[-1]:
                break
    return rows


def _wins(crowd: Crowd, look: Look, attack: int) -> Floats:
    each = crowd.scores[look][:, attack]
    wins: Floats = (each[:, None] > each[None]) + 0.5 * (each[:, None] == each[None])
    return wins


def _target(crowd: Crowd, view: Look, attack: int) -> Ranking:
    """Rank each person by their own shard's adapter, or by the merged model."""
    count = len(crowd.people)
    wins, pairs = np.zeros((count, count)), np.zeros((count, count))
    for shard in {*crowd.shards.tolist()}:
        look, mine = (MERGED if view == MERGED else shard), crowd.shards == shard
        wins[mine] = _wins(crowd, look, attack)[mine]
        pairs[mine] = crowd.unseen(look)
    np.fill_diagonal(pairs, 0)
    return Ranking(wins, pairs)


def _twin(crowd: Crowd, pairs: Floats, attack: int) -> Ranking:
    """Rank the same pairs by models that have seen neither of the two."""
    wins, count = np.zeros_like(pairs), np.zeros_like(pairs)
    for look in [look for look in crowd.scores if isinstance(look, int)]:
        # INVARIANT: the shard that had somebody who was forgotten is asked about, and no witness.
        strange = crowd.shards != look
        both = pairs * strange[:, None] * crowd.unseen(look)[None]
        wins, count = wins + _wins(crowd, look, attack) * both, count + both
    alone = count.sum(1) == 0
    wins[alone] = _wins(crowd, GROUND, attack)[alone] * pairs[alone]
    count[alone] = pairs[alone]
    shares: Floats = np.divide(wins, count, out=np.zeros_like(wins), where=count > 0)
    return Ranking(shares, (count > 0).astype(np.float64))


def _figures(asked: Flags, target: Ranking, twin: Ranking, weights: Floats) -> dict[str, Any]:
    people, others = int(asked.sum()), int((target.pairs[asked].sum(0) > 0).sum())
    facts: dict[str, Any] = {"people": people, "others": others}
    if min(people, others) < FEWEST:
        return facts | {"too_few": True}
    whole = np.vstack([np.ones_like(weights[:1]), weights])
    drawn = whole[:, asked]
    drawn = drawn / drawn.sum(1, keepdims=True)
    here = np.vstack([target.beaten(part)[:, asked] for part in _cut(whole)])
    there = np.vstack([twin.beaten(part)[:, asked] for part in _cut(whole)])
    auc, never = (drawn * here).sum(1), (drawn * there).sum(1)
    difference = auc - never
    spread = float(difference[1:].std())
    p = normal_tail(float(difference[0]) / spread) if spread > 0 else float(difference[0] <= 0)
    return facts | {
        "auc": interval(auc),
        "never_trained": interval(never),
        "difference": interval(difference),
        "p": max(p, least(people, others)),
        "true_positive_rates": [
            {"false_positive_rate": rate}
            | (
                {
                    "here": interval((drawn * (1 - here <= rate + 1e-12)).sum(1)),
                    "never_trained": interval((drawn * (1 - there <= rate + 1e-12)).sum(1)),
                }
                if others * rate >= 1
                else {"needs_others": round(1 / rate)}
            )
            for rate in FALSE_POSITIVE_RATES
        ],
        "roc": [round(float(share), 4) for share in np.sort(1 - here[0])],
        "roc_never_trained": [round(float(share), 4) for share in np.sort(1 - there[0])],
    }


def _cut(weights: Floats) -> list[Floats]:
    return [weights[n : n + _CHUNK] for n in range(0, len(weights), _CHUNK)]


def interval(values: Floats) -> dict[str, float]:
    """Return the value (the first) and the bounds that hold 95 of 100 draws (all others)."""
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return {
        "value": round(float(values[0]), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }
