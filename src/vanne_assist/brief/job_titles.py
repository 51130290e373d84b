"""Job titles and employers: where a title stands in a text, and in which form both are compared.

A title is a noun of the lexicon and the words that belong to it. Words before the noun belong to it
in English and German («Rust engineer»), words after it in French and Italian («infirmière en soins
intensifs»), and after a head or a leader everywhere («head of marketing», «Leiterin Logistik»).
Titles are compared in their neutral form and without how senior somebody is, employers without
their legal form.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from vanne_assist.brief.criteria import Kind
from vanne_assist.brief.lexicon import LANGS, book, data
from vanne_assist.brief.phrases import any_of
from vanne_assist.brief.scan import TermSpan, phrase, terms_in
from vanne_assist.brief.text import Word, folded_phrase, split
from vanne_assist.titles import neutral

_MOST_BEFORE, _MOST_AFTER = 3, 5
"""Words of a title beside its noun: more belong to the sentence."""
_LEADERS = ("head", "executive", "project-manager", "manager")
_IN = ("en", "in")


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
    found: list[TitleSpan] = []
    for noun in terms_in(words, text, (Kind.TITLE,)):
        covered = found and noun.first < found[-1].last
        if covered or not all(map(is_own, range(noun.first, noun.last))):
            continue
        first, last = noun.first, noun.last
        values = [term.value for term in noun.terms if term.kind is Kind.TITLE]
        # «chef» leads in French and cooks elsewhere
        value = "cook" if "cook" in values and lang != "fr" else values[0]
        if _comes_before(words, noun, lang):
            first = _left(words, noun.first, found[-1].last if found else 0, is_free)
            last = _right_of_leader(words, noun.last, value, is_own)
            if found and found[-1].last == first and found[-1].occupation == "head":
                first = found.pop().first
        else:
            last = _right(words, noun.last, is_free, is_own)
        found.append(TitleSpan(first, last, value, noun))
    return found


def _comes_before(words: Sequence[Word], noun: TermSpan, lang: str) -> bool:
    said = phrase(words, noun.first, noun.last)
    entry = data("occupations")[noun.value]
    langs = [
        each
        for each, names in zip(LANGS, entry, strict=True)
        if said in map(folded_phrase, names.split("|"))
    ]
    if lang in langs or not langs:
        return lang in ("en", "de")
    return langs[0] in ("en", "de")


def _is_plain(words: Sequence[Word], at: int, is_free: IsFree) -> bool:
    word = words[at]
    is_small = word.folded in any_of("stop") and not word.folded.isupper()
    return not word.is_mark and not is_small and not word.folded[0].isdigit() and is_free(at)


def _left(words: Sequence[Word], first: int, from_: int, is_free: IsFree) -> int:
    at = first
    while at > from_ and first - at < _MOST_BEFORE and _is_plain(words, at - 1, is_free):
        at -= 1
    return at


def _right_of_leader(words: Sequence[Word], last: int, value: str, is_free: IsFree) -> int:
    """Take «of marketing», or in German the noun after a leader."""
    if last >= len(words):
        return last
    if value in _LEADERS and words[last].folded in any_of("of-title") and last + 1 < len(words):
        end = last + 1
        while end < len(words) and end - last <= 2 and _is_plain(words, end, is_free):
            end += 1
        return end if end > last + 1 else last
    before = words[last - 1].folded
    leads = before.endswith(("leiter", "leiterin", "chef", "chefin"))
    is_noun = words[last].is_capital and _is_plain(words, last, is_free)
    return last + 1 if leads and is_noun else last


def _right(words: Sequence[Word], last: int, is_free: IsFree, is_own: IsFree) -> int:
    end = last
    while end < len(words) and end - last < _MOST_AFTER:
        word = words[end].folded
        if _is_plain(words, end, is_free) and not _is_skill(words, end):
            end += 1
        elif word in any_of("title-right") and (step := _after_joiner(words, end, is_free, is_own)):
            end = step
        else:
            break
    return end


def _is_skill(words: Sequence[Word], at: int) -> bool:
    """Say whether a skill begins at a word that is no tool: it is asked by itself."""
    for size in range(min(book().longest_from(words[at].folded), len(words) - at), 0, -1):
        terms = book().look(phrase(words, at, at + size))
        if any(term.kind is Kind.SKILL and not term.is_tool for term in terms):
            return True
    return False


def _after_joiner(words: Sequence[Word], at: int, is_free: IsFree, is_own: IsFree) -> int | None:
    """Return the end of «des ressources», «de la qualité», «en soins»; None if nothing follows."""
    end = at + 1
    while end < len(words) and words[end].folded in ("la", "l", "le", "les") and end - at < 2:
        end += 1
    where = (
        words[at].folded in _IN
    )  # after «en» comes where somebody works, after «de» what they do
    if end >= len(words) or not _is_plain(words, end, is_free if where else is_own):
        return None
    return end + 1


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
