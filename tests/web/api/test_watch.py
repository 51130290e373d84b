"""Whoever watches a server is told whether it works, and when it must have forgotten."""

from datetime import timedelta

from starlette.testclient import TestClient

from tests.web.api.conftest import asking
from vanne.config import Home
from vanne.corpus import current
from vanne.forget.requests import next_due, time_to_forget
from vanne.ledger import Ledger
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
    for help, kind, value in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        name = value.split()[0]
        assert help.startswith(f"# HELP {name} ")
        assert kind in (f"# TYPE {name} gauge", f"# TYPE {name} counter")


def test_a_choice_is_counted_and_the_corpus_has_not_heard_it(asked: TestClient) -> None:
    before = numbers(asked)
    assert asked.post("/v1/choices", json=OFF).status_code in (200, 201)
    after = numbers(asked)
    assert after["vanne_ledger_entries_total"] == before["vanne_ledger_entries_total"] + 1
    assert after["vanne_corpus_entries_behind"] == before["vanne_corpus_entries_behind"] + 1
    assert "vanne_forget_due_seconds" not in after  # no model was trained


def test_the_first_who_asked_says_by_when_it_is_due(home: Home) -> None:
    known = current(home)
    with Ledger.of(home) as ledger:
        assert next_due(home, ledger, known) is None
        at = known.as_of + timedelta(days=1)
        ledger.append([Choice("anna", known.purpose, "all", True, at)])
        assert next_due(home, ledger, known) is None
        later = [at + timedelta(hours=hour) for hour in (1, 2)]
        ledger.append([Choice("anna", known.purpose, "all", False, hour) for hour in later])
        due = next_due(home, ledger, known)
    assert due is not None
    assert due - later[0] == time_to_forget(home, known)


def test_a_server_without_its_ledger_lives_and_is_not_ready(home: Home) -> None:
    with asking(home) as asked:
        assert asked.get("/v1/ready").json() == {"schema": "vanne/ready/1", "status": "pass"}
        home.ledger.rename(home.root / "away")
        assert asked.get("/v1/ready").status_code == 503
        assert asked.get("/v1/health").status_code == 200


def test_numbers_need_a_token_of_their_own(home: Home) -> None:
    with asking(home, "verdicts") as asked:
        assert asked.get("/v1/metrics").status_code == 403
