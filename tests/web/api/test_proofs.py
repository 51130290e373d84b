"""Receipts and proofs over the API: what they say holds, checked with nothing of the server's."""

import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.table import every
from tests.web.api.conftest import asking, errors, problem, with_objection
from vanne.config import Home
from vanne.ledger import Ledger, verify_receipt
from vanne.ledger.checkpoint import Verifier, verify_checkpoint
from vanne.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from vanne.web.api.ledger import example

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "receipts.md"


def test_the_ledger_says_where_it_stands_and_signs_for_it(asked: TestClient) -> None:
    said = asked.get("/v1/ledger").json()
    assert said["schema"] == "vanne/ledger-checkpoint/1"
    checkpoint = verify_checkpoint(said["checkpoint"], Verifier.parse(said["vkey"]))
    assert (checkpoint.origin, checkpoint.size) == (said["origin"], said["size"]) == (
        "vanne.local/ledger", 3,
    )  # fmt: skip
    assert checkpoint.root == b64decode(said["root"])


def test_the_checkpoint_comes_as_the_note_itself(asked: TestClient) -> None:
    answer = asked.get("/v1/ledger/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == asked.get("/v1/ledger").json()["checkpoint"]


def test_an_inclusion_proof_leads_from_the_entry_to_the_root(asked: TestClient, home: Home) -> None:
    with Ledger(home.ledger, read_only=True) as ledger:
        leaves = [leaf_hash(entry) for entry in ledger.entries()]
    for index, size in ((0, 1), (1, 2), (0, 3), (2, 3)):
        said = asked.get(f"/v1/ledger/proofs/inclusion?index={index}&size={size}").json()
        proof = [b64decode(step) for step in said["proof"]]
        assert (said["index"], said["size"]) == (index, size)
        assert verify_inclusion(leaves[index], index, size, proof, b64decode(said["root"]))
    whole = asked.get("/v1/ledger/proofs/inclusion?index=2").json()
    assert (whole["size"], whole["root"]) == (3, asked.get("/v1/ledger").json()["root"])


def test_a_consistency_proof_shows_that_the_ledger_was_only_added_to(asked: TestClient) -> None:
    before = asked.get("/v1/ledger").json()
    asked.post("/v1/choices", json={"member_id": "anna", "on": False})
    said = asked.get(f"/v1/ledger/proofs/consistency?old={before['size']}").json()
    assert (said["old"], said["new"], said["old_root"]) == (3, 4, before["root"])
    proof = [b64decode(step) for step in said["proof"]]
    roots = b64decode(said["old_root"]), b64decode(said["new_root"])
    assert verify_consistency(3, 4, proof, *roots)
    assert said["new_root"] == asked.get("/v1/ledger").json()["root"]


@every(
    "query",
    ["inclusion?index=3", "inclusion?index=0&size=0", "inclusion?index=0&size=4",
     "consistency?old=4", "consistency?old=2&new=1", "consistency?old=0&new=99"],
)  # fmt: skip
def test_what_the_ledger_does_not_have_is_not_proven(asked: TestClient, query: str) -> None:
    answer = asked.get(f"/v1/ledger/proofs/{query}")
    assert problem(answer) == (422, "bad-input")
    assert "the ledger has 3 entries" in answer.json()["detail"]


@every(
    ("query", "field"),
    [("inclusion", "index"), ("inclusion?index=-1", "index"), ("inclusion?index=x", "index"),
     ("inclusion?index=9007199254740992", "index"), ("consistency?old=1&new=", "new")],
)  # fmt: skip
def test_what_is_no_size_is_named(asked: TestClient, query: str, field: str) -> None:
    assert errors(asked.get(f"/v1/ledger/proofs/{query}")) == [(None, field)]


# Receipts


def test_a_receipt_is_fetched_by_its_place_and_verifies(asked: TestClient) -> None:
    verified = verify_receipt(asked.get("/v1/receipts/0").json())
    assert (verified.choice.member_id, verified.choice.on) == ("fritz", False)


@pytest.mark.parametrize("index", ["3", "99", "9007199254740991"])
def test_an_entry_that_is_not_there_has_no_receipt(asked: TestClient, index: str) -> None:
    assert problem(asked.get(f"/v1/receipts/{index}")) == (404, "unknown-entry")


def test_a_number_of_thousands_of_digits_is_no_address(asked: TestClient) -> None:
    assert problem(asked.get(f"/v1/receipts/{'9' * 5000}")) == (404, "not-found")


def test_an_erased_choice_has_no_receipt_and_is_in_no_list(asked: TestClient, home: Home) -> None:
    from datetime import UTC, datetime

    with Ledger(home.ledger) as ledger:
        ledger.erase("fritz", datetime(2026, 11, 21, tzinfo=UTC))
    assert problem(asked.get("/v1/receipts/0")) == (404, "unknown-entry")
    assert asked.get("/v1/members/fritz/choices").json()["choices"] == []


def test_a_receipt_of_ours_is_verified_as_ours(asked: TestClient) -> None:
    receipt = asked.get("/v1/receipts/1").json()
    said = asked.post("/v1/receipts/verify", json=receipt).json()
    assert (said["verified"], said["ours"], said["reason"], said["index"]) == (True, True, None, 1)
    assert said["choice"] == receipt["choice"]


def test_a_receipt_of_another_log_holds_and_is_not_ours(asked: TestClient) -> None:
    said = asked.post("/v1/receipts/verify", json=example()).json()
    assert (said["verified"], said["ours"], said["origin"]) == (
        True,
        False,
        "social.example/choices",
    )


def test_a_receipt_of_ours_stays_ours_when_the_key_is_changed(
    asked: TestClient, home: Home
) -> None:
    receipt = asked.get("/v1/receipts/1").json()
    with Ledger(home.ledger) as ledger:
        ledger.rotate_key()
        ledger.rotate_key(retire=True)
    assert asked.get("/v1/ledger").json()["vkey"] != receipt["vkey"]
    said = asked.post("/v1/receipts/verify", json=receipt).json()
    assert (said["verified"], said["ours"]) == (True, True)
    fresh = asked.post("/v1/choices", json={"member_id": "anna", "on": False}).json()["receipt"]
    assert verify_receipt(fresh, vkey=asked.get("/v1/ledger").json()["vkey"])


def test_the_receipt_of_an_objection_is_for_no_program(home: Home) -> None:
    with asking(with_objection(home)) as asked:
        for index in (3, 4):  # the objection, and what followed from it
            assert problem(asked.get(f"/v1/receipts/{index}")) == (404, "unknown-entry")
        assert asked.get("/v1/members/objection:3/choices").json()["choices"] == []
        with Ledger(home.ledger, read_only=True) as ledger:
            receipt = ledger.receipt(3)
        verified = asked.post("/v1/receipts/verify", json=receipt).json()
    assert (verified["ours"], verified["objection"]["name"]) == (True, "Marie Dupont")


@every(
    ("change", "step"),
    [
        ({"index": 0}, "inclusion"),
        ({"salt": "AA" * 21 + "A="}, "commitment"),
        ({"record": {}}, "record"),
        ({"more": 1}, "form"),
    ],
)
def test_a_receipt_that_does_not_hold_is_said_to_fail_and_where(
    asked: TestClient, change: dict[str, Any], step: str
) -> None:
    receipt = asked.get("/v1/receipts/1").json() | change
    answer = asked.post("/v1/receipts/verify", json=receipt)
    assert answer.status_code == 200
    said = answer.json()
    assert set(said) == {"schema", "verified", "reason"}
    assert said["verified"] is False and f"at the step `{step}`" in said["reason"]


@every("body", [{}, {"schema": "vanne/receipt/2"}, {"schema": 1}, {"a": {}}])
def test_what_is_no_receipt_is_refused(asked: TestClient, body: dict[str, Any]) -> None:
    assert errors(asked.post("/v1/receipts/verify", json=body)) == [(None, None)]


def test_the_receipt_of_the_document_is_that_of_the_docs() -> None:
    (shown,) = re.findall(r"^```json\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.S | re.M)
    assert example() == json.loads(shown)
