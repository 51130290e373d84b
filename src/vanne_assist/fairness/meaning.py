"""Say which words of a brief may ask for what the law protects: by their meaning, not by a list.

The lexicon (`protected`) stops what is asked openly and in known words. Much is asked by a detour
that no list holds: a surname, a school run, a year of graduation. Each part of a brief, from mark
to mark, is encoded, and a logistic regression says how likely it asks for such a thing. One time
in five it is wrong, so it stops nothing: a person looks. Other regressions say which attribute it
is likeliest about. `benchmarks/search/learn_meaning.py` learnt the weights of texts of three other
hands and of our own, in four languages.
"""

import re
from functools import cache
from importlib.resources import files

import numpy as np

from vanne.errors import MissingError
from vanne_assist.brief.criteria import BriefNotice
from vanne_assist.fairness.protected import Attribute
from vanne_assist.search.encoder import Vectors, encode

KNOWN = tuple(each for each in Attribute if each is not Attribute.NATIONALITY)
"""What a doubt can be about, in the order of the weights: few texts ask for a nationality alone."""
MOST_PARTS = 100
"""A longer text is an advert: the rest of it is looked at by the lexicon alone."""
_PART = re.compile(r"(?<=[.!?;:])\s+|,\s+|\s[–-]\s|\s\(|\)\s?|\n")
_SHORTEST = 3


def doubts(text: str) -> tuple[BriefNotice, ...]:
    """Return a notice with the part of a brief that a person should look at, or none.

    It says the part, and the attribute that it is likeliest about.
    """
    told = parts(text)[:MOST_PARTS]
    if not told:
        return ()
    try:
        scores = scored(encode(told))
    except MissingError:  # without the extra `search` the lexicon alone looks
        return ()
    worst = int(scores[:, 0].argmax())
    if scores[worst, 0] <= 0:
        return ()
    about = KNOWN[int(scores[worst, 1:].argmax())]
    return (BriefNotice("may-discriminate", (told[worst], about.value)),)


def parts(text: str) -> list[str]:
    """Return the parts of a text from mark to mark.

    >>> parts("Nurse, 80 %. No one over 50!")
    ['Nurse', '80 %.', 'No one over 50!']
    """
    return [part.strip() for part in _PART.split(text) if len(part.strip()) >= _SHORTEST]


def scored(vectors: Vectors) -> Vectors:
    """Return how likely each vector asks for what the law protects, and for each of `KNOWN`.

    Above 0 it is likelier than not.
    """
    weights = _weights()
    out: Vectors = vectors @ weights[:, :-1].T + weights[:, -1]
    return out


@cache
def _weights() -> Vectors:
    path = files("vanne_assist.fairness") / "meaning.npy"
    with path.open("rb") as file:
        weights: Vectors = np.load(file, allow_pickle=False).astype(np.float32)
    return weights
