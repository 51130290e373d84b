"""What people do on the pages is counted if they said yes, and no page waits for it or fails by it."""

from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.network import clock
from tests.web.test_finding import home, pages, people, rosa, search, shown  # noqa: F401
from vanne.assist.use import Account, store
from vanne.assist.use.consent import choose
from vanne.config import Home

ROSA = Account("demonstration-recruiter")


def tallies(home: Home) -> dict[str, int]:  # noqa: F811
    if not store.path_of(home.root).exists():
        return {}
    with store.opened(home.root) as db:
        return dict(db.execute("SELECT what, count FROM tally").fetchall())


def look(rosa: TestClient) -> None:  # noqa: F811
    """Search, and look at the first person who is found."""
    page = search(rosa)
    found = rosa.get(
        f"/find/people/{shown(page)[0]}", params={"from": page.split("/find/results/")[1][:16]}
    )
    assert found.status_code == 200


def test_a_recruiter_is_not_counted_without_a_yes(home: Home, rosa: TestClient) -> None:  # noqa: F811
    look(rosa)
    assert tallies(home) == {}


def test_a_brief_is_answered_when_the_first_person_is_opened(home: Home, rosa: TestClient) -> None:  # noqa: F811
    choose(home, ROSA, clock()() - timedelta(days=1), on=True)
    look(rosa)
    found = tallies(home)
    assert found.pop("find/begun") == 1
    assert sum(n for what, n in found.items() if what.startswith("find/")) == 1
    assert {what: n for what, n in found.items() if "/" not in what} == {
        "brief-asked": 1,
        "person-opened": 1,
    }


@pytest.mark.parametrize("damage", [b"no database" * 500])
def test_the_pages_answer_when_the_numbers_cannot_be_written(
    home: Home,  # noqa: F811
    rosa: TestClient,  # noqa: F811
    damage: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    choose(home, ROSA, clock()(), on=True)
    Path(store.path_of(home.root)).write_bytes(damage)
    look(rosa)
    assert "nothing was counted: `use.sqlite`" in caplog.text
    assert ROSA.subject not in caplog.text
