"""Gives a title the form in which titles are compared: neutral, without how senior somebody is."""

from functools import lru_cache

from vanne.assist.brief.criteria import Kind
from vanne.assist.brief.scan import terms_in
from vanne.assist.brief.text import split
from vanne.assist.titles import neutral

ASIDE = frozenset({"trainee", "junior", "mid", "senior"})
"""Steps that are told beside a title; a lead, a head or a director is a title."""


@lru_cache(maxsize=65536)
def title_value(said: str, lang: str | None = None) -> str:
    """Return a title as it is compared.

    >>> title_value("Senior Rust Engineer (m/f/x)"), title_value("Köchin in Ausbildung", "de")
    ('rust engineer', 'koch')
    """
    words = split(said)
    aside = [hit for hit in terms_in(words, said, (Kind.SENIORITY,)) if hit.value in ASIDE]
    left = said
    for hit in reversed(aside):
        start, end = hit.span(words)
        left = left[:start] + left[end:]
    return neutral(left, lang) if any(letter.isalpha() for letter in left) else neutral(said, lang)
