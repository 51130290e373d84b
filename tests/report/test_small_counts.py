"""No page of an auditor shows a group of 1 to 4 people, by whatever sums and differences.

For each network there is another one, in which whoever is counted is there five times, that has the
same pages. All its counts are multiples of five, and so are all sums and differences of them: what
both networks have in common cannot tell that a group has 1 to 4 people.
"""

import csv
import io
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.members import replace_members
from tests.table import every
from tests.web.conftest import sign_in
from vanne.config import Home
from vanne.corpus import build
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.report.notice import draft, publish
from vanne.report.oversight import LedgerScan, choice_tables, count, standings
from vanne.sources.tables import write_items
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member, Seen
from vanne.web.app import create_app

START = datetime(2026, 6, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
NO_PEOPLE = {"notice_days", "entries", "copies_not_reached", "problems", "seconds"}
"""Columns of numbers that count nobody."""

Network = tuple[list[Member], list[Item], list[list[Choice]]]


def network(seed: int, size: int) -> Network:
    """Make members of a few regions and ages, with an item or none, who choose now and then."""
    dice = random.Random(seed)
    people = [
        Member(f"m{n:04}", dice.choice(["CH", "CH", "CH", "FR", "GB", "US", None]),
               dice.choice([date(1990, 1, 1), date(1990, 1, 1), date(2015, 1, 1), None]))
        for n in range(size)
    ]  # fmt: skip
    items = [
        Item(f"i-{who.member_id}", who.member_id, dice.choice(["post", "cv"]),
             created_at=START - timedelta(days=3000), text="wool")
        for who in people if dice.random() < 0.8
    ]  # fmt: skip
    choices, at = [], START
    for _ in range(size):
        at += timedelta(hours=dice.randint(1, 4000 // size))
        scope, target = dice.choice([("all", None), ("all", None), ("category", "post")])
        who = dice.choice(people).member_id
        choices.append([Choice(who, MAIN_PURPOSE, scope, dice.random() < 0.3, at, target)])
    return people, items, choices


def five_of_each(told: Network, people: frozenset[str]) -> Network:
    """Return the network in which each of these people is there five times, and nobody else."""
    members, items, choices = told
    return (
        [replace(who, member_id=who.member_id + n)
         for who in members if who.member_id in people for n in "abcde"],
        [replace(item, item_id=item.item_id + n, owner=f"{item.owner}{n}")
         for item in items if item.owner in people for n in "abcde"],
        [[replace(one, member_id=one.member_id + n) for n in "abcde"]
         for (one,) in choices if one.member_id in people],
    )  # fmt: skip


def home_of(told: Network, folder: Path) -> Home:
    members, items, choices = told
    home = Home(folder)
    home.items.mkdir(parents=True)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    replace_members(members, home)
    write_items(items, home.items / "a.parquet")
    with Ledger.create(home) as ledger:
        for alike in choices:
            ledger.append(alike)
    build(home, NOW)
    return home


NETWORKS = [(seed, size) for size in (3, 12, 40, 150) for seed in range(3)]


@every(("seed", "size"), NETWORKS)
def test_another_network_without_any_small_group_has_the_same_counts(
    tmp_path: Path, seed: int, size: int
) -> None:
    told = network(seed, size)
    home = home_of(told, tmp_path / f"one-{seed}-{size}")
    counted = count(home, NOW, LedgerScan(MAIN_PURPOSE))
    assert counted.corpus
    _, sample = choice_tables(
        home, NOW, MAIN_PURPOSE, counted.entries, standings(home, counted.corpus)
    )
    people = sample.people
    assert len(people) == size // 5
    if not people:
        assert counted.stands() == 0
        return
    other = home_of(five_of_each(told, people), tmp_path / f"other-{seed}-{size}")
    again = count(other, NOW, LedgerScan(MAIN_PURPOSE))
    for name in ("choices", "regions", "weeks", "categories", "standing", "requests"):
        assert again.tables[name].rows == counted.tables[name].rows, name
    documents, inside = (counted.sum("versions", "documents"),
                         counted.sum("standing", "members", standing="in"))  # fmt: skip
    assert documents >= inside and (documents > 0) == (inside > 0)  # the other may have as many
    assert size - 4 <= counted.stands() <= size
    exact = exact_choices(told)
    assert [each for each in exact if abs(counted.stands(each) - exact[each]) > 4] == []
    regions = Counter(str(who.region) for who in told[0])
    for row in counted.tables["regions"]:
        regions[str(row["region"])] -= int(row["members"] or 0)
    assert max(map(abs, regions.values())) <= 10


def exact_choices(told: Network) -> Counter[str]:
    """Count the members of each choice, one by one."""
    last = defaultdict[str, dict[str, bool]](dict)
    for (one,) in told[2]:
        last[one.member_id][one.scope] = one.on

    def stands(states: dict[str, bool]) -> str:
        if not states:
            return "never"
        return "off" if states.get("all") is False else "on" if all(states.values()) else "partly"

    return Counter(stands(last[who.member_id]) for who in told[0])


def numbers(table: list[dict[str, object]]) -> Iterator[tuple[str, int]]:
    for row in table:
        for column, cell in row.items():
            if isinstance(cell, int) and column not in NO_PEOPLE:
                yield column, cell


def with_a_change_of_policy(home: Home, people: list[Member]) -> None:
    """Leave posts out from some day on, and let members see it and opt out then."""
    toml = home.policy.read_text().replace('version = "2"', 'version = "second"')
    home.policy.write_text(toml)
    toml = toml.replace('post = ["faq", "notice"]\n', "", 1).replace('"second"', '"third"')
    announced = publish(home, draft(home, toml, "policy.toml", NOW))
    at = announced.effective_at + timedelta(days=1)
    with Ledger.of(home) as ledger:
        ledger.append([Seen(each.member_id, announced.notice, at, None) for each in people[::2]])
        ledger.append([Choice(each.member_id, MAIN_PURPOSE, "all", False, at)
                       for each in people[::3]])  # fmt: skip


NO_COUNTS_OF_PEOPLE = r"""(?x)
    <time.*?</time> | <code.*?</code> | <pre.*?</pre> | <svg\ [^>]*aria-label="Checks[^>]*>
    | <p\ class="soft"\ id="fives">Counts\ of\ people.*?</p> | <h3>The\ last\ 30\ nights</h3>
    | \d{1,2}\ [A-Z][a-z]+\ \d{4}(,\ \d\d:\d\d\ UTC)? | of\ [\d,]+\ entries | [\d,.]+%
    | Entries\ in\ the\ ledger</dt><dd>[\d,]+ | The\ policy\ changed\ \d+\ times? | \d+\ models?\ w
    | \d+\ days\ of\ notice | ithin\ 14\ days | data-label="Days\ of\ notice"\ class="right">\d+
    | The\ tallest\ bar\ is\ [\d,.]+ | \d+\ problems?"""
"""Numbers on the page that are none of people, and shares of multiples of five."""


@every(("seed", "size"), [(1, 12), (2, 40), (3, 150)])
def test_every_number_of_every_page_chart_and_file_is_a_multiple_of_five(
    tmp_path: Path, seed: int, size: int
) -> None:
    told = network(seed, size)
    home = home_of(told, tmp_path / f"pages-{size}")
    with_a_change_of_policy(home, told[0])
    later = NOW + timedelta(days=90)
    build(home, later)
    headers = {"sec-fetch-site": "same-origin"}
    app = create_app(home, now=lambda: later)
    with TestClient(app, base_url="http://127.0.0.1:8000", headers=headers) as client:
        auditor = sign_in(client, "anna", "auditor")
        page = auditor.get("/auditor", params={"lang": "en", "tables": "open"}).text
        everything = auditor.get("/auditor/oversight.json").json()
        tables = {name: rows for name, rows in everything.items() if isinstance(rows, list)}
        for name, table in tables.items():
            wrong = [(column, n) for column, n in numbers(table) if n % 5]
            assert not wrong, (name, wrong)
            assert auditor.get(f"/auditor/{name}.json").json()[name] == table
            rows = [*csv.DictReader(io.StringIO(auditor.get(f"/auditor/{name}.csv").text))]
            assert rows == [
                {column: "" if cell is None else str(cell) for column, cell in row.items()}
                for row in table
            ]
    if size == 150:
        assert tables["policies"][0]["seen"] and tables["policies"][0]["closed_items"]
    main = page[page.index("<h1>") : page.index("</main>")]
    shown = re.sub(NO_COUNTS_OF_PEOPLE, " ", main, flags=re.S)
    words = re.sub(r'<[^>]*aria-label="([^"]*)"[^>]*>', r" \1 ", shown)
    every_number = re.findall(r"[\d,]*\d", re.sub(r"<[^>]*>", " ", words))
    assert len(every_number) > 40
    assert not [n for n in every_number if int(n.replace(",", "")) % 5]
    for section in ("who-is-in", "who-chose"):
        picture = main[main.index(f'id="{section}"') :].split("</ul>")[0]
        shares = [float(each) for each in re.findall(r'width="([\d.]+)%"', picture)]
        members = sum(row["members"] for row in tables["choices"])
        counts = [share * members / 100 for share in shares]
        assert counts and all(abs(n - 5 * round(n / 5)) < 0.1 for n in counts)


@pytest.mark.parametrize("days", [1, 7])
def test_the_counts_of_two_days_differ_by_multiples_of_five(tmp_path: Path, days: int) -> None:
    members, items, choices = network(5, 60)
    home = home_of((members, items, choices), tmp_path / "home")
    before = count(home, NOW, LedgerScan(MAIN_PURPOSE))
    at = NOW + timedelta(hours=1)
    with Ledger.of(home) as ledger:
        ledger.append(
            [Choice(each.member_id, MAIN_PURPOSE, "all", False, at) for each in members[:3]]
        )
    after = count(home, NOW + timedelta(days=days), LedgerScan(MAIN_PURPOSE))
    for name in ("off", "partly", "on", "never"):
        assert (after.stands(name) - before.stands(name)) % 5 == 0
