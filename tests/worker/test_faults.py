"""Whatever is killed, full or away: nothing that was asked for is lost, and nothing is done twice."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree, move

import pytest
from sqlalchemy import text

from tests.forget.homes import hours, make_home, say, train
from tests.forked import run_forked
from tests.ledger.conftest import new_schema
from tests.security.running import Running, running
from tests.web.conftest import SWITCH
from tests.worker.test_worker import Clock, a_worker, owners_in_model, states
from vanne.config import Home
from vanne.database import Database
from vanne.forget.history import known_in
from vanne.messages import messages_of, put_address
from vanne.policy.load import text_of
from vanne.train.model import current, items_in
from vanne.worker import next_for, recent, steps
from vanne.worker.steps import Errand

SOON = timedelta(hours=1)


@pytest.fixture(scope="module")
def once(tmp_path_factory, tiny):
    """A home with a trained model, made once; m2 wants mail."""
    home = make_home(tmp_path_factory.mktemp("once") / "home")
    train(home, tiny)
    put_address(home, "m2", "two@network.example", "en", "https://network.example")
    return home


@pytest.fixture
def home(once, tmp_path):
    return Home(Path(copytree(once.root, tmp_path / "home")))


def until_done(home: Home, at: datetime, **settings: object) -> None:
    """Let a worker do all that is due within an hour."""
    clock = Clock(at)
    worker = a_worker(home, clock, **settings)
    for _ in range(9):
        worker.run_once()
        waits = [each.due for each in next_for(home).values() if each.due < clock.at + SOON]
        if not waits:
            return
        clock.at = max(clock.at, *waits)
    raise AssertionError(states(home))


def assert_all_is_done(home: Home) -> None:
    """m2 is out of corpus and model; the rest serves; they were told of each step once."""
    assert "m2" not in owners_in_model(home)
    assert current(home.model).waiting == 0
    assert "retrain" not in next_for(home)
    told = Counter(each.kind for each in messages_of(home, "m2"))
    assert told["out"] == 1
    assert max(told.values()) == 1
    assert len(list((home.root / "outbox").glob("*.eml"))) == len(messages_of(home, "m2"))
    assert "running" not in {state for _, state in states(home)}
    assert len(known_in(home)) == len(list(home.certificates.glob("*.json")))


KILLED = """
import os, signal, sys
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from tests.forget.homes import hours
from tests.worker.test_worker import Clock, a_worker
from vanne.config import Home

def killed(*args, **options):
    if {first}:
        before(*args, **options)
    os.kill(os.getpid(), signal.SIGKILL)

import_module("{module}")
owner = attrgetter("{name}".rpartition(".")[0])(sys.modules["{module}"]) if "." in "{name}" else sys.modules["{module}"]
before = getattr(owner, "{name}".rpartition(".")[2])
setattr(owner, "{name}".rpartition(".")[2], killed)
a_worker(Home(Path(sys.argv[1])), Clock(hours(1))).run_once()
"""
"""A worker that kills itself where a function begins, or after it did its work the first time."""


@pytest.mark.parametrize(
    ("phase", "module", "name", "first"),
    [
        ("hearing", "vanne.worker.loop", "enqueue", True),
        ("refresh", "vanne.forget.backlog", "refresh", True),
        ("swap", "vanne.forget.forgetting", "prune", False),
        ("training", "vanne.worker.steps", "Errand.go_on", True),
        ("certificate", "vanne.forget.forgetting", "bury", False),
        ("message", "vanne.worker.steps", "send_waiting", False),
        ("mail", "vanne.messages.sending", "_end", False),
    ],
)
def test_a_worker_that_is_killed_in_any_phase_loses_nothing(home, phase, module, name, first):
    say(home, 2, False, hours(1))
    script = KILLED.format(module=module, name=name, first=first)
    assert run_forked(script, home.root).returncode == -signal.SIGKILL, phase
    until_done(home, hours(1.5))
    assert_all_is_done(home)


def test_a_worker_that_is_told_to_end_while_it_trains_lets_go_at_once(home):
    say(home, 2, False, hours(1))
    script = KILLED.format(module="vanne.worker.steps", name="Errand.go_on", first=False).replace(
        "a_worker(", "from vanne.worker.loop import end_on_sigterm; end_on_sigterm()\na_worker("
    )
    ended = run_forked(script.replace("SIGKILL", "SIGTERM"), home.root)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert next_for(home)["retrain"].state == "queued"
    until_done(home, hours(1) + timedelta(seconds=9))  # no lease to wait for
    assert_all_is_done(home)


def on_postgres(request, root: Path, tiny) -> Home:
    """Make the same home with its ledger and its database in PostgreSQL."""
    url = new_schema(request.getfixturevalue("postgres"))
    request.getfixturevalue("monkeypatch").setenv("VANNE_DATABASE_URL", url)
    home = make_home(root / "postgres", url=url)
    train(home, tiny)
    put_address(home, "m2", "two@network.example", "en", "https://network.example")
    return home


def wait_until_all_is_done(home: Home, *left: str) -> None:
    """Wait until these members are out, and nothing runs or is due today."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        soon = datetime.now(UTC) + timedelta(minutes=2)
        waits = [
            each for each in next_for(home).values() if each.state == "running" or each.due < soon
        ]
        if not waits and not set(left) & owners_in_model(home):
            return
        time.sleep(0.1)
    raise AssertionError(states(home))


def press_off(server: Running, member: str) -> None:
    assert server.member(member).post(SWITCH, data={"set": "off:all"}).status_code == 200


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_two_servers_and_two_workers_do_nothing_twice(home, store, request, tmp_path, tiny):
    if store == "postgres":
        home = on_postgres(request, tmp_path, tiny)
    with running(home, worker=True) as one, running(home, worker=True) as other:
        press_off(one, "m2")
        press_off(other, "m3")
        wait_until_all_is_done(home, "m2", "m3")
    told = {member: messages_of(home, member) for member in ("m2", "m3")}
    for each in told.values():
        kinds = Counter(message.kind for message in each)
        assert kinds["out"] == 1
        assert max(Counter((message.kind, message.about) for message in each).values()) == 1
    made = Counter[str]()
    for each in recent(home, 500):
        made.update({name: each.facts.get(name, 0) for name in ("messages", "mails")})
    assert made["messages"] == sum(map(len, told.values()))
    assert made["mails"] == len(told["m2"]) == len(list((home.root / "outbox").glob("*.eml")))


def test_a_database_that_is_away_for_seconds_costs_these_seconds(request, tmp_path, tiny):
    home = on_postgres(request, tmp_path, tiny)
    end_others = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND application_name = 'vanne'"
    )
    with running(home, worker=True) as server:
        press_off(server, "m2")
        until = time.monotonic() + 3
        with Database.of(home).engine.connect() as db:
            while time.monotonic() < until:
                db.execute(end_others)
                db.commit()
                time.sleep(0.1)
        wait_until_all_is_done(home, "m2")
        assert server.process.poll() is None
    assert_all_is_done(home)


def test_a_full_disk_is_said_in_one_line_and_the_task_done_when_there_is_room(home):
    say(home, 2, False, hours(1))
    command = f"ulimit -f 4; exec {sys.executable} -B -m vanne worker --once --home {home.root}"
    full = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert "Traceback" not in full.stderr
    assert "m2" not in full.stderr.replace(str(home.root), "")  # the path has letters by chance
    assert ("retrain", "done") not in states(home)
    last = max((each.due for each in next_for(home).values()), default=hours(1))
    until_done(home, last + SOON)
    assert_all_is_done(home)


def test_without_its_base_model_a_training_says_so_and_the_opt_out_holds_all_the_same(home, tiny):
    say(home, 2, False, hours(1))
    move(tiny.base, f"{tiny.base}.away")
    clock = Clock(hours(1))
    try:
        a_worker(home, clock).run_once()
    finally:
        move(f"{tiny.base}.away", tiny.base)
    (failed,) = [each for each in recent(home) if each.state == "failed"]
    assert failed.kind == "retrain"
    assert "\n" not in failed.error
    waits = next_for(home)["retrain"]
    assert (waits.attempt, waits.error) == (2, failed.error)
    assert "m2" not in owners_in_model(home)
    assert messages_of(home, "m2") == []
    until_done(home, waits.due)
    assert_all_is_done(home)


def test_a_clock_that_is_set_back_delays_no_choice(home):
    clock = Clock(hours(5))
    a_worker(home, clock).run_once()
    say(home, 2, False, hours(1))
    a_worker(home, Clock(hours(1))).run_once()
    assert "m2" not in owners_in_model(home)


def test_a_policy_that_changes_between_the_two_steps_counts_in_the_second(home):
    say(home, 2, False, hours(1))
    clock = Clock(hours(1))
    worker = a_worker(home, clock)
    worker.hear()
    clock.at += timedelta(seconds=5)
    assert worker.take()  # the corpus
    home.policy.write_text(
        text_of("linkedin-2025-11-03").replace('\npost = ["faq", "notice"]', "", 1)
    )
    clock.at += timedelta(seconds=5)
    worker.run_once()
    assert owners_in_model(home) == set()


def test_who_chooses_during_a_training_is_heard_first_and_the_training_goes_on(home, monkeypatch):
    say(home, 2, False, hours(1))
    worker = a_worker(home, Clock(hours(1)))
    go_on, calls = Errand.go_on, []

    def chosen_meanwhile(errand: Errand, *progress) -> None:
        if not calls:
            say(home, 3, False, hours(2))
            worker._hear_beside(errand)
        calls.append(progress)
        go_on(errand, *progress)

    monkeypatch.setattr(steps, "TRAIN_AT_LEAST", timedelta(0))
    monkeypatch.setattr(Errand, "go_on", chosen_meanwhile)
    worker.run_once()
    monkeypatch.undo()
    until_done(home, hours(3))
    done = [(each.kind, each.facts.get("paused")) for each in reversed(recent(home)) if each.ended]
    work = [each for each in done if each[0] in ("refresh", "retrain")]
    assert work == [
        ("refresh", None),
        ("retrain", "somebody chose"),
        ("refresh", None),
        ("retrain", None),
    ]
    assert not {"m2", "m3"} & owners_in_model(home)
    assert_all_is_done(home)


def test_when_its_hours_are_over_what_is_whole_serves_and_the_rest_goes_on_the_next_night(home):
    say(home, 2, False, hours(1))
    clock = Clock(hours(1))
    a_worker(home, clock, train_hours=1e-9).run_once()
    waits, model = next_for(home)["retrain"], current(home.model)
    assert waits.due == hours(2).replace(hour=2)
    assert not any(item.endswith("-2") for item in items_in(home.model, model))
    assert model.waiting > 0 and [each.kind for each in messages_of(home, "m2")] == ["out"]
    until_done(home, waits.due)
    assert_all_is_done(home)


def test_a_training_that_keeps_failing_takes_out_at_once_what_is_nearly_due(home, tiny):
    say(home, 2, False, hours(1))
    move(tiny.base, f"{tiny.base}.away")
    try:
        clock = Clock(hours(1))
        worker = a_worker(home, clock)
        worker.run_once()
        assert any(item.endswith("-2") for item in items_in(home.model, current(home.model)))
        clock.at = hours(1) + timedelta(days=29, hours=1)
        worker.run_once()
        assert not any(item.endswith("-2") for item in items_in(home.model, current(home.model)))
    finally:
        move(f"{tiny.base}.away", tiny.base)
    until_done(home, next_for(home)["retrain"].due)
    assert_all_is_done(home)


def test_a_dead_worker_beside_a_server_is_replaced_while_it_trains(home):
    with running(home, worker=True) as server:
        press_off(server, "m2")
        killed = kill_who_trains(home)
        wait_until_all_is_done(home, "m2")
    trained = next(each for each in recent(home) if each.kind == "retrain" and each.state == "done")
    assert trained.worker != killed
    assert_all_is_done(home)


def kill_who_trains(home: Home) -> str:
    """Kill the worker that trains, as soon as one does; return its name."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        trains = next_for(home).get("retrain")
        if trains and trains.state == "running" and trains.worker:
            os.kill(int(trains.worker.split("-")[-2]), signal.SIGKILL)
            return trains.worker
        time.sleep(0.02)
    raise AssertionError(states(home))


def test_threads_hold_a_task_once(home):
    """Many workers claim at once; one gets it."""
    say(home, 2, False, hours(1))
    clock = Clock(hours(1))
    a_worker(home, clock).hear()
    clock.at += timedelta(seconds=5)
    got: list[bool] = []
    threads = [
        threading.Thread(target=lambda: got.append(a_worker(home, clock).take())) for _ in range(6)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [kind for kind, state in states(home) if state == "done"] == ["refresh"]
