"""Titles found by a title: what means the same, in any language, and what is spelt alike.

The score is the cosine of the meanings, stretched to [0, 1] among those that may be found, and half
the cosine of the letters, which needs no stretching: where two languages share no letters it is
nothing, and adds no noise. Scores are fused, not ranks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vanne.assist.search.letters import Floats, Letters
from vanne.assist.search.meaning import Vectors, Whitening, embed
from vanne.assist.titles import neutral

LETTERS_WEIGHT = 0.5
ALIKE = 1e-6
"""Scores that differ by less are the same."""

By = Literal["both", "meaning", "letters"]


@dataclass(frozen=True, slots=True)
class Titles:
    """Titles in their form for everybody, each once, with vectors and letters."""

    forms: tuple[str, ...]
    vectors: Vectors
    letters: Letters

    @classmethod
    def of(cls, forms: Sequence[str], whitening: Whitening | None = None) -> "Titles":
        """Index titles that are in their form for everybody."""
        once = tuple(dict.fromkeys(forms))
        return cls(once, embed(once, whitening), Letters.of(once))

    def meaning(self, form: str, whitening: Whitening | None = None) -> Floats:
        """Return how near each is in meaning, from -1 to 1."""
        found: Floats = self.vectors @ embed([form], whitening)[0]
        return found

    def scores(self, form: str, by: By = "both", whitening: Whitening | None = None) -> Floats:
        """Return the score of each title for a title in its form for everybody."""
        if by == "letters":
            return self.letters.similar(form)
        meaning = stretched(self.meaning(form, whitening))
        if by == "meaning":
            return meaning
        return meaning + np.float32(LETTERS_WEIGHT) * self.letters.similar(form)


def stretched(scores: Floats) -> Floats:
    """Return scores from 0 to 1, the worst of the eligible at 0 and the best at 1.

    Where all are alike, as of one person alone, there is nothing to stretch: they stay as they are.
    """
    if not len(scores):
        return scores
    low, high = float(scores.min()), float(scores.max())
    alike = high - low < ALIKE
    out: Floats = np.clip(scores, 0, 1) if alike else (scores - low) / (high - low)
    return out


def match(
    queries: Sequence[str],
    corpus: Sequence[str],
    *,
    lang: str | None = None,
    count: int = 100,
    by: By = "both",
    whitening: Whitening | None = None,
) -> list[list[tuple[int, float]]]:
    """Return for each title that is sought the places in the corpus of the nearest, best first.

    >>> match(["Krankenpflegerin"], ["nurse", "baker", "infirmier"], count=2)[0][0][0] in (0, 2)
    True
    """
    forms = [neutral(title, lang) or title for title in corpus]
    titles = Titles.of(forms, whitening)
    place = {form: row for row, form in enumerate(titles.forms)}
    of_corpus = np.array([place[form] for form in forms], np.int64)
    found = []
    for query in queries:
        scores = titles.scores(neutral(query, lang) or query, by, whitening)[of_corpus]
        order = best(scores, count)
        found.append([(int(row), float(scores[row])) for row in order])
    return found


def best(scores: Floats, count: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Return the places of the best scores, the best first; of equal ones the first first."""
    count = min(count, len(scores))
    if not count:
        return np.zeros(0, np.int64)
    edge = np.partition(scores, len(scores) - count)[len(scores) - count]
    some = np.flatnonzero(scores >= edge)
    return some[np.argsort(-scores[some], kind="stable")][:count]
