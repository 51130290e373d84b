"""Whoever watches a server is told whether it works, and what waits."""

import re
from datetime import UTC, datetime
from itertools import pairwise

from starlette.testclient import TestClient

from tests.web.api.conftest import asking
from vanne.config import Home
from vanne.corpus import current
from vanne.ledger import Ledger
from vanne.night.health import HEARD_WITHIN, health
from vanne.terms import Choice

OFF = {"member_id": "anna", "on": False}


def numbers(asked: TestClient) -> dict[str, float]:
    answer = asked.get("/v1/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = [line.split() for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_each_number_is_described_as_prometheus_wants_it(asked: TestClient) -> None:
    lines = asked.get("/v1/metrics").text.splitlines()
    assert lines[0].startswith("# HELP vanne_")
    for before, line in pairwise(lines):
        kind, _, name = before.removeprefix("# ").partition(" ")
        if kind == "HELP":
            assert line in [f"# TYPE {name.split()[0]} {each}" for each in ("gauge", "counter")]
        elif kind == "TYPE":
            assert re.fullmatch(name.split()[0] + r'({reason="[a-z-]+"})? -?[\d.]+', line)


def test_a_choice_is_counted_and_the_corpus_has_not_heard_it(asked: TestClient) -> None:
    before = numbers(asked)
    assert asked.post("/v1/choices", json=OFF).status_code in (200, 201)
    after = numbers(asked)
    assert after["vanne_ledger_entries_total"] == before["vanne_ledger_entries_total"] + 1
    assert after["vanne_corpus_entries_behind"] == before["vanne_corpus_entries_behind"] + 1
    assert "vanne_forget_due_seconds" not in after  # no model was trained


def test_a_server_without_its_ledger_lives_and_is_not_ready(home: Home) -> None:
    with asking(home) as asked:
        answer = asked.get("/v1/ready").json()
        assert answer == {"schema": "vanne/ready/1", "status": "pass", "problems": []}
        home.ledger.rename(home.root / "away")
        assert asked.get("/v1/ready").status_code == 503
        assert asked.get("/v1/health").status_code == 200


def test_whoever_watches_is_warned_of_an_opt_out_that_waits(home: Home) -> None:
    at = datetime.now(UTC)
    with Ledger.of(home) as ledger:
        ledger.append([Choice("anna", current(home).purpose, "all", False, at)])
    assert not health(home, at + HEARD_WITHIN).problems
    assert "unheard" in health(home, at + 2 * HEARD_WITHIN).problems
    with asking(home) as asked:
        assert asked.get("/v1/ready").json()["status"] == "pass"
        assert numbers(asked)["vanne_opt_outs_unheard"] == 1


def test_numbers_need_a_token_of_their_own(home: Home) -> None:
    with asking(home, "verdicts") as asked:
        assert asked.get("/v1/metrics").status_code == 403
