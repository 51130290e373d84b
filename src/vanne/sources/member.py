"""What an archive says about its member: how they appear in rows, and facts for the inspection."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from vanne.sources.age_facts import has_studied, is_secondary
from vanne.sources.csvtext import TableRows
from vanne.sources.dates import GROUPS, birth_date, first_day, last_day, parse
from vanne.sources.kinds import LinkedInKind
from vanne.sources.people import Owner, is_profile, plain_name, plain_url
from vanne.sources.reading import MemberFacts, School
from vanne.sources.rows import Cells

KindTable = tuple[LinkedInKind, TableRows]
CV_TEXT = "Private Identity Asset Raw Text"


@dataclass(frozen=True, slots=True)
class _View:
    """The usable rows of one table, by column."""

    cells: Cells
    table: TableRows

    def columns(self, *names: str) -> Iterator[tuple[str, ...]]:
        rows = (row.fields for row in self.table.rows if row.fault is None)
        return (tuple(self.cells.get(row, name).strip() for name in names) for row in rows)


def owner_of(tables: Iterable[KindTable]) -> Owner:
    """Find out under which names and addresses the member appears.

    The profile has no address. It is the inviter of outgoing and the invitee of incoming
    invitations; without any, the address from which messages were sent under the profile's name.
    Without a profile too, it is the one address that put questions to an assistant.
    """
    tables = list(tables)
    names = frozenset(
        plain_name(f"{first} {last}")
        for view in _views(tables, "profile")
        for first, last in view.columns("First Name", "Last Name")
        if first or last
    )
    urls = frozenset(_invited(tables)) or (
        frozenset(_sent(tables, names)) if names else frozenset()
    )
    return Owner(names, urls or (frozenset() if names else _asking(tables)))


def _invited(tables: list[KindTable]) -> Iterator[str]:
    for view in _views(tables, "invitations"):
        for direction, inviter, invitee in view.columns(
            "Direction", "inviterProfileUrl", "inviteeProfileUrl"
        ):
            own = {"OUTGOING": inviter, "INCOMING": invitee}.get(direction.upper(), "")
            if own:
                yield plain_url(own)


def _sent(tables: list[KindTable], names: frozenset[str]) -> Iterator[str]:
    for view in _views(tables, "messages"):
        for name, url in view.columns("FROM", "SENDER PROFILE URL"):
            if url and plain_name(name) in names:
                yield plain_url(url)


def _asking(tables: list[KindTable]) -> frozenset[str]:
    found = frozenset(
        plain_url(url)
        for view in _views(tables, "assistant-messages")
        for (url,) in view.columns("SENDER PROFILE URL")
        if is_profile(url)
    )
    return found if len(found) == 1 else frozenset()


def facts_of(tables: Iterable[KindTable], today: date) -> MemberFacts:
    """Collect what bears on region and age; `today` is the day of the newest archive."""
    tables = list(tables)
    births = (v for view in _views(tables, "profile") for (v,) in view.columns("Birth Date"))
    locations = (v for view in _views(tables, "profile") for (v,) in view.columns("Geo Location"))
    years = (
        v for view in _views(tables, "verifications") for (v,) in view.columns("Year of birth")
    )
    return MemberFacts(
        location=next((place for place in locations if place), None),
        birth_year=next((int(y) for y in years if re.fullmatch(r"(?:19|20)\d\d", y)), None),
        birth_date=next((day for v in births if (day := birth_date(v, today))), None),
        registered_at=next(_registered(tables), None),
        schools=tuple(_schools(tables)),
    )


def cv_texts(tables: Iterable[KindTable]) -> Iterator[str]:
    """Yield the texts of the CVs that the member uploaded."""
    return (v for view in _views(tables, "cv") for (v,) in view.columns(CV_TEXT) if v)


def _registered(tables: list[KindTable]) -> Iterator[datetime]:
    for view in _views(tables, "registration"):
        for (value,) in view.columns("Registered At"):
            moment = parse(value, GROUPS["timestamp"])
            if moment is not None:
                yield moment


def _schools(tables: list[KindTable]) -> Iterator[School]:
    for view in _views(tables, "education"):
        for name, degree, start, end in view.columns(
            "School Name", "Degree Name", "Start Date", "End Date"
        ):
            dated = bool(start or end)  # many adults name their last exam at school without a date
            if is_secondary(name, degree if dated else "") and not has_studied(degree):
                yield School(first_day(start), last_day(end))


def _views(tables: Iterable[KindTable], name: str) -> Iterator[_View]:
    for kind, table in tables:
        if kind.name == name and table.header:
            yield _View(Cells(table.header), table)
