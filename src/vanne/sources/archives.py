"""Read one archive of a person, or merge several, of one network or of several.

First each file is examined: its reader, who the member is, and the facts about the member. Then the
rows are read, one after the other. Only a few bytes per row stay in memory.

LinkedIn answers one request with a Basic archive and later a Complete one that repeats it, and
people ask more than once. So several archives are merged: a row that is in both gives one item (a
row that occurs twice in one archive stays two). Two rows of a table are the same if they agree in
every column that both files have. The row with more columns is kept, since a missing column (who
may see the item) must not permit what the column would forbid. Duplicates are listed, so the counts
add up over every file of every archive.
"""

import os
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from vanne.errors import ArchiveError, InputError
from vanne.packs import shared
from vanne.sources.age_facts import facts_of_cv
from vanne.sources.archive import Archive, exports_in, open_archive, printable, quoted
from vanne.sources.assistants import chats_of
from vanne.sources.csvtext import fits, normal
from vanne.sources.documents import PdfWatch
from vanne.sources.file_reader import Context, FileMentions, FileReader, MemberClue, Read
from vanne.sources.kinds import NO_READER, member_number
from vanne.sources.marks import is_private
from vanne.sources.member import KindTable, cv_texts, facts_of, owner_of
from vanne.sources.readers import record_kinds
from vanne.sources.reading import (
    FileNote,
    FileReading,
    ListedRows,
    MemberFacts,
    Reading,
    RowResult,
    item_id,
)
from vanne.sources.sensitive import tagged
from vanne.sources.sniff import open_file
from vanne.terms import Item
from vanne.words import Message

# Find the network of each file whose records several networks write alike.
#
# Facebook, Instagram and Messenger give threads of messages, and records with labels, in one
# form. So the place tells whose they are: the file's own path, else the archive around it. A run
# may hold archives of several of these networks.


def at_home(files: Sequence[FileReader]) -> tuple[FileReader, ...]:
    """Return the files, those of a shared form with the network that each lies with."""
    counts: dict[int, Counter[str]] = {}
    for file in files:
        counts.setdefault(id(file.archive), Counter())[_network(file.reader)] += 1
    everywhere = sum(counts.values(), Counter[str]())
    moved = list[FileReader]()
    for file in files:
        if sharing := shared().get(_network(file.reader)):
            home = _home(file, sharing, counts[id(file.archive)], everywhere)
            read = _read_at(home, file.read)
            file = replace(file, reader=_reader_at(home, file.reader), read=read)
        moved.append(file)
    return tuple(moved)


def _home(
    file: FileReader, sharing: Sequence[str], in_archive: Counter[str], everywhere: Counter[str]
) -> str:
    paths = (other.path for other in file.archive.entries)
    return (
        _named(file.entry.path, sharing)
        or _named(file.archive.name, sharing)
        or _most(in_archive, sharing)
        or next(filter(None, (_named(path, sharing) for path in paths)), None)
        or _most(everywhere, sharing)
        or sharing[0]
    )


def _network(reader: str) -> str:
    return reader.partition("/")[0]


def _named(place: str, sharing: Iterable[str]) -> str | None:
    """Return the one network that a path names: what a thread of messages is called counts not."""
    folders = list[str]()
    for part in PurePosixPath(place).parts:
        if is_private(part):
            break
        folders.append(part.casefold())
    named = [network for network in sharing if any(network in folder for folder in folders)]
    return named[0] if len(named) == 1 else None


def _most(counts: Counter[str], sharing: Iterable[str]) -> str | None:
    """Return the network of which most files are."""
    here = [network for network in sharing if counts[network]]
    return max(here, key=lambda network: counts[network], default=None)


def _reader_at(home: str, reader: str) -> str:
    return f"{home}/{reader.partition('/')[2] or 'records'}"


def _read_at(home: str, read: Read) -> Read:
    def moved(context: Context) -> Iterator[RowResult]:
        for result in read(context):
            if (item := result.item) is None:
                yield result
            else:
                source, key = _reader_at(home, item.source or ""), item_id(home, item.item_id)
                yield result._replace(item=replace(item, item_id=key, source=source))

    return moved


Progress = Callable[[int, int], None]
Take = Callable[[Item], None]


@dataclass(frozen=True, slots=True)
class Survey:
    """Archives whose files have been looked at. `facts` are what they say about the member."""

    archives: tuple[Archive, ...]
    files: tuple[FileReader, ...]
    context: Context
    facts: MemberFacts
    snapshot: datetime | None
    joined: Mapping[str, datetime] = field(default_factory=dict)
    """When the member joined each network whose files say it."""
    closed: Mapping[str, bool] = field(default_factory=dict)
    """Whether only followers see the member's account, of each network whose files say it."""
    closed_since: Mapping[str, datetime] = field(default_factory=dict)
    """Since when they alone do, of each network whose files say it."""
    meter: "_Meter | None" = None
    left_out: Sequence[ArchiveError] = ()

    def read(self, take: Take | None = None) -> Reading:
        """Read every row, and hand each item over as it comes; without `take` they are kept."""
        items = self.items(keep=take is None)
        while True:
            try:
                item = next(items)
            except StopIteration as end:
                reading: Reading = end.value
                return reading
            if take:
                take(item)

    def items(self, *, keep: bool = False) -> Generator[Item, None, Reading]:
        """Yield each item as it is read; return what was read, with the items if they are kept."""
        merge = _Merge(self.archives, self.context, keep=keep)
        readings = {}
        # Kind by kind, the archive with most columns first; what records may name comes last.
        order = {id(archive): at for at, archive in enumerate(self.archives)}
        kinds: dict[str, int] = {}
        widths: dict[tuple[str, int], int] = {}
        for file in self.files:
            kinds.setdefault(file.reader, len(kinds))
            at = file.reader, id(file.archive)
            widths[at] = max(widths.get(at, 0), file.width)

        def rank(file: FileReader) -> tuple[bool, int, int, int]:
            at = id(file.archive)
            return file.is_last, kinds[file.reader], -widths[file.reader, at], order[at]

        for file in sorted(self.files, key=rank):
            if self.meter:
                self.meter.begin(file.entry.size)
            with _blamed(file.archive.path, self.archives):
                readings[id(file)] = yield from merge.items(file)
        notes = [*map(_left_out, self.left_out), *_strangers(self)]
        for file in self.files:
            warnings = list(file.warnings)
            if any(row.reason == Message("truncated") for row in readings[id(file)].listed[-1:]):
                warnings.append(Message("cut-off"))
            notes += [FileNote(warning, printable(file.entry.path)) for warning in warnings]
        return Reading(
            files=tuple(readings[id(file)] for file in self.files),
            facts=self.facts,
            snapshot=self.snapshot,
            notes=tuple(notes),
        )


def read_archives(paths: Sequence[Path], progress: Progress | None = None) -> Reading:
    """Read archives of the same member whole: zips, folders or single files.

    Raises:
        InputError: one is not an archive, is damaged or dangerous, or holds nothing.
        StorageError: a file cannot be read.
    """
    with survey(paths, progress) as archives:
        return archives.read()


@contextmanager
def survey(
    paths: Sequence[Path],
    progress: Progress | None = None,
    *,
    watch: PdfWatch | None = None,
    left_out: Sequence[ArchiveError] = (),
) -> Iterator[Survey]:
    """Open archives and find out what their files are and who the member is; close them after.

    Args:
        paths: The archives; one that is given twice is one.
        progress: Is told how many bytes of how many were read: none while files are only looked at.
        watch: Is told of each PDF before it is read.
        left_out: Why some of the archives are not read; a note says it.

    Raises:
        ArchiveError: one of several is not an archive, is damaged or dangerous, or holds nothing.
        InputError: it is the only one.
        StorageError: a file cannot be read.
    """
    alone = {os.path.realpath(p): p for path in paths for p in exports_in(path)}
    for error in left_out:
        del alone[os.path.realpath(error.path)]
    with ExitStack() as opened:
        archives = list[Archive]()
        for path in alone.values():
            with _blamed(path, alone):
                archives.append(replace(open_archive(path, opened), path=path))
                if not archives[-1].entries:
                    empty = Message("archive-empty", where=quoted(path))
                    raise InputError(empty, todo=Message("give-zips"))
        first = datetime.min.replace(tzinfo=UTC)
        archives.sort(key=lambda archive: (archive.snapshot or first, archive.name))
        meter = _Meter(archives, progress) if progress else None
        archives = [meter.measured(archive) for archive in archives] if meter else archives
        opened_files, clues, watch = list[FileReader](), list[MemberClue](), watch or PdfWatch()
        for archive in archives:
            with _blamed(archive.path, archives):
                opened_files += [open_file(archive, entry, watch) for entry in archive.entries]
        files = at_home(opened_files)
        for file in files:
            if file.clues:
                with _blamed(file.archive.path, archives):
                    clues += file.clues()
        tables = [file.table for file in files if file.table is not None]
        snapshot = archives[-1].snapshot if archives else None
        today = (snapshot or datetime.max).date()
        facts = facts_of(reversed(tables), today)
        by_network = [
            (network, facts_of([t for t in reversed(tables) if t[0].network == network], today))
            for network in dict.fromkeys(kind.network for kind, _ in tables)
        ]
        by_network += [(clue.network, clue.facts) for clue in clues]
        joined = {network: f.registered_at for network, f in by_network if f.registered_at}
        # A CV may be old, so of an uploaded one only the day of birth counts, and no school.
        births = (facts_of_cv(text).birth_date for text in cv_texts(tables))
        facts = facts.completed(MemberFacts(birth_date=next(filter(None, births), None)))
        for clue in reversed(clues):
            facts = facts.completed(clue.facts)
        own = dict[str, frozenset[str]]()
        for clue in clues:
            own[clue.network] = own.get(clue.network, frozenset()) | clue.names
        for records, sharing in shared().items():
            own[records] = frozenset().union(*(own.get(each, ()) for each in sharing))
        mentions = FileMentions(file.entry.path for file in files if file.is_last)
        chats = chats_of(clue.chat for clue in clues if clue.chat)
        context = Context(owner_of(tables), own, _compared_columns(tables), mentions, chats)
        who = facts, snapshot, joined, _closed_accounts(files, clues), _closed_since(clues)
        yield Survey(tuple(archives), tuple(files), context, *who, meter, left_out)


def _closed_accounts(files: Iterable[FileReader], clues: Sequence[MemberClue]) -> dict[str, bool]:
    """Say of each network whose files tell it whether only followers see the account.

    The last word counts; in words that nobody knows it tells nothing. A file of such changes that
    holds none says that the account was never closed.
    """
    told = [clue for clue in clues if clue.is_closed is not None or clue.closed_at]
    told.sort(key=lambda clue: clue.closed_at or datetime.min.replace(tzinfo=UTC))
    histories = {kind.reader: kind for kind in record_kinds() if "changed" in kind.facts}
    there = {histories[file.reader].network for file in files if file.reader in histories}
    changed = {clue.network for clue in told if clue.closed_at}
    last: dict[str, bool | None] = dict.fromkeys(there - changed, False)
    last |= {clue.network: clue.is_closed for clue in told}
    return {network: said for network, said in last.items() if said is not None}


def _closed_since(clues: Iterable[MemberClue]) -> dict[str, datetime]:
    """Return when each account was closed for the last time, where the files tell its changes."""
    changes = [(clue.closed_at, clue) for clue in clues if clue.closed_at]
    last = {clue.network: (at, clue) for at, clue in sorted(changes, key=lambda each: each[0])}
    return {network: at for network, (at, clue) in last.items() if clue.is_closed}


def _compared_columns(tables: Sequence[KindTable]) -> dict[str, frozenset[str]]:
    """Return by which columns rows of a kind are compared: those that all its tables have.

    If these are too few to make a row of the kind, such as none, whole rows are compared.
    """
    columns: dict[str, frozenset[str]] = {}
    kinds = {kind.reader: kind for kind, _ in tables}
    for kind, table in tables:
        if table.header:
            header = frozenset(map(normal, table.header))
            columns[kind.reader] = columns.get(kind.reader, header) & header
    return {name: names for name, names in columns.items() if fits(names, kinds[name].needs)}


@contextmanager
def _blamed(path: Path, archives: Collection[object]) -> Iterator[None]:
    """Say of what is wrong with one archive of several which it is: the others can do without."""
    try:
        yield
    except InputError as error:
        if len(archives) > 1:
            raise ArchiveError(error, path) from error
        raise


def _left_out(error: ArchiveError) -> FileNote:
    message = Message("archive-left-out", why=error.what, todo=error.todo)
    return FileNote(message, printable(error.path.name))


class _Meter:
    """Tells how many bytes of all were read: of whole files, and of the one that is being read.

    Some files are read twice, once when they are looked at: before the first begins that is none.
    """

    def __init__(self, archives: Sequence[Archive], progress: Progress) -> None:
        self._total = sum(entry.size for archive in archives for entry in archive.entries)
        self._progress = progress
        self._before = self._here = self._size = 0

    def begin(self, size: int) -> None:
        """Begin with a file of that many bytes; the one before it was read."""
        self._before += self._size
        self._here, self._size = 0, size

    def measured(self, archive: Archive) -> Archive:
        """Return an archive of which each read of an entry is told."""

        def counted(opened: Callable[[], IO[bytes]]) -> Callable[[], IO[bytes]]:
            return lambda: _Counted(opened(), self._tell)  # type: ignore[return-value]

        entries = (replace(entry, open=counted(entry.open)) for entry in archive.entries)
        return replace(archive, entries=tuple(entries))

    def _tell(self, size: int) -> None:
        self._here = min(self._here + size, self._size)
        self._progress(self._before + self._here, self._total)


class _Counted:
    """A stream that tells how much of it was read."""

    def __init__(self, stream: IO[bytes], tell: Callable[[int], None]) -> None:
        self._stream = stream
        self._tell = tell
        self.close = stream.close

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._tell(len(data))
        return data


def _strangers(here: Survey) -> Iterator[FileNote]:
    """Say which archives seem to be another member's than an earlier one: all are merged.

    By the member's number in file names; where one has none, by the day of joining, by the name.
    """
    known: list[tuple[str, tuple[frozenset[Any], ...]]] = []
    for archive in here.archives if len(here.archives) > 1 else ():
        files = [f for f in here.files if f.archive is archive and f.table is not None]
        tables = [file.table for file in files if file.table is not None]
        profiles = [each for each in tables if each[0].name in ("profile", "registration")]
        signs = (
            frozenset(number for file in files if (number := member_number(file.entry.path))),
            frozenset(filter(None, [facts_of(profiles, date.max).registered_at])),
            owner_of(profiles).names,
        )
        for name, others in known:
            pairs = zip(signs, others, strict=True)
            if next((not own & other for own, other in pairs if own and other), False):
                yield FileNote(Message("of-another-member", archive=name), archive.name)
                break
        known.append((archive.name, signs))


class _Merge:
    """Reads file after file and knows which rows other archives held how often."""

    def __init__(self, archives: Sequence[Archive], context: Context, *, keep: bool) -> None:
        self._context, self._keep = context, keep
        self._counters = {id(archive): RowCounter() for archive in archives}
        self._ids = RowCounter()

    def items(self, file: FileReader) -> Generator[Item, None, FileReading]:
        """Turn the rows of a file into items and listed rows."""
        items: list[Item] = []
        listed, item_count, reader = ListedRows(), 0, file.reader
        own = self._counters[id(file.archive)]
        others = [counter for counter in self._counters.values() if counter is not own]
        for result in file.read(self._context):
            item = result.item
            if item is None:
                assert result.reason is not None
                listed.append(result.row, result.reason)
                continue
            if others:  # one that was read before may hold this occurrence of the row
                shared = result.shared or item.item_id
                count = own.add(shared)
                if any(count <= counter[shared] for counter in others):
                    listed.append(result.row, Message("duplicate"))
                    continue
            count = self._ids.add(item.item_id)
            if count > 1:
                item = replace(item, item_id=f"{item.item_id}-{count}")
            item = tagged(item)
            if self._keep:
                items.append(item)
            yield item
            item_count += 1
            if reader == NO_READER:  # a file that a record names: what is it, only that says
                reader = item.source or NO_READER
        archive = file.archive.name
        return FileReading(file.entry.path, reader, tuple(items), listed, archive, item_count)


_PARTS = 256
_FIRST_SIZE = 64
_FULL = 0.8
_GROWTH = 1.5


class RowCounter:
    """How often each of many million rows came, in ten to fifteen bytes for each.

    A row is given by its key, at least 16 hexadecimal digits: 64 bits of its SHA-256. The table is
    open addressing in 256 parts, so that growing one needs little room beside it. Two different
    rows among ten million share their 64 bits with a probability of 3 in a million; then the second
    one is taken for a repeat.
    """

    def __init__(self) -> None:
        self._parts = [array("Q", bytes(8 * _FIRST_SIZE)) for _ in range(_PARTS)]
        self._used = [0] * _PARTS
        self._more: Counter[int] = Counter()

    def add(self, key: str) -> int:
        """Count one more of a row, and return how many there are with it."""
        value = int(key[:16], 16) or 1
        number = value % _PARTS
        part = self._parts[number]
        if part[at := _place(part, value)]:
            self._more[value] += 1
            return 1 + self._more[value]
        part[at] = value
        self._used[number] += 1
        if self._used[number] > _FULL * len(part):
            larger = array("Q", bytes(8 * int(_GROWTH * len(part))))
            for value in filter(None, part):
                larger[_place(larger, value)] = value
            self._parts[number] = larger
        return 1

    def __getitem__(self, key: str) -> int:
        value = int(key[:16], 16) or 1
        part = self._parts[value % _PARTS]
        return 1 + self._more[value] if part[_place(part, value)] else 0


def _place(part: "array[int]", value: int) -> int:
    """Return where the value is, or else the free place where it belongs."""
    size = len(part)
    at = (value >> 8) % size
    while part[at] and part[at] != value:
        at = at + 1 if at + 1 < size else 0
    return at
