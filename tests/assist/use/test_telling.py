"""The operator is told whole weeks, nothing below five, and nothing from which it can be worked out."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.people import make_home, policy_text
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.terms import LANGUAGES
from vanne_assist.report.measuring import EVENTS, TASKS, answered_words, lines, step_words
from vanne_assist.use import store
from vanne_assist.use.events import STEPS, Event, Task
from vanne_assist.use.telling import FEWEST, _joined, _occasions, told

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)  # a Thursday


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home", policy_text())


def counted(home: Home, counts: Mapping[tuple[str, str], int]) -> None:
    with store.opened(home.root) as db:
        for (day, what), n in counts.items():
            db.execute("INSERT INTO tally VALUES (?, ?, ?)", (day, what, n))


def document(home: Home, now: datetime = NOW) -> dict:
    with Ledger.of(home, read_only=True) as ledger:
        return told(home, ledger, now)


def row(found: dict, event: str) -> dict:
    return next(r for task in found["tasks"] for r in task["events"] if r["event"] == event)


def test_the_week_that_is_running_is_not_told(home: Home) -> None:
    counted(home, {("2026-11-22", "draft-kept"): 7, ("2026-11-23", "draft-kept"): 70})
    assert row(document(home), "draft-kept")["counts"][-2:] == [0, 7]
    later = document(home, NOW + timedelta(days=4))
    assert row(later, "draft-kept")["counts"][-2:] == [7, 70]


def test_a_week_with_fewer_than_five_is_not_told_and_not_in_the_sum(home: Home) -> None:
    counted(home, {
        ("2026-11-09", "draft-kept"): 2, ("2026-11-11", "draft-kept"): 3,
        ("2026-11-16", "draft-kept"): 4,
    })  # fmt: skip
    assert row(document(home), "draft-kept")["counts"][-2:] == [5, None]
    assert row(document(home), "draft-kept")["shown"] == 5


def test_every_event_and_every_task_is_told_by_a_name_of_its_own(home: Home) -> None:
    found = document(home)
    events = [r["event"] for task in found["tasks"] for r in task["events"]]
    assert sorted(events) == sorted(Event) and [t["task"] for t in found["tasks"]] == list(Task)
    assert len(set(EVENTS.values())) == len(Event) and len(set(TASKS.values())) == len(Task)


@pytest.mark.parametrize(
    ("begun", "steps", "answered"),
    [
        (0, [0] * 7, 0), (4, [0] * 7, None), (20, [0, 3, 0, 0, 0, 0, 0], None),
        (20, [10, 0, 7, 0, 0, 0, 0], None), (20, [10, 0, 5, 0, 0, 0, 0], 15),
        (20, [20, 0, 0, 0, 0, 0, 0], 20), (20, [0] * 7, 0),
    ],
)  # fmt: skip
def test_how_many_had_a_result_is_told_only_if_neither_side_is_few(
    begun: int, steps: list[int], answered: int | None
) -> None:
    assert _occasions(begun, steps)["answered"] == answered


@given(st.lists(st.integers(0, 30), min_size=len(STEPS) + 1, max_size=len(STEPS) + 1))
def test_steps_are_joined_until_each_holds_enough_and_lose_nobody(steps: list[int]) -> None:
    joined = list(_joined(steps))
    assert sum(step["count"] for step in joined) == sum(steps)
    if sum(steps) >= FEWEST:
        assert all(step["count"] >= FEWEST for step in joined)
    for one, two in pairwise(joined):
        assert one["to"] is not None and one["to"] <= two["from"]


def test_seconds_are_said_as_people_do() -> None:
    assert step_words({"from": 0, "to": 10}, "en") == "less than 10 s"
    assert step_words({"from": 60, "to": 300}, "fr") == "de 1\xa0min à 5\xa0min"
    assert step_words({"from": 900, "to": None}, "de") == "15\xa0min oder mehr"


def test_what_came_of_it_is_said_in_percent() -> None:
    task = {"begun": 40, "answered": 30}
    assert answered_words(task, "en") == "Begun 40 times. In 75 % of them something came of it."
    few = {"begun": 40, "answered": None}
    assert answered_words(few, "en").endswith("cannot be told: too few.")
    assert answered_words({"begun": None, "answered": None}, "en") == "Too few to be told."


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_said_in_every_language(home: Home, lang: str) -> None:
    counted(home, {("2026-11-18", "find/begun"): 20, ("2026-11-18", "find/2"): 12})
    said = list(lines(document(home), lang))
    assert any("60" in line for line in said) and all("%(" not in line for line in said)


def test_where_the_policy_has_no_such_purpose_it_says_so(home: Home) -> None:
    home.policy.write_text(policy_text()[: policy_text().index("[purposes.usage-measurement")])
    assert document(home)["counts"] is False
    assert "nobody is counted" in next(lines(document(home), "en"))
