"""Find what reaches or identifies a person: e-mail, phone, id numbers, passwords and keys.

A phone number is a number that looks like one and that libphonenumber (Google's, as
phonenumberslite) accepts as valid, in the country that the number names or in one of those where
the four languages are spoken. python-stdnum checks the check digits: IBAN (ISO 13616), cards
(Luhn), AHV/AVS, NIR, Steuer-ID, codice fiscale, SSN, NHS, SVNR, the Belgian national number, PPS,
SIN, the Luxembourg matricule. Numbers without check digits (passports, driving licences, NINO)
count only next to their name. Keys of known shapes are secrets anywhere; other secrets count only
right after their name.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from vanne.screening.words import listed, words

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


def emails_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where e-mail addresses stand, spelt-out ones too."""
    if "[" in text or "(" in text or "{" in text or "＠" in text:
        yield from (match.span() for match in _EMAIL.finditer(text))
    else:
        # From the @ outwards: most texts have one at most.
        at = text.find("@")
        while at >= 0:
            local = _LOCAL.match(text[max(0, at - 64) : at][::-1])
            if local is not None and (domain := _DOMAIN.match(text, at + 1)):
                yield at - local.end(), domain.end()
            at = text.find("@", at + 1)
    if _AT_IN_WORDS.search(text):
        yield from (match.span() for match in _SPELT_OUT.finditer(text))


_GAP = r"[ ().\-/\u00a0\u202f]"
_PHONE = re.compile(
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


def phones_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where phone numbers stand."""
    import phonenumbers

    for candidate in _PHONE.finditer(text):
        number = candidate[0].rstrip(" ().-/\u00a0\u202f")
        before = text[max(0, candidate.start() - 60) : candidate.start()]
        digits = re.sub(r"\D", "", number)
        if not 7 <= len(digits) <= 15 or re.fullmatch(
            r"\d{4} ?[-–/] ?\d{4}|\d\d?[./-]\d\d?[./-]\d{4}",
            number,  # years, a date
        ):
            continue
        if not number.startswith("+") and _named_otherwise().search(before):
            continue
        is_named = _NAMED_PHONE.search(before) is not None
        regions: tuple[str | None, ...] = ()
        if number.strip("(").startswith("+"):
            regions = (None,)
        elif number.strip("(").startswith("00"):
            regions = ("CH",)
        elif digits.startswith("0"):
            longest = 12 if digits.startswith(_GERMAN_MOBILE) else 11  # where no word says «phone»
            regions = _REGIONS_ZERO if is_named or len(digits) <= longest else ()
        elif is_named or re.fullmatch(
            r"\(?\d{3}\)?[ .-]{1,2}\d{3}[.-]\d{4}|3\d\d[ .-]?\d{3}[ ]?\d{3,4}", number
        ):
            regions = ("US", "IT")
        for region in regions:
            try:
                parsed = phonenumbers.parse(number, region)
            except phonenumbers.NumberParseException:
                continue
            is_possible = is_named and phonenumbers.is_possible_number(parsed) and len(digits) >= 9
            if is_possible or phonenumbers.is_valid_number(parsed):
                yield candidate.start(), candidate.start() + len(number)
                break


@cache
def _named_otherwise() -> re.Pattern[str]:
    """Return the pattern of a name before a number that is no phone's: of an order, of a thing."""
    names = words("phone", "against")
    return re.compile(
        rf"(?<!\w)(?:{names})(?!\w)(?:(?!\b{_JOINING}\b)[^.,:?!\n]){{0,24}}$", re.IGNORECASE
    )


_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ \u00a0-]?[A-Z0-9]){11,30}(?!\w)", re.IGNORECASE)
_CARD = re.compile(r"(?<![\w.,+-])\d(?:[ \u00a0-]?\d){12,18}(?![\w-]|[.,]\d)")


def ibans_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where IBANs stand whose check digits are right."""
    from stdnum import iban

    for number in _IBAN.finditer(text):
        written = number[0]
        for length in range(len(written), 14, -1):  # a word may follow: the longest valid beginning
            is_sign = written[length - 1] not in " \u00a0-"
            if is_sign and iban.is_valid(written[:length], check_country=False):
                yield number.start(), number.start() + length
                break


def cards_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where numbers of payment cards stand: 13 to 19 digits that Luhn's rule permits."""
    from stdnum import luhn

    for card in _CARD.finditer(text):
        digits = re.sub(r"\D", "", card[0])
        groups = [len(part) for part in re.split(r"\D", card[0])]
        is_grouped = (  # in one piece, by fours, or as Amex does
            len(groups) == 1 or groups == [4, 6, 5] or (set(groups[:-1]) == {4} and groups[-1] <= 4)
        )
        if digits[0] in "3456" and is_grouped and luhn.is_valid(digits):
            yield card.span()


_IDS: tuple[tuple[str, str, str], ...] = (
    ("ch.ssn", "", r"756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}"),
    (
        "fr.nir",
        "",
        r"[1-478] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}",
    ),
    ("it.codicefiscale", "", r"[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z]"),
    ("us.ssn", "", r"\d{3}-\d{2}-\d{4}"),
    ("us.ssn", "ssn|social", r"\d{9}"),
    ("de.idnr", "steuer|id-?nr|tax", r"\d{2} ?\d{3} ?\d{3} ?\d{3}"),
    ("gb.nhs", "nhs", r"\d{3}[ -]?\d{3}[ -]?\d{4}"),
    ("at.vnr", "sv|sozialv", r"\d{4} ?\d{6}"),
    ("be.nn", "", r"\d{2}\.\d{2}\.\d{2}[-–. ]\d{3}[-. ]\d{2}"),
    ("ie.pps", "pps", r"\d{7}[A-W][A-IW]?"),
    (
        "ca.sin",
        r"\b(?:sin|nas)\b|social insurance|assurance sociale",
        r"\d{3}[ -]?\d{3}[ -]?\d{3}",
    ),
    ("lu", "", r"(?:19|20)\d{2} ?[01]\d[0-3]\d ?\d{5}"),
    ("", "", r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]"),
    ("", "", r"\d{2} ?[0-3]\d[01]\d{3} ?[A-Z] ?\d{3}"),
)
"""Module of python-stdnum that checks a number, what must stand before it, its shape."""
_REACH = 100
"""How far before a number, in characters, its name begins."""
_BEGINS = re.compile(r"(?<![\w.-])(?=\d|[A-Z]{2} ?\d|[A-Z]{6}\d)", re.IGNORECASE)
"""How a number begins that a state gave."""
_NAMED = re.compile(
    r"(?<!\w)(?:(?=[A-Z0-9]*\d[A-Z]?\d)[A-Z0-9]{7,18}|\d{2,4}(?:[ .-]\d{2,4}){2,5})(?!\w)",
    re.IGNORECASE,
)


def national_ids_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where numbers of people stand that a state gave, some of them twice."""
    from stdnum import luhn, verhoeff

    shapes, name = _patterns_of_ids()
    starts = [candidate.start() for candidate in _BEGINS.finditer(text)]
    for module, before, shape in shapes:
        for number in filter(None, (shape.match(text, start) for start in starts)):
            start, end = number.span()
            if before and not before.search(text, max(0, start - 60), start):
                continue
            if module == "lu":  # a matricule has two check digits: Luhn's, Verhoeff's
                digits = number[0].replace(" ", "")
                is_valid = luhn.is_valid(digits[:12]) and verhoeff.is_valid(
                    digits[:11] + digits[12]
                )
            else:
                is_valid = not module or import_module(f"stdnum.{module}").is_valid(number[0])
            if is_valid:
                yield start, end
    for number in _NAMED.finditer(text):
        if name.search(text, max(0, number.start() - _REACH), number.start()):
            yield number.span()


@cache
def _patterns_of_ids() -> tuple[
    list[tuple[str, re.Pattern[str] | None, re.Pattern[str]]], re.Pattern[str]
]:
    """Return those of the numbers of states, and that of a name right before a number."""
    shapes = [
        (
            module,
            re.compile(before, re.IGNORECASE) if before else None,
            re.compile(rf"(?:{shape})(?![\w-]|\.\d)", re.IGNORECASE),
        )
        for module, before, shape in _IDS
    ]
    name = (
        rf"(?<!\w)(?:{words('national-id', 'cues')})(?!\w)"
        r"(?: ?(?:number|numéro|numero|nummer|n°|n\.|no\.|nr\.?))?"
        r"(?: \([^()\n]{1,25}\))?[ :=\u00a0]{1,3}(?:(?:is|est|ist|lautet|è)[ :])?\Z"
    )
    return shapes, re.compile(name, re.IGNORECASE)


_SHAPES = re.compile(
    "|".join(
        (
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
            r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
            r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}|glpat-[\w-]{20,})",
            r"(?<![A-Za-z0-9])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?",
            r"(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}",
            r"(?<![A-Za-z0-9])(?:sk|pk|rk)[-_](?:live|test|proj|ant)[-_][\w-]{16,}|(?<!\w)sk-[A-Za-z0-9]{32,}",
            r"(?<![A-Za-z0-9])AIza[\w-]{30,}|(?<!\w)ya29\.[\w-]{20,}|(?<!\w)SG\.[\w-]{16,}\.[\w-]{16,}",
            r"(?<!\w)(?:npm_|hf_|pypi-|dop_v1_)[A-Za-z0-9_-]{30,}",
            r"(?<=://)[^\s/:@]{1,64}:[^\s/@]{1,64}(?=@)",  # user and password in an address
        )
    ),
    re.DOTALL,
)
_PRICE = re.compile(r"[€$£][\d.,'’]+|[\d.,'’]+[€$£]")
_CODE = re.compile(
    r"\b(?:code|kod|codice)(?: (?:is|ist|lautet|est|è|now|jetzt|neu))* ?[:=]? ?(?!(?:19|20)\d\d\b)"
    r"(?P<value>\d{4,8}[#*]?)(?![\w.,%-]*\w)",
    re.IGNORECASE,
)
_DOOR_REACH = 80
"""How far before its code, in characters, a door may be."""


def secrets_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where secrets stand.

    >>> text = "The wifi password is bluehouse2024, ask Ann."
    >>> [text[start:end] for start, end in secrets_in(text)]
    ['bluehouse2024']
    """
    named, doors = _patterns_of_secrets()
    yield from (match.span() for match in _SHAPES.finditer(text))
    for match in named.finditer(text):
        value = match["value"].rstrip(".,;:)»“”\"'")
        if not value or value.startswith("[") or _PRICE.fullmatch(value):
            continue
        # «password is» may go on as any sentence: a secret is odd, mixed, or in quotes.
        is_odd = len(value) >= 4 and not value.isalpha()
        is_mixed = value.lower() != value and value[1:].lower() != value[1:]
        if is_odd or is_mixed or (match["quote"] and len(value) >= 6):
            yield match.start("value"), match.start("value") + len(value)
    for match in _CODE.finditer(text):
        if doors.search(text, max(0, match.start() - _DOOR_REACH), match.start()):
            yield match.span("value")


@cache
def _patterns_of_secrets() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return that of what stands behind the name of a secret, and that of what a code opens."""
    cues = listed("secret", "cues")
    whole = "|".join(cue for cue in cues if not cue.startswith(r"\w*"))
    ends = "|".join(cue.removeprefix(r"\w*") for cue in cues if cue.startswith(r"\w*"))
    whose = rf"(?:[ \u00a0](?:{words('secret', 'of')})[\w .'’-]{{1,40}}?)?"
    named = (
        rf"(?:(?<![A-Za-z0-9])(?:{whole}|bearer)|(?:{ends}))(?![A-Za-z0-9])[\"']?"
        rf"(?:{whose}(?:[ \u00a0]*[:=][ \u00a0]*|(?:[ \u00a0]+(?:{words('secret', 'is')})|['’]s)"
        r"[ \u00a0:]+(?:(?:the|le|la|il|der|die|das) )?)|[ \u00a0]+(?=\S*[\d!#$%&*_+=@]))"
        r"(?P<quote>[\"'«»„“”‘’`][ \u00a0]?)?(?P<value>[^\s«»„“”\"`]{4,200})"
    )
    doors = rf"(?<!\w)(?:{words('secret', 'doors')})(?!\w)"
    return re.compile(named, re.IGNORECASE), re.compile(doors, re.IGNORECASE)
