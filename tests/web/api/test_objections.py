"""Objections of people who are no members, over the API."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.web.api.conftest import errors, problem, size, with_objection
from vanne.config import Home
from vanne.ledger import Ledger, verify_receipt
from vanne.terms import MAIN_PURPOSE

PATH = "/v1/objections"
MARIE = {"name": "Marie Dupont", "profile": "https://www.linkedin.com/in/marie-dupont"}
KEY = {"idempotency-key": '"8e03978e-40d5"'}


def test_an_objection_is_durable_and_its_receipt_verifies(asked: TestClient, home: Home) -> None:
    answer = asked.post(PATH, json=MARIE)
    assert answer.status_code == 201
    assert answer.headers["location"] == "/v1/objections/3"
    said = verify_receipt(answer.json()["receipt"]).record
    with Ledger.open(home.ledger, read_only=True) as ledger:
        assert ledger.objections() == [(3, said)]
    shown = asked.get(answer.headers["location"]).json()
    assert shown | {"at": None} == MARIE | {
        "schema": "vanne/objection/1", "index": 3, "purpose": MAIN_PURPOSE, "channel": "api",
        "at": None, "until": None, "waiting": [],
    }  # fmt: skip


def test_an_objection_is_recorded_once_for_a_key(asked: TestClient, home: Home) -> None:
    first = asked.post(PATH, json=MARIE, headers=KEY)
    second = asked.post(PATH, json=MARIE, headers=KEY)
    assert second.content == first.content
    assert second.headers["idempotent-replayed"] == "true"
    assert size(home) == 4
    other = MARIE | {"name": "Marie Durand"}
    assert problem(asked.post(PATH, json=other, headers=KEY)) == (409, "conflict")


def test_who_takes_an_objection_back_no_longer_objects(asked: TestClient) -> None:
    asked.post(PATH, json=MARIE)
    asked.post(PATH, json=MARIE | {"on": True})
    (shown,) = asked.get(PATH).json()["objections"]
    assert shown["index"] == 3 and shown["until"] is not None


def test_objections_come_page_by_page(asked: TestClient) -> None:
    for n in range(5):
        asked.post(PATH, json={"name": f"Marie Dupont {n}"})
    first = asked.get(PATH, params={"limit": 3})
    second = asked.get(first.links["next"]["url"])
    found = [o["index"] for page in (first, second) for o in page.json()["objections"]]
    assert found == [3, 4, 5, 6, 7]
    assert second.json()["next"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": " Marie"}, "name"),
        ({"name": "Ma\x00rie"}, "name"),
        ({"profile": ""}, "profile"),
        ({"purpose": "x"}, "purpose"),
        ({"on": "no"}, "on"),
        ({"at": "2100-01-01T00:00:00Z"}, "at"),
        ({"email": "marie@example.org"}, None),
    ],
)
def test_a_value_that_cannot_be_used_is_named_and_not_repeated(
    asked: TestClient, home: Home, change: dict[str, Any], field: str | None
) -> None:
    answer = asked.post(PATH, json=MARIE | change)
    assert errors(answer) == [(None, field)]
    assert "marie" not in answer.text.lower()
    assert size(home) == 3


@pytest.mark.parametrize("index", [0, 99])
def test_an_entry_that_is_no_objection_is_not_one(asked: TestClient, index: int) -> None:
    assert problem(asked.get(f"{PATH}/{index}")) == (404, "unknown-objection")
    looked = {"item_id": "a-post-1", "same": True}
    answer = asked.post(f"{PATH}/{index}/review", json=looked)
    assert problem(answer) == (404, "unknown-objection")


def test_what_is_said_of_an_objection_is_not_said_as_a_choice(
    asked: TestClient, home: Home
) -> None:
    with_objection(home)
    lifting = {"member_id": "objection:3", "on": True, "scope": "item", "target": "a-praise-2"}
    assert errors(asked.post("/v1/choices", json=lifting)) == [(None, "member_id")]
    batch = asked.post("/v1/choices/batch", json={"choices": [lifting]})
    assert errors(batch) == [(1, "member_id")]
    assert asked.get("/v1/objections/3").json()["waiting"] == ["a-praise-2"]


def test_what_a_person_saw_is_recorded_once(asked: TestClient, home: Home) -> None:
    with_objection(home)
    assert asked.get(f"{PATH}/3").json()["waiting"] == ["a-praise-2"]
    looked = {"item_id": "a-praise-2", "same": False}
    before = size(home)
    said = [asked.post(f"{PATH}/3/review", json=looked).json() for _ in range(2)]
    assert said == [{"schema": "vanne/reviewed/1", "entry": before}] * 2
    assert asked.get(f"{PATH}/3").json()["waiting"] == []
    with Ledger.open(home.ledger, read_only=True) as ledger:
        (_, last) = ledger.history("objection:3")[-1]
    assert (last.on, last.target, last.channel) == (True, "a-praise-2", "review/service")


def test_an_item_that_the_objection_does_not_concern_cannot_be_reviewed(
    asked: TestClient, home: Home
) -> None:
    with_objection(home)
    before = size(home)
    answer = asked.post(f"{PATH}/3/review", json={"item_id": "a-post-1", "same": False})
    assert problem(answer) == (404, "unknown-item")
    asked.post(PATH, json={"name": "Marie Dupont", "on": True})
    answer = asked.post(f"{PATH}/3/review", json={"item_id": "a-praise-2", "same": False})
    assert problem(answer) == (404, "unknown-item")
    assert size(home) == before + 1
