"""Read a member's items as facts: titles, skills, languages, places, years, education.

A field is taken as it is: a position's title is the whole title, its employer the whole name. Prose
(a headline, a summary, a description, a CV) is searched for names of the lexicon and for places.
Each fact says where it stands in the text of its item, which is rendered from the fields. What no
item says stays unknown: nothing is concluded from a name, a photo or a silence.

The years of experience are those that the positions cover together, each year counted once; where
no position has a date, those since a year that a text tells («depuis 2014»).
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from vanne.fields import is_language
from vanne.places import locate
from vanne.screening import without_placeholders
from vanne_assist.brief import places
from vanne_assist.brief.criteria import Fact, Kind, Passage
from vanne_assist.brief.job_titles import employer_value, title_value, titles_in
from vanne_assist.brief.language import language_of, level_near, level_of
from vanne_assist.brief.lexicon import book
from vanne_assist.brief.place_spans import place_at
from vanne_assist.brief.scan import Names, TermSpan, phrase, terms_in
from vanne_assist.brief.text import Word, folded_phrase, split

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
_TELLING = frozenset({"profile", "cv", "position"})
_SINCE = re.compile(
    r"(?<!\w)(?:seit|depuis|since|dal)\s(?:[^\W\d]{1,12}\s)?(?P<year>(?:19[6-9]|20[0-4])\d)"
    r"(?!\d)",
    re.IGNORECASE,
)
_SKILLS_APART = re.compile(r"[,;•·|\n]|\.\s*$")


def facts_of(passages: Sequence[Passage], as_of: datetime) -> tuple[Fact, ...]:
    """Return what a member's items say of them at a time, in the order of the items.

    Each item is read by its category, each thing once; posts and articles say nothing of a person.
    """
    facts: dict[object, Fact] = {}
    for passage in passages:
        read = (_OF_FIELDS if passage.fields else _OF_PROSE).get(passage.category)
        for fact in read(passage) if read else ():
            same = (fact.item_id, fact.kind, fact.value, fact.level, fact.since, fact.until)
            if fact.value:
                facts.setdefault(same, fact)
    now = _moment(f"{as_of:%Y-%m}")
    years = tuple(_years(passages, now)) or tuple(_told_years(passages, now))
    return (*dict.fromkeys(facts.values()), *years)


def _told_years(passages: Sequence[Passage], now: float) -> Iterator[Fact]:
    """Yield the years of experience that a text tells where no position has a date.

    >>> text = "Seit 2014 bin ich Schreiner in Thun."
    >>> [(f.number, f.since) for f in _told_years([Passage("i", "profile", text, "de")], 2026.5)]
    [(12.5, 2014)]
    """
    told = []
    for each in passages:
        for match in _SINCE.finditer(each.text) if each.category in _TELLING else ():
            words = _words_in(each.text, _sentence(each.text, match.start()))
            is_work = terms_in(words, each.text, (Kind.TITLE, Kind.SKILL, Kind.INDUSTRY))
            if is_work and int(match["year"]) <= now:  # «since 2014 in Bern» tells of no work
                told.append((int(match["year"]), each.item_id, match.span()))
    for year, item_id, span in sorted(told)[:1]:
        number = round(now - year, 1)
        yield Fact(Kind.YEARS, "experience", item_id, span, number=number, since=year)


def _years(passages: Sequence[Passage], now: float) -> Iterator[Fact]:
    """Yield how long the positions are together, and the one that somebody has now."""
    periods: list[tuple[float, float | None, str, Span]] = []
    for each in passages:
        start, end, spans = each.fields.get("start"), each.fields.get("end"), each.spans()
        if each.category != "position" or start is None or _moment(start) > now:
            continue
        since, until = _moment(start), None if end is None else _moment(end)
        if until is not None and until < since:
            continue
        if start == end and len(start) == len("2019"):  # some months of one year
            until = since + 0.5
        span = (spans["start"][0], spans.get("end", spans["start"])[1])
        periods.append((since, until, each.item_id, span))
    if not periods:
        return
    total, covered = 0.0, float("-inf")
    for since, until, *_ in sorted(periods, key=lambda each: each[0]):
        end_ = now if until is None else min(until, now)
        total += max(0.0, end_ - max(since, covered))
        covered = max(covered, end_)
    since, _, item_id, span = min(periods, key=lambda each: (each[0], each[2]))
    number = round(total, 1)
    yield Fact(Kind.YEARS, "experience", item_id, span, number=number, since=int(since))
    if held := [each for each in periods if each[1] is None]:
        since, _, item_id, span = max(held, key=lambda each: (each[0], each[2]))
        number = round(now - since, 1)
        yield Fact(Kind.YEARS, "tenure", item_id, span, number=number, since=int(since))


def _sentence(text: str, at: int) -> Span:
    """Return where the sentence or line begins and ends that stands at a place."""
    start = max(text.rfind(mark, 0, at) for mark in "\n.;!?") + 1
    ends = [end for mark in "\n.;!?" if (end := text.find(mark, at)) >= 0]
    return start, min(ends, default=len(text))


def _moment(day: str) -> float:
    """Return a date in years; without a month it is the year's beginning.

    >>> _moment("2019"), _moment("2019-07"), _moment("2019-07-31")
    (2019.0, 2019.5, 2019.5)
    """
    year, month = day[:4], day[5:7]
    return int(year) + (int(month) - 1) / 12 if month else float(year)


def years_of(passage: Passage) -> tuple[int | None, int | None]:
    """Return the years in which a position or an education began and ended."""
    since, until = (passage.fields.get(name, "")[:4] for name in ("start", "end"))
    return int(since) if since else None, int(until) if until else None


# Fields


def _position(passage: Passage) -> Iterator[Fact]:
    spans, (since, until) = passage.spans(), years_of(passage)
    if "title" in spans:
        title = title_value(passage.fields["title"], passage.lang)
        yield Fact(Kind.TITLE, title, passage.item_id, spans["title"], since=since, until=until)
        yield from _terms(passage, spans["title"], (Kind.SENIORITY,), since, until)
    if "employer" in spans:
        name, span = employer_value(passage.fields["employer"]), spans["employer"]
        yield Fact(Kind.COMPANY, name, passage.item_id, span, since=since, until=until)
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
    """Yield the place of an item: «Lausanne, Vaud, Switzerland» is Lausanne, and says it first."""
    if "place" not in spans:
        return
    start, end = spans["place"]
    line = without_placeholders(passage.text[start:end])
    location = locate(line)
    if location.place:
        town = line.partition(",")[0]
        if location.town and not any(map(str.isdigit, town)):  # what has a number is a street
            end = start + len(town)
        value = location.place.value
        yield Fact(Kind.PLACE, value, passage.item_id, (start, end), since=since, until=until)


def _places_in(words: Sequence[Word]) -> list[TermSpan]:
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


def _listed(passage: Passage, span: Span | None = None) -> Iterator[Fact]:
    """Yield the skills of a list, by their entries in the lexicon or as they are written."""
    heading = None if span else _LIST.match(passage.text)
    start, end = span or (heading.end() if heading else 0, len(passage.text))
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
    facts = _terms(passage, span, (Kind.EDUCATION,))
    return (fact for fact in facts if not fact.value.startswith("field:"))


def _terms(
    passage: Passage,
    span: Span,
    kinds: Collection[Kind],
    since: int | None = None,
    until: int | None = None,
) -> Iterator[Fact]:
    """Yield the names of the lexicon."""
    words, names = _words_in(passage.text, span), Names()
    for kind in kinds:
        for hit in terms_in(words, passage.text, (kind,), names):
            yield Fact(kind, hit.value, passage.item_id, hit.span(words), since=since, until=until)


@lru_cache(maxsize=64)  # several readers look at the same words one after the other
def _words_in(text: str, span: Span) -> tuple[Word, ...]:
    words = split(without_placeholders(text)[slice(*span)])
    moved = (replace(each, start=each.start + span[0], end=each.end + span[0]) for each in words)
    return tuple(moved) if span[0] else words


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
    "skill": _listed,
    "cv": _cv,
}
