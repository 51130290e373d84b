"""What a reader hands back: the items of each file, and every row that gave none, with why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from vanne.terms import Item

OWNER = "me"
"""The id of the member whose archive it is."""
_LONGEST_SCHOOL_DAYS = 8 * 365


@dataclass(frozen=True, slots=True)
class Listed:
    """A row that gave no item: its number below the header from 1; `None` is the file itself."""

    row: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class FileReading:
    """One file of an archive. INVARIANT: rows = items + listed."""

    path: str
    reader: str
    items: tuple[Item, ...] = ()
    listed: tuple[Listed, ...] = ()
    archive: str = ""

    @property
    def rows(self) -> int:
        """How many rows the file holds: a record below the header, or the file if it has none."""
        return len(self.items) + len(self.listed)


@dataclass(frozen=True, slots=True)
class School:
    """A secondary school in the member's education: the first and the last day there, if known."""

    began: date | None
    until: date | None

    def is_attended(self, on: date) -> bool:
        """Say whether the member may be there on that day.

        Without a last day they may, unless they began longer ago than such a school takes: many
        adults leave it out.
        """
        if self.until is not None:
            return self.until >= on
        return self.began is None or (on - self.began).days < _LONGEST_SCHOOL_DAYS


@dataclass(frozen=True, slots=True)
class Facts:
    """What the archive says about the member: nothing here is an item."""

    location: str | None = None
    birth_date: date | None = None
    birth_year: int | None = None
    registered_at: datetime | None = None
    schools: tuple[School, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that was read from the archives of one member."""

    files: tuple[FileReading, ...]
    facts: Facts = Facts()
    snapshot: datetime | None = None
    warnings: tuple[str, ...] = ()

    @property
    def items(self) -> Iterator[Item]:
        """The items of all files, in the order of the files and of their rows."""
        return (item for file in self.files for item in file.items)

    @property
    def rows(self) -> int:
        """How many rows all files hold."""
        return sum(file.rows for file in self.files)
