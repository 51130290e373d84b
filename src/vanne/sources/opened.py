"""A file of an archive whose reader is known, and what reading it takes from the others."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from vanne.sources.archive import Archive, Entry
from vanne.sources.kinds import NO_READER
from vanne.sources.member import KindTable
from vanne.sources.people import Owner
from vanne.sources.reading import Facts, Found
from vanne.terms import Category


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

    @property
    def is_private(self) -> bool:
        """Say whether the record is a private message."""
        return self.category == Category.PRIVATE_MESSAGE


class NamedFiles:
    """What records say of the files that they name.

    A record names a file by a path of its own: with folders above it that are not here, without
    those that are, or by its last name alone. Of the records that name such a file that one counts
    which agrees on most folders; where none agrees wholly, one that is a private message does, so
    that its picture never passes for a post's.
    """

    def __init__(self) -> None:
        self._by_name: dict[str, dict[tuple[str, ...], Naming]] = {}

    def add(self, place: str, naming: Naming) -> None:
        """Remember what a record says of the file at a place."""
        steps = _steps(place)
        if not steps:
            return
        known = self._by_name.setdefault(steps[-1], {})
        if steps not in known or not known[steps].is_private:
            known[steps] = naming

    def of(self, path: str) -> Naming | None:
        """Return what is said of a file of an archive; `None` if no record names it."""
        steps = _steps(path)
        named = self._by_name.get(steps[-1], {}) if steps else {}

        def rank(place: tuple[str, ...]) -> tuple[int, bool, int]:
            shared = _shared(steps, place)
            is_whole = shared == min(len(steps), len(place))
            return shared if is_whole else 0, named[place].is_private, shared

        best = max(named, key=rank, default=None)
        return None if best is None else named[best]


def _steps(path: str) -> tuple[str, ...]:
    return tuple(step for step in path.casefold().split("/") if step not in ("", "."))


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """Return how many names at the end of two paths are the same."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of the member and of the other files when a file is read.

    `columns` are, for each kind of table, those that all tables of the kind have. `named` grows
    while records are read; files that records name are read last.
    """

    owner: Owner = field(default_factory=Owner)
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)
    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    named: NamedFiles = field(default_factory=NamedFiles)


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
