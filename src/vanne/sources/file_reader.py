"""`FileReader`: a file of an archive with its reader, and what the other files tell about it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from vanne.sources.archive import Archive, ArchiveMember
from vanne.sources.assistants import Chat, ChatKey
from vanne.sources.kinds import NO_READER
from vanne.sources.member import KindTable
from vanne.sources.people import Owner
from vanne.sources.reading import MemberFacts, RowResult
from vanne.terms import Category
from vanne.words import Message

PHOTO_COUNTED = Message("photo-counted")
"""A photo counts once: with the record that is about it, and not as a file too."""


@dataclass(frozen=True, slots=True)
class MemberClue:
    """How the member appears in the files of a network, and what a file says about them."""

    network: str
    names: frozenset[str] = frozenset()
    facts: MemberFacts = field(default_factory=MemberFacts)
    is_closed: bool | None = None
    """Whether only followers see the account, as the file says it."""
    closed_at: datetime | None = None
    """Since when that is so, where a file tells each change."""
    chat: Chat | None = None
    """What a file of messages shows of an assistant."""


@dataclass(frozen=True, slots=True)
class FileMention:
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

    @property
    def is_sent(self) -> bool:
        """Say whether the record is a message, to people or to an assistant."""
        return self.is_private or self.visibility == "assistant"


class FileMentions:
    """What records say of the files that they name.

    A record names a file by a path of its own, mostly without the folders above it here. So that
    record counts whose path is the longest end of the file's; if there is none, any that names a
    file so called, a private message before others: its picture must never pass for a post's.
    """

    def __init__(self, paths: Iterable[str] = ()) -> None:
        """Take the paths of the files that are there: what is said of others is not kept."""
        self._by_name: dict[str, FileMention | None] = {_name(path): None for path in paths}
        self._by_place: dict[str, FileMention] = {}
        self._photos: set[str] = set()

    def add(self, place: str, naming: FileMention) -> None:
        """Remember what a record says of the file at a place."""
        name = _name(place)
        if name in self._by_name:
            for known, key in ((self._by_name, name), (self._by_place, _plain(place))):
                before = known.get(key)
                if before is None or not before.is_private:
                    known[key] = naming

    def of(self, path: str) -> FileMention | None:
        """Return what is said of a file of an archive; `None` if no record names it."""
        for place in _ends(path):
            if place in self._by_place:
                return self._by_place[place]
        return self._by_name.get(_name(path))

    def add_photo(self, place: str) -> bool:
        """Remember that a photo is counted; say whether it was not yet."""
        before = len(self._photos)
        self._photos.add(_plain(place))
        return len(self._photos) > before

    def has_photo(self, path: str) -> bool:
        """Say whether a record counts the photo that a file is."""
        return any(place in self._photos for place in _ends(path))


def _plain(path: str) -> str:
    return "/".join(step for step in path.casefold().split("/") if step not in ("", "."))


def _ends(path: str) -> Iterator[str]:
    """Yield a path, then what is left of it below each of its folders."""
    place = _plain(path)
    while place:
        yield place
        place = place.partition("/")[2]


def _name(path: str) -> str:
    return _plain(path).rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of the member and of the other files when a file is read.

    `columns` are, for each kind of table, those that all tables of the kind have. `named` grows
    while records are read; files that records name are read last.
    """

    owner: Owner = field(default_factory=Owner)
    own: Mapping[str, frozenset[str]] = field(default_factory=dict)
    columns: Mapping[str, frozenset[str]] = field(default_factory=dict)
    named: FileMentions = field(default_factory=FileMentions)
    chats: Mapping[ChatKey, Chat] = field(default_factory=dict)
    """The chats in which an assistant takes part."""

    def names_in(self, network: str) -> frozenset[str]:
        """Return how the member is called in the records of a network."""
        return self.own.get(network, frozenset())


Read = Callable[[Context], Iterator[RowResult]]


@dataclass(frozen=True, slots=True)
class FileReader:
    """A file, and how to read it. `read` yields what each row gives.

    `table` is what LinkedIn's files have; `clues` says what the file tells about the member.
    """

    archive: Archive
    entry: ArchiveMember
    read: Read
    reader: str = NO_READER
    table: KindTable | None = None
    clues: Callable[[], Iterator[MemberClue]] | None = None
    warnings: tuple[Message, ...] = ()
    is_last: bool = False

    @property
    def width(self) -> int:
        """How many columns its table has."""
        return len(self.table[1].header) if self.table else 0


def set_aside(
    archive: Archive, entry: ArchiveMember, reason: Message, reader: str = NO_READER
) -> FileReader:
    """Return a file that gives nothing but its own line in the list."""

    def read(_: Context) -> Iterator[RowResult]:
        for _piece in () if entry.is_link else entry.chunks():  # damage shows itself
            pass
        if entry.size or entry.is_link:
            yield RowResult(None, reason=reason)

    return FileReader(archive, entry, read, reader)
