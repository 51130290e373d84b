"""What an archive says about its member: how they appear in rows, and facts for the inspection."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

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
    urls = set[str]()
    for view in _views(tables, "invitations"):
        columns = ("Direction", "inviterProfileUrl", "inviteeProfileUrl")
        for direction, inviter, invitee in view.columns(*columns):
            url = {"OUTGOING": inviter, "INCOMING": invitee}.get(direction.upper(), "")
            urls |= {plain_url(url)} if url else set()
    if names and not urls:
        for view in _views(tables, "messages"):
            for name, url in view.columns("FROM", "SENDER PROFILE URL"):
                urls |= {plain_url(url)} if url and plain_name(name) in names else set()
    if not names and not urls:
        for view in _views(tables, "assistant-messages"):
            for (url,) in view.columns("SENDER PROFILE URL"):
                urls |= {plain_url(url)} if is_profile(url) else set()
        urls = urls if len(urls) == 1 else set()
    return Owner(names, frozenset(urls))


def facts_of(tables: Iterable[KindTable], today: date) -> MemberFacts:
    """Collect what bears on region and age; `today` is the day of the newest archive."""
    tables = list(tables)
    moments = (
        parse(value, GROUPS["timestamp"])
        for view in _views(tables, "registration")
        for (value,) in view.columns("Registered At")
    )
    births = (v for view in _views(tables, "profile") for (v,) in view.columns("Birth Date"))
    locations = (v for view in _views(tables, "profile") for (v,) in view.columns("Geo Location"))
    years = (
        v for view in _views(tables, "verifications") for (v,) in view.columns("Year of birth")
    )
    schools = list[School]()
    for view in _views(tables, "education"):
        columns = ("School Name", "Degree Name", "Start Date", "End Date")
        for name, degree, start, end in view.columns(*columns):
            dated = bool(start or end)  # many adults name their last exam at school without a date
            if is_secondary(name, degree if dated else "") and not has_studied(degree):
                schools.append(School(first_day(start), last_day(end)))
    return MemberFacts(
        location=next((place for place in locations if place), None),
        birth_year=next((int(y) for y in years if re.fullmatch(r"(?:19|20)\d\d", y)), None),
        birth_date=next((day for v in births if (day := birth_date(v, today))), None),
        registered_at=next(filter(None, moments), None),
        schools=tuple(schools),
    )


def cv_texts(tables: Iterable[KindTable]) -> Iterator[str]:
    """Yield the texts of the CVs that the member uploaded."""
    return (v for view in _views(tables, "cv") for (v,) in view.columns(CV_TEXT) if v)


def _views(tables: Iterable[KindTable], name: str) -> Iterator[_View]:
    for kind, table in tables:
        if kind.name == name and table.header:
            yield _View(Cells(table.header), table)
