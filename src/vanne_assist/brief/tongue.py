"""Tells the language of a brief by its small words and the names that only one language has."""

from collections.abc import Sequence
from functools import cache

from vanne_assist.brief.grammar import grammar
from vanne_assist.brief.lexicon import LANGS, book
from vanne_assist.brief.places import called
from vanne_assist.brief.text import Word
from vanne_assist.brief.vocabulary import languages_of

_ENOUGH = 4
_ROLES = ("stop", "year", "experience", "nice", "not", "least", "most", "speaks", "now", "past")


def language_of(words: Sequence[Word], fallback: str = "en") -> str:
    """Return the language that most words speak for, each word by how few languages have it."""
    votes = dict.fromkeys(LANGS, 0.0)
    for word in words:
        known = [lang for lang in LANGS if word.folded in _small(lang)]
        named = languages_of(word.folded)
        for langs, weight in ((known, 1.0), (named, 1.0)):
            for lang in langs:
                votes[lang] += weight / len(langs) ** 2
    best = max(votes.values())
    return next(lang for lang in (fallback, *LANGS) if votes[lang] == best)


def is_foreign(words: Sequence[Word]) -> bool:
    """Say whether hardly a word is known in any of the languages in which briefs are read."""
    plain = [word.folded for word in words if word.folded.isalpha()]
    known = sum(any(each in _small(lang) for lang in LANGS) or bool(languages_of(each))
                or bool(book().look(each)) or bool(called(each)) for each in plain)  # fmt: skip
    return len(plain) >= _ENOUGH and known < len(plain) / 3


@cache
def _small(lang: str) -> frozenset[str]:
    known = grammar(lang)
    return frozenset(each for role in _ROLES for each in known.of(role) if " " not in each)
