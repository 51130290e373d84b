"""Postal addresses: a street and its number, with parts of the house, the postal code, the place.

A street is told by its word («rue», «Street», «-gasse»), by a postal code and a place behind its
number, or by a postal code that has letters, as British, Irish and Canadian ones do. Capitals
tell names from words; without any the rules ask for more.
"""

import re
from collections.abc import Iterator
from functools import cache

from vanne.screening.words import words

UPPER = "A-ZÀ-Ý"
_WORD = r"[\w'’À-ÿ.-]+"
_NAME = rf"[{UPPER}][\w'’À-ÿ.-]*"
_OWN = rf"[{UPPER}][\w'’À-ÿ-]+"
"""A name that no full stop ends."""
_SPACE = "[ \u00a0\u202f]"
_BREAK = r"(?:,? |,? ?\n| ?[–—-] |, ?)"
"""What stands between the parts of an address."""
_SMALL = "am|an|der|im|sur|sous|la|le|les|en|de|bei|di|del"
_PLACE = (
    rf"(?:{_NAME}(?:[ \u00a0-](?:{_NAME}|{_SMALL}))*(?: \({_NAME}\))?"
    r"(?: (?i:cedex)(?: \d{1,2})?)?)"
)
_COUNTRY = r"(?:(?:CH|FR?|DE?|IT?|AT?|BE?|LU?|FL)[–-] ?)?"
_OF = (
    r"(?:(?:de |du |des |d['’]|la |le |les |l['’]|aux? |en |di |del |dell['’]|dello |della |delle "
    r"|dei |degli |al |alla |ai )*)"
)
_STATES = (
    r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]"
    r"|T[NX]|UT|V[AT]|W[AIVY]) \d{5}(?:-\d{4})?|(?:ACT|NSW|NT|QLD|SA|TAS|VIC|WA) \d{4}"
)
_LETTERED = (
    r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d"
    r"|(?:[AC-FHKNPRTV-Y]\d\d|D6W) ?(?=[A-Z0-9]*\d)(?=[A-Z0-9]*[A-Z])[0-9AC-FHKNPRTV-Y]{4}"
)
"""Postal codes of Britain, of Canada, of Ireland."""
_POSTAL = re.compile(rf"\d{{4}}{_SPACE}[{UPPER}]")
_DIGIT = re.compile(r"\d")
_OPENING, _CLOSING = set('«„“‘"»'), set('»“”’"«')
_CODE = re.compile(r"\d{4}|[A-Z]\d")
_REACH = 120
"""How far before its postal code, in characters, an address begins."""


def addresses_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where postal addresses stand, some of them twice.

    >>> text = "She lives at Flat 2, 18 Mill Lane, Leeds LS1 4AP."
    >>> [text[start:end] for start, end in addresses_in(text)][0]
    'Flat 2, 18 Mill Lane, Leeds LS1 4AP'
    """
    if not _DIGIT.search(text):
        return
    for code in _codes().finditer(text):
        first = max(0, code.start() - _REACH)
        found = _before_code().search(text, first, code.start())
        if found and (not code["numbered"] or found["number"]):
            yield found.start(), code.end()
    for street in streets().finditer(text):
        if _is_title(text, *street.span()):
            continue
        front = _front().search(text, max(0, street.start() - _REACH), street.start())
        yield front.start() if front else street.start(), street.end()
    if _POSTAL.search(text):
        yield from (found.span() for found in _with_place().finditer(text))


def _is_title(text: str, start: int, end: int) -> bool:
    """Say whether a street alone stands between quotation marks: «84, Charing Cross Road»."""
    before, after = text[:start].rstrip()[-1:], text[end:].lstrip()[:1]
    return before in _OPENING and after in _CLOSING and not _CODE.search(text, start, end)


def patterns() -> tuple[re.Pattern[str], ...]:
    """Return patterns of which one is in every text with an address."""
    return streets(), _with_place(), _codes()


@cache
def streets() -> re.Pattern[str]:
    """Return the pattern of addresses that begin with a street, its number, or a box."""
    ways = "|".join((*_romance(), *_uncapitalised(), _english(), *_german(), _box()))
    return re.compile(rf"(?<![\w.,])(?:{ways}){_tail()}")


@cache
def _front() -> re.Pattern[str]:
    """Return the pattern of what stands before a street: «Flat 4B, Rose House, »."""
    return re.compile(rf"(?<![\w.,])(?:{_part()}, (?:{_OWN}(?: {_OWN}){{0,3}}, )?){{1,3}}\Z")


@cache
def _codes() -> re.Pattern[str]:
    """Return the pattern of ends that tell an address from the names before it.

    After a state or a numbered district there must be a number among them.
    """
    districts = rf"(?:{words('address', 'districts')}) \d{{1,2}}"
    return re.compile(
        rf"(?<![\w-])(?:(?P<numbered>{_STATES}|{districts}(?:, (?:{_LETTERED}))?)"
        rf"|{_LETTERED})(?!\w)"
    )


def _box() -> str:
    return rf"(?i:{words('address', 'box')}) ?\d{{1,3}}(?: ?\d{{2,3}}){{0,2}}(?!\d)"


@cache
def _before_code() -> re.Pattern[str]:
    """Return the pattern of what stands before a postal code: names and parts with commas."""
    street = rf"(?:(?i:{words('address', 'before')}) {_OF})?{_OWN}(?: {_NAME}){{0,3}}"
    numbered = (
        rf"\d{{1,5}}[a-zA-Z]?(?:[-–]\d{{1,3}})?,? (?:[NSEW]{{1,2}} )?(?:\d\d?[a-z]{{2}} )?{street}"
    )
    first = rf"(?P<number>{_part()}|{numbered})|{street}"
    line = rf"(?:{_part()}|{numbered}|(?:Co\.? )?{street}(?: \d{{1,2}})?)"
    region = rf"(?:(?:Co\. )?{_OWN}(?: {_OWN}){{0,2}}(?: \({_OWN}\))?,?[ \n])?"
    return re.compile(rf"(?<![\w.,])(?:{first})(?:,|(?= #))[ \n](?:{line},[ \n]){{0,4}}{region}\Z")


def _no_count() -> str:
    """Return the pattern of what no number counts: «3000 visitors» is no place."""
    return rf"(?!(?i:{words('address', 'counted')})\b)"


def _number() -> str:
    """Return the pattern of a house number, which counts nothing and is no price."""
    return (
        r"(?!(?:19|20)\d\d(?!\d))\d{1,4}(?: ?(?:bis|ter|quater|[a-hA-H])(?!\w))?"
        r"(?:[-–]\d{1,3}(?!\d))?(?:/(?:[A-Z0-9]{1,3}|bis|ter|[a-z])(?!\w)){0,3}"
        rf"(?!\d|[.,][\d–-]| \d{{3}}(?!\d)| ?(?:[%€$£]|(?i:{words('address', 'counted')})\b))"
    )


def _part() -> str:
    """Return the pattern of a part of a house: «Flat 4B», «scala A», «2nd floor»."""
    floors = words("address", "floors")
    return (
        rf"(?:(?i:{words('address', 'part')})\.? ?(?:[A-Za-z]{{0,2}}\d{{1,4}}[A-Za-z]?|[A-Za-z])\b"
        r"|# ?\d{1,4}[A-Z]?\b"
        rf"|\d{{1,2}}(?:[.°º]|st|nd|rd|th|er|e|ème)? ?(?i:{floors})\b(?: (?:links|rechts))?"
        rf"|(?i:{words('address', 'whole_part')})\b)"
    )


def _romance() -> tuple[str, ...]:
    names = words("address", "before")
    day = rf"\d{{1,2}}(?:er|°)?[ -](?i:{words('address', 'months')})(?: \d{{4}})?"
    street = (
        rf"(?i:{names}) {_OF}(?:{day}|[{UPPER}]{_WORD})"
        rf"(?:[ -](?:[{UPPER}]{_WORD}|de|du|des|la|le|d['’]{_WORD}))*"
    )
    without = rf"(?:,? (?i:snc|s\.n\.c\.))?(?:, ?| [–-] |,?\n){_COUNTRY}{_code()}{_PLACE}"
    road = rf"(?i:{words('address', 'roads')}) ?\d{{1,4}},? (?:al )?(?i:km) ?\d{{1,3}}(?:[.,+]\d+)?"
    return (
        rf"{_number()},? {street}",
        rf"{street}(?:,?{_SPACE}(?:[nN](?:[.°º]|r\.) ?)?{_number()}|{without})",
        road,
    )


def _uncapitalised() -> tuple[str, str, str]:
    """Return the patterns of streets without a capital letter: «12 rue des lilas»."""
    names, ends = words("address", "surely_before"), words("address", "surely_glued")
    word = r"[a-zà-ÿ'’-]{3,20}"
    street = rf"(?:{names}) {_OF}{word}(?: {word}){{0,2}}"
    place = rf",? \d{{4,5}} {_no_count()}{word}"
    return (
        rf"{_number()},? (?:{names}) (?:{_OF}{word}{place}|(?=d[eu]|la |l['’]){_OF}{word}(?!\w))",
        rf"{street},? {_number()}{place}",
        rf"[a-zäöü]{{3,20}}(?:{ends}) {_number()}(?:{place})?",
    )


def _english() -> str:
    after = _capitalised(words("address", "after"))
    return (
        rf"{_number()} (?:[NSEW]{{1,2}}\.? )?(?:(?:[A-Z]{_WORD}|\d{{1,3}}(?:st|nd|rd|th)) ){{1,3}}"
        rf"(?:{after})(?: (?:[NSEW]|[NS][EW])\b)?(?!\w)"
    )


def _german() -> tuple[str, ...]:
    none, ends = rf"(?!(?i:{words('address', 'no_street')})\b)", words("address", "glued")
    glued = (
        rf"{none}(?:[A-ZÄÖÜ]{_WORD}[- ])?{none}[A-ZÄÖÜ][\wäöüß-]*"
        rf"(?:(?<=[\w-])(?i:{ends})| (?:{_capitalised(ends)}))(?<!\bWeg){_SPACE}{_number()}"
    )
    begun, first = _capitalised(words("address", "begun")), _capitalised(words("address", "first"))
    return (
        glued,
        rf"(?:{begun}) (?:[A-ZÄÖÜ]{_WORD} ){{1,2}}{_number()}"
        rf"(?={_BREAK}{_COUNTRY}{_code()})",
        rf"(?:{first}) (?:des|der|am) (?:\d{{1,2}}\. )?[A-ZÄÖÜ]{_WORD} {_number()}",
    )


@cache
def _with_place() -> re.Pattern[str]:
    """Return the pattern of a street that nothing names one, but for the place behind it."""
    return re.compile(
        rf"(?<![\w.,])(?!(?i:{words('address', 'no_place')})\b)"
        rf"{_OWN}(?: (?:{_OWN}|de|di|du|la|le)){{0,3}} \d{{1,3}}[a-zA-Z]?(?:, ?| [–-] )"
        rf"{_COUNTRY}{_code()}{_PLACE}"
    )


def _code() -> str:
    """Return the pattern of a postal code that is no year, before its place."""
    return rf"(?!19\d\d |20[0-3]\d )\d{{4,5}}{_SPACE}{_no_count()}(?=[{UPPER}])"


def _tail() -> str:
    """Return the pattern of what follows a street: parts of the house, the place."""
    towns = rf"(?:{_BREAK}{_OWN}(?: {_OWN}){{0,2}}){{1,2}}"
    return (
        rf"(?:{_BREAK}(?:{_part()}|{_box()}))*"
        rf"(?:(?:{_BREAK}| à ){_COUNTRY}\d{{4,5}}{_SPACE}{_no_count()}{_PLACE}"
        rf"|{towns},? (?:[A-Z]{{2}}\.?|{_OWN}(?: {_OWN})?) \d{{5}}(?:-\d{{4}})?(?!\d)"
        rf"|(?:{_BREAK}{_OWN}){{0,2}}{_BREAK}(?:{words('address', 'districts')}) \d{{1,2}}\b"
        rf"|, {_OWN})?"
    )


def _capitalised(words_: str) -> str:
    """Return an alternation of words that begin with a capital letter, or are all capitals."""
    found = words_.split("|")
    if any(mark in words_ for mark in "()["):
        return "|".join(each[:1].upper() + each[1:] for each in found)
    return "|".join(dict.fromkeys(f for w in found for f in (w[:1].upper() + w[1:], w.upper())))
