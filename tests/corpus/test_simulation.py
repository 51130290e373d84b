"""A change of policy is counted before it takes effect, and the counts are those of a build."""

import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from tests.report.notices import LINKEDIN, RULES, announce, stricter, wider
from tests.web.network import ITEMS, MEMBERS, START, make_home
from vanne.config import Home
from vanne.corpus import refresh
from vanne.corpus.history import trace
from vanne.corpus.simulation import Simulation, simulate
from vanne.errors import InputError
from vanne.policy.load import parse
from vanne.policy.schedule import policy_at
from vanne.terms import MAIN_PURPOSE

AGES = LINKEDIN.replace('name = "linkedin-2025-11-03"', 'name = "ages"', 1).replace(
    "minimum = 18", "minimum = 16"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("network"))


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(made.root, tmp_path / "home")))


def reasons(home: Home) -> dict[str, str]:
    return {each.item_id: trace(home, each.item_id).traces[-1].reason.value for each in ITEMS}


def touched(home: Home, toml: str) -> Simulation:
    policy = parse(toml, "new.toml")
    return simulate(home, policy_at(home, START), policy, MAIN_PURPOSE, START)


@pytest.mark.parametrize("toml", [stricter(), AGES], ids=["stricter", "ages"])
def test_what_is_counted_is_what_then_happens(home: Home, toml: str) -> None:
    counted, before = touched(home, toml), reasons(home)
    announced = announce(home, toml, START) if toml == stricter() else None
    if announced is None:  # it permits more, and so waits: here it is in force as if it had
        home.policy.write_text(toml)
    refresh(home, START + timedelta(seconds=1))
    after, happened = reasons(home), Counter[tuple[str, ...]]()
    region_of = {each.member_id: each.region for each in MEMBERS}
    for each in ITEMS:
        if before[each.item_id] != after[each.item_id]:
            where = region_of[each.owner], each.category
            happened[(before[each.item_id], after[each.item_id], *where)] += 1
    groups = {(g.before, g.after, g.region, g.category): g.items for g in counted.groups}
    assert groups == dict(happened)
    assert counted.items == len(ITEMS) + 2  # those that are never used were looked at, too


def test_a_member_counts_once_however_many_items_are_touched(home: Home) -> None:
    less = LINKEDIN.replace('post = ["faq", "notice"]\n', "", 1)
    counted = touched(home, less.replace('profile = ["notice", "faq"]\n', "", 1))
    assert (counted.closed_items, counted.closed_members) == (5, 2)  # anna: 3; bruno: 2
    assert (counted.opened_items, counted.opened_members) == (0, 0)
    assert [(g.category, g.region, g.items, g.members) for g in counted.groups][:2] == [
        ("post", "CH", 2, 1),
        ("profile", "CH", 1, 1),
    ]
    assert Simulation.of_json(counted.as_json()) == counted


def test_nobody_who_said_no_is_opened(home: Home) -> None:
    counted = touched(home, wider(START))
    assert not any(g.before.startswith("off") for g in counted.groups if g.after == "allowed")


def test_a_category_that_is_kept_apart_cannot_be_opened(home: Home) -> None:
    open_salary = LINKEDIN.replace('salary = ["faq"]\n', "", 1)
    assert RULES in open_salary
    with pytest.raises(InputError, match="salary"):
        touched(home, open_salary)


def test_a_simulation_writes_nothing_that_counts(home: Home) -> None:
    before = (home.corpus / "CURRENT").read_bytes(), sorted((home.corpus / "manifests").iterdir())
    touched(home, stricter())
    assert before == (
        (home.corpus / "CURRENT").read_bytes(),
        sorted((home.corpus / "manifests").iterdir()),
    )
