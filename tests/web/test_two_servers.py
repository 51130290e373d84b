"""Two servers of one deployment: what is changed at one is so at the other."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.security.running import Running, running
from tests.security.test_order_of_choices import network
from tests.web.conftest import SWITCH, sign_in
from vanne import tokens
from vanne.cli import all_commands
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.web.api.gate import LOOK_EVERY_SECONDS
from vanne.web.session import COOKIE


@pytest.fixture
def home(either_home: Home) -> Home:
    """A network whose ledger and database are in files, and then in PostgreSQL."""
    return network(Path(f"{either_home.root}-network"), either_home.database_url)


def asks(server: Running, token: str) -> int:
    return server.ask("GET", "/v1/ledger", authorization=f"Bearer {token}")[0]


def test_what_is_changed_at_one_server_is_so_at_the_other(home: Home) -> None:
    place = {"VANNE_DATABASE_URL": home.database_url} if home.database_url else {}
    token = tokens.create(home, "program", ["ledger"], 9, datetime.now(UTC))
    with running(home, **place) as one, running(home, **place) as two:
        # a choice
        member = one.member("member-1")
        assert member.post(SWITCH, data={"set": "off:all"}).status_code == 200
        at_two = two.browser()
        at_two.cookies.set(COOKIE, member.cookies[COOKIE])
        with Ledger.of(home, read_only=True) as ledger:
            assert ledger.size == 1
        switched = at_two.get(SWITCH)
        assert switched.status_code == 200 and "off:all" not in switched.text

        # a session
        member.post("/sign-out")
        assert at_two.get(SWITCH).url.path != SWITCH

        # a token
        assert asks(one, token) == asks(two, token) == 200
        tokens.revoke(home, token.split("_")[1], datetime.now(UTC))
        time.sleep(2 * LOOK_EVERY_SECONDS)
        assert asks(one, token) == asks(two, token) == 401

        # a list
        if "search" not in all_commands():  # the tests of the core alone
            return
        rosa, at_two = one.browser(), two.browser()
        sign_in(rosa, "", "recruiter")  # type: ignore[arg-type]
        at_two.cookies.set(COOKIE, rosa.cookies[COOKIE])
        made = rosa.post("/find/lists", data={"name": "Nurses in Bern"}).url.path
        assert "Nurses in Bern" in at_two.get("/find/lists").text
        at_two.post(made, data={"do": "delete"})
        assert "Nurses in Bern" not in rosa.get("/find/lists").text
    assert (home.root / "database.sqlite").exists() is (home.database_url is None)
