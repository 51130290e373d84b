"""The gate: where a member stands for training, and what happens after their last choice."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from tests.forget.homes import START, hours, make_home, say, train
from tests.report.lives import NOW, PastLife
from vanne.config import Home
from vanne.corpus import refresh
from vanne.forget.runs import forget
from vanne.report.member_items import find_member
from vanne.report.person import PersonState, page_of
from vanne.train.settings import TrainingSettings
from vanne.worker.tasks import beat, claim, enqueue, fail

DAYS = timedelta(days=1)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, tiny: TrainingSettings) -> Home:
    """A home with a trained model, made once."""
    home = make_home(tmp_path_factory.mktemp("gate") / "home")
    train(home, tiny)
    return home


@pytest.fixture
def home(once: Home, tmp_path: Path) -> Home:
    """The same, for one test to change."""
    return Home(Path(copytree(once.root, tmp_path / "home")))


def gate(home: Home, moment: datetime | None = None, member: str = "m2") -> PersonState:
    person = find_member(home, member)
    assert person is not None
    return page_of(home, person, moment or hours(2)).person


def steps(gate: PersonState) -> dict[str, str]:
    return {step.name: step.state for step in gate.steps}


def at(moment: datetime) -> Callable[[], datetime]:
    """A clock that stands still: what is done then is done at that time."""
    return lambda: moment


def test_it_is_open_where_nobody_chose_and_the_model_was_trained_on_their_items(home: Home) -> None:
    now = gate(home)
    assert (now.state, now.is_up, now.corpus, now.model) == ("open", True, "full", "full")
    assert (now.held.items, now.held.in_corpus, now.held.in_model) == (2, 2, 2)
    assert now.steps == () and now.receipt is None and now.due is None


def test_it_closes_from_the_press_on_and_is_closed_with_the_certificate(home: Home) -> None:
    index = say(home, 2, False, hours(1))
    now = gate(home)
    assert (now.state, now.corpus, now.model, now.receipt) == (
        "closing",
        "leaving",
        "leaving",
        index,
    )
    assert (now.held.corpus_leaving, now.held.model_leaving) == (2, 2)
    assert now.due == (hours(1) + 30 * DAYS).date() and not now.is_late
    assert set(list(steps(now).values())[1:]) == {"waiting"}

    refresh(home, hours(2))
    now = gate(home)
    assert (now.state, now.corpus, now.model) == ("closing", "dry", "leaving")
    assert steps(now) == {
        "recorded": "done",
        "corpus-out": "done",
        "retrained": "waiting",
        "model-out": "waiting",
    }
    assert [step.name for step in now.steps][2:] == ["retrained", "model-out"]
    assert now.steps[1].at == hours(2)
    swapped = Home(Path(copytree(home.root, home.root.with_name("swapped"))))
    proof = forget(swapped, now=at(hours(3))).certificate
    then = gate(swapped, hours(3))
    assert (then.state, then.certificate, then.waits) == ("closed", proof, False)
    assert [step.name for step in then.steps][2:] == ["retrained", "model-out"]
    assert (then.steps[3].certificate, then.steps[3].items, then.steps[3].at) == (
        proof,
        2,
        hours(3),
    )

    first = forget(home, at_once=True, now=at(hours(3))).certificate
    now = gate(home, hours(3))
    assert (now.state, now.certificate, now.closed_at) == ("closed", first, hours(3))
    assert (now.steps[2].certificate, now.steps[2].items, now.steps[2].at) == (first, 2, hours(3))
    assert steps(now)["retrained"] == "waiting"

    second = forget(home, now=at(hours(4))).certificate
    now = gate(home, hours(4))
    assert (now.state, now.certificate) == ("closed", first)
    assert (now.steps[3].state, now.steps[3].certificate) == ("done", second)
    assert not now.waits


def test_it_is_late_the_day_after_the_model_should_have_forgotten(home: Home) -> None:
    say(home, 2, False, hours(1))
    assert not gate(home, hours(1) + 30 * DAYS).is_late
    assert gate(home, hours(1) + 31 * DAYS).is_late


def test_after_an_opt_in_it_is_open_again_before_the_model_has_anything(home: Home) -> None:
    say(home, 2, False, hours(1))
    forget(home, now=at(hours(2)))
    say(home, 2, True, hours(3))
    now = gate(home, hours(3))
    assert (now.state, now.is_up, now.corpus, now.model) == ("opening", True, "low", "dry")
    assert steps(now) == {"recorded": "done", "corpus-in": "waiting", "model-in": "waiting"}
    refresh(home, hours(4))
    now = gate(home, hours(4))
    assert (now.state, now.corpus) == ("opening", "full")
    assert steps(now)["corpus-in"] == "done"
    forget(home, now=at(hours(5)))
    now = gate(home, hours(6))
    assert (now.state, now.held.in_model) == ("open", 2)
    assert (now.steps[2].name, now.steps[2].state, now.steps[2].at) == (
        "model-in",
        "done",
        hours(5),
    )


def test_a_part_is_off_where_single_items_or_kinds_are(home: Home) -> None:
    say(home, 2, False, hours(1), "item", "post-2")
    now = gate(home)
    assert (now.state, now.is_up, now.held.off, now.held.model_leaving) == ("partly", True, 1, 1)
    forget(home, at_once=True, now=at(hours(2)))
    now = gate(home)
    assert (now.state, now.held.in_model) == ("partly", 0)  # what was beside it waits
    assert (now.steps[2].state, now.steps[2].items) == ("done", 1)
    forget(home, now=at(hours(3)))
    assert gate(home, hours(3)).held.in_model == 1


def test_no_certificate_is_claimed_for_what_no_model_held(home: Home) -> None:
    say(home, 2, False, hours(1))
    forget(home, now=at(hours(2)))
    say(home, 2, True, hours(3))
    say(home, 2, False, hours(4))
    now = gate(home, hours(5))
    assert now.state == "closed"  # of the first time
    member = gate(home, hours(5), "m3")
    assert member.state == "open"


def test_a_member_who_was_never_in_a_model_reads_that(lived: PastLife) -> None:
    now = gate(lived.home, NOW, "fritz")
    assert (now.state, now.certificate) == ("never", None)
    assert steps(now) == {"recorded": "done", "corpus-out": "done", "model-out": "done"}
    assert now.steps[2].certificate is None


def test_what_is_not_known_is_not_claimed(past: PastLife) -> None:
    """Of a model without its corpus nobody knows whether it held something."""
    for version in past.versions[:2]:
        (past.home.corpus / "manifests" / f"{version.version}.json").unlink()
    now = gate(past.home, NOW, "fritz")
    assert now.state == "off"


def test_who_may_not_be_used_at_all_has_a_closed_gate_whatever_they_chose(lived: PastLife) -> None:
    for member in ("clara", "dora", "emil", "gina"):
        now = gate(lived.home, NOW, member)
        assert (now.state, now.is_up, now.model) == ("never", False, "dry")
    assert gate(lived.home, NOW, "hugo").state == "nothing"


def test_the_newest_choice_of_a_life_has_its_own_steps(lived: PastLife) -> None:
    now = gate(lived.home, NOW, "anna")
    assert now.state == "partly"
    assert steps(now)["corpus-out"] == "done" and steps(now)["model-out"] == "waiting"


def test_where_an_opt_out_covers_only_what_comes_after_it_the_rest_stays_and_is_said_to(
    home: Home,
) -> None:
    text = home.policy.read_text()
    home.policy.write_text(text.replace('covers = "everything"', 'covers = "afterwards"'))
    say(home, 2, False, hours(1))
    refresh(home, hours(2))
    now = gate(home)
    assert (now.state, now.is_open, now.is_up) == ("earlier", True, False)
    assert (now.corpus, now.model, now.due) == ("full", "full", None)
    assert steps(now) == {"recorded": "done", "corpus-out": "done"}
    say(home, 3, False, hours(1), "category", "post")
    assert gate(home, member="m3").state == "partly"


def test_without_a_model_there_are_no_steps_about_one(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    refresh(home, START)
    assert gate(home).state == "opening" and not gate(home).deployment.trains
    say(home, 2, False, hours(1))
    assert (gate(home).state, list(steps(gate(home)))) == ("closing", ["recorded", "corpus-out"])
    refresh(home, hours(2))
    assert gate(home).state == "never"


# What the worker does now


def test_without_a_worker_nothing_is_expected(home: Home) -> None:
    say(home, 2, False, hours(1))
    now = gate(home)
    assert not now.deployment.has_worker and not now.is_moving
    assert [step.expected for step in now.steps[1:]] == [None] * 3
    fresh = gate(home, hours(1))  # it may begin again: the page looks, and not every other second
    assert fresh.is_moving and not fresh.is_near


def test_a_worker_that_lives_hears_a_choice_at_once_and_the_page_waits_for_it(home: Home) -> None:
    say(home, 2, False, hours(1))
    beat(home, "one", hours(1))
    now = gate(home, hours(1))
    assert now.deployment.has_worker and now.is_moving and now.is_near
    assert [step.expected for step in now.steps[1:]] == [hours(1), None, None]
    assert not gate(home, hours(2)).deployment.has_worker  # it was not seen for an hour


def test_a_step_whose_task_runs_is_under_way(home: Home) -> None:
    say(home, 2, False, hours(1))
    beat(home, "one", hours(1))
    enqueue(home, "refresh", hours(1), hours(1))
    assert claim(home, "one", hours(1))
    assert steps(gate(home, hours(1))) == {
        "recorded": "done",
        "corpus-out": "now",
        "retrained": "waiting",
        "model-out": "waiting",
    }


def test_what_is_to_be_trained_is_expected_when_its_task_is_due(home: Home) -> None:
    say(home, 2, False, hours(1))
    forget(home, at_once=True, now=at(hours(2)))
    beat(home, "one", hours(2))
    enqueue(home, "retrain", hours(20), hours(2))
    now = gate(home, hours(2))
    assert (now.state, now.steps[3].expected, now.is_moving) == ("closed", hours(20), False)


def test_a_model_is_expected_to_be_replaced_when_its_training_ends(home: Home) -> None:
    say(home, 2, False, hours(1))
    refresh(home, hours(1))
    beat(home, "one", hours(2))
    enqueue(home, "retrain", hours(20), hours(2), {"seconds_expected": 3600})
    retrained, out = gate(home, hours(2)).steps[2:]
    assert (retrained.expected, out.name, out.expected) == (hours(20), "model-out", hours(21))
    beat(home, "one", hours(20))
    assert claim(home, "one", hours(20))
    retrained, out = gate(home, hours(20)).steps[2:]
    assert (retrained.state, out.state, out.expected) == ("now", "waiting", hours(21))


def test_a_task_that_failed_is_said_to_have(home: Home) -> None:
    say(home, 2, False, hours(1))
    beat(home, "one", hours(1))
    enqueue(home, "refresh", hours(1), hours(1))
    task = claim(home, "one", hours(1))
    assert task
    again = fail(home, task, hours(1), "the model: it is away", 0.1)
    now = gate(home, hours(1))
    assert now.steps[1].is_failing
    assert now.steps[1].expected == hours(1) < again  # the worker hears the choice before


def test_a_choice_waits_for_a_training_that_runs_and_no_time_is_promised(home: Home) -> None:
    say(home, 2, False, hours(1))
    beat(home, "one", hours(1))
    enqueue(home, "retrain", hours(1), hours(1))
    assert claim(home, "one", hours(1))
    assert [step.expected for step in gate(home, hours(1)).steps[1:3]] == [None, None]
