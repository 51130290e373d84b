"""What is measured of the ledger, and the floors: one way per process.

`python -m benchmarks.ledger.ways WAY FOLDER COUNT`; the last line on stdout is JSON. Everything is
imported and made up before the clock starts.
"""

import base64
import json
import os
import shutil
import sqlite3
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import vanne.ledger.ledger
from benchmarks.measure import cpu_seconds, tree_ticks
from vanne.config import Home
from vanne.ledger import Ledger, verify_receipt
from vanne.ledger.checkpoint import Verifier
from vanne.ledger.follow import folder_reader, follow
from vanne.ledger.kinds import CHOICE
from vanne.ledger.publish import publish
from vanne.terms import MAIN_PURPOSE, Choice

AT = datetime(2026, 11, 1, tzinfo=UTC)
AT_ONCE = 10_000
RECEIPTS = 2_000
Told = dict[str, object]


def choices(count: int) -> list[Choice]:
    """Make up choices: an off of one member each."""
    return [
        Choice(f"member-{n:08}", MAIN_PURPOSE, "all", False, AT + timedelta(seconds=n), None, "web")
        for n in range(count)
    ]


def rows(count: int) -> list[tuple[int, bytes, str]]:
    """Return the same as rows for a bare table: number, JSON, member."""
    return [
        (n, json.dumps(CHOICE.json_of(choice)).encode(), choice.member_id)
        for n, choice in enumerate(choices(count))
    ]


class Clock:
    """Wall and CPU seconds from now on, of this process and of a database server."""

    def __init__(self, url: str | None) -> None:
        self._server = None if url is None else _server(url)
        self._server_cpu = self._ticks()
        self.start_cpu_s = cpu_seconds()
        self._wall = time.perf_counter()

    def _ticks(self) -> float:
        return 0.0 if self._server is None else tree_ticks(self._server)

    def told(self, **more: object) -> Told:
        """Return what was used."""
        work_wall_s = time.perf_counter() - self._wall
        work_cpu_s = cpu_seconds() - self.start_cpu_s + self._ticks() - self._server_cpu
        used = {"start_cpu_s": self.start_cpu_s, "work_cpu_s": work_cpu_s}
        return used | {"work_wall_s": work_wall_s} | more


def _server(url: str) -> str:
    with psycopg.connect(url) as db:
        row = db.execute("SHOW data_directory").fetchone()
    assert row is not None
    return Path(row[0], "postmaster.pid").read_text().split()[0]


def append(given: Namespace) -> Told:
    """Record choices one call each, from so many threads; or in calls of many from one."""
    transactions = 0
    commit = vanne.ledger.ledger.commit

    def counted(*arguments: object) -> object:
        nonlocal transactions
        transactions += 1
        return commit(*arguments)  # type: ignore[arg-type]

    vanne.ledger.ledger.commit = counted  # type: ignore[assignment]
    made, per = choices(given.count), given.per
    calls = [made[at : at + per] for at in range(0, len(made), per)]
    with Ledger.create(Home(given.folder, given.url)) as ledger:

        def work(share: list[list[Choice]]) -> None:
            for call in share:
                ledger.append(call)

        threads = [
            threading.Thread(target=work, args=(calls[n :: given.appenders],))
            for n in range(given.appenders)
        ]
        clock = Clock(given.url)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told = clock.told(transactions=transactions)
        assert ledger.size == given.count
    return told


def floor(given: Namespace) -> Told:
    """Insert the same rows into a bare table, so many in a transaction; hash and sign nothing."""
    made = rows(given.count)
    batches = [made[at : at + given.per] for at in range(0, len(made), given.per)]
    insert = _into_sqlite if given.url is None else _into_postgres
    return insert(given, batches)


def _into_sqlite(given: Namespace, batches: list[list[tuple[int, bytes, str]]]) -> Told:
    with closing(sqlite3.connect(given.folder / "bare.sqlite", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE choice (n INTEGER PRIMARY KEY, content BLOB, member TEXT) STRICT")
        db.execute("CREATE INDEX by_member ON choice (member, n)")
        clock = Clock(None)
        for batch in batches:
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT INTO choice VALUES (?, ?, ?)", batch)
            db.execute("COMMIT")
        return clock.told(transactions=len(batches))


_COPY = "COPY choice FROM STDIN (FORMAT BINARY)"


def _into_postgres(given: Namespace, batches: list[list[tuple[int, bytes, str]]]) -> Told:
    with psycopg.connect(given.url, autocommit=True) as db:
        db.execute("CREATE TABLE choice (n bigint PRIMARY KEY, content bytea, member text)")
        db.execute("CREATE INDEX by_member ON choice USING hash (member)")
        clock = Clock(given.url)
        for batch in batches:
            with db.transaction(), db.cursor() as cursor, cursor.copy(_COPY) as copy:
                copy.set_types(["int8", "bytea", "text"])
                for row in batch:
                    copy.write_row(row)
        return clock.told(transactions=len(batches))


def fsck(given: Namespace) -> Told:
    """Derive everything again from the entries."""
    with Ledger.of(Home(given.folder), read_only=True) as ledger:
        clock = Clock(None)
        assert ledger.fsck().ok
        return clock.told()


def follow_(given: Namespace) -> Told:
    """Check the published log from its files."""
    clock = Clock(None)
    assert follow(folder_reader(given.folder / "log"))[0]["size"] == given.count
    return clock.told()


def hashes(given: Namespace) -> Told:
    """Hash the bytes that fsck hashes: commitments, leaves, nodes; read and compare nothing."""
    entries = _entries(given.folder)
    clock = Clock(None)
    for public, private, salt in entries:
        sha256(salt + private).digest()
        sha256(b"\x00" + public).digest()
    _hash_nodes(len(entries))
    return clock.told()


def public_hashes(given: Namespace) -> Told:
    """Hash the bytes that a follower hashes: leaves and nodes."""
    entries = _entries(given.folder)
    clock = Clock(None)
    for public, _, _ in entries:
        sha256(b"\x00" + public).digest()
    _hash_nodes(len(entries))
    return clock.told()


def _hash_nodes(count: int) -> None:
    node = b"\x01" + bytes(64)
    for _ in range(count):
        sha256(node).digest()


def _entries(folder: Path) -> list[tuple[bytes, bytes, bytes]]:
    with closing(sqlite3.connect(Home(folder).ledger)) as db:
        return db.execute("SELECT public, private, salt FROM entry ORDER BY position").fetchall()


def receipts(given: Namespace) -> Told:
    """Verify receipts of entries from all over the log."""
    with Ledger.of(Home(given.folder), read_only=True) as ledger:
        step = given.count // RECEIPTS or 1
        made = [ledger.receipt(n) for n in range(0, given.count, step)][:RECEIPTS]
        vkey = ledger.vkey
    clock = Clock(None)
    for receipt in made:
        verify_receipt(receipt, vkey=vkey)
    return clock.told(receipts=len(made))


def signatures(given: Namespace) -> Told:
    """Do what nobody can leave out of a receipt's check: one signature and the path's hashes."""
    with Ledger.of(Home(given.folder), read_only=True) as ledger:
        text, _, signature = ledger.checkpoint().partition("\n\n")
        public = Ed25519PublicKey.from_public_bytes(Verifier.parse(ledger.vkey).public)
    signed, data = (text + "\n").encode(), base64.b64decode(signature.split()[2])[4:]
    clock = Clock(None)
    for _ in range(RECEIPTS):
        public.verify(data, signed)
        _hash_nodes(given.count.bit_length() + 2)
    return clock.told(receipts=RECEIPTS)


def publish_(given: Namespace) -> Told:
    """Publish a log from nothing."""
    with Ledger.of(Home(given.folder), read_only=True) as ledger:
        shutil.rmtree(given.folder / "log", ignore_errors=True)
        clock = Clock(None)
        publish(ledger, given.folder / "log")
        return clock.told(size_bytes=sum(path.stat().st_size for path in _files(given.folder)))


def copy(given: Namespace) -> Told:
    """Write the same files again from memory, each flushed to the disk, and check nothing."""
    files = [
        (path.relative_to(given.folder / "log"), path.read_bytes()) for path in _files(given.folder)
    ]
    copied = given.folder / "copied"
    shutil.rmtree(copied, ignore_errors=True)
    clock = Clock(None)
    for name, data in files:
        path = copied / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    return clock.told()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in (folder / "log").rglob("*") if path.is_file())


WAYS: dict[str, Callable[[Namespace], Told]] = {
    "append": append,
    "floor": floor,
    "fsck": fsck,
    "follow": follow_,
    "hashes": hashes,
    "public-hashes": public_hashes,
    "receipts": receipts,
    "signatures": signatures,
    "publish": publish_,
    "copy": copy,
}


def main() -> None:
    """Run one way."""
    parser = ArgumentParser()
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("--appenders", type=int, default=1)
    parser.add_argument("--per", type=int, default=1, help="choices in a call or a transaction")
    parser.add_argument("--url", help="of a schema of PostgreSQL; else SQLite")
    given = parser.parse_args()
    print(json.dumps(WAYS[given.way](given)))


if __name__ == "__main__":
    main()
