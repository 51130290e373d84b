"""Whatever a source brings instead of what it should, no item is opened against somebody's no."""

import tomllib
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from shutil import copytree

import duckdb
import pytest

from tests.conftest import CASES
from vanne.config import Home
from vanne.corpus import current, read, verify
from vanne.night import NightReport, read_plan, run
from vanne.settings import Settings

DRIFTS = {
    each["name"]: each for each in tomllib.loads((CASES / "night/drifts.toml").read_text())["drift"]
}
FIRST, SECOND = (datetime(2026, 6, day, 2, tzinfo=UTC) for day in (1, 2))
PLAN = """
policy = "linkedin-2025-11-03"

[[sources]]
name = "people"
table = "members"
from = "{lake}/members.parquet"

[[sources]]
name = "switches"
table = "choices"
from = "SELECT * FROM read_{kind}('{lake}/choices.{kind}')"


[[sources]]
name = "posts"
table = "items"
from = "{lake}/items.parquet"
watermark = "updated_at"

"""
ROWS = """
CREATE VIEW members AS SELECT 'm' || n AS member_id, CASE n % 3 WHEN 0 THEN 'CH' ELSE 'DE' END AS region,
    DATE '1980-01-01' + n::INT AS birth_date FROM range(200) t(n);
CREATE MACRO items_of(low, high, day) AS TABLE SELECT 'i' || n AS item_id, 'm' || n % 200 AS owner,
    CASE n % 10 WHEN 1 THEN 'm' || (n + 50) % 200 END AS author,
    CASE n % 5 WHEN 2 THEN ['m' || (n + 20) % 200] END AS subjects, 'post' AS category,
    TIMESTAMP '2025-06-01' + INTERVAL (n) MINUTE AS created_at, 'public' AS visibility,
    CASE n % 10 WHEN 3 THEN ['union'] END AS tags, CASE n % 10 WHEN 4 THEN 'train-ai=n' END AS reservation,
    'Some words about number ' || n AS text, day + INTERVAL (n) SECOND AS updated_at
    FROM range(low, high) t(n);
CREATE MACRO choices_of(low, high, day) AS TABLE SELECT 'm' || n AS member_id,
    'generative-ai-training' AS purpose, 'all' AS scope, false AS "on", day AS "at", day AS seen
    FROM range(low, high) t(n);
CREATE VIEW before AS FROM items_of(0, 1000, TIMESTAMP '2026-06-01');
"""


def lake(folder: Path, night: int, drift: dict[str, object]) -> Path:
    """Write what the sources have in a night; return the file that names them."""
    folder.mkdir(parents=True)
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(ROWS)
        rows, day = ((0, 1000, 0, 20), "TIMESTAMP '2026-05-31'"), "TIMESTAMP '2026-06-01'"
        if night == 2:
            rows, day = ((1000, 1300, 20, 40), day), "TIMESTAMP '2026-06-01 12:00:00'"
        (low, high, first, last), _ = rows
        db.execute(f"CREATE VIEW items AS FROM items_of({low}, {high}, {day})")
        db.execute(f"CREATE VIEW choices AS FROM choices_of({first}, {last}, {day})")
        for table in ("members", "items", "choices"):
            is_it = drift.get("table") == table
            query = drift["sql"] if is_it and "sql" in drift else f"FROM {table}"
            kind = "csv" if table == "choices" and drift.get("file") == "latin-1" else "parquet"
            db.execute(f"COPY ({query}) TO '{folder}/{table}.{kind}'")
            if is_it and "file" in drift:
                spoil(folder / f"{table}.{kind}", str(drift["file"]))
    kind = "csv" if drift.get("file") == "latin-1" else "parquet"
    plan = folder / "night.toml"
    plan.write_text(PLAN.format(lake=folder, kind=kind))
    return plan


def spoil(path: Path, how: str) -> None:
    if how == "away":
        path.unlink()
    elif how == "torn":
        path.write_bytes(path.read_bytes()[:-1000])
    elif how == "csv":
        path.write_text("item_id,owner\n1,2\n")
    elif how == "latin-1":
        path.write_bytes(path.read_bytes().replace(b"m2", b"m\xe9"))


def night(home: Home, plan: Path, at: datetime, **options: object) -> NightReport:
    """Do a night whose clock goes on by half a second each time that somebody looks at it."""
    clock = (at + timedelta(seconds=n / 2) for n in count())
    return run(home, read_plan(plan), Settings(), clock.__next__, **options)  # type: ignore[arg-type]


def documents(home: Home) -> set[str]:
    return {each.item_id for each in read(home, current(home))}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A network after its first night."""
    folder = tmp_path_factory.mktemp("night")
    home = Home(folder / "home")
    report = night(home, lake(folder / "lake", 1, {}), FIRST)
    assert report.exit_code == 0, report.line
    return home


@pytest.fixture(scope="module")
def right(first: Home, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What may be read after a second night in which nothing is wrong."""
    folder = tmp_path_factory.mktemp("right")
    home = Home(Path(copytree(first.root, folder / "home")))
    night(home, lake(folder / "lake", 2, {}), SECOND)
    return documents(home)


@pytest.mark.parametrize("name", DRIFTS)
def test_a_drift_opens_nothing_and_is_told(
    first: Home, right: set[str], tmp_path: Path, name: str
) -> None:
    drift = DRIFTS[name]
    home = Home(Path(copytree(first.root, tmp_path / "home")))
    before = documents(home)
    report = night(home, lake(tmp_path / "lake", 2, drift), SECOND)
    assert report.exit_code == drift["code"], report.line
    assert drift["says"] in report.line
    after = documents(home)
    if drift.get("table") == "choices":  # what could not be heard lets nothing in
        assert after <= before
    else:  # every opt-out was heard, whatever became of the items
        assert after <= right
    assert len(after - before) == drift.get("new", 0)
    verify(home, current(home))


def test_other_columns_are_let_in_if_the_file_says_so(first: Home, tmp_path: Path) -> None:
    home = Home(Path(copytree(first.root, tmp_path / "home")))
    plan = lake(tmp_path / "lake", 2, DRIFTS["the subjects are gone"])
    plan.write_text(plan.read_text() + 'drift = "accept"\n')
    assert night(home, plan, SECOND).rows("items") == 300


def test_what_was_held_back_is_taken_when_somebody_says_so(first: Home, tmp_path: Path) -> None:
    home = Home(Path(copytree(first.root, tmp_path / "home")))
    plan = lake(tmp_path / "lake", 2, DRIFTS["every item is open"])
    assert night(home, plan, SECOND).exit_code == 76
    assert night(home, plan, SECOND, accept=["posts"]).rows("items") == 300
    assert night(home, plan, SECOND).line.startswith("a good night: nothing new")


def test_choices_that_were_mended_are_heard_and_the_others_not_again(
    first: Home, tmp_path: Path
) -> None:
    home = Home(Path(copytree(first.root, tmp_path / "home")))
    bad = lake(tmp_path / "bad", 2, DRIFTS["a choice cannot be read"])
    assert night(home, bad, SECOND).exit_code == 65
    report = night(home, lake(tmp_path / "good", 2, {}), SECOND)
    assert (report.exit_code, report.rows("choices"), report.rows("items")) == (0, 2, 300)
