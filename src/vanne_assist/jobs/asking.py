"""What a posting asks: criteria that a person can be judged by, and what must not be asked.

The title is read from the title alone: the text of an advert names many occupations, those of
colleagues and clients too. Skills, languages, years and degrees are read from everywhere, the place
from its own field. Nothing is a filter because a text says «must»: prose is read with errors, and
whoever meets less is shown what is missing. What the law protects is taken out before anything is
read, in the wording of `vanne_assist.fairness.protected`, and kept to be shown.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vanne.words import Message
from vanne_assist.brief.criteria import Brief, Criterion, Kind, renumbered
from vanne_assist.brief.edits import MOST_CRITERIA
from vanne_assist.brief.job_titles import title_value
from vanne_assist.brief.parse import MOST_LETTERS, read_brief
from vanne_assist.brief.places import place
from vanne_assist.brief.text import folded_phrase
from vanne_assist.fairness.protected import Attribute, protected_asks, reworded
from vanne_assist.jobs.posting import Posting

_FROM_TEXT = (Kind.SKILL, Kind.LANGUAGE, Kind.YEARS, Kind.EDUCATION)
MOST_SKILLS = 12
_PLACES = -1
"""Where somebody works in one of several places, these are alternatives."""


@dataclass(frozen=True, slots=True)
class Flag:
    """Something that a posting asks and the law protects."""

    attribute: str
    said: str
    lawful: str | None

    @property
    def reason(self) -> Message:
        """Why the law protects it."""
        return Attribute(self.attribute).reason


@dataclass(frozen=True, slots=True)
class Asked:
    """A posting with what it asks. `brief` is without what must not be asked."""

    posting: Posting
    brief: Brief
    flags: tuple[Flag, ...]


def ask(posting: Posting) -> Asked:
    """Read what a posting asks."""
    whole = posting.whole[:MOST_LETTERS]
    stopped = protected_asks(whole)
    in_skills = (ask for skill in posting.skills for ask in protected_asks(skill))
    flags = tuple(Flag(a.attribute.value, a.said, a.lawful) for a in (*stopped, *in_skills))
    text = reworded(whole, stopped) if stopped else whole
    title = reworded(posting.title, protected_asks(posting.title))
    criteria = dict.fromkeys((*_titles(title, posting), *_read(posting, text), *_places(posting)))
    kept = tuple(_once(criteria))
    return Asked(posting, Brief(text, posting.lang, kept, ""), flags)


def _titles(title: str, posting: Posting) -> Iterator[Criterion]:
    found = read_brief(title[:500], posting.lang).criteria if any(map(str.isalnum, title)) else ()
    titles = [replace(each, span=None) for each in found if each.kind is Kind.TITLE]
    if titles:
        yield titles[0]
    elif value := title_value(title, posting.lang):
        yield Criterion(Kind.TITLE, value, title)


def _read(posting: Posting, text: str) -> Iterator[Criterion]:
    skills = [each for each in posting.skills if not protected_asks(each)]
    for number, skill in enumerate(skills):
        read = renumbered(read_brief(skill, posting.lang).criteria, number * MOST_CRITERIA)
        known = [each for each in read if each.kind is Kind.SKILL]
        name = Criterion(Kind.SKILL, folded_phrase(skill), skill)
        yield from (replace(each, span=None, force="must") for each in known or [name])
    if posting.months:
        least = round(posting.months / 12, 1)
        yield Criterion(Kind.YEARS, "experience", f"{least:g}", least=least)
    found = read_brief(text, posting.lang).criteria if any(map(str.isalnum, text)) else ()
    for each in renumbered(found, len(skills) * MOST_CRITERIA):
        is_years = each.kind is Kind.YEARS
        if each.kind not in _FROM_TEXT or each.force == "not":
            continue
        if not is_years or (posting.months is None and each.value == "experience" and each.least):
            yield replace(each, span=None)


def _places(posting: Posting) -> Iterator[Criterion]:
    either = _PLACES if len(posting.workplaces) > 1 else None
    for value in posting.workplaces:
        found = place(value)
        yield Criterion(Kind.PLACE, value, found.name if found else value, either=either)


def _once(criteria: dict[Criterion, None]) -> Iterator[Criterion]:
    """Yield each thing once, and not more skills than somebody can be judged by."""
    seen: set[tuple[Kind, str]] = set()
    skills = 0
    for each in criteria:
        if (each.kind, each.value) in seen:
            continue
        seen.add((each.kind, each.value))
        skills += each.kind is Kind.SKILL
        if each.kind is not Kind.SKILL or skills <= MOST_SKILLS:
            yield each
