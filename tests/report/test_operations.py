"""What the operator is told is what happened: counted on a home with known numbers."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from tests.forget.homes import hours, items_of, make_home, put_items, say, train
from tests.web.network import with_tables
from vanne.config import Home
from vanne.corpus import refresh
from vanne.files import folder_bytes
from vanne.night.health import health
from vanne.report.operations import operations
from vanne.settings import Settings
from vanne.worker import Worker
from vanne.worker.tasks import claim, enqueue, fail


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, tiny) -> Home:
    home = make_home(tmp_path_factory.mktemp("made") / "home")
    train(home, tiny)
    return with_tables(home)


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(made.root, tmp_path / "home")))


def needs(home: Home, hour: float) -> list[str]:
    return [each.kind for each in operations(home, hours(hour)).needs]


def work(home: Home, hour: float) -> None:
    looks = iter(range(10**6))
    now = lambda: hours(hour) + timedelta(seconds=next(looks) / 2)  # noqa: E731
    Worker(home, Settings(train_soon_seconds=600), now).run_once()


def test_nothing_needs_a_person_after_the_worker_did_its_work(home: Home) -> None:
    say(home, 2, False, hours(1))
    work(home, 1)
    now = operations(home, hours(1) + timedelta(seconds=20))
    assert (now.needs, list(now.unheard), list(now.open_requests)) == ([], [], [])
    done = {(each.kind, each.state) for each in now.runs}
    assert {("refresh", "done"), ("retrain", "done")} <= done
    assert {state for _, state in done} == {"done"}
    (trained,) = [each for each in now.runs if each.kind == "retrain"]
    assert 0 < trained.facts["tokens"] < trained.facts["tokens_full"]


def test_an_opt_out_is_not_heard_until_the_corpus_is_refreshed_and_is_late_by_its_day(
    home: Home,
) -> None:
    say(home, 2, False, hours(1))
    say(home, 3, True, hours(1))  # asks for nothing to be left out
    now = operations(home, hours(1.1))
    assert (len(now.unheard), len(now.open_requests), len(now.late)) == (1, 1, 0)
    assert needs(home, 1.1) == ["never-worked"]
    assert needs(home, 2) == ["never-worked", "not-heard"]
    refresh(home, hours(2))
    now = operations(home, hours(2))
    assert (len(now.unheard), len(now.open_requests)) == (0, 1)  # the model still holds it
    assert now.open_requests[0].due == hours(1) + timedelta(days=30)
    assert needs(home, 1 + 30 * 24) == ["never-worked"]
    assert needs(home, 1.1 + 30 * 24) == ["late", "never-worked"]


def test_more_who_leave_than_the_nights_suffice_for_need_a_person(
    home: Home, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    say(home, 2, False, hours(1))
    work(home, 1)
    assert needs(home, 1.001) == [], "everything is trained in less than a night"
    monkeypatch.setenv("VANNE_TRAIN_HOURS", "1e-7")
    assert needs(home, 1.001) == ["leaving"]
    assert "too-many-leave" in health(home, hours(1.001)).problems
    enqueue(home, "check", hours(2), hours(2))
    work(home, 2)
    (line,) = [each.getMessage() for each in caplog.records if each.name == "vanne.worker"]
    assert line.startswith("1 opt-outs a day in the last week, 0.5 a shard: ")
    assert needs(home, 24 * 9) == ["no-worker"], "it is over when fewer leave"


def test_a_worker_that_went_away_is_missed(home: Home) -> None:
    work(home, 1)
    assert needs(home, 1.001) == []
    assert needs(home, 1.5) == ["no-worker"]


def test_a_failure_is_told_with_its_next_try_until_the_same_was_done(home: Home) -> None:
    enqueue(home, "refresh", hours(1), hours(1))
    task = claim(home, "a worker", hours(1))
    assert task
    again = fail(home, task, hours(1), "the disk is full: free some space", 0.1)
    (need, *_) = operations(home, hours(1)).needs
    assert (need.kind, need.what, need.line) == (
        "failed",
        "refresh",
        "the disk is full: free some space",
    )
    assert need.again == again
    work(home, 2)
    assert "failed" not in needs(home, 2)


def test_counts_by_reason_are_held_against_the_last_version_and_the_median(home: Home) -> None:
    for hour in range(1, 9):
        put_items(home, 0, hour, items_of(0, more=hour))  # one item more each time
        refresh(home, hours(hour))
    for member in (1, 2, 3):
        say(home, member, False, hours(8.5))
    refresh(home, hours(9))
    now = operations(home, hours(9))
    # 6 members x 2 posts + 8 more; of m1, m2 and m3 two posts each, and m0 is in one of m5's
    off = next(each for each in now.reasons if each.reason == "off")
    allowed = next(each for each in now.reasons if each.reason == "allowed")
    assert (off.items, off.before, off.usual, off.change) == (6, 0, 0, 6)
    assert allowed.before == 20
    assert allowed.usual == 17  # of 14, 15, 16, 17, 18, 19, 20
    assert sum(each.items for each in now.reasons) == 20
    assert [row["items"] for row in now.tables["versions"]][:3] == [20, 20, 19]


def test_a_count_far_off_its_median_is_told(home: Home) -> None:
    for member in range(6):
        say(home, member, False, hours(0.5))
    refresh(home, hours(1))
    odd = [each for each in operations(home, hours(1)).needs if each.kind == "reason"]
    assert {(each.what, each.count) for each in odd} == {("allowed", -12), ("off", 12)}


def test_the_disk_is_measured_by_the_worker_and_adds_up(home: Home) -> None:
    assert operations(home, hours(1)).disk is None
    say(home, 2, False, hours(1))
    work(home, 1)
    disk = operations(home, hours(1)).disk
    assert disk
    for name in ("corpus", "model", "items", "certificates"):
        files = (each for each in (home.root / name).rglob("*") if each.is_file())
        assert disk[name] == sum(each.stat().st_size for each in files)
    assert folder_bytes(home.root, seconds=-1) == {}  # no time: nothing is said


def test_no_table_names_a_member(home: Home) -> None:
    say(home, 2, False, hours(1))
    work(home, 1)
    say(home, 4, False, hours(2))
    tables = operations(home, hours(2)).tables
    text = "".join(table.as_csv() for table in tables.values())
    assert not any(f"m{n}" in text.split(",") for n in range(6))
    assert {name for name, table in tables.items() if list(table)} == {
        "runs", "tasks", "reasons", "versions", "requests", "unheard", "disk",
    }  # fmt: skip
    assert list(tables["requests"]) == [{"due": "2026-07-01", "kind": "choice", "requests": 1}]
