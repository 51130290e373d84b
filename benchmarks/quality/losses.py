"""The losses of a model on texts of people, and how sure a mean of them is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Losses:
    """Per text the summed loss (nats) and the number of tokens that were predicted."""

    sums: Floats
    counts: Floats

    @classmethod
    def of(cls, rows: Sequence[Any]) -> Self:
        """Take the loss of every token of each text."""
        sums = [float(row.sum()) for row in rows]
        return cls(np.array(sums), np.array([len(row) for row in rows], float))

    def mean(self) -> float:
        """Return nats per token over all texts."""
        return float(self.sums.sum() / self.counts.sum())


def interval(losses: Losses, owners: Sequence[str], against: Losses | None = None) -> list[float]:
    """Return the 95 % interval of the loss, or of its ratio to another's, over resampled people.

    People and not texts are drawn: the texts of one person resemble one another.
    """
    numbers = np.unique(list(owners), return_inverse=True)[1]
    people = int(numbers.max()) + 1
    draws = np.random.default_rng(0).integers(0, people, (RESAMPLES, people))

    def resampled(one: Losses) -> Floats:
        sums, counts = np.bincount(numbers, one.sums), np.bincount(numbers, one.counts)
        drawn: Floats = sums[draws].sum(axis=1) / counts[draws].sum(axis=1)
        return drawn

    values = resampled(losses) / (resampled(against) if against else 1.0)
    return [float(value) for value in np.percentile(values, (2.5, 97.5))]
