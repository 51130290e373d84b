"""What an amount of money looks like: a number with a currency, a scale or a period, or words."""

import re
from dataclasses import dataclass
from functools import cache

from vanne.screening.words import words

BLANK = "[ \u00a0\u202f\u2009]"
_GROUPED = rf"(?:(?:{BLANK}|['’.,])\d{{3}})+(?:[.,]\d{{1,2}})?(?!\d)"
_NUMBER = rf"\d(?:\d{{0,2}}{_GROUPED}|\d*(?:[.,]\d{{1,2}})?)"
_ALONE = r"(?<![\d_.,'’/-]\d)"
_FIRST = _NUMBER.replace(r"\d", rf"\d{_ALONE}", 1)
"""A number that begins with its first sign: a pattern whose first sign is known is quick."""
_CENTS = r"(?:[.,][-–—]{1,2}(?![\w-])|p(?= (?:an?|per) h))"  # 7'500.- in Swiss, 65p an hour
_SIGN = (
    r"(?:us|ca?|au?|nz|hk|s)\$|[€$£¥]|k€"
    r"|(?:[tk]?(?:chf|eur)|usd|gbp|cad|aud|sfr|fr|frs|sek|inr)\b\.?"
)
_JOIN = r"(?:[-–—/]|to\b|and\b|à\b|et\b|bis\b|und\b|a\b|e\b)"
SCALE = (
    r"k\d?(?:€|\$|£|chf|eur|usd|gbp)?(?!\w)|t€|teur\b|tsd\b\.?"
    r"|tausend\b|thousand\b|grand\b|mila\b|mille\b|lpa\b"
    r"|m€|m(?![\w²³'’])|million(?:s|en)?\b|milion[ei]\b|mio\b\.?|mln\b"
)
_THOUSANDS_BEFORE = re.compile(r"(?<!\w)(?:[tk](?:chf|eur)|k€) ?$")
_NO_DIGIT = re.compile(r"[.,](?=\d{3}(?!\d))|[^\d.,]")
_MILLION = re.compile("mil?lion|mio|mln|m€|m$")
_STEMS = tuple(
    "fran euro doll pound pfund livre sterl quid buck lakh rupee stutz shilling pence "
    "figure chiffres stellig cifre thousand tausend grand mille mila million milion".split()
)
THOUSANDS = "thousand tausend grand mille mila million millions millionen milioni".split()
"""How a number in words ends that is an amount without a currency too."""


_YEAR = re.compile(r"(?:19|20)\d\d$")
_THOUSANDS_OFF = re.compile(rf"\d(?:{BLANK}|['’.,])\d{{3}}(?!\d)")
_DECIMAL = re.compile(r"\d[.,]\d\d?$")
_SCALES = ("scale", "scale2", "thousands")
_UNITS = ("cur", "cur2", "spelt", "cents")
_METRES = ("m", "m€")
"""What is a scale for money that is never anybody's pay, and a unit of length."""
_LONG = 3
_SMALL = frozenset(
    "one two three four five six seven eight nine ten un une deux trois quatre cinq sept huit neuf"
    " dix ein eine eins einen zwei drei vier fünf sechs sieben acht neun zehn uno una due tre"
    " quattro cinque sei sette otto nove dieci and et und e million millions en zig".split()
)
"""What alone is no amount in words."""


@dataclass(frozen=True, slots=True)
class MoneyAmount:
    """A number in a text in small letters, where it stands, and what it looks like.

    `unit`: `money`, `scaled` («80k»), `bare` or `words`, whose `value` is how many they are.
    `shape`: `grouped` («4,200»), `decimal` or nothing.
    """

    start: int
    end: int
    value: float
    unit: str
    number: str = ""
    shape: str = ""
    period: str = ""
    is_gross: bool = False

    @property
    def is_year(self) -> bool:
        """Whether it may be a year."""
        return self.unit == "bare" and _YEAR.fullmatch(self.number) is not None

    @property
    def is_long(self) -> bool:
        """Whether it has three digits or more, and is no year."""
        long = sum(map(str.isdigit, self.number)) >= _LONG
        return long and self.number[0] != "0" and not self.is_year


def amounts_in(small: str) -> list[MoneyAmount]:
    """Return the numbers of a text in small letters that may be amounts of money, in order."""
    found = list(digits().finditer(small))
    if stems_in(small):
        found += written().finditer(small)
    amounts = [_amount(each, small) for each in found]
    taken = bytearray(len(small))
    for amount in amounts:
        taken[amount.start : amount.end] = b"1" * (amount.end - amount.start)
    for each in in_words().finditer(small):
        if each[0] not in _SMALL and not any(taken[each.start() : each.end()]):
            many = each[0].count(" ") + each[0].count("-") + 1
            amounts.append(MoneyAmount(each.start(), each.end(), many, "words"))
    return sorted(amounts, key=lambda each: each.start)


def _amount(found: re.Match[str], small: str) -> MoneyAmount:
    before = unit_before().search(small, max(0, found.start() - 12), found.start())
    parts = found.groupdict()
    number, value = parts.get("number") or "", value_of(found)
    is_scaled = any(parts.get(name) for name in _SCALES)
    if parts.get("scale") in _METRES:
        value, is_scaled = value / 1e6, False
    has_unit = before is not None or any(parts.get(name) for name in _UNITS)
    return MoneyAmount(
        start=before.start() if before else found.start(),
        end=found.end(),
        value=value,
        unit="scaled" if is_scaled else "money" if has_unit else "bare",
        number=number,
        shape=_shape(number),
        period=found["period"] or found["times"] or "",
        is_gross=bool(found["gross"] or found["gross2"]),
    )


def _shape(number: str) -> str:
    if _THOUSANDS_OFF.search(number):
        return "grouped"
    return "decimal" if _DECIMAL.search(number) else ""


def value_of(found: re.Match[str]) -> float:
    """Return what an amount in digits comes to; one in words is of thousands, or like none."""
    if not (number := found.groupdict().get("number")):
        return 10_000 if found["thousands"] else 0
    digits = _NO_DIGIT.sub("", number)
    scale = found["scale"] or found["scale2"] or ""
    if _THOUSANDS_BEFORE.search(found.string, max(0, found.start() - 6), found.start()):
        scale = scale or "k"
    return float(digits.replace(",", ".")) * (1e6 if _MILLION.match(scale) else 1e3 if scale else 1)


def counts_millions(found: re.Match[str]) -> bool:
    """Say whether something is counted in millions: «2 millions d'abonnés»."""
    scale = found.groupdict().get("scale") or ""
    return bool(_MILLION.match(scale)) and _of().match(found.string, found.end()) is not None


@cache
def _of() -> re.Pattern[str]:
    """Return the pattern of what says that a number is of something, and not of money."""
    return re.compile(rf"[ \u00a0](?:d['’]|de |di |of |von )(?!{unit()})")


@cache
def digits() -> re.Pattern[str]:
    """Return the pattern of amounts that begin with a digit, ranges among them."""
    money = unit()
    second = (
        rf"(?:{BLANK}?{_JOIN}{BLANK}?(?:{money}{BLANK}?)?(?:{_NUMBER})"
        rf"(?:{BLANK}?(?P<scale2>{SCALE}))?(?:{_CENTS})?)?"
    )
    number = (
        rf"(?P<number>{_FIRST})(?:{BLANK}?(?P<scale>{SCALE}))?(?P<cents>{_CENTS})?"
        rf"(?:(?:{BLANK}|-)?(?P<cur>{money}))?{second}(?:{BLANK}?(?P<cur2>{money}))?(?!{BLANK}?%|\w|[.,:/]\d)"
    )
    return re.compile(rf"{number}{_after()}")


@cache
def written() -> re.Pattern[str]:
    """Return the pattern of amounts that words spell."""
    spelt, currencies = words("salary", "numbers"), words("salary", "currencies")
    spelt_money = (
        rf"(?<![\w-])(?P<spelt>(?:(?:{spelt})[ \u00a0-]){{1,8}}(?:(?:de|d['’]) ?)?"
        rf"(?:{currencies})(?:[ \u00a0](?:(?:et|and|und|e)[ \u00a0])?(?:{spelt})(?!\w))?)"
    )
    ends = "|".join(rf"(?<={each})" for each in THOUSANDS)
    bare = (
        rf"(?<![\w-])(?P<thousands>(?:(?:{spelt})[ \u00a0-]){{1,7}}(?:{spelt})(?:{ends})"
        rf"|(?=\w\w+(?:tausend|mila))(?:{spelt})"
        rf"|(?:(?:{spelt})[ -]){{1,3}}(?:thousand|mille)(?:[ -](?:{spelt})){{1,4}})"
    )
    return re.compile(rf"(?:{spelt_money}|{bare})(?!\w){_after()}")


@cache
def in_words() -> re.Pattern[str]:
    """Return the pattern of numbers in words: «quarante-cinq», «two fifty»."""
    spelt = words("salary", "numbers")
    return re.compile(rf"(?<![\w-])(?:{spelt})(?:[ -](?:{spelt})){{0,6}}(?![\w-])")


def stems_in(text: str) -> list[str]:
    """Return the stems of currencies and of «six figures» that a text has: most have none."""
    return [stem for stem in _STEMS if stem in text]


@cache
def unit_before() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{unit()}){BLANK}?\Z")


def unit() -> str:
    """Return the pattern of a currency, as a sign, a code or a word."""
    return rf"(?:{_SIGN}|(?:{words('salary', 'currencies')}|{words('salary', 'coins')})\b)"


def _after() -> str:
    """Return what may follow an amount and is of it: gross or net, and for how long a time."""
    gross, periods = words("salary", "gross"), words("salary", "periods")
    return (
        rf"(?:[ \u00a0,(]{{0,2}}(?P<gross>(?:{gross}))(?!\w))?"
        rf"(?:[ \u00a0,(]{{0,2}}(?P<period>(?:{periods}))(?!\w))?"
        rf"(?:[ \u00a0,(]{{0,2}}(?P<gross2>(?:{gross}))(?!\w))?"
        rf"(?:[ \u00a0,(]{{0,2}}(?P<times>(?:{words('salary', 'times')}))(?!\w))?"
    )
