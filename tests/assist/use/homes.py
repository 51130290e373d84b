"""A network of made-up people who said yes, and what they do, for the tests of experiments."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.web.people import BORN, make_home, policy_text
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.terms import Choice, Member
from vanne_assist.use import PURPOSE, Event, count

CASES = Path(__file__).parents[2] / "cases" / "use"
SHARE = (CASES / "share.toml").read_text()
SECONDS = (CASES / "seconds.toml").read_text()

BEFORE = datetime(2026, 11, 23, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
LAST_DAY = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
AFTER = datetime(2027, 1, 1, tzinfo=UTC)

DAY = timedelta(days=1)

PEOPLE = tuple(Member(f"somebody-{n:03d}", "CH", BORN) for n in range(400))


def make(root: Path) -> Home:
    """Write a network into a folder; everybody said yes to being counted."""
    home = make_home(root, policy_text())
    with Ledger.of(home) as ledger:
        yes = [Choice(m.member_id, PURPOSE, "all", True, BEFORE - DAY) for m in PEOPLE]
        ledger.append(yes)
    return home


def search(home: Home, ledger: Ledger, who: Member, at: datetime, seconds: int | None = 20) -> None:
    """Let somebody search, and after so many seconds open a person; None: they find nobody."""
    begun = count(home, ledger, who, Event.BRIEF_ASKED, at, {})
    if seconds is not None:
        count(home, ledger, who, Event.PERSON_OPENED, at + timedelta(seconds=seconds), begun)


def many(home: Home, people: Iterable[Member], at: datetime, seconds: int | None = 20) -> None:
    """Let many people search once."""
    with Ledger.of(home, read_only=True) as ledger:
        for who in people:
            search(home, ledger, who, at, seconds)
