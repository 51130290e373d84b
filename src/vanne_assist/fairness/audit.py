"""Audit the search for people: is each category of people among the first results equally often?

The measure is the impact ratio of New York City's Local Law 144 (6 RCNY § 5-301): the share of a
category that is among the first `top` results, divided by the highest such share of any category.
Its 95 % interval is Katz's for a ratio of two rates (Biometrics, 1978). The ratio is counted over
all briefs together: figures for one brief, about ten people, would reveal who they are.

People gave the attributes voluntarily. The attributes lie in a CSV file outside the folder of the
search, which never opens it (a test watches the files). No figure is about fewer than `FEWEST`
people: small categories are counted together. A brief that asks for a protected attribute is not
run; it is counted as stopped.

>>> rates = impact({"women": (40, 100), "men": (50, 100)})
>>> [(each.category, each.rate, each.ratio) for each in rates]
[('men', 0.5, 1.0), ('women', 0.4, 0.8)]
"""

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from vanne.errors import InputError, storing
from vanne_assist.brief.parse import read_brief
from vanne_assist.fairness.protected import protected_asks
from vanne_assist.search.find import MOST, find
from vanne_assist.search.index import Index

COLUMNS = ("member_id", "attribute", "value")
"""The columns of a file of attributes: a row for each thing that somebody said."""
FEWEST = 10
"""No figure is about fewer people than this: fewer could be recognised."""
LEAST_SHARE = 0.02
"""A category with a smaller share of the data may be left out of the ratios (§ 5-301 (b))."""
NORMAL_95 = 1.959964
"""The 97.5th percentile of the standard normal distribution: both tails of a 95 % interval."""
OTHERS = "(others)"
"""The name under which categories of fewer than `FEWEST` people are counted together."""
_MOST_BRIEFS = 10_000
"""A sample of so many briefs gives figures that more would not change."""

RateCounts = Mapping[str, tuple[int, int]]
"""For each category: how many of its people were selected, of how many."""
Attributes = Mapping[str, Mapping[str, str]]
"""For each attribute: the category of everybody who said one."""


class CategoryRate(NamedTuple):
    """How many people of a category there were, and how many were selected.

    `ratio` is the impact ratio; it is None if the category was left out.
    """

    category: str
    people: int
    selected: int
    rate: float
    ratio: float | None
    ratio_interval: tuple[float, float] | None
    share: float


def read_attributes(path: Path) -> Attributes:
    """Read a file of attributes.

    Raises:
        InputError: a column is missing, a row is empty, or somebody said two things.
        StorageError: the file cannot be read.
    """
    rows = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    attributes: dict[str, dict[str, str]] = {}
    try:
        missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
        if missing:
            todo = f"it needs {', '.join(COLUMNS)}, with commas between them"
            raise InputError(f"no column `{missing[0]}` in `{path}`", todo=todo)
        for row in rows:
            member, attribute, value = ((row[name] or "").strip() for name in COLUMNS)
            where = f"line {rows.line_num} of `{path}`"
            if not member or not attribute or not value:
                todo = "take out rows of people who said none"
                raise InputError(f"{where} lacks a value", todo=todo)
            if attributes.setdefault(attribute, {}).setdefault(member, value) != value:
                todo = "keep one row for each person and attribute"
                raise InputError(f"{where} says something else than a row before", todo=todo)
    except csv.Error as error:
        raise InputError(f"`{path}` is no CSV: {error}", todo="check its quotes") from error
    return attributes


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


def _text(path: Path) -> str:
    with storing(f"`{path}`"):
        data = path.read_bytes()
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"`{path}` is not UTF-8", todo="save it as UTF-8") from error


def audit_index(
    index: Index, briefs: Sequence[str], attributes: Attributes, at: datetime, *, top: int = 50
) -> dict[str, Any]:
    """Audit an index with briefs. This is a measurement, which shows nobody to anyone.

    Raises:
        InputError: nobody was found.
    """
    lawful = [brief for brief in briefs if not protected_asks(brief)]
    return audit(
        [everybody(index, brief) for brief in lawful],
        attributes,
        {"index": index.made.sha256[:16], "encoder": index.made.encoder},
        at,
        top=top,
        stopped=len(briefs) - len(lawful),
    )


def everybody(index: Index, brief: str, lang: str | None = None) -> list[str]:
    """Return everybody whom a brief finds, the best first."""
    criteria = read_brief(brief, lang)
    ranked: list[str] = []
    while True:
        results = find(index, criteria, count=MOST, offset=len(ranked))
        ranked += [hit.member_id for hit in results.hits]
        if not results.hits or len(ranked) >= results.passed:
            return ranked


def audit(
    lists: Sequence[Sequence[str]],
    attributes: Attributes,
    source: Mapping[str, str],
    at: datetime,
    *,
    top: int = 50,
    stopped: int = 0,
) -> dict[str, Any]:
    """Return the report of an audit of lists of people, the best first, as a document.

    `source` says where the lists are from: the `index` and the `encoder` of the search.

    Raises:
        InputError: the lists hold nobody.
    """
    people = {member for ranked in lists for member in ranked}
    if not people:
        raise InputError("the briefs found nobody", todo="give briefs that find people")
    crossed = {
        f"{one} x {two}": {
            member: f"{attributes[one][member]} / {attributes[two][member]}"
            for member in attributes[one].keys() & attributes[two].keys()
        }
        for one, two in combinations(sorted(attributes), 2)
    }
    measured, intersections = (
        [_measured(name, said[name], lists, people, top) for name in sorted(said)]
        for said in (attributes, crossed)
    )
    return {
        "schema": "vanne/fairness-audit/1",
        "at": at.isoformat(),
        "source": dict(source),
        "briefs": len(lists),
        "stopped": stopped,
        "people": len(people),
        "top": top,
        "fewest": FEWEST,
        "attributes": measured,
        "intersections": intersections,
    }


def _measured(
    name: str, said: Mapping[str, str], lists: Sequence[Sequence[str]], people: set[str], top: int
) -> dict[str, Any]:
    """Return the figures of an attribute, added up over the lists."""
    category = merged(said, people)
    count: Counter[str] = Counter()
    selected: Counter[str] = Counter()
    for ranked in lists:
        count.update(category.get(member, "") for member in ranked)
        selected.update(category.get(member, "") for member in ranked[:top])
    unknown = count.pop("", 0)
    rows = []
    for rate in impact({n: (selected[n], count[n]) for n in count}, unknown=unknown):
        row = {name: _rounded(value) for name, value in rate._asdict().items()}
        is_small = rate.ratio is None and rate.share < LEAST_SHARE
        rows.append(row | ({"left_out": "under 2 % of the data"} if is_small else {}))
    known = len(people & category.keys())
    return {
        "attribute": name,
        "known": known,
        "unknown": len(people) - known,
        "selection": {"unknown": unknown, "categories": rows},
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, tuple):
        return [round(end, 4) for end in value]
    return round(value, 4) if isinstance(value, float) else value


def merged(said: Mapping[str, str], people: Iterable[str]) -> dict[str, str]:
    """Return the category of each of some people, small categories put together.

    If the small categories together are still too few, the smallest of the others joins them: else
    they could be worked out from the total. If everybody together is too few, nothing is returned.
    """
    category = {member: said[member] for member in people if member in said}
    sizes = Counter(category.values())
    ordered = sorted(sizes, key=lambda name: (sizes[name], name))
    small = [name for name in ordered if sizes[name] < FEWEST]
    large = ordered[len(small) :]
    # INVARIANT: no figure is about fewer than `FEWEST` people.
    while small and large and sum(sizes[name] for name in small) < FEWEST:
        small.append(large.pop(0))
    if sum(sizes[name] for name in small) < FEWEST and not large:
        return {}
    return {member: OTHERS if name in small else name for member, name in category.items()}


def impact(counts: RateCounts, *, unknown: int = 0) -> tuple[CategoryRate, ...]:
    """Return rates and impact ratios of categories, the highest rate first.

    The others are compared with the highest rate among the categories that are large enough.
    `unknown` is how many people have no known category: they count as data.
    """
    data = sum(people for _, people in counts.values()) + unknown
    present = {name: pair for name, pair in counts.items() if pair[1] > 0}
    large = {name for name, (_, people) in present.items() if people >= LEAST_SHARE * data}
    rates = {name: selected / people for name, (selected, people) in present.items()}
    best = max(sorted(large), key=lambda name: (rates[name], present[name][1]), default="")
    categories = []
    for name, (selected, people) in present.items():
        ratio = interval = None
        if name in large and rates[best] > 0:
            ratio, interval = rates[name] / rates[best], (1.0, 1.0)
            if name != best:
                interval = ratio_interval((selected, people), present[best])
        share = people / data
        categories.append(CategoryRate(name, people, selected, rates[name], ratio, interval, share))
    return tuple(sorted(categories, key=lambda each: (-each.rate, each.category)))


def ratio_interval(one: tuple[int, int], other: tuple[int, int]) -> tuple[float, float] | None:
    """Return Katz's 95 % interval of a ratio of rates; None where nobody was selected.

    >>> [round(end, 2) for end in ratio_interval((40, 100), (50, 100))]
    [0.59, 1.09]
    """
    (a, n), (b, m) = one, other
    if not a or not b:
        return None
    ratio = (a / n) / (b / m)
    spread = math.exp(NORMAL_95 * math.sqrt(max(1 / a - 1 / n + 1 / b - 1 / m, 0.0)))
    return ratio / spread, ratio * spread
