"""Check a ledger: derive everything again from its entries, apart from the code that wrote it.

The check reports, by name: an edited record, an edited public part, a deleted entry, a tail that
was cut off, an entry beyond the checkpoint, a hash of the tree that the entries do not give, a
checkpoint that is not signed with the log's keys, a key file of another log, content that was
removed without an erasure, a change of key that the log does not record, a certificate that does
not follow from the models before it (`vanne.ledger.entry`). A history that was rewritten whole is
consistent with itself: only a checkpoint or a key kept elsewhere reveals it.

One pass goes over the entries: it checks each entry by itself, and derives the tree from all.
Nearly all entries are choices in plain ASCII. One regular expression checks those; it accepts
nothing that the slow check refuses, and is five times as fast. The slow check handles the other
entries, and says what is wrong.
"""

import re
from binascii import b2a_base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from vanne.errors import VanneError
from vanne.ledger.checkpoint import Verifier, signer_of, verify_checkpoint
from vanne.ledger.encoding import format_time, to_base64
from vanne.ledger.entry import SALT_BYTES, Logged, is_bare, logged_problems, open_entry
from vanne.ledger.keys import Keys
from vanne.ledger.kinds import (
    Certified,
    Erasure,
    KeyChange,
    ModelServed,
    check_filing,
    time_of,
)
from vanne.ledger.merkle import HASH_BYTES, TILE_WIDTH, Tiles, leaf_hash, root
from vanne.ledger.store import (
    Head,
    Row,
    Transaction,
    read_erased,
    read_head,
    read_rows,
    read_tile,
    read_tiles,
)
from vanne.terms import Category, Choice

MAX_PROBLEMS = 100
"""Most that are named: what is damaged once is often damaged in a million places."""
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


@dataclass(frozen=True, slots=True)
class FsckReport:
    """How many entries were read, the root over them (32 bytes), and what does not hold.

    `erased` is how many of them have no content any more. `problems` are sentences without ids or
    names, at most 100 and one that counts the rest.
    """

    entries: int
    root: bytes
    problems: tuple[str, ...]
    erased: int = 0

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
            "erased": self.erased,
            "root": to_base64(self.root),
            "problems": list(self.problems),
        }


def check(
    db: Transaction,
    key_path: Path,
    known_checkpoint: str | None,
    vkey: str | None,
    progress: Callable[[int], None] | None = None,
) -> FsckReport:
    """Check the ledger as one transaction sees it; see `Ledger.fsck`."""
    pinned = None if vkey is None else Verifier.parse(vkey)
    head = read_head(db)
    walk = _Walk(db, head.size)
    problems = [f"the file is damaged: {finding}" for finding in db.damage()]
    problems += walk.problems(progress)
    beyond = "SELECT position FROM entry WHERE position < 0 OR position >= ? ORDER BY position"
    for (index,) in db.ask(beyond, head.size):
        problems.append(f"entry {index} is not covered by the checkpoint")

    # The stored tree against the one over the entries, tile by tile
    derived = walk.derived
    stored = set(db.ask("SELECT level, number FROM tile"))
    for level, number in sorted(stored | set(derived.added)):
        what = f"tile {number} of level {level} of the tree"
        if (level, number) not in stored:
            problems.append(f"{what} is missing")
        elif read_tile(db, (level, number)) != derived.added.get((level, number)):
            problems.append(f"{what} is not what the entries give")
    problems += _checkpoint_problems(head, derived)
    problems += _key_problems(head, key_path, pinned, walk.keys)
    problems += (problem for _, problem in logged_problems(walk.models))
    if known_checkpoint is not None:
        problems += _known_problems(known_checkpoint, head, walk)
    if len(problems) > MAX_PROBLEMS:
        problems[MAX_PROBLEMS:] = [f"and {len(problems) - MAX_PROBLEMS} more"]
    whole = root(head.size, derived.node)
    return FsckReport(walk.entries, whole, tuple(problems), len(walk.bare))


def _checkpoint_problems(head: Head, derived: Tiles) -> Iterator[str]:
    try:
        checkpoints = [verify_checkpoint(head.note, verifier) for verifier in head.verifiers]
    except VanneError as error:
        yield f"the last checkpoint: {error.title}"
        return
    checkpoint = checkpoints[0]
    if checkpoint.origin != head.origin:
        yield "the last checkpoint is of another log"
    if checkpoint.size != head.size:
        yield f"the last checkpoint covers {checkpoint.size} entries, the ledger says {head.size}"
    elif checkpoint.root != root(head.size, derived.node):
        yield "the root over the entries is not the one that the last checkpoint signed"


def _key_problems(
    head: Head, key_path: Path, pinned: Verifier | None, changes: Sequence[tuple[int, KeyChange]]
) -> Iterator[str]:
    """Follow the keys through the log: each change is a new key, or the end of the former one."""
    signs: tuple[str | None, str | None] | None = None
    for index, change in changes:
        after = (change.vkey, change.former)
        if signs is None:  # which key came first is not written in the log
            follows = change.former is not None
        else:
            follows = after == (signs[0], None) if signs[1] else change.former == signs[0]
        if not follows:
            yield f"entry {index}: this change of key does not follow from the one before it"
        signs = after
    if (head.vkey, head.former) != (signs or (head.vkey, None)):
        yield "the ledger's keys are not those of the last change of key in the log"
    if pinned and pinned not in head.verifiers:
        yield f"the ledger's key is `{head.vkey}`, not the one that you gave"
    if key_path.exists():
        try:
            Keys(key_path).signers(head.verifiers)
        except VanneError as error:
            yield f"the key file: {error.title}"


def _known_problems(note: str, head: Head, walk: "_Walk") -> Iterator[str]:
    """Hold the ledger against a checkpoint that somebody kept, signed with any of its keys."""
    vkeys = {vkey for _, change in walk.keys for vkey in (change.vkey, change.former) if vkey}
    verifiers = [head.verifiers[0], *map(Verifier.parse, sorted(vkeys - {head.vkey}))]
    try:
        checkpoint = verify_checkpoint(note, signer_of(note, verifiers))
    except VanneError as error:
        yield f"the known checkpoint: {error.title}"
        return
    if checkpoint.size > walk.size:
        yield (
            f"the history was cut: a known checkpoint covers {checkpoint.size} entries, "
            f"the ledger has {walk.size}"
        )
    elif root(checkpoint.size, walk.derived.node) != checkpoint.root:
        yield (
            "the history was rewritten: the first "
            f"{checkpoint.size} entries are not those that the known checkpoint signed"
        )


class _Walk:
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
        self._last = b""  # the time of the entry before, in a form that sorts

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
        # what was erased against what the erasure entries say, and the list of both
        for index in sorted(self.bare - set(self._named)):
            yield f"entry {index}: its private part is missing, and no erasure says so"
        for index, entry in self._named.items():
            if index >= entry:
                yield f"entry {entry}: it erases what came after it"
            elif index not in self.bare and index not in self._gone:
                yield f"entry {index}: entry {entry} says that it was erased, and it was not"
        if read_erased(self.db, 0, self.size) != self._named:
            yield "the list of erased entries is not what the erasure entries say"

    def _block(self, start: int, end: int) -> Iterator[str]:
        rows = {row[0]: row for row in read_rows(self.db, start, end)}
        tiles, stored = read_tiles(self.db), list[bytes]()
        for number in range(start // TILE_WIDTH, -(-end // TILE_WIDTH)):  # zeros where none is
            tile = tiles.tile((0, number)).ljust(TILE_WIDTH * HASH_BYTES, b"\0")
            stored += [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]
        leaves = []
        for index, stored_leaf in zip(range(start, end), stored, strict=False):
            row = rows.get(index)
            if row is None:
                leaves.append(stored_leaf)
                self._gone.add(index)
                self._gap = (self._gap[0], index + 1)
                continue
            leaf = leaf_hash(row[1])
            leaves.append(leaf)
            start_of_gap, end_of_gap = self._gap
            if end_of_gap - start_of_gap == 1:
                yield f"entry {start_of_gap} is missing"
            elif end_of_gap > start_of_gap:
                yield f"entries {start_of_gap} to {end_of_gap - 1} are missing"
            self._gap = (index + 1, index + 1)
            if leaf != stored_leaf or not self._is_plain(row):
                yield from self._row_problems(row, stored_leaf in (leaf, _NO_HASH))
        self.entries += len(rows)
        self.derived = self.derived.grown(start, leaves)

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
        time = format_time(time_of(record))[:-1].encode()  # without the `Z`, so that it sorts
        if time <= self._last:
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
