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
_LEAST, _MOST = 18, 300
_SHORT = r"\d\d\d?(?:[.,]5)?"
_WHOLE = r"(?!\w|[.,:/'’]\d| ?[%€$£°]|[-–]\w)"
_DIGITS = re.compile(rf"\d(?<= \d)\d\d?(?:[.,]5)?(?:[-–]{_SHORT})?{_WHOLE}")
_TENS = ("ty", "zig", "ßig", "ssig", "ante", "enta", "anta", "venti", "ingt")
"""What is in a word for twenty to ninety-nine: quick to look for."""
ABOUT = "only|about|around|nur|etwa|environ|circa"
_FROM = re.compile(r"(?<!\w)(?:from|von|de|da) $")
_TO = re.compile(rf" (?:to|auf|à|a) ({_SHORT}){_WHOLE}")
_OTHERWISE = re.compile(
    r"\b(?:hours?|hrs?|stunden?|std|heures?|or[ae]|kilos?|kg|bpm|years? old|jahre alt|degrees|grad"
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
    for found in _numbers(small):
        for start, end in _asked(found, small):
            if _is_of_work(small, start, end):
                yield start, end
    yield from _by_year(small)


def _numbers(small: str) -> Iterator[re.Match[str]]:
    for found in _DIGITS.finditer(small):
        if _is_likely(found[0]):
            yield found
    if any(part in small for part in _TENS):
        yield from _in_words().finditer(small)


def _is_likely(number: str) -> bool:
    return all(_LEAST <= float(n.replace(",", ".")) <= _MOST for n in re.split("[-–]", number))


def _asked(found: re.Match[str], small: str) -> Iterator[tuple[int, int]]:
    """Yield a number if somebody asks it, and the one that it went to: «from 78 to 64»."""
    start, end = found.span()
    to = _TO.match(small, end) if _FROM.search(small, max(0, start - 6), start) else None
    if to is not None and _is_likely(to[1]) and not _counts(small, to.end()):
        yield from (found.span(), to.span(1))
    elif _is_said().match(small, end) or (_is_asked(small, start) and not _counts(small, end)):
        yield found.span()


def _is_asked(small: str, start: int) -> bool:
    """Say whether what ends before a number asks for it, or offers it."""
    first = start - 1
    for _ in range(_ASK_WORDS):
        first = small.rfind(" ", max(0, first - 20), first)
        if _says().fullmatch(small, first + 1, start - 1):
            return True
        if first < 0:
            break
    return False


def _is_of_work(small: str, start: int, end: int) -> bool:
    if _OTHERWISE.search(small, max(0, start - 60), end + 30):
        return False
    near = (max(0, start - _TALK_REACH), end + _TALK_REACH)
    return word_pattern("salary", "talk").search(small, *near) is not None


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
    r"|with|as|up|down"
    r"|und|oder|aber|statt|jetzt|nun|weil|wenn|dann|im|mit|bei|nach|vor|seit|als|runter|rauf|hoch"
    r"|et|ou|mais|maintenant|quand|puis|avec|après|avant|car|comme|elle|il|je|on"
    r"|e|o|ma|più|adesso|ora|quando|poi|con|dopo|prima|perché|come|lei|lui"
)
"""What may follow a short number that counts nothing."""
