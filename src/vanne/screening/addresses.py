"""Find postal addresses: a street and its number, parts of the house, postal code, place.

A street is recognised by its word («rue», «Street», «-gasse»), by a postal code and a place after
its number, or by a postal code with letters, as British, Irish and Canadian ones are. Capitals tell
names from words; a text without capitals must meet stricter rules.
"""

import re
from collections.abc import Iterator
from functools import cache

from vanne.screening.words import words

_WORD = r"[\w'’À-ÿ.-]+"
_NAME = r"[A-ZÀ-Ý][\w'’À-ÿ.-]*"
_OWN = r"[A-ZÀ-Ý][\w'’À-ÿ-]+"
"""A name that no full stop ends."""
_SPACE = "[ \u00a0\u202f]"
_BREAK = r"(?:,? |,? ?\n| ?[–—-] |, ?)"
"""What stands between the parts of an address."""
_PLACE = (
    rf"(?:{_NAME}(?:[ \u00a0-](?:{_NAME}|am|an|der|im|sur|sous|la|le|les|en|de|bei|di|del))*"
    rf"(?: \({_NAME}\))?(?: (?i:cedex)(?: \d{{1,2}})?)?)"
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
_CODE = re.compile(r"\d{4}|[A-Z]\d")
_REACH = 120
"""How far before its postal code, in characters, an address begins."""


def addresses_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where postal addresses stand, some of them twice.

    >>> text = "She lives at Flat 2, 18 Mill Lane, Leeds LS1 4AP."
    >>> [text[start:end] for start, end in addresses_in(text)][0]
    'Flat 2, 18 Mill Lane, Leeds LS1 4AP'
    """
    streets, front, codes, before_code, with_place = _patterns()
    for code in codes.finditer(text):
        names = before_code.search(text, max(0, code.start() - _REACH), code.start())
        if names and (not code["numbered"] or names["number"]):
            yield names.start(), code.end()
    for street in streets.finditer(text):
        start, end = street.span()
        before, after = text[:start].rstrip()[-1:], text[end:].lstrip()[:1]
        is_title = before in {*'«„“‘"»'} and after in {*'»“”’"«'}  # «84, Charing Cross Road»
        if is_title and not _CODE.search(text, start, end):
            continue
        parts = front.search(text, max(0, start - _REACH), start)
        yield parts.start() if parts else start, end
    yield from (match.span() for match in with_place.finditer(text))


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Return five patterns.

    Streets with their numbers, and boxes; what stands before them («Flat 4B, Rose House, »); ends
    that tell an address from the names before it; those names; and a street that nothing names one,
    but for the place behind it.
    """
    listed = {
        key: words("address", key)
        for key in "after before begun box counted districts first floors glued months no_place "
        "no_street part roads surely_before surely_glued whole_part".split()
    }

    # «3000 visitors» is no place, and «12 people» no number of a house; nor is a year or a price.
    no_count = rf"(?!(?i:{listed['counted']})\b)"
    number = (
        r"(?!(?:19|20)\d\d(?!\d))\d{1,4}(?: ?(?:bis|ter|quater|[a-hA-H])(?!\w))?"
        r"(?:[-–]\d{1,3}(?!\d))?(?:/(?:[A-Z0-9]{1,3}|bis|ter|[a-z])(?!\w)){0,3}"
        rf"(?!\d|[.,][\d–-]| \d{{3}}(?!\d)| ?(?:[%€$£]|(?i:{listed['counted']})\b))"
    )
    code = rf"(?!19\d\d |20[0-3]\d )\d{{4,5}}{_SPACE}{no_count}(?=[A-ZÀ-Ý])"
    part = (  # «Flat 4B», «scala A», «2nd floor»
        rf"(?:(?i:{listed['part']})\.? ?(?:[A-Za-z]{{0,2}}\d{{1,4}}[A-Za-z]?|[A-Za-z])\b"
        rf"|# ?\d{{1,4}}[A-Z]?\b|(?i:{listed['whole_part']})\b"
        rf"|\d{{1,2}}(?:[.°º]|st|nd|rd|th|er|e|ème)? ?(?i:{listed['floors']})\b"
        r"(?: (?:links|rechts))?)"
    )
    box = rf"(?i:{listed['box']}) ?\d{{1,3}}(?: ?\d{{2,3}}){{0,2}}(?!\d)"

    # French and Italian: the word stands before the name.
    day = rf"\d{{1,2}}(?:er|°)?[ -](?i:{listed['months']})(?: \d{{4}})?"
    romance = (
        rf"(?i:{listed['before']}) {_OF}(?:{day}|[A-ZÀ-Ý]{_WORD})"
        rf"(?:[ -](?:[A-ZÀ-Ý]{_WORD}|de|du|des|la|le|d['’]{_WORD}))*"
    )
    none = rf"(?:,? (?i:snc|s\.n\.c\.))?(?:, ?| [–-] |,?\n){_COUNTRY}{code}{_PLACE}"
    small = r"[a-zà-ÿ'’-]{3,20}"
    uncapitalised = rf"(?:{listed['surely_before']}) {_OF}{small}(?: {small}){{0,2}}"
    place = rf",? \d{{4,5}} {no_count}{small}"
    # German: the word ends the name, or stands alone, or is none («Am Bach 3, 3000 Bern»).
    no_street = rf"(?!(?i:{listed['no_street']})\b)"
    first = _capitalised(listed["first"])
    streets = (
        rf"{number},? {romance}",
        rf"{romance}(?:,?{_SPACE}(?:[nN](?:[.°º]|r\.) ?)?{number}|{none})",
        rf"(?i:{listed['roads']}) ?\d{{1,4}},? (?:al )?(?i:km) ?\d{{1,3}}(?:[.,+]\d+)?",
        rf"{number},? (?:{listed['surely_before']}) "
        rf"(?:{_OF}{small}{place}|(?=d[eu]|la |l['’]){_OF}{small}(?!\w))",
        rf"{uncapitalised},? {number}{place}",
        rf"[a-zäöü]{{3,20}}(?:{listed['surely_glued']}) {number}(?:{place})?",
        rf"{number} (?:[NSEW]{{1,2}}\.? )?(?:(?:[A-Z]{_WORD}|\d{{1,3}}(?:st|nd|rd|th)) ){{1,3}}"
        rf"(?:{_capitalised(listed['after'])})(?: (?:[NSEW]|[NS][EW])\b)?(?!\w)",
        rf"{no_street}(?:[A-ZÄÖÜ]{_WORD}[- ])?{no_street}[A-ZÄÖÜ][\wäöüß-]*"
        rf"(?:(?<=[\w-])(?i:{listed['glued']})| (?:{_capitalised(listed['glued'])}))(?<!\bWeg)"
        rf"{_SPACE}{number}",
        rf"(?:{_capitalised(listed['begun'])}) (?:[A-ZÄÖÜ]{_WORD} ){{1,2}}{number}"
        rf"(?={_BREAK}{_COUNTRY}{code})",
        rf"(?:{first}) (?:des|der|am) (?:\d{{1,2}}\. )?[A-ZÄÖÜ]{_WORD} {number}",
        box,
    )
    towns = rf"(?:{_BREAK}{_OWN}(?: {_OWN}){{0,2}}){{1,2}}"
    tail = (  # parts of the house, the place
        rf"(?:{_BREAK}(?:{part}|{box}))*"
        rf"(?:(?:{_BREAK}| à ){_COUNTRY}\d{{4,5}}{_SPACE}{no_count}{_PLACE}"
        rf"|{towns},? (?:[A-Z]{{2}}\.?|{_OWN}(?: {_OWN})?) \d{{5}}(?:-\d{{4}})?(?!\d)"
        rf"|(?:{_BREAK}{_OWN}){{0,2}}{_BREAK}(?:{listed['districts']}) \d{{1,2}}\b"
        rf"|, {_OWN})?"
    )
    front = rf"(?<![\w.,])(?:{part}, (?:{_OWN}(?: {_OWN}){{0,3}}, )?){{1,3}}\Z"

    with_place = (
        rf"(?<![\w.,])(?!(?i:{listed['no_place']})\b)"
        rf"{_OWN}(?: (?:{_OWN}|de|di|du|la|le)){{0,3}} \d{{1,3}}[a-zA-Z]?(?:, ?| [–-] )"
        rf"{_COUNTRY}{code}{_PLACE}"
    )
    whole = rf"(?<![\w.,])(?:{'|'.join(streets)}){tail}"
    ends = _ends(listed, part)
    return tuple(map(re.compile, (whole, front, *ends, with_place)))


def _ends(listed: dict[str, str], part: str) -> tuple[str, str]:
    """Return patterns of the ends that tell an address, and of the names that stand before one."""
    # After a state or a numbered district there must be a number among the names.
    districts = rf"(?:{listed['districts']}) \d{{1,2}}"
    codes = (
        rf"(?<![\w-])(?:(?P<numbered>{_STATES}|{districts}(?:, (?:{_LETTERED}))?)"
        rf"|{_LETTERED})(?!\w)"
    )
    street = rf"(?:(?i:{listed['before']}) {_OF})?{_OWN}(?: {_NAME}){{0,3}}"
    numbered = (
        rf"\d{{1,5}}[a-zA-Z]?(?:[-–]\d{{1,3}})?,? (?:[NSEW]{{1,2}} )?(?:\d\d?[a-z]{{2}} )?{street}"
    )
    line = rf"(?:{part}|{numbered}|(?:Co\.? )?{street}(?: \d{{1,2}})?)"
    region = rf"(?:(?:Co\. )?{_OWN}(?: {_OWN}){{0,2}}(?: \({_OWN}\))?,?[ \n])?"
    before_code = (
        rf"(?<![\w.,])(?:(?P<number>{part}|{numbered})|{street})(?:,|(?= #))[ \n]"
        rf"(?:{line},[ \n]){{0,4}}{region}\Z"
    )
    return codes, before_code


def _capitalised(forms: str) -> str:
    """Return an alternation of words that begin with a capital letter, or are all capitals."""
    listed = forms.split("|")
    if any(mark in forms for mark in "()["):
        return "|".join(each[:1].upper() + each[1:] for each in listed)
    both = (form for word in listed for form in (word[:1].upper() + word[1:], word.upper()))
    return "|".join(dict.fromkeys(both))
