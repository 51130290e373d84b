"""Erasing a member takes their content out of the ledger and leaves every proof as it was."""

import gc
import json
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from tests.ledger.conftest import AT, Tamper, naive_root, off, offs, on_postgres, on_sqlite
from tests.ledger.test_kinds import NOTICE, OBJECTION, SEEN
from vanne.config import Home
from vanne.errors import BusyError, ConflictError, InputError, VerificationError
from vanne.ledger import Erased, Erasure, Ledger, verify_receipt
from vanne.ledger.merkle import leaf_hash, verify_consistency
from vanne.ledger.writing import in_order
from vanne.terms import Choice

LATER = AT + timedelta(days=90)
BEFORE = in_order([off("ben"), off("anna", on=True), OBJECTION, off("anna"), NOTICE, SEEN], None)


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    """Anna is in entries 1, 3 and 5."""
    ledger.append(BEFORE[:3])
    ledger.append(BEFORE[3:], key="k")
    return ledger


def test_what_was_erased_is_gone_and_what_others_said_stays(filled: Ledger) -> None:
    assert filled.erase("anna", LATER) == Erased(6, (1, 3, 5), range(7, 7))
    assert filled.history("anna") == [] and filled.seen("anna") == []
    assert list(filled.choices()) == [off("ben")]
    shown = [record for _, record in filled.records()]
    kept = [None if n in (1, 3, 5) else record for n, record in enumerate(BEFORE)]
    assert shown == [*kept, Erasure((1, 3, 5), LATER)]
    (batch,) = filled.batches()
    assert batch["member_id"].to_pylist() == ["ben"] and batch["position"].to_pylist() == [0]
    with pytest.raises(InputError, match="entry 3 was erased"):
        filled.receipt(3)


def test_a_process_that_read_who_was_erased_holds_nothing_of_them(filled: Ledger) -> None:
    filled.append([off("cora")])
    assert filled.history("cora") and len(list(filled.records())) == 7
    filled.erase("cora", LATER)
    live = (each for each in gc.get_objects() if type(each) is Choice)
    assert "cora" not in {choice.member_id for choice in live}


def test_an_erasure_keeps_what_it_is_told_to(filled: Ledger) -> None:
    kept = off("anna", at=LATER + timedelta(seconds=1), channel="erasure")
    assert filled.erase("anna", LATER, keep=[kept]) == Erased(6, (1, 3, 5), range(7, 8))
    assert filled.history("anna") == [(7, kept)] and filled.fsck().ok
    again = filled.erase("anna", LATER)
    assert again == Erased(8, (7,), range(9, 9)) and filled.fsck().ok


def test_an_erasure_that_keeps_something_bad_erases_nothing(filled: Ledger) -> None:
    with pytest.raises(InputError):
        filled.erase("anna", LATER, keep=[off("anna", purpose="")])
    assert len(filled.history("anna")) == 2 and filled.size == 6


def test_erasing_who_said_nothing_writes_nothing(filled: Ledger) -> None:
    before = filled.checkpoint()
    assert filled.erase("nobody", LATER) == Erased(None, (), range(6, 6))
    assert filled.checkpoint() == before


def test_hashes_and_old_proofs_stay_and_fsck_says_how_many_were_erased(filled: Ledger) -> None:
    kept, receipt, entries = filled.checkpoint(), filled.receipt(3), list(filled.entries())
    old_root = filled.root()
    filled.erase("anna", LATER)
    assert list(filled.entries(6)) == entries and filled.root(6) == old_root
    assert filled.root() == naive_root(list(filled.entries()))
    assert verify_consistency(6, 7, filled.consistency(6), old_root, filled.root())
    verified = verify_receipt(json.loads(json.dumps(receipt)), vkey=filled.vkey)
    assert verified.choice == BEFORE[3]
    report = filled.fsck(known_checkpoint=kept, vkey=filled.vkey)
    assert (report.ok, report.entries, report.erased) == (True, 7, 3)


def test_the_erasure_in_the_public_log_names_nobody_and_no_position(filled: Ledger) -> None:
    filled.erase("anna", LATER)
    public = list(filled.entries())[6]
    assert set(json.loads(public)) == {"commitment", "kind", "v"} and len(public) < 90
    assert leaf_hash(public) and b"anna" not in public


def test_what_vanished_without_an_erasure_is_found_and_not_skipped(
    filled: Ledger, tamper: Tamper
) -> None:
    filled.erase("anna", LATER)
    tamper("UPDATE entry SET private = NULL, salt = NULL, member_id = NULL WHERE position = 0")
    problem = "entry 0: its private part is missing, and no erasure says so"
    assert filled.fsck().problems == (problem,)
    for read in (filled.choices, filled.records, filled.batches):
        with pytest.raises(VerificationError, match="entry 0 of the ledger"):
            list(read())


def test_an_entry_that_is_only_listed_as_erased_is_not_skipped(
    filled: Ledger, tamper: Tamper
) -> None:
    filled.erase("anna", LATER)
    tamper("UPDATE entry SET private = NULL, salt = NULL, member_id = NULL WHERE position = 0")
    tamper("INSERT INTO erased VALUES (0, 6)")
    assert filled.fsck().problems == (
        "entry 0: its private part is missing, and no erasure says so",
        "the list of erased entries is not what the erasure entries say",
    )
    with pytest.raises(VerificationError, match="entry 0 of the ledger"):
        list(filled.choices())
    tamper("UPDATE erased SET entry = 2 WHERE position = 0")
    with pytest.raises(VerificationError, match="entry 2 of the ledger is no erasure"):
        list(filled.choices())


def test_an_erasure_that_was_taken_back_is_found(filled: Ledger, tamper: Tamper) -> None:
    filled.erase("anna", LATER)
    tamper("UPDATE entry SET private = x'00' WHERE position = 1")
    assert "entry 1: entry 6 says that it was erased, and it was not" in filled.fsck().problems


def test_a_request_of_which_something_was_erased_is_not_recorded_again(filled: Ledger) -> None:
    filled.append([], key="nothing")
    filled.append([off("ben", on=True)], key="other")
    filled.erase("anna", LATER)
    with pytest.raises(ConflictError, match="was erased since"):
        filled.append([off("anna"), NOTICE, SEEN], key="k")
    assert filled.append([off("ben", on=True)], key="other") == range(6, 7)


@on_sqlite
def test_no_byte_of_what_was_erased_is_left_in_the_files(home: Home) -> None:
    words = {n: f"somebody-{n * 7919 % 3000:04}-zebra" for n in range(3000)}
    with Ledger.create(home) as ledger:
        for start in range(0, 3000, 100):
            ledger.append(
                [off(words[n], channel=f"way-{words[n]}") for n in range(start, start + 100)]
            )
        gone = [words[n] for n in range(0, 3000, 300)]
        assert all(word.encode() in held(home.root) for word in gone)
        salts = {salt_of(ledger.receipt(n)) for n in range(0, 3000, 300)}
        for word in gone:
            ledger.erase(word, LATER)
        left = held(home.root)
        assert not [word for word in gone if word.encode() in left]
        assert not [salt for salt in salts if salt in left]
        assert words[1].encode() in left and ledger.fsck().erased == len(gone)


def held(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir() if file.is_file())


def salt_of(receipt: dict[str, object]) -> bytes:
    import base64

    return base64.b64decode(str(receipt["salt"]))


@on_sqlite
def test_an_erasure_says_when_a_reader_holds_the_old_bytes(home: Home) -> None:
    with Ledger.create(home, patience_s=0.1) as ledger:
        ledger.append(offs(3))
        with ledger._store.reading() as db:
            db.ask("SELECT * FROM entry")
            with pytest.raises(BusyError, match="old content"):
                ledger.erase("member-1", LATER)
        assert ledger.history("member-1") == []
        ledger.erase("member-1", LATER)
        assert b"member-1" not in held(home.root)


@on_postgres
def test_the_erased_rows_are_vacuumed(home: Home) -> None:
    with Ledger.create(home) as ledger:
        ledger.append(offs(3))
        ledger.erase("member-1", LATER)
    assert home.database_url
    with psycopg.connect(home.database_url) as server:
        (seen,) = server.execute(
            "SELECT vacuum_count FROM pg_stat_user_tables WHERE relid = 'entry'::regclass"
        ).fetchone()  # type: ignore[misc]
    assert seen >= 1


def test_what_came_later_is_read_with_the_size_in_one_look(filled: Ledger) -> None:
    filled.erase("anna", LATER)
    size, later = filled.later(4)
    assert (size, later) == (7, [record for _, record in filled.records(4)])
    assert later[1] is None
    assert filled.later(7) == (7, []) and filled.later(9) == (7, [])


def test_what_came_later_and_was_edited_is_refused(filled: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE entry SET private = ? WHERE position = 3", b"{}")
    with pytest.raises(VerificationError, match="entry 3"):
        filled.later(2)
    assert filled.later(4)[0] == 6
