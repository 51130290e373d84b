"""Compare two arms of which only sums by bucket are kept.

Occasions of one person are alike, so they are no independent draws; people are. Each person is in
one of 20 buckets of an arm, drawn by a keyed hash, and a bucket's sums are one draw. The rate of an
arm is a ratio of sums (occasions with a result to occasions; seconds to results); its variance is
that of the buckets' residuals, linearised (the delta method for ratio metrics: Deng, Knoblich and
Lu, 2018; Cochran, «Sampling techniques», 1977, 6.3). Two arms are compared as Welch (1947) does.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

BUCKETS = 20
"""Of each arm. So few that each holds several people, so many that t is not far from normal."""

Bucket = tuple[int, int]
"""Occasions, and what came of them: how many had a result, or the sum of their seconds."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval. `variance` is that of the figure, `df` its degrees of freedom."""

    value: float
    low: float
    high: float
    variance: float
    df: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both arms, and the second less the first."""

    usual: Estimate
    other: Estimate
    difference: Estimate

    @property
    def is_found(self) -> bool:
        """Whether the interval of the difference leaves nothing out."""
        return self.difference.low > 0 or self.difference.high < 0


def compare(
    usual: Sequence[Bucket], other: Sequence[Bucket], confidence: float
) -> Comparison | None:
    """Compare two arms; None if a bucket of one is empty: that is too few people."""
    if any(len(arm) < BUCKETS or any(n == 0 for n, _ in arm) for arm in (usual, other)):
        return None
    first, second = rate(usual, confidence), rate(other, confidence)
    variance = first.variance + second.variance
    parts = first.variance**2 / first.df + second.variance**2 / second.df
    df = variance**2 / parts if parts else first.df + second.df
    return Comparison(
        first, second, _estimate(second.value - first.value, variance, df, confidence)
    )


def rate(buckets: Sequence[Bucket], confidence: float) -> Estimate:
    """Return the rate of one arm."""
    occasions, total = (math.fsum(column) for column in zip(*buckets, strict=True))
    value, mean = total / occasions, occasions / len(buckets)
    residuals = [(t - value * n) / mean for n, t in sorted(buckets)]
    df = len(buckets) - 1
    variance = math.fsum(r * r for r in residuals) / df / len(buckets)
    return _estimate(value, variance, df, confidence)


def _estimate(value: float, variance: float, df: float, confidence: float) -> Estimate:
    reach = quantile((1 + confidence) / 2, df) * math.sqrt(variance)
    return Estimate(value, value - reach, value + reach, variance, df)


def quantile(p: float, df: float) -> float:
    """Return the quantile of Student's t (Abramowitz and Stegun, 26.7.5; good from 10 df on).

    >>> [round(quantile(0.975, df), 3) for df in (19, 38, 1e9)]
    [2.093, 2.024, 1.96]
    """
    z = NormalDist().inv_cdf(p)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return math.fsum(term / df**power for power, term in enumerate(terms))


def needed(effect: float, spreads: tuple[float, float], confidence: float, power: float) -> int:
    """Return how many independent occasions each arm needs, two-sided, with as many in both.

    `spreads` are the standard deviations of one occasion in each arm, in the unit of the effect.

    >>> needed(0.05, (0.4899, 0.4975), 0.95, 0.80)
    1613
    """
    df = 2 * (BUCKETS - 1)
    reach = quantile((1 + confidence) / 2, df) + quantile(power, df)
    return math.ceil(reach**2 * (spreads[0] ** 2 + spreads[1] ** 2) / effect**2)
