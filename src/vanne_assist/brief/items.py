"""Reads one item: what its text says, by its category.

A position comes as the lines of an archive (title, employer, place, dates, description) or as a
sentence («Since 2012, watchmaker at ..., Tai Po.»); a CV as lines. The title is what stands before
the employer. A place counts where it is written as a name and not the employer's.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from vanne.screening import without_placeholders
from vanne_assist.brief.criteria import Fact, Kind, Passage
from vanne_assist.brief.lexicon import book
from vanne_assist.brief.naming import employer_value, title_value
from vanne_assist.brief.periods import Period, periods_in
from vanne_assist.brief.places import called, is_word
from vanne_assist.brief.scan import Hit, places_in, terms_in
from vanne_assist.brief.spoken import is_language_row, languages_in
from vanne_assist.brief.text import Word, folded_phrase, split

Span = tuple[int, int]

_AROUND = (Kind.SKILL, Kind.INDUSTRY, Kind.COMPANY, Kind.CAREER)
_AT = re.compile(
    r"\s(?:at|bei|beim|im|in der|in einem|in einer|an der|am|chez|à l['’]|à la|à|au|aux|all['’]"
    r"|alla|al|allo|presso|da|for|für|pour|per|dans|nella|nell['’]|dell['’]|with)\s?(?=\S)"
    r"|\s[|·•@]\s|[,(|:;]|\.\s|\n|$"
)
_EMPLOYER = re.compile(
    r"(?:\s(?:at|bei|beim|im|an der|in der|am|chez|à l['’]|à la|au|aux|all['’]|alla|al|allo|presso)"
    r"(?: the)?\s?|\s[|·@]\s|\n)(?P<name>[^\W\d_a-zà-ÿ][^,.;:(|·\n]*[^\s,.;:(|·\n])"
)
_LEADING_PERIOD = re.compile(r"^\W*(?:von|de|from|dal)?\W*$", re.IGNORECASE)
_TITLE_AND = re.compile(r"\s(?:und|and|et|e)\s|\s[/&]\s|,\s")
_MOST_TITLE_WORDS = 9
_LONGEST_TITLES = 300
"""So many letters at most have the titles of one position together."""
_HEADING = re.compile(
    r"^\s*(?:(?P<skill>skills?|compétences|kenntnisse|fähigkeiten|competenze|top skills)"
    r"|(?P<language>languages|langues|sprachen|lingue)"
    r"|(?P<education>education|formation|ausbildung|bildung|formazione|istruzione)"
    r"|(?P<position>(?:work )?experience|expérience(?: professionnelle)?|berufserfahrung|erfahrung"
    r"|esperienza(?: professionale)?))\s*(?:[::]|$)",
    re.IGNORECASE,
)
_LABEL = re.compile(r"[^,:\d]{3,40}:")
_SKILLS_APART = re.compile(r"[,;•·|\n]|\.\s*$|\s(?:und|and|et|e)\s(?=[^,;]*$)")
_LINES_OF_A_NAME = 2
_SMALL = frozenset("in a au en aus von near from vicino pres".split())
"""Words that stand before a place."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an item says, and when it says that somebody worked."""

    facts: tuple[Fact, ...] = ()
    work: tuple[Period, ...] = ()


def read_passage(passage: Passage) -> Reading:
    """Read an item by its category, each thing once; posts and articles say nothing of a person."""
    read = _READERS.get(passage.category)
    if read is None:
        return Reading()
    reading = read(replace(passage, text=without_placeholders(passage.text)))
    once: dict[object, Fact] = {}
    for fact in reading.facts:
        once.setdefault((fact.kind, fact.value, fact.level, fact.since, fact.until), fact)
    return Reading(tuple(once.values()), reading.work)


def _position(passage: Passage) -> Reading:
    text = passage.text
    periods = periods_in(text)[:1]
    title = _title_span(text, periods)
    facts = [*_titles(passage, title, periods), *_employer(passage, title[1], periods)]
    first_end = _first_part(text, periods)
    facts += _places(passage, (0, first_end), periods)
    since, until = periods[0].years if periods else (None, None)
    facts += _terms(passage, (0, len(text)), _AROUND, since, until)
    return Reading(tuple(facts), periods)


def _first_part(text: str, periods: tuple[Period, ...]) -> int:
    """Return where what says where and when ends, and what says what begins."""
    if "\n" in text and periods and "\n" in text[: periods[0].span[0]]:
        return periods[0].span[1]
    end = re.search(r"[.:]\s|\n", text[periods[0].span[1] if periods else 0 :])
    offset = periods[0].span[1] if periods else 0
    return offset + end.start() if end else len(text)


def _title_span(text: str, periods: tuple[Period, ...]) -> Span:
    """Return where the title stands: first, or after a date and a comma or a colon."""
    start = 0
    if periods and _LEADING_PERIOD.match(text[: periods[0].span[0]]):
        after = re.match(r"\W*", text[periods[0].span[1] :])
        start = periods[0].span[1] + (after.end() if after else 0)
    end = _AT.search(text, start)
    return start, end.start() if end else len(text)


def _titles(passage: Passage, span: Span, periods: tuple[Period, ...]) -> Iterator[Fact]:
    since, until = periods[0].years if periods else (None, None)
    for start, end in _parts(passage.text, _before_place(passage.text, span)):
        said = passage.text[start:end]
        if not said.strip() or len(said.split()) > _MOST_TITLE_WORDS:
            continue
        if value := title_value(said.strip(), passage.lang):
            fact = Fact(Kind.TITLE, value, passage.item_id, (start, end), since=since, until=until)
            yield fact
        yield from _terms(passage, (start, end), (Kind.SENIORITY, Kind.SKILL), since, until)


def _before_place(text: str, span: Span) -> Span:
    """Leave out where somebody is what they are: «Lawyer in Bern»."""
    words = _words_in(text, span)
    for hit in places_in(words, text):
        if hit.first > 1 and words[hit.first - 1].folded in _SMALL:
            return span[0], words[hit.first - 1].start
    return span


def _employer(passage: Passage, start: int, periods: tuple[Period, ...]) -> Iterator[Fact]:
    """Yield the name after «at», «chez», «bei», «presso», or on the line after the title."""
    found = _EMPLOYER.match(passage.text, start)
    if found is None or called(folded_phrase(found["name"])):
        return
    if periods_in(found["name"]) or len(found["name"].split()) > _MOST_TITLE_WORDS:
        return
    since, until = periods[0].years if periods else (None, None)
    value, span = employer_value(found["name"]), found.span("name")
    yield Fact(Kind.COMPANY, value, passage.item_id, span, since=since, until=until)


def _parts(text: str, span: Span) -> Iterator[Span]:
    """Split «Pharmacist and team leader» where both are titles."""
    start, end = span
    for found in _TITLE_AND.finditer(text, start, min(end, start + _LONGEST_TITLES)):
        later = text[found.end() : min(end, found.end() + _LONGEST_TITLES)]
        if terms_in(split(later), later, (Kind.TITLE, Kind.SENIORITY)):
            yield start, found.start()
            start = found.end()
    yield start, end


def _places(passage: Passage, span: Span, periods: tuple[Period, ...]) -> Iterator[Fact]:
    """Yield the last place: what comes before it may be part of the employer's name."""
    words = _words_in(passage.text, span)
    hits = [hit for hit in places_in(words, passage.text) if _is_place(words, hit)]
    if hits:
        since, until = periods[0].years if periods else (None, None)
        towns = [hit for hit in hits if hit.value.isdecimal()]
        where = (towns or hits)[-1]
        yield Fact(
            Kind.PLACE, where.value, passage.item_id, where.span(words), since=since, until=until
        )


def _is_place(words: list[Word], hit: Hit) -> bool:
    """Say whether a place stands where places do: after a mark or a small word, or alone."""
    if hit.first == 0:
        return hit.last == len(words)
    before = words[hit.first - 1]
    name = " ".join(word.folded for word in words[hit.first : hit.last])
    return before.is_mark or before.folded in _SMALL or not (is_word(name) or before.is_capital)


def _terms(
    passage: Passage,
    span: Span,
    kinds: Collection[Kind],
    since: int | None = None,
    until: int | None = None,
) -> Iterator[Fact]:
    words = _words_in(passage.text, span)
    for kind in kinds:
        for hit in terms_in(words, passage.text, (kind,)):
            yield Fact(kind, hit.value, passage.item_id, hit.span(words), since=since, until=until)


def _words_in(text: str, span: Span) -> list[Word]:
    return [
        replace(word, start=word.start + span[0], end=word.end + span[0])
        for word in split(text[slice(*span)])
    ]


def _profile(passage: Passage) -> Reading:
    if is_language_row(passage.text):
        return Reading(tuple(languages_in(passage, (0, len(passage.text)))))
    body = _after_name(passage.text)
    facts = [*_headline(passage, body)]
    whole = (body, len(passage.text))
    facts += _places(passage, whole, ())
    facts += languages_in(passage, whole)
    facts += _terms(passage, whole, _AROUND)
    facts += _degrees(passage, whole)
    return Reading(tuple(facts))


def _degrees(passage: Passage, span: Span) -> Iterator[Fact]:
    """Yield degrees and schools: a subject alone is as often somebody's work as their studies."""
    return (fact for fact in _studies(passage, span) if not fact.value.startswith("field:"))


def _after_name(text: str) -> int:
    """Return where what follows the name begins: the name is one line, or two of one word each.

    A profile without a name begins with the headline.
    """
    lines = text.split("\n")
    if len(lines) == 1 or _is_headline(lines[0]):
        return 0
    count = 1
    if len(lines[0].split()) == 1 and len(lines[1].split()) == 1 and len(lines) > _LINES_OF_A_NAME:
        count = _LINES_OF_A_NAME
    return sum(len(line) + 1 for line in lines[:count])


def _is_headline(line: str) -> bool:
    """Say whether a line is a title and no name: «Rust engineer», not «Thomas Cook».

    >>> [_is_headline(line) for line in ("Senior Data Scientist", "Cuisinier", "Thomas Cook")]
    [True, True, False]
    """
    words = split(line)
    titles = terms_in(words, line, (Kind.TITLE,))
    known = [*titles, *terms_in(words, line, (Kind.SENIORITY, Kind.SKILL, Kind.INDUSTRY))]
    inside = {at for hit in known for at in range(hit.first, hit.last)}
    is_written_small = any(not words[hit.last - 1].is_capital for hit in titles)
    return bool(titles) and (is_written_small or len(inside) == len(words))


def _headline(passage: Passage, start: int) -> Iterator[Fact]:
    text = passage.text[start:]
    line_end = start + (text.index("\n") if "\n" in text else len(text))
    found = _AT.search(passage.text, start)
    end = min(line_end, found.start() if found else line_end)
    said = passage.text[start:end]
    if terms_in(split(said), said, (Kind.TITLE,)):
        yield from _titles(passage, (start, end), ())


def _education(passage: Passage) -> Reading:
    return Reading(tuple(_studies(passage, (0, len(passage.text)))))


def _studies(passage: Passage, span: Span) -> Iterator[Fact]:
    """Yield degrees, fields and schools; degrees first, so that «brevet de technicien» is one."""
    periods = periods_in(passage.text[slice(*span)])
    since, until = periods[0].years if periods else (None, None)
    for fact in _terms(passage, span, (Kind.EDUCATION,), since, until):
        yield replace(fact, number=None if until is None else float(until))


def _skills(passage: Passage) -> Reading:
    heading = _HEADING.match(passage.text)
    return Reading(tuple(_listed(passage, (heading.end() if heading else 0, len(passage.text)))))


def _listed(passage: Passage, span: Span) -> Iterator[Fact]:
    """Yield what a list names, by its entry in the lexicon or as it is written."""
    start, end = span
    edges = [(m.start(), m.end()) for m in _SKILLS_APART.finditer(passage.text, start, end)]
    for stop, after in [*edges, (end, end)]:
        said = passage.text[start:stop]
        left = len(said) - len(said.lstrip())
        where = (start + left, start + left + len(said.strip()))
        if said.strip():
            yield Fact(Kind.SKILL, _skill_value(said.strip()), passage.item_id, where)
        start = after


def _skill_value(said: str) -> str:
    terms = [t for t in book().look(folded_phrase(said)) if t.kind is Kind.SKILL]
    return terms[0].value if terms else folded_phrase(said)


def _cv(passage: Passage) -> Reading:
    """Read a CV line by line: a line belongs to the heading above it."""
    facts: list[Fact] = []
    work: list[Period] = []
    section, start = "head", 0
    for number, line in enumerate(passage.text.split("\n")):
        span = (start, start + len(line))
        start += len(line) + 1
        found = _HEADING.match(line)
        if found:
            section = found.lastgroup or section
            span = (span[0] + found.end(), span[1])
        elif not line.strip():
            continue
        elif section not in ("head", "position", "education") and _LABEL.match(line):
            section = "other"
        if section == "position":
            work += _job(passage, span, facts)
        elif number or found:
            facts += _cv_line(passage, section, span)
    return Reading(tuple(facts), tuple(work))


def _cv_line(passage: Passage, section: str, span: Span) -> Iterator[Fact]:
    if section == "head" and "@" not in passage.text[slice(*span)]:
        end = _AT.search(passage.text, span[0])
        yield from _titles(passage, (span[0], min(span[1], end.start() if end else span[1])), ())
        yield from _places(passage, span, ())
    elif section == "education":
        yield from _studies(passage, span)
    elif section == "skill":
        yield from _listed(passage, span)
    elif section == "language":
        yield from languages_in(passage, span, is_list=True)
    if section in ("head", "other"):
        yield from languages_in(passage, span)


def _job(passage: Passage, span: Span, facts: list[Fact]) -> Iterator[Period]:
    """Read a line of a job as a position is read, and move what it says to where it stands."""
    line = replace(passage, text=passage.text[slice(*span)])
    reading = _position(line)
    for fact in reading.facts:
        facts.append(replace(fact, span=(fact.span[0] + span[0], fact.span[1] + span[0])))
    for period in reading.work:
        yield replace(period, span=(period.span[0] + span[0], period.span[1] + span[0]))


_READERS: dict[str, Callable[[Passage], Reading]] = {
    "position": _position,
    "profile": _profile,
    "education": _education,
    "skill": _skills,
    "cv": _cv,
}
