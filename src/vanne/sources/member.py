"""Find what an archive says about its member: names, addresses, and facts on region and age."""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from vanne.sources.age_facts import has_studied, is_secondary
from vanne.sources.csvtext import CsvFile, CsvTable
from vanne.sources.dates import GROUPS, birth_date, first_day, last_day, parse
from vanne.sources.people import Owner, is_profile, plain_name, plain_url
from vanne.sources.readers import TableKind
from vanne.sources.reading import MemberFacts, School
from vanne.sources.rows import Cells

KindTable = tuple[TableKind, CsvFile | CsvTable]
"""A table of LinkedIn's, and which."""


def owner_of(tables: Iterable[KindTable]) -> Owner:
    """Find out under which names and addresses the member appears.

    The profile has no address. It is the inviter of outgoing and the invitee of incoming
    invitations; without any, the address from which messages were sent under the profile's name.
    Without a profile too, it is the one address that put questions to an assistant.
    """
    tables = list(tables)
    profiles = _cells(tables, "profile", "First Name", "Last Name")
    names = frozenset(plain_name(f"{first} {last}") for first, last in profiles if first or last)
    urls = set[str]()
    columns = ("Direction", "inviterProfileUrl", "inviteeProfileUrl")
    for direction, inviter, invitee in _cells(tables, "invitations", *columns):
        url = {"OUTGOING": inviter, "INCOMING": invitee}.get(direction.upper(), "")
        urls |= {plain_url(url)} if url else set()
    if names and not urls:
        for name, url in _cells(tables, "messages", "FROM", "SENDER PROFILE URL"):
            urls |= {plain_url(url)} if url and plain_name(name) in names else set()
    if not names and not urls:
        senders = _cells(tables, "assistant-messages", "SENDER PROFILE URL")
        urls = {plain_url(url) for (url,) in senders if is_profile(url)}
        urls = urls if len(urls) == 1 else set()
    return Owner(names, frozenset(urls))


def facts_of(tables: Iterable[KindTable], today: date) -> MemberFacts:
    """Collect what bears on region and age; `today` is the day of the newest archive."""
    tables = list(tables)
    moments = _cells(tables, "registration", "Registered At")
    births = _cells(tables, "profile", "Birth Date")
    locations = _cells(tables, "profile", "Geo Location")
    years = _cells(tables, "verifications", "Year of birth")
    schools = list[School]()
    columns = ("School Name", "Degree Name", "Start Date", "End Date")
    for name, degree, start, end in _cells(tables, "education", *columns):
        dated = bool(start or end)  # many adults name their last exam at school without a date
        if is_secondary(name, degree if dated else "") and not has_studied(degree):
            schools.append(School(first_day(start), last_day(end)))
    return MemberFacts(
        location=next((place for (place,) in locations if place), None),
        birth_year=next((int(y) for (y,) in years if re.fullmatch(r"(?:19|20)\d\d", y)), None),
        birth_date=next((day for (v,) in births if (day := birth_date(v, today))), None),
        registered_at=next((at for (v,) in moments if (at := parse(v, GROUPS["timestamp"]))), None),
        schools=tuple(schools),
    )


def cv_texts(tables: Iterable[KindTable]) -> Iterator[str]:
    """Yield the texts of the CVs that the member uploaded."""
    return (v for (v,) in _cells(tables, "cv", "Private Identity Asset Raw Text") if v)


def _cells(tables: Iterable[KindTable], name: str, *columns: str) -> Iterator[tuple[str, ...]]:
    """Yield some cells of the usable rows of all tables of a kind."""
    for kind, table in tables:
        if kind.name == name and table.header:
            cells = Cells(table.header)
            rows = (row.fields for row in table.rows if row.fault is None)
            yield from (tuple(cells.get(row, column).strip() for column in columns) for row in rows)
