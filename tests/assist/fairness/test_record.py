"""The record of searches is append-only, is kept for six months, lets a member go, and explains."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from vanne.config import Home
from vanne.database import Database
from vanne.errors import InputError, RefusedError, VanneError
from vanne_assist.fairness.record import (
    ERASED,
    LEAST_DAYS,
    SearchLog,
    SearchRecord,
    ShownPerson,
    explanation,
)

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
SEARCH = SearchRecord(
    at=NOW,
    by="account-7",
    role="recruiter",
    brief="Rust engineer near Lausanne",
    criteria=({"kind": "skill", "value": "rust", "said": "Rust"},),
    filters={"must": ["rust"]},
    index="v12",
    encoder="e3",
    eligible=40,
    hits=(
        ShownPerson("m1", 1, {"meaning": 0.8, "words": 0.3}, ("Rust",)),
        ShownPerson("m2", 2, {"meaning": 0.9, "words": 0.1}, ()),
    ),
)


@pytest.fixture
def home(either_home: Home) -> Home:
    return either_home


@pytest.fixture
def log(home: Home) -> SearchLog:
    return SearchLog(home)


def test_what_is_written_down_is_read_again_whole(log: SearchLog) -> None:
    kept = log.add(SEARCH)
    assert log.find(kept.id) == kept == replace(SEARCH, id=kept.id)
    assert [each.id for each in log.searches()] == [kept.id]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE search SET brief = 'another'",
        "UPDATE search SET account = 'm1'",
        "UPDATE search SET document = '{}'",
        "UPDATE search_hit SET place = 9",
        "UPDATE search_hit SET person_id = 'account-7'",
        "UPDATE search_hit SET parts = '{}'",
        "DELETE FROM search_hit",
        "DELETE FROM search",
    ],
)
def test_a_record_cannot_be_changed_by_plain_sql(log: SearchLog, home: Home, change: str) -> None:
    log.add(SEARCH)
    with pytest.raises(VanneError, match="a record stands"), Database.of(home).writing() as db:
        db.execute(text(change))


def test_an_erased_member_is_in_no_byte_of_the_file_and_the_record_stands(
    log: SearchLog, home: Home
) -> None:
    member = "member-who-leaves"
    kept = log.add(
        replace(SEARCH, hits=(replace(SEARCH.hits[0], member_id=member), *SEARCH.hits[1:]))
    )
    for _ in range(2):
        Database.of(home).erase(member)
    assert [hit.member_id for hit in log.find(kept.id).hits] == [ERASED, "m2"]
    files = home.root.glob("database.sqlite*")
    assert not any(member.encode() in file.read_bytes() for file in files)


def test_a_member_who_searched_is_erased_there_too(log: SearchLog, home: Home) -> None:
    kept = log.add(SEARCH)
    Database.of(home).erase("account-7")
    assert log.find(kept.id).by == ERASED


def test_records_are_kept_for_six_months_and_then_go(log: SearchLog, home: Home) -> None:
    old = log.add(replace(SEARCH, at=NOW - timedelta(days=LEAST_DAYS, seconds=1)))
    new = log.add(replace(SEARCH, at=NOW - timedelta(days=LEAST_DAYS) + timedelta(seconds=1)))
    with pytest.raises(RefusedError):
        log.prune(LEAST_DAYS - 1, NOW)
    assert log.prune(LEAST_DAYS, NOW) == 1
    assert [each.id for each in log.searches()] == [new.id]
    with pytest.raises(InputError):
        log.find(old.id)
    with pytest.raises(VanneError), Database.of(home).writing() as db:
        db.execute(text("DELETE FROM search_hit"))


def test_a_home_without_searches_has_an_empty_record(log: SearchLog) -> None:
    assert list(log.searches()) == []
    assert log.prune(400, NOW) == 0
    assert explanation(log, "m1", NOW)["searches"] == []


def test_a_member_is_told_why_and_by_how_many_and_by_nobodys_name(log: SearchLog) -> None:
    log.add(SEARCH)
    log.add(replace(SEARCH, at=NOW + timedelta(hours=1), by="account-8"))
    document = explanation(log, "m1", NOW)
    assert document["looked"] == {
        "searches": 2, "accounts": 2, "roles": {"recruiter": 2},
    }  # fmt: skip
    assert document["criteria"] == [{"criterion": "Rust", "searches": 2}]
    first = document["searches"][0]
    assert (first["place"], first["of"]) == (1, 40)
    said = str(document)
    assert "account-7" not in said
    assert "m2" not in said
    assert SEARCH.brief not in said
