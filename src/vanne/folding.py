"""Text as it is compared: without case and accents, with one form of each mark.

Unicode takes an accent off a letter by decomposing it (NFKD). Letters that it does not decompose,
such as «ø» and «ł», are in a table here. Folding is done letter by letter: the fold of two texts
together is that of the one and then of the other.
"""

import unicodedata

_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ı": "i",
        "þ": "th",
        "ŋ": "ng",
    }
    | dict.fromkeys("’‘ʼ`´", "'")
    | dict.fromkeys("‐‑‒–—−", "-")
    | dict.fromkeys("«»“”„‟", '"')
    | dict.fromkeys("•‧∙⋅・", "·")
)


def fold(text: str) -> str:
    """Return a text without case, accents and ligatures; signs that are not seen are gone.

    >>> fold("Œuvre d’Élève, Größe")
    "oeuvre d'eleve, grosse"
    """
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(each for each in plain if unicodedata.category(each) not in ("Mn", "Cf"))
