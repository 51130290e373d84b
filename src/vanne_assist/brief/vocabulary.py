"""Tells which languages a word of the lexicon is of."""

from functools import cache

from vanne_assist.brief.lexicon import LANGS, data
from vanne_assist.brief.scan import title_head
from vanne_assist.brief.text import split

_FILES = ("occupations", "skills", "industries", "languages", "companies", "careers", "educations")


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
