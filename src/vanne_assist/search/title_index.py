"""Titles found by a title: what means the same, in any language, and what is spelt alike.

The letters find what is spelt alike, in one language; what these titles mean finds the others. So
the titles that are nearest by meaning and letters together move what is sought towards what they
mean (pseudo-relevance feedback, Rocchio 1971), and the order is that of the meaning, in which every
language counts the same. NgramIndex that were added to the score moved titles of the query's own
language above better ones of others; of theirs only a little stays, cubed, which tells titles that
are nearly written alike. Scores are fused, not ranks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from vanne_assist.search.encoder import Vectors, Whitening, embed, one_thread, unit
from vanne_assist.search.ngrams import Floats, NgramIndex
from vanne_assist.titles import neutral

NEAREST = 3
"""How many of the nearest titles say what else is meant."""
NEAREST_LETTERS = 4.0
"""How much letters count in who is nearest, squared: what is half as alike counts a quarter."""
TOWARDS = 0.5
"""How far what is sought moves towards them."""
TRUST = 4
"""The power of their scores by which they count: the first much more than the third."""
LETTERS_WEIGHT, LETTERS_POWER = 0.05, 3
_MANY = 0.3
"""Of this share of the titles on, all vectors are multiplied: to gather them would cost more."""
ALIKE = 1e-6
"""Scores that differ by less are the same."""

By = Literal["both", "meaning", "letters"]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TitleIndex:
    """Titles in their form for everybody, each once, with vectors and letters."""

    forms: tuple[str, ...]
    vectors: Vectors
    letters: NgramIndex

    @classmethod
    def of(cls, forms: Sequence[str], whitening: Whitening | None = None) -> "TitleIndex":
        """Index titles that are in their form for everybody."""
        once = tuple(dict.fromkeys(forms))
        return cls(once, embed(once, whitening), NgramIndex.of(once))

    def scores(
        self,
        form: str,
        by: By = "both",
        whitening: Whitening | None = None,
        *,
        among: Places | None = None,
    ) -> Floats:
        """Return the score of each title, or of some, for a title in its form for everybody.

        By meaning it is a cosine, -1 to 1; by letters and by both it is from 0 to 1.
        """
        if by == "letters":
            return _of(self.letters.similar(form), among)
        sought = embed([form], whitening)[0]
        meaning = self._near(sought, among)
        if by == "meaning" or not len(meaning):
            return meaning
        letters = _of(self.letters.similar(form), among)
        likeness = stretched(meaning) + np.float32(NEAREST_LETTERS) * letters**2
        nearest = best(likeness, NEAREST)
        weights = likeness[nearest] ** TRUST
        found = self.vectors[nearest if among is None else among[nearest]]
        if not _alike(meaning):
            sought = unit(sought + TOWARDS * unit((weights @ found)[None])).reshape(-1)
        meaning = stretched(self._near(sought, among))
        return stretched(meaning + np.float32(LETTERS_WEIGHT) * letters**LETTERS_POWER)

    def _near(self, vector: Vectors, among: Places | None) -> Floats:
        """Return the cosine of each title, or of some, with a vector."""
        one_thread()
        if among is not None and len(among) < _MANY * len(self.vectors):
            some: Floats = self.vectors[among] @ vector
            return some
        return _of(self.vectors @ vector, among)


def _of(scores: Floats, among: Places | None) -> Floats:
    return scores if among is None else scores[among]


def stretched(scores: Floats) -> Floats:
    """Return scores from 0 to 1, the worst of the eligible at 0 and the best at 1.

    Where all are alike, as of one person alone, there is nothing to stretch: they stay as they are.
    """
    if not len(scores):
        return scores
    if _alike(scores):
        clipped: Floats = np.clip(scores, 0, 1)
        return clipped
    low = float(scores.min())
    out: Floats = (scores - low) / (float(scores.max()) - low)
    return out


def _alike(scores: Floats) -> bool:
    return float(scores.max()) - float(scores.min()) < ALIKE


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
    titles = TitleIndex.of(forms, whitening)
    place = {form: row for row, form in enumerate(titles.forms)}
    of_corpus = np.array([place[form] for form in forms], np.int64)
    found = []
    for query in queries:
        scores = titles.scores(neutral(query, lang) or query, by, whitening)[of_corpus]
        order = best(scores, count)
        found.append([(int(row), float(scores[row])) for row in order])
    return found


def best(scores: Floats, count: int) -> Places:
    """Return the places of the best scores, the best first; of equal ones the first first."""
    count = min(count, len(scores))
    if not count:
        return np.zeros(0, np.int64)
    edge = np.partition(scores, len(scores) - count)[len(scores) - count]
    some = np.flatnonzero(scores >= edge)
    return some[np.argsort(-scores[some], kind="stable")][:count]
