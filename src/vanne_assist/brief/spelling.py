"""Reads words that are typed wrong: «Senoir data enginer, phyton».

A word that nothing here knows is read as the one name that is one slip away: a letter left out, put
in or changed, or two in another order. Short words are left alone, and so is an ending: what
differs in its last letter is another form and no slip. What was read so is told.

>>> [(each.said, each.other) for each in slips("phyton and rust, senoir enginer")]
[('phyton', 'python'), ('senoir', 'senior'), ('enginer', 'engineer')]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from vanne_assist.brief import places
from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.language import languages_of
from vanne_assist.brief.lexicon import LANGS, book
from vanne_assist.brief.phrases import grammar
from vanne_assist.brief.scan import title_head
from vanne_assist.brief.text import split
from vanne_assist.titles import neutral_word

_SHORTEST = 6
"""Letters: shorter words are one slip away from too many others."""
MOST_SLIPS = 50
"""A text with more slips is no text in a language that is read here."""
_CHANGED_FROM = 8
"""A changed letter is a slip from this length on only: «banker» and «bunker» are two words."""
_NAMED = frozenset({Kind.TITLE, Kind.SKILL, Kind.SENIORITY, Kind.LANGUAGE})


@dataclass(frozen=True, slots=True)
class Slip:
    """A word as it was typed, what it was read as, and where it stands."""

    said: str
    other: str
    start: int
    end: int


def slips(text: str) -> tuple[Slip, ...]:
    """Return the words of a text that are read as others, left to right, the first of very many."""
    found: list[Slip] = []
    for word in split(text):
        is_long = len(word.folded) >= _SHORTEST and word.folded.isalpha()
        if is_long and not _is_known(word.folded):
            near = _near(word.folded)
            if len(near) == 1:
                found.append(Slip(text[word.start : word.end], near[0], word.start, word.end))
                if len(found) == MOST_SLIPS:
                    break
    return tuple(found)


def mended(text: str, found: Sequence[Slip]) -> str:
    """Return a text with its slips mended."""
    for each in reversed(found):
        text = text[: each.start] + each.other + text[each.end :]
    return text


def place_before(found: Sequence[Slip], at: int) -> int:
    """Return where something that stands in the mended text stood in the text."""
    for each in found:
        shift = len(each.other) - (each.end - each.start)
        if at <= each.start:
            break
        at = max(each.start, at - shift) if at >= each.start + len(each.other) else at
    return at


@lru_cache(maxsize=65536)
def _is_known(word: str) -> bool:
    forms = (word, neutral_word(word))
    named = any(book().look(form) or languages_of(form) for form in forms)
    return bool(named or title_head(word) or places.called(word) or word in _small())


@cache
def _small() -> frozenset[str]:
    """Return every word of the grammars: they have a use already."""
    said = (phrase for lang in LANGS for role in grammar(lang).roles.values() for phrase in role)
    around = (name for name in places.around())
    return frozenset(word for phrase in (*said, *around) for word in phrase.split())


@cache
def _names() -> dict[str, list[str]]:
    """Return the names of one word by their first and last letter."""
    found: dict[str, list[str]] = {}
    for phrase, terms in book().phrases.items():
        is_name = any(term.kind in _NAMED and term.exact is None for term in terms)
        if is_name and len(phrase) >= _SHORTEST - 1 and phrase.isalpha():
            found.setdefault(phrase[0] + phrase[-1], []).append(phrase)
    return found


@lru_cache(maxsize=4096)
def _near(word: str) -> tuple[str, ...]:
    named = _names().get(word[0] + word[-1], ())
    return tuple(name for name in named if _is_slip(word, name))


def _is_slip(word: str, name: str) -> bool:
    """Say whether two words with the same first and last letter are one slip apart."""
    if abs(len(word) - len(name)) > 1 or word == name:
        return False
    short, long = sorted((word, name), key=len)
    at = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    if sorted(word) == sorted(name):
        swapped = word[at + 2 :] == name[at + 2 :]
        return swapped or word[-2:] == name[-2:]
    return len(word) >= _CHANGED_FROM and word[at + 1 :] == name[at + 1 :]
