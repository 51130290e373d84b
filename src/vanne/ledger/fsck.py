"""Check a ledger by deriving everything again from its entries, apart from the code that wrote it.

What is found, by name: an edited record, an edited public part, a deleted entry, a tail that was
cut off, an entry beyond the checkpoint, a hash of the tree that the entries do not give, a
checkpoint that is not signed with the log's keys, a key file of another log, content that was taken
away without an erasure, a change of key that the log does not tell, a certificate that does not
follow from the models before it (`vanne.ledger.entry`). A history that was rewritten whole agrees
with itself: only a checkpoint or a key kept elsewhere shows it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from vanne.errors import VanneError
from vanne.ledger.checkpoint import Verifier, signer_of, verify_checkpoint
from vanne.ledger.encoding import to_base64
from vanne.ledger.entry import logged_problems
from vanne.ledger.fsck_entries import Walk
from vanne.ledger.keys import Keys, key_files
from vanne.ledger.kinds import KeyChange
from vanne.ledger.merkle import Tiles, root
from vanne.ledger.store import Head, Transaction, read_head, read_tile

MAX_PROBLEMS = 100


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
    walk = Walk(db, head.size)
    problems = [*_damage(db), *walk.problems(progress), *_beyond(db, head.size)]
    problems += _tile_problems(db, walk.derived)
    problems += _head_problems(head, walk.derived)
    problems += _change_problems(head, walk.keys)
    problems += _key_problems(head, key_path, pinned)
    problems += (problem for _, problem in logged_problems(walk.models))
    if known_checkpoint is not None:
        problems += _known_problems(known_checkpoint, _all_keys(head, walk.keys), walk)
    whole = root(head.size, walk.derived.node)
    return FsckReport(walk.entries, whole, _capped(problems), len(walk.bare))


def _beyond(db: Transaction, size: int) -> Iterator[str]:
    sql = "SELECT position FROM entry WHERE position < 0 OR position >= ? ORDER BY position"
    for (index,) in db.ask(sql, size):
        yield f"entry {index} is not covered by the checkpoint"


def _damage(db: Transaction) -> Iterator[str]:
    return (f"the file is damaged: {finding}" for finding in db.damage())


def _tile_problems(db: Transaction, derived: Tiles) -> Iterator[str]:
    """Compare the stored tree with the one over the entries, tile by tile."""
    stored = set(db.ask("SELECT level, number FROM tile"))
    for (level, number), hashes in derived.added.items():
        if (level, number) not in stored:
            yield f"tile {number} of level {level} of the tree is missing"
        elif read_tile(db, (level, number)) != hashes:
            yield f"tile {number} of level {level} of the tree is not what the entries give"
    for level, number in sorted(stored - set(derived.added)):
        yield f"tile {number} of level {level} of the tree is not what the entries give"


def _head_problems(head: Head, derived: Tiles) -> Iterator[str]:
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


def _change_problems(head: Head, changes: Sequence[tuple[int, KeyChange]]) -> Iterator[str]:
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


def _all_keys(head: Head, changes: Sequence[tuple[int, KeyChange]]) -> list[Verifier]:
    """Return the keys that the log is or was signed with."""
    vkeys = {vkey for _, change in changes for vkey in (change.vkey, change.former) if vkey}
    others = map(Verifier.parse, sorted(vkeys - {head.vkey}))
    return [head.verifiers[0], *others]


def _key_problems(head: Head, key_path: Path, pinned: Verifier | None) -> Iterator[str]:
    if pinned and pinned not in head.verifiers:
        yield f"the ledger's key is `{head.vkey}`, not the one that you gave"
    if any(file.exists() for file in key_files(key_path)):
        try:
            Keys(key_path).signers(head.verifiers)
        except VanneError as error:
            yield f"the key file: {error.title}"


def _known_problems(note: str, verifiers: Sequence[Verifier], walk: Walk) -> Iterator[str]:
    """Hold the ledger against a checkpoint that somebody kept, signed with any of its keys."""
    try:
        known = verify_checkpoint(note, signer_of(note, verifiers))
    except VanneError as error:
        yield f"the known checkpoint: {error.title}"
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
