"""Words without capitals, accents and punctuation, so that «Zürich» meets «zurich»."""

import re
import unicodedata

from vanne.screening import without_placeholders

_APART = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d"})
_WORD = re.compile(r"[^\W_](?:[\w+#]|\.(?=\w))*|\.[^\W_]\w*")


def fold(text: str) -> str:
    """Return the words of a text, folded, between single blanks.

    >>> fold("Zürcher C++-Entwickler, Œuvre")
    'zurcher c++ entwickler oeuvre'
    """
    plain = unicodedata.normalize("NFKD", without_placeholders(text).lower().translate(_APART))
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(_WORD.findall(kept))
