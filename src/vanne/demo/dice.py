"""Random numbers that can be repeated: the same seed gives the same throws on every Python.

Python promises the sequence of `Random.random()` for a seed across versions, and of no other
method; so every throw here is made from that one. Seeds are texts, which `Random` hashes with
SHA-512, so `PYTHONHASHSEED` has no effect.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """Throws for one thing, named by its seed.

    >>> Dice("a", 1).between(1, 6) == Dice("a", 1).between(1, 6)
    True
    """

    __slots__ = ("_next",)

    def __init__(self, *seed: object) -> None:
        self._next = Random("/".join(map(str, seed))).random

    def chance(self, share: float) -> bool:
        """Say yes in that share of cases."""
        return self._next() < share

    def below(self, limit: int) -> int:
        """Return a whole number from 0 up to, not including, the limit."""
        return int(self._next() * limit)

    def between(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return low + self.below(high - low + 1)

    def choice(self, things: Sequence[T]) -> T:
        """Take one."""
        return things[self.below(len(things))]

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """Return all of them in another order (Fisher and Yates)."""
        order = list(things)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order

    def weighted(self, things: Sequence[T], weights: Sequence[int]) -> T:
        """Take one, each as often as its weight says."""
        throw = self.below(sum(weights))
        for thing, weight in zip(things, weights, strict=True):
            throw -= weight
            if throw < 0:
                return thing
        raise AssertionError("weights are not negative")

    def moment(self, start: datetime, end: datetime) -> datetime:
        """Return a time between the two, to the second; the start if there is nothing between."""
        seconds = max(0, int((end - start).total_seconds()))
        return (start + timedelta(seconds=self.below(seconds + 1))).replace(microsecond=0)

    def day(self, start: date, end: date) -> date:
        """Return a day from start to end, both included."""
        return start + timedelta(days=self.below(max(0, (end - start).days) + 1))


def midnight(day: date) -> datetime:
    """Return the start of a day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
