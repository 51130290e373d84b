"""Fold texts for comparison: no case, no accents, one form of each punctuation mark.

Unicode takes an accent off a letter by decomposing the letter (NFKD). A table here has the letters
that Unicode does not decompose, such as «ø» and «ł». Each letter is folded by itself: the fold of
two joined texts is the fold of the first and then that of the second.
"""

import re
import unicodedata
from functools import cache

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
    | dict.fromkeys("‐‑‒–—―−", "-")
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
    # NFKC comes first: «ᴬ» is a capital that has no small letter until NFKC makes an «A» of it.
    same = unicodedata.normalize("NFKC", text).casefold()
    return _dropped().sub("", unicodedata.normalize("NFKD", same).translate(_LETTERS))


@cache
def _dropped() -> re.Pattern[str]:
    """Return what matches marks on letters, in some scripts vowels, and signs that are not seen.

    Only those of Unicode's first plane: `re` has a table for a set of these, and is thirty times as
    slow with others, which are marks of rarer scripts.
    """
    first_plane = map(chr, range(0xA0, 0x10000))
    signs = [sign for sign in first_plane if unicodedata.category(sign) in ("Mn", "Mc", "Me", "Cf")]
    return re.compile(f"[{''.join(signs)}]+")
