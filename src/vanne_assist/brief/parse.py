"""Reads a brief: what a recruiter writes becomes criteria, each with the words that say it.

Rules and lexicons do it, in four languages and mixtures of them; no model. The order matters:
years, places and languages are read first, then titles, then what the lexicon knows. What nothing
reads is left over as `rest`, for the search by words, and shown.

>>> [(c.kind.value, c.value) for c in read_brief("Rust engineer, 5+ years").criteria]
[('title', 'rust engineer'), ('skill', 'rust'), ('years', 'experience')]
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from vanne.errors import InputError
from vanne.terms import LANGUAGES
from vanne_assist.brief.amounts import people_in, years_in
from vanne_assist.brief.criteria import Brief, Criterion, Kind
from vanne_assist.brief.job_titles import ASIDE, TitleSpan, employer_value, title_value, titles_in
from vanne_assist.brief.language import language_of
from vanne_assist.brief.levels import level_near
from vanne_assist.brief.lexicon import Term, book
from vanne_assist.brief.operators import AskedSpan, Reach, alternatives_in, small_words
from vanne_assist.brief.phrases import any_of
from vanne_assist.brief.place_spans import locate
from vanne_assist.brief.scan import TermSpan, phrase, terms_in
from vanne_assist.brief.spelling import Slip, mended, place_before, slips
from vanne_assist.brief.text import Word, folded_phrase, split

MOST_LETTERS = 20_000
"""A brief is some lines, an advert some pages; what is longer was pasted by mistake."""

_QUOTED = re.compile(r"[\"«“„]\s?([^\"«»“”„]{2,80}?)\s?[\"»”“]")
_NOT_SPOKEN = frozenset(
    """market markets marche marches markt markte mercato mercati law recht droit diritto company
    companies firma clients kunden clienti customers startup startups cuisine kuche cucina gaap
    teacher lehrer""".split()
)
_LEXICON = (Kind.SKILL, Kind.INDUSTRY, Kind.COMPANY, Kind.CAREER, Kind.EDUCATION)
_CODES = {"d": "de", "de": "de", "dt": "de", "all": "de", "allem": "de", "f": "fr", "fr": "fr",
          "frz": "fr", "franz": "fr", "fra": "fr", "e": "en", "en": "en", "engl": "en", "ang": "en",
          "angl": "en", "ingl": "en", "i": "it", "it": "it", "ital": "it", "ted": "de"}  # fmt: skip
"""Short names of languages: read only where a stroke joins several of them."""
_DEGREE_NEAR = 5
"""So many words after a degree a phrase can be its field of study."""
_IN_TITLES = frozenset({"logistics", "logistique", "logistik", "logistica"})
_TOOL_JOINERS = (",", "/", "and", "or", "et", "ou", "und", "oder", "e", "o", "&", "+")
_LEAD_NOBODY = frozenset({"cook", "waiter", "project-manager", "builder", "product-owner"})


def read_brief(text: str, lang: str | None = None) -> Brief:
    """Read a brief; its language is told by its words if none is given.

    Raises:
        InputError: it is empty, too long, or the language is none of ours.
    """
    if lang is not None and lang not in LANGUAGES:
        todo = "use one of " + ", ".join(f"`{each}`" for each in LANGUAGES)
        raise InputError(f"briefs are not read in `{lang}`", todo=todo)
    if not any(letter.isalnum() for letter in text):
        raise InputError("the brief is empty", todo='say whom you look for: "nurse near Bern"')
    if len(text) > MOST_LETTERS:
        raise InputError(
            f"the brief has {len(text):,} characters, more than {MOST_LETTERS:,}",
            todo="keep what you look for and leave out the rest",
        )
    found = slips(text)
    plain = mended(text, found)
    words = split(plain)
    brief = _BriefReader(plain, words, lang or language_of(words)).read()
    return _as_typed(text, brief, found) if found else brief


def _as_typed(text: str, brief: Brief, found: Sequence[Slip]) -> Brief:
    """Return a brief whose criteria quote the text as it was typed."""

    def typed(each: Criterion) -> Criterion:
        start, end = (place_before(found, at) for at in each.span or (0, 0))
        return replace(each, said=" ".join(text[start:end].split()), span=(start, end))

    return replace(brief, text=text, criteria=tuple(map(typed, brief.criteria)))


class _BriefReader:
    """Reads one brief; remembers which words are taken."""

    def __init__(self, text: str, words: Sequence[Word], lang: str) -> None:
        self._text, self._words, self._lang = text, words, lang
        self._taken: dict[int, set[Kind]] = {}
        self._asides: set[int] = set()
        self._found: list[tuple[AskedSpan, Criterion]] = []

    def read(self) -> Brief:
        """Read the brief, in an order that matters: what is read first takes its words."""
        self._read_quoted()
        for each in years_in(self._words):
            value = "tenure" if each.is_tenure else "experience"
            self._take(Kind.YEARS, value, each.first, each.last, least=each.least, most=each.most)
        for each in people_in(self._words):
            if self._are_free(each.first, each.last):
                low = "" if each.least is None else f"{each.least:g}"
                high = "" if each.most is None else f"{each.most:g}"
                self._take(Kind.COMPANY, f"size:{low}-{high}", each.first, each.last)
        for place in locate(self._words, self._lang):
            if self._are_free(place.hit.first, place.hit.last):
                km = place.within_km
                self._take(Kind.PLACE, place.hit.value, place.first, place.last, within_km=km)
        self._read_languages()
        amounts = set(self._taken)
        for hit in terms_in(self._words, self._text, (Kind.SENIORITY,)):
            if hit.value in ASIDE and self._are_free(hit.first, hit.last):
                self._take(Kind.SENIORITY, hit.value, hit.first, hit.last)
        self._read_titles()
        self._read_lexicon()
        self._read_careful()
        self._read_employers()
        reach = Reach(self._words, [span for span, _ in self._found], amounts)
        read = sorted(self._found, key=lambda pair: pair[0].first)
        numbers = alternatives_in(self._words, [span for span, _ in read])
        criteria = []
        for (span, criterion), number in zip(read, numbers, strict=True):
            operators = reach.of(span)
            criteria.append(
                replace(criterion, force=operators.force, is_past=operators.is_past, either=number)
            )
        rest = self._rest(reach.used)
        return Brief(self._text, self._lang, tuple(_distinct(criteria)), rest)

    def _take(self, kind: Kind, value: str, first: int, last: int, **more: object) -> None:
        start, end = self._words[first].start, self._words[last - 1].end
        said = " ".join(self._text[start:end].split())
        criterion = Criterion(kind, value, said, span=(start, end), **more)  # type: ignore[arg-type]
        self._found.append((AskedSpan(kind, first, last), criterion))
        for at in range(first, last):
            self._taken.setdefault(at, set()).add(kind)

    def _is_free(self, at: int) -> bool:
        return at not in self._taken

    def _are_free(self, first: int, last: int) -> bool:
        return all(map(self._is_free, range(first, last)))

    def _read_quoted(self) -> None:
        starts, ends = [w.start for w in self._words], [w.end for w in self._words]
        for found in _QUOTED.finditer(self._text):
            first = bisect_left(starts, found.start(1))
            last = bisect_right(ends, found.end(1))
            if first < last:
                self._take(Kind.WORDS, folded_phrase(found[1]), first, last)

    def _read_languages(self) -> None:
        self._read_codes()
        for hit in terms_in(self._words, self._text, (Kind.LANGUAGE,)):
            following = self._words[hit.last : hit.last + 1]
            if any(word.folded in _NOT_SPOKEN for word in following):
                continue
            if self._are_free(hit.first, hit.last):
                level = self._level(hit)
                self._take(Kind.LANGUAGE, hit.value, hit.first, hit.last, level=level)

    def _read_codes(self) -> None:
        """Read «D/F», «fr/all»: short names of languages that a stroke joins, if all are such."""
        at = 0
        while at < len(self._words):
            end = at + 1
            while end + 1 < len(self._words) and self._words[end].folded == "/":
                end += 2
            chain = range(at, end, 2)
            codes = [_CODES.get(self._words[each].folded) for each in chain]
            if len(codes) > 1 and all(codes) and all(map(self._is_free, chain)):
                for each, code in zip(chain, codes, strict=True):
                    level = level_near(self._words, TermSpan(Kind.LANGUAGE, code or "", at, end))
                    self._take(Kind.LANGUAGE, code or "", each, each + 1, level=level)
            at = end

    def _level(self, hit: TermSpan) -> str | None:
        """Return the level of a language; its words are taken with it."""
        level = level_near(self._words, hit)
        if level:
            near = range(max(0, hit.first - 5), min(len(self._words), hit.last + 5))
            said = {self._words[at].folded: at for at in near}
            if level in said:
                self._asides.add(said[level])
        return level

    def _read_titles(self) -> None:
        before = self._taken.keys() | self._within_degrees()
        others = self._lexicon_spans() - self._nouns() | before
        titles = titles_in(
            self._words,
            self._text,
            self._lang,
            lambda at: at not in others,
            lambda at: at not in before,
        )
        for title in titles:
            if title.occupation == "founder" or self._is_field(title):
                continue
            said = self._text[self._words[title.first].start : self._words[title.last - 1].end]
            value = title_value(said, self._lang)
            self._take(Kind.TITLE, value, title.first, title.last)
            self._read_within(title)

    def _within_degrees(self) -> set[int]:
        """Return the later words of degrees: «maturité commerciale» is no salesman."""
        hits = terms_in(self._words, self._text, (Kind.EDUCATION,))
        degrees = (hit for hit in hits if not hit.value.startswith("field:"))
        return {at for hit in degrees for at in range(hit.first + 1, hit.last)}

    def _lexicon_spans(self) -> set[int]:
        """Return the words of industries, companies, degrees...: no title takes them in."""
        kinds = (Kind.INDUSTRY, Kind.COMPANY, Kind.EDUCATION, Kind.CAREER)
        return {
            at
            for hit in terms_in(self._words, self._text, kinds)
            if not any(term.kind is Kind.SKILL for term in hit.terms)
            and not all(term.value.startswith("field:") for term in hit.terms)
            for at in range(hit.first, hit.last)
        }

    def _nouns(self) -> set[int]:
        """Return the words of the nouns of titles, and industries that titles are made with."""
        hits = terms_in(self._words, self._text, (Kind.TITLE,))
        nouns = {at for hit in hits for at in range(hit.first, hit.last)}
        return nouns | {at for at, word in enumerate(self._words) if word.folded in _IN_TITLES}

    def _is_field(self, title: TitleSpan) -> bool:
        """Say whether a title is a field of study: «laurea in statistica»."""
        at = title.noun.first
        terms = book().look(phrase(self._words, at, title.noun.last))
        joiner = at > 0 and self._words[at - 1].folded in ("in", "en", "di", "of", "de")
        return joiner and any(term.value.startswith("field:") for term in terms)

    def _read_within(self, title: TitleSpan) -> None:
        """Read what a title also says: with which tool, and how senior."""
        inside = self._words[title.first : title.last]
        for hit in terms_in(inside, self._text, (Kind.SKILL,)):
            if any(term.is_tool for term in hit.terms):
                self._take_within(title, hit)
        for hit in terms_in(inside, self._text, (Kind.SENIORITY,)):
            leads = hit.first + title.first <= title.noun.first
            if leads and hit.value not in ASIDE and title.occupation not in _LEAD_NOBODY:
                self._take_within(title, hit)

    def _take_within(self, title: TitleSpan, hit: TermSpan) -> None:
        self._take(hit.kind, hit.value, hit.first + title.first, hit.last + title.first)

    def _read_lexicon(self) -> None:
        degrees: list[int] = []
        for hit in terms_in(self._words, self._text, _LEXICON):
            if not self._are_free(hit.first, hit.last):
                continue
            near_degree = any(0 <= hit.first - end <= _DEGREE_NEAR for end in degrees)
            term = _meant(hit.terms, near_degree)
            if term is None:
                continue
            if term.kind is Kind.EDUCATION and not term.value.startswith("school:"):
                degrees.append(hit.last)
            self._take(term.kind, term.value, hit.first, hit.last)

    def _read_careful(self) -> None:
        """Read «go», «rust», «swift» in lower case where they stand beside another tool."""
        tools = {
            at
            for span, each in self._found
            if each.kind is Kind.SKILL and book().phrases.get(each.value, (None,))[0]
            for at in range(span.first, span.last)
        }
        for at, word in enumerate(self._words):
            terms = [t for t in book().phrases.get(word.folded, ()) if t.is_tool and t.exact]
            near = {at - 1, at + 1} | {
                at + 2 * step
                for step in (-1, 1)
                if 0 <= at + step < len(self._words)
                and self._words[at + step].folded in _TOOL_JOINERS
            }
            # free, or part of a title only
            is_new = self._taken.get(at, set()) <= {Kind.TITLE} and word.folded not in any_of(
                "stop"
            )
            if terms and len(word.folded) > 1 and tools & near and is_new:
                self._take(Kind.SKILL, terms[0].value, at, at + 1)
                tools.add(at)

    def _read_employers(self) -> None:
        """Read a name after «at», «chez», «bei», «ex-» as that of an employer."""
        for at in range(1, len(self._words)):
            word, before = self._words[at], self._words[at - 1]
            small = before.folded in ("at", "chez", "bei", "presso", "ex") or (
                before.folded == "-" and at > 1 and self._words[at - 2].folded == "ex"
            )
            if small and word.is_capital and self._is_free(at) and word.folded not in small_words():
                end = at + 1
                while end < len(self._words) and self._is_name(end):
                    end += 1
                name = employer_value(self._text[word.start : self._words[end - 1].end])
                self._take(Kind.COMPANY, name, at, end)

    def _is_name(self, at: int) -> bool:
        word = self._words[at]
        return self._lang != "de" and word.is_capital and self._is_free(at) and not word.is_mark

    def _rest(self, used: set[int]) -> str:
        small = small_words() | any_of("fluent") | any_of("good") | any_of("native")
        told = self._taken.keys() | self._asides | used
        left = [
            self._text[word.start : word.end]
            for at, word in enumerate(self._words)
            if at not in told
            and not word.is_mark
            and word.folded not in small
            and not word.folded.isdigit()
        ]
        return " ".join(left)


def _meant(terms: Iterable[Term], near_degree: bool) -> Term | None:
    """Return which of its meanings a phrase has: a field of study only near a degree."""
    fields = [term for term in terms if term.value.startswith("field:")]
    others = [term for term in terms if not term.value.startswith("field:")]
    if fields and (near_degree or not others):
        return fields[0] if near_degree else None
    degrees = [term for term in others if term.kind is Kind.EDUCATION]
    return (degrees or others)[0] if others else None


def _distinct(criteria: Iterable[Criterion]) -> Iterator[Criterion]:
    """Yield each criterion once, where it is said first; what is alone is no alternative."""
    distinct: dict[object, Criterion] = {}
    for each in criteria:
        same = (each.kind, each.value, each.force, each.is_past, each.least, each.most)
        distinct.setdefault(same, each)
    sizes = Counter((each.either, each.force) for each in distinct.values())
    numbers: dict[object, int] = {}
    for each in distinct.values():
        group = (each.either, each.force)
        is_alone = each.either is None or each.force == "not" or sizes[group] == 1
        number = None if is_alone else numbers.setdefault(group, len(numbers))
        yield replace(each, either=number)
