"""What an auditor is told: the counts agree with what each member's own page says."""

import random
import shutil
import sqlite3
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.members import replace_members
from tests.report.lives import BARE, NO, NO_POSTS, PastLife
from tests.report.lives import NOW as THEN
from tests.web.network import MEMBERS
from vanne.config import Home
from vanne.corpus import build
from vanne.ledger import Ledger
from vanne.ledger.checks import check_ledger
from vanne.policy.load import text_of
from vanne.policy.schedule import policy_at
from vanne.report.notice import draft, publish
from vanne.report.oversight import (
    Counted,
    LedgerScan,
    LogState,
    Look,
    Sample,
    choice_tables,
    count,
    kept_standings,
    log_state,
    look,
    needs,
    request_tables,
    standings,
)
from vanne.report.switches import purpose_switches
from vanne.report.tables import CountTable
from vanne.sources.tables import write_items
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member, Seen
from vanne.train.exports import ExportedCopy, digest_of, record

START = datetime(2026, 6, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
PEOPLE = [
    Member(f"m{n}", region, date(1990, 1, 1)) for n, region in enumerate(["CH", "FR", "GB"] * 8)
]
FIVEFOLD = [
    replace(each, member_id=f"{each.member_id}{like}") for each in PEOPLE for like in "abcde"
]
"""Of each of these people five who are alike, so that none is lost by rounding."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.items.mkdir(parents=True)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    replace_members(FIVEFOLD, home)
    write_items([Item("p1", "m1", "post", created_at=START, text="wool")], home.items / "a.parquet")
    Ledger.create(home).close()
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
            on = dice.random() < 0.4
            ledger.append([Choice(who + n, purpose, scope, on, at, target) for n in "abcde"])


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
        for member in FIVEFOLD:
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
    tables, _ = choice_tables(home, NOW)
    assert {row["stands"]: row["members"] for row in tables["choices"]} == {
        name: told[name] for name in ("off", "partly", "on", "never")
    }
    assert tables["choices"].total("members") == len(FIVEFOLD)
    assert {row["region"]: row["off"] for row in tables["regions"]} == {
        region: off[region] for region in ("CH", "FR", "GB")
    }


def test_a_week_counts_those_who_turned_it_off_in_it_once(home: Home) -> None:
    def say(who: str, on: bool, days: int) -> None:
        at = NOW - timedelta(days=days)
        with Ledger.of(home) as ledger:
            ledger.append([Choice(who + n, MAIN_PURPOSE, "all", on, at) for n in "abcde"])

    say("m0", False, 20)
    say("m0", False, 19)  # was off already
    say("m3", False, 18)
    say("m1", True, 17)
    say("m0", True, 4)
    say("m0", False, 3)
    weeks = [tuple(row.values()) for row in choice_tables(home, NOW)[0]["weeks"]]
    assert weeks == [("CH", "2026-11-09", 10), ("CH", "2026-11-23", 5)]


def test_nobody_has_chosen_yet(home: Home) -> None:
    tables, sample = choice_tables(home, NOW)
    assert dict(tables["choices"].rows)["never"] == len(FIVEFOLD) == 5 * len(sample.people)
    assert not tables["weeks"].rows and not tables["categories"].rows and not sample.turned_off


def test_a_table_answers_with_the_rows_that_an_address_asks_for() -> None:
    rows = [("CH", "2026-11-23", 7), ("FR", "2026-11-23", 8)]
    table = CountTable.of("weeks", "region week off", rows)
    assert table.where({"region": "FR", "lang": "de"}).as_csv().split() == [
        "region,week,off",
        "FR,2026-11-23,8",
    ]
    assert table.where({"region": "IT"}).as_json() == []


# Who is in the training set


def test_a_name_in_a_table_of_counts_is_no_formula_in_its_csv() -> None:
    table = CountTable.of("weeks", "region change", [("＝1+1", -1), ("=1", 2), ("CH", None)])
    assert table.as_csv().split() == ["region,change", "'＝1+1,-1", "'=1,2", "CH,"]


def test_each_member_stands_where_the_last_reason_puts_them(home: Home) -> None:
    adult, child = date(1990, 1, 1), date(2015, 1, 1)
    people = {
        "in": Member("writes", "CH", adult),
        "off": Member("off", "CH", adult),
        "off, and has an old salary": Member("both", "CH", adult),
        "nothing": Member("silent", "CH", adult),
        "only a salary": Member("paid", "CH", adult),
        "age": Member("child", "CH", child),
        "region": Member("nowhere", None, adult),
    }
    replace_members(list(people.values()), home)
    items = [
        Item(f"{owner}-{kind}", owner, kind, created_at=START, text="wool")
        for owner, kind in [
            ("writes", "post"), ("writes", "salary"), ("off", "post"), ("both", "post"),
            ("both", "salary"), ("paid", "salary"), ("child", "post"), ("nowhere", "post"),
        ]
    ]  # fmt: skip
    never = [item for item in items if item.category == "salary"]
    write_items([item for item in items if item not in never], home.items / "a.parquet")
    write_items(never, home.items / "never-a.parquet")
    with Ledger.of(home) as ledger:
        ledger.append([Choice(who, MAIN_PURPOSE, "all", False, START) for who in ("off", "both")])
    manifest = build(home, NOW)
    counted = standings(home, manifest)
    assert counted.counts == {
        "in": 1, "off": 2, "nothing-usable": 2, "age": 1, "region": 1, "off-by-default": 0,
    }  # fmt: skip
    assert counted.documents == manifest.documents
    known = kept_standings(home, manifest)
    assert known and known.counts == counted.counts and known.documents == manifest.documents


# What needs a person


def test_the_ledger_is_looked_after_by_its_last_check(home: Home) -> None:
    def concerns(now: datetime) -> list[str]:
        counted = count(home, now, LedgerScan(MAIN_PURPOSE))
        with Ledger.of(home, read_only=True) as ledger:
            return [each.concern for each in needs(counted, log_state(home, ledger, now))]

    assert concerns(NOW) == ["log-never"]
    check_ledger(home, "worker", lambda: NOW)
    assert concerns(NOW) == [] and concerns(NOW + timedelta(days=2)) == ["log-old"]
    with sqlite3.connect(home.ledger) as db:
        db.execute("UPDATE log SET note = replace(note, '=', '-')")
    check_ledger(home, "command", lambda: NOW + timedelta(days=2))
    assert concerns(NOW + timedelta(days=2)) == ["log-failed"]


def test_a_manifest_with_another_number_of_documents_needs_a_person(home: Home) -> None:
    build(home, NOW)
    check_ledger(home, "worker", lambda: NOW)
    counted = count(home, NOW, LedgerScan(MAIN_PURPOSE))
    assert not counted.documents_differ
    with Ledger.of(home, read_only=True) as ledger:
        state = log_state(home, ledger, NOW)
    assert [*needs(counted, state)] == []
    (need,) = needs(replace(counted, documents_differ=True), state)
    assert (need.concern, need.kind) == ("documents", "late")


def test_what_was_read_of_the_ledger_is_read_again_after_an_erasure(home: Home) -> None:
    choose(home, 2, 30)
    scan = LedgerScan(MAIN_PURPOSE)
    with Ledger.of(home) as ledger:
        scan.go_on(ledger, ledger.size)
        ledger.append([Choice("m1", MAIN_PURPOSE, "all", False, NOW)])
        scan.go_on(ledger, ledger.size)
        ledger.erase("m1", NOW)
        scan.go_on(ledger, ledger.size)
        anew = LedgerScan(MAIN_PURPOSE)
        anew.go_on(ledger, ledger.size)
    assert scan == anew


# What is new since somebody looked


def test_a_look_is_over_after_half_an_hour_and_is_each_account_its_own(home: Home) -> None:
    later = NOW + timedelta(minutes=20)
    assert look(home, "a", NOW, 10) is None and look(home, "a", later, 12) is None
    tomorrow = NOW + timedelta(days=1)
    assert look(home, "a", tomorrow, 30) == Look(later, 12)
    assert look(home, "a", tomorrow + timedelta(minutes=5), 31) == Look(later, 12)
    assert look(home, "b", tomorrow, 30) is None


# What was to be forgotten, on a network with a past


def counted_at(past: PastLife, now: datetime) -> Counted:
    return count(past.home, now, LedgerScan(MAIN_PURPOSE))


def requests_at(past: PastLife, now: datetime) -> tuple[dict[str, CountTable], str | None]:
    """Count the requests of a sample in which each member counts for five."""
    scan = LedgerScan(MAIN_PURPOSE)
    with Ledger.of(past.home, read_only=True) as ledger:
        scan.go_on(ledger, ledger.size)
        everybody = Sample(frozenset(each.member_id for each in MEMBERS))
        return request_tables(past.home, ledger, scan, 30, now.date(), everybody)


def test_a_request_is_done_by_its_certificate_and_late_by_its_due_day(past: PastLife) -> None:
    due = [(at + timedelta(days=30)).date().isoformat() for at in (NO, NO_POSTS)]
    tables, late = requests_at(past, NO_POSTS + timedelta(days=30))
    assert tables["requests"].rows == ((due[0], "done", 5), (due[1], "waiting", 5)) and not late
    tables, late = requests_at(past, NO_POSTS + timedelta(days=31))
    assert tables["requests"].rows == ((due[0], "done", 5), (due[1], "late", 5)) and late == due[1]


def test_one_late_request_is_an_alarm_though_no_count_shows_it(past: PastLife) -> None:
    due = (NO_POSTS + timedelta(days=30)).date().isoformat()
    after = counted_at(past, NO_POSTS + timedelta(days=31))
    assert after.tables["requests"].rows == ()
    (late, *_) = [each for each in needs(after, checked(past.home)) if each.kind == "late"]
    assert (late.concern, late.count, late.since) == ("requests-late", 0, due)
    before = counted_at(past, NO_POSTS + timedelta(days=30))
    assert "late" not in before.alarms


def test_each_certificate_counts_the_requests_that_first_left_with_it(past: PastLife) -> None:
    rows = requests_at(past, THEN)[0]["certificates"]
    requests = {row["certificate"]: row["requests"] for row in rows}
    first, then = past.at_once[:16], (past.left.id[:16], past.came_back.id[:16])
    assert requests == {first: 5} | dict.fromkeys(then, 0)


def test_a_certificate_that_is_gone_makes_its_request_open_again(past: PastLife) -> None:
    shutil.rmtree(past.home.certificates)
    tables, late = requests_at(past, NO + timedelta(days=31))
    assert [row["state"] for row in tables["requests"]] == ["late", "waiting"] and late


def test_what_is_alive_and_what_was_replaced_is_listed_with_its_documents(past: PastLife) -> None:
    versions = counted_at(past, THEN).tables["versions"]
    states = {row["version"]: row["state"] for row in versions}
    first, second, third = (model[:16] for model in past.models)
    assert states.pop(past.versions[-1].version[:16]) == "current"
    assert states.pop(past.versions[2].version[:16]) == "learned-from"
    assert states.pop(past.interim[:16]) == "replaced"
    assert states == {first: "replaced", second: "replaced", third: "serves"}
    (serving,) = versions.where({"state": "serves"})
    assert serving["documents"] == 0  # they are of fewer than five members


def test_a_copy_of_a_model_that_was_replaced_is_not_reached(past: PastLife) -> None:
    def copies() -> list[object]:
        return [row["state"] for row in counted_at(past, THEN).tables["copies"]]

    file = past.home.root / "copy.gguf"
    file.write_bytes(b"weights")
    made = ExportedCopy("gguf", file, past.models[2], THEN, digest_of(file))
    record(past.home.model, made)
    assert copies() == ["serves"]
    known = past.home.model / "exports.json"
    known.write_text(known.read_text().replace(past.models[2], past.models[0]))
    assert copies() == ["not-reached"]


def test_no_table_says_whose_it_is(past: PastLife) -> None:
    tables = counted_at(past, THEN).tables
    assert len(tables) >= 11
    text = "".join(table.as_csv() + str(table.as_json()) for table in tables.values())
    assert not [who for who in (*MEMBERS, BARE) if who.member_id in text]


def checked(home: Home) -> LogState:
    with Ledger.of(home, read_only=True) as ledger:
        return log_state(home, ledger, THEN)


# A change of policy


def test_a_change_of_policy_says_what_it_did_and_who_opted_out_after_it(home: Home) -> None:
    toml = home.policy.read_text()
    people = [each.member_id for each in FIVEFOLD[:40]]
    write_items(
        [Item(f"i{who}", who, "post", created_at=START, text="wool") for who in people],
        home.items / "b.parquet",
    )
    build(home, NOW)
    without = toml.replace('post = ["faq", "notice"]\n', "", 1).replace('"1"', '"2"', 1)
    announced = publish(home, draft(home, without, "policy.toml", NOW))
    at = announced.effective_at + timedelta(days=1)
    with Ledger.of(home) as ledger:
        seen = [Seen(who, announced.notice, at, None) for who in people[:30]]
        offs = [Choice(who, MAIN_PURPOSE, "all", False, at) for who in people[:35]]
        ledger.append([*seen, *offs])
    counted = count(home, at + timedelta(days=1), LedgerScan(MAIN_PURPOSE))
    (new, old) = counted.tables["policies"]
    assert (new["state"], old["state"]) == ("in-force", "ended")
    assert (new["seen"], new["off_within_14_days"]) == (30, 35)
    # of those forty, 35 are off by now: the change alone closes the five posts that are left
    assert (new["opened_items"], new["closed_items"]) == (0, 5)
    (reason,) = counted.tables["policy-reasons"].where({"before": "allowed"})
    assert (reason["after"], reason["items"]) == ("category-not-listed", 5)
