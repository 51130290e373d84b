"""Search for people: check the brief, find people, and record who is shown.

    brief → does it ask for what the law protects?  → `RefusedError`, with the lawful wording
          → find, narrow
          → record                                  → only then are people shown

The command line, the pages, the API and the job postings all use `search`, so everybody who is
shown is in the record. `vanne_assist.search.find` alone is for measurements, which show nobody.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from vanne.config import Home
from vanne.errors import RefusedError
from vanne.words import Message
from vanne_assist.brief.criteria import Brief, BriefNotice, criteria_from, criteria_json
from vanne_assist.fairness.protected import Ask, protected_asks
from vanne_assist.fairness.record import SearchLog, SearchRecord, ShownPerson
from vanne_assist.fairness.wording import offered
from vanne_assist.search.find import MOST, Hit, Results, find
from vanne_assist.search.index import Index

Among = Callable[[Sequence[Hit]], tuple[Hit, ...]]
"""Returns who of those whom a brief finds may be in the list."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who searches: an account's id (no name), in which role."""

    account: str
    role: str


@dataclass(frozen=True, slots=True)
class RecordedPage:
    """A page of people, in the order shown, and the record of it."""

    results: Results
    search: SearchRecord

    @property
    def hits(self) -> tuple[Hit, ...]:
        """Return the people who are shown."""
        return self.results.hits


def search(
    home: Home,
    index: Index,
    brief: Brief,
    asker: Asker,
    now: datetime,
    *,
    count: int = 20,
    offset: int = 0,
    among: Among | None = None,
    about: Mapping[str, Any] | None = None,
    partly: bool = False,
) -> RecordedPage:
    """Find people for a brief and record who is shown.

    `among` leaves people out whom the brief would
    find, `about` is what else is recorded of the search. `partly` looks for those who meet a part
    of what is required.

    Raises:
        RefusedError: the brief asks for what the law protects.
        StorageError, BusyError: the search could not be recorded: nobody is shown.
    """
    refuse_protected(brief)
    results = _results(index, brief, offset + count, among, partly=partly)
    hits = results.hits[offset : offset + count]
    filters: dict[str, Any] = {
        **(about or {}),
        "lang": brief.lang,
        "rest": brief.rest,
        "shown": results.shown,
        "nearly": results.nearly,
    }
    if brief.notices:
        filters["notices"] = [asdict(each) for each in brief.notices]
    if not among:
        filters["without"] = results.without
    if partly:
        filters["partly"] = True
    record = SearchRecord(
        at=now,
        by=asker.account,
        role=asker.role,
        brief=brief.text,
        criteria=tuple(criteria_json(brief.criteria)),
        filters=filters,
        index=results.index,
        encoder=index.made.encoder,
        eligible=len(results.hits) if among else results.passed,
        hits=tuple(
            ShownPerson(
                hit.member_id,
                place,
                hit.parts,
                tuple(
                    criterion.said
                    for criterion, state in zip(brief.criteria, hit.states, strict=True)
                    if state == "met" and criterion.force != "not"
                ),
            )
            for place, hit in enumerate(hits, start=offset + 1)
        ),
    )
    return RecordedPage(replace(results, hits=hits, offset=offset), SearchLog(home).add(record))


def protected(brief: Brief) -> tuple[Ask, ...]:
    """Return what a brief, or a criterion that was added to it, asks that the law protects."""
    return tuple(ask for text in _texts(brief) for ask in protected_asks(text))


def refuse_protected(brief: Brief) -> None:
    """Stop a brief, or what people added to it, that asks for what the law protects.

    Raises:
        RefusedError: with the lawful wording.
    """
    for text in _texts(brief):
        if asks := protected_asks(text):
            lawful = offered(text)
            said, about = asks[0].said, asks[0].attribute
            what = Message("protected-ask", words=said, reason=about.reason, law=about.law)
            instead = Message("ask-instead", lawful=lawful) if lawful else about.instead
            raise RefusedError(what, todo=instead)


def _texts(brief: Brief) -> Iterator[str]:
    """Yield the text of a brief, and the words of criteria that are not from it."""
    yield brief.text
    yield from (each.said for each in brief.criteria if each.span is None)


def _results(
    index: Index, brief: Brief, least: int, among: Among | None, *, partly: bool = False
) -> Results:
    """Return at least so many people, narrowed by `among`.

    A list that is narrowed is always looked at as deep, whichever page of it is shown:
    the pages are parts of one list.
    """
    results = find(index, brief, count=MOST if among else min(MOST, least), partly=partly)
    return replace(results, hits=among(results.hits)) if among else results


def brief_of(recorded: SearchRecord) -> Brief:
    """Return the brief of a recorded search, with the criteria as they were edited."""
    criteria, filters = criteria_from(recorded.criteria), recorded.filters
    return Brief(
        recorded.brief,
        filters["lang"],
        criteria,
        filters["rest"],
        tuple(
            BriefNotice(each["trouble"], tuple(each["said"])) for each in filters.get("notices", ())
        ),
    )
