"""Members of whom the rules see the same are decided alike, and no others."""

from datetime import UTC, date, datetime

from vanne.decide import People, decide
from vanne.policy import load
from vanne.terms import MAIN_PURPOSE, Item, Member, Reason

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MADE = datetime(2025, 12, 31, 23, tzinfo=UTC)
BORN = {
    "the day before": (date(2007, 12, 31), Reason.ALLOWED),
    "on the day": (date(2008, 1, 1), Reason.MADE_AS_MINOR),
    "the day after": (date(2008, 1, 2), Reason.MINOR),
}


def test_who_comes_of_age_at_that_very_moment_is_seen_as_of_age() -> None:
    members = [Member(name, "CH", born) for name, (born, _) in BORN.items()]
    people = People.of(members, [], load("linkedin-2025-11-03"), MAIN_PURPOSE, NOW)
    before, on, after = (people.profile(name)[0] for name in BORN)
    assert before == on != after
    for name, (_, reason) in BORN.items():
        assert decide(Item(name, name, "post", created_at=MADE), people) is reason
