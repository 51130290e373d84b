"""Finds names of the lexicon and of places in a text: the longest first, each word once a kind."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from vanne_assist.brief import places
from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.lexicon import LANGS, Term, book, data
from vanne_assist.brief.phrases import any_of, grammar
from vanne_assist.brief.text import Word, folded_phrase
from vanne_assist.titles import neutral_word

_LONGEST_PLACE = 5
"""So many words has the longest name of a place."""
_SHORTEST_HEAD = 4
_SHORTEST_FIRST_PART = 3
"""Letters of the parts of a German compound: shorter ends are endings and no words."""


@dataclass(frozen=True, slots=True)
class TermSpan:
    """What words `first` up to but without `last` stand for."""

    kind: Kind
    value: str
    first: int
    last: int
    terms: tuple[Term, ...] = ()

    def span(self, words: Sequence[Word]) -> tuple[int, int]:
        """Return where it stands in the text."""
        return words[self.first].start, words[self.last - 1].end


def phrase(words: Sequence[Word], first: int, last: int) -> str:
    """Return words as a folded phrase."""
    return " ".join(word.folded for word in words[first:last])


def terms_in(words: Sequence[Word], text: str, kinds: Collection[Kind]) -> list[TermSpan]:
    """Return the names of these kinds, the longest at each place, left to right."""
    found, place = [], 0
    while place < len(words):
        hit = term_at(words, text, place, kinds)
        if hit is None:
            place += 1
        else:
            found.append(hit)
            place = hit.last
    return found


def term_at(
    words: Sequence[Word], text: str, place: int, kinds: Collection[Kind]
) -> TermSpan | None:
    """Return the longest name of these kinds that begins at a word."""
    if words[place].is_mark:
        return None
    most = min(book().longest_from(words[place].folded), len(words) - place)
    for size in range(most, 0, -1):
        looked = phrase(words, place, place + size)
        written = text[words[place].start : words[place + size - 1].end]
        known = book().phrases.get(looked) if looked in _small_words() else book().look(looked)
        if size == 1 and len(written) == 1 and text[words[place].end :][:1] in ("'", "’"):
            continue
        terms = [t for t in known or () if t.kind in kinds and t.exact in (None, written)]
        if terms:
            return TermSpan(terms[0].kind, terms[0].value, place, place + size, tuple(terms))
    titles = _titles_of_everybody().get(neutral_word(words[place].folded), ())
    if titles and Kind.TITLE in kinds:
        return TermSpan(Kind.TITLE, titles[0].value, place, place + 1, titles)
    return _compound(words, place, kinds)


@cache
def _titles_of_everybody() -> dict[str, tuple[Term, ...]]:
    """Return titles of one word by their form for everybody: «monteuse» is found by «monteur»."""
    return {
        neutral_word(name): titles
        for name, terms in book().phrases.items()
        if " " not in name and (titles := tuple(t for t in terms if t.kind is Kind.TITLE))
    }


@cache
def _small_words() -> frozenset[str]:
    """Return words that have another use and so are no name with another ending: «presso»."""
    return any_of("stop") | any_of("at") | any_of("near") | any_of("past") | any_of("year")


def _compound(words: Sequence[Word], place: int, kinds: Collection[Kind]) -> TermSpan | None:
    """Read a German compound: by its end a title, or by what its end says of its beginning."""
    word = words[place].folded
    if len(word) <= _SHORTEST_HEAD:
        return None
    if Kind.TITLE in kinds and (head := title_head(word)):
        return TermSpan(Kind.TITLE, head, place, place + 1, (Term(Kind.TITLE, head),))
    for first in _first_parts(word):
        for each in (first, first.removesuffix("s")):
            known = (t for t in book().look(each) if t.kind in kinds and t.exact is None)
            terms = [term for term in known if term.kind is not Kind.TITLE]
            if terms:
                return TermSpan(terms[0].kind, terms[0].value, place, place + 1, tuple(terms))
    return None


@lru_cache(maxsize=65536)
def _first_parts(word: str) -> tuple[str, ...]:
    firsts = (word.removesuffix(tail) for tail in grammar("de").tails if word.endswith(tail))
    return tuple(first for first in firsts if len(first) >= _SHORTEST_FIRST_PART)


@lru_cache(maxsize=65536)
def title_head(word: str) -> str | None:
    """Return the occupation of a German compound, by the longest head that it ends in.

    >>> title_head("softwareentwicklerin")
    'developer'
    """
    heads = (head for head in _heads() if word.endswith(head) and word != head)
    best = max(heads, key=len, default=None)
    return None if best is None else _heads()[best]


@cache
def _heads() -> dict[str, str]:
    german = LANGS.index("de")
    found: dict[str, str] = {}
    for value, names in data("occupations").items():
        for name in names[german].split("|"):
            head = folded_phrase(name)
            if " " not in head and len(head) >= _SHORTEST_HEAD:
                found.setdefault(head, value)
    return found


def places_in(words: Sequence[Word], text: str) -> list[TermSpan]:
    """Return the places that are written as names, the longest at each place."""
    found, at = [], 0
    while at < len(words):
        hit = place_at(words, at)
        if hit is None or not words[at].is_capital:
            at += 1
            continue
        found.append(hit)
        at = hit.last
    return found


def place_at(words: Sequence[Word], at: int) -> TermSpan | None:
    """Return the place whose name begins at a word, the longest."""
    for size in range(min(_LONGEST_PLACE, len(words) - at), 0, -1):
        if words[at + size - 1].is_mark and words[at + size - 1].folded != ".":
            continue
        if towns := places.called(phrase(words, at, at + size)):
            return TermSpan(Kind.PLACE, towns[0].value, at, at + size)
    return None
