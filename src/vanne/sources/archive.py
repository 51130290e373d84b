"""Opens what a member was sent, a zip, a folder or one file, without trusting any of it.

Everything is refused before the first entry is read: names that lead out of the archive, links,
encrypted entries, more entries or bytes than an export can have, and compression that only a bomb
has. Entries are read as streams and never written to the disk. An entry that turns out longer than
it said, or whose checksum is wrong, stops the reading. An archive inside the archive stays closed.
"""

import copy
import hashlib
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from vanne.errors import InputError, storing

MAX_ENTRIES = 20_000
MAX_ENTRY_BYTES = 2 << 30
MAX_TOTAL_BYTES = 8 << 30
MAX_RATIO = 200
RATIO_FREE_BYTES = 10 << 20
_CHUNK = 1 << 20
_FIRST_YEAR = 2003  # LinkedIn began; an older date in a zip is a tool's default
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_EXPORT = "linkedindataexport"
_NAMED_DATE = re.compile(r"_(\d{2})-(\d{2})-(\d{4})(?!\d)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of an archive; `open` gives its bytes as a stream. A link is never followed."""

    path: str
    size: int
    open: Callable[[], IO[bytes]]
    is_link: bool = False
    crc: int | None = None

    def read(self) -> bytes:
        """Return all bytes."""
        return b"".join(self.chunks())

    def digest(self) -> str:
        """Return the SHA-256 of the bytes, which also checks that they can be read."""
        state = hashlib.sha256()
        for chunk in self.chunks():
            state.update(chunk)
        return state.hexdigest()

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes; refuse more of them, or others, than the entry said that it holds."""
        seen = crc = 0
        with storing(f"`{self.path}`"), closing(self.open()) as stream:
            while chunk := _damage_named(self.path, stream):
                seen += len(chunk)
                if seen > self.size:
                    raise InputError(
                        f"`{self.path}` holds more bytes than it says",
                        todo="do not use this archive; download it again from LinkedIn",
                    )
                crc = zlib.crc32(chunk, crc)
                yield chunk
        if self.crc is not None and crc != self.crc:
            raise _damaged(f"`{self.path}`")


@dataclass(frozen=True, slots=True)
class Archive:
    """The files that came in one download, and the day on which it was made if that is known."""

    name: str
    entries: tuple[Entry, ...]
    snapshot: datetime | None


def open_archive(path: Path) -> Archive:
    """Open a zip, a folder (even one that is called `x.zip`) or a single CSV or HTML file."""
    with storing(f"`{path}`"):
        info = path.stat()
        if stat.S_ISDIR(info.st_mode):
            return _folder(path)
        if path.suffix.lower() in (".csv", ".html", ".htm"):
            return _single(path, info)
        if zipfile.is_zipfile(path):
            return _zip(path, info)
        raise _no_zip(path)


def exports_in(path: Path) -> list[Path]:
    """Return the exports that a folder holds if it holds nothing else, else the path itself."""
    with storing(f"`{path}`"):
        if not path.is_dir():
            return [path]
        inside = sorted(child for child in path.iterdir() if not child.name.startswith("."))
    named = all(_EXPORT in child.name.casefold() and not child.is_symlink() for child in inside)
    return inside if inside and named else [path]


def _no_zip(path: Path) -> InputError:
    with path.open("rb") as stream:
        begins_as_zip = stream.read(4) == b"PK\x03\x04"
    if begins_as_zip:
        return InputError(
            f"damaged zip archive: `{path}` is cut off",
            todo="download it again from LinkedIn",
        )
    return InputError(
        f"not a zip archive: `{path}`",
        todo="give the zip that LinkedIn sent, its unpacked folder, or one of its CSV files",
    )


def _single(path: Path, info: os.stat_result) -> Archive:
    _check_sizes([(path.name, info.st_size, info.st_size)])
    entry = Entry(printable(path.name), info.st_size, lambda: path.open("rb"))
    return Archive(path.name, (entry,), _named(path) or _moment(info.st_mtime))


def _folder(root: Path) -> Archive:
    paths = sorted(
        Path(folder, name)
        for folder, folders, names in os.walk(root)
        for name in [*names, *(f for f in folders if Path(folder, f).is_symlink())]
    )
    infos = [path.lstat() for path in paths]
    entries = tuple(_file(root, path, info) for path, info in zip(paths, infos, strict=True))
    _check_sizes([(entry.path, entry.size, entry.size) for entry in entries])
    newest = max((info.st_mtime for info in infos), default=None)
    return Archive(root.name, entries, _named(root) or (_moment(newest) if newest else None))


def _file(root: Path, path: Path, info: os.stat_result) -> Entry:
    is_plain = stat.S_ISREG(info.st_mode)  # a pipe or a device would never end
    name = printable(path.relative_to(root).as_posix())
    return Entry(name, info.st_size if is_plain else 0, lambda: path.open("rb"), not is_plain)


def _zip(path: Path, info: os.stat_result) -> Archive:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise _damaged(f"`{path}`") from error
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MAX_ENTRIES:
        raise _refused(path, f"more than {MAX_ENTRIES:,} entries")
    for member in members:
        _check_entry(path, member)
    _check_sizes([(m.filename, m.file_size, m.compress_size) for m in members])
    entries = tuple(_entry(path, member) for member in members)
    return Archive(path.name, entries, _named(path) or _newest(members) or _moment(info.st_mtime))


def _entry(path: Path, member: zipfile.ZipInfo) -> Entry:
    """Ask for one byte more than declared, so that an entry which is longer shows itself.

    The checksum is ours to check then: zipfile would compare it with that byte too.
    """
    wanted = copy.copy(member)
    wanted.file_size += 1
    wanted.CRC = None  # type: ignore[assignment]
    name = printable(_slashed(member.filename))

    def open_member() -> IO[bytes]:
        try:
            with zipfile.ZipFile(path) as archive:
                return archive.open(wanted)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
            raise _damaged(f"`{name}`") from error

    return Entry(name, member.file_size, open_member, crc=member.CRC)


def _damage_named(name: str, stream: IO[bytes]) -> bytes:
    try:
        return stream.read(_CHUNK)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise _damaged(f"`{name}`") from error


def _check_entry(path: Path, member: zipfile.ZipInfo) -> None:
    name = _slashed(member.orig_filename)
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or "\0" in name:
        raise _refused(path, "an entry with an absolute path")
    if ".." in name.split("/"):
        raise _refused(path, "an entry whose path leads out of it with `..`")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise _refused(path, "a symbolic link")
    if member.flag_bits & 0x1:
        raise InputError(
            f"`{path}` is encrypted", todo="unpack it with its password and give the folder"
        )


def _check_sizes(sizes: list[tuple[str, int, int]]) -> None:
    """Refuse what no export can be. `sizes` are (name, bytes, compressed bytes)."""
    if len(sizes) > MAX_ENTRIES:
        raise InputError(f"more than {MAX_ENTRIES:,} files", todo="give the export alone")
    total = 0
    for name, size, packed in sizes:
        total += size
        if size > MAX_ENTRY_BYTES:
            raise InputError(f"`{name}` is larger than 2 GiB", todo="give the export alone")
        if size > RATIO_FREE_BYTES and size > MAX_RATIO * packed:
            raise InputError(
                f"`{name}` is packed more than {MAX_RATIO}:1, as only a zip bomb is",
                todo="do not use this archive; download it again from LinkedIn",
            )
    if total > MAX_TOTAL_BYTES:
        raise InputError("more than 8 GiB once unpacked", todo="give the export alone")


def printable(name: str) -> str:
    """Return a name that a terminal and a JSON document can show: no controls, no broken bytes."""
    return _CONTROL.sub("\ufffd", name.encode("utf-8", "replace").decode())


def _slashed(name: str) -> str:
    """Return the name with `/` between folders: some packers for Windows write a backslash."""
    return name.replace("\\", "/")


def _refused(path: Path, what: str) -> InputError:
    return InputError(
        f"`{path}` holds {what}: nothing was read",
        todo="do not use this archive; download it again from LinkedIn",
    )


def _damaged(what: str) -> InputError:
    return InputError(
        f"damaged zip archive: {what} cannot be read", todo="download it again from LinkedIn"
    )


def _named(path: Path) -> datetime | None:
    """Return the day in a name such as `Basic_LinkedInDataExport_11-02-2026.zip`."""
    match = _NAMED_DATE.search(path.name)
    if match is None:
        return None
    month, day, year = map(int, match.groups())
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None


def _newest(members: list[zipfile.ZipInfo]) -> datetime | None:
    """Return the newest date of the entries. A zip writes it without a zone: taken as UTC."""
    dates = []
    for member in members:
        try:
            dates.append(datetime(*member.date_time, tzinfo=UTC))
        except ValueError:
            continue
    newest = max(dates, default=None)
    return newest if newest is not None and newest.year >= _FIRST_YEAR else None


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
