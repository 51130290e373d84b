"""Use is counted of those who said yes, by day, and the file names nobody."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.web.people import BORN, make_home, policy_text
from vanne.config import Home
from vanne.errors import StorageError
from vanne.ledger import Ledger
from vanne.terms import Choice, Member
from vanne_assist.recruiting.desk import path_of as desk_path
from vanne_assist.use import PURPOSE, Account, Event, Who, count, said_yes, store
from vanne_assist.use.consent import choose
from vanne_assist.use.events import STEPS

NOW = datetime(2026, 11, 26, 10, 0, 7, tzinfo=UTC)
ANNA = Member("anna-of-the-long-id", "CH", BORN)
YOUNG = Member("young", "CH", date(2010, 1, 1))
NOWHERE = Member("nowhere", None, BORN)
ROSA = Account("account-of-rosa")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home", policy_text())


def say(home: Home, member: str, on: bool, at: datetime = NOW - timedelta(days=1)) -> None:
    with Ledger.of(home) as ledger:
        ledger.append([Choice(member, PURPOSE, "all", on, at)])


def do(home: Home, who: Who, *events: Event, at: datetime = NOW, **begun: int) -> dict[str, int]:
    """Let somebody do things one after the other, ten seconds apart."""
    with Ledger.of(home, read_only=True) as ledger:
        for number, event in enumerate(events):
            begun = count(home, ledger, who, event, at + timedelta(seconds=10 * number), begun)
    return begun


def tallies(home: Home) -> dict[tuple[str, str], int]:
    with store.opened(home.root) as db:
        return {(day, what): n for day, what, n in db.execute("SELECT * FROM tally").fetchall()}


def test_nobody_is_counted_who_did_not_say_yes(home: Home) -> None:
    do(home, ANNA, Event.DRAFT_KEPT)
    do(home, ROSA, Event.PERSON_KEPT)
    assert not store.path_of(home.root).exists()


def test_a_default_is_no_yes(home: Home) -> None:
    i = policy_text().index("[[purposes.usage-measurement.rollout]]")
    on = policy_text()[i:].replace('default = "off"', 'default = "on"', 1)
    home.policy.write_text(policy_text()[:i] + on)
    do(home, ANNA, Event.DRAFT_KEPT)
    assert not store.path_of(home.root).exists()


def test_who_says_yes_is_counted_and_after_a_no_not_any_more(home: Home) -> None:
    say(home, ANNA.member_id, on=True)
    do(home, ANNA, Event.DRAFT_KEPT, Event.DRAFT_KEPT)
    say(home, ANNA.member_id, on=False, at=NOW + timedelta(minutes=1))
    assert do(home, ANNA, Event.DRAFT_KEPT, at=NOW + timedelta(minutes=2), write=1) == {}
    assert tallies(home) == {("2026-11-26", "draft-kept"): 2}


@pytest.mark.parametrize("member", [YOUNG, NOWHERE])
def test_whoever_the_policy_leaves_out_is_not_counted_in_spite_of_a_yes(
    home: Home, member: Member
) -> None:
    say(home, member.member_id, on=True)
    do(home, member, Event.DRAFT_KEPT)
    assert not store.path_of(home.root).exists()


def test_without_the_purpose_in_the_policy_nobody_is_counted(home: Home) -> None:
    say(home, ANNA.member_id, on=True)
    home.policy.write_text(policy_text()[: policy_text().index("[purposes.usage-measurement")])
    do(home, ANNA, Event.DRAFT_KEPT)
    assert not store.path_of(home.root).exists()


def test_a_yes_for_one_kind_of_data_is_no_yes(home: Home) -> None:
    with Ledger.of(home) as ledger:
        ledger.append([Choice(ANNA.member_id, PURPOSE, "category", True, NOW, "feedback")])
    do(home, ANNA, Event.DRAFT_KEPT, at=NOW + timedelta(days=1))
    assert not store.path_of(home.root).exists()


def test_somebody_of_the_staff_says_it_at_the_desk_and_a_no_leaves_nothing(home: Home) -> None:
    with Ledger.of(home, read_only=True) as ledger:
        choose(home, ROSA, NOW, on=True)
        assert said_yes(home, ledger, ROSA, NOW)
        assert not said_yes(home, ledger, Account("somebody-else"), NOW)
        choose(home, ROSA, NOW, on=False)
        assert not said_yes(home, ledger, ROSA, NOW)
    assert ROSA.subject.encode() not in desk_path(home.root).read_bytes()


def test_an_occasion_begins_once_and_ends_with_the_first_useful_result(home: Home) -> None:
    say(home, ANNA.member_id, on=True)
    left = do(home, ANNA, Event.BRIEF_ASKED, Event.BRIEF_ASKED, Event.PERSON_OPENED, Event.PERSON_KEPT)  # fmt: skip
    assert left == {}
    assert tallies(home) == {
        ("2026-11-26", "brief-asked"): 2,
        ("2026-11-26", "find/begun"): 1,
        ("2026-11-26", "find/1"): 1,
        ("2026-11-26", "person-opened"): 1,
        ("2026-11-26", "person-kept"): 1,
    }


@pytest.mark.parametrize(("seconds", "step"), [(9, 0), (10, 1), (119, 3), (3599, len(STEPS))])
def test_seconds_are_kept_in_steps(home: Home, seconds: int, step: int) -> None:
    say(home, ANNA.member_id, on=True)
    begun = do(home, ANNA, Event.WRITING_BEGUN)
    do(home, ANNA, Event.DRAFT_KEPT, at=NOW + timedelta(seconds=seconds), **begun)
    assert tallies(home)["2026-11-26", f"write/{step}"] == 1


@pytest.mark.parametrize("seconds", [3600, -5])
def test_what_began_more_than_an_hour_ago_or_later_than_now_is_no_occasion(
    home: Home, seconds: int
) -> None:
    say(home, ANNA.member_id, on=True)
    begun = do(home, ANNA, Event.WRITING_BEGUN)
    do(home, ANNA, Event.DRAFT_KEPT, at=NOW + timedelta(seconds=seconds), **begun)
    assert not [
        what for _, what in tallies(home) if what.startswith("write/") and what != "write/begun"
    ]


def test_days_are_those_of_utc(home: Home) -> None:
    say(home, ANNA.member_id, on=True)
    do(home, ANNA, Event.DRAFT_KEPT, at=datetime.fromisoformat("2026-11-27T00:30:00+01:00"))
    assert list(tallies(home)) == [("2026-11-26", "draft-kept")]


def test_the_file_holds_no_id_no_text_and_no_time_of_day(home: Home) -> None:
    say(home, ANNA.member_id, on=True)
    choose(home, ROSA, NOW, on=True)
    for who in (ANNA, ROSA):
        do(home, who, *Event)
    data = store.path_of(home.root).read_bytes()
    assert b"2026-11-26" in data
    for found in (ANNA.member_id, ROSA.subject, "10:00", str(int(NOW.timestamp()))):
        assert found.encode() not in data
    assert store.path_of(home.root).stat().st_mode & 0o077 == 0


def test_a_damaged_file_is_one_clear_line(home: Home) -> None:
    say(home, ANNA.member_id, on=True)
    store.path_of(home.root).write_bytes(b"no database at all, just some words" * 50)
    with pytest.raises(StorageError, match="cannot be read: restore it"):
        do(home, ANNA, Event.DRAFT_KEPT)
