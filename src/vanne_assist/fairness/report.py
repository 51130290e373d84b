"""Audit a search: run many briefs, and say who is found how often and how high.

Over all briefs together: of a category, how often its people were among those who could have been
found, how often among the first `top`, and how often above the median score, with impact ratios as
Local Law 144 lays them out; and the mean over the briefs of MinSkew, MaxSkew and NDKL against the
shares of those who could have been found. Per brief nothing is told: a list of ten would tell who.
A category with fewer than ten people joins others. A brief that asks for a protected attribute is
not run: it is counted as stopped.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

from vanne.errors import InputError, storing
from vanne_assist.fairness import measures
from vanne_assist.fairness.attributes import Attributes
from vanne_assist.fairness.measures import Rate, told
from vanne_assist.fairness.protected import asked

FIRST = (10, 25, 50)
"""Where in a list the skews are measured."""
_MOST_BRIEFS = 10_000
Ranked = Sequence[tuple[str, float]]
"""Everybody who was found, with the score, the best first."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a brief found."""

    brief: str
    ranked: Ranked


@dataclass(frozen=True, slots=True)
class Source:
    """Where lists came from: the search's index and encoder, or the name of another search."""

    index: str
    encoder: str


def read_briefs(path: Path) -> list[str]:
    """Read a file with one brief a line.

    Raises:
        InputError: it is empty, too long or not UTF-8.
    """
    briefs = [line.strip() for line in _text(path).splitlines() if line.strip()]
    if not briefs:
        raise InputError(f"no brief in `{path}`", todo="write one a line")
    if len(briefs) > _MOST_BRIEFS:
        raise InputError(f"more than {_MOST_BRIEFS:,} briefs in `{path}`", todo="take a sample")
    return briefs


def read_listings(path: Path) -> list[Listing]:
    """Read lists of any search: JSON Lines with `brief` and `ranked`, pairs of id and score.

    Raises:
        InputError: a line is something else.
    """
    listings = []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if line.strip():
            listings.append(_listing(line, f"line {number} of `{path}`"))
    if not listings:
        raise InputError(f"no list in `{path}`", todo="write one a line")
    return listings


def listings_of(briefs: Iterable[str], find: Callable[[str], Ranked]) -> tuple[list[Listing], int]:
    """Run briefs; return what they found, and how many were stopped for what they ask."""
    lawful, stopped = [], 0
    for brief in briefs:
        if asked(brief):
            stopped += 1
        else:
            lawful.append(Listing(brief, find(brief)))
    return lawful, stopped


def audit(
    listings: Sequence[Listing],
    attributes: Attributes,
    source: Source,
    at: datetime,
    *,
    top: int = 50,
    stopped: int = 0,
) -> dict[str, Any]:
    """Return the report of an audit, as a document.

    Raises:
        InputError: the lists hold nobody.
    """
    people = {member for listing in listings for member, _ in listing.ranked}
    if not people:
        raise InputError("the briefs found nobody", todo="give briefs that find people")
    categories = {name: dict(attributes.of[name]) for name in attributes.names}
    crossed = {
        f"{one} x {two}": measures.intersection(categories[one], categories[two])
        for one, two in combinations(categories, 2)
    }
    return {
        "schema": "vanne/fairness-audit/1",
        "at": at.isoformat(),
        "source": asdict(source),
        "briefs": len(listings),
        "stopped": stopped,
        "people": len(people),
        "top": top,
        "fewest": measures.FEWEST,
        "attributes": [_about(n, c, listings, people, top) for n, c in categories.items()],
        "intersections": [_about(n, c, listings, people, top) for n, c in crossed.items()],
    }


def _about(
    name: str,
    said: Mapping[str, str],
    listings: Sequence[Listing],
    people: set[str],
    top: int,
) -> dict[str, Any]:
    category = merged(said, people)
    known = len(people & category.keys())
    return {
        "attribute": name,
        "known": known,
        "unknown": len(people) - known,
        "selection": _rates(_selected(listings, top), category),
        "scoring": _rates(_above_median(listings), category),
        "ranking": [_ranking(listings, category, k) for k in FIRST],
    }


def merged(category: Mapping[str, str], people: Iterable[str]) -> dict[str, str]:
    """Return the categories of the people that figures may name: small ones are put together."""
    there = {member: category[member] for member in people if member in category}
    counts = Counter(there.values())
    names = told({name: (0, count) for name, count in counts.items()})
    if not names:
        return {}
    return {m: name if name in names else measures.TOGETHER for m, name in there.items()}


Chosen = Iterator[tuple[Sequence[str], Sequence[str]]]


def _selected(listings: Sequence[Listing], top: int) -> Chosen:
    """Yield of each brief everybody who was found, and those who stand among the first."""
    for listing in listings:
        members = [member for member, _ in listing.ranked]
        yield members, members[:top]


def _above_median(listings: Sequence[Listing]) -> Chosen:
    for listing in listings:
        if listing.ranked:
            middle = median(score for _, score in listing.ranked)
            above = [member for member, score in listing.ranked if score > middle]
            yield [member for member, _ in listing.ranked], above


def _rates(chosen: Chosen, category: Mapping[str, str]) -> dict[str, Any]:
    """Add up over the briefs; return the rates, and how often a category was unknown."""
    people: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    unknown = 0
    for pool, selected in chosen:
        for name, (some, of) in measures.selection(pool, selected, category).items():
            people[name] += of
            taken[name] += some
        unknown += sum(member not in category for member in pool)
    rates = measures.impact({n: (taken[n], people[n]) for n in people}, unknown=unknown)
    return {"unknown": unknown, "categories": [_row(rate) for rate in rates]}


def _row(rate: Rate) -> dict[str, Any]:
    row = {key: _rounded(value) for key, value in asdict(rate).items()}
    if rate.ratio is None and rate.share < measures.LEAST_SHARE:
        row["left_out"] = "under 2 % of the data"
    return row


def _ranking(listings: Sequence[Listing], category: Mapping[str, str], k: int) -> dict[str, Any]:
    """Return the means over the briefs of how far the first k are from those who were found."""
    least, most, distances, absent = [], [], [], 0
    for listing in listings:
        known = [category[member] for member, _ in listing.ranked if member in category]
        if len(known) <= k:
            continue
        counts = Counter(known)
        desired = {name: count / len(known) for name, count in counts.items()}
        skew = measures.skew(known, desired, k)
        absent += not math.isfinite(skew.least)
        least += [skew.least] if math.isfinite(skew.least) else []
        most.append(skew.most)
        distances.append(measures.ndkl(known[:k], desired))
    return {
        "k": k,
        "briefs": len(distances),
        "briefs_where_a_category_is_absent": absent,
        "min_skew": _mean(least),
        "max_skew": _mean(most),
        "ndkl": _mean(distances),
    }


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4)
    return [_rounded(each) for each in value] if isinstance(value, tuple) else value


def _text(path: Path) -> str:
    with storing(f"`{path}`"):
        data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"`{path}` is not UTF-8", todo="save it as UTF-8") from error


def _listing(line: str, where: str) -> Listing:
    todo = 'write {"brief": "...", "ranked": [["id", 0.83], ...]}'
    try:
        entry = json.loads(line)
        ranked = [(str(member), float(score)) for member, score in entry["ranked"]]
        brief = str(entry["brief"])
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(f"{where} is no list", todo=todo) from error
    if not all(math.isfinite(score) for _, score in ranked):
        raise InputError(f"{where} has a score that is no number", todo=todo)
    return Listing(brief, sorted(ranked, key=lambda entry: -entry[1]))
