"""Ways to reach somebody at once: phone numbers and e-mail addresses.

A phone number is what looks like one and what libphonenumber (Google's, as phonenumberslite) says
is valid, in the country that it names or in one of those where the four languages are spoken.
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
_GERMAN_MOBILE = ("015", "016", "017")
_NAMED_PHONE = re.compile(
    r"\b(?:t[eé]l|phone|telefon|numéro|numero|nummer|number|cell|mobile?|natel|handy|fax|whatsapp|"
    r"call|ring|dial|text|appel|joign|joindre|rufen|erreich|chiam|centralino|rispondo|unter|büro"
    r"|fisso|ufficio)"
    r"\w*\W[^.\n]{0,40}$",
    re.IGNORECASE,
)
_JOINING = r"(?:au|aux|à|par|at|on|under|by|call|ring|unter|bei|al|allo|tel|t[eé]l[eé]?\w*)"
"""A word after which a number is one to call, though it is said of an order: «order on 079 ...»."""


def emails_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where e-mail addresses stand, spelt-out ones too."""
    if "[" in text or "(" in text or "{" in text or "＠" in text:
        yield from (found.span() for found in _EMAIL.finditer(text))
    else:
        # From the @ outwards: most texts have one at most.
        at = text.find("@")
        while at >= 0:
            local = _LOCAL.match(text[max(0, at - 64) : at][::-1])
            if local is not None and (domain := _DOMAIN.match(text, at + 1)):
                yield at - local.end(), domain.end()
            at = text.find("@", at + 1)
    if _AT_IN_WORDS.search(text):
        yield from (found.span() for found in _SPELT_OUT.finditer(text))


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
        most = 12 if digits.startswith(_GERMAN_MOBILE) else 11  # that nothing names a phone's
        regions = _REGIONS_ZERO if named or len(digits) <= most else ()
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
