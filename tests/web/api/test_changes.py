"""`/v1/changes`: a program follows the ledger, and reads each entry once."""

import time
from threading import Timer
from typing import Any

from starlette.testclient import TestClient

from tests.web.api.conftest import asking, problem, with_objection
from tests.web.network import START
from vanne.config import Home
from vanne.ledger import Ledger


def changes(asked: TestClient, query: str = "") -> dict[str, Any]:
    answer = asked.get(f"/v1/changes{query}")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def test_it_lists_each_choice_in_the_order_of_the_ledger(asked: TestClient) -> None:
    document = changes(asked)
    listed = [(c["index"], c["kind"], c["member_id"], c["on"]) for c in document["changes"]]
    assert listed == [
        (0, "choice", "fritz", False),
        (1, "choice", "bruno", True),
        (2, "choice", "bruno", False),
    ]
    assert (document["next"], document["size"]) == (3, 3)


def test_who_asks_from_next_reads_each_entry_once(asked: TestClient) -> None:
    asked.post("/v1/choices", json={"member_id": "anna", "on": False})
    read, after = [], 0
    while page := changes(asked, f"?after={after}&limit=3")["changes"]:
        read += [change["index"] for change in page]
        after = page[-1]["index"] + 1
    assert read == [0, 1, 2, 3]


def test_an_erasure_names_the_entries_whose_copies_are_to_be_deleted(home: Home) -> None:
    with Ledger(home.ledger) as ledger:
        ledger.erase("bruno", START)
    with asking(home) as asked:
        listed = changes(asked)["changes"]
    assert [change["kind"] for change in listed[:3]] == ["choice", "erased", "erased"]
    (erasure,) = [change for change in listed if change["kind"] == "erasure"]
    assert erasure["positions"][:2] == [1, 2]
    assert "bruno" not in str(listed)


def test_who_objected_without_an_account_is_not_named(home: Home) -> None:
    with_objection(home)
    with asking(home) as asked:
        listed = changes(asked, "?after=3")["changes"]
    assert listed and all(change["kind"] == "objection" for change in listed)
    assert all(set(change) == {"index", "kind"} for change in listed)


def test_who_waits_is_answered_when_something_comes(asked: TestClient) -> None:
    opt_out = {"member_id": "anna", "on": False}
    Timer(0.6, asked.post, ("/v1/choices",), {"json": opt_out}).start()
    began = time.monotonic()
    (change,) = changes(asked, "?after=3&wait=30")["changes"]
    assert (change["member_id"], change["on"]) == ("anna", False)
    assert time.monotonic() - began < 25
    assert changes(asked, "?after=4&wait=1")["changes"] == []


def test_a_place_that_is_not_there_yet_is_refused(asked: TestClient) -> None:
    assert problem(asked.get("/v1/changes?after=4&wait=30")) == (422, "bad-input")


def test_a_token_for_something_else_follows_nothing(home: Home) -> None:
    with asking(home, "verdicts") as asked:
        assert problem(asked.get("/v1/changes")) == (403, "wrong-scope")
