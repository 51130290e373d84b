"""Find job titles in a text, and bring titles and employers to the form in which they are compared.

A title is a noun of the lexicon and the words that belong to it. In English and German these stand
before the noun («Rust engineer»), in French and Italian after it («infirmière en soins intensifs»).
After a leading word they always stand after it («head of marketing», «Leiterin Logistik»). Titles
are compared in their neutral form without seniority, employers without their legal form.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.lexicon import any_of
from vanne_assist.brief.scan import TermSpan, terms_in
from vanne_assist.brief.text import Word, folded_phrase, split
from vanne_assist.titles import neutral

_MOST_BEFORE, _MOST_AFTER = 3, 5
"""Words of a title beside its noun: more belong to the sentence."""
_LEADERS = ("head", "executive", "project-manager", "manager")
_GERMAN_LEADERS = ("leiter", "leiterin", "chef", "chefin")
_ARTICLES = ("la", "l", "le", "les")
_IN = ("en", "in")
"""After these comes where somebody works, after «de» what they do."""


@dataclass(frozen=True, slots=True)
class TitleSpan:
    """A title: the words that make it, and the occupation of its noun."""

    first: int
    last: int
    occupation: str
    noun: TermSpan


IsFree = Callable[[int], bool]


def titles_in(
    words: Sequence[Word], text: str, lang: str, is_free: IsFree, is_own: IsFree
) -> list[TitleSpan]:
    """Return the titles, left to right.

    `is_free` says that a word is not part of something else that is asked; `is_own` that it may be
    part of a title after «de», «of» or a leader, though it is also the name of an industry.
    """
    titles: list[TitleSpan] = []
    for noun in terms_in(words, text, (Kind.TITLE,)):
        start = titles[-1].last if titles else 0
        if noun.first < start or not all(map(is_own, range(noun.first, noun.last))):
            continue
        first, last = noun.first, noun.last
        values = [term.value for term in noun.terms if term.kind is Kind.TITLE]
        # «chef» leads in French and cooks elsewhere
        value = "cook" if "cook" in values and lang != "fr" else values[0]
        if lang in ("en", "de"):
            while (
                first > start
                and noun.first - first < _MOST_BEFORE
                and _is_plain(words, first - 1, is_free)
            ):
                first -= 1
            last = _right_of_leader(words, last, value, is_own)
            if titles and titles[-1].last == first and titles[-1].occupation == "head":
                first = titles.pop().first
        else:
            last = _right(words, last, is_free, is_own)
        titles.append(TitleSpan(first, last, value, noun))
    return titles


def _is_plain(words: Sequence[Word], at: int, is_free: IsFree) -> bool:
    word = words[at]
    is_small = word.folded in any_of("stop")
    return not word.is_mark and not is_small and not word.folded[0].isdigit() and is_free(at)


def _right_of_leader(words: Sequence[Word], last: int, value: str, is_free: IsFree) -> int:
    """Take «of marketing», or in German the noun after a leader."""
    if last >= len(words):
        return last
    if value in _LEADERS and words[last].folded in any_of("of-title"):
        end = last + 1
        while end < len(words) and end - last <= 2 and _is_plain(words, end, is_free):
            end += 1
        return end if end > last + 1 else last
    leads = words[last - 1].folded.endswith(_GERMAN_LEADERS)
    is_noun = words[last].is_capital and _is_plain(words, last, is_free)
    return last + 1 if leads and is_noun else last


def _right(words: Sequence[Word], last: int, is_free: IsFree, is_own: IsFree) -> int:
    """Take the words after a noun: «intensifs», «des ressources», «de la qualité», «en soins»."""
    end = last
    while end < len(words) and end - last < _MOST_AFTER:
        if _is_plain(words, end, is_free):
            end += 1
            continue
        if words[end].folded not in any_of("title-right"):
            break
        after = end + 1
        if after < len(words) and words[after].folded in _ARTICLES:
            after += 1
        may_follow = is_free if words[end].folded in _IN else is_own
        if after >= len(words) or not _is_plain(words, after, may_follow):
            break
        end = after + 1
    return end


ASIDE = frozenset({"trainee", "junior", "mid", "senior"})
"""Steps that are told beside a title; a lead, a head or a director is a title."""


@lru_cache(maxsize=65536)
def title_value(said: str, lang: str | None = None) -> str:
    """Return a title as it is compared.

    >>> title_value("Senior Rust Engineer (m/f/x)"), title_value("Köchin in Ausbildung", "de")
    ('rust engineer', 'koch')
    """
    words = split(said)
    left = said
    for hit in reversed(terms_in(words, said, (Kind.SENIORITY,))):
        if hit.value in ASIDE:
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
