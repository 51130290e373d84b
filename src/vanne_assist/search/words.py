"""The words of texts, and who has them, for search by words.

A word is folded, brought to its neutral form (so that «développeuse» finds «développeur»), and cut
to its stem by the rules of the text's language (Snowball, Porter 2001). The words of a brief are
cut by the rules of all four languages. How many of the words that are asked somebody has depends on
nobody else: so there is no rarity of words, and nobody's list moves when somebody leaves.
"""

import re
import zlib
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from vanne.extras import require
from vanne.folding import fold
from vanne.screening import without_placeholders
from vanne.terms import LANGUAGES
from vanne_assist.titles import neutral_word

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Stems = npt.NDArray[np.uint32]

_SNOWBALL = {"fr": "french", "en": "english", "de": "german", "it": "italian"}
_WORD = re.compile(r"[^\W_](?:[\w+#]|\.(?=\w))*|\.[^\W_]\w*")


@cache
def _stemmer(lang: str) -> Any:
    require("search")
    import Stemmer

    return Stemmer.Stemmer(_SNOWBALL[lang])


@lru_cache(maxsize=262144)
def stem(word: str, lang: str) -> str:
    """Return the stem of a word, in its form for everybody, by the rules of a language.

    «c++» and «.net» are words.
    """
    folded = _WORD.findall(fold(without_placeholders(neutral_word(word, lang))))
    stemmed: str = _stemmer(lang).stemWord(" ".join(folded) or word)
    return stemmed


def _split(text: str) -> list[str]:
    """Return the words of a text with their accents, which the forms need."""
    return [
        word.strip(".,;:!?()[]«»\"'’").lower()
        for word in without_placeholders(text).replace("/", " ").split()
    ]


def terms(text: str, lang: str | None) -> list[str]:
    """Return the stems of a text; of one in another language, as of English."""
    known = lang if lang in LANGUAGES else "en"
    return [part for word in _split(text) for part in stem(word, known).split() if word]


def asked(text: str) -> list[set[str]]:
    """Return of each word of a brief its stems, by the rules of all languages."""
    words = dict.fromkeys(_split(text))
    return [{part for lang in LANGUAGES for part in stem(word, lang).split()} for word in words]


def stems_of(texts: Iterable[tuple[str, str | None]]) -> Stems:
    """Return the numbers of the stems of some texts, each with its language."""
    found = {number(term) for text, lang in texts for term in terms(text, lang)}
    return np.array(sorted(found), np.uint32)


def number(stem: str) -> int:
    """Return the number that stands for a stem; two rarely share one, and then both are found."""
    return zlib.crc32(stem.encode())


class WordIndex:
    """Of each stem, who has it."""

    def __init__(self, stems: Stems, sizes: Iterable[int]) -> None:
        """Take the stems of everybody, one after the other, and how many each has."""
        counts = np.fromiter(sizes, np.int64)
        rows = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
        order = np.argsort(stems, kind="stable")  # quick, as everybody's are in order
        self._stems, self._rows, self.size = stems[order], rows[order], len(counts)

    def share(self, text: str) -> tuple[Floats, int]:
        """Return of each the share of the words of a text that they have, and how many it has."""
        words = asked(text)
        out = np.zeros(self.size, np.float32)
        for stems in words:
            out += self._having(stems)
        return out / np.float32(max(len(words), 1)), len(words)

    def having(self, text: str) -> npt.NDArray[np.bool_]:
        """Say of each whether they have every word of a text, in any of its forms."""
        out = np.ones(self.size, bool)
        for stems in asked(text):
            out &= self._having(stems)
        return out

    def _having(self, stems: Iterable[str]) -> npt.NDArray[np.bool_]:
        has = np.zeros(self.size, bool)
        for each in {np.uint32(number(stem)) for stem in stems}:
            first = np.searchsorted(self._stems, each, "left")
            last = np.searchsorted(self._stems, each, "right")
            has[self._rows[first:last]] = True
        return has
