"""Who holds a title that is asked, or one near it: whoever holds others does not pass.

Three things tell. All the words of what is asked are in the title; or it names the same occupation,
in any of four languages («Koch», «cuisinier»); or it is near in meaning («Juriste», «avocat»).
"""

import numpy as np

from vanne_assist.brief.criteria import Criterion
from vanne_assist.brief.judge import is_occupation, occupations_of
from vanne_assist.search.index import Index
from vanne_assist.search.meaning import Vectors, embed, one_thread
from vanne_assist.search.table import MET, NOT_MET, PARTLY, UNKNOWN, Codes
from vanne_assist.titles import neutral

NEAR = 0.3
"""The cosine from which somebody with one title is shown for another. Between titles of other
occupations it was below 0.25, between those of the same in two languages 0.4 to 0.8."""


def title_codes(index: Index, asked: Criterion, lang: str) -> Codes:
    """Return how everybody stands to a title that is asked; who tells no title is unknown."""
    by_words = index.facts.states(asked)
    starts, held = index.held
    out = np.full(len(index), UNKNOWN, np.int8)
    has = np.diff(starts) > 0
    if len(held):
        sought = vector_of(asked, lang)
        one_thread()
        near = index.titles.vectors @ sought >= NEAR
        codes = np.where(near, PARTLY, NOT_MET).astype(np.int8)
        codes[index.of_occupations(occupations_of(asked.value))] = named_code(asked)
        out[has] = np.maximum.reduceat(codes[held], starts[:-1][has])
    return np.where(by_words == MET, MET, out).astype(np.int8)


def vector_of(asked: Criterion, lang: str) -> Vectors:
    """Return the meaning of a title that is asked."""
    found: Vectors = embed([neutral(asked.said, lang) or asked.said])[0]
    return found


def named_code(asked: Criterion) -> int:
    """Return how a title of the same occupation stands to the one that is asked."""
    return MET if is_occupation(asked.value) else PARTLY
