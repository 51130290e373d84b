"""Counts how often each of many million rows came, in some twelve bytes for each.

A row is known by 64 bits of its SHA-256. The table is open addressing in 256 parts, so that growing
one needs little room beside it. Two different rows among ten million share their 64 bits with a
probability of 3 in a million; then the second one is taken for a repeat.
"""

from array import array
from collections import Counter

_PARTS = 256
_FIRST_SIZE = 64
_LARGE = 1 << 10
_FULL = 0.8


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
            self._parts[number] = _grown(part)
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


def _grown(part: "array[int]") -> "array[int]":
    """Return a part with twice the room, or with a quarter more where that is much."""
    if len(part) >= _LARGE:
        return _grown_at_once(part)
    larger = array("Q", bytes(8 * 2 * len(part)))
    for value in part:
        if value:
            larger[_place(larger, value)] = value
    return larger


def _grown_at_once(part: "array[int]") -> "array[int]":
    """Place the values in the order of where they belong, each there or else behind the last."""
    import numpy as np

    larger = array("Q", bytes(8 * (len(part) * 5 // 4)))
    values = np.frombuffer(part, np.uint64)
    values = values[values != 0]
    belongs = ((values >> 8) % len(larger)).astype(np.int64)
    order = belongs.argsort()
    count = np.arange(len(values))
    places = np.maximum.accumulate(belongs[order] - count) + count
    fits = places < len(larger)
    np.frombuffer(larger, np.uint64)[places[fits]] = values[order][fits]
    for value in values[order][~fits].tolist():  # round the end
        larger[_place(larger, value)] = value
    return larger
