"""Read a recruiter's brief as criteria, each with the words of the brief that it comes from.

Rules and lexicons read four languages and mixtures of them; no model is used. The order matters:
years, places and languages first, then titles, then other names of the lexicon. The words that
remain are the `rest`: the page shows them, and the search looks for them as text.

>>> [(c.kind.value, c.value) for c in read_brief("Rust engineer, 5+ years").criteria]
[('title', 'rust engineer'), ('skill', 'rust'), ('years', 'experience')]
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache, lru_cache
from itertools import chain

from vanne.errors import InputError
from vanne.terms import LANGUAGES
from vanne_assist.brief.criteria import Brief, BriefNotice, Criterion, Kind
from vanne_assist.brief.job_titles import ASIDE, title_value, titles_in
from vanne_assist.brief.language import LANGUAGE_LEVELS, language_of, level_near
from vanne_assist.brief.lexicon import (
    LANGS,
    FoldedLine,
    alternatives,
    any_of,
    book,
    data,
    phrases_of,
)
from vanne_assist.brief.operators import (
    LISTED_KINDS,
    OR,
    AskedSpan,
    Reach,
    alternatives_in,
    small_words,
)
from vanne_assist.brief.place_spans import locate, unknown_places
from vanne_assist.brief.places import near_names
from vanne_assist.brief.scan import TermSpan, phrase, terms_in, title_head
from vanne_assist.brief.text import Word, folded_phrase, split

MOST_LETTERS = 20_000
"""A brief is some lines, an advert some pages; what is longer was pasted by mistake."""

_LEXICON = (Kind.SKILL, Kind.INDUSTRY, Kind.COMPANY, Kind.CAREER, Kind.EDUCATION)
_CODES = {"d": "de", "de": "de", "dt": "de", "all": "de", "allem": "de", "f": "fr", "fr": "fr",
          "frz": "fr", "franz": "fr", "fra": "fr", "e": "en", "en": "en", "engl": "en", "ang": "en",
          "angl": "en", "ingl": "en", "i": "it", "it": "it", "ital": "it", "ted": "de"}  # fmt: skip
"""Short names of languages: read only where a stroke joins several of them."""
_LETTERS = {"D": "de", "F": "fr", "E": "en", "I": "it"}
"""Languages by one capital: read only beside a level, a wish or another language."""
_BESIDE = ("nice", "must", "over", "speaks", "native", "bilingual", "fluent", "good", "basic")
_DEGREE_NEAR = 5
"""So many words after a degree a phrase can be its field of study."""
_SLIP_LETTERS, _SLIP = 6, 0.9
"""Letters from which a word may be a slip of a name, and how alike the two must be."""
_ENDINGS = frozenset({"", *"s e es n en in innen x i o a".split()})
LONG = 60
"""Words from which a brief is an advert: its words are not searched for slips."""
_LED = 4
"""So many words at most lie between who leads and who is led: «führt ein Team von Lernenden»."""
_LEAST_LETTERS = 3
"""A shorter word beside an «or» is no alternative: «B2 or C1»."""
_LISTING = frozenset({",", "/", "&", "+", "und", "and", "et", "e", "oder", "or", "ou", "o"})


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
    words = split(text)
    return _BriefReader(text, words, lang or language_of(words)).read()


def notices_of(brief: Brief) -> tuple[BriefNotice, ...]:
    """Return what is wrong with a brief: it is told, and the search goes on without it."""
    notices, words = [], split(brief.text)
    wanted = {(c.kind, c.value, c.is_past): c for c in brief.criteria if c.force != "not"}
    for each in brief.criteria:
        other = wanted.get((each.kind, each.value, each.is_past))
        if each.force == "not" and other is not None:
            notices.append(BriefNotice("wanted-and-not", (other.said, each.said)))
    for word in unknown_places(words):
        name = brief.text[word.start : word.end]
        if not any(c.span and c.span[0] <= word.start < c.span[1] for c in brief.criteria):
            notices.append(BriefNotice("place-unknown", (name,), near_names(name)))
    notices += [
        BriefNotice("workload", (brief.text[words[first].start : words[last - 1].end],))
        for first, last in workloads_in(words)
    ]
    if len(words) < LONG:
        notices += misspelt(brief, words)
    if not brief.criteria:
        notices.append(BriefNotice("nothing-understood", ()))
    return tuple(notices)


def instead(brief: Brief, notice: BriefNotice, name: str) -> str:
    """Return the text of a brief with a name in place of what a notice says was not understood.

    >>> slip = read_brief("electrican in Bern")
    >>> instead(slip, notices_of(slip)[0], "electrician")
    'electrician in Bern'
    """
    said = re.compile(rf"(?<!\w){re.escape(notice.said[0])}(?!\w)")
    return said.sub(lambda _: name, brief.text, count=1)


def misspelt(brief: Brief, words: Sequence[Word]) -> Iterator[BriefNotice]:
    """Yield words that are nearly the name of an occupation or a skill: «electrican», «pyhton»."""
    rest = set(brief.rest.split())
    titles = {each.span for each in brief.criteria if each.kind is Kind.TITLE}
    for word in words:
        name = brief.text[word.start : word.end]
        inside = any(span and span[0] <= word.start < span[1] for span in titles)
        if (name in rest or inside) and (near := near_known(word.folded, brief.lang)):
            yield BriefNotice("misspelt", (name,), near)


@lru_cache(maxsize=4096)
def near_known(word: str, lang: str) -> tuple[str, ...]:
    """Return the names of occupations and skills that a word is a slip of the hand away from.

    >>> near_known("electrican", "en"), near_known("electricians", "en")
    (('electrician',), ())
    """
    known = book().look(word)
    if len(word) < _SLIP_LETTERS or word in book().phrases or title_head(word):
        return ()
    if known and not any(term.kind is Kind.TITLE for term in known):
        return ()
    for langs in ((lang,), LANGS):
        names = _known_names(langs)
        near = get_close_matches(word, names, n=3, cutoff=_SLIP)
        near += [name for name in _swapped(word) if name in names and name not in near]
        if any(_is_ending(word, name) for name in near):
            return ()
        if near:
            return tuple({names[name][1]: names[name][0] for name in reversed(near)}.values())
    return ()


def _swapped(word: str) -> Iterator[str]:
    """Yield a word with two letters that stand together in the other order: «pyhton», «python»."""
    for at in range(len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _is_ending(word: str, name: str) -> bool:
    """Say whether two words differ by their number or gender alone."""
    same = next((at for at, pair in enumerate(zip(word, name)) if pair[0] != pair[1]), None)  # noqa: B905
    same = min(len(word), len(name)) if same is None else same
    if word[:-1] == name and word[-1] != word[-2]:  # another word: «Backend», «backen»
        return True
    return {word[same:], name[same:]} <= _ENDINGS


@cache
def _known_names(langs: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Return the names of one word that are known, folded: as they are written, and of what."""
    skills = data("skills").items() if len(langs) == 1 else ()  # of another language: other words
    rows = chain(skills, data("occupations").items())
    named = ((v, name) for v, of in rows for at in langs for name in of[LANGS.index(at)].split("|"))
    tools = ((name, name) for name in data("tools")["names"].replace("\n", " ").split("; "))
    pairs = ((folded_phrase(name), (name.strip(), value)) for value, name in chain(tools, named))
    return {folded: known for folded, known in pairs if " " not in folded}


class _BriefReader:
    """Reads one brief; remembers which words are taken."""

    def __init__(self, text: str, words: Sequence[Word], lang: str) -> None:
        self._text, self._words, self._lang = text, words, lang
        self._taken: set[int] = set()
        self._asked: list[tuple[AskedSpan, Criterion]] = []

    def read(self) -> Brief:
        """Read the brief, in an order that matters: what is read first takes its words."""
        words = self._words
        for each in years_in(words):
            value = "tenure" if each.is_tenure else "experience"
            self._take(Kind.YEARS, value, each.first, each.last, least=each.least, most=each.most)
        for place in locate(words):
            if self._are_free(place.hit.first, place.hit.last):
                km = place.within_km
                self._take(Kind.PLACE, place.hit.value, place.first, place.last, within_km=km)
        for first, last in workloads_in(words):
            self._taken.update(range(first, last))
        self._read_languages()
        self._read_leading()
        amounts = set(self._taken)
        for hit in self._hits(Kind.SENIORITY):
            if hit.value in ASIDE and self._are_free(hit.first, hit.last):
                self._take(hit.kind, hit.value, hit.first, hit.last)
        self._read_titles()
        self._read_lexicon()
        self._read_other_side()
        self._asked.sort(key=lambda pair: pair[0].first)
        spans = [span for span, _ in self._asked]
        reach = Reach(words, spans, amounts)
        criteria = [
            replace(each, force=reach.force_of(span), is_past=reach.is_past(span), either=number)
            for (span, each), number in zip(
                self._asked, alternatives_in(words, self._text, spans), strict=True
            )
        ]
        told = self._taken | reach.used
        small = small_words() | any_of("fluent", "good", "native") | set(LANGUAGE_LEVELS)
        left = [
            self._text[word.start : word.end]
            for at, word in enumerate(words)
            if at not in told
            and not word.is_mark
            and (word.folded not in small or self._language_letter(at))
        ]
        return Brief(self._text, self._lang, tuple(_distinct(criteria)), " ".join(left))

    def _take(
        self,
        kind: Kind,
        value: str,
        first: int,
        last: int,
        *,
        like: Kind | None = None,
        **more: object,
    ) -> None:
        start, end = self._words[first].start, self._words[last - 1].end
        said = " ".join(self._text[start:end].split())
        criterion = Criterion(kind, value, said, span=(start, end), **more)  # type: ignore[arg-type]
        self._asked.append((AskedSpan(like or kind, first, last, value), criterion))
        self._taken.update(range(first, last))

    def _are_free(self, first: int, last: int) -> bool:
        return self._taken.isdisjoint(range(first, last))

    def _hits(self, *kinds: Kind) -> list[TermSpan]:
        return terms_in(self._words, self._text, kinds)

    def _read_languages(self) -> None:
        at = 0
        while at < len(self._words):  # «D/F», «fr/all»
            end = at + 1
            while end + 1 < len(self._words) and self._words[end].folded == "/":
                end += 2
            chain = range(at, end, 2)
            codes = [_CODES.get(self._words[each].folded, "") for each in chain]
            if len(codes) > 1 and all(codes) and self._taken.isdisjoint(chain):
                level = level_near(self._words, TermSpan(Kind.LANGUAGE, codes[0], at, end))
                for each, code in zip(chain, codes, strict=True):
                    self._take(Kind.LANGUAGE, code, each, each + 1, level=level)
            at = end
        for hit in self._hits(Kind.LANGUAGE):
            if self._are_free(hit.first, hit.last):
                level = level_near(self._words, hit)
                self._take(hit.kind, hit.value, hit.first, hit.last, level=level)
        self._read_letters()

    def _language_letter(self, at: int) -> str | None:
        """Return the language that a capital may stand for: not that of «D'expérience»."""
        word = self._words[at]
        is_elided = self._text[word.end :][:1] in ("'", "’", ".")
        is_pronoun = word.folded == "i" and self._lang == "en"
        return None if is_elided or is_pronoun else _LETTERS.get(self._text[word.start : word.end])

    def _read_letters(self) -> None:
        """Read «F von Vorteil», «Deutsch, F», «E B2»: a capital beside what speaks of languages."""
        words, beside = self._words, any_of(*_BESIDE)
        languages = {
            at
            for span, each in self._asked
            if each.kind is Kind.LANGUAGE
            for at in range(span.first, span.last)
        }
        for at in range(len(words)):
            code = self._language_letter(at)
            if code is None or at in self._taken:
                continue
            after = range(at + 1, min(len(words), at + 4))
            is_beside = any(phrase(words, at + 1, end + 1) in beside for end in after)
            is_listed = at - 2 in languages and words[at - 1].folded in _LISTING
            hit = TermSpan(Kind.LANGUAGE, code, at, at + 1)
            level = level_near(words, hit)
            if is_beside or is_listed or (level and self._is_next(at, level)):
                self._take(Kind.LANGUAGE, code, at, at + 1, level=level)
                languages.add(at)

    def _is_next(self, at: int, level: str) -> bool:
        return any(self._words[n].folded == level for n in (at - 1, at + 1) if n < len(self._words))

    def _read_leading(self) -> None:
        """Read «able to lead apprentices»: who is led is no step of who is sought."""
        words, lang = self._words, self._lang
        verbs, teams, learners = (
            frozenset(phrases_of(role, lang)) for role in ("leads", "led", "taught")
        )
        for first, word in enumerate(words):
            if word.folded not in teams | learners:
                continue
            skill = "team-leadership" if word.folded in teams else "training-apprentices"
            last = first + 1
            before = [at for at in range(max(0, first - _LED), first) if words[at].folded in verbs]
            after = [
                at for at in range(last, min(len(words), last + 2)) if words[at].folded in verbs
            ]
            start, end = min([first, *before]), max([last, *(at + 1 for at in after)])
            is_one = not any(words[at].is_mark for at in range(start, end))
            if (before or after) and is_one and self._are_free(start, end):
                self._take(Kind.SKILL, skill, start, end)

    def _read_other_side(self) -> None:
        """Look for the word that is no name, of two with an «or»: «finance or insurance»."""
        small = small_words()
        for span, _ in tuple(self._asked):
            if span.kind not in LISTED_KINDS:
                continue
            for link, at in ((span.last, span.last + 1), (span.first - 1, span.first - 2)):
                if not (0 <= at < len(self._words) and self._words[link].folded in OR):
                    continue
                word = self._words[at]
                is_plain = not word.is_mark and word.folded not in small
                after = self._words[at + 1] if link < at and at + 1 < len(self._words) else None
                if after and not after.is_mark and after.folded not in small:
                    continue  # «or Swiss diploma»: the word belongs to another
                if is_plain and self._are_free(at, at + 1) and len(word.folded) > _LEAST_LETTERS:
                    self._take(Kind.WORDS, word.folded, at, at + 1, like=span.kind)

    def _read_titles(self) -> None:
        """Read titles, and what they also say: with which tool, and how senior."""
        others = {
            at  # industries, companies, degrees...: no title takes them in
            for hit in self._hits(Kind.INDUSTRY, Kind.COMPANY, Kind.EDUCATION, Kind.CAREER)
            if not any(term.kind is Kind.SKILL for term in hit.terms)
            and not all(term.value.startswith("field:") for term in hit.terms)
            for at in range(hit.first, hit.last)
        }
        nouns = {at for hit in self._hits(Kind.TITLE) for at in range(hit.first, hit.last)}
        before = set(self._taken)
        closed = others - nouns | before
        titles = titles_in(
            self._words,
            self._text,
            self._lang,
            lambda at: at not in closed,
            lambda at: at not in before,
        )
        for title in titles:
            if title.occupation == "founder":
                continue
            said = self._text[self._words[title.first].start : self._words[title.last - 1].end]
            self._take(Kind.TITLE, title_value(said, self._lang), title.first, title.last)
            inside = self._words[title.first : title.last]
            for hit in terms_in(inside, self._text, (Kind.SKILL,)):
                if any(term.is_tool for term in hit.terms):
                    self._take(hit.kind, hit.value, hit.first + title.first, hit.last + title.first)
            for hit in terms_in(inside, self._text, (Kind.SENIORITY,)):
                if hit.first + title.first <= title.noun.first and hit.value not in ASIDE:
                    self._take(hit.kind, hit.value, hit.first + title.first, hit.last + title.first)

    def _read_lexicon(self) -> None:
        degrees: list[int] = []
        for hit in self._hits(*_LEXICON):
            # a phrase is a field of study only near a degree
            near_degree = any(0 <= hit.first - end <= _DEGREE_NEAR for end in degrees)
            fields = [term for term in hit.terms if term.value.startswith("field:")]
            others = [term for term in hit.terms if term not in fields]
            meant = fields if near_degree and fields else others
            term = next((t for t in meant if t.kind is Kind.EDUCATION), meant[0] if meant else None)
            if term is None or not self._are_free(hit.first, hit.last):
                continue
            if term.kind is Kind.EDUCATION and not term.value.startswith("school:"):
                degrees.append(hit.last)
            self._take(term.kind, term.value, hit.first, hit.last)


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


# What is asked and compared with nobody


def workloads_in(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Yield where a brief says how much of a full week: members seldom say it.

    >>> words = split("nurse 60-80% or 100 Prozent")
    >>> [[word.folded for word in words[first:last]] for first, last in workloads_in(words)]
    [['60', '-', '80', '%'], ['100', 'prozent']]
    """
    line = FoldedLine.of(words)
    for match in _WORKLOAD.finditer(line.line):
        yield line.words(match.start(), match.end())


_WORKLOAD = re.compile(
    r"(?<!\S)\d{1,3}(?: (?:-|–|—|/|a|bis|to|o|ou|oder|or) \d{1,3})?"
    r" (?:%|prozent|percent|per cent|pour cent|per cento)(?!\S)"
)


# Years

_SPELT = (
    ("one", "un", "une", "ein", "eine", "einem", "uno", "una"),
    ("two", "deux", "zwei", "due"),
    ("three", "trois", "drei", "tre"),
    ("four", "quatre", "vier", "quattro"),
    ("five", "cinq", "funf", "fuenf", "cinque"),
    ("six", "sechs", "sei"),
    ("seven", "sept", "sieben", "sette"),
    ("eight", "huit", "acht", "otto"),
    ("nine", "neuf", "neun", "nove"),
    ("ten", "dix", "zehn", "dieci"),
)
_MORE = ("fifteen quinze funfzehn quindici", 15), ("twenty vingt zwanzig venti", 20)
_NUMBERS = {word: n for n, words in enumerate(_SPELT, 1) for word in words} | {
    word: n for words, n in _MORE for word in words.split()
}
_MOST_YEARS = 60


@dataclass(frozen=True, slots=True)
class YearsSpan:
    """The years that are asked, and the words that say it."""

    least: float | None
    most: float | None
    first: int
    last: int
    is_tenure: bool


def years_in(words: Sequence[Word]) -> Iterator[YearsSpan]:
    """Yield the years that are asked, in their order.

    >>> [(a.least, a.most) for a in years_in(split("mindestens 5 Jahre, 3-5 ans, 7+ years"))]
    [(5.0, None), (3.0, 5.0), (7.0, None)]
    """
    line = FoldedLine.of(words)
    for match in _years().finditer(line.line):
        scale = 12 if match["months"] else 1
        one, other = (
            None if number is None
            else _NUMBERS.get(number) or float(number.replace(",", "."))
            for number in (match["one"], match["other"])
        )  # fmt: skip
        least = (one or 0) / scale
        most = None if other is None else other / scale
        if most is not None:
            bounds: tuple[float | None, float | None] = (min(least, most), max(least, most))
        elif match["most"] and not match["plus"]:
            bounds = None, least
        else:
            bounds = least, None
        if max(least, most or 0) <= _MOST_YEARS:
            first, last = line.words(match.start(), len(match[0].rstrip()) + match.start())
            yield YearsSpan(*bounds, first, last, is_tenure=bool(match["tenure"]))


@cache
def _years() -> re.Pattern[str]:
    """Return the pattern of one number or of two, and of what bounds it: «at least 3», «3 to 5»."""
    a = alternatives
    spelt = "|".join(sorted(_NUMBERS, key=len, reverse=True))
    number = rf"(?:\d+(?:[.,]\d+)?|{spelt})"
    return re.compile(
        rf"(?<!\S)(?:(?P<least>{a('least')})\s|(?P<most>{a('most')})\s|{a('between')}\s|{a('around')}\s)?"
        rf"(?P<one>{number})(?:\s?(?P<plus>\+)|\s?(?:{a('to')})\s(?P<other>{number}))?"
        rf"\s(?:{a('more')}\s)?(?:{a('year')}|(?P<months>{a('month')}))(?!\S)(?!\s(?:/|par|pro|per)\s)"
        rf"(?:\s{a('more')}(?!\S))?"
        rf"(?:\s(?:di|de|of|d)\s)?(?:\s?{a('experience')}(?!\S))?(?:\s(?P<tenure>{a('tenure')})(?!\S))?"
    )
