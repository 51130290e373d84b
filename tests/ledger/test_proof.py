"""Proofs for auditors: printed by the operator, checked by anybody."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.ledger import example
from tests.ledger.conftest import AT, offs
from tests.ledger.histories import restored
from vanne.cli import cli
from vanne.config import Home
from vanne.errors import InputError, VerificationError
from vanne.ledger import Ledger
from vanne.ledger.encoding import to_base64
from vanne.ledger.proof import prove_entry, prove_since, read_proof, verify_proof


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """What is published does not depend on where the ledger is kept."""
    return Home(tmp_path)


@pytest.fixture(autouse=True)
def filled(ledger: Ledger) -> None:
    ledger.append(offs(300))


@pytest.mark.parametrize("index", [0, 255, 256, 299])
def test_an_entry_is_shown_to_be_in_the_log(ledger: Ledger, index: int) -> None:
    held = verify_proof(prove_entry(ledger, index), vkey=ledger.vkey)
    assert (held["kind"], held["index"], held["size"], held["pinned"]) == (
        "inclusion",
        index,
        300,
        True,
    )


def test_the_log_is_shown_to_begin_with_a_kept_checkpoint(ledger: Ledger) -> None:
    kept = ledger.checkpoint()
    ledger.append(offs(100, start=300))
    held = verify_proof(prove_since(ledger, kept))
    assert (held["kind"], held["old_size"], held["size"], held["pinned"]) == (
        "consistency",
        300,
        400,
        False,
    )


def test_a_checkpoint_that_a_former_key_signed_is_still_good(ledger: Ledger) -> None:
    kept = ledger.checkpoint()
    for retire in (False, True, False, True):
        ledger.rotate_key(AT, retire=retire)
    assert verify_proof(prove_since(ledger, kept), vkey=ledger.vkey)["old_size"] == 300


def test_a_proof_about_another_log_does_not_hold(ledger: Ledger, tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "other.sqlite", origin="example.org/log") as other:
        proof = prove_since(ledger, ledger.checkpoint()) | {
            "old_checkpoint": other.checkpoint(),
            "old_vkey": other.vkey,
            "proof": [],
        }
    with pytest.raises(VerificationError, match="of two logs"):
        verify_proof(proof)


def test_of_an_earlier_size_it_is_checked_with_the_checkpoint_that_was_kept(ledger: Ledger) -> None:
    kept = ledger.checkpoint()
    ledger.append(offs(100, start=300))
    proof = prove_entry(ledger, 7, 300)
    with pytest.raises(VerificationError, match="bears no signed checkpoint"):
        verify_proof(proof)
    assert verify_proof(proof, checkpoint=kept)["size"] == 300
    with pytest.raises(VerificationError, match="not of the same size"):
        verify_proof(proof, checkpoint=ledger.checkpoint())


@pytest.mark.parametrize(
    "change",
    [
        {"index": 8},
        {"entry": '{"commitment":"","kind":"choice","v":1}'},
        {"proof": []},
        {"proof": ["AAAA"]},
        {"proof": None},
        {"index": True},
        {"size": 299},
        {"root": to_base64(bytes(32))},
        {"root": None},
        {"kind": "else"},
        {"checkpoint": "no note"},
        {"entry": None},
    ],
)
def test_a_proof_in_which_anything_was_changed_does_not_hold(
    ledger: Ledger, change: dict[str, Any]
) -> None:
    with pytest.raises(VerificationError):
        verify_proof(prove_entry(ledger, 7) | change)


@pytest.mark.parametrize(
    "change",
    [{"old_size": 299}, {"old_root": to_base64(bytes(32))}, {"root": to_base64(bytes(32))}],
)
def test_a_consistency_proof_says_what_its_checkpoints_sign(
    ledger: Ledger, change: dict[str, Any]
) -> None:
    kept = ledger.checkpoint()
    ledger.append(offs(100, start=300))
    with pytest.raises(VerificationError):
        verify_proof(prove_since(ledger, kept) | change)


def test_a_rewritten_history_cannot_be_proved(ledger: Ledger, tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "other.sqlite") as other:
        other.append(offs(2))
        kept = other.checkpoint()
    with pytest.raises(VerificationError, match="not signed with the key"):
        prove_since(ledger, kept)


def test_a_kept_checkpoint_of_more_entries_shows_that_the_history_was_cut(
    path: Path, tmp_path: Path
) -> None:
    path = path.with_name("log.sqlite")  # of a home the second history would not be signed
    Ledger.create(path).close()
    with restored(path), Ledger(path) as ledger:
        ledger.append(offs(1))
        kept = ledger.checkpoint()
    with Ledger(path) as ledger, pytest.raises(VerificationError, match="was cut"):
        prove_since(ledger, kept)
    with Ledger(path) as ledger:
        ledger.append(offs(9))
        with pytest.raises(VerificationError, match="history was rewritten"):
            prove_since(ledger, kept)


def test_what_is_no_proof_is_refused() -> None:
    for data in (b"", b"[]", b"{}", b"[" * 100_000, b"\xff"):
        with pytest.raises(InputError, match="not a proof"):
            read_proof(data)


def run(*arguments: object, **options: Any) -> Result:
    typed = [] if arguments[0] == "verify" else ["ledger"]
    return CliRunner().invoke(cli, [*typed, *map(str, arguments)], **options)


def test_the_commands(ledger: Ledger, path: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text(ledger.checkpoint())
    ledger.append(offs(1))
    for arguments in ([7], ["--since", kept]):
        proof = run("prove", *arguments, "--home", path.parent).stdout
        assert json.loads(proof)["schema"] == "vanne/ledger-proof/1"
        done = run("verify", "-", "--vkey", ledger.vkey, "--json", input=proof)
        assert json.loads(done.stdout)["verified"] is True
    assert "the proof holds: the log of 301 entries begins with the 300" in (
        run("verify", "-", input=proof).stdout
    )


def test_a_proof_by_another_key_exits_with_1(ledger: Ledger, path: Path) -> None:
    proof = run("prove", 7, "--ledger", path).stdout
    vkey = example.SIGNER.verifier.vkey
    done = run("verify", "-", "--vkey", vkey, "--json", input=proof)
    assert done.exit_code == 1 and json.loads(done.stdout)["verified"] is False


def test_one_thing_is_proved_at_a_time(path: Path) -> None:
    assert run("prove", "--home", path.parent).exit_code == 2
    assert run("prove", 1, "--since", path, "--home", path.parent).exit_code == 2
