"""Extend the log in a transaction: append records, erase a member, change the key, accept a loss.

INVARIANT: every tree that a log signs begins with the one it signed before. So before anything is
added, the stored tree is compared with the last checkpoint, byte for byte, and the last entry with
the tree: a log whose tail was cut off is not extended.

INVARIANT: the times of the entries increase strictly, so that their order is the order of the
entries' places, whatever the clocks say. The log gives each entry its time while it holds the lock
of the one writer: the time of the caller's clock, or a microsecond after the entry before it if
that is later.

**Erasing a member.** The private part, the salt and the member's id are removed from every entry of
the member. The public part stays: its commitment alone reveals nothing. An entry of kind `erasure`
commits to the list of the positions, so content that vanishes without an erasure is found.

**Changing the key.** A new key begins under a checkpoint that the present key signs too, over a
tree whose last entry names the new key. Both keys sign every checkpoint until an entry retires the
former one. So a reader with only the old key can follow to the new one, and the log shows from
which entry on a signature of the old key alone is forged. The new key is on the disk before the
transaction; a retired key is deleted after it (see `vanne.ledger.keys`).
"""

import copy
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Generic, TypeVar, cast

from vanne.errors import ConflictError, InputError, StorageError, VanneError, VerificationError
from vanne.ledger.checkpoint import Checkpoint, sign
from vanne.ledger.entry import SALT_BYTES, encode, seal
from vanne.ledger.keys import Keys
from vanne.ledger.kinds import (
    Erasure,
    KeyChange,
    Loss,
    Record,
    check_records,
    kind_of,
    member_of,
    time_of,
)
from vanne.ledger.merkle import Tiles, leaf_hash, prove_consistency, root, verify_consistency
from vanne.ledger.reading import open_row
from vanne.ledger.seen import Sighting
from vanne.ledger.store import (
    REPAIR,
    Head,
    KeyedRequest,
    Transaction,
    read_head,
    read_request,
    read_rows,
    read_rows_of,
    read_tiles,
    write_erased,
    write_head,
    write_request,
)
from vanne.terms import Choice, MemberId, Notice, Objection, is_unicode

# Group commit: calls that arrive while a transaction is being written share the next one.
#
# A transaction costs one flush of the disk, whatever its size, so a thousand calls in one cost
# little more than one call. The group has no thread of its own. The first call that finds no
# leader becomes the leader: it takes all waiting calls, commits them, and hands the lead to one
# of the calls that arrived meanwhile. (Leader and followers, as in the write-ahead logs of InnoDB
# and LevelDB.)
#
# Each call is recorded whole or not at all. A refused call fails alone. If the transaction fails,
# all its calls fail.


_Work = TypeVar("_Work")
_Done = TypeVar("_Done")
_LIMIT = 10_000  # calls in one transaction: so that the first of them need not wait for seconds


class _Call(Generic[_Work, _Done]):
    """One call that waits: for its outcome, or for the lead."""

    __slots__ = ("leads", "outcome", "turn", "work")

    def __init__(self, work: _Work) -> None:
        self.work = work
        self.leads = False
        self.outcome: _Done | BaseException | None = None
        self.turn = threading.Lock()  # held until there is an outcome, or this call leads
        self.turn.acquire()


class Group(Generic[_Work, _Done]):
    """Collects calls of many threads for `commit`, which gives an outcome for each."""

    def __init__(self, commit: Callable[[Sequence[_Work]], Sequence[_Done | VanneError]]) -> None:
        self._commit = commit
        self._lock = threading.Lock()
        self._waiting: list[_Call[_Work, _Done]] = []
        self._led = False

    def submit(self, work: _Work) -> _Done:
        """Commit a call together with others, and return what `commit` gave for it.

        Raises:
            VanneError: what `commit` gave or raised for it.
        """
        call: _Call[_Work, _Done] = _Call(work)
        try:
            with self._lock:
                self._waiting.append(call)
                call.leads, self._led = not self._led, True
            if not call.leads:
                call.turn.acquire()
            if call.leads:
                self._lead(call)
        except BaseException:  # interrupted: nobody may wait for a call that is gone
            with self._lock:
                if call in self._waiting:
                    self._waiting.remove(call)
                if call.leads:
                    self._hand_over(call)
            raise
        if isinstance(call.outcome, BaseException):
            raise call.outcome
        return cast(_Done, call.outcome)

    def _lead(self, call: _Call[_Work, _Done]) -> None:
        with self._lock:
            calls = self._waiting[:_LIMIT]  # the first is `call`
            del self._waiting[:_LIMIT]
        try:
            outcomes = self._commit([each.work for each in calls])
            for each, outcome in zip(calls, outcomes, strict=True):
                each.outcome = outcome
        except BaseException as error:
            calls[0].outcome = error
            for other in calls[1:]:
                other.outcome = _for_another(error)
        finally:
            with self._lock:
                self._hand_over(call)
            for other in calls[1:]:
                other.turn.release()

    def _hand_over(self, call: _Call[_Work, _Done]) -> None:
        """Let the first that waits lead; the lock is held."""
        call.leads = False
        if self._waiting:
            self._waiting[0].leads = True
            self._waiting[0].turn.release()
        else:
            self._led = False


def _for_another(error: BaseException) -> VanneError:
    """Return what a call is told of the failure of the transaction that it shared."""
    if isinstance(error, VanneError):
        return copy.copy(error)  # each thread raises its own
    return StorageError(
        "the ledger was interrupted while it was being written: this may be recorded or not",
        todo="look before you send it again, or send it with the same idempotency key",
    )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEXT = timedelta(microseconds=1)
_BEHIND = timedelta(seconds=1)
"""How far a clock may be behind the log before the log keeps what it said: less is the wait for
the lock, or others in the same transaction."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Checked records that are recorded together or not at all.

    `key` is the SHA-256 of the idempotency key, `digest` that of what it stands for.
    """

    records: Sequence[Record]
    key: bytes | None = None
    digest: bytes | None = None


def batch_of(records: Sequence[Record], key: str | None = None) -> Batch:
    """Check records.

    Raises:
        InputError: one cannot be recorded: its row in the batch (from 1), field and problem.
    """
    check_records(records)
    if key is not None and not (key.strip() and is_unicode(key)):
        raise InputError("the idempotency key is blank, or not valid Unicode", todo="give another")
    if key is None:
        return Batch(records)
    # Two requests are the same if they say the same, whenever: one that is sent again comes later.
    timeless = [(kind_of(record).name, encode(_at_any_time(record))) for record in records]
    return Batch(records, key_digest(key), sha256(repr(timeless).encode()).digest())


def key_digest(key: str) -> bytes:
    """Return what is kept of an idempotency key."""
    return sha256(key.encode()).digest()


def refuse_our_own(records: Sequence[Record]) -> None:
    """Refuse the records that only an erasure and a change of key may write.

    Raises:
        InputError: there is one.
    """
    if any(isinstance(record, Erasure | KeyChange | Loss) for record in records):
        todo = "use `vanne ledger erase`, `rotate-key` or `accept-loss`"
        raise InputError("an erasure, a change of key or a loss is not recorded by hand", todo=todo)


def _at_any_time(record: Record) -> Record:
    if isinstance(record, Choice | Objection):
        return replace(record, at=_EPOCH, claimed_at=None)
    return record if isinstance(record, Notice) else replace(record, at=_EPOCH)


def commit(db: Transaction, keys: Keys, batches: Sequence[Batch]) -> list[range | ConflictError]:
    """Append batches in one transaction, and say where each is, or why it alone is refused.

    Raises:
        VerificationError: the tree is not what the last checkpoint says; it is not extended.
    """
    size = read_head(db).size
    new: dict[bytes, KeyedRequest] = {}
    outcomes: list[range | ConflictError] = []
    records: list[Record] = []
    for batch in batches:
        earlier = None if batch.key is None else new.get(batch.key) or read_request(db, batch.key)
        if earlier is None:
            first = size + len(records)
            outcomes.append(range(first, first + len(batch.records)))
            records += batch.records
            if batch.key is not None:
                new[batch.key] = KeyedRequest(batch.digest, first, len(batch.records))
        elif earlier.digest is None:
            what = "what came with this idempotency key was erased since"
            outcomes.append(ConflictError(what, todo="use a new key"))
        elif earlier.digest != batch.digest:
            what = "this idempotency key came before with something else"
            outcomes.append(ConflictError(what, todo="use a new key"))
        else:
            outcomes.append(range(earlier.first, earlier.first + earlier.count))
    if records:
        extend(db, keys, records)
    for key, request in new.items():
        write_request(db, key, request)
    return outcomes


def extend(
    db: Transaction, keys: Keys, records: Sequence[Record], *, signed_by: Head | None = None
) -> Head:
    """Append checked records, and sign a checkpoint over all; with new keys, if `signed_by` names
    them.

    Raises:
        VerificationError: the tree is not what the last checkpoint says; it is not extended.
        MissingError: a private key is missing.
    """
    head, tiles = read_head(db), read_tiles(db)
    signed_root(head, tiles, keys)
    timed = in_order(records, _last_time(db, head, tiles))
    entries = [seal(record, os.urandom(SALT_BYTES)) for record in timed]
    size = head.size + len(entries)
    tiles = tiles.grown(head.size, (leaf_hash(entry.public) for entry in entries))
    after = replace(signed_by or head, size=size)
    signers = keys.signers(after.verifiers)
    note = sign(Checkpoint(head.origin, size, root(size, tiles.node)), signers)
    rows = zip(range(head.size, size), entries, map(member_of, records), strict=True)
    db.add_entries((n, entry.public, entry.private, entry.salt, who) for n, entry, who in rows)
    after = replace(after, note=note)
    write_head(db, after, tiles)
    return after


def in_order(records: Sequence[Record], last: datetime | None) -> list[Record]:
    """Return records with the times that the log gives them after an entry of the time `last`.

    A choice keeps beside it what a clock said that is clearly behind the log.

    Raises:
        InputError: there is no time after the last entry's.
    """
    timed = list[Record]()
    for record in records:
        clock = time_of(record)
        if last is None or clock > last:
            last = clock
        elif last == datetime.max.replace(tzinfo=UTC):
            raise InputError(
                "the last entry has the last time that there is", todo="check the server's clock"
            )
        else:
            behind = clock if last - clock > _BEHIND else None
            last += _NEXT
            if isinstance(record, Choice | Objection):
                record = replace(record, at=last, claimed_at=record.claimed_at or behind)
            elif isinstance(record, Notice):
                record = replace(record, published_at=last)
            else:
                record = replace(record, at=last)
        timed.append(record)
    return timed


def _last_time(db: Transaction, head: Head, tiles: Tiles) -> datetime | None:
    """Return the time of the last entry, which is the one that the tree ends with.

    Its content is always there: what is erased has the entry of its erasure after it.

    Raises:
        VerificationError: it is missing or another one; the ledger is not extended.
    """
    if not head.size:
        return None
    index = head.size - 1
    row = next(iter(read_rows(db, index, head.size)), None)
    if row is None:
        raise VerificationError(
            f"the tail of the ledger was cut off: entry {index} is missing", todo=REPAIR
        )
    if leaf_hash(row[1]) != tiles.node(0, index):
        raise VerificationError(f"entry {index} of the ledger is another one", todo=REPAIR)
    record = open_row(row, frozenset())
    assert record is not None  # nothing was called erased
    return time_of(record)


def signed_root(head: Head, tiles: Tiles, keys: Keys) -> bytes:
    """Return the root over the tree as it is stored, which is what the last checkpoint signed.

    Raises:
        VerificationError: it is not.
        MissingError: a private key is missing.
    """
    stored = Checkpoint(head.origin, head.size, root(head.size, tiles.node))
    if sign(stored, keys.signers(head.verifiers)) != head.note:
        raise VerificationError("the ledger does not match its last checkpoint", todo=REPAIR)
    return stored.root


def sign_earlier(head: Head, tiles: Tiles, keys: Keys, size: int) -> str:
    """Sign for the tree of the first `size` entries, with which the signed one provably begins.

    Raises:
        VerificationError: it does not, or the tree is not what the last checkpoint signed.
        MissingError: a private key is missing.
    """
    earlier = Checkpoint(head.origin, size, root(size, tiles.node))
    proof, signed = prove_consistency(size, head.size, tiles.node), signed_root(head, tiles, keys)
    if not verify_consistency(size, head.size, proof, earlier.root, signed):
        raise VerificationError("the ledger does not match its last checkpoint", todo=REPAIR)
    return sign(earlier, keys.signers(head.verifiers))


@dataclass(frozen=True, slots=True)
class Erased:
    """Which entries were erased, which entry says so, and where the choices are that were kept.

    There is no entry when there was nothing to erase.
    """

    entry: int | None
    positions: tuple[int, ...]
    kept: range


Keep = Callable[[list[Choice]], Sequence[Choice]]
"""What is recorded in the place of the choices that are erased."""


def erase(
    db: Transaction, keys: Keys, member_id: MemberId, at: datetime, keep: Sequence[Choice] | Keep
) -> Erased:
    """Erase a member's entries and record `keep` after it; see `Ledger.erase`."""
    rows = read_rows_of(db, member_id)
    records = [open_row(row, frozenset()) for row in rows]
    if callable(keep):
        keep = keep([record for record in records if isinstance(record, Choice)])
    # an earlier erasure may have left exactly what is to be kept: then there is nothing to erase
    there = [_at_any_time(record) for record in records if record is not None]
    if not rows or there == [_at_any_time(choice) for choice in keep]:
        size = read_head(db).size
        return Erased(None, (), range(size, size))
    positions = tuple(row[0] for row in rows)
    new: list[Record] = [Erasure(positions, at), *keep]
    check_records(new)
    size = extend(db, keys, new).size
    entry = size - len(new)
    for position in positions:
        write_erased(db, position, entry)
    return Erased(entry, positions, range(entry + 1, size))


def accept_loss(db: Transaction, keys: Keys, lost: Sequence[Sighting], at: datetime) -> Head:
    """Record that the log goes on without these trees.

    Raises:
        InputError: there are none.
    """
    if not lost:
        raise InputError("nothing that was seen of the ledger is missing", todo="go on as before")
    trees = sorted({(each.size, each.root.hex()) for each in lost})
    return extend(db, keys, [Loss(size, tree, at) for size, tree in trees])


def begin_key(db: Transaction, keys: Keys, at: datetime) -> Head:
    """Begin to sign with a new key and the present one.

    Raises:
        InputError: two keys sign already.
    """
    head = read_head(db)
    if head.former is not None:
        todo = "retire the former key first: `vanne ledger rotate-key --retire`"
        raise InputError("the ledger is signed with two keys already", todo=todo)
    new = keys.next(head.verifiers[0]).vkey
    change = KeyChange(new, head.vkey, at)
    return extend(db, keys, [change], signed_by=replace(head, vkey=new, former=head.vkey))


def retire_key(db: Transaction, keys: Keys, at: datetime) -> Head:
    """Sign with the new key alone from now on.

    Raises:
        InputError: there is no former key.
    """
    head = read_head(db)
    if head.former is None:
        raise InputError("the ledger has no former key to retire", todo="begin a new one first")
    change = KeyChange(head.vkey, None, at)
    return extend(db, keys, [change], signed_by=replace(head, former=None))
