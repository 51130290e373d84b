"""Tell the language of a brief, and how well a person speaks a language.

The language of a brief follows from its small words, and from names that only one language has. The
level of a spoken language is a field («Native or bilingual proficiency»), or stands beside the
language in a brief or a CV («English C1», «fluent French»).
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.lexicon import LANGS, any_of, book, data, phrases_of
from vanne_assist.brief.scan import TermSpan, phrase, title_head
from vanne_assist.brief.text import Word, split

LANGUAGE_LEVELS = ("a1", "a2", "b1", "b2", "c1", "c2", "native")
_CEFR = re.compile(r"[abc][12]")
_LEVELS = (
    ("native", "native"),
    ("bilingual", "c1"),
    ("fluent", "c1"),
    ("good", "b2"),
    ("basic", "a2"),
)
_NEAR = 5
"""So many words at most lie between a language and its level, and has the name of a level."""
_AND = frozenset({"and", "et", "und", "e", "ed", "&"})
_FILES = ("occupations", "skills", "industries", "languages", "companies", "careers", "educations")
_ROLES = ("stop", "year", "experience", "nice", "not", "least", "most", "speaks", "now", "past")
_COMPOUND = 7
"""Letters from which a word that ends in a German title is taken for a German compound."""


def language_of(words: Sequence[Word], fallback: str = "en") -> str:
    """Return the language that most words speak for, each word by how few languages have it."""
    votes = dict.fromkeys(LANGS, 0.0)
    for word in (each.folded for each in words):
        named = _words().get(word, ())
        if not named and len(word) >= _COMPOUND and title_head(word):
            named = ("de",)
        for langs in ([lang for lang in LANGS if word in _small(lang)], named):
            for lang in langs:
                votes[lang] += 1 / len(langs) ** 2
    best = max(votes.values())
    return next(lang for lang in (fallback, *LANGS) if votes[lang] == best)


def is_of_lexicon(word: str) -> bool:
    """Say whether a folded word is part of a name in the lexicon."""
    return word in _words()


@cache
def _small(lang: str) -> frozenset[str]:
    return frozenset(word for role in _ROLES for word in phrases_of(role, lang) if " " not in word)


@cache
def _words() -> dict[str, tuple[str, ...]]:
    """Return in which languages' names a folded word occurs."""
    langs_of: dict[str, dict[str, None]] = {}
    for file in _FILES:
        for names in data(file).values():
            for lang, text in zip(LANGS, names, strict=True):
                for word in split(text):
                    langs_of.setdefault(word.folded, {})[lang] = None
    return {word: tuple(langs) for word, langs in langs_of.items()}


def level_of(text: str) -> str | None:
    """Return the level that a field names.

    >>> level_of("Native or bilingual proficiency"), level_of("C1 (DALF)"), level_of("")
    ('native', 'c1', None)
    """
    words = split(text)
    return _level_in(words, range(len(words)))


def level_near(words: Sequence[Word], hit: TermSpan) -> str | None:
    """Return the level that is said of a language: after it, else before it."""
    after = _own(words, range(hit.last, min(len(words), hit.last + _NEAR)), "(:-–")
    before = _own(words, range(hit.first - 1, max(-1, hit.first - 1 - _NEAR), -1), "")
    level = _level_in(words, after) or _level_in(words, before[::-1])
    if level or hit.last + 1 >= len(words) or words[hit.last].folded not in _AND:
        return level
    joined = hit.last + 1  # «français et néerlandais C1»
    names = book().phrases.get(words[joined].folded, ())
    is_other = any(term.kind is Kind.LANGUAGE for term in names)
    return level_near(words, replace(hit, first=joined, last=joined + 1)) if is_other else None


def _own(words: Sequence[Word], places: range, passed: str) -> range:
    """Return places up to a mark or another language."""
    for size, place in enumerate(places):
        word = words[place]
        names = book().phrases.get(word.folded, ())
        is_mark = word.is_mark and word.folded not in passed
        if is_mark or any(term.kind is Kind.LANGUAGE for term in names):
            return places[:size]
    return places


def _level_in(words: Sequence[Word], places: range) -> str | None:
    for place in places:
        if _CEFR.fullmatch(words[place].folded):
            return words[place].folded
    for first in places:
        for last in range(min(first + _NEAR, places[-1] + 1), first, -1):
            for role, level in _LEVELS:
                if phrase(words, first, last) in any_of(role):
                    return level
    return None
