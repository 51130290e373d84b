"""Find the places in a brief, how near each must be, and words that look like an unknown place.

A name is a place if it is written like a name, or if the place is well known. A name that is also a
common word (Essen, Nice, Reading) is a place after a word such as «in», or where it stands alone
between punctuation.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from vanne.places import begins_name, place_of
from vanne_assist.brief import places
from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.lexicon import alternatives, any_of, book
from vanne_assist.brief.scan import TermSpan, phrase
from vanne_assist.brief.text import Word
from vanne_assist.titles import neutral_word

MILE_KM = 1.609344
HOUR_KM = 60.0
"""An hour on the way is about so far as the crow flies, by train or by car."""
LAKE_KM = 50.0
"""How far from its town a lake's shores reach."""
_WATERS, _OF_WATER = frozenset({"lake", "lac", "lago"}), frozenset({"de", "di", "of"})
_LONGEST_PLACE = 5
"""So many words has the longest name of a place."""
_LONGEST_BEFORE = 4
"""So many words has the longest phrase before a place: «dans la région de»."""
_SHORT, _SHORTEST = 5, 3
"""Letters: a name as short as «Worb» or «SAP» is as often something else than a place."""
_KNOWN = 100_000
"""Inhabitants from which a place is known by a name in lower case."""
_LOOK_BACK = 8
"""So many words before a place may say how near: «within 30 km of the city of»."""
_LISTED = frozenset({"and", "or", "et", "ou", "und", "oder", "e", "o"})
_LISTING = _LISTED | {"to", "a", "um", "zu", "an", "d", "max", "up"}
_ARTICLES = frozenset({"das", "im", "am", "beim", "zum", "der", "die", "ins"})
"""German articles: what follows one is a word."""
_NO_NAME_FOLLOWS = frozenset({"um", "zona", "vers", "presso", "proche", "nahe"})
"""Words of nearness that stand before other things than places too."""


@dataclass(frozen=True, slots=True)
class PlaceSpan:
    """A place that is asked, by the words that say it and how near."""

    hit: TermSpan
    first: int
    last: int
    within_km: float | None


def place_at(words: Sequence[Word], at: int) -> TermSpan | None:
    """Return the place whose name begins at a word, the longest."""
    if not begins_name(words[at].folded):
        return None
    for size in range(min(_LONGEST_PLACE, len(words) - at), 0, -1):
        if words[at + size - 1].is_mark:  # «Bristol/Bath» are two, and a full stop is no name
            continue
        marks = [word.folded for word in words[at : at + size] if word.is_mark]
        if not {".", "/"}.issuperset(marks):  # St. Gallen, Biel/Bienne
            continue
        if towns := places.named(phrase(words, at, at + size)):
            return TermSpan(Kind.PLACE, towns[0].value, at, at + size)
    return None


def locate(words: Sequence[Word]) -> list[PlaceSpan]:
    """Return the places that a brief asks for, left to right."""
    spans: list[PlaceSpan] = []
    at = 0
    while at < len(words):
        landscape, reach = _landscape(words, at)
        hit = landscape or _place(words, at)
        if hit is None:
            at += 1
            continue
        first, within = _how_near(words, hit)
        if within is None and reach is not None:
            within = reach
        elif within is None and spans:
            before, between = spans[-1], words[spans[-1].last : first]
            is_listed = all(word.folded in _LISTING or word.folded == "," for word in between)
            # «30 km around Bern or Thun», but a landscape's reach is its own
            if is_listed and not _landscape(words, before.hit.first)[0]:
                within = before.within_km
        spans.append(PlaceSpan(hit, first, hit.last, within))
        at = hit.last
    return spans


def unknown_places(words: Sequence[Word]) -> Iterator[Word]:
    """Yield words that stand where a place does and are written as a name, but are none known."""
    inside = {at for each in locate(words) for at in range(each.first, each.last)}
    near = any_of("near") - _NO_NAME_FOLLOWS
    for at in range(1, len(words)):
        word = words[at]
        is_name = word.is_capital and not word.is_mark and word.end - word.start > 2
        if is_name and at not in inside and _trigger(words, at, near) is not None:
            yield word


def _landscape(words: Sequence[Word], at: int) -> tuple[TermSpan | None, float | None]:
    """Return the landscape whose name begins at a word, and its reach: «Berner Oberland»."""
    for size in range(min(_LONGEST_PLACE, len(words) - at), 0, -1):
        if words[at].is_capital and (known := places.around().get(phrase(words, at, at + size))):
            return TermSpan(Kind.PLACE, known[0].value, at, at + size), known[1]
    return None, None


def _place(words: Sequence[Word], at: int) -> TermSpan | None:
    """Return the place whose name begins at a word, if it is meant as one."""
    hit = place_at(words, at)
    if hit is None:
        return None
    first, name = words[at], phrase(words, hit.first, hit.last)
    known = book().phrases  # as it is written: Modena is no «mode»
    terms = (*known.get(name, ()), *known.get(neutral_word(name), ()))
    if any(term.kind is Kind.LANGUAGE for term in terms) and not first.is_capital:
        return None  # «allemand ou italien»: in German that is a country
    start = _trigger(words, at, any_of("place", "near"))
    is_acronym = first.is_capital and not first.is_title and hit.last - at == 1
    # «or» is not enough for capitals like EU
    is_after = start is not None and not (is_acronym and phrase(words, start, at) in _LISTED)
    other = any_of("stop", "nice", "not", "now", "past", "speaks", "fluent", "good", "basic",
                   "area", "place")  # fmt: skip
    if not (places.is_word(name) or name in other or terms):
        if is_after:
            return hit
        town, is_short = place_of(hit.value), first.end - first.start <= _SHORT
        if town is None:
            return None
        if first.is_capital:
            is_one = is_short and hit.last - at == 1
            is_plain = not (is_one and town.is_town and not first.is_title and town.people < _KNOWN)
        else:
            is_plain = len(first.folded) > _SHORTEST and places.weight(town) >= _KNOWN
            # «brevet suisse»: who writes capitals means the adjective
            is_named = town.is_town or hit.last - at > 1
            is_plain &= is_named or not any(word.is_capital for word in words)
        return hit if is_plain else None
    if hit.value.isdecimal() and not first.is_capital:
        return None
    marks = {",", ";", ".", "|", "(", ")", "/"} | _LISTED
    around = (words[at - 1] if at else None, words[hit.last] if hit.last < len(words) else None)
    is_alone = all(word is None or word.folded in marks for word in around)
    is_field = all(term.value.startswith("field:") for term in terms)
    is_word = at > 0 and words[at - 1].folded in _ARTICLES  # «Freude am Essen»
    # «Koch oder Köchin»: a link alone makes no town of a word
    is_led = is_after and start is not None and phrase(words, start, at) not in _LISTED
    return hit if (is_led and not is_word) or (is_alone and is_field) else None


def _trigger(words: Sequence[Word], at: int, phrases: frozenset[str]) -> int | None:
    """Return where a phrase begins that ends just before a word."""
    for size in range(min(_LONGEST_BEFORE, at), 0, -1):
        if phrase(words, at - size, at) in phrases:
            return at - size
    return None


def _how_near(words: Sequence[Word], hit: TermSpan) -> tuple[int, float | None]:
    """Return where the words about nearness begin, and the distance that they say."""
    from_ = max(0, hit.first - _LOOK_BACK)
    before = phrase(words, from_, hit.first)
    if match := _distance().search(before):
        scale = 1.0 if match["km"] else HOUR_KM if match["hours"] else MILE_KM
        scale = HOUR_KM / 60 if match["minutes"] else scale
        number = match["number"].replace(",", ".") if match["number"][0].isdigit() else "1"
        km = round(float(number) * scale, 1)
        return from_ + before[: match.start()].count(" "), km
    at = hit.first - (2 if phrase(words, hit.first - 1, hit.first) in _OF_WATER else 1)
    if at >= 0 and words[at].folded in _WATERS:  # «Lake Zurich» is no town
        return at, LAKE_KM
    start = _trigger(words, hit.first, any_of("place", "near"))
    is_listing = start is not None and phrase(words, start, hit.first) in _LISTING
    return (hit.first if start is None or is_listing else start), None


@cache
def _distance() -> re.Pattern[str]:
    a = alternatives
    return re.compile(
        rf"(?:{a('within')}\s)?(?:{a('of')}\s)?"
        rf"(?P<number>\d+(?:[.,]\d+)?|an|une|einer|un)\s"
        rf"(?:(?P<km>{a('units-km')})|(?P<hours>{a('units-hour')})|(?P<minutes>{a('units-minute')})|{a('units-mile')})"
        rf"(?:\s(?:radius|rayon|raggio|umkreis))?(?:\s{a('of')}|\s{a('near')})*"
        rf"(?:\s(?:the|la|le|der|stadt|city|ville|citta|di|de))*$"
    )
