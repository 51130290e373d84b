"""Figures over groups: who is selected how often, and who stands where in a list.

Selection and scoring rates, impact ratios, the number of unknown category and the exclusion of a
category under 2 % are those of New York City's Local Law 144 (6 RCNY § 5-301). Skew, MinSkew,
MaxSkew and NDKL are those of Geyik, Ambler and Kenthapadi, «Fairness-aware ranking in search &
recommendation systems» (KDD 2019), sections 4.1 and 4.2. Intervals are Wilson's for a rate and
Katz's for a ratio of rates, both at 95 %.

>>> rates = impact({"women": (40, 100), "men": (50, 100)})
>>> [(each.category, each.rate, each.ratio) for each in rates]
[('men', 0.5, 1.0), ('women', 0.4, 0.8)]
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Z = 1.959964
"""The standard normal's 97.5th percentile."""
LEAST_SHARE = 0.02
"""A category with a smaller share of the data may be left out of the impact ratios."""
FEWEST = 10
"""No figure is told of fewer people than this."""
BETWEEN = " / "
"""What stands between the categories of an intersection."""
TOGETHER = "(others)"
"""Where people of categories with fewer than `FEWEST` are counted, together."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of a category were there and were selected. `ratio` is None if it was left out.

    `interval` is that of the rate, `ratio_interval` that of its ratio to the highest rate.
    """

    category: str
    people: int
    selected: int
    rate: float
    interval: tuple[float, float]
    ratio: float | None
    ratio_interval: tuple[float, float] | None
    share: float


@dataclass(frozen=True, slots=True)
class Skew:
    """Where each category stands in the first k: ln(share there / desired share).

    A category with nobody there has a skew of minus infinity.
    """

    k: int
    skews: Mapping[str, float]

    @property
    def least(self) -> float:
        """MinSkew: the worst that happens to any category."""
        return min(self.skews.values())

    @property
    def most(self) -> float:
        """MaxSkew: the best that happens to any."""
        return max(self.skews.values())


def impact(counts: Mapping[str, tuple[int, int]], *, unknown: int = 0) -> tuple[Rate, ...]:
    """Return rates and impact ratios of categories, given how many were selected of how many.

    The highest rate among the categories that are large enough is what the others are compared
    with. `unknown` is how many people there are of no known category: they count as data.
    """
    everybody = sum(people for _, people in counts.values()) + unknown
    present = {name: pair for name, pair in counts.items() if pair[1] > 0}
    large = {name for name, (_, people) in present.items() if people >= LEAST_SHARE * everybody}
    rates = {name: chosen / people for name, (chosen, people) in present.items()}
    best = max(sorted(large), key=lambda name: (rates[name], present[name][1]), default=None)
    found = [_rate(name, present, best if name in large else None, everybody) for name in present]
    return tuple(sorted(found, key=lambda each: (-each.rate, each.category)))


def _rate(
    name: str, counts: Mapping[str, tuple[int, int]], best: str | None, everybody: int
) -> Rate:
    selected, people = counts[name]
    ratio = interval = None
    if best is not None and counts[best][0] > 0:
        ratio = (selected / people) / (counts[best][0] / counts[best][1])
        interval = (1.0, 1.0) if name == best else ratio_interval(counts[name], counts[best])
    rate = selected / people
    around = rate_interval(selected, people)
    return Rate(name, people, selected, rate, around, ratio, interval, people / everybody)


def rate_interval(selected: int, people: int) -> tuple[float, float]:
    """Return Wilson's interval of a rate.

    >>> [round(end, 3) for end in rate_interval(8, 10)]
    [0.49, 0.943]
    """
    rate, z2 = selected / people, Z * Z / people
    centre = (rate + z2 / 2) / (1 + z2)
    half = Z / (1 + z2) * math.sqrt(rate * (1 - rate) / people + z2 / (4 * people))
    return max(0.0, centre - half), min(1.0, centre + half)


def ratio_interval(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float] | None:
    """Return Katz's interval of a ratio of rates; None where nobody was selected.

    >>> [round(end, 2) for end in ratio_interval((40, 100), (50, 100))]
    [0.59, 1.09]
    """
    (a, n), (b, m) = one, other
    if not a or not b:
        return None
    ratio = (a / n) / (b / m)
    spread = math.exp(Z * math.sqrt(max(1 / a - 1 / n + 1 / b - 1 / m, 0.0)))
    return ratio / spread, ratio * spread


def selection(
    pool: Iterable[str], selected: Iterable[str], category: Mapping[str, str]
) -> dict[str, tuple[int, int]]:
    """Count how many of each category are in a pool, and how many of those were selected."""
    chosen = set(selected)
    people: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    for member in pool:
        if member in category:
            people[category[member]] += 1
            taken[category[member]] += member in chosen
    return {name: (taken[name], people[name]) for name in people}


def scoring(scores: Mapping[str, float], category: Mapping[str, str]) -> dict[str, tuple[int, int]]:
    """Count how many of each category score above the median of all whose scores there are."""
    if not scores:
        return {}
    middle = median(scores.values())
    above = (member for member, score in scores.items() if score > middle)
    return selection(scores, above, category)


def intersection(*categories: Mapping[str, str]) -> dict[str, str]:
    """Return the category of each person who has one in all attributes: `women / 25 to 34`."""
    known = set(categories[0]).intersection(*categories[1:])
    return {member: BETWEEN.join(each[member] for each in categories) for member in sorted(known)}


def told(counts: Mapping[str, tuple[int, int]], fewest: int = FEWEST) -> dict[str, tuple[int, int]]:
    """Put small categories together, so that no figure is about fewer than so many people.

    Where those together are still too few, the smallest of the others joins them: else they could
    be worked out from the total. Nothing is told if all together are too few.
    """
    ordered = sorted(counts.items(), key=lambda entry: (entry[1][1], entry[0]))
    together = [entry for entry in ordered if entry[1][1] < fewest]
    rest = ordered[len(together) :]
    while together and rest and sum(people for _, (_, people) in together) < fewest:
        together.append(rest.pop(0))
    kept = dict(rest)
    people = sum(pair[1] for _, pair in together)
    if people >= fewest:
        kept[TOGETHER] = (sum(pair[0] for _, pair in together), people)
    return kept


def shares(members: Iterable[str], category: Mapping[str, str]) -> dict[str, float]:
    """Return the share of each category among those of known category."""
    counts = Counter(category[member] for member in members if member in category)
    total = counts.total()
    return {name: count / total for name, count in sorted(counts.items())}


def skew(ranked: Sequence[str], desired: Mapping[str, float], k: int) -> Skew:
    """Return skew@k of a list of categories, the first first."""
    first = ranked[:k]
    counts = Counter(first)
    return Skew(
        len(first),
        {
            name: math.log(counts[name] / len(first) / share) if counts[name] else -math.inf
            for name, share in desired.items()
            if share > 0
        },
    )


def ndkl(ranked: Sequence[str], desired: Mapping[str, float]) -> float:
    """Return how far the prefixes of a list are from the desired shares, the first ones most.

    The mean over all prefixes of the Kullback-Leibler divergence, weighted 1/log2(i + 1): 0 is the
    desired share in every prefix.
    """
    counts: Counter[str] = Counter()
    total = weight = 0.0
    for place, name in enumerate(ranked, start=1):
        counts[name] += 1
        discount = 1 / math.log2(place + 1)
        weight += discount
        total += discount * _divergence(counts, place, desired)
    return total / weight if weight else 0.0


def _divergence(counts: Counter[str], total: int, desired: Mapping[str, float]) -> float:
    return sum(
        count / total * math.log(count / total / desired[name]) for name, count in counts.items()
    )
