"""Set a plain text as printers of its language would: spaces, quotes, apostrophes, figures.

French puts a narrow no-break space (U+202F) before `;`, `!`, `?` and in large numbers, a no-break
space (U+00A0) before `:` and inside guillemets (Imprimerie nationale, Lexique des règles
typographiques); German a no-break space before `%` (DIN 5008), and in Switzerland `ss`, guillemets
and an apostrophe in large numbers (Bundeskanzlei, Schreibweisungen); Italian no space before `%`.
"""

import re
from collections.abc import Callable

NARROW, WIDE = "\u202f", "\u00a0"

_SENTENCE = re.compile(r"(^|\n|[.!?] |: „|: “|: « ?)([«„“(]?)(\w)(?!\S*@)")
_SPACES = re.compile(r" {2,}| +(?=\n|$)")

_AMERICAN = (
    ("neighbour", "neighbor"),
    ("visualisation", "visualization"),
    ("organis", "organiz"),
    ("metres", "meters"),
    ("programme", "program"),
    ("learnt", "learned"),
    ("labour", "labor"),
    ("labelled", "labeled"),
    ("analysed", "analyzed"),
    ("speciality", "specialty"),
    ("lorry", "truck"),
)


def typeset(text: str, lang: str, region: str | None) -> str:
    """Return the text with capitals at sentence starts and the marks of its language.

    >>> typeset("qu'en dites-vous ? rien.", "fr", "CH")
    'Qu’en dites-vous\\u202f? Rien.'
    """
    text = _SPACES.sub(
        lambda found: " " if len(found[0]) > 1 and found.end() < len(text) else "", text
    )
    text = _SENTENCE.sub(lambda found: found[1] + found[2] + found[3].upper(), text.strip())
    return _MARKS[lang](text, region).replace("'", "’")


def _french(text: str, region: str | None) -> str:
    text = re.sub(r" ([;!?])", NARROW + r"\1", text)
    text = text.replace(" :", WIDE + ":").replace(" %", WIDE + "%")
    text = text.replace("« ", "«" + WIDE).replace(" »", WIDE + "»")
    return re.sub(r"(\d) (\d{3})\b", rf"\1{NARROW}\2", text)


def _german(text: str, region: str | None) -> str:
    text = text.replace(" %", WIDE + "%")
    if region != "CH":
        return text
    text = text.replace("ß", "ss").replace("„", "«").replace("“", "»")
    return re.sub(r"(\d)\.(\d{3})\b", r"\1’\2", text)


def _italian(text: str, region: str | None) -> str:
    return text.replace(" %", "%")


def _english(text: str, region: str | None) -> str:
    if region == "US":
        for british, american in _AMERICAN:
            text = text.replace(british, american)
    return text


_MARKS: dict[str, Callable[[str, str | None], str]] = {
    "fr": _french,
    "de": _german,
    "it": _italian,
    "en": _english,
}
