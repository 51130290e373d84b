"""Find job titles in a text, and bring titles and employers to the form in which they are compared.

A title is a noun of the lexicon and the words that belong to it. In English and German these stand
before the noun («Rust engineer»), in French and Italian after it («infirmière en soins intensifs»).
After a leading word they always stand after it («head of marketing», «Leiterin Logistik»). Titles
are compared in their neutral form without seniority, employers without their legal form.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.lexicon import any_of, book, data
from vanne_assist.brief.scan import Names, TermSpan, terms_in
from vanne_assist.brief.text import Word, folded_phrase, split
from vanne_assist.titles import neutral

_MOST_BEFORE, _MOST_AFTER = 3, 5
"""Words of a title beside its noun: more belong to the sentence."""
_LEADERS = ("head", "executive", "project-manager", "manager")
_ARTICLES = ("la", "l", "le", "les")
_AND = ("&", "und", "and")
"""Whoever leads may lead two things: «Leiterin Einkauf & Logistik»."""
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
    titles, names = list[TitleSpan](), Names()
    apart = _skills_at(words, text, lang, names)
    has_capitals = any(word.is_capital for word in words)
    for noun in _nouns(words, text, names):
        start = titles[-1].last if titles else 0
        if noun.first < start or not all(map(is_own, range(noun.first, noun.last))):
            continue
        first, last = noun.first, noun.last
        values = [term.value for term in noun.terms if term.kind is Kind.TITLE] or [noun.value]
        # «chef» leads in French and cooks elsewhere
        value = "cook" if "cook" in values and lang != "fr" else values[0]
        is_english = words[noun.last - 1].folded in _english_nouns()  # «data analyst, Milano»
        skills = apart if value not in _LEADERS else frozenset()
        if lang in ("en", "de") or is_english:
            while (
                first > start
                and noun.first - first < _MOST_BEFORE
                and _is_plain(words, first - 1, is_free)
            ):
                first -= 1
            last = _right_of_leader(
                words, last, value, _but(is_own, skills), lang, not has_capitals
            )
            if titles and titles[-1].last == first and titles[-1].occupation == "head":
                first = titles.pop().first
        else:
            last = _right(words, last, is_free, is_own, skills)
        titles.append(TitleSpan(first, last, value, noun))
    return titles


def _but(is_free: IsFree, taken: frozenset[int]) -> IsFree:
    return lambda at: at not in taken and is_free(at)


def _skills_at(words: Sequence[Word], text: str, lang: str, names: Names) -> frozenset[int]:
    """Return the words of skills and degrees: «électricien photovoltaïque» asks for both."""
    hits = terms_in(words, text, (Kind.SKILL, Kind.EDUCATION), names)
    is_apart = lang == "de"  # «développeur Rust» is one, «Softwareentwickler, Java» two
    named = (hit for hit in hits if is_apart or not any(term.is_tool for term in hit.terms))
    return frozenset(at for hit in named for at in range(hit.first, hit.last))


def _nouns(words: Sequence[Word], text: str, names: Names) -> list[TermSpan]:
    """Return the nouns of titles: those of the lexicon, and others of which jobs are named."""
    found = terms_in(words, text, (Kind.TITLE,), names)
    inside = {at for each in found for at in range(each.first, each.last)}
    for at, word in enumerate(words):
        is_tool = any(term.is_tool for term in book().look(word.folded))
        if at not in inside and not is_tool and not _job_nouns().isdisjoint(_singular(word.folded)):
            found.append(TermSpan(Kind.TITLE, word.folded, at, at + 1))
    return sorted(found, key=lambda each: each.first)


def _singular(word: str) -> set[str]:
    """Return a word and what it may be the plural of: «coffreurs», «serramentisti», «operai»."""
    if word.endswith("i"):
        return {word, *(word[:-1] + end for end in "aoe"), word + "o"}
    return {word, word[:-1]} if word.endswith("s") else {word}


@cache
def _job_nouns() -> frozenset[str]:
    return frozenset(word for names in data("nouns").values() for word in names.split())


@cache
def _english_nouns() -> frozenset[str]:
    nouns = {lang: set(names.split()) for lang, names in data("nouns").items()}
    return frozenset(nouns["en"] - nouns["fr"] - nouns["it"])


def _is_plain(words: Sequence[Word], at: int, is_free: IsFree) -> bool:
    word = words[at]
    is_small = word.folded in any_of("stop") and not word.is_acronym
    return not word.is_mark and not is_small and not word.folded[0].isdigit() and is_free(at)


def _right_of_leader(
    words: Sequence[Word], last: int, value: str, is_free: IsFree, lang: str, all_lower: bool
) -> int:
    """Take «of marketing», or in German the noun after a leader."""
    if last >= len(words):
        return last
    if value in _LEADERS and words[last].folded in any_of("of-title"):
        end = last + 1
        while end < len(words) and end - last <= 2 and _is_plain(words, end, is_free):
            end += 1
        return end if end > last + 1 else last
    end = last
    while end < len(words) and end < last + 2 and (lang == "de" or value in _LEADERS):
        is_name = words[end].is_capital or (lang == "de" and all_lower)
        if not (is_name and _is_plain(words, end, is_free)):
            break
        end += 1
    if value in _LEADERS and last < end < len(words) - 1 and words[end].folded in _AND:
        return end + 2 if words[end + 1].is_capital and _is_plain(words, end + 1, is_free) else end
    return end


def _right(
    words: Sequence[Word], last: int, is_free: IsFree, is_own: IsFree, skills: frozenset[int]
) -> int:
    """Take the words after a noun: «intensifs», «des ressources», «de la qualité», «en soins»."""
    end = last
    while end < len(words) and end - last < _MOST_AFTER:
        if _is_plain(words, end, is_free) and end not in skills:
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
        end, skills = after + 1, frozenset()  # «en soins intensifs» is one
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
