"""Tells the language of a brief by its small words and the names that only one language has."""

from collections.abc import Sequence
from functools import cache

from vanne.assist.brief.grammar import grammar
from vanne.assist.brief.lexicon import LANGS
from vanne.assist.brief.text import Word
from vanne.assist.brief.vocabulary import languages_of

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


@cache
def _small(lang: str) -> frozenset[str]:
    known = grammar(lang)
    return frozenset(each for role in _ROLES for each in known.of(role) if " " not in each)
