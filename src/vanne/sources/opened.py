"""A file of an archive whose reader is known, and what reading it takes from the others."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from vanne.sources.archive import Archive, Entry
from vanne.sources.kinds import NO_READER
from vanne.sources.member import KindTable
from vanne.sources.people import Owner
from vanne.sources.reading import Facts, Found


@dataclass(frozen=True, slots=True)
class Who:
    """How the member appears in the files of a network, and what a file says about them."""

    network: str
    names: frozenset[str] = frozenset()
    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True, slots=True)
class Naming:
    """The record that names a file: what the file is, is said there."""

    category: str | None
    created_at: datetime | None
    visibility: str | None
    author: str | None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of the member and of the other files when a file is read.

    `columns` are, for each kind of table, those that all tables of the kind have. `named` grows
    while records are read; files that records name are read last.
    """

    owner: Owner = field(default_factory=Owner)
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)
    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    named: dict[str, Naming] = field(default_factory=dict)


Read = Callable[[Context], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Opened:
    """A file, and how to read it. `read` yields what each row gives.

    `table` is what LinkedIn's files have; `who` says what the file tells about the member.
    """

    archive: Archive
    entry: Entry
    read: Read
    reader: str = NO_READER
    table: KindTable | None = None
    who: Callable[[], Iterator[Who]] | None = None
    warnings: tuple[str, ...] = ()
    is_last: bool = False

    @property
    def width(self) -> int:
        """How many columns its table has."""
        return len(self.table[1].header) if self.table else 0


def set_aside(archive: Archive, entry: Entry, reason: str) -> Opened:
    """Return a file that gives nothing but its own line in the list."""

    def read(_: Context) -> Iterator[Found]:
        for _piece in () if entry.is_link else entry.chunks():  # damage shows itself
            pass
        if entry.size or entry.is_link:
            yield Found(None, reason=reason)

    return Opened(archive, entry, read)
