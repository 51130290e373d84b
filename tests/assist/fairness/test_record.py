"""The record of searches is append-only, is kept for six months, lets a member go, and explains."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from vanne.errors import InputError, RefusedError, StorageError
from vanne_assist.fairness.explaining import explanation
from vanne_assist.fairness.record import ERASED, LEAST_DAYS, Hit, Search, SearchLog

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
SEARCH = Search(
    at=NOW,
    by="account-7",
    role="recruiter",
    organisation="o-1",
    brief="Rust engineer near Lausanne",
    criteria=({"kind": "skill", "value": "rust", "said": "Rust"},),
    filters={"must": ["rust"]},
    index="v12",
    encoder="e3",
    eligible=40,
    hits=(
        Hit("m1", 1, {"meaning": 0.8, "words": 0.3}, ("Rust",), place_before=2),
        Hit("m2", 2, {"meaning": 0.9, "words": 0.1}, (), place_before=1),
    ),
    rule={"attribute": "sex", "legal_basis": "decision 12/2026"},
)


@pytest.fixture
def log(tmp_path: Path) -> SearchLog:
    return SearchLog(tmp_path / "home" / "search-log.sqlite")


def test_what_is_written_down_is_read_again_whole(log: SearchLog) -> None:
    kept = log.add(SEARCH)
    assert log.find(kept.id) == kept == replace(SEARCH, id=kept.id)
    assert log.find(kept.id[:6]) == kept
    assert [each.id for each in log.searches()] == [kept.id]


def test_both_orders_of_a_list_are_kept(log: SearchLog) -> None:
    hits = log.find(log.add(SEARCH).id).hits
    assert [hit.member_id for hit in hits] == ["m1", "m2"]
    assert sorted(hits, key=lambda hit: hit.place_before or 0)[0].member_id == "m2"


def test_only_its_owner_can_read_the_file(log: SearchLog) -> None:
    log.add(SEARCH)
    assert log.path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE search SET brief = 'another'",
        "UPDATE search SET by = 'another'",
        "UPDATE search SET document = '{}'",
        "UPDATE shown SET place_before = 9",
        "UPDATE shown SET member = 'm9'",
        "UPDATE shown SET parts = '{}'",
        "DELETE FROM shown",
        "DELETE FROM search",
    ],
)
def test_a_record_cannot_be_changed_by_plain_sql(log: SearchLog, change: str) -> None:
    log.add(SEARCH)
    db = sqlite3.connect(log.path)
    with pytest.raises(sqlite3.IntegrityError, match="a record stands"):
        db.execute(change)
    db.close()


def test_an_erased_member_is_in_no_byte_of_the_file_and_the_record_stands(log: SearchLog) -> None:
    member = "member-who-leaves"
    kept = log.add(
        replace(SEARCH, hits=(replace(SEARCH.hits[0], member_id=member), *SEARCH.hits[1:]))
    )
    assert log.erase(member) == 1
    assert [hit.member_id for hit in log.find(kept.id).hits] == [ERASED, "m2"]
    files = log.path.parent.glob("search-log.sqlite*")
    assert not any(member.encode() in file.read_bytes() for file in files)
    assert log.erase(member) == 0


def test_a_member_who_searched_is_erased_there_too(log: SearchLog) -> None:
    kept = log.add(SEARCH)
    assert log.erase("account-7") == 1
    assert log.find(kept.id).by == ERASED


def test_records_are_kept_for_six_months_and_then_go(log: SearchLog) -> None:
    old = log.add(replace(SEARCH, at=NOW - timedelta(days=LEAST_DAYS, seconds=1)))
    new = log.add(replace(SEARCH, at=NOW - timedelta(days=LEAST_DAYS) + timedelta(seconds=1)))
    with pytest.raises(RefusedError):
        log.prune(LEAST_DAYS - 1, NOW)
    assert log.prune(LEAST_DAYS, NOW) == 1
    assert [each.id for each in log.searches()] == [new.id]
    with pytest.raises(InputError):
        log.find(old.id)
    db = sqlite3.connect(log.path)
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("DELETE FROM shown")
    db.close()


def test_a_home_without_searches_has_an_empty_record(log: SearchLog) -> None:
    assert list(log.searches()) == []
    assert (log.erase("m1"), log.prune(400, NOW)) == (0, 0)
    assert explanation(log, "m1", NOW)["searches"] == []
    assert not log.path.exists()


def test_a_damaged_record_is_told_in_one_line(log: SearchLog) -> None:
    log.path.parent.mkdir()
    log.path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StorageError, match="cannot be read"):
        log.add(SEARCH)


def test_a_member_is_told_why_and_by_how_many_and_by_nobodys_name(log: SearchLog) -> None:
    log.add(SEARCH)
    log.add(replace(SEARCH, at=NOW + timedelta(hours=1), by="account-8", rule=None))
    document = explanation(log, "m1", NOW)
    assert document["looked"] == {
        "searches": 2, "accounts": 2, "organisations": 1, "roles": {"recruiter": 2},
    }  # fmt: skip
    assert document["criteria"] == [{"criterion": "Rust", "searches": 2}]
    first = document["searches"][0]
    assert (first["place"], first["place_before_reranking"], first["of"]) == (1, 2, 40)
    assert first["reranked_under"]["legal_basis"] == "decision 12/2026"
    said = str(document)
    assert "account-7" not in said
    assert "o-1" not in said
    assert "m2" not in said
    assert SEARCH.brief not in said
