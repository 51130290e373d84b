"""Find names of the lexicon in a text; at each place the longest name wins."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.lexicon import LANGS, Term, any_of, book, data
from vanne_assist.brief.text import Word, folded_phrase

_SHORTEST_HEAD = 4
"""Letters of the head of a German compound: shorter ends are endings and no words."""


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


Names = dict[int, list[tuple[int, list[Term]]]]
"""At each place what names begin there, the longest first, and how many words each has."""


def terms_in(
    words: Sequence[Word], text: str, kinds: Collection[Kind], names: Names | None = None
) -> list[TermSpan]:
    """Return the names of these kinds, the longest at each place, left to right.

    Who asks for one kind after the other passes the same `names`, which are looked up once.
    """
    spans, at, names = [], 0, {} if names is None else names
    while at < len(words):
        span = _term_at(words, text, at, kinds, names)
        at += 1
        if span:
            spans.append(span)
            at = span.last
    return spans


def _term_at(
    words: Sequence[Word], text: str, at: int, kinds: Collection[Kind], names: Names
) -> TermSpan | None:
    if at not in names:
        names[at] = [] if words[at].is_mark else list(_names_at(words, text, at))
    for size, known in names[at]:
        if terms := tuple(term for term in known if term.kind in kinds):
            return TermSpan(terms[0].kind, terms[0].value, at, at + size, terms)
    if Kind.TITLE in kinds and not words[at].is_mark and (head := title_head(words[at].folded)):
        return TermSpan(Kind.TITLE, head, at, at + 1, (Term(Kind.TITLE, head),))
    return None


def _names_at(words: Sequence[Word], text: str, at: int) -> Iterator[tuple[int, list[Term]]]:
    # words with another use are no name with another ending: «presso»
    small = any_of("stop", "at", "near", "past", "year")
    for size in range(min(book().longest_from(words[at].folded), len(words) - at), 0, -1):
        folded = phrase(words, at, at + size)
        written = text[words[at].start : words[at + size - 1].end]
        is_elided = len(written) == 1 and text[words[at].end :][:1] in ("'", "’")
        known = book().phrases.get(folded) if folded in small else book().look(folded)
        if not is_elided and (terms := [t for t in known or () if t.exact in (None, written)]):
            yield size, terms


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
    heads: dict[str, str] = {}
    for value, names in data("occupations").items():
        for name in names[LANGS.index("de")].split("|"):
            head = folded_phrase(name)
            if " " not in head and len(head) >= _SHORTEST_HEAD:
                heads.setdefault(head, value)
    return heads
