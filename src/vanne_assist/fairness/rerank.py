"""Put a list into an order in which no prefix has too few of a category: declared, off by default.

The four algorithms of Geyik, Ambler and Kenthapadi (KDD 2019, section 4.3). Each keeps the order
within a category, and keeps at every place k at least floor(k x share) and, while it can, at most
ceil(k x share) of each. DetGreedy takes the best score that may come next; DetCons the category
whose next minimum is nearest; DetRelaxed the best score among those whose minimum is equally near;
DetConstSort, the only one that keeps every minimum for any number of categories, moves a person up
as far as those above can spare it. People of unknown category are a category of their own.

A search that is reranked keeps both orders, and its record says under which rule.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Algorithm(StrEnum):
    """How the next person is chosen."""

    GREEDY = "det-greedy"
    CONSERVATIVE = "det-cons"
    RELAXED = "det-relaxed"
    CONSTRAINED_SORT = "det-const-sort"


UNKNOWN = "(unknown)"
"""The category of people who said none."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A person in a list, with their score and category."""

    member_id: str
    score: float
    category: str


Queues = dict[str, list[Scored]]
Pick = Callable[[int, set[str], Queues, Mapping[str, float]], str]


def rerank(
    ranked: Sequence[Scored], desired: Mapping[str, float], algorithm: Algorithm, top: int
) -> tuple[Scored, ...]:
    """Return the list with its first `top` places by the desired shares; the rest stays in order.

    Categories that `desired` does not name have a share of zero: they come where nobody must.
    """
    top = min(top, len(ranked))
    queues: Queues = {name: [] for name in desired}
    for person in ranked:
        queues.setdefault(person.category, []).append(person)
    wanted = {name: desired.get(name, 0.0) for name in queues}
    if algorithm is Algorithm.CONSTRAINED_SORT:
        first = _constrained_sort(queues, wanted, top)
    else:
        first = _one_by_one(queues, wanted, top, _PICKS[algorithm])
    taken = {person.member_id for person in first}
    return (*first, *(person for person in ranked if person.member_id not in taken))


def least(k: int, share: float) -> int:
    """Return how many of a category the first k must have: rounding errors add nobody.

    >>> least(10, 0.3), least(100, 0.29)
    (3, 29)
    """
    return math.floor(k * share + 1e-9)


def most(k: int, share: float) -> int:
    """Return how many of a category the first k may have."""
    return math.ceil(k * share - 1e-9)


def _one_by_one(queues: Queues, wanted: Mapping[str, float], top: int, pick: Pick) -> list[Scored]:
    left = {name: list(queue) for name, queue in queues.items()}
    counts: Counter[str] = Counter()
    chosen: list[Scored] = []
    for k in range(1, top + 1):
        there = {name for name, queue in left.items() if queue}
        below = {name for name in there if counts[name] < least(k, wanted[name])}
        allowed = {name for name in there if counts[name] < most(k, wanted[name])}
        name = _best(k, below, left, wanted) if below else pick(k, allowed or there, left, wanted)
        chosen.append(left[name].pop(0))
        counts[name] += 1
    return chosen


def _best(k: int, names: set[str], left: Queues, wanted: Mapping[str, float]) -> str:
    """Return the category of whom the next has the best score."""
    return min(names, key=lambda name: (-left[name][0].score, name))


def _nearest(k: int, names: set[str], left: Queues, wanted: Mapping[str, float]) -> str:
    """Return the category whose next minimum comes first."""
    return min(names, key=lambda name: (_due(k, wanted[name]), -left[name][0].score, name))


def _about_nearest(k: int, names: set[str], left: Queues, wanted: Mapping[str, float]) -> str:
    """Return the best of the categories whose next minimum comes at the first whole place."""
    return min(names, key=lambda name: (_whole(_due(k, wanted[name])), -left[name][0].score, name))


def _due(k: int, share: float) -> float:
    return most(k, share) / share if share > 0 else math.inf


def _whole(place: float) -> float:
    return math.ceil(place - 1e-9) if math.isfinite(place) else place


_PICKS: dict[Algorithm, Pick] = {
    Algorithm.GREEDY: _best,
    Algorithm.CONSERVATIVE: _nearest,
    Algorithm.RELAXED: _about_nearest,
}


def _constrained_sort(queues: Queues, wanted: Mapping[str, float], top: int) -> list[Scored]:
    left = {name: list(queue) for name, queue in queues.items()}
    counts: Counter[str] = Counter()
    placed: list[tuple[Scored, int]] = []  # with the last place, from 1, where a minimum is kept
    k = 0
    while len(placed) < top and any(left.values()):
        k += 1
        due = [
            name for name, queue in left.items() if queue and counts[name] < least(k, wanted[name])
        ]
        if not due and not any(queue and wanted[name] > 0 for name, queue in left.items()):
            due = [_best(k, {name for name, queue in left.items() if queue}, left, wanted)]
        for name in sorted(due, key=lambda name: (-left[name][0].score, name)):
            placed.append((left[name].pop(0), k))
            counts[name] += 1
            _move_up(placed)
    return [person for person, _ in placed[:top]]


def _move_up(placed: list[tuple[Scored, int]]) -> None:
    """Move the last person up past lower scores that may stand one place further down."""
    place = len(placed) - 1
    while place > 0:
        (above, limit), (person, _) = placed[place - 1], placed[place]
        # INVARIANT: nobody moves below the place where their category needs them.
        if limit < place + 1 or above.score >= person.score:
            return
        placed[place - 1], placed[place] = placed[place], placed[place - 1]
        place -= 1
