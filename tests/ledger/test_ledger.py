"""The ledger keeps every choice that it acknowledged, whole, in order, whatever happens."""

import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.conftest import Tamper, lose, naive_root, off, offs, on_sqlite
from vanne.config import Home
from vanne.errors import (
    BusyError,
    ConfigError,
    InputError,
    MissingError,
    StorageError,
    VanneError,
    VerificationError,
)
from vanne.ledger import Ledger, verify_receipt
from vanne.ledger.checkpoint import Verifier, verify_checkpoint
from vanne.ledger.merkle import EMPTY_ROOT, leaf_hash, verify_consistency, verify_inclusion
from vanne.ledger.writing import in_order


def test_a_new_ledger_is_empty_and_signed(ledger: Ledger) -> None:
    assert ledger.size == 0 and ledger.root() == EMPTY_ROOT and list(ledger.choices()) == []
    signed = verify_checkpoint(ledger.checkpoint(), Verifier.parse(ledger.vkey))
    assert (signed.origin, signed.size, signed.root) == ("vanne.local/ledger", 0, EMPTY_ROOT)


def test_choices_come_back_in_order_with_their_indices(ledger: Ledger) -> None:
    assert ledger.append(offs(3)) == range(3)
    assert ledger.append(offs(2, start=3)) == range(3, 5)
    assert list(ledger.choices()) == offs(5)
    assert list(ledger.choices(4)) == offs(4)


def test_an_empty_batch_changes_nothing(ledger: Ledger) -> None:
    ledger.append(offs(2))
    before = ledger.checkpoint()
    assert ledger.append([]) == range(2, 2)
    assert ledger.checkpoint() == before


def test_a_batch_with_one_bad_choice_is_refused_whole(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="row 2"):
        ledger.append([off(), off(purpose=""), off()])
    assert ledger.size == 0


def test_the_history_of_a_member_is_theirs_alone(ledger: Ledger) -> None:
    said = [off("anna"), off("ben"), off("anna", on=True), off("anna\0"), off("ann")]
    ledger.append(said)
    written = in_order(said, None)
    assert ledger.history("anna") == [(0, written[0]), (2, written[2])]
    assert ledger.history("anna\0") == [(3, written[3])]
    assert ledger.history("nobody") == []


def test_more_choices_than_are_read_in_one_go_come_back(ledger: Ledger) -> None:
    ledger.append(offs(10_001))
    assert list(ledger.choices()) == offs(10_001)
    assert ledger.fsck().ok


def test_choices_that_are_added_while_reading_are_not_seen(ledger: Ledger) -> None:
    ledger.append(offs(3))
    reading = ledger.choices()
    assert next(reading) == off("member-0")
    ledger.append(offs(2))
    assert len(list(reading)) == 2


def test_the_root_is_that_of_the_public_entries(ledger: Ledger) -> None:
    ledger.append(offs(5))
    entries = list(ledger.entries())
    assert [ledger.root(n) for n in range(6)] == [naive_root(entries[:n]) for n in range(6)]
    assert ledger.root() == ledger.root(5)


def test_public_entries_do_not_tell_who_chose_what(ledger: Ledger) -> None:
    ledger.append([off("anna"), off("anna")])
    one, other = ledger.entries()
    assert one != other and b"anna" not in one


def test_proofs_verify(ledger: Ledger) -> None:
    ledger.append(offs(5))
    leaf = leaf_hash(list(ledger.entries())[1])
    assert verify_inclusion(leaf, 1, 5, ledger.prove(1), ledger.root())
    assert verify_inclusion(leaf, 1, 3, ledger.prove(1, 3), ledger.root(3))
    assert verify_consistency(3, 5, ledger.consistency(3), ledger.root(3), ledger.root())
    assert verify_consistency(2, 4, ledger.consistency(2, 4), ledger.root(2), ledger.root(4))


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("receipt", (2,)),
        ("receipt", (-1,)),
        ("prove", (2,)),
        ("prove", (1, 1)),
        ("prove", (0, 3)),
        ("root", (3,)),
        ("root", (-1,)),
        ("consistency", (2, 1)),
        ("consistency", (-1,)),
    ],
)
def test_what_is_not_there_cannot_be_asked_for(
    ledger: Ledger, method: str, arguments: tuple[int, ...]
) -> None:
    ledger.append(offs(2))
    with pytest.raises(InputError):
        getattr(ledger, method)(*arguments)


def test_more_choices_than_there_are_cannot_be_asked_for(ledger: Ledger) -> None:
    ledger.append(offs(2))
    for rows in (ledger.choices(3), ledger.entries(3)):
        with pytest.raises(InputError, match="has 2 entries, not 3"):
            list(rows)


def test_everything_is_there_after_opening_again(home: Home) -> None:
    with Ledger.create(home, origin="social.example/choices") as ledger:
        ledger.append(offs(3))
        before = ledger.describe()
    with Ledger.of(home) as ledger:
        assert ledger.describe() == before and ledger.origin == "social.example/choices"
        assert ledger.append(offs(1)) == range(3, 4)
        assert ledger.fsck().ok


@on_sqlite
def test_the_ledger_and_its_key_are_the_owners_alone(ledger: Ledger, path: Path) -> None:
    ledger.append([off()])
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes) >= {"ledger.sqlite", "ledger.sqlite-wal", "ledger.key"}
    assert set(modes.values()) == {0o600}


def test_a_ledger_makes_its_folder(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "a" / "b" / "ledger.sqlite") as ledger:
        ledger.append([off()])
    assert sorted(p.name for p in (tmp_path / "a" / "b").iterdir()) == [
        ".ledger.sqlite.seen",
        "checkpoint",
        "ledger.key",
        "ledger.sqlite",
    ]


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb"])
def test_an_origin_that_c2sp_does_not_allow_is_refused(home: Home, origin: str) -> None:
    with pytest.raises(InputError, match="origin"):
        Ledger.create(home, origin=origin)
    assert not home.ledger.with_suffix(".key").exists()


def test_a_closed_ledger_says_so(home: Home) -> None:
    ledger = Ledger.create(home)
    ledger.close()
    ledger.close()
    for ask in (lambda: ledger.size, lambda: ledger.append([off()])):
        with pytest.raises(VanneError, match="closed"):
            ask()


# Files and keys that are not what they should be.


def test_a_ledger_without_its_key_is_not_opened_for_writing(home: Home) -> None:
    Ledger.create(home).close()
    home.ledger.with_suffix(".key").unlink()
    with pytest.raises(MissingError, match="private key"):
        Ledger.of(home)
    assert not home.ledger.with_suffix(".key").exists()


def test_a_ledger_without_its_key_can_be_read(home: Home) -> None:
    with Ledger.create(home) as ledger:
        ledger.append([off()])
    home.ledger.with_suffix(".key").unlink()
    with Ledger.of(home, read_only=True) as ledger:
        assert list(ledger.choices()) == [off()] and ledger.fsck().ok
        assert verify_receipt(ledger.receipt(0)).choice == off()
        with pytest.raises(VanneError, match="reading only"):
            ledger.append([off()])


def test_a_ledger_in_a_database_is_written_with_its_key_and_read_without() -> None:
    nowhere = "postgresql://127.0.0.1:1/none?connect_timeout=1"
    with pytest.raises(InputError, match="written with its key"):
        Ledger(nowhere)
    with pytest.raises((ConfigError, StorageError)):  # it gets as far as to the server
        Ledger(nowhere, read_only=True)


def test_another_ledgers_key_is_refused(home: Home, tmp_path: Path) -> None:
    Ledger.create(home).close()
    Ledger.create(tmp_path / "other.sqlite").close()
    (tmp_path / "other.key").replace(home.ledger.with_suffix(".key"))
    with pytest.raises(MissingError, match="not the key of this ledger"):
        Ledger.of(home)


@pytest.mark.parametrize("content", [b"", b"no key", bytes(100_000)])
def test_a_key_file_that_holds_no_key_is_refused(home: Home, content: bytes) -> None:
    Ledger.create(home).close()
    home.ledger.with_suffix(".key").write_bytes(content)
    with pytest.raises(InputError, match="no unencrypted Ed25519 key"):
        Ledger.of(home)


def test_a_lost_ledger_is_not_begun_anew_with_the_same_key(home: Home) -> None:
    Ledger.create(home).close()
    key = home.ledger.with_suffix(".key").read_bytes()
    lose(home)
    for begin in (
        lambda: Ledger.create(home),
        lambda: Ledger.of(home),
        lambda: Ledger.of(home, read_only=True),
    ):
        with pytest.raises(MissingError, match=r"no ledger .* its key is there"):
            begin()
    assert home.ledger.with_suffix(".key").read_bytes() == key and not home.ledger.exists()


@pytest.mark.parametrize("read_only", [False, True])
def test_opening_makes_no_ledger_no_key_and_no_folder(home: Home, *, read_only: bool) -> None:
    home = Home(home.root / "no" / "home", home.database_url)
    with pytest.raises(MissingError, match=r"no ledger .*: check the path, or begin one") as caught:
        Ledger.of(home, read_only=read_only)
    assert "\n" not in str(caught.value)
    with pytest.raises(MissingError, match="no ledger"):
        Ledger(home.root / "typo.sqlite", read_only=read_only)
    assert not home.root.parent.exists()
    Ledger.create(home).close()  # nothing is in the way


def test_a_ledger_that_is_there_is_not_begun_again(home: Home) -> None:
    with Ledger.create(home) as ledger:
        ledger.append([off()])
    key = home.ledger_key.read_bytes()
    with pytest.raises(InputError, match="is there already: open it, or name another place"):
        Ledger.create(home)
    with Ledger.of(home) as ledger:
        assert (ledger.size, home.ledger_key.read_bytes()) == (1, key)


@on_sqlite
def test_a_newer_schema_is_refused_and_left_alone(path: Path, tamper: Tamper) -> None:
    Ledger.create(path).close()
    tamper("PRAGMA user_version = 5")
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(InputError) as caught:
            Ledger(path, read_only=read_only)
        assert str(caught.value) == (
            f"the ledger `{path}` was written by a newer version of Vanne "
            "(schema 5, this one reads 4): upgrade Vanne"
        )
    assert path.read_bytes() == before


@on_sqlite
@pytest.mark.parametrize("content", [b"", b"x", b"member_id,on\n" * 1000, bytes(8192)])
def test_a_file_that_is_no_ledger_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a ledger"):
        Ledger(path)
    assert path.read_bytes() == content and list(path.parent.iterdir()) == [path]


@on_sqlite
def test_another_sqlite_database_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE entry (x)")
    with pytest.raises(InputError, match="is not a ledger"):
        Ledger(path)


def test_a_ledger_without_its_tables_is_refused(home: Home, tamper: Tamper) -> None:
    Ledger.create(home).close()
    tamper("DROP TABLE log")
    with pytest.raises(InputError, match=r"(is|are) not a ledger"):
        Ledger.of(home)


def test_a_folder_is_no_ledger(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is a folder, and no ledger"):
        Ledger(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="file"):
        Ledger.create(tmp_path / "file" / "ledger.sqlite")


# Others at the same time.


@on_sqlite
def test_a_ledger_that_somebody_else_writes_is_busy(path: Path) -> None:
    with Ledger.create(path, patience_s=0.1) as ledger, closing(sqlite3.connect(path)) as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusyError, match="somebody else"):
            ledger.append([off()])
        assert ledger.size == 0
        db.execute("ROLLBACK")
        assert ledger.append([off()]) == range(1)


def test_choices_from_many_threads_are_all_there(ledger: Ledger) -> None:
    start = threading.Barrier(8)

    def many(thread: int) -> list[tuple[int, str]]:
        start.wait()
        names = [f"member-{thread}-{n}" for n in range(50)]
        return [(ledger.append([off(name)])[0], name) for name in names]

    with ThreadPoolExecutor(8) as pool:
        acknowledged = dict(pair for pairs in pool.map(many, range(8)) for pair in pairs)
    assert len(acknowledged) == 400
    assert [c.member_id for c in ledger.choices()] == [acknowledged[n] for n in range(400)]
    assert ledger.root() == naive_root(list(ledger.entries()))
    assert ledger.fsck().ok


def test_reading_goes_on_while_others_write(ledger: Ledger) -> None:
    done = threading.Event()

    def read() -> int:
        reads = 0
        while not done.is_set() or not reads:
            size = ledger.size
            assert len(list(ledger.choices(size))) == size
            if size:
                assert verify_receipt(ledger.receipt(size - 1)).index == size - 1
            reads += 1
        return reads

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        try:
            for n in range(40):
                ledger.append(offs(10, start=10 * n))
        finally:
            done.set()
        assert all(reader.result() for reader in readers)


def _script(body: str) -> list[str]:
    head = f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
    head += "from pathlib import Path\nfrom tests.ledger.conftest import off, offs\n"
    head += "from vanne.config import Home\n"
    return [sys.executable, "-c", head + "from vanne.ledger import Ledger\n" + body]


ROOT = Path(__file__).parents[2]
APPEND = "with Ledger.of(Home(Path(sys.argv[1]), *sys.argv[2:]), patience_s=60) as ledger:\n"


def where(home: Home) -> list[str]:
    """Return the arguments by which a script finds a home."""
    return [str(home.root), *([home.database_url] if home.database_url else [])]


def test_processes_share_one_ledger(home: Home) -> None:
    Ledger.create(home).close()
    body = APPEND + "    for _ in range(10): ledger.append([off()])\n"
    command = [*_script(body), *where(home)]
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(4)]
    assert [process.wait(300) for process in running] == [0, 0, 0, 0]
    with Ledger.of(home) as ledger:
        assert ledger.size == 40 and ledger.fsck().ok


# Faults.


@pytest.mark.parametrize("batch", [1, 500])
def test_every_acknowledged_choice_survives_a_kill(home: Home, batch: int) -> None:
    Ledger.create(home).close()
    body = APPEND + (
        f"    while True: print(ledger.append(offs({batch}, start=ledger.size))[-1], flush=True)\n"
    )
    command = [*_script(body), *where(home)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        acknowledged = [int(process.stdout.readline()) for _ in range(20)]
        os.kill(process.pid, signal.SIGKILL)
        acknowledged += map(int, process.stdout.read().splitlines())
    with Ledger.of(home) as ledger:
        assert ledger.size > acknowledged[-1] and ledger.size % batch == 0
        assert list(ledger.choices()) == offs(ledger.size)
        assert ledger.fsck().ok
        assert ledger.append([off()])


@on_sqlite
def test_a_full_disk_is_said_and_leaves_what_was_there(path: Path) -> None:
    with Ledger.create(path) as ledger:
        ledger.append(offs(10))
        before = ledger.checkpoint()
    limit = path.stat().st_size + 200_000  # bytes; a write beyond fails as on a full disk

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    body = (
        "from vanne.errors import StorageError\n" + APPEND + "    try: ledger.append(offs(5_000))\n"
        "    except StorageError as error: print(error)\n"
        "    else: sys.exit('it was written')\n"
        "    assert ledger.size == 10 and ledger.fsck().ok\n"
    )
    command = [*_script(body), str(path.parent)]
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}  # the limit would cut what is compiled
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=env, preexec_fn=limited
    )
    assert done.returncode == 0, done.stderr
    assert "nothing of this was recorded" in done.stdout
    with Ledger(path) as ledger:
        assert ledger.checkpoint() == before and ledger.fsck().ok
        ledger.append(offs(5_000))


def test_a_tree_that_does_not_match_its_checkpoint_is_not_extended(
    ledger: Ledger, tamper: Tamper
) -> None:
    ledger.append(offs(3))
    tamper("UPDATE tile SET hashes = zeroblob(96)")
    with pytest.raises(VerificationError, match="does not match its last checkpoint"):
        ledger.append([off()])


def test_an_earlier_tree_is_signed_only_if_the_signed_one_begins_with_it(
    ledger: Ledger, tamper: Tamper
) -> None:
    ledger.append(offs(600))
    ledger.append(offs(10))
    receipt = ledger.receipt(3, 600)
    assert verify_receipt(receipt, vkey=ledger.vkey).size == 600
    assert ledger.receipt(3, 600) == receipt
    for sql in (
        "UPDATE tile SET hashes = zeroblob(8192) WHERE level = 0 AND number = 1",
        "UPDATE tile SET hashes = zeroblob(3136) WHERE level = 0 AND number = 2",
    ):
        tamper(sql)
        with pytest.raises(VerificationError, match="does not match its last checkpoint"):
            ledger.receipt(3, 300)


def test_a_batch_that_fails_half_way_leaves_nothing_and_no_lock(
    ledger: Ledger, tamper: Tamper
) -> None:
    ledger.append(offs(3))
    tamper("INSERT INTO entry VALUES (4, x'00', NULL, NULL, NULL)")
    with pytest.raises(StorageError, match="damaged"):
        ledger.append(offs(2))
    tamper("DELETE FROM entry WHERE position = 4")
    assert ledger.size == 3 and ledger.fsck().ok
    assert ledger.append(offs(2)) == range(3, 5)


def test_a_tree_with_a_hole_is_not_extended(ledger: Ledger, tamper: Tamper) -> None:
    ledger.append(offs(3))
    tamper("DELETE FROM tile")
    for ask in (lambda: ledger.append([off()]), lambda: ledger.root(), lambda: ledger.receipt(0)):
        with pytest.raises(VerificationError, match="tile 0 of level 0"):
            ask()


def test_a_missing_choice_is_an_error_and_not_skipped(ledger: Ledger, tamper: Tamper) -> None:
    ledger.append(offs(3))
    tamper("DELETE FROM entry WHERE position = 1")
    with pytest.raises(VerificationError, match="entry 1 of the ledger is missing"):
        list(ledger.choices())
    with pytest.raises(VerificationError, match="entry 1 of the ledger is missing"):
        ledger.receipt(1)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE entry SET private = CAST(replace(CAST(private AS TEXT), 'false', 'true') AS BLOB)"
        " WHERE position = 1",
        "UPDATE entry SET member_id = x'6d656d6265722d32' WHERE position = 1",
        "UPDATE entry SET salt = NULL WHERE position = 1",
    ],
)
def test_an_edited_choice_is_an_error_and_not_used(
    ledger: Ledger, tamper: Tamper, sql: str
) -> None:
    ledger.append(offs(3))
    tamper(sql)
    with pytest.raises(VerificationError, match="entry 1 of the ledger"):
        list(ledger.choices())
    with pytest.raises(VerificationError, match="entry 1 of the ledger"):
        [ledger.history(f"member-{n}") for n in (1, 2)]


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=8))
def test_any_batches_give_the_tree_of_their_entries(
    tmp_path_factory: pytest.TempPathFactory, batches: list[int]
) -> None:
    with Ledger.create(tmp_path_factory.mktemp("ledger") / "ledger.sqlite") as ledger:
        for batch in batches:
            ledger.append(offs(batch, start=ledger.size))
        size = sum(batches)
        assert list(ledger.choices()) == offs(size)
        assert ledger.root() == naive_root(list(ledger.entries()))
        assert ledger.fsck().ok
        for index in range(0, size, 7):
            assert verify_receipt(ledger.receipt(index)).choice == offs(1, start=index)[0]
