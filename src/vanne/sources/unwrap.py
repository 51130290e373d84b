"""Normalise text that was typeset for a page, so that search and screening find its words.

A document may store a word of a page as signs of its font: joined letters, a hyphen at the end of a
line, letters that stand apart, signs without a width. In such text no search finds the word, and no
screening finds a telephone number.
"""

import re
from unicodedata import normalize

_FORMS = re.compile("[\ufb00-\ufb4f\ufb50-\ufdff\ufe70-\ufefc]+")
"""Letters that are joined or take a shape by their place: ligatures, Hebrew, Arabic."""
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_ICONS = re.compile("[\ue000-\uf8ff\U000f0000-\U0010fffd]")
"""What fonts of pictures use: no letter."""
_HYPHENS = {0x2010: "-", 0x2011: "-"}
_SOFT = "\u00ad"
_BROKEN_SOFTLY = re.compile(rf"(?<=[^\W\d_])[{_SOFT}\u2010] ?\n(?=[^\W\d_])")
_BROKEN = re.compile(r"(?<=[^\W\d_])-\n(?=(\w+))")
_KEPT_APART = frozenset(
    "und oder bzw sowie et ou and or e o ed od "  # what follows a hyphen that stands for a word
    "même mêmes être là ci vous nous moi toi lui il elle ils elles on je tu ce y en".split()
)
_MONEY = r"(?:CHF|EUR|GBP|USD|SFr\.?|Fr\.?|€|£|\$)"
_OF_ONE_LINE = tuple(
    (re.compile(pattern, re.MULTILINE), between)
    for pattern, between in (
        (r"^([^\n:]{2,40}:)\n(?=[^\n:]*\d)", " "),
        (rf"^([^\n\d]{{3,40}})\n(?={_MONEY} ?\d[^\n]{{0,30}}$)", " "),
        (rf"^([^\n\d]{{3,40}})\n(?=\d[\d'’., ]*(?:{_MONEY}|k\b|[.,][-–—])[^\n]{{0,30}}$)", " "),
        (r"(\+\d[\d ]{4,})\n(?=\d\d(?: \d\d)*$)", " "),
        (r"([^\W\d]{3}\.?)\n(?=\d{1,4}[a-z]?,? (?:[A-Z]{1,2}-)?\d{4,5} [^\W\d_])", " "),
        (r"([^\W\d]{3}\.?,? \d{1,4} ?[a-z]?)\n(?=(?:[A-Z]{1,2}-)?\d{4,5} [^\W\d_])", ", "),
    )
)
"""What a line break must not cut, for pay, a number or an address is known by what is beside it:
a label and its number, the same without a colon and with money, a telephone number, a street.
"""
_SPACED = re.compile(r"\S-?(?: +\S-?){3,}[,.:]?")


def typed_text(text: str) -> str:
    """Return the text of a document that is written as it is typed: a soft hyphen shows nothing.

    >>> typed_text("Pro\u00adfil: ﬁnance \ue0b7 ")
    'Profil: finance'
    """
    return _plain(text.replace(_SOFT, ""))


def printed_text(text: str) -> str:
    r"""Return the text of a document whose signs are all drawn, line by line.

    A soft hyphen is drawn there as any hyphen: it is none only where a line breaks.

    >>> printed_text("Auf\u00ad\nlage, Projekt-\nund Team\u00adarbeit, Ge-\nschäft\nS K I L L S")
    'Auflage, Projekt-\nund Team-arbeit, Geschäft\nSKILLS'
    """

    def together(line: str) -> str:
        """Put letters together that stand apart; between words there are two spaces or more."""
        line = line.strip()
        if _SPACED.fullmatch(line) and sum(map(str.isalpha, line)) >= 4:
            return " ".join(word.replace(" ", "") for word in re.split(r" {2,}", line))
        return line

    def joined(match: re.Match[str]) -> str:
        """Return what stands between the halves of a word: nothing, if they are of one word."""
        word = match[1]
        return "" if word.islower() and word not in _KEPT_APART else match[0]

    lines = map(together, text.split("\n"))
    whole = _BROKEN_SOFTLY.sub("", "\n".join(lines)).replace(_SOFT, "-")
    return _plain(_BROKEN.sub(joined, _plain(whole)))


def _plain(text: str) -> str:
    text = _UNSEEN.sub("", _ICONS.sub(" ", text)).translate(_HYPHENS)
    text = _FORMS.sub(lambda found: normalize("NFKC", found[0]), text)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    whole = "\n".join(line for line in lines if line)
    for cut, between in _OF_ONE_LINE:
        whole = cut.sub(rf"\1{between}", whole)
    return normalize("NFC", whole)
