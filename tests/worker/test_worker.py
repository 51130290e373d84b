"""A choice is heard, and the model forgets: nobody types a command."""

import os
import signal
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree, rmtree

import pytest

from tests.forget.homes import START, hours, make_home, put_items, say, train
from tests.forked import VANNE, Started
from tests.security.running import running
from tests.web.conftest import SWITCH
from vanne.config import Home
from vanne.corpus import current as current_corpus
from vanne.corpus import read
from vanne.errors import MissingError
from vanne.forget.backlog import one_at_a_time
from vanne.forget.history import known_in
from vanne.settings import Settings
from vanne.train.model import current, items_in
from vanne.worker import Pulse, Task, Worker, alive, next_for, recent, recorded
from vanne.worker.steps import Errand, next_time, training_due
from vanne.worker.tasks import KEPT, LEASE, claim, enqueue

DAYS_30 = timedelta(days=30)


@pytest.fixture(scope="module")
def once(tmp_path_factory, tiny):
    """A home with a trained model, made once."""
    home = make_home(tmp_path_factory.mktemp("once") / "home")
    train(home, tiny)
    return home


@pytest.fixture
def home(once, tmp_path):
    """The same, for one test to change."""
    return Home(Path(copytree(once.root, tmp_path / "home")))


class Clock:
    """A clock that goes on by some seconds each time that somebody looks at it."""

    def __init__(self, at: datetime = START, step: float = 0.5) -> None:
        self.at, self.step = at, timedelta(seconds=step)

    def __call__(self) -> datetime:
        self.at += self.step
        return self.at


def a_worker(home: Home, clock: Clock, **settings: object) -> Worker:
    return Worker(home, Settings(**settings), clock)


def states(home: Home) -> list[tuple[str, str]]:
    return [(each.kind, each.state) for each in recent(home)]


def owners_in_model(home: Home) -> set[str]:
    documents = read(home, current_corpus(home))
    return {each.owner for each in documents}


def test_the_model_serves_whole_until_one_without_who_left_replaces_it(home, monkeypatch):
    before, serving = current(home.model), set[str]()
    go_on = Errand.go_on

    def look(errand: Errand, *progress: object) -> None:
        serving.add(current(home.model).version)
        go_on(errand, *progress)

    monkeypatch.setattr(Errand, "go_on", look)
    say(home, 2, False, hours(1))
    a_worker(home, Clock(hours(1))).run_once()
    done = {each.kind: each for each in recent(home) if each.state == "done"}
    assert done.keys() == {"refresh", "retrain", "tell"}
    assert done["refresh"].facts["requests"] == 1
    assert serving == {before.version}
    (proof,) = known_in(home).values()
    assert (proof.id, proof.phase) == (done["retrain"].facts["certificate"], "retrained")
    assert "m2" not in owners_in_model(home)
    assert current(home.model).waiting == 0
    assert done["retrain"].started >= done["refresh"].ended


def test_all_who_leave_on_a_day_leave_together_in_the_night(home, monkeypatch):
    monkeypatch.delenv("VANNE_TRAIN_SOON_SECONDS")
    night, clock = {"leavers_together": 2}, Clock(hours(1))
    worker, before = a_worker(home, clock, **night), current(home.model)
    for member, at in ((2, hours(1)), (3, hours(1.1))):
        say(home, member, False, at)
        clock.at = max(clock.at, at)
        worker.run_once()
        assert f"m{member}" not in owners_in_model(home)  # out of the corpus
        if member == 2:  # alone: nobody waits beyond what the policy allows
            alone = next_for(home)["retrain"]
            assert alone.due == hours(1) + DAYS_30 - timedelta(days=2)
    waits = next_for(home)["retrain"]
    assert (waits.due.hour, waits.facts["deadline"]) == (2, (hours(1) + DAYS_30).isoformat())
    assert current(home.model) == before
    clock.at = waits.due
    worker.run_once()
    (proof,) = known_in(home).values()
    held = {item[-1] for item in items_in(home.model, current(home.model))}
    assert proof.phase == "retrained" and not held & {"2", "3"}
    assert proof.together == 2


def test_an_item_that_leaves_by_itself_leaves_the_model(home):
    put_items(home, 2, 1, [])
    enqueue(home, "refresh", hours(1), hours(1))
    a_worker(home, Clock(hours(1))).run_once()
    held = {item for item in items_in(home.model, current(home.model)) if item.endswith("-2")}
    assert ("retrain", "done") in states(home) and not held


def test_nothing_is_done_again_when_nobody_chose(home):
    say(home, 2, False, hours(1))
    clock = Clock(hours(1))
    a_worker(home, clock).run_once()
    before = states(home)
    a_worker(home, clock).run_once()
    assert states(home) == before
    assert before.count(("refresh", "queued")) == 1  # of tonight: items also leave by age


def test_what_is_on_again_comes_back(home):
    clock = Clock(hours(1))
    say(home, 2, False, hours(1))
    a_worker(home, clock).run_once()
    say(home, 2, True, clock())
    a_worker(home, clock).run_once()
    assert "m2" in owners_in_model(home)
    assert current(home.model).corpus_version == current_corpus(home).version


def test_a_home_without_a_model_has_its_corpus_refreshed(home):
    rmtree(home.model)
    say(home, 2, False, hours(1))
    a_worker(home, Clock(hours(1))).run_once()
    assert "m2" not in owners_in_model(home)
    assert ("retrain", "done") not in states(home)


def test_a_long_training_waits_for_the_night_but_not_longer_than_the_policy_allows():
    settings = Settings(train_at="02:00", train_soon_seconds=60)
    at = datetime.fromisoformat("2026-11-29T13:00:00+00:00")
    night = datetime.fromisoformat("2026-11-30T02:00:00+00:00")
    assert training_due(settings, at, 50, None) == at
    assert training_due(settings, at, 3600, None) == night
    assert training_due(settings, at, 3600, at + timedelta(days=30)) == night
    soon = at + timedelta(hours=10)
    assert training_due(settings, at, 3600, soon) == soon - timedelta(hours=2)
    assert training_due(settings, at, 3600, at) == at
    assert next_time("13:00", at) == at + timedelta(days=1)


def test_two_workers_do_no_task_twice(home):
    say(home, 2, False, hours(1))
    workers = [a_worker(home, Clock(hours(1))) for _ in range(2)]
    threads = [threading.Thread(target=each.run_once) for each in workers]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    done = [each for each in recent(home) if each.state == "done"]
    assert [each.kind for each in done].count("retrain") == 1
    assert len(known_in(home)) == 1


def test_the_task_of_a_killed_worker_is_taken_up_by_another_one(home):
    say(home, 2, False, hours(1))
    enqueue(home, "refresh", hours(1), hours(1))
    killed = claim(home, "killed", hours(1))
    assert killed
    assert claim(home, "another", hours(1) + LEASE) is None
    clock = Clock(hours(1) + LEASE + timedelta(seconds=1))
    a_worker(home, clock).run_once()
    (lost,) = [each for each in recent(home) if each.id == killed.id]
    assert (lost.state, lost.error) == (
        "failed",
        "the worker ended; the next task of this kind takes its place",
    )
    assert ("refresh", "done") in states(home)
    assert "m2" not in owners_in_model(home)


HOLDER = """
import sys, time
from datetime import datetime
from pathlib import Path
from vanne.config import Home
from vanne.worker.tasks import claim, name_of_process
home, at, machine = sys.argv[1:]
print(bool(claim(Home(Path(home)), machine + name_of_process(), datetime.fromisoformat(at))), flush=True)
time.sleep(600)
"""
"""A process that begins the task that is due, and works on it for long."""


@pytest.mark.parametrize("machine", ["", "another-"])
def test_only_a_process_that_is_known_to_be_gone_is_not_waited_for(home, machine):
    enqueue(home, "refresh", hours(1), hours(1))
    holder = Started(HOLDER, home.root, hours(1).isoformat(), machine)
    try:
        assert holder.stdout.readline() == "True\n"
        assert claim(home, "other", hours(1) + LEASE) is None  # it lives
    finally:
        holder.kill()
        assert holder.wait(60) == -signal.SIGKILL
    taken = claim(home, "other", hours(1) + timedelta(seconds=1))
    assert (taken is not None) == (machine == "")
    if machine:  # whether a process of another machine lives is not known here
        assert claim(home, "other", hours(1) + LEASE) is None
        assert claim(home, "other", hours(1) + LEASE + timedelta(microseconds=1))


def test_a_failed_task_says_why_and_is_tried_again_later_each_time(home):
    say(home, 2, False, hours(1))
    damaged = next((home.corpus / "manifests").glob("*.json"))
    whole = damaged.read_bytes()
    enqueue(home, "refresh", hours(1), hours(1))
    damaged.write_bytes(whole[: len(whole) // 2])
    clock, waits = Clock(hours(1)), []
    worker = a_worker(home, clock)
    for _ in range(3):
        assert worker.take()
        queued, failed = recent(home)[:2]
        assert (queued.state, failed.state) == ("queued", "failed")
        assert damaged.name in failed.error or "manifest" in failed.error
        waits.append(queued.due - failed.ended)
        clock.at = queued.due
    assert [queued.attempt, *waits] == [4, *(timedelta(seconds=30 * n) for n in (1, 2, 4))]
    damaged.write_bytes(whole)
    clock.at = queued.due
    assert worker.take()
    assert "m2" not in owners_in_model(home)


def test_a_training_of_a_command_delays_no_choice_and_another_training_waits_for_it(home):
    say(home, 2, False, hours(1))
    clock = Clock(hours(1))
    worker = a_worker(home, clock)
    with one_at_a_time(home):
        worker.run_once()
        assert ("refresh", "done") in states(home)
        assert "m2" not in owners_in_model(home)
        waits = next_for(home)["retrain"]
        assert (waits.state, waits.attempt) == ("queued", 1)  # it has not failed
    clock.at = waits.due
    worker.run_once()
    assert ("retrain", "done") in states(home)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_choice_is_lost_when_a_worker_is_killed(home, how):
    say(home, 2, False, hours(1))
    worker = Started(VANNE, "worker", "--home", home.root)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and ("refresh", "running") not in states(home):
        time.sleep(0.02)
    worker.send_signal(how)
    assert worker.wait(60) == (0 if how == signal.SIGTERM else -how)
    later = Clock(datetime.now(START.tzinfo) + LEASE + timedelta(seconds=1))
    a_worker(home, later).run_once()
    assert "m2" not in owners_in_model(home)
    assert not {("refresh", "running"), ("retrain", "running")} & set(states(home))
    assert ("retrain", "done") in states(home)


def wait_for_done(home: Home, kind: str, times: int) -> list[Task]:
    """Wait until tasks of a kind were done so many times; return them, the last one first."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        done = [each for each in recent(home) if (each.kind, each.state) == (kind, "done")]
        if len(done) >= times:
            return done
        time.sleep(0.1)
    raise AssertionError(states(home))


def test_a_press_on_the_page_leads_to_a_certificate_and_a_dead_worker_is_replaced(home):
    with running(home, worker=True) as server:
        member = server.member("m2")
        assert member.post(SWITCH, data={"set": "off:all"}).status_code == 200
        (done,) = wait_for_done(home, "retrain", 1)
        assert (
            f"/certificates/{done.facts['certificate'][:16]}" in member.get(f"{SWITCH}/report").text
        )
        os.kill(int(done.worker.split("-")[-2]), signal.SIGKILL)
        assert member.post(SWITCH, data={"set": "on:all"}).status_code == 200
        again, _ = wait_for_done(home, "retrain", 2)
        assert again.worker != done.worker
    assert "m2" in owners_in_model(home)


def test_it_is_said_whether_a_worker_is_alive_and_what_it_does_next(home):
    assert alive(home, hours(1)) == Pulse(None, is_alive=False)
    say(home, 2, False, hours(1))
    clock = Clock(hours(1))
    worker = a_worker(home, clock)
    worker.hear()
    assert {kind: each.state for kind, each in next_for(home).items()} == {"refresh": "queued"}
    worker.run_once()
    pulse = alive(home, clock.at)
    assert pulse.seen is not None
    assert alive(home, pulse.seen + LEASE).is_alive
    assert not alive(home, pulse.seen + 2 * LEASE).is_alive
    assert not alive(home, pulse.seen - 2 * LEASE).is_alive  # seen before the clock was set back


def test_a_command_is_recorded_and_its_end_however_it_ends(home):
    clock = Clock(hours(1))
    with recorded(home, "corpus build", clock) as facts:
        assert states(home) == [("corpus build", "running")]
        with recorded(home, "ledger fsck", clock):  # two commands may run beside each other
            assert len(states(home)) == 2
        facts["documents"] = 12
    with pytest.raises(MissingError), recorded(home, "train", clock):
        raise MissingError("no base model", todo="fetch it")
    train, fsck, build = recent(home)
    assert (build.actor, build.state, build.facts) == ("command", "done", {"documents": 12})
    assert (fsck.kind, fsck.state) == ("ledger fsck", "done")
    assert (train.state, train.error) == ("failed", "no base model: fetch it")
    assert next_for(home) == {}  # nobody does again what a command failed to do


def test_a_command_that_was_killed_does_not_run_for_ever(home):
    script = (
        "import os, sys; from vanne.config import Home; from vanne.worker import recorded\n"
        "with recorded(Home.find(None), 'train'): os.kill(os.getpid(), 9)"
    )
    environment = os.environ | {"VANNE_HOME": str(home.root)}
    assert Started(script, env=environment).wait(60) == -signal.SIGKILL
    assert states(home) == [("train", "running")]
    a_worker(home, Clock(datetime.now(START.tzinfo) + LEASE + timedelta(seconds=1))).take()
    (killed,) = recent(home)
    assert (killed.state, killed.error) == ("failed", "the command was killed; run it again")


def test_old_tasks_are_forgotten(home):
    for at in (hours(1), hours(2), hours(1) + KEPT + timedelta(seconds=10)):
        with recorded(home, "ledger fsck", lambda at=at: at):
            pass
    assert [each.started for each in recent(home)] == [
        hours(1) + KEPT + timedelta(seconds=10),
        hours(2),
    ]


def test_a_clock_that_is_set_back_leaves_no_task_with_a_dead_worker(home):
    enqueue(home, "refresh", hours(5), hours(5))
    assert claim(home, "killed", hours(5))
    assert claim(home, "another", hours(1)) is None  # the first may still live
    assert claim(home, "another", hours(1) + LEASE + timedelta(seconds=1)) is None
    assert states(home) == [("refresh", "queued")]
    assert claim(home, "another", hours(5)) is not None
