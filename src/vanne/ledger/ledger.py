"""The ledger: choices in, indices and proofs out.

>>> import tempfile
>>> from datetime import UTC, datetime
>>> at = datetime(2025, 11, 3, 9, 30, tzinfo=UTC)
>>> off = Choice("member-7", "generative-ai-training", "all", False, at)
>>> with tempfile.TemporaryDirectory() as folder:
...     with Ledger.open(Path(folder, "ledger.sqlite")) as ledger:
...         ledger.append([off]), ledger.size, list(ledger.choices()) == [off]
(range(0, 1), 1, True)
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from vanne.errors import InputError, MissingError, VerificationError
from vanne.ledger import columns, fsck, sqlite
from vanne.ledger.checkpoint import Checkpoint, Signer, is_key_name
from vanne.ledger.entry import SALT_BYTES, check_choices, open_private, seal, to_base64
from vanne.ledger.fsck import FsckReport
from vanne.ledger.keys import read_key
from vanne.ledger.merkle import Tiles, leaf_hash, prove_consistency, prove_inclusion, root
from vanne.ledger.receipt import make_receipt
from vanne.terms import Choice, MemberId

if TYPE_CHECKING:
    import pyarrow as pa

DEFAULT_ORIGIN = "vanne.local/ledger"
_PAGE = 10_000  # choices that are read in one go: a few megabytes

_REPAIR = "do not use it; see what `vanne ledger fsck` says, and restore it from a backup"


class Ledger:
    """The append-only log of choices, in one SQLite file with its private key beside it.

    May be used from any number of threads and opened by any number of processes: appends wait for
    one another, reads wait for nobody. Use it as a context manager, or call `close`.
    """

    def __init__(self, store: sqlite.Store, signer: Signer | None) -> None:
        self._store = store
        self._signer = signer

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        origin: str = DEFAULT_ORIGIN,
        read_only: bool = False,
        patience_s: float = 5.0,
    ) -> "Ledger":
        """Open a ledger, or make one with a fresh key (`path` with the suffix `.key`, mode 0600).

        `origin` names a new log; one that is there keeps its own. With `read_only` nothing is made
        and no key is needed. `patience_s` is how long a call waits for another process's append.

        Raises:
            InputError: the file is no ledger, or a newer Vanne wrote it; C2SP does not allow the
                origin.
            MissingError: the ledger's key is missing or another's; or the key is there and the
                ledger is not; or, with `read_only`, there is no ledger.
            StorageError: the file cannot be read or made.
        """
        if read_only:
            if not path.exists():
                raise MissingError(f"there is no ledger `{path}`", todo="check the path")
            store = sqlite.Store(path, writable=False, patience_s=patience_s)
            with store.reading() as db:
                sqlite.read_head(db)
            return cls(store, None)
        if not is_key_name(origin):
            todo = "use a name like `example.org/ledger`, without spaces and plus signs"
            raise InputError("the ledger's origin is not a name that C2SP allows", todo=todo)
        key_path = path.with_suffix(".key")
        sqlite.create_if_absent(path, key_path, origin)
        store = sqlite.Store(path, writable=True, patience_s=patience_s)
        try:
            with store.reading() as db:
                signer = read_key(key_path, sqlite.read_head(db).verifier)
        except BaseException:
            store.close()
            raise
        return cls(store, signer)

    def close(self) -> None:
        """Let go of the file; harmless when done twice."""
        self._store.close()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def size(self) -> int:
        """How many choices it holds."""
        return self._head().size

    @property
    def origin(self) -> str:
        """The log's name, as checkpoints say it."""
        return self._head().origin

    @property
    def vkey(self) -> str:
        """The public key, in the form that C2SP tools read: publish it where members find it."""
        return self._head().vkey

    def checkpoint(self) -> str:
        """Return the last checkpoint, a signed note (C2SP): who keeps it pins all before it."""
        return self._head().note

    def describe(self) -> dict[str, object]:
        """Return where the log stands (`vanne/ledger-checkpoint/1`): what anybody may see of it."""
        with self._store.reading() as db, _tree():
            head = sqlite.read_head(db)
            return {
                "schema": "vanne/ledger-checkpoint/1",
                "origin": head.origin,
                "size": head.size,
                "root": to_base64(root(head.size, sqlite.read_tiles(db).node)),
                "checkpoint": head.note,
                "vkey": head.vkey,
            }

    def append(self, choices: Sequence[Choice]) -> range:
        """Record choices in order, all of them or none; they are on the disk when this returns.

        Returns:
            Their indices. An empty batch changes nothing.

        Raises:
            InputError: one cannot be recorded: its row in the batch (from 1), field and problem.
            BusyError: another process was writing for longer than the patience.
            StorageError: the disk is full or fails.
            VerificationError: the tree is not what the last checkpoint says; it is not extended.
        """
        check_choices(choices)
        entries = [seal(choice, os.urandom(SALT_BYTES)) for choice in choices]
        leaves = [leaf_hash(entry.public) for entry in entries]
        members = [choice.member_id for choice in choices]
        with self._store.writing() as db, _tree():
            head, tiles = sqlite.read_head(db), sqlite.read_tiles(db)
            if entries:
                signer = self._check_head(head, tiles)
                tiles = tiles.grown(head.size, leaves)
                size = head.size + len(entries)
                note = signer.sign(Checkpoint(head.origin, size, root(size, tiles.node)))
                sqlite.write_entries(db, head.size, entries, members, tiles, note)
        return range(head.size, head.size + len(entries))

    def root(self, size: int | None = None) -> bytes:
        """Return the root (32 bytes) over the first `size` entries, or all.

        Raises:
            InputError: there are not so many.
        """
        with self._store.reading() as db, _tree():
            return root(_size(sqlite.read_head(db), size), sqlite.read_tiles(db).node)

    def prove(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the inclusion proof of an entry in the tree of `size` entries (RFC 9162, 2.1.3).

        Raises:
            InputError: there is no such entry, or there are not so many.
        """
        with self._store.reading() as db, _tree():
            size = _size(sqlite.read_head(db), size)
            return prove_inclusion(_index(index, size), size, sqlite.read_tiles(db).node)

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """Return the proof that the tree of `new` entries begins with that of `old` (2.1.4).

        Raises:
            InputError: there are not so many, or `old` is above `new`.
        """
        with self._store.reading() as db, _tree():
            new = _size(sqlite.read_head(db), new)
            if not 0 <= old <= new:
                raise InputError(f"a tree of {new} entries does not begin with one of {old}")
            return prove_consistency(old, new, sqlite.read_tiles(db).node)

    def choices(self, size: int | None = None) -> Iterator[Choice]:
        """Give the first `size` choices, or all, in the order of their indices.

        Each is checked against its entry: an entry that is missing or was edited is an error, since
        leaving one out could turn a no into a yes.

        Raises:
            InputError: there are not so many.
            VerificationError: an entry is missing or does not open; the index.
        """
        size = _size(self._head(), size)
        for start in range(0, size, _PAGE):
            yield from map(_open, self._rows(start, min(start + _PAGE, size)))

    def batches(self, start: int = 0, size: int | None = None) -> "Iterator[pa.RecordBatch]":
        """Give the choices from `start` to before `size` as columns (`vanne.ledger.columns`).

        They are checked as `choices` checks them.

        Raises:
            InputError: there are not so many.
            VerificationError: an entry is missing or does not open; the index.
        """
        size = _size(self._head(), size)
        for first in range(start, size, _PAGE):
            rows = self._rows(first, min(first + _PAGE, size))
            try:
                yield columns.batch_of(rows)
            except (ValueError, KeyError, TypeError) as error:
                for row in rows:
                    _open(row)  # says which
                raise VerificationError(f"the ledger: {error}", todo=_REPAIR) from error

    def entries(self, size: int | None = None, *, start: int = 0) -> Iterator[bytes]:
        """Give the public parts from `start` to before `size`, or all: what may be published.

        Raises:
            InputError: there are not so many.
        """
        size = _size(self._head(), size)
        for first in range(start, size, _PAGE):
            with self._store.reading() as db:
                rows = sqlite.read_rows(db, first, min(first + _PAGE, size))
            yield from (row[1] for row in rows)

    def history(self, member_id: MemberId) -> list[tuple[int, Choice]]:
        """Return a member's choices with their indices, oldest first.

        Raises:
            VerificationError: an entry does not open; the index.
        """
        with self._store.reading() as db:
            return [(row[0], _open(row)) for row in sqlite.read_rows_of(db, member_id)]

    def receipt(self, index: int) -> dict[str, object]:
        """Return the receipt of a choice: JSON that verifies offline (`vanne/receipt/1`).

        It holds the choice and its salt: give it to the member alone.

        Raises:
            InputError: there is no such entry.
            VerificationError: the entry is missing or does not open.
        """
        with self._store.reading() as db, _tree():
            head, tiles = sqlite.read_head(db), sqlite.read_tiles(db)
            proof = prove_inclusion(_index(index, head.size), head.size, tiles.node)
            rows = sqlite.read_rows(db, index, index + 1)
            if not rows:
                raise VerificationError(f"entry {index} of the ledger is missing", todo=_REPAIR)
            choice, (_, public, _, salt, _) = _open(rows[0]), rows[0]
            note, vkey = head.note, head.vkey
            return make_receipt(choice, salt or b"", public, index, proof, note, vkey)

    def fsck(self, *, known_checkpoint: str | None = None, vkey: str | None = None) -> FsckReport:
        """Derive everything again from the entries and list what does not hold.

        A ledger can only be checked against itself. `known_checkpoint` (kept by somebody else, or
        taken from a receipt) and `vkey` (as published) show a history that was rewritten whole.

        Raises:
            InputError: the vkey is not one.
        """
        with self._store.reading() as db:
            return fsck.check(db, self._store.path, known_checkpoint, vkey)

    def _head(self) -> sqlite.Head:
        with self._store.reading() as db:
            return sqlite.read_head(db)

    def _rows(self, start: int, end: int) -> list[sqlite.Row]:
        with self._store.reading() as db:
            rows = sqlite.read_rows(db, start, end)
        positions = {row[0] for row in rows}
        for index in range(start, end):
            if index not in positions:
                raise VerificationError(f"entry {index} of the ledger is missing", todo=_REPAIR)
        return rows

    def _check_head(self, head: sqlite.Head, tiles: Tiles) -> Signer:
        """Return the signer if the tree is what it signed last.

        INVARIANT: a log never signs a tree that does not begin with the one it signed before.
        """
        signer = self._signer
        if signer is None:
            raise InputError("the ledger was opened for reading only")
        known = Checkpoint(head.origin, head.size, root(head.size, tiles.node))
        if signer.sign(known) != head.note:  # Ed25519 gives one signature for one text
            raise VerificationError("the ledger does not match its last checkpoint", todo=_REPAIR)
        return signer


def _size(head: sqlite.Head, size: int | None) -> int:
    if size is None:
        return head.size
    if not 0 <= size <= head.size:
        raise InputError(f"the ledger has {head.size} entries, not {size}")
    return size


def _index(index: int, size: int) -> int:
    if not 0 <= index < size:
        raise InputError(f"there is no entry {index} among the first {size} (the first is 0)")
    return index


def _open(row: sqlite.Row) -> Choice:
    index, public, private, salt, member_id = row
    try:
        choice = open_private(public, private, salt)
        if choice.member_id != member_id:
            raise ValueError("it is filed under another member than its choice says")
        return choice
    except ValueError as error:
        raise VerificationError(f"entry {index} of the ledger: {error}", todo=_REPAIR) from error


@contextmanager
def _tree() -> Iterator[None]:
    """Say in one line that a part of the tree is not there."""
    try:
        yield
    except LookupError as error:
        raise VerificationError(f"the tree is damaged: {error.args[0]}", todo=_REPAIR) from error
