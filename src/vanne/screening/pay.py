"""Find amounts of pay in a text, and tell whether a question or an answer is about pay.

An amount is a number, with or without a currency, a scale («80k») or a period, or a number in
words. `signs` lists the features of an amount: its size, unit and period, the words for pay or for
other money near it, and whether other amounts are beside it. Each feature has a weight (hundredths
of a logit); an amount is pay if the weights sum to more than zero. `tests/screening/weigh.py`
learns the weights from the texts in `tests/cases/screening` (logistic regression). The weights are
whole numbers, whose sum is the same on any machine.

A salary that a member enters as the answer to a screening question is never used. No column holds
it under that name, so such a text counts as pay if it has a word for pay or an amount of money. A
doubtful text counts as pay: a false alarm costs one answer, a miss trains on a salary.
`tests/cases/pay.tsv` measures both.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from vanne.screening.words import folded_in_place, folded_pattern, listed, words

_NUMBER = r"\d(?:\d{0,2}(?:[ '.,]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d*(?:[.,]\d{1,2})?)"
# The look behind comes after the first digit: a pattern whose first sign is known is quick.
_FIRST = _NUMBER.replace(r"\d", r"\d(?<![\d_.,'/-]\d)", 1)
_CENTS = r"(?:[.,]-{1,2}(?![\w-])|p(?= (?:an?|per) h))"  # 7'500.- in Swiss, 65p an hour
_SIGN = (
    r"(?:us|ca?|au?|nz|hk|s)\$|[€$£¥₹]|k€"
    r"|(?:[tk]?(?:chf|eur)|usd|gbp|cad|aud|sfr|frs?|sek|nok|dkk|pln|inr|jpy|zl|kr|kronor)\b\.?"
)
_SCALE = (
    r"k\d?(?:€|\$|£|chf|eur|usd|gbp)?(?!\w)|t€|teur\b|tsd\b\.?|tausend\b|thousand\b|grand\b"
    r"|mil(?:a|le)?\b|lpa\b|m€|m(?![\w²³'])|million(?:s|en)?\b|milion[ei]\b|mio\b\.?|mln\b"
)
_JOIN = r"(?:[-/]|to\b|and\b|a\b|et\b|bis\b|und\b|e\b)"
_PERCENT = r"%|percent\b|per cent|pour cent|prozent\b"
_MILLION = re.compile("mil?lion|mio|mln|m€|m$")
_SHAPES = {
    "grouped": re.compile(r"\d[ '.,]\d{3}(?!\d)"),
    "decimal": re.compile(r"\d[.,]\d\d?$"),
}
_YEAR = re.compile(r"(?:19|20)\d\d")
_LEAST = 10
"""From how much on a bare number is weighed."""
_LARGE = 100
"""From how much on a bare number makes a text worth a look."""
_SIZES = (0, 10, 21, 100, 300, 1_000, 10_000, 200_000, 1_000_000)
_USUAL = {"hour": (4, 1_000), "month": (300, 100_000), "year": (5_000, 5_000_000)}
"""What pay is for a time, in whatever currency."""
_PERIODS = {
    "year": re.compile(r"annu|anno|year|yr|jahr|p\.? ?a\b|\ban\b"),
    "month": re.compile(r"mois|mens|month|mo$|monat|mtl|mes[ei]"),
    "hour": re.compile(r"heure|hour|hr$|\bh$|stund|std|ora"),
}
_DISTANCES = (8, 20, 45, 90, 200)
"""How near a word is, in characters: it has the sign of each distance that it is within."""
_FAR = 240
"""Where words are looked for, so that none of those within reach is cut."""
_BESIDE, _ALIKE = 3, 2.5
"""How many amounts on each side, and how many times as much, are looked at to find one alike."""
_BROKEN = re.compile(r"(?<=\d)\n(?=\d{3} ?(?:[€$£]|chf|eur|fr))")
"""A line break inside an amount."""


_LISTS = ("cues", "against")
"""The lists of words that an amount is looked at beside."""
_COUNTED = re.compile(" [a-z]{2}")
_OF_CODE = re.compile(
    r"(?:[a-z#]|\bn[°r]?\.? |\b(?:number|nummer|numero|room|raum|zimmer|salle|bureau|aula|badge"
    r"|page|seite|pagina|annexe?|anhang|allegato|ore|stufe|lohnklasse|echelon|track|route) )\Z"
)
"""What stands before the number of a thing or of an hour: «E13», «room 204», «n. 1234»."""
_WORD = re.compile(r" ?([a-z]+)")
_BARE_PACKAGE = re.compile(r"^\W*(?:(?:votre|vos|your|ihr|dein|il tuo|il suo) )?packages?\W*$")
_OTHER_RATES = (
    "typing conversion churn interest error success growth response retention through bounce heart "
    "close win exchange occupancy utilization completion pass defect failure frame sample refresh "
    "open learning attrition turnover click fill inflation tax hit burn click-through data bit"
).split()
_RATE = re.compile(
    r"(?<!you )(?<!please )(?<!to )\b"
    + "".join(rf"(?<!{word} )" for word in _OTHER_RATES)
    + r"rates?\b(?! (?:your|yourself|the|this|how|from|on|of|limit\w*)\b)"
)
_NO_PAY = re.compile(
    r"\b(?:pay(?:s|ing)? (?:close |careful |any )?attention|pay[- ]per[- ]click"
    r"|paid (?:search|media|social|ads?|advertising|traffic|leave|time off|campaigns?)"
    r"|pay(?:s|ing)? (?:taxes|customers?|bills)|earning (?:a|an|your|my) (?:degree|\w+ degree))\b"
)
_BUSINESS = re.compile(
    r"\b(?:budgets?|revenues?|quotas?|portfolios?|sales|deals?|arr|mrr|turnover|p&l|aum|funding"
    r"|projects?|umsatz\w*|chiffre d'affaires|fatturato|ventes|vendite|contracts?)\b"
)


@dataclass(frozen=True, slots=True)
class MoneyAmount:
    """A number in a folded text, where it stands, and what it looks like.

    `unit`: `money`, `scaled` («80k»), `bare` or `words`. `shape`: `grouped` («4,200»), `decimal` or
    nothing. `followed`: `by a thing` («3,000 people»), `by a purpose` («€300 for the roof») or
    nothing.
    """

    start: int
    end: int
    value: float
    unit: str
    shape: str = ""
    period: str = ""
    is_gross: bool = False
    followed: str = ""


def pay_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where amounts of pay begin and end in a text.

    >>> text = "I make 4,200 euros a month and manage a budget of 90,000 euros."
    >>> [text[start:end] for start, end in pay_in(text)]
    ['4,200 euros a month']
    """
    small = small_of(text)
    amounts = amounts_in(small)
    if not any(each.unit != "bare" or each.value >= _LARGE or each.period for each in amounts):
        return
    near, weights = places_of_words(small, amounts), _weights()
    for at, amount in enumerate(amounts):
        if sum(weights.get(sign, 0) for sign in signs(at, amounts, near)) > 0:
            yield amount.start, amount.end


def asks_for_pay(text: str) -> bool:
    """Say whether a text has a word for pay, in one of the languages of Europe's job market.

    >>> asks_for_pay("Vos prétentions ?"), asks_for_pay("How do you rate your English?")
    (True, False)
    """
    small = _NO_PAY.sub("", small_of(text))
    patterns = (folded_pattern("salary", "words"), _RATE, _BARE_PACKAGE)
    return any(pattern.search(small) for pattern in patterns)


def states_amount(text: str) -> bool:
    """Say whether a text holds an amount of money, or a number that is gross, net or per month.

    >>> states_amount("95'000 CHF"), states_amount("6500 net par mois"), states_amount("5 years")
    (True, True, False)
    """
    small = small_of(text)
    return any(
        each.unit in ("money", "words")
        or each.is_gross
        or bool(each.period)
        or (each.unit == "scaled" and _COUNTED.match(small, each.end) is None)
        for each in amounts_in(small)
    )


def offers_amount(text: str) -> bool:
    """Say whether a question names an amount that can be pay, and no budget or turnover."""
    return states_amount(text) and _BUSINESS.search(small_of(text)) is None


def small_of(text: str) -> str:
    """Return a text folded, each of its signs in its place, and no amount across two lines."""
    return _BROKEN.sub(" ", folded_in_place(text).lower())


def places_of_words(small: str, amounts: Sequence[MoneyAmount]) -> dict[str, list[tuple[int, int]]]:
    """Return where the words for pay, and those for other money, stand around amounts."""
    windows: list[tuple[int, int]] = []
    for amount in amounts:
        first, last = max(0, amount.start - _FAR), amount.end + _FAR
        if windows and first <= windows[-1][1]:
            first, _ = windows.pop()
        windows.append((first, last))
    return {
        key: [
            match.span()
            for first, last in windows
            for match in folded_pattern("salary", key).finditer(small, first, last)
        ]
        for key in _LISTS
    }


def amounts_in(small: str) -> list[MoneyAmount]:
    """Return the numbers of a folded text that may be amounts of money, in order."""
    digits, _, spelt = _patterns()
    amounts = [amount for match in digits.finditer(small) if (amount := _amount(match))]
    if any(stem in small for stem in STEMS):
        for match in spelt.finditer(small):
            period = match["period"] or ""
            followed = _followed(match, "words", period)
            amounts.append(
                MoneyAmount(*match.span(), 0, "words", "", period, bool(match["gross"]), followed)
            )
        amounts.sort(key=lambda each: each.start)
    return amounts


def _amount(match: re.Match[str]) -> MoneyAmount | None:
    """Return what a number in digits comes to; None if it is a year or a small number of things."""
    number, scale = match["number"], match["scale"] or match["scale2"] or ""
    before = _patterns()[1].search(match.string, max(0, match.start() - 12), match.start())
    if before and before[0].startswith(("tchf", "teur", "kchf", "keur", "k€")):
        scale = scale or "k"
    digits = re.sub(r"[.,](?=\d{3}(?!\d))|[^\d.,]", "", number).replace(",", ".")
    value = float(digits) * (1e6 if _MILLION.match(scale) else 1e3 if scale else 1)
    unit = "bare"
    if scale == "m":  # of money, or metres: nobody's pay
        value /= 1e6
    elif scale:
        unit = "scaled"
    elif before or match["cents"] or match["unit"] or match["unit2"]:
        unit = "money"
    period, is_gross = (
        match["period"] or match["times"] or "",
        bool(match["gross"] or match["gross2"]),
    )
    shape = next((name for name, each in _SHAPES.items() if each.search(number)), "")
    is_little = _YEAR.fullmatch(number) or (value < _LEAST and not shape)
    is_code = _OF_CODE.search(match.string, max(0, match.start() - 12), match.start())
    if (is_little or is_code) and unit == "bare" and not (period or is_gross):
        return None
    start = before.start() if before else match.start()
    followed = "by a thing" if scale == "m" else _followed(match, unit, period)
    return MoneyAmount(start, match.end(), value, unit, shape, period, is_gross, followed)


def _followed(match: re.Match[str], unit: str, period: str) -> str:
    """Return what stands right behind an amount that has no period: a thing or a purpose."""
    if period:
        return ""
    purpose, small = _words_behind()
    if purpose.match(match.string, match.end()):
        return "by a purpose"
    said = _WORD.match(match.string, match.end()) if unit != "money" else None
    return "by a thing" if said and said[1] not in small else ""


@cache
def _words_behind() -> tuple[re.Pattern[str], frozenset[str]]:
    """Return a pattern of what leads to a purpose, and the words that count nothing."""
    purposes = folded_in_place(words("salary", "purposes"))
    return re.compile(rf" (?:{purposes})\b"), frozenset(listed("salary", "behind"))


STEMS = tuple(
    "fran euro doll pound pfund livre sterl quid buck lakh rupee stutz shilling pence "
    "figure chiffres stellig cifre thousand tausend grand mille mila million milion".split()
)
"""What an amount in words holds: most texts hold none of them."""


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Return the patterns of amounts in digits, of a currency before them, of amounts in words."""
    names = ("numbers", "currencies", "coins", "gross", "periods", "times", "figures")
    spelt, currency, coins, gross, periods, times, figures = (
        folded_in_place(words("salary", name)) for name in names
    )
    unit = rf"(?:{_SIGN}|(?:{currency}|{coins})\b)"
    after = (
        rf"(?:[ ,(]{{0,2}}(?P<gross>(?:{gross}))(?!\w))?"
        rf"(?:[ ,(]{{0,2}}(?P<period>(?:{periods}))(?!\w))?"
        rf"(?:[ ,(]{{0,2}}(?P<gross2>(?:{gross}))(?!\w))?"
        rf"(?:[ ,(]{{0,2}}(?P<times>(?:{times}))(?!\w))?"
    )
    second = rf"(?: ?{_JOIN} ?(?:{unit} ?)?(?:{_NUMBER})(?: ?(?P<scale2>{_SCALE}))?(?:{_CENTS})?)?"
    digits = (
        rf"(?P<number>{_FIRST})(?: ?(?P<scale>{_SCALE}))?"
        rf"(?P<cents>{_CENTS})?(?:[ -]?(?P<unit>{unit}))?{second}(?: ?(?P<unit2>{unit}))?"
        rf"(?! ?(?:{_PERCENT})|\w|[.,:/]\d|[-/]\d+ ?%){after}"
    )
    thousands = r"(?:thousand|tausend|grand|mille|mila|million(?:s|en|i)?|milioni)"
    in_words = (
        rf"(?<![\w-])(?:(?:(?:{spelt})[ -]){{1,8}}(?:(?:de|d') ?)?(?:{currency})"
        rf"|(?:(?:{spelt})[ -]){{1,7}}{thousands}(?:[ -](?:{spelt})){{0,4}}"
        rf"|(?=\w\w+(?:tausend|mila))(?:{spelt})|{figures})(?!\w){after}"
    )
    before = rf"(?<!\w){unit} ?\Z"
    return re.compile(digits), re.compile(before), re.compile(in_words)


def signs(
    at: int, amounts: Sequence[MoneyAmount], near: dict[str, list[tuple[int, int]]]
) -> Iterator[str]:
    """Yield what can be seen of an amount; `near` says where the words of the lists stand."""
    amount = amounts[at]
    yield "any"
    size = "" if amount.unit == "words" else f" {_SIZES[bisect_right(_SIZES, amount.value) - 1]}"
    yield amount.unit + size
    if amount.shape:
        yield amount.shape
    if amount.followed:
        yield f"followed {amount.followed}"
    if amount.is_gross:
        yield "gross"
    if amount.period:
        names = (name for name, each in _PERIODS.items() if each.search(amount.period))
        name = next(names, "other")
        yield f"per {name}"
        least, most = _USUAL.get(name, (0, 0))
        if least <= amount.value <= most:
            yield f"usual {name}"
    beside = [*amounts[max(0, at - _BESIDE) : at], *amounts[at + 1 : at + 1 + _BESIDE]]
    yield f"beside {len(beside)}"
    if amount.value > _SIZES[2] and any(
        o.value <= _ALIKE * amount.value * by <= _ALIKE**2 * o.value
        for o in beside
        for by in (0.001, 1, 1000)  # «120» is also said for 120,000
    ):
        yield "beside its like"
    for key, spans in near.items():
        first = bisect_left(spans, (amount.start, 0))
        if first:
            gap = amount.start - spans[first - 1][1]
            yield from (f"{key} {each} before" for each in _DISTANCES if gap < each)
        behind = (start - amount.end for start, _ in spans[first:] if start >= amount.end)
        if (gap := next(behind, _DISTANCES[-1])) < _DISTANCES[-1]:
            yield from (f"{key} {each} behind" for each in _DISTANCES if gap < each)


@cache
def _weights() -> dict[str, int]:
    text = files("vanne.screening").joinpath("weights.tsv").read_text(encoding="utf-8")
    return {sign: int(weight) for sign, weight in (line.split("\t") for line in text.splitlines())}
