"""The stored job postings of a network, each with the criteria that it asks, ready to be matched.

A posting is read once, when it is added. Its title criterion comes from the title alone, because
the text of an advert names many occupations, those of colleagues and clients too. Skills,
languages, years and degrees come from all fields, the place from its own field. A «must» in the
text filters nobody out, because prose is read with errors: members who meet less see what is
missing. Protected requirements are removed before anything is read, in the wording of
`vanne_assist.fairness.protected`, and stored to be shown.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache

import numpy as np
from pydantic import TypeAdapter
from sqlalchemy import delete, func, insert, select

from vanne.config import Home
from vanne.database import Database
from vanne.places import place_of
from vanne_assist.brief.criteria import MOST_CRITERIA, Brief, Criterion, Kind, renumbered
from vanne_assist.brief.job_titles import title_value
from vanne_assist.brief.parse import MOST_LETTERS, read_brief
from vanne_assist.brief.text import folded_phrase
from vanne_assist.fairness.protected import Attribute, protected_asks, reworded
from vanne_assist.jobs.posting import JobPosting
from vanne_assist.search.encoder import TitleIndex, embed
from vanne_assist.search.words import WordIndex, stems_of
from vanne_assist.tables import job_posting
from vanne_assist.titles import neutral

MOST_SKILLS = 12
"""Somebody is judged by so many skills at most, those of the posting's own field first."""
_MOST_TITLE = 500
"""Letters of a title that are read: titles have some fifty."""
_FROM_TEXT = (Kind.SKILL, Kind.LANGUAGE, Kind.YEARS, Kind.EDUCATION)
_PLACES = -1
"""The number of alternatives that the places share: somebody works in one of them."""


@dataclass(frozen=True, slots=True)
class ProtectedFlag:
    """Something that a posting asks and the law protects, and why."""

    attribute: str
    said: str
    lawful: str | None
    reason: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reason", str(Attribute(self.attribute).reason))


@dataclass(frozen=True, slots=True)
class Offer:
    """A posting with what it asks. `brief` is without what must not be asked."""

    posting: JobPosting
    brief: Brief
    flags: tuple[ProtectedFlag, ...]

    @property
    def title_form(self) -> str:
        """The posting's title in its form for everybody."""
        titles = [each.value for each in self.brief.criteria if each.kind is Kind.TITLE]
        title = self.posting.title
        return titles[0] if titles else neutral(title, self.brief.lang) or title


def offer_of(posting: JobPosting) -> Offer:
    """Read what a posting asks."""
    whole = posting.whole[:MOST_LETTERS]
    asks = protected_asks(whole)
    in_skills = (ask for skill in posting.skills for ask in protected_asks(skill))
    text = reworded(whole, asks) if asks else whole
    criteria: dict[tuple[Kind, str], Criterion] = {}
    skills = 0
    for each in (*_title(posting), *_requirements(posting, text), *_workplaces(posting)):
        skills += each.kind is Kind.SKILL and (each.kind, each.value) not in criteria
        if each.kind is not Kind.SKILL or skills <= MOST_SKILLS:
            criteria.setdefault((each.kind, each.value), each)
    return Offer(
        posting,
        Brief(text, posting.lang, tuple(criteria.values()), ""),
        tuple(ProtectedFlag(a.attribute.value, a.said, a.lawful) for a in (*asks, *in_skills)),
    )


def _title(posting: JobPosting) -> Iterator[Criterion]:
    title = reworded(posting.title, protected_asks(posting.title))
    criteria = read_brief(title[:_MOST_TITLE], posting.lang).criteria if _has_words(title) else ()
    titles = [replace(each, span=None) for each in criteria if each.kind is Kind.TITLE]
    if titles:
        yield titles[0]
    elif value := title_value(title, posting.lang):
        yield Criterion(Kind.TITLE, value, title)


def _requirements(posting: JobPosting, text: str) -> Iterator[Criterion]:
    """Yield the skills and the years of the posting's own fields, and then what its text asks."""
    skills = [each for each in posting.skills if not protected_asks(each)]
    for number, skill in enumerate(skills):
        read = renumbered(read_brief(skill, posting.lang).criteria, number * MOST_CRITERIA)
        known = [each for each in read if each.kind is Kind.SKILL]
        name = Criterion(Kind.SKILL, folded_phrase(skill), skill)
        yield from (replace(each, span=None, force="must") for each in known or [name])
    if posting.months:
        least = round(posting.months / 12, 1)
        yield Criterion(Kind.YEARS, "experience", f"{least:g}", least=least)
    criteria = read_brief(text, posting.lang).criteria if _has_words(text) else ()
    for each in renumbered(criteria, len(skills) * MOST_CRITERIA):
        is_new = each.kind is not Kind.YEARS or (
            posting.months is None and each.value == "experience" and bool(each.least)
        )
        if each.kind in _FROM_TEXT and each.force != "not" and is_new:
            yield replace(each, span=None)


def _workplaces(posting: JobPosting) -> Iterator[Criterion]:
    either = _PLACES if len(posting.workplaces) > 1 else None
    for value in posting.workplaces:
        known = place_of(value)
        yield Criterion(Kind.PLACE, value, known.name if known else value, either=either)


def _has_words(text: str) -> bool:
    return any(map(str.isalnum, text))


# The board


@dataclass(frozen=True)
class Board:
    """Offers that can be matched."""

    offers: tuple[Offer, ...]
    titles: TitleIndex

    @classmethod
    def of(cls, offers: Sequence[Offer]) -> "Board":
        """Make a board of offers that are in memory."""
        forms = tuple(dict.fromkeys(each.title_form for each in offers))
        return cls(tuple(offers), TitleIndex(forms, embed(forms)))

    @cached_property
    def forms(self) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
        """Which of the distinct titles each offer has."""
        place_of = {form: at for at, form in enumerate(self.titles.forms)}
        return np.array([place_of[each.title_form] for each in self.offers], np.int64)

    @cached_property
    def words(self) -> WordIndex:
        """The words of all postings, without what must not be asked."""
        stems = [stems_of([(each.brief.text, each.brief.lang)]) for each in self.offers]
        return WordIndex(np.concatenate([np.zeros(0, np.uint32), *stems]), map(len, stems))


_JSON = TypeAdapter(Offer)


def read(home: Home) -> tuple[Offer, ...]:
    """Return the offers of a home in the order in which they were added; none if none were."""
    query = select(job_posting.c.document).order_by(job_posting.c.number)
    with Database.of(home).reading() as db:
        return tuple(_JSON.validate_json(document) for document in db.scalars(query))


def latest(home: Home) -> Board:
    """Return the offers of a home, ready to be matched; they are held until they change.

    Raises:
        BusyError, StorageError: they cannot be read.
        MissingError: a package that matching needs is not installed.
    """
    query = select(func.count(), func.coalesce(func.max(job_posting.c.number), 0))
    with Database.of(home).reading() as db:
        count, newest = db.execute(query).one()
    return _board(home, count, newest)


@lru_cache(maxsize=1)  # how many there are and the newest number: others after each change
def _board(home: Home, count: int, newest: int) -> Board:
    return Board.of(read(home))


def add(home: Home, postings: Iterable[JobPosting], as_of: datetime) -> tuple[int, int, int]:
    """Add postings; let go of those that are over. Return how many are new, replaced, over.

    A posting with the id of one that is there replaces it.
    """
    added = {posting.posting_id: offer_of(posting) for posting in postings}
    rows = [
        {
            "posting_id": name,
            "expires": each.posting.expires,
            "document": _JSON.dump_json(each).decode(),
        }
        for name, each in added.items()
        if each.posting.is_open(as_of)
    ]
    with Database.of(home).writing() as db:
        same = (delete(job_posting).filter_by(posting_id=name) for name in added)
        replaced = sum(db.execute(each).rowcount for each in same)
        over = db.execute(delete(job_posting).where(job_posting.c.expires <= as_of)).rowcount
        if rows:
            db.execute(insert(job_posting), rows)
    return len(added) - replaced, replaced, over + len(added) - len(rows)
