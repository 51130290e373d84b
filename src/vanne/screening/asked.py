"""Pay that only talk tells: «they said 48, I said 52», «2019: 38k, 2022: 57k (new job)».

Numbers of two or three digits without a unit are thousands, or pay for a day, where somebody asks,
offers or is on them, counts nothing by them, and a word near says that the talk is of work.
"""

import re
from collections.abc import Iterator
from functools import cache

from vanne.screening.words import word_pattern, words

_TALK_REACH = 400
"""How far, in characters, a word that says what the talk is of may be."""
_ASK_WORDS = 5
"""How many words before a number may ask for it, or offer it."""
_LEAST, _MOST = 21, 300
_SHORT = r"\d\d\d?(?:[.,]5)?"
_WHOLE = r"(?!\w|[.,:/'’]\d|[ \u00a0\u202f]?[%€$£°]|[-–]\w)"
_DIGITS = re.compile(
    rf"\d(?<= \d)\d\d?(?:[.,]5)?(?:(?:[-–]| (?:and|und|et|e|bis|auf|to|à|a) ){_SHORT})?{_WHOLE}"
)
_TENS = ("ty", "zig", "ßig", "ssig", "ante", "enta", "anta", "venti", "ingt")
"""What is in a word for twenty to ninety-nine: quick to look for."""
_SINGLE = re.compile(_SHORT)
_TOGETHER, _ALIKE = 120, 1.7
"""How far from a number that is asked, in characters, another that is about as much is pay too."""
ABOUT = "only|about|around|nur|etwa|environ|circa"
_FROM = re.compile(r"(?<!\w)(?:from|von|de|da) $")
_OTHERWISE = re.compile(
    r"\b(?:hours?|hrs?|stunden?|std|heures?|or[ae]|kilos?|kg|bpm|years? old|jahre alt|degrees|grad"
    r"|mph|km/h|kegeln|bowling|darts|golf|schach|chess|échecs|scacchi"
    r"|percent|prozent|pour cent|per cento|people|leute|personnes|persone|votes?|points?|punkte)\b"
)
"""What else two digits near work may be of."""
YEARLY = re.compile(
    r"(?:19|20)(?<!\d\d\d)\d\d(?:[-–/]\d\d(?:\d\d)?)?(?: ?[:–—-] ?| )"
    r"(?P<pay>(?:[€$£] ?)?\d{2,3}(?:[.,]\d)?k)(?!\w)(?P<after> ?[^,;\n]?)"
)
_YEARS = 3
"""How many years must have an amount for a list of them to be one of pay."""


def asked_in(small: str) -> Iterator[tuple[int, int]]:
    """Yield where pay stands that only talk tells, in a text in small letters.

    >>> text = "asked for a raise, the boss said 48 and i wanted 52."
    >>> [text[start:end] for start, end in asked_in(text)]
    ['48', '52']
    """
    numbers = list(_numbers(small))
    asked = [each.span() for each in numbers if _is_asked(each, small) and _is_of_work(each, small)]
    yield from asked
    for found in numbers if asked else ():
        if found.span() not in asked and any(_are_alike(small, found.span(), one) for one in asked):
            yield found.span()
    yield from _by_year(small)


def _are_alike(small: str, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Say whether a number that counts nothing is about one that is asked near it."""
    if abs(one[0] - other[0]) > _TOGETHER or _counts(small, one[1]):
        return False
    values = [_SINGLE.match(small, start) for start, _ in (one, other)]
    least, most = sorted(float(each[0].replace(",", ".")) if each else 0 for each in values)
    return most <= _ALIKE * least


def _numbers(small: str) -> Iterator[re.Match[str]]:
    for found in _DIGITS.finditer(small):
        if _is_likely(found[0]):
            yield found
    if any(part in small for part in _TENS):
        yield from _in_words().finditer(small)


def _is_likely(number: str) -> bool:
    return all(_LEAST <= float(n.replace(",", ".")) <= _MOST for n in _SINGLE.findall(number))


def _is_asked(found: re.Match[str], small: str) -> bool:
    """Say whether somebody asks a number or offers it, or it went «from 78 to 64»."""
    start, end = found.span()
    if _is_said().match(small, end):
        return True
    if _counts(small, end):
        return False
    if len(_SINGLE.findall(found[0])) > 1 and _FROM.search(small, max(0, start - 6), start):
        return True
    first = start - 1
    for _ in range(_ASK_WORDS):
        first = small.rfind(" ", max(0, first - 20), first)
        if _says().fullmatch(small, first + 1, start - 1):
            return True
        if first < 0:
            break
    return False


def _is_of_work(found: re.Match[str], small: str) -> bool:
    start, end = found.span()
    if _OTHERWISE.search(small, max(0, start - 60), end + 30):
        return False
    near = (max(0, start - _TALK_REACH), end + _TALK_REACH)
    return any(word_pattern("salary", key).search(small, *near) for key in ("talk", "jobs"))


def _counts(small: str, end: int) -> bool:
    after = _NEXT.match(small, end)
    return after is not None and _GOES_ON.fullmatch(after[1]) is None


def _by_year(small: str) -> Iterator[tuple[int, int]]:
    """Yield the amounts of a list of years: at least three, in a text that talks of work."""
    found = [each for each in YEARLY.finditer(small) if not each["after"].strip().isalpha()]
    talk, against = (word_pattern("salary", key) for key in ("talk", "against"))
    if len(found) >= _YEARS and talk.search(small) and not against.search(small):
        yield from (each.span("pay") for each in found)


@cache
def _in_words() -> re.Pattern[str]:
    tens, spelt = words("salary", "tens"), words("salary", "numbers")
    return re.compile(rf"(?<![\w-])(?:{tens})(?:[ -](?:{spelt})){{0,2}}(?![\w-])")


@cache
def _says() -> re.Pattern[str]:
    """Return the pattern of what ends before a short number that is asked or offered."""
    return re.compile(rf"(?:{words('salary', 'asks')})(?: (?:{ABOUT}))?")


@cache
def _is_said() -> re.Pattern[str]:
    return re.compile(rf" (?:{words('salary', 'asked')})(?!\w)")


_NEXT = re.compile(r"[ \u00a0]([^\W\d_]{2,})")
_GOES_ON = re.compile(
    r"and|or|but|plus|instead|now|last|so|because|when|which|who|then|that|if|at|in|before|after"
    r"|with|without|for|as|up|down|today"
    r"|und|oder|aber|statt|jetzt|nun|weil|wenn|dann|im|mit|bei|nach|vor|seit|als|runter|rauf|hoch|bin|sagt|meinte|vorher|heute|auf"
    r"|et|ou|mais|maintenant|quand|puis|avec|après|avant|car|comme|elle|il|je|on"
    r"|e|o|ma|più|adesso|ora|quando|poi|con|dopo|prima|perché|come|lei|lui"
)
"""What may follow a short number that counts nothing."""
