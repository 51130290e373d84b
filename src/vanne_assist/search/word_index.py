"""The words of all profiles with their BM25 weights, for search by words.

A word is folded, brought to its neutral form (so that «développeuse» finds «développeur»), and cut
to its stem by the rules of the text's language (Snowball, Porter 2001). The words of a brief are
cut by the rules of all four languages. The weights are those of BM25 (Robertson and Zaragoza 2009)
and are computed when the index is made. A search adds up the weights of its words for every
profile, not only for the best, because the filters are applied afterwards.
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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

SATURATION, LENGTH = 1.2, 0.75
_SNOWBALL = {"fr": "french", "en": "english", "de": "german", "it": "italian"}
_WORD = re.compile(r"[^\W_](?:[\w+#]|\.(?=\w))*|\.[^\W_]\w*")
COMMON = 0.5
"""A word that more than half of the profiles have tells nothing."""


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


def is_common(having: int, profiles: int) -> bool:
    """Say whether so many profiles have a word that it tells nothing."""
    return having > max(COMMON * profiles, 10)


@dataclass(frozen=True, slots=True)
class WordIndex:
    """An inverted index: of each stem, which profiles have it and how much it weighs there."""

    known: Mapping[str, int]
    starts: npt.NDArray[np.int64]
    rows: Ints
    weights: Floats
    size: int

    @classmethod
    def of(cls, profiles: Iterable[Sequence[tuple[str, str | None]]]) -> "WordIndex":
        """Index the texts of each profile, each with its language."""
        known: dict[str, int] = {}
        numbers, rows, counts, lengths = array("i"), array("i"), array("i"), array("i")
        for row, texts in enumerate(profiles):
            found = Counter(term for text, lang in texts for term in terms(text, lang))
            numbers.extend(known.setdefault(term, len(known)) for term in found)
            rows.extend([row] * len(found))
            counts.extend(found.values())
            lengths.append(found.total())
        return cls.weighed(known, *(_ints(each) for each in (numbers, rows, counts, lengths)))

    @classmethod
    def weighed(
        cls, known: dict[str, int], numbers: Ints, rows: Ints, counts: Ints, lengths: Ints
    ) -> "WordIndex":
        """Weigh words that were counted: one entry for each word that a profile has."""
        order = np.argsort(numbers, kind="stable")
        numbers, rows, counts = numbers[order], rows[order], counts[order].astype(np.float32)
        having = np.bincount(numbers, minlength=len(known))
        rare = np.log1p((len(lengths) - having + 0.5) / (having + 0.5))
        mean = max(float(lengths.mean()), 1.0) if len(lengths) else 1.0
        norm = SATURATION * (1 - LENGTH + LENGTH * lengths[rows] / mean)
        weights = rare[numbers] * counts * (SATURATION + 1) / (counts + norm)
        starts = np.concatenate([[0], np.cumsum(having)]).astype(np.int64)
        return cls(known, starts, rows, weights.astype(np.float32), len(lengths))

    def scores(self, text: str) -> Floats:
        """Return how well each profile's words answer a text."""
        out = np.zeros(self.size, np.float32)
        for stems in asked(text):
            for number in sorted({self.known[each] for each in stems if each in self.known}):
                part = slice(self.starts[number], self.starts[number + 1])
                if not is_common(part.stop - part.start, self.size):
                    out[self.rows[part]] += self.weights[part]
        return out

    def having(self, text: str) -> npt.NDArray[np.bool_]:
        """Say of each profile whether it has every word of a text, in any of its forms."""
        out = np.ones(self.size, bool)
        for stems in asked(text):
            has = np.zeros(self.size, bool)
            for number in {self.known[each] for each in stems if each in self.known}:
                has[self.rows[self.starts[number] : self.starts[number + 1]]] = True
            out &= has
        return out


def _ints(values: "array[int]") -> Ints:
    return np.frombuffer(values, np.int32) if len(values) else np.zeros(0, np.int32)
