"""Pay in a text: which of its amounts are somebody's pay, and not a price, a budget or a turnover.

An amount is a number with a currency, a scale («80k») or a period, or one that words spell. What
it is of is decided by the nearest word in its sentence: a word for pay (`cues`) makes it pay, a
word for other money (`against`) does not. Without either a period does: «4,200 euros a month».
"""

import re
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from vanne.screening.amounts import (
    counts_millions,
    digits,
    stems_in,
    unit_before,
    value_of,
    written,
)
from vanne.screening.asked import asked_in
from vanne.screening.words import word_pattern, words

_REACH = 90
"""How far from an amount, in characters, a word still says what it is of."""
_BARE, _BARE_FOR_TIME = 30, 40
"""The same for a number without a currency, alone or for a time («2,340 a month»)."""
_NEXT = 45
"""How far from pay an amount may be in the next sentence: «Now I make $6,250. It was $5,700.»"""
_WEAK, _WORK_REACH = 12, 40
"""How much further off a word for work is taken to be, and from where on it says nothing."""
_FEW = 3
"""How many amounts of pay before and behind another are looked at."""
_ALIKE, _IN_THOUSANDS = 4, 1.6
"""How many times as much as pay beside it an amount may be that is pay too, or one short for so
many thousands."""

_YEAR = re.compile(r"(?:19|20)\d\d$")
_BEFORE_YEARS = frozenset(
    "in im seit von bis ab since from to until en depuis de à dès dal al nel dall' del da".split()
)
_BROKEN = re.compile(r"(?<=\d)\n(?=\d{3}(?:[ \u00a0\u202f]?[€$£]| (?:CHF|EUR|[Ff]r|euro)))")
"""A line break inside an amount."""
_SENTENCE = re.compile(r"(?<=[.!;])\s+(?=[A-ZÀ-Ý\d«„“\"'(])|\n")
_ABBREVIATION = re.compile(
    r"(?:\b(?:S?Fr|s?fr|Mio|Mrd|Tsd|Tel|No|Nr|ca|approx|env|mtl|p|a|zzgl|inkl|excl|Sal)\.|(?<![\d.,'’])\d{1,2}\.)$"
)
"""What ends in a full stop inside a sentence, ordinals («1. Jahr») among it."""
_TAX = re.compile(r"^ht|zzgl|zuz|iva")
"""Before value added tax, as prices are too."""
_ENDS = re.compile(r" ?(?:[.!?;,)]|\Z)(?!\d)")
_NUMBERED = re.compile(r"#$|(?:n[°º]|\b(?:n[or]|id|number|nummer|num[ée]ro|r[ée]f\w*)\b\.?) ?:? ?$")
_JOINER = re.compile(r"[,;+&/]|\b(?:and|or|plus|et|ou|und|oder|e|o|più)\b")
_SPACED = re.compile("[ /']")
"""A period of several words follows what was counted; «80k monthly visitors» does not."""
_ANNUAL = re.compile(r"annu|anno|year|yr|j[aä]hr|p\.? ?a\b|(?:par |l'|/ ?)an\b")
_USUAL = (
    (_ANNUAL, 5_000, 5_000_000),
    (
        re.compile(
            r"mois|mens|month|mo$|monat|mtl|mes[ei]|(?:x|×|fois|mal|per|sur) ?(?:\d|[dtqvz])"
            r"|\d ?(?:x|mal)"
        ),
        300,
        100_000,
    ),
    (re.compile(r"heure|hour|hr$|\bh$|stund|std|ora"), 4, 1000),
)
"""What pay is for a year, a month, an hour, in whatever currency."""
_BEHIND = re.compile(r"(?:[,;:|(–—-]|\b(?:ans|anni|jahren?|years|yrs))[ \u00a0]*$")
"""What stands before an amount that is all that is said of a job: «Nurse, 9 years: 2,300 euros»."""
_FOR = re.compile(r" (?:de|d'|pour|for|of|from|für|von|per|di|in)\b")
"""What follows an amount that bought something: «a teacher: $500 for books»."""
_CENTS, _SET_OFF = re.compile(r"\d{3}[.,]\d\d$"), re.compile(r"\d[^\d]\d{3}(?!\d)")
_SOON = 30
"""How far from where a sentence begins an amount may be to answer the sentence before."""
_GROSS_REACH = 15
"""How near a word against must be, in characters, to an amount that is said to be gross or net."""
_MUCH = 300
"""From how much on an amount near a word for work is pay, and not what something cost there."""


def pay_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where amounts of pay begin and end in a text.

    >>> text = "I make 4,200 euros a month and manage a budget of 90,000 euros."
    >>> [text[start:end] for start, end in pay_in(text)]
    ['4,200 euros a month']
    """
    text = _BROKEN.sub(" ", text)
    start, small, before = 0, in_small(text), ""
    last: list[_Pay] = []
    stems = stems_in(small)
    for sentence in _sentences(text):
        end = start + len(sentence)
        found = list(_pay_in_sentence(small[start:end], last, before, stems))
        yield from ((start + pay.start, start + pay.end) for pay in found)
        last = [_Pay(pay.start - len(sentence), pay.end - len(sentence), pay.of) for pay in found]
        start, before = end, small[start:end]
    yield from asked_in(small)


@dataclass(frozen=True, slots=True)
class _Pay:
    """Where pay stands, counted from where a sentence begins, and how much it is."""

    start: int
    end: int
    of: float


def _sentences(text: str) -> Iterator[str]:
    """Cut a text where a sentence ends: the pieces are the whole text.

    A question goes on in its answer.
    """
    first = 0
    for cut in _SENTENCE.finditer(text):
        if not _ABBREVIATION.search(text, max(0, cut.start() - 8), cut.start()):
            yield text[first : cut.end()]
            first = cut.end()
    yield text[first:]


def _pay_in_sentence(
    sentence: str, last: list[_Pay], before_it: str, stems: list[str]
) -> Iterator[_Pay]:
    """Yield where pay stands in a sentence in small letters; `last`: in the one `before_it`."""
    amounts = [*digits().finditer(sentence)]
    if any(stem in sentence for stem in stems):
        amounts += written().finditer(sentence)
        for found in _figures().finditer(sentence):
            cues = _near(found, sentence, "cues")
            if _distance(found.span(), cues, sentence) < _REACH:
                yield _Pay(*_with_cue(found.span(), cues), 0)
    if not amounts:
        return
    pay: list[_Pay] = []
    others: list[tuple[_Pay, re.Match[str]]] = []
    for found in amounts:
        if found.lastgroup == "number" and _is_date(found, sentence):
            continue
        before = unit_before().search(sentence, max(0, found.start() - 12), found.start())
        if not before and _ends_a_name(sentence[max(0, found.start() - 12) : found.start()]):
            continue
        amount = _Pay(before.start() if before else found.start(), found.end(), value_of(found))
        if _is_pay(found, sentence, has_unit=before is not None) or (
            _answers(found, amount, sentence, before_it, has_unit=before is not None)
        ):
            pay.append(amount)
        else:
            others.append((amount, found))
    yield from pay
    pay.sort(key=lambda each: each.start)
    for amount, found in others if pay or last else ():
        if _is_beside(found, amount, sentence, pay, _REACH) or _is_beside(
            found, amount, sentence, last, _NEXT
        ):
            yield amount


def _is_date(found: re.Match[str], sentence: str) -> bool:
    """Say whether a bare number is a year, by the word before it: quick, for CVs have many."""
    if _YEAR.fullmatch(found["number"]) is None:
        return False
    before = sentence.rfind(" ", 0, found.start() - 1) + 1
    return sentence[before : found.start() - 1] in _BEFORE_YEARS


def _ends_a_name(before: str) -> bool:
    """Say whether a number is the end of a name: «b737», «#4347», «job ID 20418»."""
    return before[-1:].isalpha() or _NUMBERED.search(before) is not None


def _answers(
    found: re.Match[str], amount: _Pay, sentence: str, before: str, *, has_unit: bool
) -> bool:
    """Say whether an amount is pay for what the sentence before says: «My salary? It's 4,200.»"""
    if amount.start > _SOON or amount.of < _MUCH or not before.rstrip():
        return False
    if not (has_unit or found.groupdict().get("cur") or _is_grouped(found)):
        return False
    end = len(before)
    cues = [span for span in _words_in(before, "cues") if end - span[1] < _NEXT]
    other = _distance(found.span(), _near(found, sentence, "against"), sentence)
    if not cues or other < _NEXT or counts_something(found, sentence):
        return False
    return not any(end - last < _NEXT for _, last in _words_in(before, "against"))


def _is_grouped(found: re.Match[str]) -> bool:
    """Say whether the thousands of a number are set off: «4,200»."""
    return _SET_OFF.search(found.groupdict().get("number") or "") is not None


def _words_in(sentence: str, key: str) -> list[tuple[int, int]]:
    first = max(0, len(sentence) - _REACH)
    return [each.span() for each in word_pattern("salary", key).finditer(sentence, first)]


def _is_beside(
    found: re.Match[str], amount: _Pay, sentence: str, pay: list[_Pay], reach: int
) -> bool:
    """Say whether an amount is pay because one like it is: «I make 2,900, she makes 3,400»."""
    is_large = _is_large(found)
    if not (is_large or _is_short(found)) or counts_something(found, sentence):
        return False
    are_alike = _are_alike if is_large else _are_thousands_of
    at = bisect(pay, amount.start, key=lambda each: each.start)
    nearest = pay[max(0, at - _FEW) : at + _FEW]
    near = [(each.start, each.end) for each in nearest if are_alike(amount.of, each.of)]
    other = _distance(found.span(), _near(found, sentence, "against"), sentence)
    return _distance(found.span(), near, sentence) < min(other, reach)


def _is_short(found: re.Match[str]) -> bool:
    """Say whether a number can be short for thousands: «They said 48k, I said 52.»"""
    number = found.groupdict().get("number") or ""
    return (
        number.isdigit()
        and len(number) in (2, 3)
        and (_ENDS.match(found.string, found.end()) is not None)
    )


def _are_thousands_of(one: float, other: float) -> bool:
    """Say whether an amount, in thousands, is about another of five digits or more."""
    return other >= 10_000 and other / _IN_THOUSANDS <= 1000 * one <= other * _IN_THOUSANDS


def _are_alike(one: float, other: float) -> bool:
    """Say whether two amounts are about as much; «120» is also said for 120,000."""
    return any(other <= _ALIKE * one * by <= _ALIKE**2 * other for by in (0.001, 1, 1000))


def _near(found: re.Match[str], sentence: str, key: str) -> list[tuple[int, int]]:
    """Return where words of that key stand around what was found."""
    start, end = max(0, found.start() - _REACH - 40), found.end() + _REACH + 40
    return [each.span() for each in word_pattern("salary", key).finditer(sentence, start, end)]


def in_small(text: str) -> str:
    """Return a text in small letters, each in its place, with one kind of apostrophe."""
    small = text.lower()
    if len(small) != len(text):
        small = "".join(letter if len(one := letter.lower()) > 1 else one for letter in text)
    return small.replace("’", "'")


def _is_pay(found: re.Match[str], sentence: str, *, has_unit: bool) -> bool:
    parts = found.groupdict()
    is_money = has_unit or any(parts.get(name) for name in ("cur", "cur2", "spelt", "cents"))
    has_scale = any(parts.get(name) for name in ("scale", "scale2", "thousands"))
    for_time, is_gross = bool(found["period"] or found["times"]), bool(_gross(found))
    by_hour = for_time and _is_hourly(found)
    if not (is_money or has_scale or _is_long(found) or by_hour):
        return False
    if parts.get("scale") == "m" and not is_money:
        return False  # «5 m» are metres
    if not (is_money or is_gross) and counts_something(found, sentence):
        return False
    is_bare = not (is_money or has_scale or is_gross)
    if is_bare and not (_is_large(found) or by_hour):
        return False
    span = found.span()
    pay = _distance(span, _near(found, sentence, "cues"), sentence)
    if for_time or (value_of(found) >= _MUCH and not (is_bare and found["number"].isdigit())):
        named = _near(found, sentence, "work") + (_near(found, sentence, "jobs") if by_hour else [])
        work = _distance(span, named, sentence)
        pay = min(pay, work + _WEAK if work <= _WORK_REACH else _REACH)
    if (is_money or _is_grouped(found)) and _is_got(found, sentence):
        pay = min(pay, _WEAK)
    if is_bare and pay > (_BARE_FOR_TIME if for_time else _BARE):
        return False
    if not (is_bare or pay < _REACH or _is_usual(found, is_money)) and not (
        (is_money or has_scale) and _is_of_a_job(found, sentence)
    ):
        return False
    other = _distance(span, _near(found, sentence, "against"), sentence)
    if (is_money or _is_grouped(found)) and is_gross and not _TAX.search(_gross(found)):
        return by_hour or other > _GROSS_REACH or pay < other
    if is_bare:
        return pay < other
    return pay <= other if pay < _REACH else other >= _REACH


def _is_of_a_job(found: re.Match[str], sentence: str) -> bool:
    """Say whether an amount stands behind a job and nothing else: «Welder, Ohio: $4,100»."""
    begin = _begin(found, sentence)
    if value_of(found) < _MUCH or not _BEHIND.search(sentence, 0, begin):
        return False
    if counts_something(found, sentence) or _FOR.match(sentence, found.end()):
        return False
    span = found.span()
    return any(last <= span[0] for _, last in _near(found, sentence, "jobs"))


def _is_got(found: re.Match[str], sentence: str) -> bool:
    """Say whether it is said of an amount who gets it, and not for what."""
    begin = _begin(found, sentence)
    verb = _gets().search(sentence, max(0, begin - _NEXT), begin)
    if verb is None or not _people().search(sentence, max(0, begin - _REACH), verb.start()):
        return False
    return not (counts_something(found, sentence) or _FOR.match(sentence, found.end()))


@cache
def _gets() -> re.Pattern[str]:
    """Return the pattern of what makes an amount somebody's: «a childminder here gets £6.50»."""
    return re.compile(rf" (?:{words('salary', 'gets')})(?: [\w']+){{0,2}} ?$")


@cache
def _people() -> re.Pattern[str]:
    """Return the pattern of who may get an amount: the subject of the verb behind it."""
    people = f"{words('salary', 'people')}|{words('salary', 'jobs')}"
    return re.compile(rf"(?<!\w)(?:{people})(?: [\w'-]+){{0,5}}?$")


def _begin(found: re.Match[str], sentence: str) -> int:
    """Return where an amount begins, with the currency before it."""
    before = unit_before().search(sentence, max(0, found.start() - 12), found.start())
    return before.start() if before else found.start()


def _gross(found: re.Match[str]) -> str:
    """Return what says that an amount is gross or net: «4,200 gross a year», «a year gross»."""
    return found["gross"] or found["gross2"] or ""


def _is_hourly(found: re.Match[str]) -> bool:
    hour, least, most = _USUAL[-1]
    period = found["period"] or ""
    return hour.search(period) is not None and least <= value_of(found) <= most


def _is_usual(found: re.Match[str], is_money: bool) -> bool:
    """Say whether so much for so long can be pay though no word says so: «4,200 euros a month».

    Without a currency only what is for a year can: «78k a year», but not «50k a week».
    """
    period, amount = found["period"] or found["times"] or "", value_of(found)
    if _gross(found) and not _TAX.search(_gross(found)):
        return True
    for each, least, most in _USUAL if is_money else _USUAL[:1]:
        if each.search(period):
            return not amount or least <= amount <= most
    return is_money and bool(period)


def counts_something(found: re.Match[str], sentence: str) -> bool:
    """Say whether a number without a currency is of something: «80k followers», «45 people»."""
    if _CENTS.search(found.groupdict().get("number") or ""):
        return False  # nobody counts in cents
    if counts_millions(found):
        return True
    after = _next_word().match(sentence, found.end())
    if after is None or _SPACED.search(found["period"] or ""):
        return False
    return word_after_pay().fullmatch(after[1]) is None


def _is_long(found: re.Match[str]) -> bool:
    """Say whether a number has three digits or more."""
    number = found.groupdict().get("number") or ""
    return sum(map(str.isdigit, number)) >= 3 and not number.startswith("0")


def _is_large(found: re.Match[str]) -> bool:
    """Say whether a bare number can be pay: three digits at least, and no year; or thousands."""
    if found.groupdict().get("thousands"):
        return True
    return _is_long(found) and _YEAR.fullmatch(found["number"].strip()) is None


def _distance(span: tuple[int, int], words: list[tuple[int, int]], sentence: str) -> int:
    """Return how far the nearest of the words is; what comes after counts as a bit further.

    Right after an amount a word is of it («euros d'amende»), but not behind «and».
    """
    start, end = span
    near = 1000
    for first, last in words:
        if last <= start:
            near = min(near, start - last)
        elif first >= end:
            is_of_it = first - end <= 4 and not _JOINER.search(sentence, end, first)
            near = min(near, 0 if is_of_it else first - end + 12)
        else:
            near = 0
    return near


def _with_cue(span: tuple[int, int], cues: list[tuple[int, int]]) -> tuple[int, int]:
    """Add the word for pay that stands right beside: «six-figure salary»."""
    start, end = span
    for first, last in cues:
        if 0 <= first - end <= 4:
            return start, last
        if 0 <= start - last <= 4:
            return first, end
    return span


@cache
def _figures() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words('salary', 'figures')})(?!\w)")


@cache
def _next_word() -> re.Pattern[str]:
    return re.compile(r"[ \u00a0]([^\W\d_]{2,}|[gmlh][²³23]?(?!\w))")


@cache
def word_after_pay() -> re.Pattern[str]:
    """Return what may follow a number that is an amount though it has no currency."""
    small = (
        "neg\\w*|doe|ono|scarsi|circa|tondi|puliti|and|or|plus|but|as|for|in|on|at|per|when|with|now|today|total|all|fix\\w*|base|if|is|was|"
        "after|before|since|from|until|because|so|were|would|a|an|most|each|every|last|this|next|more|less|inside|outside|bonus|salary|"
        "et|ou|mais|hors|brut|net|annuel|par|de|pour|en|fixe|quand|avec|selon|plus|comme|dès|sur|"
        "après|avant|depuis|car|donc|qui|que|puis|chez|au|était|étaient|primes?|prévus?|"
        "und|oder|aber|plus|mehr|weniger|auf|aufs|auskomm\\w*|heim|aufgeschrieben|hingeschrieben|genannt|gesagt|angegeben|verlangt|als|im|pro|brutto|netto|mit|bei|ab|bis|zu|wenn|jahresgehalt|"
        "verhandelt|geboten|angeboten|bekommen|verdient|dotiert|nach|vor|seit|weil|dann|ist|sind|war|waren|wäre|wären|"
        "e|o|ma|più|di|con|per|come|lordi|netti|annui|quando|oltre|to|à|a|depending|variable|"
        "fiss[oaie]|variabile|secondo|nel|nella|vicino|près|dans|sous|non|ne|pas|nicht|not|je|ich|io|i|we|kann|können|könnte|"
        "dopo|prima|poi|perché|quindi|che|se|era|erano|\\w+[ae]ndo"
    )
    return re.compile(rf"(?:{small}|{words('salary', 'gross')}|{words('salary', 'coins')})")
