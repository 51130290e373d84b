"""Bytes of an archive as lines of text, however large the file and however long a line.

Nothing here holds more than one piece at a time: a line that is longer than `MAX_LINE` comes as the
marker `TOO_LONG` in its place, and what is behind it is read on.
"""

import codecs
import io
import re
from collections.abc import Iterable, Iterator

MAX_LINE = 16 << 20
TOO_LONG = "\0too long"
"""Stands for a line that is left out. No line of a text holds a NUL: they are taken off."""
_LINE_END = re.compile(r"\r\n|\n|\r")
_ENDS = ("\n", "\r")


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
    begun, size = [], 0  # the line that has no end yet
    for piece in _with_whole_ends(pieces):
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


def _with_whole_ends(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the pieces so that none ends between the two signs that end a line together."""
    rest = ""
    for piece in pieces:
        text = rest + piece
        rest = "\r" if text.endswith("\r") else ""
        if text := text.removesuffix(rest):
            yield text
    if rest:
        yield rest
