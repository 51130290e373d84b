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
_ALIKE = 4
"""How many times as much as pay beside it an amount may be that is pay too."""

BLANK = "[ \u00a0\u202f\u2009]"
_GROUPED = rf"(?:(?:{BLANK}|['’.,])\d{{3}})+(?:[.,]\d{{1,2}})?(?!\d)"
_NUMBER = rf"\d(?:\d{{0,2}}{_GROUPED}|\d*(?:[.,]\d{{1,2}})?)"
_ALONE = r"(?<![\d_.,'’/-]\d)"
_FIRST = _NUMBER.replace(r"\d", rf"\d{_ALONE}", 1)
"""A number that begins with its first sign: a pattern whose first sign is known is quick."""
_CENTS = r"[.,][-–—]{1,2}(?![\w-])"  # 7'500.-, as the Swiss write francs
_SIGN = r"[€$£¥]|(?:chf|eur|usd|gbp|cad|aud|sfr|fr|frs|sek|inr)\b\.?"
SCALE = r"k(?:€|\$|£)?(?!\w)|t€|teur\b|tsd\b\.?|tausend\b|thousand\b|grand\b|mila\b|mille\b|lpa\b"
_STEMS = tuple(
    "fran euro doll pound pfund livre sterl quid buck lakh rupee stutz "
    "figure chiffres stellig cifre thousand tausend grand mille mila".split()
)
THOUSANDS = ("thousand", "tausend", "grand", "mille", "mila")
"""How a number in words ends that is an amount without a currency too."""
_YEAR = re.compile(r"(?:19|20)\d\d$")
_SENTENCE = re.compile(r"(?<=[.!;])\s+(?=[A-ZÀ-Ý\d«„“\"'(])|\n")
_JOIN = r"(?:[-–—/]|to\b|and\b|à\b|et\b|bis\b|und\b|a\b|e\b)"
_ABBREVIATION = re.compile(
    r"(?:\b(?:Fr|SFr|Tel|No|Nr|ca|approx|env|mtl|p|a|zzgl|inkl|excl|Sal)\.|(?<![\d.,'’])\d{1,2}\.)$"
)
"""What ends in a full stop inside a sentence, ordinals («1. Jahr») among it."""
_NUMBERED = re.compile(r"#$|(?:n[°º]|\b(?:n[or]|id|number|nummer|num[ée]ro|r[ée]f\w*)\b\.?) ?:? ?$")
_JOINER = re.compile(r"[,;+&/]|\b(?:and|or|plus|et|ou|und|oder|e|o|più)\b")
_SPACED = re.compile("[ /']")
"""A period of several words follows what was counted; «80k monthly visitors» does not."""
_ANNUAL = re.compile(r"annu|anno|year|yr|j[aä]hr|p\.? ?a\b|(?:par |l'|/ ?)an\b")
_USUAL = (
    (_ANNUAL, 5_000, 5_000_000),
    (re.compile("mois|mens|month|mo$|monat|mtl|mes[ei]"), 300, 100_000),
    (re.compile(r"heure|hour|hr$|\bh$|stund|std|ora"), 4, 1000),
)
"""What pay is for a year, a month, an hour, in whatever currency."""
_MUCH = 300
"""From how much on an amount near a word for work is pay, and not what something cost there."""


def pay_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where amounts of pay begin and end in a text.

    >>> text = "I make 4,200 euros a month and manage a budget of 90,000 euros."
    >>> [text[start:end] for start, end in pay_in(text)]
    ['4,200 euros a month']
    """
    start, small = 0, _in_small(text)
    last: list[_Pay] = []
    for sentence in _sentences(text):
        end = start + len(sentence)
        found = list(_pay_in_sentence(small[start:end], last))
        yield from ((start + pay.start, start + pay.end) for pay in found)
        last = [_Pay(pay.start - len(sentence), pay.end - len(sentence), pay.of) for pay in found]
        start = end


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


def _pay_in_sentence(sentence: str, last: list[_Pay]) -> Iterator[_Pay]:
    """Yield where pay stands in a sentence that is in small letters; `last`: in the one before."""
    amounts = [*_digits().finditer(sentence)]
    if _may_spell(sentence):
        amounts += _written().finditer(sentence)
        for found in _figures().finditer(sentence):
            cues = _near(found, sentence, "cues")
            if _distance(found.span(), cues, sentence) < _REACH:
                yield _Pay(*_with_cue(found.span(), cues), 0)
    pay: list[_Pay] = []
    others: list[tuple[_Pay, re.Match[str]]] = []
    for found in amounts:
        before = _unit_before().search(sentence, max(0, found.start() - 12), found.start())
        if not before and _ends_a_name(sentence[max(0, found.start() - 12) : found.start()]):
            continue
        amount = _Pay(before.start() if before else found.start(), found.end(), _value(found))
        if _is_pay(found, sentence, has_unit=before is not None):
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


def _ends_a_name(before: str) -> bool:
    """Say whether a number is the end of a name: «b737», «#4347», «job ID 20418»."""
    return before[-1:].isalpha() or _NUMBERED.search(before) is not None


def _is_beside(
    found: re.Match[str], amount: _Pay, sentence: str, pay: list[_Pay], reach: int
) -> bool:
    """Say whether an amount is pay because one like it is: «I make 2,900, she makes 3,400»."""
    if not _is_large(found) or _counts_something(found, sentence):
        return False
    at = bisect(pay, amount.start, key=lambda each: each.start)
    nearest = pay[max(0, at - _FEW) : at + _FEW]
    near = [(each.start, each.end) for each in nearest if _are_alike(amount.of, each.of)]
    other = _distance(found.span(), _near(found, sentence, "against"), sentence)
    return _distance(found.span(), near, sentence) < min(other, reach)


def _are_alike(one: float, other: float) -> bool:
    """Say whether two amounts are about as much; «120» is also said for 120,000."""
    return any(other <= _ALIKE * one * by <= _ALIKE**2 * other for by in (0.001, 1, 1000))


def _value(found: re.Match[str]) -> float:
    """Return what an amount in digits comes to; one in words is of thousands, or like none."""
    if not (number := found.groupdict().get("number")):
        return 10_000 if found["thousands"] else 0
    digits = re.sub(r"[^\d.,]", "", re.sub(r"[.,](?=\d{3}(?!\d))", "", number))
    return float(re.sub(",", ".", digits)) * (1000 if found["scale"] or found["scale2"] else 1)


def _near(found: re.Match[str], sentence: str, key: str) -> list[tuple[int, int]]:
    """Return where words of that key stand around what was found."""
    start, end = max(0, found.start() - _REACH - 40), found.end() + _REACH + 40
    return [each.span() for each in word_pattern("salary", key).finditer(sentence, start, end)]


def _in_small(text: str) -> str:
    """Return a text in small letters, each in its place, with one kind of apostrophe."""
    small = text.lower()
    if len(small) != len(text):
        small = "".join(letter if len(one := letter.lower()) > 1 else one for letter in text)
    return small.replace("’", "'")


def _is_pay(found: re.Match[str], sentence: str, *, has_unit: bool) -> bool:
    parts = found.groupdict()
    is_money = has_unit or any(parts.get(name) for name in ("cur", "cur2", "spelt", "cents"))
    has_scale = any(parts.get(name) for name in ("scale", "scale2", "thousands"))
    for_time, is_gross = bool(found["period"]), bool(found["gross"])
    if not (is_money or has_scale or _is_long(found)):
        return False
    if not (is_money or is_gross) and _counts_something(found, sentence):
        return False
    is_bare = not (is_money or has_scale or is_gross)
    if is_bare and not _is_large(found):
        return False
    span = found.span()
    pay = _distance(span, _near(found, sentence, "cues"), sentence)
    if for_time or (_value(found) >= _MUCH and not (is_bare and found["number"].isdigit())):
        work = _distance(span, _near(found, sentence, "work"), sentence)
        pay = min(pay, work + _WEAK if work <= _WORK_REACH else _REACH)
    if is_bare and pay > (_BARE_FOR_TIME if for_time else _BARE):
        return False
    if not is_bare and pay >= _REACH and not _is_usual(found, is_money):
        return False
    other = _distance(span, _near(found, sentence, "against"), sentence)
    if is_bare:
        return pay < other
    return pay <= other if pay < _REACH else other >= _REACH


def _is_usual(found: re.Match[str], is_money: bool) -> bool:
    """Say whether so much for so long can be pay though no word says so: «4,200 euros a month».

    Without a currency only what is for a year can: «78k a year», but not «50k a week».
    """
    period, amount = found["period"] or "", _value(found)
    if found["gross"]:
        return True
    for each, least, most in _USUAL if is_money else _USUAL[:1]:
        if each.search(period):
            return not amount or least <= amount <= most
    return is_money and bool(period)


def _counts_something(found: re.Match[str], sentence: str) -> bool:
    """Say whether a number without a currency is of something: «80k followers», «45 people»."""
    after = _next_word().match(sentence, found.end())
    if after is None or _SPACED.search(found["period"] or ""):
        return False
    return word_after_pay().fullmatch(after[1]) is None


def _is_long(found: re.Match[str]) -> bool:
    """Say whether a number has three digits or more."""
    return sum(map(str.isdigit, found.groupdict().get("number") or "")) >= 3


def _is_large(found: re.Match[str]) -> bool:
    """Say whether a bare number can be pay: three digits at least, and no year."""
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
        "and|or|plus|but|as|for|in|on|at|per|when|with|now|today|total|all|fix\\w*|base|if|is|was|"
        "after|before|since|from|until|because|so|were|would|a|an|most|each|every|bonus|salary|"
        "et|ou|mais|hors|brut|net|annuel|par|de|pour|en|fixe|quand|avec|selon|plus|comme|dès|sur|"
        "après|avant|depuis|car|donc|qui|que|puis|chez|au|était|étaient|primes?|prévus?|"
        "und|oder|aber|plus|als|im|pro|brutto|netto|mit|bei|ab|bis|zu|wenn|jahresgehalt|"
        "nach|vor|seit|weil|dann|ist|sind|war|waren|wäre|wären|"
        "e|o|ma|più|di|con|per|come|lordi|netti|annui|quando|oltre|to|à|a|depending|variable|"
        "dopo|prima|poi|perché|quindi|che|se|era|erano|\\w+[ae]ndo"
    )
    return re.compile(rf"(?:{small}|{words('salary', 'gross')})")


@cache
def paid() -> re.Pattern[str]:
    """Return a pattern that is in every amount which is pay though no word says so."""
    money = rf"(?:\d{BLANK}?(?:{SCALE}|{unit()})|{unit()}{BLANK}?\d[\d'’., ]*|\d{_CENTS}|\d)"
    numbers, currencies = words("salary", "numbers"), words("salary", "currencies")
    spelt = rf"(?:{numbers})[ \u00a0-](?:(?:de|d['’]) ?)?(?:{currencies})"
    said = f"{words('salary', 'gross')}|{words('salary', 'periods')}"
    thousands = "|".join(THOUSANDS)
    said = said.replace("'", "['’]")
    return re.compile(
        rf"(?:{money}|{spelt}|{thousands})[ \u00a0,(]{{0,2}}(?:{said})(?!\w)", re.IGNORECASE
    )


@cache
def _digits() -> re.Pattern[str]:
    """Return the pattern of amounts that begin with a digit, ranges among them."""
    money = unit()
    second = (
        rf"(?:{BLANK}?{_JOIN}{BLANK}?(?:{money}{BLANK}?)?(?:{_NUMBER})"
        rf"(?:{BLANK}?(?P<scale2>{SCALE}))?(?:{_CENTS})?)?"
    )
    digits = (
        rf"(?P<number>{_FIRST})(?:{BLANK}?(?P<scale>{SCALE}))?(?P<cents>{_CENTS})?"
        rf"(?:(?:{BLANK}|-)?(?P<cur>{money}))?{second}(?:{BLANK}?(?P<cur2>{money}))?(?!{BLANK}?%|\w|[.,:/]\d)"
    )
    return re.compile(rf"{digits}{_after()}")


@cache
def _written() -> re.Pattern[str]:
    """Return the pattern of amounts that words spell."""
    spelt, currencies = words("salary", "numbers"), words("salary", "currencies")
    written = (
        rf"(?<![\w-])(?P<spelt>(?:(?:{spelt})[ \u00a0-]){{1,8}}(?:(?:de|d['’]) ?)?"
        rf"(?:{currencies})(?:[ \u00a0](?:(?:et|and|und|e)[ \u00a0])?(?:{spelt})(?!\w))?)"
    )
    ends = "|".join(rf"(?<={each})" for each in THOUSANDS)
    bare = (
        rf"(?<![\w-])(?P<thousands>(?:(?:{spelt})[ \u00a0-]){{1,7}}(?:{spelt})(?:{ends})"
        rf"|(?:{spelt})(?:(?<=\w\wtausend)|(?<=\w\wmila)))"
    )
    return re.compile(rf"(?:{written}|{bare})(?!\w){_after()}")


def _may_spell(sentence: str) -> bool:
    """Say whether a sentence has the stem of a currency or of «six figures»: quick, for most."""
    return any(stem in sentence for stem in _STEMS)


@cache
def _unit_before() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{unit()}){BLANK}?\Z")


def unit() -> str:
    """Return the pattern of a currency, as a sign, a code or a word."""
    return rf"(?:{_SIGN}|(?:{words('salary', 'currencies')})\b)"


def _after() -> str:
    """Return what may follow an amount and is of it: gross or net, and for how long a time."""
    gross, periods = words("salary", "gross"), words("salary", "periods")
    return (
        rf"(?:[ \u00a0,(]{{0,2}}(?P<gross>(?:{gross}))(?!\w))?"
        rf"(?:[ \u00a0,(]{{0,2}}(?P<period>(?:{periods}))(?!\w))?"
        rf"(?:[ \u00a0,(]{{0,2}}(?:{gross})(?!\w))?"
    )
