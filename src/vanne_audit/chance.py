"""How likely something is by chance: the few distributions that the audit needs.

>>> round(normal_tail(1.6449), 3), sign_test(5, 0), holm([0.01, 0.04])
(0.05, 0.03125, [0.02, 0.04])
"""

import math
from collections.abc import Sequence


def normal_tail(z: float) -> float:
    """Return the chance that a standard normal number is above z."""
    return math.erfc(z / math.sqrt(2)) / 2


def sign_test(only_here: int, only_there: int) -> float:
    """Return the one-sided p of a paired count (McNemar, exact): more here than there?"""
    pairs = only_here + only_there
    ways = sum(math.comb(pairs, k) for k in range(only_here, pairs + 1))
    return float(ways / 2**pairs)  # of whole numbers: as a float 2**pairs has its limits


def combined(chances: Sequence[float]) -> float:
    """Return one p for several independent ones (Fisher, 1925).

    -2 sum ln p is chi-squared with 2 n degrees of freedom, whose tail is a finite sum.
    """
    half = -sum(map(math.log, chances))
    term = total = 1.0
    for k in range(1, len(chances)):
        term *= half / k
        total += term
    return min(math.exp(-half) * total, 1.0)


def least(some: int, others: int) -> float:
    """Return the smallest p that ranks of so many people can show: 1 of all ways to mix them."""
    return 1 / math.comb(some + others, some)


def holm(chances: Sequence[float]) -> list[float]:
    """Return p values corrected for their number (Holm, 1979): any below 0.05 is one at 5 %."""
    order = sorted(range(len(chances)), key=chances.__getitem__)
    corrected, so_far = [0.0] * len(chances), 0.0
    for done, index in enumerate(order):
        so_far = max(so_far, min(chances[index] * (len(chances) - done), 1.0))
        corrected[index] = so_far
    return corrected
