"""Says what is wrong with criteria: contradictions, places that are not known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from vanne_assist.brief.criteria import Brief, Criterion, Kind
from vanne_assist.brief.language import is_foreign
from vanne_assist.brief.place_spans import unknown_places
from vanne_assist.brief.places import near_names
from vanne_assist.brief.spelling import slips
from vanne_assist.brief.text import split

Trouble = Literal[
    "wanted-and-not",
    "years-apart",
    "place-unknown",
    "slip",
    "language-unknown",
    "nothing-understood",
    "criterion-empty",
    "no-language",
]


@dataclass(frozen=True, slots=True)
class BriefNotice:
    """What is wrong, the words that it is about, and what may have been meant."""

    trouble: Trouble
    said: tuple[str, ...]
    near: tuple[str, ...] = ()


def notices_of(brief: Brief) -> tuple[BriefNotice, ...]:
    """Return what is wrong with a brief: it is told, and the search goes on without it."""
    found = [*_wanted_and_not(brief.criteria), *_years_apart(brief.criteria)]
    for word in unknown_places(split(brief.text), brief.lang):
        name = brief.text[word.start : word.end]
        taken = any(c.span and c.span[0] <= word.start < c.span[1] for c in brief.criteria)
        if not taken:
            found.append(BriefNotice("place-unknown", (name,), near_names(name)))
    found += [BriefNotice("slip", (each.said, each.other)) for each in slips(brief.text)]
    if is_foreign(split(brief.text)):
        found.append(BriefNotice("language-unknown", ()))
    elif not brief.criteria:
        found.append(BriefNotice("nothing-understood", ()))
    return tuple(found)


def _wanted_and_not(criteria: Sequence[Criterion]) -> Iterator[BriefNotice]:
    wanted = {(c.kind, c.value, c.is_past): c for c in criteria if c.force != "not"}
    for each in criteria:
        other = wanted.get((each.kind, each.value, each.is_past))
        if each.force == "not" and other is not None:
            yield BriefNotice("wanted-and-not", (other.said, each.said))


def _years_apart(criteria: Sequence[Criterion]) -> Iterator[BriefNotice]:
    """Yield years of which the least that is asked is more than the most."""
    asked = [c for c in criteria if c.kind is Kind.YEARS and c.force != "not"]
    for value in sorted({c.value for c in asked}):
        same = [c for c in asked if c.value == value]
        least = max(
            (c for c in same if c.least is not None), key=lambda c: c.least or 0, default=None
        )
        most = min((c for c in same if c.most is not None), key=lambda c: c.most or 0, default=None)
        if least and most and (least.least or 0) > (most.most or 0):
            yield BriefNotice("years-apart", tuple(dict.fromkeys((least.said, most.said))))
