"""Check a ledger by deriving everything again from its entries, apart from the code that wrote it.

What is found, by name: an edited choice, an edited public part, a deleted entry, a tail that was
cut off, an entry beyond the checkpoint, a hash of the tree that the entries do not give, a
checkpoint that is not signed with the log's key, a key file of another log. A history that was
rewritten whole agrees with itself: only a checkpoint or a key kept elsewhere shows it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vanne.errors import VanneError
from vanne.ledger.checkpoint import Verifier, verify_checkpoint
from vanne.ledger.encoding import to_base64
from vanne.ledger.entry import open_entry
from vanne.ledger.keys import read_key
from vanne.ledger.merkle import HASH_BYTES, TILE_WIDTH, Tiles, leaf_hash, root
from vanne.ledger.reading import check_filing
from vanne.ledger.store import Head, Row, Transaction, read_head, read_rows, read_tiles

MAX_PROBLEMS = 100
_BLOCK = 100 * TILE_WIDTH  # entries that are read in one go
_NO_HASH = bytes(HASH_BYTES)


@dataclass(frozen=True, slots=True)
class FsckReport:
    """How many entries were read, the root over them (32 bytes), and what does not hold.

    `problems` are sentences without ids or names, at most 100 and one that counts the rest.
    """

    entries: int
    root: bytes
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True if everything holds."""
        return not self.problems

    def as_json(self) -> dict[str, object]:
        """Return it as the command line shows it (`vanne/ledger-fsck/1`)."""
        return {
            "schema": "vanne/ledger-fsck/1",
            "ok": self.ok,
            "entries": self.entries,
            "root": to_base64(self.root),
            "problems": list(self.problems),
        }


def check(
    db: Transaction, key_path: Path, known_checkpoint: str | None, vkey: str | None
) -> FsckReport:
    """Check the ledger as one transaction sees it; see `Ledger.fsck`."""
    pinned = None if vkey is None else Verifier.parse(vkey)
    head = read_head(db)
    walk = _Walk(db, head.size)
    problems = [*_damage(db), *walk.problems(), *_beyond(db, head.size)]
    problems += _tile_problems(db, walk.derived)
    problems += _head_problems(head, walk.derived)
    problems += _key_problems(head, key_path, pinned)
    if known_checkpoint is not None:
        problems += _known_problems(known_checkpoint, pinned or head.verifiers[0], walk)
    return FsckReport(walk.entries, root(head.size, walk.derived.node), _capped(problems))


class _Walk:
    """One pass over the entries: counts them, checks each by itself, derives the tree.

    Where an entry is missing the stored hash stands in, so that one hole is one problem.
    """

    def __init__(self, db: Transaction, size: int) -> None:
        self.db = db
        self.size = size
        self.entries = 0
        self.derived = Tiles({})
        self._gap = (0, 0)

    def problems(self) -> Iterator[str]:
        for start in range(0, self.size, _BLOCK):
            yield from self._block(start, min(start + _BLOCK, self.size))
        start, end = self._gap
        if end > start:
            yield (
                f"the tail was cut off: the checkpoint covers {self.size} entries, "
                f"those from {start} on are missing"
            )

    def _block(self, start: int, end: int) -> Iterator[str]:
        rows = {row[0]: row for row in read_rows(self.db, start, end)}
        stored = _stored_leaves(self.db, start, end)
        leaves = []
        for index, stored_leaf in zip(range(start, end), stored, strict=True):
            if row := rows.get(index):
                self.entries += 1
                leaves.append(leaf_hash(row[1]))
                yield from self._end_gap(index)
                yield from _row_problems(row, stored_leaf in (leaves[-1], _NO_HASH))
            else:
                leaves.append(stored_leaf)
                self._gap = (self._gap[0], index + 1)
        self.derived = self.derived.grown(start, leaves)

    def _end_gap(self, index: int) -> Iterator[str]:
        start, end = self._gap
        if end - start == 1:
            yield f"entry {start} is missing"
        elif end > start:
            yield f"entries {start} to {end - 1} are missing"
        self._gap = (index + 1, index + 1)


def _stored_leaves(db: Transaction, start: int, end: int) -> list[bytes]:
    """Return the stored hashes of a block; zeros where there is none."""
    tiles, leaves = read_tiles(db), []
    for number in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):
        tile = tiles.tile((0, number)).ljust(TILE_WIDTH * HASH_BYTES, b"\0")
        leaves += [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]
    return leaves[: end - start]


def _row_problems(row: Row, in_tree: bool) -> Iterator[str]:
    index, public, private, salt, member_id = row
    if not in_tree:
        yield f"entry {index}: its public part is not the one whose hash is in the tree"
        return
    try:
        check_filing(open_entry(public, private, salt), member_id)
    except ValueError as error:
        yield f"entry {index}: {error}"


def _beyond(db: Transaction, size: int) -> Iterator[str]:
    sql = "SELECT position FROM entry WHERE position < 0 OR position >= ? ORDER BY position"
    for (index,) in db.ask(sql, size):
        yield f"entry {index} is not covered by the checkpoint"


def _damage(db: Transaction) -> Iterator[str]:
    return (f"the file is damaged: {finding}" for finding in db.damage())


def _tile_problems(db: Transaction, derived: Tiles) -> Iterator[str]:
    """Compare the stored tree with the one over the entries."""
    left = dict(derived.added)
    for level, number, hashes in db.ask("SELECT level, number, hashes FROM tile"):
        if left.pop((level, number), None) != hashes:
            yield f"tile {number} of level {level} of the tree is not what the entries give"
    for level, number in left:
        yield f"tile {number} of level {level} of the tree is missing"


def _head_problems(head: Head, derived: Tiles) -> Iterator[str]:
    try:
        checkpoint = verify_checkpoint(head.note, head.verifiers[0])
    except VanneError as error:
        yield f"the last checkpoint: {error.args[0]}"
        return
    if checkpoint.origin != head.origin:
        yield "the last checkpoint is of another log"
    if checkpoint.size != head.size:
        yield f"the last checkpoint covers {checkpoint.size} entries, the ledger says {head.size}"
    elif checkpoint.root != root(head.size, derived.node):
        yield "the root over the entries is not the one that the last checkpoint signed"


def _key_problems(head: Head, key_path: Path, pinned: Verifier | None) -> Iterator[str]:
    if pinned and pinned.vkey != head.vkey:
        yield f"the ledger's key is `{head.vkey}`, not the one that you gave"
    if key_path.exists():
        try:
            read_key(key_path, head.verifiers[0])
        except VanneError as error:
            yield f"the key file: {error.args[0]}"


def _known_problems(note: str, verifier: Verifier, walk: _Walk) -> Iterator[str]:
    """Hold the ledger against a checkpoint that somebody kept."""
    try:
        known = verify_checkpoint(note, verifier)
    except VanneError as error:
        yield f"the known checkpoint: {error.args[0]}"
        return
    if known.size > walk.size:
        yield (
            f"the history was cut: a known checkpoint covers {known.size} entries, "
            f"the ledger has {walk.size}"
        )
    elif root(known.size, walk.derived.node) != known.root:
        yield (
            "the history was rewritten: the first "
            f"{known.size} entries are not those that the known checkpoint signed"
        )


def _capped(problems: Iterable[str]) -> tuple[str, ...]:
    problems = tuple(problems)
    if len(problems) <= MAX_PROBLEMS:
        return problems
    return (*problems[:MAX_PROBLEMS], f"and {len(problems) - MAX_PROBLEMS} more")
