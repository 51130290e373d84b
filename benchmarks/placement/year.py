"""What a year of changes costs a model of shards and slices, without training it.

Training a slice costs its tokens, so what is trained again in a night follows from which slices
changed: in each shard all from the first changed one on, with what is left in them. An item that
goes away, comes in or moves is an event; nothing else is needed. `tests/benchmarks` compares this
with what `vanne.forget` really trains.
"""

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
NEVER = 10**6
DUE_DAYS = 30
CADENCES = ("nightly", "weekly", "when due")


@dataclass(frozen=True, slots=True)
class Items:
    """The items that may be used: (items,) arrays; members are numbered from nought.

    `other` is somebody else who can take it out, or -1; `made` is a day, the year begins at nought.
    """

    owner: Ints
    other: Ints
    tokens: Ints
    made: Ints
    members: int

    def before(self) -> "Items":
        """Return those that were there when the year began."""
        return self.of(self.made < 0)

    def of(self, which: NDArray[np.bool_]) -> "Items":
        """Return some of them."""
        parts = (self.owner, self.other, self.tokens, self.made)
        return Items(*(part[which] for part in parts), self.members)


@dataclass(frozen=True, slots=True)
class Events:
    """What changes: in which batch, shard and slice, and by how many tokens. (events,) arrays."""

    batch: Ints
    shard: Ints
    slice: Ints
    tokens: Ints

    def __add__(self, other: "Events") -> "Events":
        """Return both."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in self.__slots__)
        return Events(*(np.concatenate(pair) for pair in pairs))


def table(shard: Ints, part: Ints, tokens: Ints, shape: tuple[int, int]) -> Ints:
    """Return how many tokens are in each slice: (shards, slices)."""
    held = np.zeros(shape, np.int64)
    np.add.at(held, (shard, part), tokens)
    return held


def costs(held: Ints, events: Events) -> Ints:
    """Return the tokens that are trained in each batch with an event: (batches,).

    `held` is (shards, slices) and is brought up to date.
    """
    order = np.argsort(events.batch, kind="stable")
    batch, shard, part, tokens = (getattr(events, name)[order] for name in Events.__slots__)
    _, starts = np.unique(batch, return_index=True)
    spent = np.zeros(len(starts), np.int64)
    ends = np.append(starts, len(batch))[1:]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        where = slice(start, end)
        np.add.at(held, (shard[where], part[where]), tokens[where])
        first = np.full(len(held), held.shape[1])
        np.minimum.at(first, shard[where], part[where])
        again = np.arange(held.shape[1])[None] >= first[:, None]
        spent[number] = held[again].sum()
    return spent


def alone(held: Ints, items: Items, shard: Ints, part: Ints) -> NDArray[np.float64]:
    """Return what each person costs who leaves alone, as a share of a full training: (people,).

    In every shard that holds an item of theirs, or one of somebody else with them in it, everything
    from the first such slice on is trained again, without those items.
    """
    after = held[:, ::-1].cumsum(1)[:, ::-1]
    others = items.other >= 0
    who = np.concatenate([items.owner, items.other[others]])
    where, first, own = (np.concatenate([a, a[others]]) for a in (shard, part, items.tokens))
    pairs, place = np.unique(who * len(held) + where, return_inverse=True)
    earliest = np.full(len(pairs), held.shape[1])
    np.minimum.at(earliest, place, first)
    again = after[pairs % len(held), earliest] - np.bincount(place, own)
    _, person = np.unique(pairs // len(held), return_inverse=True)
    return np.bincount(person, again) / held.sum()


def batches(days: Ints, cadence: str) -> Ints:
    """Return in which batch each request of a day is done: numbers that grow with time.

    `when due`: nothing is done until the oldest request has waited `DUE_DAYS`, then all at once.
    """
    step = {"nightly": 1, "weekly": 7}.get(cadence)
    if step:
        return np.where(days < NEVER, days // step, NEVER)
    found, end = np.full(len(days), NEVER), -1
    for day in np.unique(days[days < NEVER]):
        end = day + DUE_DAYS if day > end else end
        found[days == day] = end
    return found


def gone(items: Items, batch_of_member: Ints) -> Ints:
    """Return in which batch each item goes: when its owner or the other one in it leaves."""
    other = np.where(items.other >= 0, batch_of_member[items.other], NEVER)
    return np.minimum(batch_of_member[items.owner], other)


def minimum(shards: float, slices: float) -> float:
    """Return the expected share for one member, all members alike, evenly spread: (L + 1) / 2LS.

    >>> minimum(4, 4)
    0.15625
    """
    return (1 + 1 / slices) / (2 * shards)


def scores(leaves: NDArray[np.bool_], auc: float, dice: np.random.Generator) -> NDArray[np.float64]:
    """Return one number a member that tells leavers from others as well as `auc` says.

    Two normal distributions of width one, whose centres are sqrt(2) * quantile(auc) apart.
    """
    if auc >= 1:
        return leaves + dice.random(len(leaves)) / 2
    return dice.normal(size=len(leaves)) + leaves * sqrt(2) * NormalDist().inv_cdf(auc)


def cut(values: NDArray[np.float64] | Ints, slices: int) -> Ints:
    """Return the slice of each value: the highest in the last, about as many in each."""
    edges = np.quantile(values, np.arange(1, slices) / slices)
    return np.searchsorted(edges, values, side="right")
