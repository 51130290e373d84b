"""`Ledger`: append choices and other records, read them in order, and prove what is recorded.

>>> import tempfile
>>> from datetime import UTC, datetime
>>> at = datetime(2025, 11, 3, 9, 30, tzinfo=UTC)
>>> off = Choice("member-7", "generative-ai-training", "all", False, at)
>>> with tempfile.TemporaryDirectory() as folder:
...     with Ledger.create(Path(folder, "ledger.sqlite")) as ledger:
...         ledger.append([off]), ledger.size, list(ledger.choices()) == [off]
(range(0, 1), 1, True)
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from vanne.config import Home
from vanne.errors import InputError, StorageError, VanneError, VerificationError
from vanne.ledger import fsck
from vanne.ledger.checkpoint import is_key_name
from vanne.ledger.encoding import to_base64
from vanne.ledger.entry import Logged, logged_in
from vanne.ledger.fsck import FsckReport
from vanne.ledger.keys import Keys
from vanne.ledger.kinds import Record, time_of
from vanne.ledger.merkle import leaf_hash, prove_consistency, prove_inclusion, root
from vanne.ledger.reading import (
    ErasedPositions,
    columns_of,
    erased_among,
    index_of,
    open_row,
    read_page,
    size_of,
    whole_tree,
)
from vanne.ledger.receipt import make_receipt
from vanne.ledger.seen import Sighting, keep, lacking, refuse_behind, sightings
from vanne.ledger.store import (
    Head,
    Row,
    Transaction,
    create_postgres,
    create_sqlite,
    open_postgres,
    open_sqlite,
    read_head,
    read_request,
    read_rows,
    read_rows_of,
    read_rows_of_all,
    read_tiles,
    refuse_damage,
)
from vanne.ledger.writing import (
    Batch,
    Erased,
    Group,
    Keep,
    accept_loss,
    batch_of,
    begin_key,
    commit,
    erase,
    key_digest,
    refuse_our_own,
    retire_key,
    sign_earlier,
)
from vanne.terms import Choice, MemberId, Objection, Seen

if TYPE_CHECKING:
    import pyarrow as pa

DEFAULT_ORIGIN = "vanne.local/ledger"
_PAGE = 10_000  # entries that are read in one go: a few megabytes


class Ledger:
    """The append-only log of choices, with its private key in a file.

    May be used from any number of threads and opened by any number of processes: appends wait for
    one another, reads wait for nobody. Use it as a context manager, or call `close`.
    """

    def __init__(
        self,
        place: str | os.PathLike[str],
        *,
        key: Path | None = None,
        read_only: bool = False,
        patience_s: float = 5.0,
        in_database: bool | None = None,
    ) -> None:
        """Open a ledger that is there; nothing is ever made (`create` makes one).

        Args:
            place: A file of SQLite, or the address of a PostgreSQL database.
            key: The file of its private key (default: beside the file, with the suffix `.key`).
            read_only: No key is needed.
            patience_s: How long a call waits for another process's append.
            in_database: Whether the place is an address (default: it has `://`).

        Raises:
            ConfigError: the address of the database is wrong, or it does not let us in.
            InputError: this is no ledger, or a newer Vanne wrote it; an address comes without the
                key.
            MissingError: there is no ledger; or its key is missing or another's.
            StorageError: the file cannot be read.
        """
        in_database = _is_address(place, in_database)
        if in_database and key is None and not read_only:
            todo = "give `key`, or open it with `read_only=True`"
            raise InputError("a ledger in a database is written with its key", todo=todo)
        path = Path(place)
        if not in_database:
            _refuse_folder(path)
        key = key or path.with_suffix(".key")
        self._keys, self._writable = Keys(key), not read_only
        self.home = Home(key.parent) if key.name == Home(key.parent).ledger_key.name else None
        if in_database:
            self._store = open_postgres(str(place), key, patience_s)
        else:
            self._store = open_sqlite(path, key, patience_s, writable=not read_only)
            if not read_only:
                refuse_damage(path)
        self._group: Group[Batch, range] = Group(self._commit)
        try:
            head = self._head()
            if not read_only:
                self._keys.signers(head.verifiers)
        except BaseException:
            self._store.close()
            raise

    @classmethod
    def create(
        cls,
        place: str | os.PathLike[str] | Home,
        *,
        key: Path | None = None,
        origin: str = DEFAULT_ORIGIN,
        patience_s: float = 5.0,
    ) -> "Ledger":
        """Begin a ledger with a fresh key (mode 0600), and open it.

        Args:
            place: A file of SQLite, the address of a PostgreSQL database, or a home.
            key: The file of its private key (default: beside the file, with the suffix `.key`).
            origin: The name of the log, which never changes.
            patience_s: As of an open one.

        Raises:
            ConfigError: the address of the database is wrong, or it does not let us in.
            InputError: there is a ledger already; C2SP does not allow the origin; an address comes
                without the key.
            MissingError: the key is there and the ledger is not: it may have been lost.
            StorageError: the file cannot be made.
        """
        in_database = _is_address(place, None)
        if isinstance(place, Home):
            in_database, key = place.database_url is not None, place.ledger_key
            place = place.database_url or place.ledger
        if in_database and key is None:
            raise InputError("a ledger in a database is written with its key", todo="give `key`")
        path = Path(place)
        key = key or path.with_suffix(".key")
        _check_origin(origin)
        if in_database:
            create_postgres(str(place), key, origin, patience_s)
        else:
            _refuse_folder(path)
            create_sqlite(path, key, origin)
        return cls(place, key=key, patience_s=patience_s, in_database=in_database)

    @classmethod
    def of(cls, home: Home, *, read_only: bool = False, patience_s: float = 5.0) -> "Ledger":
        """Open the ledger of a home, wherever it is kept; one that is lost is never begun anew."""
        return cls(
            home.database_url or home.ledger,
            key=home.ledger_key,
            read_only=read_only,
            patience_s=patience_s,
            in_database=home.database_url is not None,
        )

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

    @property
    def vkeys(self) -> tuple[str, ...]:
        """The public keys that the last checkpoint is signed with, the log's own first."""
        return tuple(verifier.vkey for verifier in self._head().verifiers)

    def checkpoint(self) -> str:
        """Return the last checkpoint, a signed note (C2SP): who keeps it pins all before it."""
        return self._head().note

    def describe(self) -> dict[str, object]:
        """Return where the log stands (`vanne/ledger-checkpoint/1`): what anybody may see of it."""
        with self._store.reading() as db, whole_tree():
            head = read_head(db)
            return {
                "schema": "vanne/ledger-checkpoint/1",
                "origin": head.origin,
                "size": head.size,
                "root": to_base64(root(head.size, read_tiles(db).node)),
                "checkpoint": head.note,
                "vkey": head.vkey,
            }

    def append(self, records: Sequence[Record], *, key: str | None = None) -> range:
        """Record records in order, all of them or none; they are on the disk when this returns.

        Calls of many threads share transactions (`vanne.ledger.writing`): keep one ledger open, and
        append to it from all of them. A `key` makes it safe to send the same again: the same key
        with the same records (their time apart) gives the indices of the first time and writes
        nothing.

        Returns:
            Their indices. An empty batch records nothing, but uses its key up.

        Raises:
            InputError: one cannot be recorded: its row in the batch (from 1), field and problem.
            ConflictError: the key came before with something else.
            BusyError: another process was writing for longer than the patience.
            StorageError: the disk is full or fails.
            VerificationError: the tree is not what the last checkpoint says; it is not extended.
        """
        refuse_our_own(records)
        batch = batch_of(records, key)
        self._require_writable()
        return self._group.submit(batch)

    def _commit(self, batches: Sequence[Batch]) -> Sequence[range | VanneError]:
        with self._writing() as db:
            return commit(db, self._keys, batches)

    @contextmanager
    def _writing(self, *, refuse: bool = True) -> Iterator[Transaction]:
        """Give the one transaction that may write, and keep the checkpoint that it ends with."""
        with self._store.writing() as db, whole_tree():
            if refuse:
                refuse_behind(db, self.home)
            yield db
            note = read_head(db).note
        with suppress(StorageError):  # it is recorded: who looks later sees less, and nothing else
            keep(self.home, note)

    def erase(
        self, member_id: MemberId, at: datetime, *, keep: Sequence[Choice] | Keep = ()
    ) -> Erased:
        """Take away the content of all entries of a member, and record `keep` in their place.

        `keep` may be a function of the choices that are erased, so that none comes in between.
        The entries' hashes stay, so that every proof and every receipt of anybody still verifies.
        Who holds copies (columns beside a corpus, backups) must drop them.

        Raises:
            InputError: `keep` cannot be recorded, or `at` is no time.
            BusyError, StorageError: as `append`; or it is recorded, and somebody who reads keeps
                the old content in the database's files: erase again.
        """
        self._require_writable()
        with self._writing() as db:
            erased = erase(db, self._keys, member_id, at, keep)
        self._store.scrub()
        return erased

    def rotate_key(self, at: datetime | None = None, *, retire: bool = False) -> str:
        """Begin to sign with a new key and the present one; with `retire`, with the new one alone.

        Returns:
            The public key, to be published: the new one.

        Raises:
            InputError: two keys sign already; or there is no former key to retire.
            MissingError, StorageError: a key file is missing, or cannot be written.
        """
        self._require_writable()
        change = retire_key if retire else begin_key
        with self._writing() as db:
            head = change(db, self._keys, at or datetime.now(UTC))
        self._keys.tidy(head.verifiers)
        return head.vkey

    def lacking(self, seen: Iterable[Sighting] | None = None) -> list[Sighting]:
        """Return the trees that others have seen, and that this log does not begin with.

        Without `seen`, of what the home and the published log have seen. The largest comes first.
        An empty list says that nothing is missing.
        """
        if seen is None:
            seen = sightings(self.home) if self.home else ()
        with self._store.reading() as db, whole_tree():
            return lacking(db, seen)

    def refuse_behind(self) -> None:
        """Refuse a log that lacks what its home and the published log have seen of it.

        Raises:
            VerificationError: it does; who has seen more.
        """
        with self._store.reading() as db, whole_tree():
            refuse_behind(db, self.home)

    def accept_loss(self, at: datetime) -> list[Sighting]:
        """Record that the log goes on without what `lacking` gives, and return that.

        Whoever holds a receipt of a lost entry, or a checkpoint, can show the loss. Witnesses and
        followers refuse the log from then on: publish it anew.

        Raises:
            InputError: nothing is missing.
        """
        self._require_writable()
        with self._writing(refuse=False) as db:
            lost = lacking(db, sightings(self.home) if self.home else ())
            accept_loss(db, self._keys, lost, at)
        return lost

    def _require_writable(self) -> None:
        if not self._writable:
            raise InputError("the ledger was opened for reading only")

    def root(self, size: int | None = None) -> bytes:
        """Return the root (32 bytes) over the first `size` entries, or all.

        Raises:
            InputError: there are not so many.
        """
        with self._store.reading() as db, whole_tree():
            return root(size_of(read_head(db), size), read_tiles(db).node)

    def prove(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the inclusion proof of an entry in the tree of `size` entries (RFC 9162, 2.1.3).

        Raises:
            InputError: there is no such entry, or there are not so many.
        """
        with self._store.reading() as db, whole_tree():
            size = size_of(read_head(db), size)
            return prove_inclusion(index_of(index, size), size, read_tiles(db).node)

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """Return the proof that the tree of `new` entries begins with that of `old` (2.1.4).

        Raises:
            InputError: there are not so many, or `old` is above `new`.
        """
        with self._store.reading() as db, whole_tree():
            new = size_of(read_head(db), new)
            if not 0 <= old <= new:
                raise InputError(f"a tree of {new} entries does not begin with one of {old}")
            return prove_consistency(old, new, read_tiles(db).node)

    def records(
        self, start: int = 0, size: int | None = None
    ) -> Iterator[tuple[int, Record | None]]:
        """Give the records of all kinds from `start` to before `size`; `None` where one was erased.

        Each is checked against its entry: an entry that is missing or was edited is an error, since
        an opt-out that is left out would let data be used.

        Raises:
            InputError: there are not so many.
            VerificationError: an entry is missing or does not open; the index.
        """
        for rows, erased in self._pages(start, size):
            yield from ((row[0], open_row(row, erased)) for row in rows)

    def sealed(
        self, start: int = 0, size: int | None = None
    ) -> Iterator[tuple[int, Record | None, bytes, bytes]]:
        """Give what `records` gives, and of each the hash of its leaf and the secret of its entry.

        Raises:
            InputError, VerificationError: as `records`.
        """
        for rows, erased in self._pages(start, size):
            for row in rows:
                yield row[0], open_row(row, erased), leaf_hash(row[1]), row[3] or b""

    def later(self, start: int) -> tuple[int, list[Record | None]]:
        """Return how many entries there are and the records from `start` on, in one look.

        They are checked as `records` checks them; where there are fewer entries, there are none.

        Raises:
            VerificationError: as `records`.
        """
        with self._store.reading() as db:
            size = read_head(db).size
            rows, erased = read_page(db, start, size) if size > start else ([], frozenset())
        return size, [open_row(row, erased) for row in rows]

    def choices(self, size: int | None = None) -> Iterator[Choice]:
        """Give the choices among the first `size` entries, or all, in the order of their indices.

        Raises:
            InputError, VerificationError: as `records`.
        """
        return (record for _, record in self.records(0, size) if isinstance(record, Choice))

    def batches(self, start: int = 0, size: int | None = None) -> "Iterator[pa.RecordBatch]":
        """Give the choices from `start` to before `size` as columns.

        `vanne.ledger.reading.columns_of` names the columns. Choices are checked as `records`
        checks them. A batch may be empty.

        Raises:
            InputError, VerificationError: as `records`.
        """
        for rows, erased in self._pages(start, size):
            yield columns_of(rows, erased)

    def _pages(self, start: int, size: int | None) -> Iterator[tuple[list[Row], ErasedPositions]]:
        size = size_of(self._head(), size)
        for first in range(start, size, _PAGE):
            with self._store.reading() as db:
                page = read_page(db, first, min(first + _PAGE, size))
            yield page

    def entries(self, size: int | None = None, *, start: int = 0) -> Iterator[bytes]:
        """Give the public parts from `start` to before `size`, or all: what may be published.

        Raises:
            InputError: there are not so many.
        """
        size = size_of(self._head(), size)
        for first in range(start, size, _PAGE):
            with self._store.reading() as db:
                rows = read_rows(db, first, min(first + _PAGE, size))
            yield from (row[1] for row in rows)

    def history(self, member_id: MemberId) -> list[tuple[int, Choice]]:
        """Return a member's choices with their indices, oldest first.

        Raises:
            VerificationError: an entry does not open; the index.
        """
        return self.histories([member_id])[member_id]

    def histories(self, members: Iterable[MemberId]) -> dict[MemberId, list[tuple[int, Choice]]]:
        """Return the history of each of some members.

        Raises:
            VerificationError: an entry does not open; the index.
        """
        found: dict[MemberId, list[tuple[int, Choice]]] = {who: [] for who in members}
        with self._store.reading() as db:
            rows = list(read_rows_of_all(db, list(found)))
        for row in rows:
            record = open_row(row, frozenset())
            if isinstance(record, Choice):
                found[record.member_id].append((row[0], record))
        return found

    def seen(self, member_id: MemberId) -> list[tuple[int, Seen]]:
        """Return which notices a member was shown, with the entries' indices, oldest first.

        Raises:
            VerificationError: an entry does not open; the index.
        """
        with self._store.reading() as db:
            rows = read_rows_of(db, member_id)
        records = ((row[0], open_row(row, frozenset())) for row in rows)
        return [(n, record) for n, record in records if isinstance(record, Seen)]

    def objections(self) -> list[tuple[int, Objection]]:
        """Return the objections of people who are no members, with their indices, oldest first.

        Raises:
            VerificationError: an entry does not open; the index.
        """
        with self._store.reading() as db:
            rows = read_rows_of(db, None)
            erased = erased_among(db, rows)
        records = ((row[0], open_row(row, erased)) for row in rows)
        return [(n, record) for n, record in records if isinstance(record, Objection)]

    def last_time(self) -> datetime | None:
        """Return the time of the last entry, after which the next one comes; None if there is none.

        Raises:
            VerificationError: it does not open.
        """
        last = next((record for _, record in self.records(max(self.size - 1, 0))), None)
        return time_of(last) if last else None

    def models(self) -> list[Logged]:
        """Return which models served and which certificates were written, with the entries' places.

        Raises:
            VerificationError: an entry does not open; the index.
        """
        with self._store.reading() as db:
            rows = read_rows_of(db, None)
        return list(logged_in((row[0], row[1]) for row in rows))

    def salt(self, index: int) -> bytes | None:
        """Return the secret of an entry, which its receipt bears; None if it has none any more.

        Raises:
            InputError: there is no such entry.
        """
        with self._store.reading() as db:
            index_of(index, read_head(db).size)
            (row,), _ = read_page(db, index, index + 1)
        return row[3]

    def knows(self, key: str) -> bool:
        """Say whether something was appended with this idempotency key."""
        return self.recorded(key) is not None

    def recorded(self, key: str) -> range | None:
        """Return the indices of what was appended with this idempotency key."""
        with self._store.reading() as db:
            request = read_request(db, key_digest(key))
        return range(request.first, request.first + request.count) if request else None

    def receipt(self, index: int, size: int | None = None) -> dict[str, object]:
        """Return the receipt of a choice or an objection: JSON that verifies offline.

        It holds the record and its salt (`vanne/receipt/1`): give it to the person alone. With
        `size` it is the same each time it is asked for, for as long as the log keeps its key: by
        the tree of so many entries, and not by what the log has grown to.

        Raises:
            InputError: there is no such entry, it was erased, or is of another kind; with `size`,
                the ledger was opened for reading only.
            VerificationError: the entry is missing or does not open.
        """
        with self._store.reading() as db, whole_tree():
            head, tiles = read_head(db), read_tiles(db)
            size = size_of(head, size)
            proof = prove_inclusion(index_of(index, size), size, tiles.node)
            (row,), erased = read_page(db, index, index + 1)
            note = head.note
            if size != head.size:
                self._require_writable()
                note = sign_earlier(head, tiles, self._keys, size)
        record = open_row(row, erased)
        if not isinstance(record, Choice | Objection):
            what = "was erased" if record is None else "is neither a choice nor an objection"
            raise InputError(f"entry {index} {what}: there is no receipt for it")
        return make_receipt(record, row[3] or b"", row[1], index, proof, note, head.vkey)

    def fsck(
        self,
        *,
        known_checkpoint: str | None = None,
        vkey: str | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> FsckReport:
        """Derive everything again from the entries and list what does not hold.

        A ledger can only be checked against itself. `known_checkpoint` (kept by somebody else, or
        taken from a receipt) and `vkey` (as published) show a history that was rewritten whole.
        `progress` is told the number of entries that were read.

        Raises:
            InputError: the vkey is not one.
        """
        with self._store.reading() as db:
            report = fsck.check(db, self._keys.path, known_checkpoint, vkey, progress)
        with suppress(VerificationError):  # of a tree that is damaged the check has said so
            lines = tuple(each.line(report.entries) for each in self.lacking())
            report = replace(report, problems=report.problems + lines)
        return report

    def _head(self) -> Head:
        with self._store.reading() as db:
            return read_head(db)


def _is_address(place: object, in_database: bool | None) -> bool:
    return isinstance(place, str) and "://" in place if in_database is None else in_database


def _refuse_folder(path: Path) -> None:
    if path.is_dir():
        raise StorageError(f"`{path}` is a folder, and no ledger", todo="name the file of a ledger")


def _check_origin(origin: str) -> None:
    if not is_key_name(origin):
        todo = "use a name like `example.org/ledger`, without spaces and plus signs"
        raise InputError("the ledger's origin is not a name that C2SP allows", todo=todo)
