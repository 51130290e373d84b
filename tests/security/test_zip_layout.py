"""A zip whose entries share bytes, or whose two headers of an entry disagree, is refused unread."""

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from vanne.errors import InputError
from vanne.sources import read_archives
from vanne.sources.archive import layout_fault
from vanne.sources.wordfile import cv_of_word
from vanne.words import Message

HERE, CENTRAL, END = "<4s5H3I2H", "<4s6H3I5H2I", "<4s4H2IH"
FIXTURES = Path(__file__).parents[1] / "fixtures"


def local(name: bytes, data: bytes, size: int, *, crc: int = 0, method: int = 8, flags: int = 0) -> bytes:  # fmt: skip
    """Return the header that stands before an entry's bytes."""
    return (
        struct.pack(HERE, b"PK\3\4", 20, flags, method, 0, 33, crc, len(data), size, len(name), 0)
        + name
    )


def directory(body: bytes, entries: Iterable[tuple[bytes, int, int, int, int, int]]) -> bytes:
    """Return a whole zip: its body, and a directory of (name, offset, crc, packed, size, method)."""
    rows = [
        struct.pack(CENTRAL, *(b"PK\1\2", 20, 20, 0, method, 0, 33, crc, packed, size, len(name)), *(0,) * 5, offset) + name
        for name, offset, crc, packed, size, method in entries
    ]  # fmt: skip
    size = sum(map(len, rows))
    end = struct.pack(END, b"PK\5\6", 0, 0, len(rows), len(rows), size, len(body), 0)
    return body + b"".join(rows) + end


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def same_bytes(count: int = 50) -> bytes:
    """Return a zip whose directory names one entry many times."""
    text = b"0" * (9 << 20)
    kernel, crc = deflated(text), zlib.crc32(text)
    body = local(b"a.csv", kernel, len(text), crc=crc) + kernel
    return directory(body, [(b"a.csv", 0, crc, len(kernel), len(text), 8)] * count)


def quoted_headers(count: int = 50) -> bytes:
    """Return Fifield's bomb: each entry quotes the headers of those after it as its own text."""
    text = b"0" * (9 << 20)
    tail, plain, rows = deflated(text), text, []
    name = f"{count:04}.csv".encode()
    header = local(name, tail, len(plain), crc=zlib.crc32(plain))
    rows.append((name, zlib.crc32(plain), len(tail), len(plain)))
    body = header + tail
    for number in reversed(range(count)):
        quote = header  # a stored block of deflate that holds the next entry's header
        plain = quote + plain
        packed = b"\0" + struct.pack("<HH", len(quote), len(quote) ^ 0xFFFF) + body
        name = f"{number:04}.csv".encode()
        header = local(name, packed, len(plain), crc=zlib.crc32(plain))
        rows.append((name, zlib.crc32(plain), len(packed), len(plain)))
        body = header + packed
    entries, offset = [], 0
    for name, crc, size, whole in reversed(rows):
        entries.append((name, offset, crc, size, whole, 8))
        offset += 30 + len(name) + 5
    return directory(body, entries)


def reaching_into_the_directory() -> bytes:
    body = local(b"a.csv", b"x" * 60, 60, method=0) + b"x"
    return directory(body, [(b"a.csv", 0, 0, 60, 60, 0)])


def differing(**there: int | bytes) -> bytes:
    """Return a zip of one entry of which the directory says something else."""
    row = {"name": b"a.csv", "offset": 0, "crc": zlib.crc32(b"text"), "size": 4, "whole": 4, "method": 0}  # fmt: skip
    body = local(b"a.csv", b"text", 4, crc=zlib.crc32(b"text"), method=0) + b"text"
    return directory(body, [tuple((row | there).values())])


def test_hand_made_bomb_is_a_real_one() -> None:
    data = quoted_headers(3)
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        last = packed.infolist()[-1]
        assert packed.read(last) == b"0" * (9 << 20)
        assert sum(info.file_size for info in packed.infolist()) > 3 * len(data) * 100


@pytest.mark.parametrize("made", [same_bytes, quoted_headers, reaching_into_the_directory])
def test_zip_whose_entries_share_bytes_is_refused_unread(
    tmp_path: Path, made: Callable[[], bytes]
) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(made())
    begun = time.process_time()
    with pytest.raises(InputError) as caught:
        read_archives([path])
    assert "entries that overlap, as only a zip bomb has: nothing was read" in str(caught.value)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    "there",
    [{"name": b"b.csv"}, {"crc": 1}, {"size": 3}, {"whole": 5}, {"method": 8}, {"offset": 1}],
)
def test_zip_that_says_two_things_of_an_entry_is_refused_unread(tmp_path: Path, there: dict[str, int | bytes]) -> None:  # fmt: skip
    path = tmp_path / "a.zip"
    path.write_bytes(differing(**there))
    with pytest.raises(InputError, match="an entry whose two headers disagree: nothing was read"):
        read_archives([path])


def test_document_with_entries_that_overlap_is_not_read() -> None:
    data = directory(same_bytes()[:100], [(b"word/document.xml", 0, 0, 9, 9, 0)] * 2)
    assert cv_of_word(data).faults == (Message("word-unreadable"),)


@pytest.mark.parametrize("path", sorted(p for p in FIXTURES.rglob("*") if zipfile.is_zipfile(p)), ids=str)  # fmt: skip
def test_good_zip_has_no_fault(path: Path) -> None:
    with zipfile.ZipFile(path) as packed:
        assert layout_fault(packed) is None


def test_zip_that_was_written_as_a_stream_has_no_fault(tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        data = b""

        def writable(self) -> bool:
            return True

        def write(self, piece: bytes) -> int:  # type: ignore[override]
            self.data += bytes(piece)
            return len(piece)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as packed:  # type: ignore[arg-type]
        packed.writestr("Skills.csv", "Name\nWelding\n")
        with packed.open("é.csv", "w", force_zip64=True) as entry:
            entry.write(b"Name\nSailing\n")
    with zipfile.ZipFile(io.BytesIO(b"#!/bin/sh\n" + pipe.data)) as packed:
        assert layout_fault(packed) is None
