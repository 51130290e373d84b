"""Numbers that name one account, card or person: what has check digits is checked.

Check digits are python-stdnum's: IBAN (ISO 13616), cards (Luhn), AHV/AVS, NIR, Steuer-ID, codice
fiscale, SSN, NHS, SVNR, the Belgian national number, PPS, SIN, the Luxembourg matricule. Numbers
without them (passports, driving licences, NINO) count beside their name alone.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache

from vanne.screening.words import words

IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ \u00a0-]?[A-Z0-9]){11,30}(?!\w)", re.IGNORECASE)
CARD = re.compile(r"(?<![\w.,+-])\d(?:[ \u00a0-]?\d){12,18}(?![\w-]|[.,]\d)")
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
"""Module of python-stdnum that checks it, what must stand before it, its shape."""
_NAMED = r"(?=[A-Z0-9]*\d[A-Z]?\d)[A-Z0-9]{7,18}|\d{2,4}(?:[ .-]\d{2,4}){2,5}"


def ibans_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where IBANs stand whose check digits are right."""
    from stdnum import iban

    for number in IBAN.finditer(text):
        written = number[0]
        for length in range(len(written), 14, -1):  # a word may follow: the longest valid beginning
            is_sign = written[length - 1] not in " \u00a0-"
            if is_sign and iban.is_valid(written[:length], check_country=False):
                yield number.start(), number.start() + length
                break


def cards_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where numbers of payment cards stand: 13 to 19 digits that Luhn's rule permits."""
    from stdnum import luhn

    for card in CARD.finditer(text):
        digits = re.sub(r"\D", "", card[0])
        groups = [len(part) for part in re.split(r"\D", card[0])]
        is_grouped = (  # in one piece, by fours, or as Amex does
            len(groups) == 1 or groups == [4, 6, 5] or (set(groups[:-1]) == {4} and groups[-1] <= 4)
        )
        if digits[0] in "3456" and is_grouped and luhn.is_valid(digits):
            yield card.span()


def national_ids_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where numbers of people stand that a state gave, some of them twice."""
    for is_valid, before, pattern in _ids():
        for number in pattern.finditer(text):
            if before and not before.search(text, max(0, number.start() - 60), number.start()):
                continue
            if is_valid is None or is_valid(number[0]):
                yield number.span()
    yield from (number.span("number") for number in named().finditer(text))


@cache
def _ids() -> tuple[
    tuple[Callable[[str], bool] | None, re.Pattern[str] | None, re.Pattern[str]], ...
]:
    from importlib import import_module

    return tuple(
        (
            _is_matricule
            if module == "lu"
            else import_module(f"stdnum.{module}").is_valid
            if module
            else None,
            re.compile(before, re.IGNORECASE) if before else None,
            re.compile(rf"(?<![\w.-])(?:{shape})(?![\w-]|\.\d)", re.IGNORECASE),
        )
        for module, before, shape in _IDS
    )


def _is_matricule(number: str) -> bool:
    """Say whether the two check digits of a Luxembourg number are right: Luhn's, Verhoeff's."""
    from stdnum import luhn, verhoeff

    digits = number.replace(" ", "")
    return bool(luhn.is_valid(digits[:12]) and verhoeff.is_valid(digits[:11] + digits[12]))


def shapes() -> Iterator[re.Pattern[str]]:
    """Yield the shapes of numbers that a state gave."""
    return (pattern for _, _, pattern in _ids())


@cache
def named() -> re.Pattern[str]:
    """Return the pattern of a number right after the name of what it is on."""
    names = words("national-id", "cues")
    return re.compile(
        rf"(?<!\w)(?:{names})(?!\w)(?: ?(?:number|numéro|numero|nummer|n°|n\.|no\.|nr\.?))?"
        r"(?: \([^()\n]{1,25}\))?[ :=\u00a0]{1,3}(?:(?:is|est|ist|lautet|è)[ :])?"
        rf"(?P<number>{_NAMED})(?!\w)",
        re.IGNORECASE,
    )
