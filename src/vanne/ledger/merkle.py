"""The Merkle tree of RFC 9162, section 2.1, kept as tiles of 256 hashes.

A leaf is SHA-256(0x00 || entry), a node SHA-256(0x01 || left || right), the empty tree SHA-256 of
nothing. A tree over n leaves splits at the largest power of two below n, so every subtree to the
left is complete and never changes again. Only those are stored, in the layout of C2SP `tlog-tiles`:
tile n of level l holds the hashes of up to 256 complete subtrees of 256**l leaves each. The hashes
in between are computed again when needed, which bounds a root or a proof over n leaves by about
256 * log256(n) hashes, and an append by one partial tile for each level.

Proofs and their checks are written from sections 2.1.3 (inclusion) and 2.1.4 (consistency).

>>> tree = Tiles({})
>>> tree = tree.grown(0, [leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")])
>>> proof = prove_inclusion(2, 3, tree.node)
>>> verify_inclusion(leaf_hash(b"c"), 2, 3, proof, root(3, tree.node))
True
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from hashlib import sha256

HASH_BYTES = 32
TILE_WIDTH = 256  # C2SP tlog-tiles: a tile is eight levels of the tree high
TILE_HEIGHT = 8
EMPTY_ROOT = sha256(b"").digest()

NodeOf = Callable[[int, int], bytes]
"""`node(height, n)`: the hash over the complete subtree of leaves n * 2**height and following."""
TileKey = tuple[int, int]
"""(level, number), both counted from 0."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the 32 bytes that stand for an entry in the tree (RFC 9162, 2.1.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees (RFC 9162, 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


@lru_cache(maxsize=512)  # what lies left of the edge is the same from one append to the next
def complete_hash(hashes: bytes) -> bytes:
    """Return the root over a power of two of hashes that lie one after the other."""
    while len(hashes) > HASH_BYTES:
        pairs = range(0, len(hashes), 2 * HASH_BYTES)
        nodes = [sha256(b"\x01" + hashes[at : at + 2 * HASH_BYTES]).digest() for at in pairs]
        hashes = b"".join(nodes)
    return hashes


_remembered = lru_cache(maxsize=1024)(complete_hash)
"""For at most 8 MB: the proofs of neighbours share most of their steps."""


def root(size: int, node: NodeOf) -> bytes:
    """Return the root over the first `size` leaves."""
    return _range_hash(0, size, node) if size else EMPTY_ROOT


def prove_inclusion(index: int, size: int, node: NodeOf) -> list[bytes]:
    """Return the path from leaf `index` to the root over `size` leaves, lowest first (2.1.3.1).

    Raises:
        ValueError: the index is not below the size.
    """
    if not 0 <= index < size:
        raise ValueError("the index is not below the size")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range_hash(middle, end, node))
            end = middle
        else:
            path.append(_range_hash(start, middle, node))
            start = middle
    return path[::-1]


def prove_consistency(old: int, new: int, node: NodeOf) -> list[bytes]:
    """Return the proof that the tree over `new` leaves begins with the one over `old` (2.1.4.1).

    It is empty when both are the same tree, or the old one is empty.

    Raises:
        ValueError: the old tree is not the smaller one.
    """
    if not 0 <= old <= new:
        raise ValueError("the old size is above the new one")
    path, start, end = [], 0, new
    while old and old < end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_hash(middle, end, node))
            end = middle
        else:
            path.append(_range_hash(start, middle, node))
            start = middle
    if start:  # the verifier holds the old root, and only when it is a subtree of the new tree
        path.append(_range_hash(start, end, node))
    return path[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Tell whether the leaf is at `index` of the tree of `size` leaves with that root (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn, result = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            result = node_hash(sibling, result)
            fn, sn = _skip(fn, sn)
        else:
            result = node_hash(result, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and result == root


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Tell whether the tree of `new` leaves begins with the tree of `old` leaves (2.1.4.2)."""
    if old == new or old == 0:
        return not proof and (old_root == new_root if old == new else old_root == EMPTY_ROOT)
    if not 0 < old < new or not proof:
        return False
    first, *path = [old_root, *proof] if old & (old - 1) == 0 else proof
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    seen_old = seen_new = first
    for sibling in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            seen_old, seen_new = node_hash(sibling, seen_old), node_hash(sibling, seen_new)
            fn, sn = _skip(fn, sn)
        else:
            seen_new = node_hash(seen_new, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and seen_old == old_root and seen_new == new_root


@dataclass(frozen=True)
class Tiles:
    """The complete subtrees of a tree: where they are read from, and those that were added since.

    `stored` gives the bytes of a tile, 32 for each hash; a tile may hold more hashes than are asked
    for. `added` are the tiles that differ from the stored ones, whole.
    """

    stored: Mapping[TileKey, bytes] | Callable[[TileKey], bytes]
    added: Mapping[TileKey, bytes] = field(default_factory=dict)

    def tile(self, key: TileKey) -> bytes:
        """Return the hashes of one tile; none when there is no such tile."""
        if key in self.added:
            return self.added[key]
        return self.stored(key) if callable(self.stored) else self.stored.get(key, b"")

    def node(self, height: int, n: int) -> bytes:
        """Return the hash over the complete subtree of leaves n * 2**height and following.

        Raises:
            LookupError: a tile that should be there is not, or is too short.
        """
        level, rest = divmod(height, TILE_HEIGHT)
        number, first = divmod(n << rest, TILE_WIDTH)
        hashes = self.tile((level, number))[first * HASH_BYTES : (first + (1 << rest)) * HASH_BYTES]
        if len(hashes) != HASH_BYTES << rest:
            raise LookupError(f"tile {number} of level {level} is missing or cut short")
        return _remembered(hashes)

    def grown(self, size: int, leaves: Iterable[bytes]) -> "Tiles":
        """Return the tiles after leaf hashes were appended to a tree of `size` leaves."""
        added, level, hashes = dict(self.added), 0, b"".join(leaves)
        while hashes:
            number, width = divmod(size, TILE_WIDTH)
            hashes = self.tile((level, number))[: width * HASH_BYTES] + hashes
            length = TILE_WIDTH * HASH_BYTES
            tiles = [hashes[at : at + length] for at in range(0, len(hashes), length)]
            added.update({(level, number + i): tile for i, tile in enumerate(tiles)})
            full = (tile for tile in tiles if len(tile) == length)
            size, level, hashes = number, level + 1, b"".join(map(complete_hash, full))
        return Tiles(self.stored, added)


def _split(width: int) -> int:
    """Return the largest power of two below `width`, which is at least 2."""
    return 1 << ((width - 1).bit_length() - 1)


def _skip(fn: int, sn: int) -> tuple[int, int]:
    """Climb past the levels at which the right edge of the tree has no sibling."""
    while fn and not fn & 1:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn


def _range_hash(start: int, end: int, node: NodeOf) -> bytes:
    """Return the root over leaves start to end - 1; start is a multiple of the largest part."""
    parts = []
    while start < end:
        height = (end - start).bit_length() - 1
        parts.append(node(height, start >> height))
        start += 1 << height
    return reduce(lambda right, left: node_hash(left, right), reversed(parts))
