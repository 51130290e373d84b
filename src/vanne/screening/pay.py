"""Which amounts of a text are somebody's pay, and not a price, a budget or a turnover.

An amount is a number, with or without a currency, a scale («80k») or a period, or one that words
spell. What is around an amount is weighed; «six figures» are pay beside a word for pay.

People tell pay in more ways than rules foresee («they came up to 52k, I signed»). So `signs` says
what can be seen of an amount: how large it is, its unit, which words of the lists stand near, and
the words themselves. Each sign has a weight, a whole number (hundredths of a logit), and an amount
is pay if their sum is above zero. `tests/screening/weigh.py` learns them (logistic regression) from
the texts in `tests/cases/screening`, and writes `weights.tsv`. Whole numbers sum up alike on any
machine.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache, cached_property
from importlib.resources import files

from vanne.screening.amounts import MoneyAmount, amounts_in, stems_in
from vanne.screening.words import word_pattern, words

_REACH = 90
"""How far from «six figures», in characters, a word still says what they are of."""
_TOUCHING = 4
_BROKEN = re.compile(r"(?<=\d)\n(?=\d{3}(?:[ \u00a0\u202f]?[€$£]| (?:CHF|EUR|[Ff]r|euro)))")
"""A line break inside an amount."""
_LEAST = 10
"""From how much on a bare number is weighed."""
_HOUR = "(?:h|std|stund|ora|heure)"
_ABOUT = "only|about|around|nur|etwa|environ|circa"
_LISTS = ("cues", "against")
"""The lists of words that an amount is looked at beside."""
_DISTANCES = (8, 20, 45, 90, 200)
"""How near a word is, in characters: it has the sign of each distance that it is within."""
_SIZES = (0, 10, 21, 100, 300, 1_000, 10_000, 200_000)
_USUAL = {"hour": (4, 1_000), "month": (300, 100_000), "year": (5_000, 5_000_000)}
"""What pay is for a time, in whatever currency."""
_PERIODS = {
    "year": re.compile(r"annu|anno|year|yr|j[aä]hr|p\.? ?a\b|\ban\b"),
    "month": re.compile(r"mois|mens|month|mo$|monat|mtl|mes[ei]"),
    "hour": re.compile(r"heure|hour|hr$|\bh$|stund|std|ora"),
}
_LEFT, _RIGHT = 80, 60
"""How far, in characters, single words are looked at."""
_STEM, _NEAR, _AROUND = 5, 3, 8
"""How many letters of a word count, and how many words are next to an amount and around it."""
_BESIDE, _ALIKE = 3, 2.5
"""How many amounts on each side, and how many times as much, are looked at to find one alike."""
_WORD = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")


def pay_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where amounts of pay begin and end in a text.

    >>> text = "I make 4,200 euros a month and manage a budget of 90,000 euros."
    >>> [text[start:end] for start, end in pay_in(text)]
    ['4,200 euros a month']
    """
    small = in_small(_BROKEN.sub(" ", text))
    yield from weighed_in(small)
    if not stems_in(small):
        return
    for figures in _figures().finditer(small):  # «six-figure salary», with its word right beside
        start, end = figures.span()
        near = (max(0, start - _REACH), end + _REACH)
        cues = [cue.span() for cue in word_pattern("salary", "cues").finditer(small, *near)]
        if cues:
            ends = [last for first, last in cues if 0 <= first - end <= _TOUCHING]
            starts = [first for first, last in cues if 0 <= start - last <= _TOUCHING]
            yield min([start, *starts]), max([end, *ends])


def in_small(text: str) -> str:
    """Return a text in small letters, each in its place, with one kind of apostrophe."""
    small = text.lower()
    if len(small) != len(text):
        small = "".join(letter if len(one := letter.lower()) > 1 else one for letter in text)
    return small.replace("’", "'")


@cache
def _figures() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words('salary', 'figures')})(?!\w)")


class Talk:
    """A text in small letters, its amounts, and where the words of the lists stand."""

    def __init__(self, small: str) -> None:
        self.small = small
        self._words: dict[str, list[tuple[int, int]]] = {}

    @cached_property
    def amounts(self) -> list[MoneyAmount]:
        """All numbers that can be amounts, in order."""
        return amounts_in(self.small)

    def words(self, key: str) -> list[tuple[int, int]]:
        """Return where the words of a list stand, in order."""
        if key not in self._words:
            pattern = word_pattern("salary", key)
            self._words[key] = [each.span() for each in pattern.finditer(self.small)]
        return self._words[key]


def weighed_in(small: str) -> Iterator[tuple[int, int]]:
    """Yield where amounts stand in a text in small letters that weigh as pay.

    >>> list(weighed_in("my boss offered 62k, rent is 1,200"))
    [(16, 19)]
    """
    talk = Talk(small)
    if is_weighed(talk):
        weights = _weights()
        for at, amount in enumerate(talk.amounts):
            if may_be_pay(amount) and sum(weights.get(s, 0) for s in signs(at, talk)) > 0:
                yield amount.start, amount.end


def is_weighed(talk: Talk) -> bool:
    """Say whether an amount has a unit or three digits, or a short one is asked or offered.

    Columns are asked for the same by `vanne.screening.hints`.
    """
    if any(each.unit in ("money", "scaled") or each.is_long for each in talk.amounts):
        return True
    return bool(talk.amounts) and asked().search(talk.small) is not None


def may_be_pay(amount: MoneyAmount) -> bool:
    """Say whether an amount is worth weighing: no year, no small number of whatever."""
    if amount.unit != "bare" or amount.period or amount.is_gross:
        return True
    return not amount.is_year and (amount.value >= _LEAST or bool(amount.shape))


@cache
def asked() -> re.Pattern[str]:
    """Return the pattern of short numbers that are asked, offered or for an hour.

    «said 48», «offered forty-eight», «from 78 to 64», «22/ora».
    """
    before, after = words("salary", "asks"), words("salary", "asked")
    short = r"[1-9]\d(?:[.,]5|\d)?"
    return re.compile(
        rf"(?<!\w)(?:{before}) (?:(?:{_ABOUT}) )?(?:[1-9]\d|{words('salary', 'tens')})"
        rf"|\dp?(?: ?/ ?| (?:in |de )?(?:an?|per|pro|die|je|the|der|al|l'|all') ?){_HOUR}"
        rf"|\d (?:{after})|(?:from|von|d[ea]) {short} (?:to|auf|[àa]) {short}(?![\d%\u00a0\u202f])",
        re.IGNORECASE,
    )


def signs(at: int, talk: Talk) -> Iterator[str]:
    """Yield what can be seen of an amount of a text, each sign once."""
    amount = talk.amounts[at]
    yield "any"
    yield from _of_itself(amount)
    yield from _beside(at, talk)
    for key in _LISTS:
        yield from _near(amount, key, talk.words(key))
    yield from dict.fromkeys(_single_words(amount, talk.small))


def _of_itself(amount: MoneyAmount) -> Iterator[str]:
    yield amount.unit
    if amount.is_year:
        yield "year"
    elif amount.unit == "words":
        yield f"words {amount.value:.0f}"
    else:
        yield f"{amount.unit} from {_SIZES[bisect_right(_SIZES, amount.value) - 1]}"
    if amount.shape:
        yield amount.shape
    if amount.is_gross:
        yield "gross"
    if amount.period:
        yield "period"
        found = (name for name, each in _PERIODS.items() if each.search(amount.period))
        name = next(found, "other")
        yield f"a {name}"
        least, most = _USUAL.get(name, (0, 0))
        if least <= amount.value <= most:
            yield f"usual a {name}"


def _beside(at: int, talk: Talk) -> Iterator[str]:
    amount, small = talk.amounts[at], talk.small

    def is_alike(other: float) -> bool:
        """Say whether another amount is about as much; «120» is also said for 120,000."""
        by = (0.001, 1, 1000)
        return any(other <= _ALIKE * amount.value * b <= _ALIKE**2 * other for b in by)

    if amount.start == 0 or small[amount.start - 1] == "\n":
        yield "first"
    elif not small[amount.start - 1].isspace():
        yield f"behind {small[amount.start - 1]}"
    yield f"before {small[amount.end : amount.end + 1].strip() or 'a gap'}"
    near = talk.amounts[max(0, at - _BESIDE) : at + _BESIDE + 1]
    others = [each for each in near if each is not amount]
    yield f"beside {len(others)}"
    if any(each.unit in ("money", "scaled") for each in others):
        yield "beside money"
    if amount.value > _SIZES[2] and any(is_alike(each.value) for each in others):
        yield "beside its like"


def _near(amount: MoneyAmount, key: str, spans: list[tuple[int, int]]) -> Iterator[str]:
    """Yield how near the nearest words of a list are, before and behind."""
    at = bisect_left(spans, (amount.start, 0))
    before = amount.start - spans[at - 1][1] if at else None
    while at < len(spans) and spans[at][0] < amount.end:
        at += 1
    behind = spans[at][0] - amount.end if at < len(spans) else None
    for side, distance in (("before", before), ("behind", behind)):
        if distance is not None:
            yield from (f"{key} {each} {side}" for each in _DISTANCES if distance < each)


def _single_words(amount: MoneyAmount, small: str) -> Iterator[str]:
    start, end = amount.start, amount.end
    left = [_stem(each) for each in _WORD.findall(small, max(0, start - _LEFT), start)][::-1]
    right = [_stem(each) for each in _WORD.findall(small, end, end + _RIGHT)]
    for side, near in (("<", left), (">", right)):
        if near:
            yield f"{side}1 {near[0]}"
        yield from (f"{side}3 {each}" for each in near[:_NEAR])
        yield from (f"~ {each}" for each in near[:_AROUND])
    if len(left) > 1:
        yield f"<2 {left[1]} {left[0]}"


def _stem(word: str) -> str:
    return "#" * min(len(word), _STEM) if word.isdigit() else word[:_STEM]


@cache
def _weights() -> dict[str, int]:
    text = files("vanne.screening").joinpath("weights.tsv").read_text(encoding="utf-8")
    return {sign: int(weight) for sign, weight in (line.split("\t") for line in text.splitlines())}
