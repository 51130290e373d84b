"""The key changes without a moment at which nobody can check the log."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.ledger.conftest import AT, Tamper, change, off, offs
from vanne.config import Home
from vanne.errors import InputError, MissingError, VerificationError
from vanne.ledger import KeyChange, Ledger, verify_receipt
from vanne.ledger.checkpoint import Verifier, verify_checkpoint
from vanne.ledger.keys import Keys
from vanne.ledger.writing import retire_key

LATER = AT + timedelta(days=365)


def keys_in(home: Home) -> int:
    return (home.root / "ledger.key").read_bytes().count(b"BEGIN PRIVATE KEY")


def test_both_keys_sign_until_the_former_one_is_retired(home: Home, ledger: Ledger) -> None:
    ledger.append(offs(3))
    old = ledger.vkey
    new = ledger.rotate_key(LATER)
    assert new == ledger.vkey != old and keys_in(home) == 2
    assert list(ledger.records(3)) == [(3, KeyChange(new, old, LATER))]
    ledger.append([off()])
    for vkey in (old, new):
        assert verify_checkpoint(ledger.checkpoint(), Verifier.parse(vkey)).size == 5
    later = LATER + timedelta(days=1)
    assert ledger.rotate_key(later, retire=True) == new
    assert list(ledger.records(5)) == [(5, KeyChange(new, None, later))]
    assert verify_checkpoint(ledger.checkpoint(), Verifier.parse(new)).size == 6
    with pytest.raises(VerificationError, match="not signed with the key"):
        verify_checkpoint(ledger.checkpoint(), Verifier.parse(old))
    assert keys_in(home) == 1 and ledger.fsck(vkey=new).ok


def test_a_change_of_key_is_there_for_everybody_to_read(ledger: Ledger) -> None:
    old, new = ledger.vkey, ledger.rotate_key(LATER)
    (public,) = ledger.entries()
    assert json.loads(public) == {
        "content": {"at": "2026-11-03T09:30:00Z", "former": old, "vkey": new},
        "kind": "key",
        "v": 1,
    }


def test_receipts_verify_with_either_key_while_both_sign(ledger: Ledger) -> None:
    ledger.append([off()])
    old, before = ledger.vkey, ledger.receipt(0)
    new = ledger.rotate_key(LATER)
    during = ledger.receipt(0)
    ledger.rotate_key(LATER, retire=True)
    after = ledger.receipt(0)
    assert verify_receipt(before, vkey=old).pinned
    assert verify_receipt(during, vkey=old).vkey == old
    assert verify_receipt(during, vkey=new).vkey == new
    assert verify_receipt(after, vkey=new).vkey == new
    for receipt, vkey in ((before, new), (after, old)):
        with pytest.raises(VerificationError, match="`key`"):
            verify_receipt(receipt, vkey=vkey)


def test_a_receipt_whose_second_signature_is_wrong_does_not_hold(ledger: Ledger) -> None:
    ledger.append([off()])
    old = ledger.vkey
    ledger.rotate_key(LATER)
    receipt = ledger.receipt(0)
    text, ours, theirs, _ = str(receipt["checkpoint"]).rsplit("\n", 3)
    wrong = theirs[:-10] + ("A" if theirs[-10] != "A" else "B") + theirs[-9:]
    receipt["checkpoint"] = f"{text}\n{ours}\n{wrong}\n"
    with pytest.raises(VerificationError, match="the signature of the checkpoint is wrong"):
        verify_receipt(receipt, vkey=old)


def test_checkpoints_that_others_kept_still_check(ledger: Ledger) -> None:
    ledger.append(offs(3))
    kept = [ledger.checkpoint()]
    for _ in range(2):
        for retire in (False, True):
            ledger.rotate_key(LATER, retire=retire)
            ledger.append(offs(2))
            kept.append(ledger.checkpoint())
    assert all(ledger.fsck(known_checkpoint=note).ok for note in kept)


def test_a_retired_key_is_not_the_ledgers_any_more(ledger: Ledger) -> None:
    old = ledger.vkey
    ledger.rotate_key(LATER)
    assert ledger.fsck(vkey=old).ok
    ledger.rotate_key(LATER, retire=True)
    (problem,) = ledger.fsck(vkey=old).problems
    assert "not the one that you gave" in problem


def test_a_change_that_is_under_way_is_not_begun_again_and_none_is_retired_twice(
    ledger: Ledger,
) -> None:
    with pytest.raises(InputError, match="no former key"):
        ledger.rotate_key(LATER, retire=True)
    ledger.rotate_key(LATER)
    with pytest.raises(InputError, match="two keys already"):
        ledger.rotate_key(LATER)
    assert ledger.size == 1


def test_another_open_ledger_goes_on_with_the_new_key(home: Home, ledger: Ledger) -> None:
    with Ledger.of(home) as other:
        other.append([off()])
        ledger.rotate_key(LATER)
        other.append([off()])
        ledger.rotate_key(LATER, retire=True)
        other.append([off()])
    assert ledger.size == 5 and ledger.fsck().ok


def test_a_ledger_without_its_former_key_is_not_signed_with_one_alone(
    home: Home, ledger: Ledger
) -> None:
    ledger.rotate_key(LATER)
    file = home.root / "ledger.key"
    file.write_bytes(file.read_bytes()[119:])  # its first one
    with pytest.raises(MissingError, match="key"):
        Ledger.of(home)


# A crash between the key's file and the database.


def test_a_key_that_was_written_and_not_used_is_no_key_of_the_log(
    home: Home, ledger: Ledger
) -> None:
    ledger.append([off()])
    unused = Keys(home.ledger.with_suffix(".key")).next(Verifier.parse(ledger.vkey)).vkey
    with Ledger.of(home) as again:
        again.append([off()])
        assert again.vkey != unused and again.fsck().ok
        assert again.rotate_key(LATER) != unused and keys_in(home) == 2


def test_a_change_is_finished_when_the_retired_key_was_not_removed(
    home: Home, ledger: Ledger
) -> None:
    ledger.rotate_key(LATER)
    with ledger._store.writing() as db:
        retire_key(db, Keys(home.ledger.with_suffix(".key")), LATER)
    assert keys_in(home) == 2
    with Ledger.of(home) as again:
        again.append([off()])
        assert again.fsck().ok
        again.rotate_key(LATER)
        again.rotate_key(LATER, retire=True)
        assert keys_in(home) == 1 and again.fsck().ok
        again.append([off()])


# What fsck says.


def test_a_key_that_no_entry_tells_of_is_found(
    home: Home, ledger: Ledger, tamper: Tamper, tmp_path: Path
) -> None:
    ledger.append(offs(2))
    with Ledger.create(tmp_path / "other.sqlite", origin=ledger.origin) as other:
        tamper("UPDATE log SET former = ?", other.vkey)
    problems = ledger.fsck().problems
    assert "the ledger's keys are not those of the last change of key in the log" in problems
    change(home, "UPDATE log SET former = NULL")
    assert ledger.fsck().ok


def test_a_change_that_was_taken_back_is_found(ledger: Ledger, tamper: Tamper) -> None:
    old, note = ledger.vkey, ledger.checkpoint()
    ledger.rotate_key(LATER)
    tamper("UPDATE log SET vkey = ?, former = NULL, size = 0, note = ?", old, note)
    assert any(found.startswith("entry 0 is not covered") for found in ledger.fsck().problems)
