"""What a member's items say of them: titles, skills, languages, places, years, education.

A field is taken as it is: a position's title is the whole title, its employer the whole name. Prose
(a headline, a summary, a description, a CV) is searched for names of the lexicon and for places.
Each fact says where it stands in the text of its item, which is rendered from the fields. What no
item says stays unknown: nothing is concluded from a name, a photo or a silence.

Experience is what the positions cover together, each year once; if no position has a date, it is
what the text says itself («after 12 years in the trade»).
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from vanne.fields import is_language
from vanne.folding import fold
from vanne.screening import without_placeholders
from vanne_assist.brief import places
from vanne_assist.brief.criteria import Fact, Kind, Passage
from vanne_assist.brief.job_titles import employer_value, title_value, titles_in
from vanne_assist.brief.language import language_of, level_near, level_of
from vanne_assist.brief.lexicon import book
from vanne_assist.brief.place_spans import place_at
from vanne_assist.brief.scan import TermSpan, phrase, terms_in
from vanne_assist.brief.text import Word, folded_phrase, split

EXPERIENCE, TENURE = "experience", "tenure"
_SAID = re.compile(
    r"\b(\d{1,2})\+?\s*(?:years?|ans|jahren?|anni)\b(?!\s*(?:old|alt|d['’]âge))", re.IGNORECASE
)
_WORK = re.compile(
    r"experience|erfahrung|esperienza|beruf|metier|mestiere|trade|job|work|arbeit|lavor|als|come|comme"
    r"|depuis|seit"
)
_MOST_YEARS = 60


@dataclass(frozen=True, slots=True)
class JobPeriod:
    """When somebody had a position, in years; `until` None is until now, or not known."""

    since: float
    until: float | None
    item_id: str
    span: tuple[int, int]


def facts_of(passages: Sequence[Passage], as_of: datetime) -> tuple[Fact, ...]:
    """Return what a member's items say of them at a time, in the order of the items."""
    facts = [fact for passage in passages for fact in facts_in(passage)]
    return (*dict.fromkeys(facts), *_years(passages, _moment(f"{as_of:%Y-%m}")))


def _years(passages: Sequence[Passage], now: float) -> Iterator[Fact]:
    periods = [_period(each) for each in passages if each.category == "position"]
    begun = [each for each in periods if each and each.since <= now]
    if not begun:
        yield from _years_said(passages)
        return
    first = min(begun, key=lambda each: (each.since, each.item_id))
    total = round(years_together(begun, now), 1)
    yield Fact(
        Kind.YEARS, EXPERIENCE, first.item_id, first.span, number=total, since=int(first.since)
    )
    if held := [each for each in begun if each.until is None]:
        last = max(held, key=lambda each: (each.since, each.item_id))
        stay = round(now - last.since, 1)
        yield Fact(Kind.YEARS, TENURE, last.item_id, last.span, number=stay, since=int(last.since))


def _period(position: Passage) -> JobPeriod | None:
    start, end, spans = position.fields.get("start"), position.fields.get("end"), position.spans()
    if start is None or (end is not None and _moment(end) < _moment(start)):
        return None
    since, until = _moment(start), None if end is None else _moment(end)
    if start == end and len(start) == 4:  # within one year of which no month is known
        until = since + 0.5
    span = (spans["start"][0], spans.get("end", spans["start"])[1])
    return JobPeriod(since, until, position.item_id, span)


def _moment(day: str) -> float:
    """Return a date in years; without a month it is the year's beginning.

    >>> _moment("2019"), _moment("2019-07"), _moment("2019-07-31")
    (2019.0, 2019.5, 2019.5)
    """
    year, month = day[:4], day[5:7]
    return int(year) + (int(month) - 1) / 12 if month else float(year)


def years_together(periods: Iterable[JobPeriod], now: float) -> float:
    """Return how many years periods cover; those that overlap are counted once.

    >>> one, two = JobPeriod(2010, 2014, "a", (0, 0)), JobPeriod(2012, None, "b", (0, 0))
    >>> years_together([one, two], 2020)
    10.0
    """
    total, covered = 0.0, float("-inf")
    for each in sorted(periods, key=lambda one: one.since):
        until = now if each.until is None else min(each.until, now)
        total += max(0.0, until - max(each.since, covered))
        covered = max(covered, until)
    return total


def _years_said(passages: Sequence[Passage]) -> Iterator[Fact]:
    """Yield the most years that a profile or a CV says in words."""
    said = [
        (int(found[1]), passage.item_id, found.span())
        for passage in passages
        if passage.category in ("profile", "cv")
        for found in _SAID.finditer(passage.text)
        if int(found[1]) <= _MOST_YEARS
        and _WORK.search(fold(passage.text[max(0, found.start() - 12) : found.end() + 40]))
    ]
    if said:
        number, item_id, span = max(said, key=lambda each: each[0])
        yield Fact(Kind.YEARS, EXPERIENCE, item_id, span, number=float(number))


Span = tuple[int, int]

_AROUND = (Kind.SKILL, Kind.INDUSTRY, Kind.COMPANY, Kind.CAREER)
_BEFORE_PLACE = frozenset("in a au en aus von near from vicino pres".split())
_HEAD_LINES = 3
"""A CV and a profile say first who somebody is; further down a title may be somebody else's."""
_LIST = re.compile(
    r"^\s*(?:(?P<skill>skills?|compétences|kenntnisse|fähigkeiten|competenze|top skills)"
    r"|(?P<language>languages|langues|sprachen|lingue))\s*(?:[::]|$)",
    re.IGNORECASE,
)
_SKILLS_APART = re.compile(r"[,;•·|\n]|\.\s*$")


def facts_in(passage: Passage) -> tuple[Fact, ...]:
    """Read an item by its category, each thing once; posts and articles say nothing of a person."""
    read = (_OF_FIELDS if passage.fields else _OF_PROSE).get(passage.category)
    once: dict[object, Fact] = {}
    for fact in read(passage) if read else ():
        if fact.value:
            once.setdefault((fact.kind, fact.value, fact.level, fact.since, fact.until), fact)
    return tuple(once.values())


def years_of(passage: Passage) -> tuple[int | None, int | None]:
    """Return the years in which a position or an education began and ended."""
    since, until = (passage.fields.get(name, "")[:4] for name in ("start", "end"))
    return int(since) if since else None, int(until) if until else None


# Fields


def _position(passage: Passage) -> Iterator[Fact]:
    spans, (since, until) = passage.spans(), years_of(passage)
    named = [(Kind.TITLE, "title"), (Kind.COMPANY, "employer")]
    for kind, name in named:
        if name in spans:
            said = passage.fields[name]
            value = title_value(said, passage.lang) if kind is Kind.TITLE else employer_value(said)
            yield Fact(kind, value, passage.item_id, spans[name], since=since, until=until)
    if "title" in spans:
        yield from _terms(passage, spans["title"], (Kind.SENIORITY,), since, until)
    yield from _place(passage, spans, since, until)
    yield from _terms(passage, (0, len(passage.text)), _AROUND, since, until)


def _profile(passage: Passage) -> Iterator[Fact]:
    spans = passage.spans()
    if is_language(passage.fields):
        level = level_of(passage.fields.get("level", ""))
        known = (t for t in book().exact(passage.fields["name"]) if t.kind is Kind.LANGUAGE)
        for term in known:
            yield Fact(term.kind, term.value, passage.item_id, spans["name"], level=level)
        return
    if "headline" in spans:
        yield from _titles(passage, spans["headline"])
    yield from _place(passage, spans)
    for name in ("headline", "summary", "industry"):
        if name in spans:
            yield from _languages(passage, spans[name])
            yield from _terms(passage, spans[name], _AROUND)
            yield from _degrees(passage, spans[name])


def _education(passage: Passage) -> Iterator[Fact]:
    since, until = years_of(passage)
    number = None if until is None else float(until)
    for fact in _terms(passage, (0, len(passage.text)), (Kind.EDUCATION,), since, until):
        yield replace(fact, number=number)


def _skill(passage: Passage) -> Iterator[Fact]:
    for name, span in passage.spans().items():
        yield Fact(Kind.SKILL, _skill_value(passage.fields[name]), passage.item_id, span)


def _skill_value(name: str) -> str:
    """Return the entry of a skill in the lexicon, or its name as it is compared."""
    terms = (t for t in book().look(folded_phrase(name)) if t.kind is Kind.SKILL)
    return next((term.value for term in terms), folded_phrase(name))


def _place(
    passage: Passage, spans: dict[str, Span], since: int | None = None, until: int | None = None
) -> Iterator[Fact]:
    """Yield the place of an item, its nearest part: «Lausanne, Vaud, Switzerland» is Lausanne.

    Of several towns of one name it is the one that lies in the region or country beside it.
    """
    words = _words_in(passage.text, spans["place"]) if "place" in spans else []
    hits = _places_in(words)
    if not hits:
        return
    nearest = next((hit for hit in hits if hit.value.isdecimal()), hits[0])
    regions = {hit.value for hit in hits if hit is not nearest}
    towns = places.called(phrase(words, nearest.first, nearest.last))
    inside = (town.value for town in towns if regions.intersection(town.regions))
    value, span = next(inside, nearest.value), nearest.span(words)
    yield Fact(Kind.PLACE, value, passage.item_id, span, since=since, until=until)


def _places_in(words: list[Word]) -> list[TermSpan]:
    """Return the places that words name; a name that is a word too counts first in its part."""
    found, at = [], 0
    while at < len(words):
        hit = place_at(words, at)
        if hit is None:
            at += 1
            continue
        is_first = at == 0 or words[at - 1].is_mark
        if is_first or not places.is_word(phrase(words, hit.first, hit.last)):
            found.append(hit)
        at = hit.last
    return found


# Prose


def _prose(passage: Passage) -> Iterator[Fact]:
    """Read an item that has no fields: who somebody is in its head, what they know in all of it."""
    lines = passage.text.split("\n")
    is_named = len(lines) > 1 and passage.category in ("profile", "cv")
    start = len(lines[0]) + 1 if is_named else 0  # the first line is a name
    head = start + len("\n".join(lines[is_named : is_named + _HEAD_LINES]))
    sentence = re.compile(r"\.\s").search(passage.text, start, head)
    yield from _titles(passage, (start, sentence.start() if sentence else head))
    words = _words_in(passage.text, (start, head))
    for hit in _places_in(words):
        before = words[hit.first - 1] if hit.first else None
        is_name = words[hit.first].is_capital and (
            before is None or before.is_mark or before.folded in _BEFORE_PLACE
        )
        if is_name and hit.value.isdecimal():
            yield Fact(Kind.PLACE, hit.value, passage.item_id, hit.span(words))
            break
    whole = (start, len(passage.text))
    yield from _languages(passage, whole)
    yield from _terms(passage, whole, _AROUND)
    yield from _degrees(passage, whole)


def _cv(passage: Passage) -> Iterator[Fact]:
    """Read a CV: its lists of skills and of languages, and the rest as prose."""
    start, section = 0, None
    for line in passage.text.split("\n"):
        heading = _LIST.match(line)
        section = heading.lastgroup if heading else section if line.strip() else None
        span = (start + (heading.end() if heading else 0), start + len(line))
        start += len(line) + 1
        if section == "skill":
            yield from _listed(passage, span)
        elif section == "language":
            yield from _languages(passage, span, is_list=True)
    yield from _prose(passage)


def _skills(passage: Passage) -> Iterator[Fact]:
    heading = _LIST.match(passage.text)
    return _listed(passage, (heading.end() if heading else 0, len(passage.text)))


def _listed(passage: Passage, span: Span) -> Iterator[Fact]:
    """Yield the skills of a list, by their entries in the lexicon or as they are written."""
    start, end = span
    edges = [found.span() for found in _SKILLS_APART.finditer(passage.text, start, end)]
    for stop, after in [*edges, (end, end)]:
        name = passage.text[start:stop]
        if name.strip():
            left = start + len(name) - len(name.lstrip())
            where = (left, left + len(name.strip()))
            yield Fact(Kind.SKILL, _skill_value(name.strip()), passage.item_id, where)
        start = after


def _titles(passage: Passage, span: Span) -> Iterator[Fact]:
    """Yield the titles of prose: a noun of the lexicon, and the words that belong to it."""
    words = _words_in(passage.text, span)
    lang = passage.lang or language_of(words)
    taken = {at for hit in _places_in(words) for at in range(hit.first, hit.last)}
    for title in titles_in(
        words, passage.text, lang, lambda at: at not in taken, lambda at: at not in taken
    ):
        where = words[title.first].start, words[title.last - 1].end
        value = title_value(passage.text[slice(*where)], passage.lang)
        yield Fact(Kind.TITLE, value, passage.item_id, where)
    yield from _terms(passage, span, (Kind.SENIORITY,))


def _languages(passage: Passage, span: Span, *, is_list: bool = False) -> Iterator[Fact]:
    """Yield the languages of a list, or those of which a text says how well somebody has them."""
    words = _words_in(passage.text, span)
    for hit in terms_in(words, passage.text, (Kind.LANGUAGE,)):
        level = level_near(words, hit)
        if is_list or level:
            yield Fact(Kind.LANGUAGE, hit.value, passage.item_id, hit.span(words), level=level)


def _degrees(passage: Passage, span: Span) -> Iterator[Fact]:
    """Yield degrees and schools: a subject alone is as often somebody's work as their studies."""
    found = _terms(passage, span, (Kind.EDUCATION,))
    return (fact for fact in found if not fact.value.startswith("field:"))


def _terms(
    passage: Passage,
    span: Span,
    kinds: Collection[Kind],
    since: int | None = None,
    until: int | None = None,
) -> Iterator[Fact]:
    """Yield the names of the lexicon."""
    words = _words_in(passage.text, span)
    for kind in kinds:
        for hit in terms_in(words, passage.text, (kind,)):
            yield Fact(kind, hit.value, passage.item_id, hit.span(words), since=since, until=until)


def _words_in(text: str, span: Span) -> list[Word]:
    words = split(without_placeholders(text)[slice(*span)])
    return [replace(each, start=each.start + span[0], end=each.end + span[0]) for each in words]


Reader = Callable[[Passage], Iterator[Fact]]
_OF_FIELDS: dict[str, Reader] = {
    "position": _position,
    "profile": _profile,
    "education": _education,
    "skill": _skill,
}
_OF_PROSE: dict[str, Reader] = {
    "position": _prose,
    "profile": _prose,
    "education": _education,
    "skill": _skills,
    "cv": _cv,
}
