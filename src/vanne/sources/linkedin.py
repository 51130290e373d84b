"""Reads the archives that LinkedIn sends a member: every row becomes an item or is listed.

One request brings a Basic archive and later a Complete one that repeats it, so several are merged:
a row that is in both gives one item (a row that occurs twice in one archive stays two). Two rows
are the same if they agree in every column that both files have; the one with more columns is kept,
since a column that is not there (who may see it) must not permit what it would forbid. Duplicates
are listed, so that the counts close over every file of every archive.

Time of an item: most files say when each row was made. Profile, positions, education, skills, CV
and the like do not: they are *state*, on the account on the day the archive was made, and that day
is their `created_at`; when a job began is part of its text. A blank date where a file should have
one stays unknown, which denies.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path, PurePosixPath

from vanne.errors import InputError
from vanne.sources.archive import Archive, Entry, exports_in, open_archive, printable, quoted
from vanne.sources.articles import read_article
from vanne.sources.csvtext import (
    TRUNCATED,
    UNDECODABLE,
    Row,
    Table,
    decode,
    is_undecodable,
    normal,
    padded,
    read_table,
    split,
)
from vanne.sources.kinds import NO_READER, Kind, kind_of, member_number
from vanne.sources.member import facts_of, owner_of
from vanne.sources.people import Owner
from vanne.sources.reading import OWNER, FileReading, Listed, Reading
from vanne.sources.rows import RowReader
from vanne.terms import Item

UNKNOWN = "unknown file"
NOT_UNDERSTOOD = "header not understood"
DUPLICATE = "duplicate of another archive"
SHORT = "some rows leave out their last fields, taken as empty"
STRANGER = "seems to be of another member than"
NESTED = "archive inside the archive: not opened"
LINK = "link: not followed"
NO_TEXT = "no text in the article"
TOO_LARGE = "file larger than 256 MiB"
MAX_TABLE_BYTES = 256 << 20
_NO_ROWS = re.compile(r'"?no (?:\w+ ){1,3}found\.?"?', re.IGNORECASE)
_ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tgz", ".tar")

_NO_TABLE = Table((), ())

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _File:
    """A file of an archive before its rows are read. `listed` is set where nothing can be read."""

    archive: Archive
    path: str
    kind: Kind | None
    table: Table = _NO_TABLE
    raw: Table | None = None
    page: str | None = None
    listed: tuple[Listed, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def reader(self) -> str:
        return self.kind.reader if self.kind else NO_READER


def read_linkedin(paths: Sequence[Path], progress: Progress | None = None) -> Reading:
    """Read one archive or several of the same member: zips, folders or single files.

    Raises:
        InputError: one is not an archive, is damaged or dangerous, or is not LinkedIn's.
        StorageError: a file cannot be read.
    """
    given = {p.resolve(): p for path in paths for p in exports_in(path)}  # one twice is one
    archives = sorted(map(_open, given.values()), key=_made)
    loaded = list(_load(archives, progress))
    tables = [(file.kind, file.table) for file in loaded if file.kind is not None]
    snapshot = archives[-1].snapshot if archives else None
    about_files = (f"{file.path}: {w}" for file in loaded for w in file.warnings)
    return Reading(
        files=tuple(_merged(loaded, owner_of(tables))),
        facts=facts_of(reversed(tables), (snapshot or datetime.max).date()),
        snapshot=snapshot,
        warnings=(*_strangers(archives, loaded), *about_files),
    )


def _open(path: Path) -> Archive:
    archive = open_archive(path)
    if not any(kind_of(entry.path) for entry in archive.entries if not entry.is_link):
        raise InputError(
            f"{quoted(path)} is not an archive from LinkedIn: it has no file with a known name",
            todo="give the zip that LinkedIn sent; several may be given one after the other",
        )
    return archive


def _made(archive: Archive) -> tuple[datetime, str]:
    return archive.snapshot or datetime.min.replace(tzinfo=UTC), archive.name


def _load(archives: list[Archive], progress: Progress | None) -> Iterator[_File]:
    total = sum(entry.size for archive in archives for entry in archive.entries)
    done = 0
    seen: set[tuple[str, str]] = set()
    for archive in archives:
        in_this: set[tuple[str, str]] = set()
        for entry in archive.entries:
            file, digest = _load_entry(archive, entry)
            done += entry.size
            if progress is not None:
                progress(done, total)
            identity = PurePosixPath(entry.path).name.casefold(), digest
            in_this.add(identity)
            yield _repeated(file) if identity in seen else file
        seen |= in_this


def _repeated(file: _File) -> _File:
    """Return a file that an earlier archive holds byte for byte: its rows are listed."""
    rows = tuple(Listed(row.number, DUPLICATE) for row in file.table.rows)
    page = (Listed(1, DUPLICATE),) if file.page is not None else ()
    other = tuple(Listed(listed.row, DUPLICATE) for listed in file.listed)
    return replace(
        file, table=_NO_TABLE, raw=file.table, page=None, listed=other + rows + page, warnings=()
    )


def _strangers(archives: list[Archive], loaded: list[_File]) -> Iterator[str]:
    """Say which archives seem to be another member's than the first: they are merged all the same.

    By the member's number in file names; where one has none, by the name and the day of joining.
    """
    known: list[tuple[str, _Identity]] = []
    for archive in archives:
        here = _identity([file for file in loaded if file.archive is archive])
        for name, other in known:
            if here.differs(other):
                yield f"{archive.name}: {STRANGER} {name}"
                break
        known.append((archive.name, here))


@dataclass(frozen=True, slots=True)
class _Identity:
    numbers: frozenset[str]
    names: frozenset[str]
    joined: datetime | None

    def differs(self, other: "_Identity") -> bool:
        if self.numbers and other.numbers:
            return not self.numbers & other.numbers
        if self.joined and other.joined:
            return self.joined != other.joined
        return bool(self.names and other.names and not self.names & other.names)


def _identity(files: list[_File]) -> _Identity:
    tables = [(file.kind, file.raw or file.table) for file in files if file.kind is not None]
    numbers = (member_number(file.path) for file in files if file.kind is not None)
    joined = facts_of(tables, date.max).registered_at
    return _Identity(frozenset(n for n in numbers if n), owner_of(tables).names, joined)


def _load_entry(archive: Archive, entry: Entry) -> tuple[_File, str]:
    file = _File(archive, entry.path, kind_of(entry.path))
    suffix = PurePosixPath(entry.path).suffix.lower()
    if entry.is_link:
        return replace(file, kind=None, listed=(Listed(None, LINK),)), f"link {archive.name}"
    if suffix in _ARCHIVES:
        return replace(file, kind=None, listed=(Listed(None, NESTED),)), entry.digest()
    if file.kind is None and suffix != ".csv":
        listed = (Listed(None, UNKNOWN),) if entry.size else ()
        return replace(file, listed=listed), entry.digest()
    if entry.size > MAX_TABLE_BYTES:
        return _set_aside(file, TOO_LARGE), entry.digest()
    data = entry.read()
    return _parsed(file, data), sha256(data).hexdigest()


def _set_aside(file: _File, reason: str) -> _File:
    return replace(file, listed=(Listed(None, reason),), warnings=(*file.warnings, reason))


def _parsed(file: _File, data: bytes) -> _File:
    decoded = decode(data)
    file = replace(file, warnings=decoded.warnings if file.kind else ())
    text = decoded.text
    if file.kind is None:
        rows = Table((), _rows_without_header(split(text)))
        return replace(file, listed=_all_listed(rows, UNKNOWN, text))
    if file.kind.name == "articles":
        return replace(file, page=text)
    if not text.strip() or _NO_ROWS.fullmatch(text.strip()):
        return file
    return _with_table(file, file.kind, text)


def _rows_without_header(records: Sequence[object]) -> tuple[Row, ...]:
    return tuple(Row(number, ()) for number in range(1, len(records)))


def _all_listed(table: Table, reason: str, text: str) -> tuple[Listed, ...]:
    """List every row, or the file itself if it holds something that is no row."""
    rows = tuple(Listed(row.number, reason) for row in table.rows)
    return rows or ((Listed(None, reason),) if text.strip() else ())


def _with_table(file: _File, kind: Kind, text: str) -> _File:
    @lru_cache(maxsize=2)
    def reader(header: tuple[str, ...]) -> RowReader:
        return RowReader.of(kind, header, Owner(), None)

    def makes_sense(header: tuple[str, ...], fields: tuple[str, ...]) -> bool:
        return bool(header) and not reader(header).has_odd_date(fields)

    table = read_table(
        text, kind.needs, makes_sense, preferred=kind.dialect, has_preamble=kind.preamble
    )
    if not table.header:
        below = Table((), _rows_without_header(table.rows))
        listed = _all_listed(below, NOT_UNDERSTOOD, text)
        return replace(file, listed=listed, warnings=(*file.warnings, NOT_UNDERSTOOD))
    warnings = [
        f"column {printable(name)} is not known and left out"
        for name in table.header
        if not kind.knows(name)
    ]
    table, was_short = padded(table, kind.required)
    if was_short:
        warnings.append(SHORT)
    if any(row.fault == TRUNCATED for row in table.rows):
        warnings.append("cut off, the last row is not whole")
    return replace(file, table=table, warnings=(*file.warnings, *warnings))


def _merged(files: list[_File], owner: Owner) -> Iterator[FileReading]:
    """Read the files kind by kind, and give them back in the order in which they came."""
    order = {id(file.archive): at for at, file in reversed(list(enumerate(files)))}
    groups: dict[str, list[_File]] = {}
    for file in files:
        groups.setdefault(file.reader, []).append(file)
    found: dict[int, FileReading] = {}
    for group in groups.values():
        widths: dict[int, int] = {}
        for file in group:
            archive = id(file.archive)
            widths[archive] = max(widths.get(archive, 0), len(file.table.header))
        ranked = sorted(group, key=lambda f: (-widths[id(f.archive)], order[id(f.archive)]))
        merge = _Merge(owner, _shared_columns(group))
        found |= {id(file): merge.read(file) for file in ranked}
    return (found[id(file)] for file in files)


def _shared_columns(files: list[_File]) -> frozenset[str]:
    """Return the columns that all files of a kind have: by them rows are compared."""
    headers = [set(map(normal, f.table.header)) for f in files if f.table.header]
    return frozenset(set.intersection(*headers)) if headers else frozenset()


class _Merge:
    """Reads the files of one kind and knows which rows other archives held how often."""

    def __init__(self, owner: Owner, columns: frozenset[str]) -> None:
        self._owner = owner
        self._columns = columns
        self._earlier: Counter[str] = Counter()
        self._here: Counter[str] = Counter()
        self._ids: Counter[str] = Counter()
        self._archive: Archive | None = None

    def read(self, file: _File) -> FileReading:
        """Turn the rows of a file into items and listed rows."""
        if file.archive is not self._archive:
            self._earlier |= self._here
            self._here = Counter()
            self._archive = file.archive
        items: list[Item] = []
        listed = list(file.listed)
        if file.page is not None:
            self._read_page(file, file.page, items, listed)
        elif file.kind is not None and file.table.header:
            self._read_rows(file, file.kind, items, listed)
        return FileReading(
            file.path, file.reader, tuple(items), tuple(listed), archive=file.archive.name
        )

    def _read_rows(self, file: _File, kind: Kind, items: list[Item], listed: list[Listed]) -> None:
        reader = RowReader.of(kind, file.table.header, self._owner, file.archive.snapshot)
        is_whole = self._columns.issuperset(map(normal, file.table.header))
        for row in file.table.rows:
            fault = reader.fault(row)
            if fault is None:
                key = reader.key(row)
                item_id = self._new_id(key, key if is_whole else reader.key(row, self._columns))
                if item_id is not None:
                    items.append(reader.item(row, item_id))
                    continue
            listed.append(Listed(row.number, fault or DUPLICATE))

    def _read_page(self, file: _File, page: str, items: list[Item], listed: list[Listed]) -> None:
        article = None if is_undecodable(page) else read_article(page)
        if article is None:
            listed.append(Listed(1, UNDECODABLE if is_undecodable(page) else NO_TEXT))
            return
        key = sha256(f"{file.reader}\x1f{article.text}".encode()).hexdigest()[:24]
        item_id = self._new_id(key, key)
        if item_id is None:
            listed.append(Listed(1, DUPLICATE))
            return
        created = article.created_at or file.archive.snapshot
        items.append(
            Item(
                item_id, OWNER, "article", created_at=created, text=article.text, source=file.reader
            )
        )

    def _new_id(self, key: str, shared: str) -> str | None:
        """Return the id of this occurrence of a row, or `None` if another archive held it.

        `key` is the row with all its columns, `shared` with those that all archives have.
        """
        self._here[shared] += 1
        if self._here[shared] <= self._earlier[shared]:
            return None
        self._ids[key] += 1
        count = self._ids[key]
        return key if count == 1 else f"{key}-{count}"
