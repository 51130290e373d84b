"""A night that is killed goes on from there; what it did is in its report, and `status` tells."""

import json
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from shutil import copytree, rmtree

import pyarrow.parquet as pq
import pytest

from tests.conftest import Run
from tests.forked import DEADLY, run_forked
from tests.night.test_drifts import DRIFTS, FIRST, SECOND, documents, lake, night
from vanne.config import Home
from vanne.corpus import build, current, refresh, verify
from vanne.errors import BusyError
from vanne.files import locked, sha256_of
from vanne.ledger import Ledger
from vanne.night import health

KILLED = f"""{DEADLY}
from datetime import datetime
from tests.night.test_drifts import night
from vanne.config import Home
Path.unlink = deadly(Path.unlink)
home, plan, at = sys.argv[1:]
night(Home(Path(home)), Path(plan), datetime.fromisoformat(at))
"""
"""A night in a process that kills itself."""
LATER = SECOND + timedelta(minutes=10)
AT_ONCE = SECOND + timedelta(seconds=15)
"""The lease of a process that was killed has not run out yet."""
EACH = 19
"""The points at which a night is killed are so far apart."""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lake(tmp_path_factory.mktemp("second") / "lake", 2, {})


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("night")
    home = Home(folder / "home")
    night(home, lake(folder / "lake", 1, {}), FIRST)
    return home


@pytest.fixture
def home(first: Home, tmp_path: Path) -> Home:
    return Home(Path(copytree(first.root, tmp_path / "home")))


def made(home: Home) -> dict[str, str]:
    """Return the checksums of what a night makes of its sources."""
    files = [*home.items.iterdir(), home.members, home.contract, home.night / "state.json"]
    return {path.name: sha256_of(path) for path in files}


def test_a_night_killed_before_any_of_its_writes_ends_in_the_same_bytes(
    first: Home, home: Home, plan: Path, tmp_path: Path
) -> None:
    night(home, plan, SECOND)
    right, counts, size = made(home), current(home).counts, Ledger.of(home).size
    killed = 0
    for point in range(1, 1000, EACH):
        other = Home(Path(copytree(first.root, tmp_path / str(point))))
        code = run_forked(KILLED, point, other.root, plan, SECOND.isoformat()).returncode
        if code == 0:
            break
        assert code == -signal.SIGKILL
        killed += 1
        report = night(other, plan, AT_ONCE)
        assert (report.exit_code, made(other)) == (0, right), point
        assert (current(other).counts, Ledger.of(other).size) == (counts, size)
        later = current(other).as_of
        assert refresh(other, later, make_current=False) == build(other, later, make_current=False)
        verify(other, current(other))
    assert killed >= 5


def test_a_night_does_not_begin_beside_another(home: Home, plan: Path) -> None:
    with locked(home.night / "lock"), pytest.raises(BusyError, match="is running"):
        night(home, plan, SECOND)


def test_what_can_be_derived_is_mended(home: Home, plan: Path) -> None:
    for path in (home.corpus / "sidecars").iterdir():
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert night(home, plan, SECOND).exit_code == 0
    verify(home, current(home))


def test_saying_beforehand_changes_nothing(home: Home, plan: Path, vanne: Run) -> None:
    before = {**made(home), **{p.name: "" for p in home.night.iterdir()}}
    said = vanne("run", plan, "--dry-run", "--home", home.root)
    assert said.returncode == 0, said.stderr
    assert "posts: would-take, 300 rows" in said.stdout
    assert "\nthen: refresh, compact, check\nthe last one: a good night: 1,000 items" in said.stdout
    assert {**made(home), **{p.name: "" for p in home.night.iterdir()}} == before


def test_the_report_and_the_status_say_how_it_was(home: Home, plan: Path, vanne: Run) -> None:
    textfile = plan.with_name("vanne.prom")
    with_numbers = plan.with_name("numbers.toml")
    with_numbers.write_text(f'textfile = "{textfile}"\n' + plan.read_text())
    done = vanne("run", with_numbers, "--home", home.root, "--json", "--log", "json")
    assert done.returncode == 0, done.stderr
    assert "posts: taken, 300 rows" in [json.loads(x)["line"] for x in done.stderr.splitlines()]
    report = json.loads(done.stdout)
    assert report == json.loads((home.night / "run.json").read_text())
    assert report["corpus"]["counts"]["documents"] == {"items": len(documents(home)), "change": 78}
    assert sum(report["sources"][2]["counts"].values()) == 300
    assert [each["kind"] for each in report["steps"]][-1] == "check"
    assert report["cpu_seconds"] > 0 and report["bytes"]["home"] > 0
    assert "vanne_night_good 1\n" in textfile.read_text()
    status = vanne("status", "--home", home.root)
    assert (status.returncode, report["line"] in status.stdout) == (0, True)
    assert not any(word in done.stdout + status.stdout for word in ("m21", "i1040"))


def test_a_night_that_was_not_good_is_told_until_one_is(home: Home, plan: Path) -> None:
    items = plan.with_name("items.parquet")
    items.rename(items.with_suffix(".away"))
    night(home, plan, SECOND)
    assert list(health(home, LATER).problems) == ["night-failed"]
    items.with_suffix(".away").rename(items)
    night(home, plan, LATER)
    assert not health(home, LATER).problems


def in_files(home: Home) -> set[str]:
    """Return the items of which there are bytes."""
    return {each for path in home.items.glob("*.parquet")
            for each in pq.read_table(path, columns=["item_id"])["item_id"].to_pylist()}  # fmt: skip


CHANGES = """
SELECT *, 'insert' AS op FROM items UNION ALL BY NAME
SELECT * REPLACE (['union'] AS tags, TIMESTAMP '2026-06-01 13:00' AS updated_at), 'update' AS op
FROM before WHERE item_id = 'i100' UNION ALL BY NAME
SELECT * REPLACE (TIMESTAMP '2026-06-01 09:00' AS updated_at), 'update' AS op
FROM before WHERE item_id = 'i100' UNION ALL BY NAME
SELECT 'i101' AS item_id, 'delete' AS op, TIMESTAMP '2026-06-01 13:00' AS updated_at
"""
CLOSED = {"inserted": 0, "updated": 1, "deleted": 1, "held": 300}
OPENED = {"inserted": 300, "updated": 0, "deleted": 0}


def test_items_are_changed_and_deleted_and_an_older_row_undoes_nothing(
    home: Home, tmp_path: Path
) -> None:
    assert {"i100", "i101"} <= documents(home)
    plan = lake(tmp_path / "lake", 2, {"table": "items", "sql": CHANGES})
    report = night(home, plan, SECOND)
    assert report.sources[2].changes == {"inserted": 300, "updated": 1, "deleted": 1}, report.line
    assert not {"i100", "i101"} & documents(home)
    assert "i101" in in_files(home)
    assert night(home, plan, SECOND + timedelta(days=8)).exit_code == 0
    assert "i101" not in in_files(home) >= documents(home)
    older = """SELECT * REPLACE (TIMESTAMP '2026-06-01 10:00' AS updated_at), 'update' AS op
    FROM before WHERE item_id = 'i100'"""
    late = lake(tmp_path / "late", 2, {"table": "items", "sql": older})
    assert night(home, late, SECOND + timedelta(days=9)).exit_code == 0
    assert "i100" not in documents(home)


def test_what_closes_is_taken_though_what_would_open_is_held_back(
    home: Home, tmp_path: Path
) -> None:
    odd = CHANGES.replace("FROM items", f"FROM ({DRIFTS['every item is open']['sql']})", 1)
    plan = lake(tmp_path / "lake", 2, {"table": "items", "sql": odd})
    before = documents(home)
    report = night(home, plan, SECOND)
    assert (report.exit_code, report.sources[2].changes) == (76, CLOSED), report.line
    assert documents(home) < before - {"i100", "i101"}
    again = night(home, plan, LATER, accept=["posts"])
    assert (again.exit_code, again.sources[2].changes) == (0, OPENED), again.line


def test_a_network_is_restored_from_a_copy_that_was_made_beside_a_night(
    home: Home, plan: Path, tmp_path: Path, vanne: Run
) -> None:
    where, checkpoint = ("--home", home.root), tmp_path / "checkpoint.txt"
    key = home.ledger.with_suffix(".key").read_bytes()
    checkpoint.write_text(vanne("ledger", "checkpoint", *where).stdout)
    out = tmp_path / "copy"
    with ThreadPoolExecutor() as beside:
        running = beside.submit(night, home, plan, SECOND)
        copied = vanne("backup", "--out", out, *where)
        assert (copied.returncode, running.result().exit_code) == (0, 0), copied.stderr
    rmtree(home.root)
    assert not (out / "ledger.key").exists() and not (out / "corpus" / "facts").exists()
    out.rename(home.root)
    home.ledger.with_suffix(".key").write_bytes(key)
    checked = vanne("ledger", "fsck", "--checkpoint", checkpoint, *where)
    assert (checked.returncode, "the ledger holds" in checked.stdout) == (0, True)
    assert night(home, plan, LATER).exit_code == 0
    verify(home, current(home))
    assert (current(home).documents, Ledger.of(home).size) == (len(documents(home)), 41)
