"""Ways to reach somebody: phone numbers, e-mail addresses, postal addresses.

A phone number is what looks like one and what libphonenumber (Google's, as phonenumberslite) says
is valid, in the country that it names or in one of those where the four languages are spoken. A
postal address is a street with its number, with the postal code and the place if they follow.
"""

import re
from collections.abc import Iterator
from functools import cache

from vanne.screening.words import words

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}(?:@|＠| ?[\[({] ?(?:at|arobase|chiocciola|@|ät) ?[\])}] ?)"
    r"[\w-]{1,63}(?:(?:\.| ?[\[({] ?(?:dot|point|punkt|punto) ?[\])}] ?)[\w-]{1,63})+(?<![-_])",
    re.IGNORECASE,
)
_SPELT_OUT = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64} (?:"
    r"(?:arobase|chiocciola|klammeraffe) [\w-]{1,63}"
    r"(?:(?:\.| (?:dot|point|punkt|punto) )[\w-]{1,63})+"
    r"|(?<=\w\w )at [\w-]{1,63}(?: (?:dot|punkt) [\w-]{2,63})+)(?<![-_])",
    re.IGNORECASE,
)
"""An address that words spell; «at» needs a «dot», for it is a word of every sentence."""
_AT_IN_WORDS = re.compile(r" (?:arobase|chiocciola|klammeraffe|dot|punkt) ", re.IGNORECASE)
"""What such an address holds: quick to look for, which the address is not."""
_LOCAL = re.compile(r"[\w.+-]+")
_DOMAIN = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63})+(?<![-_])")
_GAP = r"[ ().\-/\u00a0\u202f]"
PHONE = re.compile(
    rf"(?<![\w.,/+-])(?:\+ ?\d|\(\+?\d|0\d|00\d|[2-9]\d\d"
    rf"|3\d\d)(?:{_GAP}{{0,3}}\d){{5,14}}(?![\w]|[.,/-]\d|[.,]-)"
)
_REGIONS_ZERO = ("CH", "FR", "DE", "GB", "AT", "BE", "IT")
_NAMED_PHONE = re.compile(
    r"\b(?:t[eé]l|phone|telefon|numéro|numero|nummer|number|cell|mobile?|natel|handy|fax|whatsapp|"
    r"call|ring|dial|text|appel|joign|joindre|rufen|erreich|chiam|centralino|rispondo|unter|büro"
    r"|fisso|ufficio)"
    r"\w*\W[^.\n]{0,40}$",
    re.IGNORECASE,
)
_JOINING = r"(?:au|aux|à|par|at|on|under|by|call|ring|unter|bei|al|allo|tel|t[eé]l[eé]?\w*)"
"""A word after which a number is one to call, though it is said of an order: «order on 079 ...»."""
_NAME = r"[A-ZÀ-Ý][\w'’À-ÿ.-]*"
_PLACE = rf"(?:{_NAME}(?:[ -](?:{_NAME}|am|an|der|im|sur|sous|la|le|les|en|de|bei|di|del))*)"


def emails_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where e-mail addresses stand, spelt-out ones too."""
    if "[" in text or "(" in text or "{" in text or "＠" in text:
        yield from (found.span() for found in _EMAIL.finditer(text))
    else:
        yield from _plain_emails_in(text)
    if _AT_IN_WORDS.search(text):
        yield from (found.span() for found in _SPELT_OUT.finditer(text))


def _plain_emails_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where addresses with an @ stand, from the @ outwards: most texts have one at most."""
    at = text.find("@")
    while at >= 0:
        local = _LOCAL.match(text[max(0, at - 64) : at][::-1])
        if local is not None and (domain := _DOMAIN.match(text, at + 1)):
            yield at - local.end(), domain.end()
        at = text.find("@", at + 1)


def phones_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where phone numbers stand."""
    for found in PHONE.finditer(text):
        number = found[0].rstrip(" ().-/\u00a0\u202f")
        if _is_phone(number, text[max(0, found.start() - 60) : found.start()]):
            yield found.start(), found.start() + len(number)


def _is_phone(number: str, before: str) -> bool:
    import phonenumbers

    digits = re.sub(r"\D", "", number)
    if not 7 <= len(digits) <= 15 or re.fullmatch(
        r"\d{4} ?[-–/] ?\d{4}|\d\d?[./-]\d\d?[./-]\d{4}", number
    ):
        return False
    if not number.startswith("+") and _named_otherwise().search(before):
        return False
    named = _NAMED_PHONE.search(before) is not None
    plain = number.strip("(")
    if plain.startswith(("+", "00")):
        regions: tuple[str | None, ...] = (None,) if plain.startswith("+") else ("CH",)
    elif digits.startswith("0"):
        regions = _REGIONS_ZERO if named or len(digits) <= 11 else ()
    elif named or re.fullmatch(
        r"\(?\d{3}\)?[ .-]{1,2}\d{3}[.-]\d{4}|3\d\d[ .-]?\d{3}[ ]?\d{3,4}", number
    ):
        regions = ("US", "IT")
    else:
        return False
    for region in regions:
        try:
            parsed = phonenumbers.parse(number, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed) or (
            named and phonenumbers.is_possible_number(parsed) and len(digits) >= 9
        ):
            return True
    return False


@cache
def _named_otherwise() -> re.Pattern[str]:
    """Return the pattern of a name before a number that is no phone's: of an order, of a thing."""
    names = words("phone", "against")
    return re.compile(
        rf"(?<!\w)(?:{names})(?!\w)(?:(?!\b{_JOINING}\b)[^.,:?!\n]){{0,24}}$", re.IGNORECASE
    )


def addresses_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where postal addresses stand: a street and its number, or a box."""
    return (found.span() for found in addresses().finditer(text))


@cache
def addresses() -> re.Pattern[str]:
    """Return the pattern of addresses; streets that end in a word for one are capitalised."""
    box = rf"(?i:{words('address', 'box')}) ?\d{{1,6}}"
    ways = "|".join((*_romance(), _english(), *_german(), box))
    return re.compile(rf"(?<![\w.,])(?:(?:{ways}){_tail()}|{_with_place()})")


_WORD = r"[\w'’À-ÿ.-]+"
_OF = (
    r"(?:(?:de |du |des |d['’]|la |le |les |l['’]|aux? |en |di |del |dell['’]|dello |della |delle "
    r"|dei |degli |al |alla |ai )*)"
)


def _no_count() -> str:
    """Return the pattern of what no number counts: «3000 visitors» is no place."""
    return rf"(?!(?i:{words('address', 'counted')})\b)"


def _number() -> str:
    """Return the pattern of a house number, which counts nothing and is no price."""
    return (
        r"\d{1,4}(?: ?(?:bis|ter|quater|[a-hA-H]))?(?:/[A-Z0-9]{1,3}){0,3}"
        rf"(?!\d|[.,][\d–-]| ?(?:[%€$£]|(?i:{words('address', 'counted')})\b))"
    )


def _part() -> str:
    """Return the pattern of a part of a house: «Flat 4B», «scala A»."""
    return rf"(?i:{words('address', 'part')})\.? ?\w{{1,5}}\b"


def _romance() -> tuple[str, str]:
    names = words("address", "before")
    street = rf"(?i:{names}) {_OF}[A-ZÀ-Ý]{_WORD}(?:[ -](?:[A-ZÀ-Ý]{_WORD}|de|du|des|la|le))*"
    return rf"{_number()},? {street}", rf"{street},? {_number()}"


def _english() -> str:
    after = _capitalised(words("address", "after"))
    return (
        rf"(?:{_part()}, (?:(?:[A-Z]{_WORD} ){{0,3}}[A-Z][\w'’À-ÿ-]+, )?)?"
        rf"{_number()} (?:[NSEW]{{1,2}}\.? )?(?:[A-Z]{_WORD} ){{1,3}}(?:{after})(?!\w)"
        r"|\d{1,4} (?:First|Second|Third|Fourth|Fifth|Sixth|Seventh|\d{1,3}(?:st|nd|rd"
        r"|th)) (?:Street|Avenue|St|Ave)(?!\w)"
    )


def _german() -> tuple[str, str]:
    none, ends = rf"(?!(?i:{words('address', 'no_street')})\b)", words("address", "glued")
    glued = (
        rf"{none}(?:[A-ZÄÖÜ]{_WORD}[- ])?{none}[A-ZÄÖÜ][\wäöüß-]*"
        rf"(?:(?<=\w)(?i:{ends})| (?:{_capitalised(ends)}))(?<!\bWeg) {_number()}"
    )
    begun = _capitalised(words("address", "begun"))
    return (
        glued,
        rf"(?:{begun}) (?:[A-ZÄÖÜ]{_WORD} ){{1,2}}{_number()}(?=, \d{{4,5}} {_no_count()})",
    )


def _with_place() -> str:
    """Return the pattern of a street that nothing names one, but for the place behind it."""
    return (
        rf"[A-ZÀ-Ý][\wÀ-ÿ'’-]+(?: (?:[A-ZÀ-Ý][\wÀ-ÿ'’-]+|de|di|du|la|le)){{0,3}} \d{{1,3}}[a-z]?, "
        rf"(?:(?:CH|F|D|I|A|B)-)?(?!19\d\d |20[0-3]\d )\d{{4,5}} {_no_count()}{_PLACE}"
    )


def _tail() -> str:
    """Return the pattern of what follows a street: parts of the house, the place."""
    return (
        rf"(?:,? {_part()})*(?:,? (?:(?:CH|F|D|I|A|B)-)?\d{{4,5}} {_no_count()}{_PLACE}"
        r"|,? (?:[A-Z][\w'’-]+ ?){1,2},?(?: [A-Z]{2}|(?: [A-Z][a-z]+){1,2})? (?:\d{5}(?:-\d{4})?"
        r"|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})"
        r"|, (?:[A-Z][\w'’-]+))?"
    )


def _capitalised(words_: str) -> str:
    """Return an alternation of words that begin with a capital letter."""
    return "|".join(each[:1].upper() + each[1:] for each in words_.split("|"))
