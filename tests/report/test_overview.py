"""How many are on and off: the counts agree with what each member's own page says."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.members import replace_members
from vanne.config import Home
from vanne.corpus import build
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.policy.schedule import policy_at
from vanne.report.overview import SMALL, CountTable, overview
from vanne.report.switches import purpose_switches
from vanne.sources.tables import write_items
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member

START = datetime(2026, 6, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
PEOPLE = [
    Member(f"m{n}", region, date(1990, 1, 1)) for n, region in enumerate(["CH", "FR", "GB"] * 8)
]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.items.mkdir(parents=True)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    replace_members(PEOPLE, home)
    write_items([Item("p1", "m1", "post", created_at=START, text="wool")], home.items / "a.parquet")
    Ledger.of(home).close()
    return home


def choose(home: Home, seed: int, count: int) -> None:
    """Let members choose at random, for two purposes, everything, a category or an item."""
    dice, at = random.Random(seed), START
    places = [
        ("all", None),
        ("all", None),
        ("category", "post"),
        ("category", "cv"),
        ("item", "p1"),
    ]
    with Ledger.of(home) as ledger:
        for _ in range(count):
            at += timedelta(hours=dice.randint(1, 60))
            purpose = MAIN_PURPOSE if dice.random() < 0.8 else "job-matching"
            scope, target = dice.choice(places)
            who = dice.choice(PEOPLE).member_id
            ledger.append([Choice(who, purpose, scope, dice.random() < 0.4, at, target)])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("is_indexed", [False, True])
def test_counts_agree_with_what_each_member_is_told(
    home: Home, seed: int, is_indexed: bool
) -> None:
    choose(home, seed, 60)
    if is_indexed:  # the choices of the first half come from the index beside the corpus
        build(home, NOW)
        choose(home, seed + 100, 30)
    told, off = Counter[str](), Counter[str]()
    with Ledger.of(home, read_only=True) as ledger:
        for member in PEOPLE:
            history = ledger.history(member.member_id)
            (main, *_) = purpose_switches(member, policy_at(home, NOW), history, NOW)
            assert main.purpose == MAIN_PURPOSE
            stands = dict(main.stands)
            if main.covers_all:
                told["off"] += 1
                off[member.region] += 1
            elif any(not stand.on for stand in stands.values()):
                told["partly"] += 1
            else:
                told["on" if stands else "never"] += 1
    counted = overview(home, NOW)
    assert {row["stands"]: row["members"] for row in counted.choices} == {
        name: told[name] for name in ("off", "partly", "on", "never")
    }
    assert counted.members == len(PEOPLE)
    assert {row["region"]: row["off"] for row in counted.regions} == {
        region: off[region] for region in ("CH", "FR", "GB")
    }


def test_a_week_counts_those_who_turned_it_off_in_it_once(home: Home) -> None:
    def say(who: str, on: bool, days: int) -> None:
        at = NOW - timedelta(days=days)
        with Ledger.of(home) as ledger:
            ledger.append([Choice(who, MAIN_PURPOSE, "all", on, at, None)])

    say("m0", False, 20)
    say("m0", False, 19)  # was off already
    say("m3", False, 18)
    say("m1", True, 17)
    say("m0", True, 4)
    say("m0", False, 3)
    weeks = [tuple(row.values()) for row in overview(home, NOW).weeks]
    assert weeks == [("CH", "2026-11-09", 2), ("CH", "2026-11-23", 1)]


def test_nobody_has_chosen_yet(home: Home) -> None:
    counted = overview(home, NOW)
    assert counted.counted("never") == counted.members == len(PEOPLE)
    assert not list(counted.weeks) and not list(counted.categories)


def test_what_is_handed_out_holds_no_small_count_and_no_name(home: Home) -> None:
    choose(home, 1, 60)
    counted = overview(home, NOW)
    text = "".join(table.as_csv() for table in counted.tables.values()) + str(counted.as_json())
    assert not any(member.member_id in text for member in PEOPLE)
    table = CountTable(
        "t", ("region", "off"), (("CH", 1), ("FR", SMALL), ("GB", 0)), frozenset(["off"])
    )
    assert table.as_csv().split() == ["region,off", "CH,", f"FR,{SMALL}", "GB,0"]
