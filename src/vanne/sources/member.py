"""What an archive says about its member: how they appear in rows, and facts for the inspection."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from vanne.sources.csvtext import Table
from vanne.sources.dates import GROUPS, last_day, parse
from vanne.sources.kinds import Kind
from vanne.sources.people import Owner, plain_name, plain_url
from vanne.sources.reading import Facts, School
from vanne.sources.rows import Cells

_SECONDARY = re.compile(
    r"\b(?:high school|secondary school|sixth form|lycée|kantonsschule|liceo|istituto tecnico)\b",
    re.IGNORECASE,
)
_MAYBE_SECONDARY = re.compile(
    r"\b(?:collège|gymnasium|gymnase|mittelschule|realschule|scuola superiore)\b", re.IGNORECASE
)
_HIGHER = re.compile(
    r"hochschule|haute école|universit|sant'anna|collège (?:de france|d'europe)", re.IGNORECASE
)
_HIGHER_DEGREE = re.compile(
    r"\b(?:bachelor|b\.?sc|b\.?a|master|m\.?sc|m\.?a|mba|licence|ph\.?d|doctor|doctorat|laurea|bts"
    r"|prépa|préparatoire)\b",
    re.IGNORECASE,
)

KindTable = tuple[Kind, Table]


@dataclass(frozen=True, slots=True)
class _View:
    """The usable rows of one table, by column."""

    cells: Cells
    rows: tuple[tuple[str, ...], ...]

    def columns(self, *names: str) -> Iterator[tuple[str, ...]]:
        return (tuple(self.cells.get(row, name).strip() for name in names) for row in self.rows)


def owner_of(tables: Iterable[KindTable]) -> Owner:
    """Find out under which names and addresses the member appears.

    The profile has no address. It is the inviter of outgoing and the invitee of incoming
    invitations; without any, the address from which messages were sent under the profile's name.
    """
    tables = list(tables)
    names = frozenset(
        plain_name(f"{first} {last}")
        for view in _views(tables, "profile")
        for first, last in view.columns("First Name", "Last Name")
        if first or last
    )
    urls = frozenset(_invited(tables)) or frozenset(_sent(tables, names))
    return Owner(names, urls)


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


def facts_of(tables: Iterable[KindTable]) -> Facts:
    """Collect what bears on region and age."""
    tables = list(tables)
    locations = (v for view in _views(tables, "profile") for (v,) in view.columns("Geo Location"))
    years = (
        v for view in _views(tables, "verifications") for (v,) in view.columns("Year of birth")
    )
    return Facts(
        location=next((place for place in locations if place), None),
        birth_year=next((int(y) for y in years if re.fullmatch(r"(?:19|20)\d\d", y)), None),
        registered_at=next(_registered(tables), None),
        schools=tuple(_schools(tables)),
    )


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
            if _is_secondary(name) and not _HIGHER_DEGREE.search(degree):
                began = parse(start, GROUPS["period"])
                yield School(began.date() if began else None, last_day(end))


def _is_secondary(school: str) -> bool:
    """Say whether a school is one for people under age, by its name in four languages."""
    maybe = _MAYBE_SECONDARY.search(school) and not _HIGHER.search(school)
    return bool(_SECONDARY.search(school) or maybe)


def _views(tables: list[KindTable], name: str) -> Iterator[_View]:
    for kind, table in tables:
        if kind.name == name and table.header:
            rows = tuple(row.fields for row in table.rows if row.fault is None)
            yield _View(Cells(table.header), rows)
