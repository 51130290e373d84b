"""The result of reading archives: the items of each file, and every other row with its reason."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple

from vanne.terms import Item
from vanne.words import Message

OWNER = "me"
"""The id of the member whose archive it is."""
_LONGEST_SCHOOL_DAYS = 8 * 365


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row that gave no item: its number below the header from 1; `None` is the file itself."""

    row: int | None
    reason: Message


class ListedRows(Sequence[ListedRow]):
    """The listed rows of a file, in nine bytes each: a large file may have nothing else."""

    __slots__ = ("_codes", "_reasons", "_rows")

    def __init__(self, listed: Iterable[ListedRow] = ()) -> None:
        self._rows = array("q")
        self._codes = array("H")
        self._reasons: dict[Message, int] = {}
        for one in listed:
            self.append(one.row, one.reason)

    def append(self, row: int | None, reason: Message) -> None:
        """Add a row."""
        if len(self._reasons) >= _MAX_REASONS and reason not in self._reasons:
            reason = Message("other-faults")
        self._rows.append(-1 if row is None else row)
        self._codes.append(self._reasons.setdefault(reason, len(self._reasons)))

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        """Return one, or those of a slice."""
        if isinstance(at, slice):
            return [self[index] for index in range(*at.indices(len(self)))]
        row, reasons = self._rows[at], list(self._reasons)
        return ListedRow(None if row < 0 else row, reasons[self._codes[at]])

    def __iter__(self) -> Iterator[ListedRow]:
        reasons = list(self._reasons)
        for row, code in zip(self._rows, self._codes, strict=True):
            yield ListedRow(None if row < 0 else row, reasons[code])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)


_MAX_REASONS = 1000


def item_id(*parts: str) -> str:
    """Return what a row is, however often and in whichever archive it occurs: a hash of its parts.

    The first part is the reader's name.
    """
    return sha256("\x1f".join(parts).encode()).hexdigest()[:24]


class RowResult(NamedTuple):
    """What one row gives: an item, or else the reason why there is none.

    `shared` is by what the row is known again in another archive: the item's id if it is empty.
    """

    row: int | None
    item: Item | None = None
    reason: Message | None = None
    shared: str = ""


@dataclass(frozen=True, slots=True)
class FileReading:
    """One file of an archive. INVARIANT: rows = items + listed.

    `items` are there if they were to be kept, `item_count` says how many there were.
    """

    path: str
    reader: str
    items: tuple[Item, ...] = ()
    listed: Sequence[ListedRow] = field(default_factory=ListedRows)
    archive: str = ""
    item_count: int = 0

    @property
    def reasons(self) -> Counter[Message]:
        """For each reason, how many rows gave no item."""
        return Counter(row.reason for row in self.listed)

    @property
    def rows(self) -> int:
        """How many rows the file holds: a record below the header, or the file if it has none."""
        return self.item_count + len(self.listed)


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


def country_code(text: str) -> str | None:
    """Return a text in capitals if it may be a country's code of two letters.

    >>> country_code("ch "), country_code("Switzerland"), country_code("41")
    ('CH', None, None)
    """
    code = text.strip().upper()
    return code if len(code) == 2 and code.isalpha() else None


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """What the archive says about the member: nothing here is an item."""

    location: str | None = None
    country: str | None = None
    birth_date: date | None = None
    birth_year: int | None = None
    registered_at: datetime | None = None
    schools: tuple[School, ...] = ()

    def completed(self, other: "MemberFacts") -> "MemberFacts":
        """Return these, and from the other what is not known here."""
        return MemberFacts(
            location=self.location or other.location,
            country=self.country or other.country,
            birth_date=self.birth_date or other.birth_date,
            birth_year=self.birth_year or other.birth_year,
            registered_at=self.registered_at or other.registered_at,
            schools=self.schools + other.schools,
        )


@dataclass(frozen=True, slots=True)
class FileNote:
    """Something odd, and which file or archive it is about; `None` is all of them."""

    message: Message
    about: str | None = None

    def __str__(self) -> str:
        return str(self.message) if self.about is None else f"{self.about}: {self.message}"

    def document(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {"about": self.about, **self.message.document()}


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that was read from the archives of one member."""

    files: tuple[FileReading, ...]
    facts: MemberFacts = MemberFacts()
    snapshot: datetime | None = None
    notes: tuple[FileNote, ...] = ()

    @property
    def items(self) -> Iterator[Item]:
        """The items of all files, in the order of the files and of their rows."""
        return (item for file in self.files for item in file.items)

    @property
    def rows(self) -> int:
        """How many rows all files hold."""
        return sum(file.rows for file in self.files)
