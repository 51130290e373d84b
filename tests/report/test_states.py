"""Whose word it is: the network's that it uses this, that it does not, or nobody's."""

import tomllib
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

import pytest

from vanne.report.inspection import inspect

FIXTURES = Path(__file__).parents[1] / "fixtures"
ALL = tomllib.loads(
    (Path(__file__).parents[1] / "cases" / "states.toml").read_text(encoding="utf-8")
)["case"]
CASES = [case for case in ALL if "file" in case]
OF_ARCHIVES = [case for case in ALL if "archive" in case]
COMPLETE = FIXTURES / "linkedin" / "2026-complete"
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def told(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The document of an archive that holds the one row of a case."""
    file = folder / case["file"]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(case["text"].lstrip(), encoding="utf-8")
    day = case.get("as_of")
    inspection = inspect(
        [folder],
        region=case.get("region", "CH") or None,
        as_of=datetime.combine(day, time(), UTC) if day else NOW,
        policy=case.get("policy"),
        birth_date=case.get("birth_date"),
    )
    return inspection.document()


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["says"]))
def test_the_state_of_a_row_is_what_the_network_says_of_it(
    case: dict[str, Any], tmp_path: Path
) -> None:
    (row,) = told(case, tmp_path)["states"]
    assert f"{row['category']} {row['state']} {row['reason']}" == case["state"]
    hangs_on_more = row["reason"] in ("visibility-not-listed", "allowed")
    assert bool(row["sources"]) == (row["state"] != "not-known" or hangs_on_more)
    if "publisher" in case:
        assert case["publisher"] in {source["publisher"] for source in row["sources"]}


@pytest.mark.parametrize("case", OF_ARCHIVES, ids=lambda case: str(case["says"]))
def test_a_network_that_lists_nothing_says_the_same_of_every_row(case: dict[str, Any]) -> None:
    inspection = inspect([FIXTURES / case["archive"]], region="US", as_of=NOW)
    rows = [row for row in inspection.document()["states"] if row["network"] == case["archive"]]
    assert {f"{row['state']} {row['reason']}" for row in rows} == {case["state"]}
    publishers = {source["publisher"] for row in rows for source in row["sources"]}
    assert publishers == ({case["publisher"]} if "publisher" in case else set())


def test_vanne_is_never_the_source_of_a_state() -> None:
    states = inspect([COMPLETE], as_of=NOW).document()["states"]
    publishers = {source["publisher"] for row in states for source in row["sources"]}
    assert publishers
    assert "Vanne" not in publishers


def test_states_count_each_item_once_and_what_could_not_be_read_too() -> None:
    inspection = inspect([COMPLETE], as_of=NOW)
    document = inspection.document()
    assert sum(row["count"] for row in document["states"]) == (
        document["totals"]["items"] + inspection.unread
    )
    assert [row["count"] for row in document["states"] if row["reason"] == "unread"] == [
        inspection.unread
    ]


TWEETS = """window.YTD.tweets.part0 = [{"tweet": {"id_str": "1", "full_text": "Hello",
"created_at": "Wed Mar 20 10:00:00 +0000 2024", "entities": {}}}]"""
CLOSED = '{"protectedHistory": {"protectedAt": "2024-05-01T10:00:00.000Z", "action": "%s"}}'


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        (None, "not-known"),  # nothing tells who may see the account
        ("", "reserved"),  # the account was never closed
        (CLOSED % "Unprotect", "reserved"),
        (CLOSED % "Protect", "not-known"),  # it was made before the account was closed
    ],
)
def test_what_an_archive_of_x_tells_of_the_account_tells_who_sees_a_post(
    changes: str | None, state: str, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "tweets.js").write_text(TWEETS)
    if changes is not None:
        text = f"window.YTD.protected_history.part0 = [{changes}]"
        (tmp_path / "data" / "protected-history.js").write_text(text)
    inspection = inspect([tmp_path], region="CH", as_of=NOW)
    (post,) = (each for each in inspection.decided if each.item.category == "post")
    assert post.state.state == state
    assert inspection.document()["audience_unknown"] == (changes is None)


def test_the_day_of_an_archive_is_not_the_day_of_what_has_none_of_its_own() -> None:
    days = {each.item.category: each.at for each in inspect([COMPLETE], as_of=NOW).decided}
    assert days["position"] is days["skill"] is None
    assert days["post"] is not None
