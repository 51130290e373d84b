"""Decode the bytes of an archive's file into text and lines, of any length, in little memory.

Memory holds one piece at a time. A line longer than `MAX_LINE` is replaced by the marker
`TOO_LONG`, and reading goes on after it.
"""

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vanne.terms import is_unicode
from vanne.words import Message

MAX_LINE = 16 << 20
TOO_LONG = "\0too long"
"""Stands for a line that is left out. No line of a text holds a NUL: they are taken off."""
_LINE_END = re.compile(r"\r\n|\n|\r")
_ENDS = ("\n", "\r")
LOST = re.compile("[\ud800-\udfff]")
"""How a byte that cannot be decoded is marked."""
_LETTERS = re.compile("[^\x00-\x7f\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class DecodedText:
    """The text of a file. A byte that could not be decoded is a lone surrogate in it."""

    text: str
    warnings: tuple[Message, ...] = ()
    encoding: str = "utf-8-sig"


class Pieces(io.RawIOBase):
    """A stream over pieces of bytes that come one after the other."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Say yes, as a stream must."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """Fill the buffer with what is there."""
        while not len(self._rest):
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def decode(data: bytes) -> DecodedText:
    """Decode UTF-8 with or without its mark, UTF-16, else the Windows code page with a warning.

    One line in the wrong encoding must not change how the others are read.
    """
    start, utf16 = data[:200], ""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        utf16 = "utf-16"
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        # UTF-16 without its mark has a NUL beside nearly every letter of the header.
        if not utf16 and len(start) >= 8 and start[first::2].count(0) > len(start) * 0.4:
            utf16 = encoding
    if utf16:
        text = data.decode(utf16, errors="replace").removeprefix("\ufeff")
        text = text.replace("\ufffd", "\udcff").replace("\0", "")
        return DecodedText(text, (Message("utf-16"),), utf16)
    encoding, warnings = "utf-8-sig", list[Message]()
    text = data.decode(encoding, errors="surrogateescape")
    if not is_unicode(text):
        # Bytes that are no UTF-8 outnumber the letters that are, and so do their lines.
        lines = [line for line in text.splitlines() if not line.isascii()]
        lost_lines = len(lines) - sum(map(is_unicode, lines))
        lost, letters = len(LOST.findall(text)), sum(map(len, _LETTERS.findall(text)))
        if lost > letters and lost_lines > len(lines) - lost_lines:
            encoding = "cp1252"
            text = data.decode(encoding, errors="surrogateescape")
            warnings.append(Message("windows-1252"))
        else:
            warnings.append(Message("bytes-not-utf8"))
    if "\0" in text:
        text = text.replace("\0", "")
        warnings.append(Message("nul-bytes"))
    return DecodedText(text, tuple(warnings), encoding)


def text_of(pieces: Iterable[bytes], encoding: str) -> Iterator[str]:
    """Decode piece by piece; a byte that is no text becomes a lone surrogate."""
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    for piece in pieces:
        if text := decoder.decode(piece):
            yield text
    if text := decoder.decode(b"", final=True):
        yield text


def lines_of(pieces: Iterable[str]) -> Iterator[list[str]]:
    r"""Yield the lines with their ends, those of a piece at a time.

    `TOO_LONG` comes alone, for one that no export can have.

    >>> list(lines_of(["a\nb", "c\r", "\nd"]))
    [['a\n'], ['bc\r\n'], ['d']]
    """

    def with_whole_ends() -> Iterator[str]:
        """Yield the pieces so that none ends between the two signs that end a line together."""
        rest = ""
        for piece in pieces:
            text = rest + piece
            rest = "\r" if text.endswith("\r") else ""
            if text := text.removesuffix(rest):
                yield text
        if rest:
            yield rest

    begun, size = [], 0  # the line that has no end yet
    for piece in with_whole_ends():
        end = _LINE_END.search(piece)
        size += end.end() if end else len(piece)
        if end is None:
            begun += [piece] if size <= MAX_LINE else []
            continue
        begun.append(piece[: end.end()])
        if size > MAX_LINE:
            yield [TOO_LONG]
        lines = ["".join(begun)] if size <= MAX_LINE else []
        lines += io.StringIO(piece[end.end() :], newline="").readlines()
        begun = [lines.pop()] if lines and not lines[-1].endswith(_ENDS) else []
        size = sum(map(len, begun))
        if lines:
            yield lines
    if size:
        yield ["".join(begun)] if size < MAX_LINE else [TOO_LONG]
