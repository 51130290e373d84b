"""`vanne ledger erase` and `rotate-key`, from the choice to the corpus, on both back ends."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.ledger.conftest import new_schema
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import current, read
from vanne.errors import MissingError
from vanne.ledger import Ledger, verify_receipt
from vanne.policy.load import text_of
from vanne.report.erase import occurs
from vanne.sources.tables import write_items, write_members
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member, Objection

MADE = datetime(2025, 1, 1, tzinfo=UTC)
BORN = date(1990, 1, 1)


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A network of Ada and Ben, each with one post, a post about Cleo, and nobody else."""
    if request.param == "postgres":
        address = new_schema(request.getfixturevalue("postgres"))
        monkeypatch.setenv("VANNE_DATABASE_URL", address)
    home = Home.find(tmp_path / "home")
    monkeypatch.setenv("VANNE_HOME", str(home.root))
    items = [
        Item("1", "ada", "post", created_at=MADE, visibility="public", text="x"),
        Item("2", "ben", "post", created_at=MADE, visibility="public", text="y"),
        Item("3", "ben", "post", subjects=("cleo",), created_at=MADE, visibility="public", text="z"),
    ]  # fmt: skip
    write_items(items, home.items / "items.parquet")
    write_members([Member("ada", "CH", BORN), Member("ben", "CH", BORN)], home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.create(home).close()
    return home


def vanne(*arguments: str) -> Result:
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exit_code == 0, done.output
    return done


def used(home: Home) -> set[str]:
    return {document.item_id for document in read(home, current(home))}


def test_an_erased_member_stays_denied_after_a_refresh(home: Home) -> None:
    vanne("choose", "ada", "off")
    receipt = vanne("choose", "ben", "off", "--item", "2").stdout
    vanne("corpus", "build")
    assert used(home) == {"3"}
    assert list((home.corpus / "choices").glob("*.arrow"))
    done = vanne("ledger", "erase", "ada")
    assert "one off for everything is kept for each purpose (1)" in done.stdout
    assert not list((home.corpus / "choices").glob("*.arrow"))
    vanne("corpus", "refresh")
    assert used(home) == {"3"} and current(home).documents == 1
    vanne("corpus", "verify")
    assert "the content of 1 was erased" in vanne("ledger", "fsck").stdout
    (home.root / "receipt.json").write_text(receipt)
    vanne("verify", str(home.root / "receipt.json"))


def test_who_only_said_yes_is_denied_after_an_erasure(home: Home) -> None:
    vanne("choose", "ben", "on")
    vanne("corpus", "build")
    assert used(home) == {"1", "2", "3"}
    vanne("ledger", "erase", "ben")
    vanne("corpus", "refresh")
    assert used(home) == {"1"}


def test_one_off_is_kept_for_each_purpose_and_nothing_else(home: Home) -> None:
    with Ledger.of(home) as ledger:
        purposes = [MAIN_PURPOSE, "ads", MAIN_PURPOSE]
        ledger.append(
            [Choice("ada", p, "item", True, MADE, target=str(n)) for n, p in enumerate(purposes)]
        )
        kept = json.loads(vanne("ledger", "erase", "ada", "--json").stdout)
        assert kept == {
            "schema": "vanne/ledger-erasure/1",
            "entry": 3,
            "positions": [0, 1, 2],
            "kept": [4, 5],
        }
        assert [(c.purpose, c.scope, c.on, c.channel) for _, c in ledger.history("ada")] == [
            ("ads", "all", False, "erasure"),
            (MAIN_PURPOSE, "all", False, "erasure"),
        ]  # fmt: skip
        again = json.loads(vanne("ledger", "erase", "ada", "--json").stdout)
        assert (again["entry"], again["positions"], ledger.size) == (None, [], 6)


def test_who_is_nowhere_any_more_leaves_nothing(home: Home) -> None:
    vanne("choose", "zoe", "off", "--objection")
    done = vanne("ledger", "erase", "zoe")
    assert done.stdout == "the content of 1 entry was erased, as entry 1 says; nothing is kept\n"
    with Ledger.of(home, read_only=True) as ledger:
        assert ledger.history("zoe") == [] and ledger.size == 2
    assert (
        vanne("ledger", "erase", "zoe").stdout
        == "the ledger holds nothing of this member that can be erased\n"
    )


@pytest.mark.parametrize(("who", "there"), [("ada", True), ("cleo", True), ("cle", False)])
def test_an_id_occurs_among_members_owners_authors_and_subjects(
    home: Home, who: str, there: bool
) -> None:
    assert occurs(home, who) is there


def test_the_receipt_of_an_objection_verifies_offline(home: Home, tmp_path: Path) -> None:
    with Ledger.of(home) as ledger:
        ledger.append([Objection("Béa Roux", "https://bea.example", MAIN_PURPOSE, False, MADE)])
        (tmp_path / "receipt.json").write_text(json.dumps(ledger.receipt(0)))
    said = vanne("verify", str(tmp_path / "receipt.json")).stdout
    assert "`https://bea.example`, who is no member, switched" in said and "data about them" in said
    shown = json.loads(vanne("verify", str(tmp_path / "receipt.json"), "--json").stdout)
    assert shown["objection"]["name"] == "Béa Roux" and shown["verified"] is True


def test_the_key_is_changed_and_the_former_one_retired(home: Home) -> None:
    old = json.loads(vanne("ledger", "checkpoint", "--json").stdout)["vkey"]
    receipt = json.loads(vanne("choose", "ada", "off").stdout)
    begun = vanne("ledger", "rotate-key")
    new = begun.stdout.strip()
    assert new != old and "both sign" in begun.stderr
    during = json.loads(vanne("choose", "ada", "on").stdout)
    assert verify_receipt(during, vkey=old).pinned and verify_receipt(during, vkey=new).pinned
    ended = json.loads(vanne("ledger", "rotate-key", "--retire", "--json").stdout)
    assert ended == {"schema": "vanne/ledger-key/1", "vkey": new, "former_signs": False}
    (home.root / "kept.txt").write_text(receipt["checkpoint"])
    vanne("ledger", "fsck", "--vkey", new, "--checkpoint", str(home.root / "kept.txt"))


def test_a_lost_ledger_is_not_begun_anew_by_an_erasure_or_a_change_of_key(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.ledger.with_suffix(".key").rename(tmp_path / "kept.key")
    if home.database_url:
        monkeypatch.setenv(
            "VANNE_DATABASE_URL", home.database_url.replace("ledger_", "lost_ledger_")
        )
    else:
        home.ledger.unlink()
    for command in (["erase", "ada"], ["rotate-key"]):
        done = CliRunner().invoke(cli, ["ledger", *command])
        assert isinstance(done.exception, MissingError) and done.stdout == ""
    assert not home.ledger.exists() and not home.ledger.with_suffix(".key").exists()
