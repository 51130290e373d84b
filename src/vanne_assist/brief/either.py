"""Tells which criteria are alternatives: «Lausanne ou Berne», «Java, Kotlin or Scala».

What is listed with an «or» in it is an alternative, and so are titles and places that are listed at
all: nobody lives in two towns. «Java and Kotlin» are both asked.
"""

from collections.abc import Sequence
from itertools import count, pairwise

from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.forces import Stretch, small_words
from vanne_assist.brief.text import Word

_OR = frozenset({"or", "ou", "oder", "o", "bzw", "resp", "respectively", "respektive"})
_AND = frozenset({"and", "et", "und", "e", "ed", "&", "sowie"})
_MARKS = frozenset({",", "/", "."})
_ONE_AT_A_TIME = frozenset({Kind.TITLE, Kind.PLACE})
_JOINED = _ONE_AT_A_TIME | {Kind.SKILL, Kind.LANGUAGE, Kind.INDUSTRY, Kind.EDUCATION, Kind.COMPANY}


def alternatives_in(words: Sequence[Word], stretches: Sequence[Stretch]) -> list[int | None]:
    """Return for each stretch the number of the alternatives it belongs to, None for none."""
    found: list[int | None] = [None] * len(stretches)
    numbers = count()
    for kind in Kind:
        places = [at for at, each in enumerate(stretches) if each.kind is kind and kind in _JOINED]
        places.sort(key=lambda at: stretches[at].first)
        for run in _runs(words, stretches, places):
            number = next(numbers)
            for at in run:
                found[at] = number
    return found


def _runs(
    words: Sequence[Word], stretches: Sequence[Stretch], places: Sequence[int]
) -> list[list[int]]:
    """Return the lists among stretches of one kind whose members are alternatives."""
    runs: list[list[int]] = []
    run, is_or = list(places[:1]), False
    for before, at in pairwise(places):
        link = _link(words, stretches[before], stretches[at])
        if link is None:
            runs += [[*run]] if is_or else []
            run, is_or = [at], False
        else:
            run.append(at)
            is_or = is_or or link
    return runs + ([[*run]] if is_or else [])


def _link(words: Sequence[Word], before: Stretch, after: Stretch) -> bool | None:
    """Say whether what stands between two makes alternatives of them; None if it joins them not."""
    if after.first < before.last:
        return None
    between = {word.folded for word in words[before.last : after.first]}
    joins = between & (_OR | _AND | _MARKS)
    if not joins or joins == {"."} or between - joins - small_words():
        return None
    is_one = before.kind in _ONE_AT_A_TIME
    return bool(joins & _OR) or is_one
