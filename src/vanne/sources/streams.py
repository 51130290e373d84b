"""Bytes of an archive as lines of text, however large the file and however long a line.

Nothing here holds more than one piece at a time: a line that is longer than `MAX_LINE` comes as the
marker `TOO_LONG` in its place, and what is behind it is read on.
"""

import io
from collections.abc import Iterable, Iterator

MAX_LINE = 16 << 20
TOO_LONG = "\0too long"
"""Stands for a line that is left out. No line of a text holds a NUL: they are taken off."""


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


def text_of(pieces: Iterable[bytes], encoding: str) -> io.TextIOWrapper:
    """Decode; a byte that is no text becomes a lone surrogate. Line ends stay as they are."""
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    buffered = io.BufferedReader(Pieces(pieces), 1 << 18)
    return io.TextIOWrapper(buffered, encoding, errors, newline="")


def lines_of(stream: io.TextIOBase) -> Iterator[str]:
    """Yield the lines with their ends, and `TOO_LONG` for one that no export can have."""
    while line := stream.readline(MAX_LINE):
        if len(line) < MAX_LINE or line.endswith(("\n", "\r")):
            yield line
            continue
        while (more := stream.readline(MAX_LINE)) and not more.endswith(("\n", "\r")):
            pass
        yield TOO_LONG
