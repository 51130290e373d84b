"""Where members and their items could be put; each way says the slice of every item.

The shard is always a hash of the owner. None of these is told who leaves but `late`, whose scores
know as much as their AUC says, and the two that know the future, which are there as bounds.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from benchmarks.placement.rates import DAYS
from benchmarks.placement.year import NEVER, Events, Ints, Items, batches, cut, gone, scores, table
from numpy.typing import NDArray

MONTH = 30  # days


@dataclass(frozen=True, slots=True)
class Year:
    """A network, its grid, who leaves on which day, and the dice of one round."""

    items: Items
    shards: int
    slices: int
    days: Ints  # (members,) the day on which each leaves, or NEVER
    seed: int

    @property
    def leaves(self) -> NDArray[np.bool_]:
        """Say who leaves within the year."""
        return self.days < NEVER

    @property
    def shard(self) -> Ints:
        """Return the shard of every item."""
        return self.dice(1).integers(0, self.shards, self.items.members)[self.items.owner]

    @property
    def hashed(self) -> Ints:
        """Return the slice of every member by a hash."""
        return self.dice(2).integers(0, self.slices, self.items.members)

    def dice(self, what: int) -> np.random.Generator:
        """Return the dice for something: the same whatever else was thrown before."""
        return np.random.default_rng((self.seed, what))

    def shared_last(self, member_slice: Ints) -> Ints:
        """Return the slice of every item: of its owner, the last for what others can take out."""
        part = member_slice[self.items.owner]
        return np.where(self.items.other >= 0, self.slices - 1, part)


Place = Callable[[Year], Ints]


def hashed(year: Year) -> Ints:
    """Put members by a hash, what several people can take out last: what Vanne does."""
    return year.shared_last(year.hashed)


def plain(year: Year) -> Ints:
    """Put members by a hash, and everything of theirs with them."""
    return year.hashed[year.items.owner]


def late(auc: float) -> Place:
    """Put those last who are likely to leave (the idea of S3T, arXiv 2406.16257)."""
    return lambda year: year.shared_last(cut(scores(year.leaves, auc, year.dice(3)), year.slices))


def newest(year: Year) -> Ints:
    """Put items by their age: the year's own in the last slice, the older ones in the others."""
    old = np.minimum(cut(year.items.made, max(year.slices - 1, 1)), year.slices - 1)
    by_age = np.where(year.items.made >= 0, year.slices - 1, old)
    return np.where(year.items.other >= 0, year.slices - 1, by_age)


def in_order(year: Year) -> Ints:
    """Put leavers last, and of them the first to leave last of all: nobody can know this."""
    late_first = np.where(year.leaves, 2 * DAYS - year.days, 0)
    rank = np.argsort(np.argsort(late_first + year.dice(4).random(len(late_first))))
    return year.shared_last(rank * year.slices // len(rank))


PLACES: dict[str, Place] = {
    "hash": hashed,
    "hash, shared items with their owner": plain,
    "newest items last": newest,
    "likely leavers last, AUC 0.5": late(0.5),
    "likely leavers last, AUC 0.6": late(0.6),
    "likely leavers last, AUC 0.7": late(0.7),
    "likely leavers last, AUC 0.8": late(0.8),
    "likely leavers last, AUC 0.9": late(0.9),
    "who leaves is known": late(1.0),
    "who leaves when is known": in_order,
}


def events(year: Year, place: Place, cadence: str, moves: float = 0.0) -> tuple[Ints, Events]:
    """Return what is in each slice when the year begins, and all that changes in it.

    `moves` is the share of those who stay that changes slice once, on some day, because a fact
    about them changed by which they were placed.
    """
    part, shard, items = place(year), year.shard, year.items
    batch = gone(items, batches(year.days, cadence))
    held = table(shard, part, items.tokens, (year.shards, year.slices))
    out = batch < NEVER
    found = Events(batch[out], shard[out], part[out], -items.tokens[out])
    return held, found + _moved(year, part, moves, cadence) if moves else found


def _moved(year: Year, part: Ints, moves: float, cadence: str) -> Events:
    dice, items = year.dice(5), year.items
    who = (dice.random(items.members) < moves) & ~year.leaves
    days = np.where(who, dice.integers(0, DAYS, items.members), NEVER)
    new = dice.integers(0, year.slices, items.members)[items.owner]
    going = gone(items, batches(year.days, cadence))  # with somebody else in it who leaves
    there = who[items.owner] & (items.other < 0) & (new != part) & (going == NEVER)
    batch, shard = batches(days, cadence)[items.owner][there], year.shard[there]
    away = Events(batch, shard, part[there], -items.tokens[there])
    return away + Events(batch, shard, new[there], items.tokens[there])


def grown(year: Year, place: Place, nights: int) -> tuple[Ints, Events]:
    """Return the same for a network to which new items come in every `MONTH` days.

    Who leaves is taken out every so many nights, and at once with the new items where both are due.
    """
    part, shard, items = place(year), year.shard, year.items
    old = items.made < 0
    comes = np.where(old, -1, (items.made // MONTH + 1) * MONTH)
    leaves = gone(items, np.where(year.leaves, (year.days // nights + 1) * nights, NEVER))
    held = table(shard[old], part[old], items.tokens[old], (year.shards, year.slices))
    out = (leaves < NEVER) & (old | (leaves > comes))
    into = ~old & (leaves > comes)
    away = Events(leaves[out], shard[out], part[out], -items.tokens[out])
    return held, away + Events(comes[into], shard[into], part[into], items.tokens[into])
