"""Tells the language of a brief by its small words and the names that only one language has."""

from collections.abc import Sequence
from functools import cache

from vanne_assist.brief.lexicon import LANGS, book, data
from vanne_assist.brief.phrases import grammar
from vanne_assist.brief.places import called
from vanne_assist.brief.scan import title_head
from vanne_assist.brief.text import Word, split

_FILES = ("occupations", "skills", "industries", "languages", "companies", "careers", "educations")
_ENOUGH = 4
"""Fewer words than this do not show a language."""
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


def languages_of(word: str) -> tuple[str, ...]:
    """Return the languages in whose names a folded word occurs; German for its compounds.

    >>> languages_of("infermiere"), languages_of("softwareentwickler")
    (('it',), ('de',))
    """
    known = _words().get(word, ())
    return known or (("de",) if len(word) > 6 and title_head(word) else ())


@cache
def _words() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for file in _FILES:
        for names in data(file).values():
            for lang, said in zip(LANGS, names, strict=True):
                for word in {each.folded for each in split(said) if not each.is_mark}:
                    if lang not in found.setdefault(word, []):
                        found[word].append(lang)
    return {word: tuple(langs) for word, langs in found.items()}
