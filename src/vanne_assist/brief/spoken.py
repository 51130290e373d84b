"""Reads which languages somebody says to speak, and how well."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from vanne_assist.brief.criteria import Fact, Kind, Passage
from vanne_assist.brief.grammar import any_of
from vanne_assist.brief.lexicon import book
from vanne_assist.brief.scan import Hit, phrase, terms_in
from vanne_assist.brief.text import Word, folded_phrase, split

_CEFR = re.compile(r"[abc][12]")
_LEVELS = (
    ("native", "native"),
    ("bilingual", "c2"),
    ("fluent", "c1"),
    ("good", "b2"),
    ("basic", "a2"),
)
_NEAR = 5
_JOINERS = frozenset({",", "/", "(", ")", "and", "et", "und", "e", "ed", "sowie", "&", "+"})
_DENIALS = frozenset(
    """not no don doesn never without pas jamais sans nicht kein keine keinen nie ohne non senza
    mai nessun""".split()
)
_LONGEST = 5
_LONGEST_LEVEL = 120
"""In letters."""


def is_language_row(text: str) -> bool:
    """Say whether a text is a language and a level, as archives have them: one line each."""
    first, _, rest = text.partition("\n")
    known = any(term.kind is Kind.LANGUAGE for term in book().exact(first))
    if not known or len(rest) > _LONGEST_LEVEL:
        return False
    return not rest or _level_said(folded_phrase(rest)) is not None


def languages_in(
    passage: Passage, span: tuple[int, int], *, is_list: bool = False
) -> Iterator[Fact]:
    """Yield the languages of a list, or those of which a text says that somebody speaks them."""
    text = passage.text
    words = [
        replace(word, start=word.start + span[0], end=word.end + span[0])
        for word in split(text[slice(*span)])
    ]
    alone = is_list or is_language_row(text)
    before: Hit | None = None
    for hit in terms_in(words, text, (Kind.LANGUAGE,)):
        listed = before is not None and _is_joined(words, before.last, hit.first)
        if alone or ((listed or is_spoken(words, hit)) and not _is_denied(words, hit)):
            level, before = level_near(words, hit), hit
            yield Fact(Kind.LANGUAGE, hit.value, passage.item_id, hit.span(words), level=level)


def _is_joined(words: Sequence[Word], first: int, last: int) -> bool:
    """Say whether only commas, «and» and levels stand between two languages of a list."""
    between = [words[at].folded for at in range(first, last)]
    levels = any_of("fluent") | any_of("good") | any_of("basic") | any_of("native")
    return len(between) <= _NEAR and all(
        word in _JOINERS or word in levels or _CEFR.fullmatch(word) for word in between
    )


def _is_denied(words: Sequence[Word], hit: Hit) -> bool:
    """Say whether somebody says that they do not speak it."""
    for at in range(hit.first - 1, max(-1, hit.first - 1 - _NEAR), -1):
        if words[at].folded in _DENIALS:
            return True
        if words[at].is_mark:
            return False
    return False


def is_spoken(words: Sequence[Word], hit: Hit) -> bool:
    """Say whether words around a language tell that somebody speaks it."""
    before = words[max(0, hit.first - _NEAR) : hit.first]
    around = [*before, *words[hit.last : hit.last + 3]]
    if any(_CEFR.fullmatch(word.folded) for word in words[hit.last : hit.last + 3]):
        return True
    said = any_of("speaks") | any_of("native") | any_of("bilingual")
    return any(word.folded in said for word in around) or level_near(words, hit) is not None


def level_near(words: Sequence[Word], hit: Hit) -> str | None:
    """Return the level that is said of a language: after it, else before it."""
    after = _own(
        words, _until_mark(words, range(hit.last, min(len(words), hit.last + _NEAR)), "(:-–")
    )
    before = _until_mark(words, range(hit.first - 1, max(-1, hit.first - 1 - _NEAR), -1), "")
    return _level_in(words, after) or _level_in(words, sorted(before)) or _bilingual(words, hit)


def _bilingual(words: Sequence[Word], hit: Hit) -> str | None:
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
            if level := _level_said(phrase(words, first, first + size)):
                return level
    return None


def _level_said(said: str) -> str | None:
    if _CEFR.fullmatch(said):
        return said
    return next((level for role, level in _LEVELS if said in any_of(role)), None)
