"""Ids by the million: hashed, looked up and checked for repeats in arrays, and never confused.

The hash is explicit, so that what is stored by it means the same on every machine: the bytes of an
id in little-endian words of eight (the last one padded with zeros), folded as FNV-1a folds bytes
(xor, then multiply), mixed with the length, and finished with MurmurHash3's 64-bit mixer. Two ids
may share a hash: every look-up compares the ids themselves.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

Hashes = npt.NDArray[np.uint64]
Ordinals = npt.NDArray[np.int32]

UNKNOWN = -1

_FNV_OFFSET, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_MIX = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))
_SHIFT = np.uint64(33)


def hashes_of(ids: "pa.Array") -> Hashes:
    """Return the hash of each id of a string array without nulls.

    >>> import pyarrow as pa
    >>> [f"{h:016x}" for h in hashes_of(pa.array(["ada", "ada", ""]))]
    ['d918f85f96631a54', 'd918f85f96631a54', 'efd01f60ba992926']
    """
    starts, lengths, words = _bytes_of(ids)
    hashes = np.full(len(ids), _FNV_OFFSET)
    longest = int(lengths.max(initial=0))
    for first in range(0, longest, 8):
        rows = slice(None) if first < lengths.min() else np.flatnonzero(lengths > first)
        word = words[starts[rows] + first]
        unused = np.maximum(8 - (lengths[rows] - first), 0).astype(np.uint64) << np.uint64(3)
        hashes[rows] = (hashes[rows] ^ ((word << unused) >> unused)) * _FNV_PRIME
    return _mixed(hashes ^ lengths.astype(np.uint64))


def _mixed(hashes: Hashes) -> Hashes:
    for factor in _MIX:
        hashes ^= hashes >> _SHIFT
        hashes *= factor
    hashes ^= hashes >> _SHIFT
    return hashes


def _bytes_of(ids: "pa.Array") -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Hashes]:
    """Return where each id starts, its length in bytes, and the eight bytes from each place on."""
    import pyarrow as pa

    wide = np.int64 if pa.types.is_large_string(ids.type) else np.int32
    _, ends, data = ids.buffers()
    offsets = np.frombuffer(ends, wide)[ids.offset : ids.offset + len(ids) + 1].astype(np.int64)
    if not len(ids):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(1, np.uint64)
    first, last = int(offsets[0]), int(offsets[-1])
    padded = np.zeros(last - first + 8, np.uint8)
    if data is not None:
        padded[: last - first] = np.frombuffer(data, np.uint8)[first:last]
    words = np.lib.stride_tricks.as_strided(
        padded[:8].view("<u8"), (last - first + 1,), (1,), writeable=False
    )
    return offsets[:-1] - first, np.diff(offsets), words


class IdIndex:
    """Finds the place of an id among given ones."""

    def __init__(self, ids: "pa.Array", parts: "dict[str, Any] | None" = None) -> None:
        """Index the ids; or take up the parts of an index of them that was made before."""
        import pyarrow as pa

        self.ids = ids.cast(pa.large_string())
        made = _indexed(hashes_of(self.ids)) if parts is None else parts
        self.order: Ordinals = made["order"]
        self.hashes: Hashes = made["hashes"]
        self.starts: Ordinals = made["starts"]
        self._shift = np.uint64(64 - _bits(len(ids)))

    @property
    def parts(self) -> "dict[str, Any]":
        """What may be stored, to take the index up again without making it."""
        return {"order": self.order, "hashes": self.hashes, "starts": self.starts}

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, ids: "pa.Array") -> Ordinals:
        """Return the place of each id (of its first occurrence), `UNKNOWN` where it is none."""
        found = np.full(len(ids), UNKNOWN, np.int32)
        if not len(self) or not len(ids):
            return found
        hashes = hashes_of(ids)
        places = self.starts[(hashes >> self._shift).astype(np.int64)].astype(np.int64)
        open_ = np.arange(len(ids))
        while len(open_):  # each round moves one place on; a bucket holds one id on average
            here, wanted = places[open_], hashes[open_]
            inside = here < len(self)
            there = np.zeros(len(open_), np.uint64)
            there[inside] = self.hashes[here[inside]]
            self._settle(ids, open_[inside & (there == wanted)], places, found)
            more = inside & (there <= wanted) & (found[open_] == UNKNOWN)
            open_ = open_[more]
            places[open_] += 1
        return found

    def _settle(
        self, ids: "pa.Array", rows: npt.NDArray[np.intp], places: npt.NDArray[np.int64],
        found: Ordinals,
    ) -> None:  # fmt: skip
        import pyarrow.compute as pc

        if not len(rows):
            return
        candidates = self.order[places[rows]]
        same = pc.equal(ids.take(rows).cast(self.ids.type), self.ids.take(candidates))
        found[rows] = np.where(same.to_numpy(zero_copy_only=False), candidates, UNKNOWN)

    def repeated(self) -> int | None:
        """Return the place of the first id that repeats an earlier one, None if there is none."""
        suspects = np.flatnonzero(self.hashes[1:] == self.hashes[:-1])
        groups = np.unique(np.concatenate((suspects, suspects + 1)))
        rows = np.sort(self.order[groups])
        return _first_repeat(rows, lambda row: self.ids[row].as_py())


def _bits(size: int) -> int:
    return max(1, size.bit_length())


def _indexed(hashes: Hashes) -> "dict[str, Any]":
    """Sort the hashes, and note where those with each beginning start: one or so has each."""
    order = np.argsort(hashes, kind="stable").astype(np.int32)
    bits = _bits(len(hashes))
    tops = (hashes >> np.uint64(64 - bits)).astype(np.int64)
    starts = np.concatenate(([0], np.cumsum(np.bincount(tops, minlength=2**bits))))
    return {"order": order, "hashes": hashes[order], "starts": starts.astype(np.int32)}


class Uniqueness:
    """Refuses a stream of ids in which one comes twice, in eight bytes of memory for each."""

    def __init__(self) -> None:
        self._parts: list[Hashes] = []

    def add(self, ids: "pa.Array") -> None:
        """Take note of some more ids."""
        self._parts.append(hashes_of(ids))

    def suspects(self) -> Hashes:
        """Return the hashes that came more than once, sorted; usually there are none."""
        hashes = np.concatenate(self._parts) if self._parts else np.zeros(0, np.uint64)
        self._parts = []
        hashes.sort()
        return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])


def _first_repeat(rows: npt.NDArray[np.int32], id_of: Callable[[int], str]) -> int | None:
    seen: set[str] = set()
    for row in rows.tolist():
        if (name := id_of(row)) in seen:
            return int(row)
        seen.add(name)
    return None
