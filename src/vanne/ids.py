"""Hash ids, look them up and find repeated ones, in arrays of millions.

The hash function is fixed, so that a stored hash means the same on every machine: the bytes of an
id in little-endian words of eight (the last one padded with zeros), folded as FNV-1a folds bytes
(xor, then multiply), mixed with the length, and finished with MurmurHash3's 64-bit mixer. Two ids
may share a hash, so every look-up compares the ids themselves.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

Hashes = npt.NDArray[np.uint64]
Ordinals = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

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
    shortest = int(lengths.min(initial=longest))
    if shortest == longest > 0:
        return _mixed(_folded_alike(words, len(ids), longest) ^ np.uint64(longest))
    rows: slice | npt.NDArray[np.intp] = slice(None)
    left = np.arange(len(ids))
    for first in range(0, longest, 8):
        if first >= shortest:
            rows = left = left[lengths[left] > first]
        word = words[starts[rows] + first]
        if first + 8 > shortest:  # some end before the eight bytes do
            unused = np.maximum(first + 8 - lengths[rows], 0).view(np.uint64) << np.uint64(3)
            word <<= unused
            word >>= unused
        hashes[rows] = (hashes[rows] ^ word) * _FNV_PRIME
    return _mixed(hashes ^ lengths.view(np.uint64))


def _folded_alike(words: Hashes, count: int, length: int) -> Hashes:
    """Fold ids of one length, as many networks have: each lies right behind the one before."""
    hashes = np.full(count, _FNV_OFFSET)
    for first in range(0, length, 8):
        word = words[first::length][:count]
        if first + 8 > length:
            unused = np.uint64(8 * (first + 8 - length))
            word = word << unused >> unused
        hashes = (hashes ^ word) * _FNV_PRIME
    return hashes


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
    padded = b"".join((memoryview(data or b"")[first:last], bytes(8)))
    words: Hashes = np.ndarray((last - first + 1,), "<u8", padded, strides=(1,))
    return offsets[:-1] - first, np.diff(offsets), words


class IdIndex:
    """Finds the place of an id among given ones."""

    def __init__(self, ids: "pa.Array", parts: "dict[str, Any] | None" = None) -> None:
        """Index the ids; or take up the parts of an index of them that was made before."""
        import pyarrow as pa

        self.ids = ids.cast(pa.large_string())
        if parts is None:
            hashes = hashes_of(self.ids)
            order = np.argsort(hashes, kind="stable").astype(np.int32)
            parts = _indexed(hashes[order], order)
        self.order: Ordinals = parts["order"]
        self.hashes: Hashes = parts["hashes"]
        self.starts: Ordinals = parts["starts"]
        self._shift = np.uint64(64 - _bits(len(ids)))

    @classmethod
    def in_order(cls, ids: "pa.Array") -> "tuple[IdIndex, Ordinals]":
        """Index the ids in the order of their hashes; return that order too.

        So those that are looked for at once lie together: many are found twice as fast.
        """
        hashes = hashes_of(ids)
        order = np.argsort(hashes, kind="stable").astype(np.int32)
        in_order = np.arange(len(ids), dtype=np.int32)
        return cls(ids.take(order), _indexed(hashes[order], in_order)), order

    @property
    def parts(self) -> "dict[str, Any]":
        """What may be stored, to take the index up again without making it."""
        return {"order": self.order, "hashes": self.hashes, "starts": self.starts}

    def __len__(self) -> int:
        return len(self.ids)

    def find(self, ids: "pa.Array") -> Ordinals:
        """Return the place of each id (of its first occurrence), `UNKNOWN` where it is none."""
        ordinals = np.full(len(ids), UNKNOWN, np.int32)
        if not len(self) or not len(ids):
            return ordinals
        hashes = hashes_of(ids)
        if len(ids) < _MANY or len(self) < _MANY_INDEXED:
            return self._found(ids, hashes)
        order = np.argsort((hashes >> _NEAR).astype(np.uint16), kind="stable")
        ordinals[order] = self._found(ids.take(order), hashes[order])
        return ordinals

    def _found(self, ids: "pa.Array", hashes: Hashes) -> Ordinals:
        places = self.starts[(hashes >> self._shift).view(np.int64)].astype(np.intp)
        behind = np.flatnonzero(self.hashes[places] < hashes)
        while len(behind):  # few: most beginnings belong to one id at most
            further = places[behind] + 1
            places[behind] = further
            behind = behind[self.hashes[further] < hashes[behind]]
        ordinals = self.order[places]
        likely = self.hashes[places] == hashes
        ordinals[~likely] = UNKNOWN
        rows = np.flatnonzero(likely)
        for row in rows[self._differ(ids, rows, ordinals)].tolist():
            ordinals[row] = self._search(ids[row].as_py(), places[row], hashes[row])
        return ordinals

    def _differ(self, ids: "pa.Array", rows: npt.NDArray[np.intp], ordinals: Ordinals) -> Flags:
        """Say which ids are not the ones that were found: they only have the same hash."""
        import pyarrow.compute as pc

        theirs = (ids if len(rows) == len(ids) else ids.take(rows)).cast(self.ids.type)
        ours = self.ids.take(ordinals[rows])
        if ours.equals(theirs):  # as they nearly always are
            return np.zeros(len(rows), np.bool_)
        differ: Flags = pc.not_equal(ours, theirs).to_numpy(zero_copy_only=False)
        return differ

    def _search(self, name: str, place: int, hash_: np.uint64) -> int:
        while place < len(self) and self.hashes[place] == hash_:
            if self.ids[int(self.order[place])].as_py() == name:
                return int(self.order[place])
            place += 1
        return UNKNOWN

    def repeated(self) -> int | None:
        """Return the place of the first id that repeats an earlier one, None if there is none."""
        hashes = self.hashes[:-1]
        suspects = np.flatnonzero(hashes[1:] == hashes[:-1])
        groups = np.unique(np.concatenate((suspects, suspects + 1)))
        seen = set[str]()
        for row in np.sort(self.order[groups]).tolist():
            if (name := self.ids[row].as_py()) in seen:
                return int(row)
            seen.add(name)
        return None


def _bits(size: int) -> int:
    return size.bit_length() + 1


def _indexed(hashes: Hashes, order: Ordinals) -> "dict[str, Any]":
    """Note where the hashes with each beginning start; `order` sorts the ids, and they are sorted.

    There are two to four beginnings for each id. The hashes end with one that no search runs over.
    """
    bits = _bits(len(hashes))
    tops = (hashes >> np.uint64(64 - bits)).view(np.int64)
    starts = np.concatenate(([0], np.cumsum(np.bincount(tops, minlength=2**bits))))
    return {
        "order": np.append(order, np.int32(0)),
        "hashes": np.append(hashes, _LAST_HASH),
        "starts": starts.astype(np.int32),
    }


_MANY, _MANY_INDEXED = 4096, 2**18
"""From so many ids, among so many indexed, it is worth looking for those that begin alike one after
the other, so that memory is read in order; an index of fewer fits into a processor's cache."""
_NEAR = np.uint64(48)
_LAST_HASH = np.uint64(2**64 - 1)


class Uniqueness:
    """Refuses a stream of ids in which one comes twice, in eight bytes of memory for each.

    Hashes that begin alike are put together as they come, and compared when all have come: that
    costs a quarter of sorting them.
    """

    def __init__(self) -> None:
        self._parts: list[tuple[Hashes, npt.NDArray[np.int64]]] = []

    def add(self, ids: "pa.Array") -> None:
        """Take note of some more ids; several threads may do so at once."""
        hashes = hashes_of(ids)
        tops = (hashes >> np.uint64(64 - _TOP_BITS)).astype(np.uint8)
        ends = np.append(0, np.cumsum(np.bincount(tops, minlength=2**_TOP_BITS)))
        self._parts.append((hashes[np.argsort(tops, kind="stable")], ends))

    def suspects(self) -> Hashes:
        """Return the hashes that came more than once, sorted; usually there are none."""
        count = sum(len(part) for part, _ in self._parts)
        step = 1 if count > _MANY_ALIKE else 2**_TOP_BITS
        twice = [_NONE]
        for top in range(0, 2**_TOP_BITS, step):
            alike = [part[ends[top] : ends[top + step]] for part, ends in self._parts]
            twice.append(_repeated(np.concatenate([_NONE, *alike])))
        return np.concatenate(twice)


def _repeated(hashes: Hashes) -> Hashes:
    """Return the hashes that come more than once, sorted.

    Each is given a slot by the bits behind its beginning, eight slots or more for each hash; the
    few that share a slot are sorted.
    """
    bits = len(hashes).bit_length() + 3
    slots = ((hashes << np.uint64(_TOP_BITS)) >> np.uint64(64 - bits)).view(np.int64)
    rows = np.arange(len(hashes), dtype=np.int32)
    last = np.empty(2**bits, np.int32)
    last[slots] = rows
    is_shared = np.zeros(2**bits, np.bool_)
    is_shared[slots[last[slots] != rows]] = True
    few = np.sort(hashes[is_shared[slots]])
    return np.unique(few[1:][few[1:] == few[:-1]])


_NONE = np.zeros(0, np.uint64)
_TOP_BITS = 8
_MANY_ALIKE = 2**18
"""From so many ids on it is worth comparing only those that begin alike."""
