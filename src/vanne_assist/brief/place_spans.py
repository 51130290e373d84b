"""Finds the places of a brief, how near one must be, and what stands like one but is not known.

A name is a place if it is written as one, or if many know it. A name that is also a word (Essen,
Nice, Reading) is one after a word such as «in», or where it stands alone between marks.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from vanne_assist.brief import places
from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.lexicon import book
from vanne_assist.brief.phrases import alternatives, any_of
from vanne_assist.brief.scan import TermSpan, phrase, place_at
from vanne_assist.brief.text import Word, folded_phrase
from vanne_assist.titles import neutral_word

MILE_KM = 1.609344
_LONGEST_BEFORE = 4
"""So many words has the longest phrase before a place: «dans la région de»."""
_LONGEST_LANDSCAPE = 3
_SHORT, _SHORTEST = 5, 3
"""Letters: a name as short as «Worb» or «SAP» is as often something else than a place."""
_KNOWN = 100_000
"""Inhabitants from which a place is known by a name in lower case."""
_LOOK_BACK = 8
"""So many words before a place may say how near: «within 30 km of the city of»."""
_LISTED = frozenset({"and", "or", "et", "ou", "und", "oder", "e", "o"})
_LISTING = _LISTED | {"to", "a", "um", "zu", "an", "d", "max", "up"}
_TAILS = {
    "lausannoise": "lausanne", "genevoise": "geneva", "lyonnaise": "lyon", "parisienne": "paris",
    "neuchateloise": "neuchatel", "fribourgeoise": "fribourg", "bernoise": "bern",
    "zurichoise": "zurich", "valaisanne": "valais", "vaudoise": "vaud", "toulousaine": "toulouse",
    "bordelaise": "bordeaux", "lilloise": "lille", "nantaise": "nantes", "luganese": "lugano",
    "locarnese": "locarno", "bellinzonese": "bellinzona", "milanese": "milano",
    "torinese": "torino", "bolognese": "bologna", "comasco": "como", "ticinese": "ticino",
    "jurassienne": "canton du jura", "grisonne": "grisons",
}  # fmt: skip
"""Adjectives of towns that stand after «région» and «zona»."""
_REGIONS = frozenset({"region", "agglomeration", "zone", "regione", "zona", "area"})


@dataclass(frozen=True, slots=True)
class PlaceSpan:
    """A place that is asked, by the words that say it and how near."""

    hit: TermSpan
    first: int
    last: int
    within_km: float | None


def locate(words: Sequence[Word], lang: str) -> list[PlaceSpan]:
    """Return the places that a brief asks for, left to right."""
    found: list[PlaceSpan] = []
    at = 0
    while at < len(words):
        hit = _landscape(words, at) or _place(words, at, lang)
        if hit is None:
            at += 1
            continue
        first, within = _how_near(words, hit)
        last = _after(words, hit.last)
        if within is None and (own := _reach(words, hit)):
            within = own
        elif (
            found
            and within is None
            and all(w.folded in _LISTING or w.folded == "," for w in words[found[-1].last : first])
        ):
            before = found[-1]
            within = None if _reach(words, before.hit) else before.within_km
        found.append(PlaceSpan(hit, first, last, within))
        at = last
    return found


def unknown_places(words: Sequence[Word], lang: str) -> Iterator[Word]:
    """Yield words that stand where a place does and are written as a name, but are none known."""
    inside = {at for each in locate(words, lang) for at in range(each.first, each.last)}
    for at in range(1, len(words)):
        word = words[at]
        is_name = word.is_capital and not word.is_mark and word.end - word.start > 2
        if is_name and at not in inside and _trigger(words, at, _sure()) is not None:
            yield word


def _landscape(words: Sequence[Word], at: int) -> TermSpan | None:
    """Return the landscape whose name begins at a word: «Berner Oberland»."""
    for size in range(min(_LONGEST_LANDSCAPE, len(words) - at), 0, -1):
        if words[at].is_capital and (found := places.around().get(phrase(words, at, at + size))):
            return TermSpan(Kind.PLACE, found[0].value, at, at + size)
    return None


def _reach(words: Sequence[Word], hit: TermSpan) -> float | None:
    found = places.around().get(phrase(words, hit.first, hit.last))
    return found[1] if found and found[0].value == hit.value else None


def _place(words: Sequence[Word], at: int, lang: str) -> TermSpan | None:
    town = _TAILS.get(words[at].folded)
    if town and at and words[at - 1].folded in _REGIONS:
        return TermSpan(Kind.PLACE, places.named(town)[0].value, at, at + 1)
    hit = place_at(words, at)
    if hit is None:
        return None
    said = phrase(words, hit.first, hit.last)
    terms = (*book().look(said), *book().look(neutral_word(said)))
    is_spoken = any(term.kind is Kind.LANGUAGE for term in terms)
    if is_spoken and not words[hit.first].is_capital:
        return None  # «allemand ou italien»: in German that is a country
    after_word = _is_after_word(words, hit)
    if not (places.is_word(said) or said in _other_words() or terms):
        return hit if after_word or _is_plain_name(words, hit) else None
    if hit.value.isdecimal() and not words[at].is_capital:
        return None
    return (
        hit
        if (after_word and not _has_article(words, hit, lang))
        or (_is_alone(words, hit) and all(term.value.startswith("field:") for term in terms))
        else None
    )


def _is_after_word(words: Sequence[Word], hit: TermSpan) -> bool:
    """Say whether a word such as «in» stands before; «or» is not enough for capitals like EU."""
    start = _trigger(words, hit.first, any_of("place") | any_of("near"))
    first = words[hit.first]
    is_acronym = first.is_capital and not first.is_title and hit.last - hit.first == 1
    listed = start is not None and phrase(words, start, hit.first) in _LISTED
    return start is not None and not (is_acronym and listed)


def _is_plain_name(words: Sequence[Word], hit: TermSpan) -> bool:
    """Say whether a name is enough by itself: written as one, or that of a place many know."""
    town, first = places.place(hit.value), words[hit.first]
    if town is None:
        return False
    is_short = first.end - first.start <= _SHORT and hit.last - hit.first == 1
    if first.is_capital:
        return not (is_short and town.lat and not first.is_title and town.people < _KNOWN)
    return len(first.folded) > _SHORTEST and town.weight >= _KNOWN


def _is_alone(words: Sequence[Word], hit: TermSpan) -> bool:
    """Say whether a name stands between marks, or is listed with others."""
    before = words[hit.first - 1].folded if hit.first else ","
    after = words[hit.last].folded if hit.last < len(words) else ","
    ends = {",", ";", ".", "|", "(", ")", "/"}
    return before in ends | _LISTED and after in ends | _LISTED


def _has_article(words: Sequence[Word], hit: TermSpan, lang: str) -> bool:
    """Say whether a German article stands before a name: what follows it is a word."""
    before = words[hit.first - 1].folded if hit.first else ""
    return lang == "de" and before in ("das", "im", "am", "beim", "zum", "der", "die", "ins")


@cache
def _other_words() -> frozenset[str]:
    roles = "stop nice not now past speaks fluent good basic area place".split()
    return frozenset(phrase for role in roles for phrase in any_of(role))


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
    if found := _distance().search(before):
        skipped = before[: found.start()].count(" ")
        scale = 1.0 if found["km"] else MILE_KM
        return from_ + skipped, round(float(found["number"].replace(",", ".")) * scale, 1)
    start = _trigger(words, hit.first, any_of("place") | any_of("near"))
    is_listing = start is not None and phrase(words, start, hit.first) in _LISTING
    return (hit.first if start is None or is_listing else start), None


def _after(words: Sequence[Word], last: int) -> int:
    """Return where «and surroundings», «region» end that follow a place."""
    for size in range(min(_LONGEST_BEFORE, len(words) - last), 0, -1):
        if phrase(words, last, last + size) in any_of("area"):
            return last + size
    return last


@cache
def _distance() -> re.Pattern[str]:
    a = alternatives
    return re.compile(
        rf"(?:{a('within')}\s)?(?:{a('of')}\s)?(?P<number>\d+(?:[.,]\d+)?)\s"
        rf"(?:(?P<km>{a('units-km')})|{a('units-mile')})"
        rf"(?:\s(?:radius|rayon|raggio|umkreis))?(?:\s{a('of')}|\s{a('near')})*"
        rf"(?:\s(?:the|la|le|der|stadt|city|ville|citta|di|de))*$"
    )


@cache
def _sure() -> frozenset[str]:
    """Return phrases after which a place stands and hardly anything else."""
    more = ("based in", "located in", "living in", "lives in", "basé à", "basée à", "wohnhaft in")
    also = ("in der region", "im raum", "raum", "residente a", "région de", "canton de", "kanton")
    folded = {folded_phrase(each) for each in (*more, *also)}
    return frozenset(folded | (any_of("near") - {"um", "zona", "vers", "presso", "proche", "nahe"}))
