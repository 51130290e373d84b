"""Say which words of a brief may ask for what the law protects: by their meaning, not by a list.

The lexicon (`protected`) stops what is asked openly and in known words. Much is asked by a detour
that no list holds: a surname, a school run, a year of graduation. Each part of a brief, from mark
to mark, is encoded, with which classes of words of the grammar stand in it, and a logistic
regression says how likely it asks for such a thing. What the law wants, and what leaves all equal,
is passed over. The regression is wrong too often to stop anything: a person looks. Other
regressions say which attribute it is likeliest about. `benchmarks/search/learn_meaning.py` learnt
the weights of texts of ten other hands and of our own, in four languages.
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np

from vanne.errors import MissingError
from vanne_assist.brief.criteria import BriefNotice
from vanne_assist.fairness.protected import (
    Attribute,
    classes_in,
    lawful_spans,
    spared_asks,
)
from vanne_assist.search.encoder import Vectors, encode

KNOWN = tuple(each for each in Attribute if each is not Attribute.NATIONALITY)
"""What a doubt can be about, in the order of the weights: few texts ask for a nationality alone."""
MOST_PARTS = 100
"""A longer text is an advert: the rest of it is looked at by the lexicon alone."""
SURE = 1.5
"""So likely (log odds) must a part ask for too much. Of 100 ordinary briefs by hands that were left
out, 36 are told at .5, 22 at 1 and 15 at 1.5."""
_CLASS = 0.3
"""How much a class of words counts beside the encoder's vector, whose length is 1."""
_PART = re.compile(r"(?<=[.!?;:])\s+|,\s+|\s[–-]\s|\s\(|\)\s?|\n")
_SHORTEST = 3


def doubts(text: str) -> tuple[BriefNotice, ...]:
    """Return a notice with each thing in a brief that a person should look at.

    That is what is asked and stops nothing, for the brief says that it is lawful, and of the other
    parts the one that is likeliest to ask. It says the words, and the attribute.
    """
    spared = tuple(_notice(ask.said, ask.attribute) for ask in spared_asks(text))
    told = open_parts(text)
    if not told:
        return spared
    weights = _weights()
    try:
        scores = vectors_of(told) @ weights[:, :-1].T + weights[:, -1]
    except MissingError:  # without the extra `search` the lexicon alone looks
        return spared
    worst = int(scores[:, 0].argmax())
    if scores[worst, 0] <= SURE:
        return spared
    return (*spared, _notice(told[worst], KNOWN[int(scores[worst, 1:].argmax())]))


def _notice(said: str, about: Attribute) -> BriefNotice:
    return BriefNotice("may-discriminate", (said, about.value))


def parts(text: str) -> list[str]:
    """Return the parts of a text from mark to mark.

    >>> parts("Nurse, 80 %. No one over 50!")
    ['Nurse', '80 %.', 'No one over 50!']
    """
    return [part.strip() for part in _PART.split(text) if len(part.strip()) >= _SHORTEST]


def open_parts(text: str) -> list[str]:
    """Return the first parts of a text, without what is lawful by what it says.

    >>> open_parts("Nurse, your age does not matter, no one over 50")
    ['Nurse', 'no one over 50']
    """
    lawful = list(lawful_spans(text))
    kept, end = [], 0
    for part in parts(text)[:MOST_PARTS]:
        start = text.index(part, end)
        end = start + len(part)
        if not any(a < end and start < b for a, b in lawful):
            kept.append(part)
    return kept


def vectors_of(told: Sequence[str]) -> Vectors:
    """Return what is scored of each part: what it means, and the classes of words in it."""
    classes = np.array([classes_in(part) for part in told], np.float32)
    return np.hstack([encode(told), _CLASS * classes])


@cache
def _weights() -> Vectors:
    """Return a row for asking at all, and one for each of `KNOWN`; the bias is last."""
    path = files("vanne_assist.fairness") / "meaning.npy"
    with path.open("rb") as file:
        weights: Vectors = np.load(file, allow_pickle=False).astype(np.float32)
    return weights
