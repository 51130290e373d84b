"""`fsck` derives everything again from the entries, and names what does not hold."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.ledger.conftest import AT, MakeHome, Tamper, change, naive_root, off, offs, on_sqlite
from vanne.config import Home
from vanne.errors import InputError, StorageError, VerificationError
from vanne.ledger import Ledger, writing
from vanne.ledger.checkpoint import Checkpoint, Verifier, verify_checkpoint
from vanne.ledger.keys import Keys


@pytest.fixture(autouse=True)
def filled(ledger: Ledger) -> None:
    ledger.append(offs(300))


def test_an_honest_ledger_holds(ledger: Ledger) -> None:
    report = ledger.fsck(known_checkpoint=ledger.checkpoint(), vkey=ledger.vkey)
    assert report.ok and report.problems == ()
    assert (report.entries, report.root) == (300, naive_root(list(ledger.entries())))


def test_an_empty_ledger_holds(tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "empty.sqlite") as ledger:
        report = ledger.fsck(known_checkpoint=ledger.checkpoint())
    assert report.ok and report.entries == 0


PRIVATE = "entry 7: its choice is not the one that was recorded"
PUBLIC = "entry 7: its public part is not the one whose hash is in the tree"
EDIT = "UPDATE entry SET private = CAST(replace(CAST(private AS TEXT), 'false', 'true') AS BLOB)"
TILE = "tile 0 of level 0 of the tree is not what the entries give"


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        (EDIT, PRIVATE),
        ("UPDATE entry SET private = CAST('{}' AS BLOB)", PRIVATE),
        ("UPDATE entry SET salt = zeroblob(32)", PRIVATE),
        ("UPDATE entry SET salt = NULL", "entry 7: its private part is missing"),
        ("UPDATE entry SET public = (SELECT public FROM entry WHERE position = 8)", PUBLIC),
        ("UPDATE entry SET public = x'00'", PUBLIC),
        ("UPDATE entry SET member_id = x'78'", "entry 7: it is filed under another member"),
        ("UPDATE entry SET member_id = NULL", "entry 7: it is filed under another member"),
        ("DELETE FROM entry", "entry 7 is missing"),
    ],
)
def test_an_edited_or_deleted_entry_is_named(
    ledger: Ledger, tamper: Tamper, sql: str, problem: str
) -> None:
    tamper(sql + " WHERE position = 7")
    report = ledger.fsck()
    assert any(found.startswith(problem) for found in report.problems)
    assert len([found for found in report.problems if found.startswith("entry")]) == 1


def test_an_edited_public_part_changes_tree_and_root(ledger: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE entry SET public = x'00' WHERE position = 7")
    assert ledger.fsck().problems == (
        PUBLIC,
        TILE,
        "tile 0 of level 1 of the tree is not what the entries give",
        "the root over the entries is not the one that the last checkpoint signed",
    )


def test_several_deleted_entries_are_one_problem(ledger: Ledger, tamper: Tamper) -> None:
    tamper("DELETE FROM entry WHERE position BETWEEN 10 AND 19 OR position = 30")
    assert ledger.fsck().problems == ("entries 10 to 19 are missing", "entry 30 is missing")
    assert ledger.fsck().entries == 289


def test_a_tail_that_was_cut_off_is_found(ledger: Ledger, tamper: Tamper) -> None:
    tamper("DELETE FROM entry WHERE position >= 250")
    assert ledger.fsck().problems == (
        "the tail was cut off: the checkpoint covers 300 entries, those from 250 on are missing",
    )


@pytest.mark.parametrize("kept", [299, 250, 0])
def test_a_ledger_whose_tail_was_cut_off_is_not_signed_over(
    home: Home, ledger: Ledger, tamper: Tamper, kept: int
) -> None:
    before = ledger.checkpoint()
    tamper("DELETE FROM entry WHERE position >= ?", kept)
    for opened in (ledger, Ledger.of(home)):
        with pytest.raises(VerificationError, match="tail of the ledger was cut off: entry 299"):
            opened.append([off()])
        with pytest.raises(VerificationError, match="tail of the ledger was cut off"):
            opened.rotate_key()
        assert opened.checkpoint() == before and opened.size == 300
        opened.close()


def test_another_last_entry_is_not_signed_over(ledger: Ledger, tamper: Tamper) -> None:
    last, before = "position = 299", ledger.checkpoint()
    tamper(f"UPDATE entry SET public = (SELECT public FROM entry WHERE position = 7) WHERE {last}")
    with pytest.raises(VerificationError, match="entry 299 of the ledger is another one"):
        ledger.append([off()])
    assert ledger.checkpoint() == before


def test_times_that_do_not_increase_are_found(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "in_order", lambda records, last: list(records))
    ledger.append([off(at=AT - timedelta(hours=2)), off(at=AT), off(at=AT)])
    assert ledger.fsck().problems == (
        "entry 300: its time is not after the one of the entry before it",
        "entry 302: its time is not after the one of the entry before it",
    )


def test_entries_beyond_the_checkpoint_are_found(ledger: Ledger, tamper: Tamper) -> None:
    copy = "INSERT INTO entry SELECT ?, public, private, salt, member_id FROM entry LIMIT 1"
    tamper(copy, 300)
    tamper(copy, -1)
    assert ledger.fsck().problems == (
        "entry -1 is not covered by the checkpoint",
        "entry 300 is not covered by the checkpoint",
    )


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("UPDATE tile SET hashes = zeroblob(8192) WHERE number = 0 AND level = 0", TILE),
        ("DELETE FROM tile WHERE level = 1", "tile 0 of level 1 of the tree is missing"),
        (
            "INSERT INTO tile VALUES (3, 0, zeroblob(32))",
            "tile 0 of level 3 of the tree is not what the entries give",
        ),
        (
            "UPDATE log SET note = replace(note, '300', '299')",
            "the last checkpoint: the signature of the checkpoint is wrong",
        ),
        ("UPDATE log SET note = ''", "the last checkpoint: that is not a signed note"),
        ("UPDATE log SET size = 299", "the last checkpoint covers 300 entries"),
        ("UPDATE log SET origin = 'x'", "the last checkpoint is of another log"),
    ],
)
def test_a_changed_tree_or_checkpoint_is_named(
    ledger: Ledger, tamper: Tamper, sql: str, problem: str
) -> None:
    tamper(sql)
    assert any(found.startswith(problem) for found in ledger.fsck().problems)


def test_the_key_file_of_another_log_is_found(ledger: Ledger, home: Home, tmp_path: Path) -> None:
    Ledger.create(tmp_path / "other.sqlite").close()
    (tmp_path / "other.key").replace(home.ledger.with_suffix(".key"))
    (problem,) = ledger.fsck().problems
    assert problem.startswith("the key file:") and "not the key of this ledger" in problem


def test_a_key_that_is_not_the_known_one_is_found(ledger: Ledger, tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "other.sqlite") as other:
        other_key = other.vkey
    assert ledger.fsck().ok
    (problem,) = ledger.fsck(vkey=other_key).problems
    assert "not the one that you gave" in problem


def test_a_mistyped_known_key_is_an_error(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="not a verifier key"):
        ledger.fsck(vkey="x")


def rewritten(home: Home, fake: Home, count: int, on: bool = False) -> Home:
    """Make another history with the key of the ledger of `home`, consistent in itself."""
    key, fake_key = (each.ledger.with_suffix(".key") for each in (home, fake))
    with Ledger.of(home) as ledger, Ledger.create(fake) as other:
        other.append([off(f"member-{n}", on=on) for n in range(count)])
        (signer,) = Keys(key).signers([Verifier.parse(ledger.vkey)])
        note = signer.sign(Checkpoint(ledger.origin, other.size, other.root()))
        row = (ledger.origin, ledger.vkey, note)
    change(fake, "UPDATE log SET origin = ?, vkey = ?, note = ?", *row)
    fake_key.write_bytes(key.read_bytes())
    return fake


def test_a_rewritten_history_is_found_with_a_checkpoint_that_was_kept(
    ledger: Ledger, home: Home, another: MakeHome
) -> None:
    kept, receipt = ledger.checkpoint(), ledger.receipt(7)
    with Ledger.of(rewritten(home, another("fake"), 400, on=True)) as fake:
        assert fake.fsck(vkey=ledger.vkey).ok  # it agrees with itself
        (problem,) = fake.fsck(known_checkpoint=kept).problems
        assert problem == (
            "the history was rewritten: the first 300 entries are not those that the known "
            "checkpoint signed"
        )
        assert not fake.fsck(known_checkpoint=str(receipt["checkpoint"])).ok


def test_a_history_that_was_cut_and_signed_again_is_found(
    ledger: Ledger, home: Home, another: MakeHome
) -> None:
    kept = ledger.checkpoint()
    with Ledger.of(rewritten(home, another("fake"), 200)) as fake:
        assert fake.fsck().ok
        assert fake.fsck(known_checkpoint=kept).problems == (
            "the history was cut: a known checkpoint covers 300 entries, the ledger has 200",
        )


def test_an_older_checkpoint_still_holds_after_more_choices(ledger: Ledger) -> None:
    kept = ledger.checkpoint()
    ledger.append(offs(700))
    assert ledger.fsck(known_checkpoint=kept).ok


def test_a_known_checkpoint_of_another_key_is_no_proof(ledger: Ledger, tmp_path: Path) -> None:
    with Ledger.create(tmp_path / "other.sqlite") as other:
        foreign = other.checkpoint()
    (problem,) = ledger.fsck(known_checkpoint=foreign).problems
    assert problem.startswith("the known checkpoint: the checkpoint is not signed with the key")


def test_it_says_how_far_it_is(ledger: Ledger) -> None:
    told: list[int] = []
    assert ledger.fsck(progress=told.append).ok
    assert told[-1] == 300


def test_many_problems_are_counted_and_not_all_told(ledger: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE entry SET salt = NULL")
    problems = ledger.fsck().problems
    assert len(problems) == 101 and problems[-1] == "and 200 more"


def test_problems_name_nobody(ledger: Ledger, tamper: Tamper) -> None:
    tamper("UPDATE entry SET member_id = x'78'")
    assert not any("member-" in problem for problem in ledger.fsck().problems)


@on_sqlite
def test_a_damaged_file_is_said(ledger: Ledger, path: Path) -> None:
    ledger.close()
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 4096] = bytes(4096)
    path.write_bytes(data)
    with Ledger(path, read_only=True) as damaged:
        try:
            assert not damaged.fsck().ok
        except StorageError as error:
            assert "damaged" in str(error)


def test_the_checkpoint_is_checked_by_the_key_in_the_ledger(ledger: Ledger) -> None:
    signed = verify_checkpoint(ledger.checkpoint(), Verifier.parse(ledger.vkey))
    assert (signed.size, signed.root) == (300, ledger.root())
