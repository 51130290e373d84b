"""Each row of a source counts, whatever its columns are called and whenever it comes."""

import logging
import tomllib
from datetime import timedelta
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any

import duckdb
import pytest

from tests.conftest import CASES, Run
from tests.night.test_drifts import FIRST, ROWS, SECOND, documents, lake, night
from vanne.config import Home
from vanne.corpus import refresh
from vanne.corpus.compacting import compact
from vanne.corpus.intake import apply
from vanne.night import NightReport, health, read_plan
from vanne.night.metrics import metrics
from vanne.sources.schema import CHOICES, ITEMS, MEMBERS

LATER = SECOND + timedelta(hours=1)
DATA = tomllib.loads((CASES / "night/intake.toml").read_text())
NIGHTS, APPLIED = ({each["name"]: each for each in DATA[what]} for what in ("night", "apply"))
TABLES = {"members": MEMBERS, "choices": CHOICES, "items": ITEMS}
PUBLIC = sorted({column.name for columns in TABLES.values() for column in columns})
MARK = 'watermark = "updated_at"'


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("night")
    home = Home(folder / "home")
    night(home, lake(folder / "lake", 1, {}), FIRST)
    return home


@pytest.fixture
def home(first: Home, tmp_path: Path) -> Home:
    return Home(Path(copytree(first.root, tmp_path / "home")))


def tally(report: NightReport, table: str) -> dict[str, int]:
    """Return what the rows of a source are, without what none of them is."""
    [source] = [each for each in report.sources if each.kind == table]
    return {what: count for what, count in source.tally.items() if count}


@pytest.mark.parametrize("table", TABLES)
def test_a_column_of_any_name_hides_no_row(home: Home, tmp_path: Path, table: str) -> None:
    mine = {column.name for column in TABLES[table]} | {"updated_at", "seen"}
    names = [name for name in (*PUBLIC, *DATA["weird"]) if name not in mine | READ[table]]
    others = ", ".join(f"""'ios' AS "{name.replace('"', '""')}" """ for name in names)
    edit, counts = EDITS[table]
    for turn, (rows, expected) in enumerate(((f"FROM {table}", (20, 300)), (edit, counts))):
        sql = f"SELECT *, {others} FROM ({rows})"
        plan = lake(tmp_path / str(turn), 2, {"table": table, "sql": sql})
        report = night(home, plan, SECOND + timedelta(minutes=5 * turn))
        assert (report.rows("choices"), report.rows("items")) == expected, report.line


EDITS = {
    "members": ("SELECT * REPLACE ('FR' AS region) FROM members", (0, 0)),
    "choices": (
        """SELECT * REPLACE (true AS "on", "at" + INTERVAL 1 HOUR AS "at") FROM choices""",
        (20, 0),
    ),
    "items": ("SELECT * REPLACE ('More ' || text AS text) FROM items", (0, 300)),
}
"""What the rows are edited to, and how many choices and items are then taken."""
READ = {"members": set[str](), "choices": set[str](), "items": {"op"}}
"""What says more of an item than its columns."""


@pytest.mark.parametrize("name", NIGHTS)
def test_a_second_night_is_as_the_case_says(home: Home, tmp_path: Path, name: str) -> None:
    case = NIGHTS[name]
    plan = lake(tmp_path / "lake", 2, case)
    plan.write_text(plan.read_text().replace(MARK, case.get("posts", MARK)))
    before = documents(home)
    report = night(home, plan, SECOND)
    assert report.exit_code == case.get("code", 0), report.line
    assert case.get("says", "") in report.line
    assert tally(report, case["table"]) == case["tally"]
    assert_changed(case, before, documents(home))
    assert len(report.alerts) == case.get("alerts", 0)
    state = health(home, LATER)
    assert ("night-alert" in state.problems) == bool(report.alerts)
    assert f"vanne_night_alerts {len(report.alerts)}\n" in metrics(state)
    again = night(home, plan, LATER)
    if "code" in case:
        assert again.exit_code == case["code"]
    else:
        assert again.line.startswith("a good night: nothing new")


def assert_changed(case: dict[str, Any], before: set[str], after: set[str]) -> None:
    closed, opened, shut = (set(case.get(what, ())) for what in ("closed", "open", "shut"))
    assert closed <= before and not (closed | shut) & after
    assert opened <= after


@pytest.mark.parametrize("name", APPLIED)
def test_a_change_that_was_not_made_ends_in_a_code(
    home: Home, tmp_path: Path, vanne: Run, name: str
) -> None:
    case = APPLIED[name]
    with duckdb.connect() as db:
        db.execute(ROWS)
        for turn, sql in enumerate(case["sql"]):
            db.execute(f"COPY ({sql}) TO '{tmp_path}/{turn}.parquet'")
    before = documents(home)
    for turn in range(len(case["sql"])):
        done = vanne("corpus", "apply", tmp_path / f"{turn}.parquet", "--home", home.root)
        assert turn + 1 == len(case["sql"]) or done.returncode == 0
    assert (done.returncode, case["says"] in done.stdout) == (case["code"], True), done.stdout
    refresh(home, SECOND)
    assert_changed(case, before, documents(home))


def test_an_item_without_times_goes_back_and_forth(home: Home, tmp_path: Path) -> None:
    for turn, words in enumerate(("'train-ai=n'", "NULL", "'train-ai=n'", "NULL")):
        row = f"SELECT * EXCLUDE (updated_at) REPLACE ({words} AS reservation)"
        sql = f"{row} FROM before WHERE item_id = 'i100'"
        plan = lake(tmp_path / str(turn), 2, {"table": "items", "sql": sql})
        plan.write_text(plan.read_text().replace(MARK, "").replace('"posts"', '"plain"'))
        report = night(home, plan, SECOND + timedelta(minutes=5 * turn))
        assert (report.exit_code, report.rows("items")) == (0, 1), report.line
        assert ("i100" in documents(home)) == (words == "NULL")


@pytest.mark.parametrize(("table", "rest"), [("choices", 20), ("items", 300)])
def test_rows_that_change_while_they_are_read_make_no_good_night_and_are_taken_later(
    home: Home, tmp_path: Path, table: str, rest: int
) -> None:
    plan = lake(tmp_path / "lake", 2, {})
    steady = plan.read_text()
    some = f"FROM read_parquet('{plan.parent}/{table}.parquet') WHERE random() < 0.5"
    old = next(line for line in steady.splitlines() if f"/{table}.parquet" in line)
    plan.write_text(steady.replace(old, f'from = "{some}"'))
    report = night(home, plan, SECOND, accept=["posts"])
    assert report.exit_code == 75, report.line
    assert "rows changed while they were read" in report.line
    plan.write_text(steady)
    later = night(home, plan, LATER)
    assert (later.exit_code, report.rows(table) + later.rows(table)) == (0, rest)


def test_what_members_choose_makes_no_new_item_odd(home: Home, tmp_path: Path) -> None:
    off = {"table": "choices", "sql": "FROM choices_of(20, 170, TIMESTAMP '2026-06-01')"}
    report = night(home, lake(tmp_path / "off", 2, off), SECOND)
    assert (report.exit_code, report.rows("choices")) == (0, 150), report.line
    on = """SELECT * REPLACE ('m190' AS owner, 'm190' AS author, ['m190'] AS subjects)
        FROM items_of(1300, 1600, TIMESTAMP '2026-06-02')"""
    report = night(home, lake(tmp_path / "on", 2, {"table": "items", "sql": on}), LATER)
    assert (report.exit_code, report.rows("items"), report.alerts) == (0, 300, ()), report.line


def test_after_a_night_with_an_alert_new_items_are_as_usual(home: Home, tmp_path: Path) -> None:
    for turn, (category, low, high) in enumerate((("story", 1000, 1900), ("post", 1900, 2200))):
        new = f"""SELECT * REPLACE ('{category}' AS category)
            FROM items_of({low}, {high}, TIMESTAMP '2026-06-01 12:00:00')"""
        plan = lake(tmp_path / str(turn), 2, {"table": "items", "sql": new})
        report = night(home, plan, SECOND + timedelta(hours=turn))
        assert (report.exit_code, len(report.alerts)) == (0, 1 - turn), report.line


def test_what_was_accepted_is_usual_from_then_on(home: Home, tmp_path: Path) -> None:
    for turn, accept in enumerate((["posts"], [])):
        low = 1000 + 300 * turn
        new = f"""SELECT * REPLACE (NULL AS reservation, ['music'] AS tags, 'm190' AS owner)
            FROM items_of({low}, {low + 300}, TIMESTAMP '2026-06-01 12:00:00')"""
        plan = lake(tmp_path / str(turn), 2, {"table": "items", "sql": new})
        if accept:
            assert night(home, plan, SECOND).exit_code == 76
        report = night(home, plan, SECOND + timedelta(hours=1 + turn), accept=accept)
        assert report.exit_code == 0, report.line
        assert {f"i{low}", f"i{low + 299}"} <= documents(home)


CHATS = """
[[sources]]
name = "chats"
table = "items"
from = "SELECT * REPLACE ('c' || item_id AS item_id, 'private_message' AS category) FROM read_parquet('{items}')"
watermark = "updated_at"
"""


def test_new_items_are_compared_with_those_of_their_own_source(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    for turn in (1, 2):
        plan = lake(tmp_path / str(turn), turn, {})
        items = plan.with_name("items.parquet")
        plan.write_text(plan.read_text() + CHATS.format(items=items))
        report = night(home, plan, FIRST + timedelta(days=turn))
        assert (report.exit_code, report.alerts) == (0, ()), report.line
    assert report.rows("items") == 600


def test_two_rows_of_an_item_without_times_are_refused(home: Home, tmp_path: Path) -> None:
    row = "SELECT * EXCLUDE (updated_at) FROM before WHERE item_id = 'i100'"
    sql = f"{row} UNION ALL SELECT * REPLACE ('Other' AS text) FROM ({row})"
    plan = lake(tmp_path / "lake", 2, {"table": "items", "sql": sql})
    plan.write_text(plan.read_text().replace(MARK, "").replace('"posts"', '"plain"'))
    report = night(home, plan, SECOND)
    assert report.exit_code == 65
    assert "1 items have several rows, and nothing says which one is newer" in report.line


def test_an_item_that_a_person_changed_goes_with_its_whole_source(
    home: Home, tmp_path: Path
) -> None:
    items = lake(tmp_path / "changed", 1, {}).with_name("items.parquet")
    by_hand = "SELECT * EXCLUDE (updated_at) REPLACE ('By hand' AS text), 'update' AS op"
    apply(home, f"{by_hand} FROM read_parquet('{items}') WHERE item_id = 'i100'")
    plan = lake(
        tmp_path / "lake", 2, {"table": "items", "sql": "FROM before WHERE item_id != 'i100'"}
    )
    plan.write_text(plan.read_text().replace(MARK, "whole = true"))
    assert "i100" in documents(home)
    assert night(home, plan, SECOND).exit_code == 0
    assert "i100" not in documents(home)


def test_an_item_comes_back_to_a_whole_source_as_it_was(home: Home, tmp_path: Path) -> None:
    for turn, which in enumerate(("!= 'i100'", "IS NOT NULL")):
        sql = f"FROM before WHERE item_id {which}"
        plan = lake(tmp_path / str(turn), 2, {"table": "items", "sql": sql})
        plan.write_text(plan.read_text().replace(MARK, "whole = true"))
        assert night(home, plan, SECOND + timedelta(minutes=5 * turn)).exit_code == 0
        assert ("i100" in documents(home)) == bool(turn)


def test_a_home_of_version_0_2_hears_what_it_had_lost_and_opens_nothing(
    home: Home, tmp_path: Path
) -> None:
    (home.night / "state.json").write_bytes((CASES / "night/state-0.2.json").read_bytes())
    for path in home.night.glob("*.known-*"):
        path.unlink()
    apply(home, "SELECT 'i101' AS item_id, 'delete' AS op")
    compact(home)
    private = "CASE item_id WHEN 'i100' THEN 'train-ai=n' ELSE reservation END AS reservation"
    sql = f"FROM items UNION ALL SELECT * REPLACE ({private}) FROM before"
    plan = lake(tmp_path / "lake", 2, {"table": "items", "sql": sql})
    late = NIGHTS["an opt-out is a year late"]
    copyfile(
        lake(tmp_path / "late", 2, late).with_name("choices.parquet"),
        plan.with_name("choices.parquet"),
    )
    copyfile(plan.with_name("choices.parquet"), home.night / "switches.parquet")
    assert {"i100", "i150"} <= documents(home)
    report = night(home, plan, SECOND)
    assert (report.exit_code, report.rows("choices")) == (0, 21), report.line
    assert not {"i100", "i101", "i150"} & documents(home)
    assert night(home, plan, LATER).line.startswith("a good night: nothing new")


def test_old_settings_are_passed_over_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plan = lake(tmp_path / "lake", 1, {})
    text = plan.read_text().replace('table = "choices"', 'table = "choices"\nwatermark = "at"')
    plan.write_text(text.replace(MARK, f'{MARK}\nlate = "2 days"') + "[limits]\nshare = 100\n")
    with caplog.at_level(logging.WARNING, "vanne.night"):
        read_plan(plan)
    assert [each.split("`")[1] for each in caplog.messages] == ["share", "watermark", "late"]
