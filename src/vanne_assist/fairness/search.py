"""Search for people: check the brief, find people, and record who is shown.

    brief → does it ask for what the law protects?  → `RefusedError`, with the lawful wording
          → find, narrow
          → record                                  → only then are people shown

The command line, the pages and the API all use `search`, so everybody who is
shown is in the record. `vanne_assist.search.find` alone is for measurements, which show nobody.
"""

from collections.abc import Iterator, Mapping
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
    about: Mapping[str, Any] | None = None,
    partly: bool = False,
) -> RecordedPage:
    """Find people for a brief and record who is shown.

    `about` is what else is recorded of the search. `partly` looks for those who meet a part of what
    is required.

    Raises:
        RefusedError: the brief asks for what the law protects.
        StorageError, BusyError: the search could not be recorded: nobody is shown.
    """
    refuse_protected(brief)
    results = find(index, brief, count=min(MOST, offset + count), partly=partly)
    hits = results.hits[offset : offset + count]
    filters: dict[str, Any] = {
        **(about or {}),
        "lang": brief.lang,
        "rest": brief.rest,
        "shown": results.shown,
        "nearly": results.nearly,
        "without": results.without,
    }
    if brief.notices:
        filters["notices"] = [asdict(each) for each in brief.notices]
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
        eligible=results.passed,
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
