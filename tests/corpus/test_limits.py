"""A refresh is the build before, on and after each limit that time crosses, to the byte.

The cases are in `tests/cases/corpus/limits.toml`.
"""

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import vanne
from tests.table import every
from vanne.config import Home
from vanne.corpus import build, refresh
from vanne.errors import RefusedError
from vanne.ledger import Ledger
from vanne.sources.tables import write_items, write_members
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member

CASES = tomllib.loads(
    (Path(__file__).parents[1] / "cases" / "corpus" / "limits.toml").read_text(encoding="utf-8")
)["case"]
POLICY = """
name = "limits"
version = "1"

[purposes.generative-ai-training]
listed = { post = [] }
never = { salary = [] }
age.minimum = 18
window.days = 400
objection.covers = "afterwards"

[[purposes.generative-ai-training.rollout]]
regions = ["CH"]
from = 2020-01-01
default = "on"

[[purposes.generative-ai-training.rollout]]
regions = ["IT"]
from = 2026-03-10
default = "on"

[[purposes.generative-ai-training.rollout]]
regions = ["FR"]
from = 2020-01-01
until = 2026-03-20
default = "on"
"""
CREATED = datetime(2026, 1, 1, tzinfo=UTC)


def home_of(root: Path, case: dict[str, Any]) -> Home:
    home = Home(root / "home")
    post = Item("post", "ada", "post", created_at=case.get("created", CREATED), text="a text")
    # so many others that one row is decided again, and not everything
    others = [Item(f"follow-{n}", "bob", "follow", created_at=CREATED) for n in range(9)]
    ada = Member("ada", case.get("region", "CH"), case.get("born", date(1990, 2, 1)))
    write_items([post, *others], home.items / "items.parquet")
    write_members([ada, Member("bob", "CH", date(1990, 2, 1))], home.members)
    home.policy.write_text(POLICY, encoding="utf-8")
    Ledger.create(home).close()
    return home


@every("case", CASES, ids=lambda case: case["about"])
def test_a_refresh_is_the_build_at_every_limit(
    tmp_path_factory: pytest.TempPathFactory, case: dict[str, Any]
) -> None:
    home = home_of(tmp_path_factory.mktemp("limits"), case)
    before, after = case["reasons"]
    assert build(home, case["before"]).counts == {before: 1, "category-not-listed": 9}
    if "off" in case:
        with Ledger.of(home) as ledger:
            ledger.append([Choice("ada", MAIN_PURPOSE, "all", False, case["off"])])
    fresh = refresh(home, case["after"])
    assert fresh.counts == {after: 1, "category-not-listed": 9}
    assert fresh == build(home, case["after"], make_current=False)


@every(
    ("age", "is_read"),
    [
        (timedelta(days=2, microseconds=-1), True),
        (timedelta(days=2), True),
        (timedelta(days=2, microseconds=1), False),
        (timedelta(days=4), False),
    ],
)
def test_a_version_is_read_up_to_its_greatest_age(
    tmp_path_factory: pytest.TempPathFactory, age: timedelta, is_read: bool
) -> None:
    home, built = home_of(tmp_path_factory.mktemp("age"), {}), datetime(2026, 3, 1, tzinfo=UTC)
    build(home, built)
    with Ledger.of(home) as ledger:
        ledger.append([Choice("ada", MAIN_PURPOSE, "all", False, built)])
    try:
        documents = vanne.Corpus(home).read(max_age=timedelta(days=2), now=lambda: built + age)
        assert is_read and [each.owner for each in documents] == ["ada"]
    except RefusedError as error:
        assert not is_read and "1 choice has not reached the corpus yet" in str(error)
