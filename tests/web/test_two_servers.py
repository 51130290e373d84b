"""Two servers of one deployment: what is changed at one is so at the other."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from http.client import HTTPException
from itertools import count
from pathlib import Path
from threading import Event

import pytest

from tests.ledger.conftest import new_schema
from tests.security.running import Running, running
from tests.security.test_order_of_choices import PEOPLE, network
from tests.web.conftest import SWITCH
from vanne import tokens
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.terms import MAIN_PURPOSE, Choice
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
    assert (home.root / "database.sqlite").exists() is (home.database_url is None)


def test_servers_restarted_one_after_another_lose_no_choice_and_mix_no_networks(
    postgres: str, tmp_path: Path
) -> None:
    ours, theirs = (network(tmp_path / name, new_schema(postgres)) for name in ("ours", "theirs"))
    token = tokens.create(ours, "program", ["choices"], 9, datetime.now(UTC))
    with Ledger.of(theirs) as ledger:
        ledger.append([Choice(PEOPLE[0], MAIN_PURPOSE, "all", False, datetime.now(UTC))])
    place = {"VANNE_DATABASE_URL": str(ours.database_url)}
    serving, answered, is_over = list[Running](), list[str](), Event()

    def choose() -> None:
        """Say one thing after another until each is answered, by whichever server is there."""
        for number in count():
            if is_over.is_set():
                return
            who = PEOPLE[number % len(PEOPLE)]
            body = json.dumps({"member_id": who, "on": number // len(PEOPLE) % 2 == 1})
            for turn in count(number):
                if is_over.is_set():
                    break
                with suppress(OSError, HTTPException):  # then the other is asked the same
                    status, _ = serving[turn % len(serving)].ask(
                        "POST", "/v1/choices", body, authorization=f"Bearer {token}",
                        content_type="application/json", idempotency_key=f'"{number}"',
                    )  # fmt: skip
                    assert status in (200, 201), status
                    answered.append(who)
                    break

    def wait_for(more: int) -> None:
        until = len(answered) + more
        while len(answered) < until:
            time.sleep(0.02)
            assert not client.done(), client.result()

    with ExitStack() as stack, ThreadPoolExecutor() as beside:
        stack.callback(is_over.set)
        first, second = (stack.enter_context(ExitStack()) for _ in range(2))
        serving += [each.enter_context(running(ours, **place)) for each in (first, second)]
        client = beside.submit(choose)
        for number, old in enumerate((first, second)):
            wait_for(15)
            old.close()  # SIGTERM, in the middle of what it is asked
            wait_for(5)
            serving[number] = stack.enter_context(running(ours, **place))
        wait_for(15)
        is_over.set()
        client.result()
    with Ledger.of(ours, read_only=True) as ledger:
        made = [choice.member_id for choice in ledger.choices()]
        assert made[: len(answered)] == answered and len(made) <= len(answered) + 1
        assert ledger.fsck().ok
    with Ledger.of(theirs, read_only=True) as ledger:
        assert (ledger.size, ledger.fsck().ok) == (1, True)
