"""A year of a model that forgets: what serves at each hour, what is trained, who waits how long.

Nothing is trained: a slice costs its tokens. The state of a model is, for each shard, from which
slice on it does not serve and from which on it must be trained again. Time goes in hours. Members
are placed by a hash; an item of somebody else in which a member is lies in the last slice of that
person's shard. `tests/benchmarks` compares this with what `vanne forget` trains.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
HOURS = 24
START = 1  # o'clock, when a night begins


@dataclass(frozen=True, slots=True)
class Network:
    """The people. `tokens` is (members,), of their own items.

    Each member is in `others` items of other people on average, which hold as many tokens as
    `share_of_others` of the corpus.
    """

    tokens: Floats
    others: float
    share_of_others: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """When what is done, on a machine that trains everything in `full_hours`.

    With `at_once`, what is clean serves an hour after an opt-out; else the model before serves
    until the training has ended (a swap). A training is begun every so many nights, for `hours` at
    most; with `due_days`, when the oldest opt-out has waited so long.
    """

    name: str
    full_hours: float
    at_once: bool = False
    every: int = 1
    hours: float = 24.0
    due_days: int | None = None


@dataclass(slots=True)
class Year:
    """What happened.

    `serves` is the share of the corpus that served in each hour, `work` each training in trainings
    of everything, `leavers` how many left with the version that it made, `waits` the hours from
    each opt-out until no model held it.
    """

    serves: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)
    leavers: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Night:
    """The hours in which may be trained: the first at which nothing is, and the end."""

    begins: int
    ends: float


class ModelState:
    """The tokens of each slice: `held` is (shards, slices).

    `clean` and `dirty` are (shards,): from which slice on a shard does not serve, and from which on
    it must be trained again.
    """

    def __init__(self, held: Floats) -> None:
        self.held, self.slices = held, held.shape[1]
        self.clean = np.full(len(held), self.slices)
        self.dirty = self.clean.copy()
        self.whole = float(held.sum())

    def lose(self, shards: Ints, parts: Ints, tokens: Floats) -> None:
        """Take tokens out."""
        np.subtract.at(self.held, (shards, parts), tokens)
        np.maximum(self.held, 0, out=self.held)
        np.minimum.at(self.dirty, shards, parts)

    def go_back(self) -> None:
        """Serve what is clean alone."""
        np.minimum(self.clean, self.dirty, out=self.clean)

    def serves(self) -> float:
        """Return the share of the corpus that serves."""
        inside = np.arange(self.slices)[None] < self.clean[:, None]
        return float(self.held[inside].sum() / self.held.sum())

    def train(self, most: float) -> float:
        """Train the shortest chains first, up to so many tokens; return how many it were."""
        again = np.arange(self.slices)[None] >= self.dirty[:, None]
        costs = np.where(again, self.held, 0).sum(1)
        order = np.argsort(costs, kind="stable")
        done = order[costs[order].cumsum() <= most]
        self.dirty[done] = self.clean[done] = self.slices
        return float(costs[done].sum())


def simulate(
    network: Network,
    shards: int,
    slices: int,
    leavers: Ints,
    schedule: Schedule,
    dice: np.random.Generator,
) -> Year:
    """Let days pass on each of which so many leave: (days,)."""
    members, others = len(network.tokens), network.share_of_others
    shard, part = dice.integers(0, shards, members), dice.integers(0, slices, members)
    own = network.tokens / network.tokens.sum() * (1 - others)
    held = np.zeros((shards, slices))
    np.add.at(held, (shard, part), own)
    np.add.at(held, (shard, np.full(members, slices - 1)), others / members)
    model, year, staying = ModelState(held), Year(), dice.permutation(members)
    waiting, queue, night = list[int](), list[int](), _Night(0, 0.0)
    for now, count in _hours(leavers, dice):
        who, staying = staying[:count], staying[count:]
        waiting += [now] * count
        queue += [now] * count
        model.lose(shard[who], part[who], own[who])
        inside = int(dice.poisson(network.others * count))
        each = np.full(inside, others / members / max(network.others, 1e-9))
        model.lose(dice.integers(0, shards, inside), np.full(inside, slices - 1), each)
        if schedule.at_once:
            model.go_back()
            year.waits += [1.0] * count
            queue = []
        if now % HOURS == START and _is_time(schedule, now, waiting):
            night = _Night(now, now + schedule.hours)
        if waiting and night.begins <= now < night.ends:  # again for who came during a training
            left = (night.ends - now) / schedule.full_hours * model.whole
            spent = model.train(left) / model.whole
            model.go_back()  # what does not fit into the hours
            year.work.append(spent)
            year.leavers.append(len(waiting))
            end = now + spent * schedule.full_hours
            year.waits += [end - asked for asked in queue]
            night, waiting, queue = _Night(math.ceil(end), night.ends), [], []
        year.serves.append(model.serves())
    return year


def _is_time(schedule: Schedule, now: int, waiting: list[int]) -> bool:
    if schedule.due_days is not None:
        return bool(waiting) and now - waiting[0] >= HOURS * schedule.due_days
    return now // HOURS % schedule.every == 0


def _hours(leavers: Ints, dice: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Give each hour with how many leave in it."""
    for day, count in enumerate(leavers.tolist()):
        hours = np.bincount(dice.integers(0, HOURS, count), minlength=HOURS)
        yield from ((HOURS * day + hour, int(hours[hour])) for hour in range(HOURS))
