"""Levels: of a language (CEFR, «native»), of seniority, of education.

The level of a language is a field («Native or bilingual proficiency»), or stands beside it in a
brief or a CV («English C1», «fluent French»).
"""

import re
from collections.abc import Sequence

from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.lexicon import book, order_of
from vanne_assist.brief.phrases import any_of
from vanne_assist.brief.scan import TermSpan, phrase
from vanne_assist.brief.text import Word, split

LANGUAGE_LEVELS = ("a1", "a2", "b1", "b2", "c1", "c2", "native")
_DEGREES = {
    "secondary": 1,
    "apprenticeship": 2,
    "higher-vocational": 3,
    "bachelor": 4,
    "degree": 4,
    "master": 5,
    "mba": 5,
    "phd": 6,
}
_CEFR = re.compile(r"[abc][12]")
_LEVELS = (
    ("native", "native"),
    ("bilingual", "c2"),
    ("fluent", "c1"),
    ("good", "b2"),
    ("basic", "a2"),
)
_NEAR = 5
"""So many words at most lie between a language and its level."""
_JOINERS = frozenset({",", "/", "(", ")", "and", "et", "und", "e", "ed", "sowie", "&", "+"})
_LONGEST = 5
"""So many words has the longest name of a level."""


def language_reaches(has: str | None, asked: str | None) -> bool | None:
    """Say whether a level is at least the one that is asked; None if it is not known."""
    if asked is None:
        return True
    if has is None:
        return None
    return LANGUAGE_LEVELS.index(has) >= LANGUAGE_LEVELS.index(asked)


def seniority_rank(value: str) -> int:
    """Return how far a step of seniority is from the first."""
    return order_of("seniority").index(value)


def degree_rank(value: str) -> int | None:
    """Return how high a degree is; None for a field or a school."""
    return _DEGREES.get(value)


def level_of(text: str) -> str | None:
    """Return the level that a field names.

    >>> level_of("Native or bilingual proficiency"), level_of("C1 (DALF)"), level_of("")
    ('native', 'c1', None)
    """
    words = split(text)
    return _level_in(words, list(range(len(words))))


def level_near(words: Sequence[Word], hit: TermSpan) -> str | None:
    """Return the level that is said of a language: after it, else before it."""
    after = _own(
        words, _until_mark(words, range(hit.last, min(len(words), hit.last + _NEAR)), "(:-–")
    )
    before = _until_mark(words, range(hit.first - 1, max(-1, hit.first - 1 - _NEAR), -1), "")
    return _level_in(words, after) or _level_in(words, sorted(before)) or _bilingual(words, hit)


def _bilingual(words: Sequence[Word], hit: TermSpan) -> str | None:
    """Return the level of «bilingual English and French», which both have."""
    for at in range(hit.first - 1, max(-1, hit.first - 1 - _NEAR), -1):
        word = words[at].folded
        if word in any_of("bilingual"):
            return "c2"
        is_language = any(t.kind is Kind.LANGUAGE for t in book().phrases.get(word, ()))
        if not (is_language or word in ("-", "/", "and", "et", "und", "e", "ed")):
            return None
    return None


def _until_mark(words: Sequence[Word], places: range, passed: str) -> list[int]:
    """Return places up to a mark or another language."""
    found = []
    for place in places:
        word = words[place]
        if word.is_mark and word.folded not in passed:
            break
        if any(term.kind is Kind.LANGUAGE for term in book().phrases.get(word.folded, ())):
            break
        found.append(place)
    return found


def _own(words: Sequence[Word], places: list[int]) -> list[int]:
    """Leave out what «and» joins to the next language: «Deutsch und etwas Englisch»."""
    following = words[places[-1] + 1].folded if places and places[-1] + 1 < len(words) else ""
    if not any(term.kind is Kind.LANGUAGE for term in book().phrases.get(following, ())):
        return places
    joined = [at for at in places if words[at].folded in _JOINERS]
    return [at for at in places if not joined or at < joined[0]]


def _level_in(words: Sequence[Word], places: list[int]) -> str | None:
    if not places:
        return None
    for place in places:
        if _CEFR.fullmatch(words[place].folded):
            return words[place].folded
    for first in places:
        for size in range(min(_LONGEST, places[-1] + 1 - first), 0, -1):
            said = phrase(words, first, first + size)
            for role, level in _LEVELS:
                if said in any_of(role):
                    return level
    return None
