"""Find and redact what is screened in one text; `vanne.screening.bulk` does columns of texts.

The rules are slow, and most texts hold no match. So a text is first searched for hints of each
kind: `guards` gives quick patterns, which Python's `re` and RE2 match alike. So a column gives the
same result as its texts one by one.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from vanne.errors import InputError
from vanne.screening.addresses import addresses_in
from vanne.screening.identifiers import (
    cards_in,
    emails_in,
    ibans_in,
    national_ids_in,
    phones_in,
    secrets_in,
)
from vanne.screening.kinds import KINDS, known, placeholder
from vanne.screening.pay import STEMS, pay_in
from vanne.screening.words import words

Finder = Callable[[str], Iterator[tuple[int, int]]]
UNSEEN = "[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
"""Signs without width, such as soft hyphens and marks of direction: readers do not see them."""
_FINDERS: tuple[tuple[str, Finder], ...] = (  # the surest first: an IBAN is no phone number
    ("secret", secrets_in),
    ("email", emails_in),
    ("iban", ibans_in),
    ("card", cards_in),
    ("national-id", national_ids_in),
    ("phone", phones_in),
    ("address", addresses_in),
    ("salary", pay_in),
)
_BLANK = "[ \u00a0\u202f]"
_NUMBERS = ("iban", "card", "national-id", "phone")
# What Python and RE2 do not take alike: digits of other scripts, letters whose small form is one
# of ASCII, signs that nobody sees.
ODD = rf"[^0-9\P{{Nd}}]|[ıİſ\x{{212A}}]|{UNSEEN}"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Where something stands in a text, and of which kind it is."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class ScreenedText:
    """A text with placeholders, and where in the text before they were needed, in its order."""

    text: str
    spans: tuple[Span, ...]

    @property
    def counts(self) -> Counter[str]:
        """How many there are of each kind."""
        return Counter(span.kind for span in self.spans)


def screen(text: str, kinds: Collection[str] = KINDS) -> ScreenedText:
    """Take pay, contacts, identity numbers and passwords out of a text of any of four languages.

    >>> screened = screen("Je gagne 95 000 francs. Tel. 044 668 18 00")
    >>> screened.text, screened.spans[1].kind
    ('Je gagne [SALARY]. Tel. [PHONE]', 'phone')

    Args:
        text: The text, in French, English, German or Italian.
        kinds: What is looked for: some of `vanne.screening.KINDS`.

    Raises:
        InputError: a kind is unknown, or this is no text.
    """
    if not isinstance(text, str):
        raise InputError(f"`{type(text).__name__}` is no text", todo="give one text at a time")
    spans = find(text, kinds)
    return ScreenedText(replaced(text, spans)[0], tuple(spans))


def find(text: str, kinds: Collection[str] = KINDS) -> list[Span]:
    """Return what of these kinds is in a text, in its order; no two of them overlap.

    An unknown kind is an `InputError`.

    >>> [span.kind for span in find("Call 020 7946 0123 or write to ann@example.org")]
    ['phone', 'email']
    """
    wanted = known(kinds)
    if _UNSEEN.search(text):
        places = [at for at, sign in enumerate(text) if not _UNSEEN.match(sign)]
        spans = find("".join(text[at] for at in places), kinds)
        return [Span(places[each.start], places[each.end - 1] + 1, each.kind) for each in spans]
    hinted = {kind for of, guard in guards() for kind in of if re.search(guard, text)}
    return [span for span in found_in(text, hinted) if span.kind in wanted]


def found_in(text: str, looked_for: Collection[str]) -> list[Span]:
    """Return what of these kinds is in a text; what is of an earlier kind is of no later one."""
    spans, taken = list[Span](), bytearray(len(text))
    for kind, finder in _FINDERS:
        for start, end in finder(text) if kind in looked_for else ():
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                spans.append(Span(start, end, kind))
    return sorted(spans)


def redact(text: str, kinds: Collection[str] = KINDS) -> tuple[str, Counter[str]]:
    """Return a text with placeholders, and how many there are of each kind.

    >>> redact("My salary is $95,000.")[0]
    'My salary is [SALARY].'
    """
    return replaced(text, find(text, kinds))


def replaced(text: str, spans: Sequence[Span]) -> tuple[str, Counter[str]]:
    """Return a text with placeholders where the spans are, and how many of each kind."""
    parts: list[str] = []
    last = 0
    for span in spans:
        parts += [text[last : span.start], placeholder(span.kind)]
        last = span.end
    return "".join([*parts, text[last:]]), Counter(span.kind for span in spans)


_EMAIL = (
    r"@|＠|[\[({] ?(?i:at|arobase|chiocciola|ät) ?[\])}]"
    "|(?i: (?:arobase|chiocciola|klammeraffe|at [^ ]+ (?:dot|punkt)) )"
)
_KEYS = (
    "-----BEGIN|A[KSBC][IC]A[A-Z0-9]|gh[pousr]_|github_pat|glpat|eyJ[A-Za-z0-9_-]|xox[a-z]-"
    "|[spr]k[-_]|AIza|ya29|SG\\.|npm_|hf_|pypi-|dop_v1|://[^ \n/@]*:"
    "|(?i:pass(?:[^a-z]|[wk]|ph|co)|mots? de pass|kennwort|token|(?:api|ess|ate|uth)[_ -]?key"
    "|secret|schlüssel|geheimn|zugangsc|losung|parol[ae] [cd]|chiave |cl[ée] [apsw]|codes?[^a-z]"
    "|codice |(?:wi-?fi|wlan)[ -]?[kcps]|jeton|bearer|(?:^|[^a-z])(?:pin|ps?wd?|mdp)[^a-z])"
)
_NUMBER = (
    "\\d(?:[ ().\u00a0\u202f/-]{0,3}[A-Za-z]{0,2}\\d){6}"
    r"|[A-Za-z]{2} ?\d\d ?\d\d ?\d\d|\d\d[ .-]\d\d[ .-]\d\d"
    r"|\d[A-Za-z]?\d[0-9A-Za-z]{3}|[0-9A-Za-z]{3}\d[A-Za-z]?\d"
)
_LARGE = (
    r"(?:^|[^0-9])(?:[3-9]\d\d|0\d\d|1[0-8]\d|2[1-9]\d|[12][09]\d(?:[^0-9]|$)|[12][09]\d\d\d)"
    "|\\d['’., \u00a0\u202f\u2009]\\d\\d"
)
"""A number of three digits or more that is no year."""
_UNIT = (
    "(?:[tk]?(?:chf|eur)|t?€|[$£¥₹k]|usd|gbp|cad|aud|s?frs?|sek|inr|pln|kr|zl|gros|brut|net|lord"
    "|lpa)"
)
_TIME = "(?: ?/| (?:per|an?|each|je|die|der|the|par|al|pro|all) | (?:l|all|de l)['’])"
_MONEY = (
    rf"{_LARGE}|\dp?(?:{_BLANK}|-)?(?i:{_UNIT})|(?i:{_UNIT})\.?{_BLANK}?\d|\d(?:p|[.,]-{{1,2}})?{_TIME}"
    rf"|(?i:{'|'.join(STEMS)}|hourly|monatl|mensuel|mensil|annu)"
)

SPARK = rf"\d|{_EMAIL}|{_KEYS}|(?i:{'|'.join(STEMS)})|{ODD}"
"""What every text holds in which there is anything to be found."""


@cache
def guards() -> tuple[tuple[Collection[str], str], ...]:
    """Return kinds, and a pattern that is in every text that holds something of them."""
    before = words("address", "before")
    glued = f"{words('address', 'glued')}|{words('address', 'surely_glued')}"
    address = (
        rf"\d(?: ?[a-z]{{1,6}})?,? (?i:{before})|(?i:{before}) (?:[^ \n]+ ){{0,6}}[^ \n]?\d"
        rf"|\d[a-hA-H]? [A-Z0-9][^ \n]* [A-Z0-9]|(?i:{glued}){_BLANK}\d"
        rf"|(?i:{words('address', 'begun')}) [A-ZÄÖÜ][^ ]* (?:[A-ZÄÖÜ][^ ]* )?\d"
        rf"|(?i:{words('address', 'box')}) ?\d|(?i:{words('address', 'first')}) (?:des|der|am) "
        rf"|(?:{words('address', 'districts')}) \d|\d{{4}}{_BLANK}[A-ZÀ-Ý]"
        r"|[A-Z]\d[0-9A-Z]? ?\d|[A-Z]{2} \d{5}|(?i:km) ?\d|(?:NSW|VIC|QLD|TAS|ACT|NT|WA|SA) \d"
    )
    return (
        (("email",), _EMAIL),
        (("secret",), _KEYS),
        (_NUMBERS, _NUMBER),
        (("address",), address),
        (("salary",), _MONEY),
    )


_UNSEEN = re.compile(UNSEEN)
