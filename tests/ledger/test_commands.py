"""`vanne ledger`, and `vanne verify` of receipts, as a person types them."""

import json
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.ledger import example
from tests.ledger.conftest import Tamper, off, offs, on_sqlite
from vanne.ledger import Ledger

pytestmark = on_sqlite
VKEY = example.SIGNER.verifier.vkey


@pytest.fixture
def receipt(tmp_path: Path) -> Path:
    path = tmp_path / "receipt.json"
    path.write_text(json.dumps(example.receipt()))
    return path


@pytest.fixture(autouse=True)
def filled(ledger: Ledger) -> None:
    ledger.append(offs(3))


def test_a_ledger_that_holds(vanne: Run, path: Path) -> None:
    done = vanne("ledger", "fsck", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "the ledger holds: 3 entries, derived again from the first to the last\n"
    )


def test_the_ledger_of_a_home_is_found(vanne: Run, path: Path) -> None:
    assert vanne("ledger", "fsck", "--home", path.parent).returncode == 0


def test_a_ledger_that_does_not_hold_says_what_and_exits_with_1(
    vanne: Run, path: Path, tamper: Tamper
) -> None:
    tamper("DELETE FROM entry WHERE position = 1")
    done = vanne("ledger", "fsck", path)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[0] == "entry 1 is missing"


def test_fsck_as_json(vanne: Run, path: Path, ledger: Ledger, tamper: Tamper) -> None:
    honest = json.loads(vanne("ledger", "fsck", path, "--json").stdout)
    assert honest == ledger.fsck().as_json() and honest["ok"] is True
    assert honest["schema"] == "vanne/ledger-fsck/1"
    tamper("DELETE FROM entry WHERE position = 1")
    done = vanne("ledger", "fsck", path, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["problems"] == ["entry 1 is missing"]


def test_fsck_holds_a_ledger_against_a_kept_checkpoint(
    vanne: Run, path: Path, tmp_path: Path, ledger: Ledger
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text(vanne("ledger", "checkpoint", path).stdout)
    assert kept.read_text() == ledger.checkpoint()
    ledger.append(offs(3))
    done = vanne("ledger", "fsck", path, "--checkpoint", kept, "--vkey", ledger.vkey)
    assert done.returncode == 0
    done = vanne("ledger", "fsck", path, "--checkpoint", kept, "--vkey", VKEY)
    assert done.returncode == 1


def test_checkpoint_as_json(vanne: Run, path: Path, ledger: Ledger) -> None:
    document = json.loads(vanne("ledger", "checkpoint", path, "--json").stdout)
    assert document == ledger.describe()
    assert document["schema"] == "vanne/ledger-checkpoint/1"


def test_a_ledger_that_is_not_there_is_not_made(vanne: Run, tmp_path: Path) -> None:
    done = vanne("ledger", "fsck", tmp_path / "none" / "ledger.sqlite")
    assert done.returncode == 69 and "no ledger" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_checkpoint_file_that_is_not_there(vanne: Run, path: Path, tmp_path: Path) -> None:
    done = vanne("ledger", "fsck", path, "--checkpoint", tmp_path / "none")
    assert done.returncode == 74 and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", [("fsck", "--checkpoint"), ("prove", "--since")])
def test_a_file_that_is_no_checkpoint_says_nothing_about_the_ledger(
    vanne: Run, path: Path, tmp_path: Path, command: tuple[str, str]
) -> None:
    (tmp_path / "notes.txt").write_text("bread, milk\n")
    ledger = ("--ledger", path) if command[0] == "prove" else (path,)
    done = vanne("ledger", command[0], *ledger, command[1], "notes.txt")
    assert (done.returncode, done.stdout) == (65, "")
    assert done.stderr.startswith("vanne: `notes.txt` is no checkpoint: name the file")


def test_a_receipt_that_holds_is_said_in_plain_words(vanne: Run, receipt: Path) -> None:
    done = vanne("verify", receipt, "--vkey", VKEY)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "the receipt holds: on 2025-11-03 at 09:32:00 UTC the member `member-2` switched "
        "the purpose `generative-ai-training` off for the category `photo` alone\n"
        "the words that were shown, as it holds them:\n  2025-10\n"
        "it is entry 2 (the first is 0) of the 5 in the log `social.example/choices`, signed with "
        f"the key\n  {VKEY}\nwhich is the one that you gave\n"
    )


def test_nothing_that_somebody_wrote_into_a_receipt_moves_a_cursor(
    vanne: Run, tmp_path: Path, ledger: Ledger
) -> None:
    hostile = "a\x1b[2J\rb\u202ec\x85d"
    fields = dict.fromkeys(("member_id", "purpose", "target", "notice"), hostile)
    (index,) = ledger.append([off(scope="item", **fields)])
    (tmp_path / "receipt.json").write_text(json.dumps(ledger.receipt(index)))
    done = vanne("verify", "receipt.json")
    assert done.returncode == 0 and done.stdout.count("a [2J b c d") == 3
    assert all(letter.isprintable() or letter == "\n" for letter in done.stdout)


def test_a_receipt_from_standard_input_as_json(vanne: Run, receipt: Path) -> None:
    done = vanne("verify", "-", "--json", input=receipt.read_text())
    document = json.loads(done.stdout)
    assert (document["schema"], document["verified"]) == ("vanne/receipt-verification/1", True)
    assert (document["index"], document["pinned"], document["vkey"]) == (2, False, VKEY)


def test_a_receipt_that_does_not_hold_exits_with_1(vanne: Run, receipt: Path) -> None:
    receipt.write_text(receipt.read_text().replace('"on": false', '"on": true'))
    done = vanne("verify", receipt)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1 and "step `commitment`" in done.stderr
    done = vanne("verify", receipt, "--json")
    document = json.loads(done.stdout)
    assert (done.returncode, document["verified"]) == (1, False)
    assert "step `commitment`" in document["reason"]


@pytest.mark.parametrize("content", ["", "{}", "[]", "no json"])
def test_a_file_that_is_no_receipt_exits_with_65(vanne: Run, receipt: Path, content: str) -> None:
    receipt.write_text(content)
    done = vanne("verify", receipt)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (65, "", 1)


def test_a_mistyped_key_exits_with_65(vanne: Run, receipt: Path) -> None:
    assert vanne("verify", receipt, "--vkey", "x").returncode == 65


def test_a_receipt_file_that_is_not_there_exits_with_74(vanne: Run, tmp_path: Path) -> None:
    done = vanne("verify", tmp_path / "none.json")
    assert done.returncode == 74 and "none.json" in done.stderr
    assert vanne("verify", tmp_path).returncode == 74
