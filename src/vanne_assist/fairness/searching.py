"""Search as people use it: the brief is checked, the order declared, and what is shown recorded.

    brief → asked? stop                  → `RefusedError`, with the lawful wording
          → find, narrow, weigh          → the search's own order
          → rerank, if it was declared   → both orders
          → record                       → only then are people shown

`search` is what the command line, the pages, the interface for programs and the postings go
through: whoever is shown to anybody is in the record. `find` alone is for measurements, which show
nobody to anyone. A recorded search can be made again: the same index, ledger and criteria give the
same list, and what differs is told.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from vanne.config import Home
from vanne.errors import RefusedError
from vanne.words import Message
from vanne_assist.brief.criteria import Brief, Kind
from vanne_assist.brief.criteria_json import criteria_from, criteria_json
from vanne_assist.brief.judge import judge
from vanne_assist.brief.parse import read_brief
from vanne_assist.fairness.attributes import Attributes
from vanne_assist.fairness.counterfactual import LANGUAGES, Comparison, compare, title_briefs
from vanne_assist.fairness.declared import Declaration, ordered, read_declaration
from vanne_assist.fairness.protected import Ask, asked, reworded
from vanne_assist.fairness.record import ERASED, Hit, Search, SearchLog
from vanne_assist.fairness.report import Ranked, Source, audit, listings_of, read_briefs
from vanne_assist.search.find import MOST, Results, find
from vanne_assist.search.find import Hit as Found
from vanne_assist.search.index import Index
from vanne_assist.search.weights import Weights, added

DEEP = 200
"""How many people of a list are put in another order by weights or by a declaration."""

Among = Callable[[Found], bool]
"""Says whether somebody whom a brief found may be in the list."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who searches: an account's id (no name), in which role, for which organisation."""

    account: str
    role: str
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """What a search shows: the page of people, in the order shown, and the record of it."""

    results: Results
    search: Search

    @property
    def hits(self) -> tuple[Found, ...]:
        """Return the people who are shown."""
        return self.results.hits


@dataclass(frozen=True, slots=True)
class Replay:
    """A recorded search made again. `erased` people are in the record without their id."""

    search: Search
    is_same_index: bool
    is_same_list: bool
    gone: int
    new: int
    erased: int


def search(
    home: Home,
    index: Index,
    brief: Brief,
    asker: Asker,
    now: datetime,
    *,
    count: int = 20,
    offset: int = 0,
    weights: Weights | None = None,
    among: Among | None = None,
    about: Mapping[str, Any] | None = None,
) -> Listed:
    """Find people for a brief, put them in the declared order if there is one, and record it.

    `weights` are those of the asker's opinions, `among` leaves people out whom the brief would
    find, `about` is what else is recorded of the search.

    Raises:
        RefusedError: the brief asks for what the law protects.
        StorageError, BusyError: it could not be recorded: nobody is shown.
    """
    refuse_protected(brief)
    declaration = read_declaration(home.root / "fairness.toml")
    least = max(offset + count, declaration.top if declaration else 0)
    results = _found(index, brief, least, weights or {}, among, is_reordered=bool(declaration))
    places = _places(results, declaration)
    shown = tuple(places[offset : offset + count])
    made = Search(
        at=now,
        by=asker.account,
        role=asker.role,
        organisation=asker.organisation,
        brief=brief.text,
        criteria=tuple(criteria_json(brief.criteria)),
        filters=_filters(brief, results, weights or {}, about or {}),
        index=results.index,
        encoder=index.made.encoder,
        eligible=len(results.hits) if among else results.passed,
        hits=tuple(_recorded(brief, shown, offset)),
        rule=declaration.rule() if declaration else None,
    )
    kept = SearchLog(home).add(made)
    hits = tuple(hit for hit, _ in shown)
    return Listed(replace(results, hits=hits, offset=offset), kept)


def protected(brief: Brief) -> tuple[Ask, ...]:
    """Return what a brief, or a criterion that was added to it, asks that the law protects."""
    return tuple(ask for text in _said(brief) for ask in asked(text))


def refuse_protected(brief: Brief) -> None:
    """Stop a brief, or what people added to it, that asks for what the law protects.

    Raises:
        RefusedError: with the lawful wording.
    """
    for text in _said(brief):
        if asks := asked(text):
            first = asks[0]
            lawful = reworded(text, asks)
            what = Message("protected-ask", words=first.said, reason=first.reason)
            leave = Message("leave-ask-out")
            todo = Message("ask-instead", lawful=lawful) if lawful else leave
            raise RefusedError(what, todo=todo)


def _said(brief: Brief) -> Iterator[str]:
    """Yield the words of a brief, and those of criteria that are not from its text."""
    yield brief.text
    yield from (each.said for each in brief.criteria if each.span is None)


def _found(
    index: Index,
    brief: Brief,
    least: int,
    weights: Weights,
    among: Among | None,
    *,
    is_reordered: bool = False,
) -> Results:
    """Return at least so many people in the search's own order, weighed and narrowed.

    A list that is put in another order is always looked at as deep, whichever page of it is shown:
    the pages are parts of one list.
    """
    deep = MOST if among else DEEP if weights or is_reordered else 0
    results = find(index, brief, count=min(MOST, max(least, deep)))
    hits = [_weighed(brief, hit, weights) for hit in results.hits if not among or among(hit)]
    if weights:
        hits.sort(key=lambda hit: -hit.score)
    return replace(results, hits=tuple(hits))


def _weighed(brief: Brief, hit: Found, weights: Weights) -> Found:
    """Add to a score what opinions make of the criteria that somebody meets."""
    if not weights:
        return hit
    more = added([judge(each, hit.profile) for each in brief.criteria], weights)
    return replace(hit, score=round(hit.score + more, 4), opinions=round(more, 4))


def _places(results: Results, declaration: Declaration | None) -> list[tuple[Found, int]]:
    """Return the hits in the order to show, each with its place before, from 1."""
    before = {hit.member_id: place for place, hit in enumerate(results.hits, start=1)}
    ranked = [(hit.member_id, hit.score) for hit in results.hits]
    order = ordered(ranked, declaration)
    return [(results.hits[before[member] - 1], before[member]) for member in order.after]


def _recorded(brief: Brief, shown: Sequence[tuple[Found, int]], offset: int) -> Iterator[Hit]:
    for place, (hit, before) in enumerate(shown, start=offset + 1):
        yield Hit(hit.member_id, place, hit.parts, tuple(_met(brief, hit)), before)


def _met(brief: Brief, hit: Found) -> Iterator[str]:
    for criterion, state in zip(brief.criteria, hit.states, strict=True):
        if state == "met" and criterion.force != "not":
            yield criterion.said


def _filters(
    brief: Brief, results: Results, weights: Weights, about: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what is recorded beside the criteria: with it the search can be made again."""
    found: dict[str, Any] = {
        "lang": brief.lang,
        "rest": brief.rest,
        "shown": results.shown,
        "nearly": results.nearly,
    }
    if weights:
        found["weights"] = {kind.value: weight for kind, weight in weights.items()}
    return {**about, **found}


def replay(index: Index, recorded: Search, among: Among | None = None) -> Replay:
    """Make a recorded search again, and say what is not as it was.

    People who have said no since, or whose items changed, are gone or stand elsewhere. A search
    that was narrowed is narrowed again by `among`.
    """
    last = max((hit.place_before or hit.place for hit in recorded.hits), default=1)
    weights = {Kind(kind): by for kind, by in recorded.filters.get("weights", {}).items()}
    results = _found(index, brief_of(recorded), last, weights, among)
    now = {place: hit.member_id for place, hit in enumerate(results.hits, start=1)}
    was = {hit.place_before or hit.place: hit.member_id for hit in recorded.hits}
    there, known = set(now.values()), {m for m in was.values() if m != ERASED}
    return Replay(
        search=recorded,
        is_same_index=results.index == recorded.index,
        is_same_list=all(now.get(place) == m for place, m in was.items() if m != ERASED),
        gone=len(known - there),
        new=len({now[place] for place in was if place in now} - known) - _erased(was),
        erased=_erased(was),
    )


def _erased(was: Mapping[int, str]) -> int:
    return sum(member == ERASED for member in was.values())


def brief_of(recorded: Search) -> Brief:
    """Return the brief of a recorded search, with the criteria as they were edited."""
    criteria = criteria_from(recorded.criteria)
    return Brief(recorded.brief, recorded.filters["lang"], criteria, recorded.filters["rest"])


# Measurements


def everybody(index: Index, brief: str, lang: str | None = None) -> Ranked:
    """Return everybody whom a brief finds, with the score."""
    read = read_brief(brief, lang)
    found: list[tuple[str, float]] = []
    while True:
        results = find(index, read, count=MOST, offset=len(found))
        found += [(hit.member_id, hit.score) for hit in results.hits]
        if not results.hits or len(found) >= results.passed:
            return found


def titles_swapped(index: Index, count: int = 10, titles: int | None = None) -> list[Comparison]:
    """Compare, in each language, whom a title finds in its one form and in its other.

    With `titles` only the first so many of each language.
    """

    def by(lang: str) -> Comparison:
        def first(brief: str, most: int) -> list[str]:
            results = find(index, read_brief(brief, lang), count=most)
            return [hit.member_id for hit in results.hits]

        return compare(first, title_briefs(lang)[:titles], lang, count=count)

    return [by(lang) for lang in LANGUAGES]


def audit_index(
    home: Home,
    briefs: Path,
    attributes: Attributes,
    at: datetime,
    *,
    top: int,
    titles: int | None = None,
) -> dict[str, Any]:
    """Audit the index of a home with a file of briefs, and swap the titles of every language.

    Raises:
        InputError: a brief cannot be read, or nobody was found.
        MissingError, VerificationError: there is no index, or it is damaged.
    """
    with Index.open(home) as index:
        listings, stopped = listings_of(read_briefs(briefs), lambda brief: everybody(index, brief))
        source = Source(index.made.sha256[:16], index.made.encoder)
        document = audit(listings, attributes, source, at, top=top, stopped=stopped)
        swapped = titles_swapped(index, titles=titles)
        return document | {"counterfactual": [_compared(each) for each in swapped]}


def _compared(found: Comparison) -> dict[str, Any]:
    return {
        "what": "titles",
        "lang": found.lang,
        "briefs": found.briefs,
        "empty": found.empty,
        "overlap": None if found.overlap is None else round(found.overlap, 4),
        "same_order": None if found.same_order is None else round(found.same_order, 4),
        "met": found.met,
        "worst": [asdict(each) for each in found.worst],
    }
