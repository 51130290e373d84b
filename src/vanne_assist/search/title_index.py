"""Find job titles that mean the same as a given title, in any language.

Titles are ordered by the cosine of their vectors, in which every language counts the same. Similar
spelling plays no part: in measurements it added only 0.01 to 0.02 of nDCG@10.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vanne_assist.search.encoder import Vectors, embed, one_thread
from vanne_assist.search.word_index import Floats
from vanne_assist.titles import neutral

_MANY = 0.3
"""Of this share of the titles on, all vectors are multiplied: to gather them would cost more."""
ALIKE = 1e-6
"""Scores that differ by less are the same."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TitleIndex:
    """Titles in their form for everybody, each once, with their vectors."""

    forms: tuple[str, ...]
    vectors: Vectors

    def scores(self, form: str, among: Places | None = None) -> Floats:
        """Return the cosine of each title, or of some, with a title in its form for everybody."""
        vector = embed([form])[0]
        one_thread()
        if among is not None and len(among) < _MANY * len(self.vectors):
            some: Floats = self.vectors[among] @ vector
            return some
        scores: Floats = self.vectors @ vector
        return scores if among is None else scores[among]


def stretched(scores: Floats) -> Floats:
    """Return scores from 0 to 1, the worst of the eligible at 0 and the best at 1.

    Where all are alike, as of one person alone, there is nothing to stretch: they stay as they are.
    """
    if not len(scores):
        return scores
    low, high = float(scores.min()), float(scores.max())
    out: Floats = np.clip(scores, 0, 1) if high - low < ALIKE else (scores - low) / (high - low)
    return out


def match(
    queries: Sequence[str], corpus: Sequence[str], *, lang: str | None = None, count: int = 100
) -> list[list[tuple[int, float]]]:
    """Return for each title that is sought the places in the corpus of the nearest, best first.

    >>> match(["Krankenpflegerin"], ["nurse", "baker", "infirmier"], count=2)[0][0][0] in (0, 2)
    True
    """
    forms = [neutral(title, lang) or title for title in corpus]
    once = tuple(dict.fromkeys(forms))
    titles = TitleIndex(once, embed(once))
    place = {form: row for row, form in enumerate(once)}
    of_corpus = np.array([place[form] for form in forms], np.int64)
    hits = []
    for query in queries:
        scores = titles.scores(neutral(query, lang) or query)[of_corpus]
        hits.append([(int(row), float(scores[row])) for row in best(scores, count)])
    return hits


def best(scores: Floats, count: int) -> Places:
    """Return the places of the best scores, the best first; of equal ones the first first."""
    count = min(count, len(scores))
    if not count:
        return np.zeros(0, np.int64)
    edge = np.partition(scores, len(scores) - count)[len(scores) - count]
    some = np.flatnonzero(scores >= edge)
    return some[np.argsort(-scores[some], kind="stable")][:count]
