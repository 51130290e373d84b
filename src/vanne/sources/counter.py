"""Counts how often each of many million rows came, in ten to fifteen bytes for each.

A row is known by 64 bits of its SHA-256. The table is open addressing in 256 parts, so that growing
one needs little room beside it. Two different rows among ten million share their 64 bits with a
probability of 3 in a million; then the second one is taken for a repeat.
"""

from array import array
from collections import Counter

_PARTS = 256
_FIRST_SIZE = 64
_FULL = 0.8
_GROWTH = 1.5


class RowCounter:
    """How often each row came. A row is given by its key, at least 16 hexadecimal digits."""

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
