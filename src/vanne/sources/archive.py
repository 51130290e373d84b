"""Open a member's download (a zip, a folder or one file) safely, as untrusted input.

These are refused before the first entry is read: names that lead out of the archive, links,
encrypted entries, more entries or bytes than an export can have, compression that only a bomb has,
entries that overlap, and headers that disagree. A zip describes each entry twice: in a header
before its bytes, and in the directory at the end. Where entries of the directory share bytes, a few
kilobytes become terabytes (D. Fifield, «A better zip bomb», WOOT 2019). Where the two headers
differ, another reader sees another file.

Entries are read as streams and never written to the disk. Reading stops at an entry that is longer
than declared, or whose checksum is wrong. An archive inside the archive stays closed, with one
exception: if it is all that the archive holds (some mail programs pack packed files again), it is
opened.
"""

import copy
import hashlib
import io
import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from bisect import bisect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import IO

from vanne.errors import InputError, storage_error
from vanne.words import Message

MAX_ENTRIES = 100_000
MAX_ENTRY_BYTES = 4 << 30
MAX_TOTAL_BYTES = 16 << 30
MAX_RATIO = 200
RATIO_FREE_BYTES = 10 << 20
_CHUNK = 1 << 18
_STRIDE = 8 << 20
_NOT_THIS = Message("do-not-use-archive")
_AGAIN = Message("download-again")
_FIRST_YEAR = 2003  # LinkedIn began; an older date in a zip is a tool's default
_HEADER = struct.Struct("<4s2xHH4xIIIHH")
_ENCRYPTED, _STREAMED, _UTF8 = 0x1, 0x8, 0x800
_IN_ZIP64 = 0xFFFF_FFFF
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods", ".numbers")
_ALONE = (
    *".csv .tsv .txt .md .html .htm .json .jsonl .jsonld .js .xml .pdf .docx .car".split(),
    *WORKBOOKS,
)
_ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tgz", ".tar")
_OTHER_PACKED = (b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_PAGE = re.compile(rb"\s*<(?:!doctype html|html|head|body)", re.IGNORECASE)
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.text"
_BODY = re.compile(r"word/document\d*\.xml|Index/Document\.iwa")
"""What only a document of Word, or of Pages, has in it."""
DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, RuntimeError)
"""What zipfile raises; methods of compression that it does not know are a `RuntimeError` too."""
_EXPORT = "linkedindataexport"
_NAMED_DATE = re.compile(r"_(\d{2})-(\d{2})-(\d{4})(?!\d)")


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """One file of an archive; `open` gives its bytes as a stream. A link is never followed.

    `archive` is the path of the archive as messages name it.
    """

    path: str
    size: int
    open: Callable[[], IO[bytes]]
    archive: str
    is_link: bool = False
    crc: int | None = None

    @property
    def place(self) -> Message:
        """Say where the entry is, for a message."""
        return _place(self.path, self.archive)

    def read(self) -> bytes:
        """Return all bytes."""
        return b"".join(self.chunks())

    def start(self, size: int) -> tuple[bytes, bool]:
        """Return the first bytes, and whether they are all."""
        with _reading(self.place), closing(self.open()) as stream:
            data = b""
            while len(data) <= size and (piece := _damage_named(self.place, stream, size + 1)):
                data += piece
        if len(data) > self.size:
            raise InputError(Message("more-bytes-than-said", where=self.place), todo=_NOT_THIS)
        return data[:size], len(data) <= size

    def digest(self) -> str:
        """Return the SHA-256 of the bytes, which also checks that they can be read."""
        state = hashlib.sha256()
        for chunk in self.chunks():
            state.update(chunk)
        return state.hexdigest()

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes; refuse more of them, or others, than the entry said that it holds."""
        size = crc = 0
        with _reading(self.place), closing(self.open()) as stream:
            while chunk := _damage_named(self.place, stream):
                size += len(chunk)
                if size > self.size:
                    raise InputError(
                        Message("more-bytes-than-said", where=self.place), todo=_NOT_THIS
                    )
                crc = zlib.crc32(chunk, crc)
                yield chunk
        if self.crc is not None and crc != self.crc:
            raise _damaged(self.place)


@dataclass(frozen=True, slots=True)
class Archive:
    """The files that came in one download, and the day on which it was made if that is known."""

    name: str
    entries: tuple[ArchiveMember, ...]
    snapshot: datetime | None
    path: Path = Path()


def open_archive(path: Path, opened: ExitStack) -> Archive:
    """Open a zip, a folder (even one that is called `x.zip`) or a single file that has a reader.

    A zip is among what is `opened`: its entries can be read until that is closed.
    """
    where = quoted(path)
    with _reading(where):
        info = path.stat()
        if stat.S_ISDIR(info.st_mode):
            return _folder(path)
        if not stat.S_ISREG(info.st_mode):
            neither = Message("neither-file-nor-folder", where=where)
            raise InputError(neither, todo=Message("give-zip-or-folder"))
        with path.open("rb") as stream:
            start = stream.read(256)
        if path.suffix.lower() in _ALONE or _is_document(path, start):
            name, size = printable(path.name), info.st_size
            _check_sizes(where, [(path.name, size, size)])
            entry = ArchiveMember(name, size, lambda: path.open("rb"), printable(str(path.parent)))
            return Archive(name, (entry,), _named(path.name) or _moment(info.st_mtime))
        if zipfile.is_zipfile(path):
            return _zip(path, info, opened)
        if not start:
            raise InputError(Message("archive-empty", where=where), todo=_AGAIN)
        if start.startswith(b"PK\x03\x04"):
            raise InputError(Message("zip-cut-off", where=where), todo=_AGAIN)
        if _PAGE.match(start):
            raise InputError(
                Message("zip-is-page", where=where), todo=Message("sign-in-and-download")
            )
        if start.startswith(_OTHER_PACKED):
            raise InputError(Message("packed-otherwise", where=where), todo=Message("unpack-it"))
        raise InputError(Message("not-a-zip", where=where), todo=Message("give-zip-folder-or-file"))


def is_archive(name: str) -> bool:
    """Say whether a file is called as an archive is."""
    return PurePosixPath(name).suffix.lower() in _ARCHIVES


def _is_document(path: Path, start: bytes) -> bool:
    """Say whether a file is one to be read alone: PDF, JSON, XML, a repository, a document."""
    if start.startswith(b"PK") and zipfile.is_zipfile(path):
        try:
            with zipfile.ZipFile(path) as packed:
                is_open = start[30:38] == b"mimetype" and OPEN_DOCUMENT in start
                return is_open or any(map(_BODY.fullmatch, packed.NameToInfo))
        except DAMAGE:
            return False
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    is_text = text.startswith((b"%PDF-", b"{", b"[", b"<", b"window.")) or b"eroots" in start[:10]
    return start.startswith(OLD_OFFICE) or (is_text and not is_archive(path.name))


def exports_in(path: Path) -> list[Path]:
    """Return the exports that a folder holds if it holds nothing else, else the path itself."""
    with _reading(quoted(path)):
        if not path.is_dir():
            return [path]
        inside = sorted(
            child
            for child in path.iterdir()
            if not child.name.startswith(".") and not is_litter(child.name)
        )

        def is_export(child: Path) -> bool:
            is_zip = child.suffix.casefold() == ".zip" and child.is_file()
            return not child.is_symlink() and (is_zip or _EXPORT in child.name.casefold())

        return inside if inside and all(map(is_export, inside)) else [path]


@contextmanager
def _reading(what: Message | str) -> Iterator[None]:
    """Turn what the operating system says into one line that a terminal can show."""
    try:
        yield
    except OSError as error:
        if error.filename:
            error.filename = printable(str(error.filename))
        raise storage_error(error, what) from error


def _folder(root: Path) -> Archive:
    def refuse(error: OSError) -> None:
        raise error  # else a folder that cannot be read would be left out without a word

    def entry(path: Path, info: os.stat_result) -> ArchiveMember:
        is_plain = stat.S_ISREG(info.st_mode)  # a pipe or a device would never end
        name = printable(path.relative_to(root).as_posix())
        size = info.st_size if is_plain else 0
        return ArchiveMember(
            name, size, lambda: path.open("rb"), printable(str(root)), not is_plain
        )

    paths = sorted(
        Path(folder, name)
        for folder, folders, names in os.walk(root, onerror=refuse)
        for name in [*names, *(f for f in folders if Path(folder, f).is_symlink())]
    )
    infos = [path.lstat() for path in paths]
    entries = tuple(entry(path, info) for path, info in zip(paths, infos, strict=True))
    _check_sizes(quoted(root), [(entry.path, entry.size, entry.size) for entry in entries])
    newest = max((info.st_mtime for info in infos), default=None)
    snapshot = _named(root.name) or (_moment(newest) if newest else None)
    return Archive(printable(root.name), entries, snapshot)


def _zip(path: Path, info: os.stat_result, opened: ExitStack) -> Archive:
    where: Message | str = quoted(path)
    packed, members = _members(where, path, opened)
    inner = [member for member in members if not is_litter(member.filename)]
    name = path.name
    if inner and all(member.filename.casefold().endswith(".zip") for member in inner):
        if len(inner) > 1:
            raise InputError(
                Message("only-archives", where=where),
                todo=Message("unpack-and-give-those"),
            )
        entry = _entry(path, packed, inner[0])
        name, where = PurePosixPath(entry.path).name, entry.place
        if inner[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            unpack = Message("unpack-and-give-that")
            raise InputError(Message("packed-otherwise", where=where), todo=unpack)
        assert packed.fp is not None
        inside = io.BufferedReader(_Inner(packed.fp, inner[0]), _CHUNK)
        packed, members = _members(where, inside, opened)
    entries = tuple(_entry(path, packed, member) for member in members)
    dates = list[datetime]()  # a zip writes dates without a zone: taken as UTC
    for member in members:
        with suppress(ValueError):
            dates.append(datetime(*member.date_time, tzinfo=UTC))
    newest = max(dates, default=None)
    if newest is not None and newest.year < _FIRST_YEAR:
        newest = None
    snapshot = _named(path.name) or _named(name) or newest or _moment(info.st_mtime)
    return Archive(printable(path.name), entries, snapshot)


def is_litter(name: str) -> bool:
    """Say whether an entry is what a Mac or Windows adds to a folder."""
    parts = PurePosixPath(_slashed(name)).parts
    return "__MACOSX" in parts or parts[-1:] in ((".DS_Store",), ("Thumbs.db",), ("desktop.ini",))


def _members(
    where: Message | str, file: Path | IO[bytes], opened: ExitStack
) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    """Open a zip and check everything that it says about its entries."""
    try:
        packed = opened.enter_context(zipfile.ZipFile(file))
    except DAMAGE as error:
        raise _damaged(where) from error
    if not all(member.filename for member in packed.infolist()):
        raise _damaged(where)  # zipfile cannot say whether what has no name is a folder
    members = [member for member in packed.infolist() if not member.is_dir()]
    if len(members) > MAX_ENTRIES:
        raise _refused(where, Message("many-entries", n=MAX_ENTRIES))
    for member in members:
        name = _slashed(member.orig_filename)
        if name.startswith("/") or re.match(r"[A-Za-z]:", name) or "\0" in name:
            raise _refused(where, Message("absolute-path"))
        if ".." in name.split("/"):
            raise _refused(where, Message("path-leads-out"))
        if stat.S_ISLNK(member.external_attr >> 16):
            raise _refused(where, Message("symbolic-link"))
        if member.flag_bits & 0x1:
            encrypted = Message("archive-encrypted", where=where)
            raise InputError(encrypted, todo=Message("unpack-with-password"))
    _check_sizes(where, [(m.filename, m.file_size, m.compress_size) for m in members])
    if fault := layout_fault(packed):
        raise _refused(where, fault)
    return packed, members


class _Inner(io.RawIOBase):
    """A zip inside a zip, read from any place; memory holds a block of it, however large it is.

    Inflating can only go on. So every `_STRIDE` bytes its state is copied (45 kB), to begin there.
    """

    def __init__(self, outer: IO[bytes], info: zipfile.ZipInfo) -> None:
        outer.seek(info.header_offset + _HEADER.size - 4)
        name, extra = struct.unpack("<HH", outer.read(4))
        begin = info.header_offset + _HEADER.size + name + extra
        self._outer, self._size, self._end = outer, info.file_size, begin + info.compress_size
        self._is_stored = info.compress_type == zipfile.ZIP_STORED
        self._place, self._block_at, self._block = 0, 0, b""
        self._next, self._state = begin, zlib.decompressobj(-zlib.MAX_WBITS)
        self._marks = [(0, begin, self._state.copy())]

    def readable(self) -> bool:
        """Say yes, as a stream must."""
        return True

    seekable = readable

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        self._place = offset + {os.SEEK_CUR: self._place, os.SEEK_END: self._size}.get(whence, 0)
        if self._place < 0:
            raise ValueError("before the start")
        return self._place

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Fill the buffer with what is there."""
        wanted = min(len(buffer), max(0, self._size - self._place))
        if self._is_stored:
            self._outer.seek(self._next + self._place)
            data = self._outer.read(wanted)
        else:
            if wanted:
                self._inflate()
            data = self._block[self._place - self._block_at :][:wanted]
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)

    def _inflate(self) -> None:
        """Make the block in which the place lies."""
        nearest = self._marks[bisect(self._marks, self._place, key=itemgetter(0)) - 1]
        if not self._block_at <= self._place or nearest[0] > self._block_at + len(self._block):
            self._block_at, self._next, state = nearest
            self._state, self._block = state.copy(), b""
        while self._place >= self._block_at + len(self._block):
            self._block_at += len(self._block)
            if self._block_at >= self._marks[-1][0] + _STRIDE:
                self._marks.append((self._block_at, self._next, self._state.copy()))
            self._outer.seek(self._next)
            packed = self._outer.read(min(_CHUNK, self._end - self._next))
            self._block = self._state.decompress(packed, _CHUNK)
            self._next += len(packed) - len(self._state.unconsumed_tail)
            if not packed and not self._block:
                raise EOFError("it ends too soon")


def _entry(path: Path, packed: zipfile.ZipFile, member: zipfile.ZipInfo) -> ArchiveMember:
    """Ask for one byte more than declared, so that an entry which is longer shows itself.

    The checksum is ours to check then: zipfile would compare it with that byte too.
    """
    wanted = copy.copy(member)
    wanted.file_size += 1
    wanted.CRC = None  # type: ignore[assignment]
    name, archive = printable(_slashed(member.filename)), printable(str(path))

    def open_member() -> IO[bytes]:
        try:
            return packed.open(wanted)
        except DAMAGE as error:
            raise _damaged(_place(name, archive)) from error

    return ArchiveMember(name, member.file_size, open_member, archive, crc=member.CRC)


def _damage_named(place: Message | str, stream: IO[bytes], size: int = _CHUNK) -> bytes:
    try:
        return stream.read(size)
    except DAMAGE as error:
        raise _damaged(place) from error


def _check_sizes(where: Message | str, sizes: list[tuple[str, int, int]]) -> None:
    """Refuse what no export can be. `sizes` are (name, bytes, compressed bytes)."""
    alone = Message("give-export-alone")
    if len(sizes) > MAX_ENTRIES:
        many = Message("many-files", where=where, n=MAX_ENTRIES)
        raise InputError(many, todo=alone)
    total = 0
    for name, size, packed in sizes:
        entry = Message("file-in-archive", file=f"`{printable(name)}`", where=where)
        total += size
        if size > MAX_ENTRY_BYTES:
            raise InputError(Message("entry-large", where=entry), todo=alone)
        if size > RATIO_FREE_BYTES and size > MAX_RATIO * packed:
            bomb = Message("packed-like-bomb", where=entry, n=MAX_RATIO)
            raise InputError(bomb, todo=_NOT_THIS)
    if total > MAX_TOTAL_BYTES:
        raise InputError(Message("unpacked-large", where=where), todo=alone)


def quoted(path: Path) -> str:
    """Return a path as a message names it."""
    return f"`{printable(str(path))}`"


def printable(name: str) -> str:
    """Return a name that a terminal and a JSON document can show: no controls, no broken bytes."""
    return _CONTROL.sub("\ufffd", name.encode("utf-8", "replace").decode())


def _slashed(name: str) -> str:
    """Return the name with `/` between folders: some packers for Windows write a backslash."""
    return name.replace("\\", "/")


def _place(path: str, archive: str) -> Message:
    return Message("file-in-archive", file=f"`{path}`", where=f"`{archive}`")


def _refused(where: Message | str, what: Message) -> InputError:
    return InputError(Message("archive-refused", where=where, what=what), todo=_NOT_THIS)


def _damaged(where: Message | str) -> InputError:
    return InputError(Message("zip-damaged", where=where), todo=_AGAIN)


def _named(name: str) -> datetime | None:
    """Return the day in a name such as `Basic_LinkedInDataExport_11-02-2026.zip`."""
    match = _NAMED_DATE.search(name)
    if match is None:
        return None
    month, day, year = map(int, match.groups())
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def layout_fault(packed: zipfile.ZipFile) -> Message | None:
    """Say what is wrong with the layout of a zip, without reading an entry: 0.4 µs for each."""
    assert packed.fp is not None
    free = 0
    for info in sorted(packed.infolist(), key=lambda info: info.header_offset):
        if info.header_offset < free:
            return Message("entries-overlap")
        packed.fp.seek(info.header_offset)
        header = packed.fp.read(_HEADER.size)
        if len(header) < _HEADER.size:
            return Message("headers-disagree")
        signature, flags, method, crc, size, whole, name, extra = _HEADER.unpack(header)
        spelt = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437")
        unsaid = {_IN_ZIP64}
        if (flags | info.flag_bits) & _STREAMED:  # these stand after the bytes, then
            unsaid.add(0)
        if not (
            signature == b"PK\x03\x04"
            and packed.fp.read(name) == spelt
            and method == info.compress_type
            and not (flags ^ info.flag_bits) & _ENCRYPTED
            and crc in {info.CRC, *unsaid}
            and size in {info.compress_size, *unsaid}
            and whole in {info.file_size, *unsaid}
        ):
            return Message("headers-disagree")
        free = info.header_offset + _HEADER.size + name + extra + info.compress_size
    return Message("entries-overlap") if free > packed.start_dir else None
