"""Begin a network from an operator's own tables, and replace its members."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from vanne.cli import cli
from vanne.config import Home
from vanne.corpus.intake import init, put_members
from vanne.errors import ConfigError, InputError, RefusedError
from vanne.ledger import Ledger
from vanne.policy import load
from vanne.sources.scan import BATCH_ROWS
from vanne.sources.tables import read_members
from vanne.terms import Category, PolicyInForce

TABLES = Path(__file__).parents[2] / "examples" / "tables"
CASES = Path(__file__).parents[1] / "cases" / "policy"
POLICY = "linkedin-2025-11-03"
NOW = datetime(2025, 12, 1, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    assert init(home, POLICY, str(TABLES / "members.csv"), NOW) == 5
    return home


def corpus(*arguments: str, home: Home) -> Result:
    return CliRunner().invoke(cli, ["corpus", *arguments, "--home", str(home.root)])


def test_the_members_of_a_new_network_are_those_of_the_table(home: Home) -> None:
    kept = list(read_members(str(home.members)))
    assert kept == list(read_members(str(TABLES / "members.csv")))
    assert pq.read_schema(home.members).field("birth_date").type == "date32[day]"


def test_a_network_goes_from_tables_to_a_verified_corpus_by_commands(home: Home) -> None:
    added = corpus("add", str(TABLES / "items.csv"), "--json", home=home)
    assert json.loads(added.stdout)["rows"] == 9
    built = corpus("build", "--as-of", "2026-01-01", "--json", home=home)
    assert json.loads(built.stdout)["counts"]["allowed"] == 5
    assert corpus("verify", home=home).exit_code == 0


def test_a_network_is_not_begun_where_there_is_one(home: Home) -> None:
    before = home.members.read_bytes()
    with pytest.raises(RefusedError, match="holds a network already"):
        init(home, POLICY, str(TABLES / "members.csv"), NOW)
    assert home.members.read_bytes() == before


def test_a_wrong_policy_or_table_begins_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with pytest.raises(ConfigError, match="linkedin"):
        init(home, "linkedin-2025-11-30", str(TABLES / "members.csv"), NOW)
    with pytest.raises(InputError, match="member_id"):
        init(home, POLICY, str(TABLES / "items.csv"), NOW)
    assert not home.members.exists() and not home.policy.exists()


def test_a_beginning_that_was_cut_short_is_run_again(tmp_path: Path, monkeypatch) -> None:
    home = Home(tmp_path / "home")
    with monkeypatch.context() as short:
        short.setattr("vanne.corpus.intake.put_members", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            init(home, POLICY, str(TABLES / "members.csv"), NOW)
    assert home.policy.exists() and not home.members.exists()
    with pytest.raises(RefusedError, match="another policy"):
        init(home, "facebook-2025-05-27", str(TABLES / "members.csv"), NOW)
    assert init(home, POLICY, str(TABLES / "members.csv"), NOW) == 5


def test_a_table_that_lists_a_member_twice_leaves_the_old_one(home: Home, tmp_path: Path) -> None:
    before = home.members.read_bytes()
    twice = tmp_path / "twice.csv"
    twice.write_text("member_id,region,birth_date\nada,CH,1990-04-12\nada,FR,1990-04-12\n")
    with pytest.raises(InputError, match="row 2"):
        put_members(home, str(twice))
    assert home.members.read_bytes() == before
    assert not list(home.root.glob(".members*"))


def test_members_whose_region_is_no_longer_known_are_heard_by_the_next_refresh(
    home: Home, tmp_path: Path
) -> None:
    corpus("add", str(TABLES / "items.csv"), home=home)
    corpus("build", "--as-of", "2026-01-01", home=home)
    moved = tmp_path / "moved.csv"
    moved.write_text((TABLES / "members.csv").read_text().replace("ada,CH", "ada,"))
    assert corpus("add", "--members", str(moved), home=home).exit_code == 0
    refreshed = corpus("refresh", "--as-of", "2026-01-02", "--json", home=home)
    counts = json.loads(refreshed.stdout)["counts"]
    assert counts["region-unknown"] == 4  # all but the private message, which is never used


def test_the_ledger_of_a_new_network_begins_with_the_policy_in_force(home: Home) -> None:
    policy = load(POLICY)
    with Ledger.of(home, read_only=True) as ledger:
        assert list(ledger.records()) == [
            (0, PolicyInForce(policy.name, policy.version, policy.digest, NOW, NOW))
        ]


def added(home: Home, tmp_path: Path, *categories: str) -> Result:
    table = tmp_path / "items.csv"
    rows = (f"i{n},ada,{each},2025-01-01\n" for n, each in enumerate(categories))
    table.write_text("item_id,owner,category,created_at\n" + "".join(rows))
    return corpus("add", str(table), "--json", home=home)


@pytest.mark.parametrize(
    ("categories", "unknown", "first"),
    [
        (("post", "comment", "private_message"), 0, None),
        (("post", "topic", "Post"), 2, 2),
        (("topic",), 1, 1),
        (("post", "post", ""), 1, 3),
    ],
)
def test_items_of_no_known_category_are_added_with_a_warning_that_lists_the_categories(
    home: Home, tmp_path: Path, categories: tuple[str, ...], unknown: int, first: int | None
) -> None:
    result = added(home, tmp_path, *categories)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["unknown_category"] == unknown
    warnings = [line for line in result.stderr.splitlines() if "category" in line]
    assert len(warnings) == (1 if unknown else 0)
    if unknown:
        assert f"{unknown} item" in warnings[0] and f"row {first}:" in warnings[0]
        assert all(category in warnings[0] for category in Category)


def test_the_first_item_of_no_known_category_is_found_behind_the_first_batch(
    home: Home, tmp_path: Path
) -> None:
    result = added(home, tmp_path, *["post"] * BATCH_ROWS, "topic", "topic")
    assert "2 items" in result.stderr and f"row {BATCH_ROWS + 1}:" in result.stderr


MEMBERS = "member_id,region,birth_date\n"


@pytest.mark.parametrize(
    ("rows", "region", "age"),
    [
        ("ada,CH,1990-04-12\n", 0, 0),
        ("ada,CH,1990-04-12\nbea,,1990-04-12\n", 1, 0),
        ("ada,ch,1990-04-12\nbea,XX,\n", 2, 1),
        ("ada,CH,\nbea,,\n", 1, 2),
        ("ada,CH,2020-01-01\n", 0, 0),
    ],
)
def test_a_network_is_told_of_the_members_of_whom_nothing_can_be_used(
    tmp_path: Path, rows: str, region: int, age: int
) -> None:
    home, table = Home(tmp_path / "home"), tmp_path / "members.csv"
    table.write_text(MEMBERS + rows)
    begun = corpus("init", "--policy", POLICY, "--members", str(table), "--json", home=home)
    replaced = corpus("add", "--members", str(table), "--json", home=home)
    count = rows.count("\n")
    for result in (begun, replaced):
        assert result.exit_code == 0
        unknown = json.loads(result.stdout)["unknown"]
        assert unknown == {"region-unknown": region, "age-unknown": age}
        for number, column in ((region, "`region`"), (age, "`birth_date`")):
            warning = [line for line in result.stderr.splitlines() if column in line]
            assert len(warning) == (1 if number else 0)
            assert all(f"{number} of {count} member" in line for line in warning)


def test_a_birth_date_is_missing_only_where_the_policy_has_started(tmp_path: Path) -> None:
    home, table = Home(tmp_path / "home"), tmp_path / "members.csv"
    table.write_text(MEMBERS + "ada,CH,\nbea,JP,\n")
    begun = corpus(
        "init", "--policy", str(CASES / "case-plain.toml"), "--members", str(table), home=home
    )
    assert "1 of 2 members" in begun.stderr and "`birth_date`" in begun.stderr
