"""Passwords, keys and tokens: those of known shapes anywhere, others right after their name."""

import re
from collections.abc import Iterator
from functools import cache

from vanne.screening.words import whole_and_ends, words

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
_SAID = r"[\"'«»„“”‘’`]"


CODE = re.compile(
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
    for found in _SHAPES.finditer(text):
        yield found.span()
    for found in named().finditer(text):
        value = found["value"].rstrip(".,;:)»“”\"'")
        if value and _is_secret(value, found):
            yield found.start("value"), found.start("value") + len(value)
    for found in CODE.finditer(text):
        if _doors().search(text, max(0, found.start() - _DOOR_REACH), found.start()):
            yield found.span("value")


@cache
def _doors() -> re.Pattern[str]:
    """Return the pattern of what a code opens."""
    return re.compile(rf"(?<!\w)(?:{words('secret', 'doors')})(?!\w)", re.IGNORECASE)


def _is_secret(value: str, found: re.Match[str]) -> bool:
    """Say whether what stands after «password is» is one, and not the sentence going on."""
    if value.startswith("[") or _PRICE.fullmatch(value):
        return False
    odd = any(not c.isalpha() for c in value) and len(value) >= 4
    assigned = found["mark"] is not None or found["quote"] is not None
    mixed = value.lower() != value and value[1:].lower() != value[1:]
    return (
        odd or mixed or (assigned and len(value) >= 6 and " " not in value and bool(found["quote"]))
    )


@cache
def named() -> re.Pattern[str]:
    """Return the pattern of what stands behind the name of a secret."""
    whole, ends = map("|".join, whole_and_ends("secret", "cues"))
    verbs = words("secret", "is")
    whose = rf"(?:[ \u00a0](?:{words('secret', 'of')})[\w .'’-]{{1,40}}?)?"
    return re.compile(
        rf"(?:(?<![A-Za-z0-9])(?:{whole}|bearer)|(?:{ends}))(?![A-Za-z0-9])[\"']?"
        rf"(?:{whose}(?:[ \u00a0]*(?P<mark>[:=])[ \u00a0]*"
        rf"|(?:[ \u00a0]+(?:{verbs})|['’]s)[ \u00a0:]+(?:(?:the|le|la|il|der|die|das) )?)"
        r"|[ \u00a0]+(?=\S*[\d!#$%&*_+=@]))"
        rf"(?P<quote>{_SAID}[ \u00a0]?)?(?P<value>[^\s«»„“”\"`]{{4,200}})",
        re.IGNORECASE,
    )
