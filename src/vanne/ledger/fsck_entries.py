"""One pass over the entries of a ledger: each is checked by itself, and the tree derived from all.

Nearly all entries are choices in plain ASCII. Those are held against one regular expression, which
accepts nothing that the slow way refuses, and are five times as fast to check; the others go the
slow way, which also says what is wrong.
"""

import re
from binascii import b2a_base64
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

from vanne.ledger.encoding import format_time
from vanne.ledger.entry import SALT_BYTES, Logged, is_bare, open_entry
from vanne.ledger.kinds import (
    Certified,
    Erasure,
    KeyChange,
    ModelServed,
    Record,
    check_filing,
    time_of,
)
from vanne.ledger.merkle import HASH_BYTES, TILE_WIDTH, Tiles, leaf_hash
from vanne.ledger.store import Row, Transaction, read_erased, read_rows, read_tiles
from vanne.terms import Category, Choice

_BLOCK = 100 * TILE_WIDTH  # entries that are read in one go
_NO_HASH = bytes(HASH_BYTES)
_PUBLIC = b'{"commitment":"%b","kind":"choice","v":1}'
_WORD = rb'"[!#-\[\]-~][ !#-\[\]-~]*"'  # ASCII, nothing to escape, not blank
_MAYBE = rb"(?:null|%b)" % _WORD
_CATEGORY = b"|".join(category.value.encode() for category in Category)
_TIME = rb"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{6})?"
_PLAIN = re.compile(
    rb'\{"at":"((\d{4}-\d\d-\d\d)%b)Z",'
    rb'"channel":%b,"claimed_at":(?:null|"(\d{4}-\d\d-\d\d)%bZ"),'
    rb'"member_id":"([!#-\[\]-~][ !#-\[\]-~]*)","notice":%b,"on":(?:true|false),'
    rb'"purpose":%b,"scope":(?:"all","target":null|"item","target":%b|"category","target":"(?:%b)")\}'
    % (_TIME, _MAYBE, _TIME, _MAYBE, _WORD, _WORD, _CATEGORY)
)  # fmt: skip


class Walk:
    """What one pass finds. Where an entry is missing the stored hash stands in: one hole, one
    problem.
    """

    def __init__(self, db: Transaction, size: int) -> None:
        self.db = db
        self.size = size
        self.entries = 0
        self.bare: set[int] = set()
        self.derived = Tiles({})
        self.keys: list[tuple[int, KeyChange]] = []
        self.models: list[Logged] = []
        self._named: dict[int, int] = {}  # an erased position: its erasure entry's
        self._gone: set[int] = set()
        self._days: set[bytes] = set()  # that exist
        self._gap = (0, 0)
        self._last = b""  # the time of the entry before, as `_time` writes it

    def problems(self, progress: Callable[[int], None] | None = None) -> Iterator[str]:
        """Go over all entries and yield what does not hold."""
        for start in range(0, self.size, _BLOCK):
            yield from self._block(start, min(start + _BLOCK, self.size))
            if progress:
                progress(min(start + _BLOCK, self.size))
        start, end = self._gap
        if end > start:
            yield (
                f"the tail was cut off: the checkpoint covers {self.size} entries, "
                f"those from {start} on are missing"
            )
        yield from self._erasure_problems()

    def _block(self, start: int, end: int) -> Iterator[str]:
        rows = {row[0]: row for row in read_rows(self.db, start, end)}
        stored = _stored_leaves(self.db, start, end)
        leaves = []
        for index, stored_leaf in zip(range(start, end), stored, strict=True):
            row = rows.get(index)
            if row is None:
                leaves.append(stored_leaf)
                self._gone.add(index)
                self._gap = (self._gap[0], index + 1)
                continue
            leaf = leaf_hash(row[1])
            leaves.append(leaf)
            if self._gap[1] > self._gap[0]:
                yield self._end_gap()
            self._gap = (index + 1, index + 1)
            if leaf != stored_leaf or not self._is_plain(row):
                yield from self._row_problems(row, stored_leaf in (leaf, _NO_HASH))
        self.entries += len(rows)
        self.derived = self.derived.grown(start, leaves)

    def _end_gap(self) -> str:
        start, end = self._gap
        return (
            f"entry {start} is missing"
            if end - start == 1
            else f"entries {start} to {end - 1} are missing"
        )

    def _is_plain(self, row: Row) -> bool:
        """Tell whether it is a plain choice of which everything holds."""
        _, public, private, salt, member_id = row
        if private is None or salt is None or member_id is None or len(salt) != SALT_BYTES:
            return False
        match = _PLAIN.fullmatch(private)
        if match is None or match[4] != member_id.encode() or match[1] <= self._last:
            return False
        if not self._days.issuperset((match[2], match[3] or match[2])):
            return False
        committed = b2a_base64(sha256(salt + private).digest(), newline=False)
        if public != _PUBLIC % committed:
            return False
        self._last = match[1]
        return True

    def _row_problems(self, row: Row, in_tree: bool) -> Iterator[str]:
        index, public, private, salt, member_id = row
        if not in_tree:
            yield f"entry {index}: its public part is not the one whose hash is in the tree"
            return
        if member_id is None and is_bare(public, private, salt):
            self.bare.add(index)
            return
        try:
            record = open_entry(public, private, salt)
            check_filing(record, member_id)
        except ValueError as error:
            yield f"entry {index}: {error}"
            return
        if (time := _time(record)) <= self._last:
            yield f"entry {index}: its time is not after the one of the entry before it"
        self._last = time
        if isinstance(record, KeyChange):
            self.keys.append((index, record))
        elif isinstance(record, ModelServed | Certified):
            self.models.append((index, record))
        elif isinstance(record, Erasure):
            self._named |= dict.fromkeys(record.positions, index)
        elif isinstance(record, Choice):
            self._days |= {str(at.date()).encode() for at in (record.at, record.claimed_at) if at}

    def _erasure_problems(self) -> Iterator[str]:
        """Hold what was erased against what the erasure entries say, and the list of both."""
        for index in sorted(self.bare - set(self._named)):
            yield f"entry {index}: its private part is missing, and no erasure says so"
        for index, entry in self._named.items():
            if index >= entry:
                yield f"entry {entry}: it erases what came after it"
            elif index not in self.bare and index not in self._gone:
                yield f"entry {index}: entry {entry} says that it was erased, and it was not"
        if read_erased(self.db, 0, self.size) != self._named:
            yield "the list of erased entries is not what the erasure entries say"


def _time(record: Record) -> bytes:
    """Return the time of an entry in a form that sorts: RFC 3339 without its last letter."""
    return format_time(time_of(record))[:-1].encode()


def _stored_leaves(db: Transaction, start: int, end: int) -> Sequence[bytes]:
    """Return the stored hashes of a block; zeros where there is none."""
    tiles, leaves = read_tiles(db), []
    for number in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
        tile = tiles.tile((0, number)).ljust(TILE_WIDTH * HASH_BYTES, b"\0")
        leaves += [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]
    return leaves[: end - start]
