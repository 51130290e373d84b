"""Gives titles and employers the form in which they are compared.

A title is neutral and without how senior somebody is; an employer's name is without its legal form.
"""

from functools import lru_cache

from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.scan import terms_in
from vanne_assist.brief.text import folded_phrase, split
from vanne_assist.titles import neutral

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


_LEGAL_FORMS = frozenset(
    "s sa ag gmbh sarl srl spa s.p.a ltd limited inc llc plc kg co corp sas se eg".split()
)


@lru_cache(maxsize=65536)
def employer_value(said: str) -> str:
    """Return an employer's name as it is compared.

    >>> employer_value("Wagonnet SA"), employer_value("wagonnet"), employer_value("Meier & Co. AG")
    ('wagonnet', 'wagonnet', 'meier &')
    """
    words = folded_phrase(said).split()
    while len(words) > 1 and (words[-1] in _LEGAL_FORMS or words[-1] == "."):
        words.pop()
    return " ".join(words)
