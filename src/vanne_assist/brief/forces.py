"""Decide of what was read in a brief whether it must be, would be nice or must not be.

A must is what stands by itself («CDI, Lausanne, SAP»), or what words close by say must be. The rest
is a wish: a part of a longer phrase, a name in a sentence, what describes who asks («for a family
business of 60 people», «head office in Bern»), what is asked as a question, a place that a later
sentence names.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from vanne.places import place_of
from vanne_assist.brief import sure
from vanne_assist.brief.criteria import MOST_CRITERIA, Criterion, Kind
from vanne_assist.brief.operators import OR, AskedSpan, Reach, alternatives_in
from vanne_assist.brief.text import Word, folded_phrase

Asked = tuple[AskedSpan, Criterion]

OPEN = frozenset({Kind.INDUSTRY, Kind.COMPANY, Kind.CAREER, Kind.SKILL})
"""Kinds whose names stand in sentences that ask something else: must only where it is said."""
_OF_WHO_ASKS = frozenset({Kind.COMPANY, Kind.CAREER})
"""Kinds by which a brief as often describes who asks: «for a family business»."""
_TOLD = frozenset({Kind.PLACE, Kind.LANGUAGE, Kind.YEARS, Kind.EDUCATION, Kind.INDUSTRY})
"""Kinds of what a brief also tells of who asks: where they are, what they speak."""
_BESIDE, _ENDS = 12, frozenset(",;!?:\n")
"""So many letters at most lie between two names of one thing, and none of these marks."""
BREAKS = (
    frozenset(",;.()!?|•/:+\n–—&=")
    | OR
    | frozenset("and und et e ed sowie with mit avec con ja oui yes".split())
)


@dataclass(frozen=True)
class Doubts:
    """What is a part of a longer phrase, never a must, and what is a part of a sentence."""

    parts: set[AskedSpan] = field(default_factory=set)
    sentences: set[AskedSpan] = field(default_factory=set)


def is_alone(words: Sequence[Word], first: int, last: int, passed: Collection[int]) -> bool:
    """Say whether words stand between two marks or links, or beside what may be passed."""
    inside = (at for at in (first - 1, last) if 0 <= at < len(words))
    return all(words[at].folded in BREAKS or at in passed for at in inside)


def decided(
    text: str, words: Sequence[Word], asked: Sequence[Asked], amounts: set[int], doubts: Doubts
) -> tuple[Criterion, ...]:
    """Return the criteria of a brief, each once, with their forces and alternatives.

    `asked` is in the order of the words; in `amounts` no word of a wish or a must is looked for.
    """
    spans = [span for span, _ in asked]
    reach = Reach(text, words, spans, amounts)
    pasts = [reach.is_past(span) for span in spans]
    numbers = alternatives_in(words, text, spans, pasts)
    criteria = [
        _turned(replace(each, force=reach.force_of(span), is_past=is_past, either=number))
        for (span, each), is_past, number in zip(asked, pasts, numbers, strict=True)
    ]
    doubts.sentences.update(spans[at] for at in _further_places(text, criteria))
    is_wish = _wishes(words, asked, reach, doubts)
    criteria = [
        replace(each, force="nice") if each.force != "nice" and is_wish(span, each) else each
        for span, each in zip(spans, criteria, strict=True)
    ]
    criteria = _sure(text, words, spans, criteria, reach)
    return settled(text, _alike(criteria, spans, reach))


def _turned(each: Criterion) -> Criterion:
    """Return a criterion; who wants nobody of «less than 5 years» wants at least 5."""
    is_less = each.force == "not" and each.kind is Kind.YEARS and each.least is None
    return replace(each, force="must", least=each.most, most=None) if is_less else each


def settled(text: str, criteria: Sequence[Criterion]) -> tuple[Criterion, ...]:
    """Return criteria that do not contradict each other, each once."""
    return tuple(_distinct(text, _of_one_home(_narrowed(criteria))))


def _sure(
    text: str, words: Sequence[Word], spans: Sequence[AskedSpan], criteria: Sequence[Criterion],
    reach: Reach,
) -> list[Criterion]:  # fmt: skip
    """Return criteria with the forces of which the signs around them are sure."""
    places = [(span.first, span.last) for span in spans]
    signs = sure.signs(text, words, places, criteria, reach.has)
    said = [
        reach.is_said(span) and not each.value.startswith("field:")
        if each.force == "must"
        else reach.is_needless(span)
        for span, each in zip(spans, criteria, strict=True)
    ]
    return [
        replace(each, force=force)
        for each, force in zip(criteria, sure.firm(criteria, signs, said, len(words)), strict=True)
    ]


def _wishes(
    words: Sequence[Word], asked: Sequence[Asked], reach: Reach, doubts: Doubts
) -> Callable[[AskedSpan, Criterion], bool]:
    """Return what says whether a must is only a wish, as it may mean something else.

    So may an exclusion of what is told of who asks: «nobody here speaks Portuguese».
    """

    def taken(*but: Kind) -> set[int]:
        some = (span for span, each in asked if each.kind not in but)
        return {at for span in some for at in range(span.first, span.last)}

    known, untitled = taken(Kind.WORDS), taken(Kind.WORDS, Kind.TITLE)

    def is_wish(span: AskedSpan, each: Criterion) -> bool:
        if each.kind in _TOLD and reach.is_of_who_asks(span, each.force):
            return not reach.is_must(span)
        if each.force == "not":
            return False
        is_exact = each.least is not None and each.least == each.most
        is_told = each.kind is Kind.SIZE or (each.kind is Kind.LED and reach.is_of_a_team(span))
        if (is_exact and is_told) or span in doubts.parts:
            return True
        if reach.is_must(span):
            return False
        is_asked = span.last < len(words) and words[span.last].folded == "?"
        if span in doubts.sentences or is_asked:
            return True
        if reach.is_past(span) is not None:
            return False
        if each.kind in _OF_WHO_ASKS:
            return True
        if each.kind is Kind.SENIORITY:
            return not is_alone(words, span.first, span.last, known)
        is_name = each.kind in OPEN or each.value.startswith("field:")
        return is_name and not is_alone(words, span.first, span.last, untitled)

    return is_wish


def _further_places(text: str, criteria: Sequence[Criterion]) -> Iterator[int]:
    """Yield which places a later sentence names: «the head office is in Linz»."""
    places = [at for at, each in enumerate(criteria) if each.kind is Kind.PLACE]
    for at in places[1:]:
        one, other = criteria[places[0]], criteria[at]
        is_other = other.either is None or other.either != one.either
        if one.span and other.span and is_other:
            between = text[one.span[1] : other.span[0]]
            if re.search(r"[.;!?](?:\s|$)", between):
                yield at


def _alike(
    criteria: Sequence[Criterion], spans: Sequence[AskedSpan], reach: Reach
) -> list[Criterion]:
    """Return criteria; of alternatives one suffices, so a wish after the last is for all of them.

    «MSc or MBA preferred» are two wishes, «Rust or Go, ideally Java or Scala» are not four.
    """
    found, wished = list(criteria), dict[int, int]()  # where the next wish of a group begins
    for at in reversed(range(len(found))):
        each, span = found[at], spans[at]
        group = each.either
        if group is None:
            continue
        later = wished.get(group)
        if each.force == "must" and later is not None and not reach.has("nice", span.last, later):
            found[at] = each = replace(each, force="nice")
        if each.force == "nice":
            wished[group] = span.first
    return found


def _narrowed(criteria: Sequence[Criterion]) -> Iterator[Criterion]:
    """Yield criteria; what is excluded but also wanted is a part of it, and meant by its words.

    «Acute hospital, no care homes»: both are health care.
    """
    wanted = {(each.kind, each.value): each.said for each in criteria if each.force != "not"}
    for each in criteria:
        said = wanted.get((each.kind, each.value), each.said)
        is_part = folded_phrase(said) != folded_phrase(each.said)
        if each.force == "not" and each.kind in OPEN and is_part:
            each = replace(each, kind=Kind.WORDS, value=folded_phrase(each.said))
        yield each


def _of_one_home(criteria: Iterable[Criterion]) -> list[Criterion]:
    """Return criteria whose places are alternatives: nobody lives in two towns.

    «Bern, Switzerland» is one place. Of «Bregenz or Altstätten SG» only one lies in the canton,
    which so is a wish.
    """
    found = list(criteria)
    asked = [
        at for at, each in enumerate(found) if each.kind is Kind.PLACE and each.force == "must"
    ]
    regions = {at: _regions(found[at].value) - {found[at].value} for at in asked}
    held = set().union(*regions.values())
    either = [at for at in asked if found[at].either is not None or found[at].value not in held]
    if len(either) > 1:
        numbers = (found[at].either for at in either)
        number = next((each for each in numbers if each is not None), MOST_CRITERIA)
        for at in either:
            found[at] = replace(found[at], either=number)
        common = frozenset.intersection(*(regions[at] for at in either))
        for at in set(asked) - set(either):
            if found[at].value not in common:
                found[at] = replace(found[at], force="nice")
    return found


def _regions(value: str) -> frozenset[str]:
    place = place_of(value)
    return frozenset(place.regions) if place else frozenset()


def _distinct(text: str, criteria: Iterable[Criterion]) -> Iterator[Criterion]:
    """Yield each criterion once, where it is said first; what is alone is no alternative.

    «Steuerberaterin oder Steuerberater» is said once, with all its words.
    """
    distinct: dict[object, Criterion] = {}
    for each in criteria:
        said = each.said if each.kind is Kind.AVAILABILITY else ""  # two dates have one value
        same = (each.kind, each.value, said, each.force, each.is_past, each.least, each.most)
        first = distinct.setdefault(same, each).span
        if not (first and each.span and first[1] < each.span[0] <= first[1] + _BESIDE):
            continue
        if _ENDS.isdisjoint(text[first[1] : each.span[0]]):
            span = (first[0], each.span[1])
            distinct[same] = replace(distinct[same], said=text[slice(*span)], span=span)
    sizes = Counter((each.either, each.force) for each in distinct.values())
    numbers: dict[object, int] = {}
    for each in distinct.values():
        group = (each.either, each.force)
        is_alone = each.either is None or each.force == "not" or sizes[group] == 1
        number = None if is_alone else numbers.setdefault(group, len(numbers))
        yield replace(each, either=number)
