"""Killed in the middle: what was acknowledged is there, and nothing is there by half."""

import asyncio
import json
import shutil
import signal
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.ledger.conftest import new_schema
from tests.postgres import running as postgres_running
from tests.security.running import Running, running
from tests.web.api.conftest import asking, problem, token_for
from vanne.config import Home
from vanne.ledger import Ledger, verify_receipt

COUNT = 120
AT_ONCE = 32
KILLED_AFTER = 40
"""Acknowledged choices; with so many requests under way there are always some in the middle."""

Answers = dict[int, dict[str, Any]]


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest, home: Home) -> Home:
    """The small network, its ledger in a file or on a server; the server's is empty."""
    if request.param == "sqlite":
        return home
    return on_server(home, request.getfixturevalue("postgres"))


def on_server(home: Home, server: str) -> Home:
    """Begin a ledger on a server, in the place of the file."""
    for path in (*home.root.glob("ledger.*"), *home.corpus.glob("CURRENT*"), home.checkpoint):
        path.unlink()
    (home.root / "checkpoint").unlink(missing_ok=True)
    shutil.rmtree(home.corpus)  # which has seen the entries of the file
    moved = Home(home.root, new_schema(server))
    Ledger.create(moved).close()
    return moved


def served(home: Home) -> AbstractContextManager[Running]:
    """Run a real server: a process of its own."""
    place = {"VANNE_DATABASE_URL": home.database_url} if home.database_url else {}
    return running(home, **place)


def choice(number: int) -> dict[str, Any]:
    return {
        "member_id": f"member-{number}",
        "on": number % 2 == 0,
        "objection": True,
        "channel": f"test {number}",
    }


async def post_all(
    url: str, token: str, numbers: list[int], server: Running | None = None
) -> Answers:
    """Post choices, many at once, each with its key; kill the server when enough were answered."""
    answers: Answers = {}
    waiting = iter(numbers)

    async def post(client: httpx2.AsyncClient) -> None:
        for number in waiting:
            headers = {"Idempotency-Key": f'"choice {number}"'}
            try:
                answer = await client.post("/v1/choices", json=choice(number), headers=headers)
            except httpx2.HTTPError:
                return
            assert answer.status_code == 201, answer.text
            answers[number] = answer.json() | {
                "replayed": answer.headers.get("idempotent-replayed") == "true"
            }
            if server and len(answers) == KILLED_AFTER:
                server.process.kill()

    headers = {"Authorization": f"Bearer {token}"}
    limits = httpx2.Limits(max_connections=AT_ONCE)
    async with httpx2.AsyncClient(
        base_url=url, headers=headers, limits=limits, timeout=300, trust_env=False
    ) as client:
        await asyncio.gather(*(post(client) for _ in range(AT_ONCE)))
    return answers


def run(posting: Coroutine[Any, Any, dict[int, Any]]) -> dict[int, Any]:
    """Run it in a thread of its own: a browser that other tests drive holds the loop of this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, posting).result()


def test_killed_among_many_choices_it_keeps_every_one_that_it_acknowledged(
    home: Home,
) -> None:
    token = token_for(home, "choices")
    with served(home) as server:
        acknowledged = run(post_all(server.origin, token, list(range(COUNT)), server))
        assert server.process.wait(300) == -signal.SIGKILL
    assert KILLED_AFTER <= len(acknowledged) < COUNT

    kept = _kept(home)
    for number, answer in acknowledged.items():
        assert kept[answer["index"]] == choice(number)
        assert verify_receipt(answer["receipt"]).record.channel == f"test {number}"
    assert len(kept) <= len(acknowledged) + AT_ONCE

    with served(home) as server:
        again = run(post_all(server.origin, token, list(range(COUNT))))
    assert len(again) == COUNT
    for number, answer in acknowledged.items():
        assert again[number] == answer | {"replayed": True}
    were_there = {answer["index"] for answer in again.values() if answer["replayed"]}
    assert were_there == set(kept)
    assert sorted(json.dumps(each) for each in _kept(home).values()) == sorted(
        json.dumps(choice(number)) for number in range(COUNT)
    )


def test_when_the_database_server_is_gone_nothing_is_acknowledged(
    made: Home, tmp_path: Path
) -> None:
    home = Home(Path(shutil.copytree(made.root, tmp_path / "home")))
    with ExitStack() as client:
        with postgres_running() as address:
            asked = client.enter_context(asking(on_server(home, address)))
            assert asked.post("/v1/choices", json=choice(1)).status_code == 201
            assert asked.get("/v1/receipts/0").status_code == 200
        for answer in (
            asked.post("/v1/choices", json=choice(2)),
            asked.get("/v1/receipts/0"),
            asked.get("/v1/members/member-1/choices"),
            asked.get("/v1/ledger"),
        ):
            assert problem(answer) == (503, "unavailable")
            assert answer.headers["retry-after"] == "5"
        assert asked.get("/v1/health").status_code == 200


def _kept(home: Home) -> dict[int, dict[str, Any]]:
    """Check the ledger whole, and return what the test's choices say, by their place."""
    with Ledger.of(home, read_only=True, patience_s=30) as ledger:
        assert ledger.fsck().problems == ()
        return {
            index: {"member_id": c.member_id, "on": c.on, "objection": True, "channel": c.channel}
            for index, c in enumerate(ledger.choices())
            if c.channel and c.channel.startswith("test ")
        }
