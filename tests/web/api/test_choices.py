"""Choices over the API: durable before they are acknowledged, all or none, once for each key."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.table import every
from tests.web.api.conftest import asking, errors, problem, size
from tests.web.network import START
from vanne.config import Home
from vanne.ledger import Ledger, verify_receipt
from vanne.terms import MAIN_PURPOSE, Choice

ONE, MANY = "/v1/choices", "/v1/choices/batch"
KEY = {"idempotency-key": '"8e03978e-40d5"'}
OFF = {"member_id": "anna", "on": False}


def recorded(home: Home, index: int) -> Choice:
    with Ledger(home.ledger, read_only=True) as ledger:
        return list(ledger.choices())[index]


def test_a_choice_is_in_the_ledger_with_all_that_was_said(asked: TestClient, home: Home) -> None:
    said = OFF | {
        "scope": "category", "target": "photo", "at": "2026-11-19T10:30:00.5+01:00",
        "channel": "hotline", "notice": "2026-12-01-linkedin",
    }  # fmt: skip
    answer = asked.post(ONE, json=said)
    assert answer.status_code == 201
    assert recorded(home, 3) == Choice(
        "anna", MAIN_PURPOSE, "category", False, recorded(home, 3).at, "photo", "hotline",
        "2026-12-01-linkedin", datetime(2026, 11, 19, 9, 30, 0, 500_000, UTC),
    )  # fmt: skip


def test_the_answer_holds_a_receipt_that_verifies_and_says_where_it_is(asked: TestClient) -> None:
    answer = asked.post(ONE, json=OFF)
    said = answer.json()
    assert (said["schema"], said["index"]) == ("vanne/recorded/1", 3)
    assert verify_receipt(said["receipt"]).choice.member_id == "anna"
    assert answer.headers["location"] == "/v1/receipts/3"
    assert asked.get(answer.headers["location"]).json() == said["receipt"]


def test_what_was_not_said_is_filled_in(asked: TestClient, home: Home) -> None:
    asked.post(ONE, json={"member_id": "anna", "on": True})
    choice = recorded(home, 3)
    assert (choice.purpose, choice.scope, choice.channel) == (MAIN_PURPOSE, "all", "api")
    assert START <= choice.at < START + timedelta(minutes=1)


@every("member", ["a/b", "été", "名前", "a b", "x?y#z", "anna@example.org", "a..b"])
def test_any_id_can_choose_and_be_asked_about(asked: TestClient, member: str) -> None:
    refused = asked.post(ONE, json=OFF | {"member_id": member})
    assert errors(refused) == [(None, "member_id")]
    objection = OFF | {"member_id": member, "objection": True}
    assert asked.post(ONE, json=objection).status_code == 201
    said = asked.get(f"/v1/members/{quote(member, safe='')}/choices").json()
    assert [choice["member_id"] for choice in said["choices"]] == [member]


def test_the_answer_says_what_holds_now_and_whether_it_moved(asked: TestClient) -> None:
    def holds(**said: Any) -> tuple[bool, bool, bool]:
        found = asked.post(ONE, json={"member_id": "anna"} | said).json()["holds"]
        return found["on"], found["changed"], found["whole_off"]

    photo = {"scope": "category", "target": "photo"}
    assert holds(on=True) == (True, True, False)
    assert holds(on=True) == (True, False, False)
    assert holds(on=False) == (False, True, True)
    assert holds(on=True, **photo) == (True, True, True)
    assert holds(on=False, at="2026-11-19T10:30:00Z") == (False, False, True)
    assert holds(on=True) == (True, True, False)
    assert holds(on=False, **photo) == (False, True, False)


def test_what_is_sent_again_later_says_what_holds_by_now(asked: TestClient) -> None:
    asked.post(ONE, json=OFF, headers=KEY)
    asked.post(ONE, json=OFF | {"on": True})
    again = asked.post(ONE, json=OFF, headers=KEY)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.json()["holds"]["on"] is True and again.json()["index"] == 3


# Refused


@every(
    ("change", "field"),
    [
        ({"member_id": None}, "member_id"),
        ({"member_id": ""}, "member_id"),
        ({"member_id": "  "}, "member_id"),
        ({"member_id": " anna"}, "member_id"),
        ({"member_id": "an\x00na"}, "member_id"),
        ({"member_id": "x" * 1025}, "member_id"),
        ({"member_id": 7}, "member_id"),
        ({"on": None}, "on"),
        ({"on": 1}, "on"),
        ({"on": "false"}, "on"),
        ({"purpose": "nothing-like-that"}, "purpose"),
        ({"purpose": None}, "purpose"),
        ({"scope": "everything"}, "scope"),
        ({"scope": "category"}, "target"),
        ({"scope": "category", "target": "pictures"}, "target"),
        ({"scope": "item", "target": ""}, "target"),
        ({"target": "photo"}, "target"),
        ({"at": "2026-11-20T09:00:00"}, "at"),
        ({"at": "2026-11-20"}, "at"),
        ({"at": "20261120T090000Z"}, "at"),
        ({"at": "2026-02-30T09:00:00Z"}, "at"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"at": 1763629200}, "at"),
        ({"at": (START + timedelta(hours=1)).isoformat()}, "at"),
        ({"channel": "x\x00"}, "channel"),
        ({"notice": 7}, "notice"),
        ({"notice": "objection/3"}, "notice"),
        ({"channel": "gpc"}, "channel"),
        ({"channel": "review/operator"}, "channel"),
        ({"channel": "web"}, "channel"),
        ({"channel": " Command-Line "}, "channel"),
        ({"channel": "demo"}, "channel"),
        ({"channel": "audit"}, "channel"),
        ({"channel": "erasure"}, "channel"),
        ({"member_id": "annabelle"}, "member_id"),
        ({"objection": 1}, "objection"),
        ({"anna@example.org": "no such field"}, None),
    ],
)
def test_a_value_that_cannot_be_used_is_named_and_not_repeated(
    asked: TestClient, home: Home, change: dict[str, Any], field: str | None
) -> None:
    answer = asked.post(ONE, json=OFF | change)
    assert errors(answer) == [(None, field)]
    assert "anna@" not in answer.text
    for value in change.values():
        is_telling = isinstance(value, str) and len(value) > 7 and value != "category"
        assert not is_telling or value not in answer.text
    assert size(home) == 3


def test_half_of_a_surrogate_pair_is_refused(asked: TestClient, home: Home) -> None:
    body = b'{"member_id": "a\\ud800", "on": false}'
    answer = asked.post(ONE, content=body, headers={"content-type": "application/json"})
    assert errors(answer) == [(None, "member_id")]
    key = b'{"member_id": "a", "on": false, "\\ud800": 1}'
    answer = asked.post(ONE, content=key, headers={"content-type": "application/json"})
    assert errors(answer) == [(None, None)]
    assert size(home) == 3


@every(
    "body",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"a": "\xff"}',
        '{"member_id": "anna", "on": false}'.encode("utf-16"),
        b"\x00",
        b"NaN{",
    ],
)
def test_what_is_not_json_is_said_to_be_none(asked: TestClient, body: bytes) -> None:
    answer = asked.post(ONE, content=body, headers={"content-type": "application/json"})
    assert problem(answer) in ((400, "not-json"), (422, "bad-input"))
    assert body == b"" or answer.status_code == 400


@every("path", [ONE, MANY, "/v1/receipts/verify"])
def test_a_key_that_is_there_twice_is_refused(asked: TestClient, home: Home, path: str) -> None:
    body = b'{"member_id": "anna", "on": true, "on": false}'
    for sent in (body, b'{"choices": [' + body + b"]}"):
        answer = asked.post(path, content=sent, headers={"content-type": "application/json"})
        assert problem(answer) == (400, "not-json")
    assert size(home) == 3


@every("body", ["[]", "7", "null", '"anna"', "[[]]"])
def test_json_that_is_no_object_is_refused(asked: TestClient, body: str) -> None:
    answer = asked.post(ONE, content=body, headers={"content-type": "application/json"})
    assert errors(answer) == [(None, None)]


# Many


def test_many_choices_are_recorded_in_their_order(asked: TestClient, home: Home) -> None:
    rows = [{"member_id": f"m{n}", "on": n % 2 == 0} for n in range(1000)]
    answer = asked.post(MANY, json={"choices": [row | {"objection": True} for row in rows]})
    assert answer.status_code == 201
    holds = answer.json().pop("holds")
    assert [each["on"] for each in holds] == [row["on"] for row in rows]
    told = {name: value for name, value in answer.json().items() if name != "holds"}
    assert told == {"schema": "vanne/recorded-batch/1", "first": 3, "count": 1000}
    assert answer.headers["location"] == "/v1/receipts/3"
    with Ledger(home.ledger, read_only=True) as ledger:
        said = [{"member_id": c.member_id, "on": c.on} for c in list(ledger.choices())[3:]]
    assert said == rows


def test_every_bad_row_is_reported_and_none_is_recorded(asked: TestClient, home: Home) -> None:
    rows: list[dict[str, Any]] = [OFF | {"n": 0} if n in (1, 4) else dict(OFF) for n in range(6)]
    rows[2]["on"] = "no"
    assert errors(asked.post(MANY, json={"choices": rows})) == [(2, None), (3, "on"), (5, None)]
    rows = [dict(OFF) for _ in range(6)]
    rows[0]["purpose"] = "x"
    rows[5] |= {"scope": "item", "at": "2100-01-01T00:00:00Z"}
    found = errors(asked.post(MANY, json={"choices": rows}))
    assert found == [(1, "purpose"), (6, "at"), (6, "target")]
    assert size(home) == 3


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        ("clara", "minor"),
        ("dora", "region-unknown"),
        ("emil", "region-not-started"),
        ("gina", "age-unknown"),
    ],
)
def test_a_yes_of_who_is_kept_out_is_refused_and_a_no_is_recorded(
    asked: TestClient, home: Home, member: str, reason: str
) -> None:
    yes = {"member_id": member, "on": True}
    before = size(home)
    for body in (yes, yes | {"scope": "category", "target": "post"}):
        answer = asked.post("/v1/choices", json=body)
        assert problem(answer) == (422, "bad-input")
        (fault,) = answer.json()["errors"]
        assert (fault["field"], reason in fault["problem"]) == ("on", True)
    both = asked.post("/v1/choices/batch", json={"choices": [yes, yes | {"member_id": "anna"}]})
    assert [fault["row"] for fault in both.json()["errors"]] == [1]
    assert size(home) == before
    assert asked.post("/v1/choices", json=yes | {"on": False}).status_code == 201


@pytest.mark.parametrize("count", [0, 1001])
def test_a_batch_has_between_one_and_a_thousand_rows(
    asked: TestClient, home: Home, count: int
) -> None:
    assert errors(asked.post(MANY, json={"choices": [OFF] * count})) == [(None, "choices")]
    assert size(home) == 3


# Again


def test_the_same_key_does_it_once_and_gives_the_same_answer(asked: TestClient, home: Home) -> None:
    for path, body in ((ONE, OFF), (MANY, {"choices": [OFF, OFF | {"member_id": "bruno"}]})):
        key = {"idempotency-key": f'"{path}"'}
        first = asked.post(path, json=body, headers=key)
        grown = size(home)
        asked.post(ONE, json=OFF)
        second = asked.post(path, json=body, headers=key)
        assert (second.status_code, second.content) == (201, first.content)
        assert second.headers["location"] == first.headers["location"]
        assert "idempotent-replayed" not in first.headers
        assert second.headers["idempotent-replayed"] == "true"
        assert size(home) == grown + 1


def test_a_key_that_came_with_something_else_is_a_conflict(asked: TestClient, home: Home) -> None:
    asked.post(ONE, json=OFF, headers=KEY)
    for other in (OFF | {"on": True}, OFF | {"member_id": "bruno"}):
        assert problem(asked.post(ONE, json=other, headers=KEY)) == (409, "conflict")
    two = {"choices": [OFF, OFF]}
    assert problem(asked.post(MANY, json=two, headers=KEY)) == (409, "conflict")
    assert size(home) == 4


def test_a_key_is_its_tokens_own(asked: TestClient, home: Home) -> None:
    asked.post(ONE, json=OFF, headers=KEY)
    with asking(home, "choices") as other:
        answer = other.post(ONE, json=OFF | {"on": True}, headers=KEY)
    assert answer.status_code == 201
    assert "idempotent-replayed" not in answer.headers
    assert size(home) == 5


def test_a_key_is_remembered_by_the_next_server(asked: TestClient, home: Home) -> None:
    first = asked.post(ONE, json=OFF, headers=KEY)
    with asking(home) as another:
        another.headers["authorization"] = asked.headers["authorization"]
        second = another.post(ONE, json=OFF, headers=KEY)
    assert second.content == first.content
    assert size(home) == 4


@every(
    "key", ["", "bare", '"', '""', '"a" "b"', '"é"', '"a\\"b"', '"' + "x" * 256 + '"', '"a\x7f"']
)
def test_a_malformed_key_is_refused(asked: TestClient, home: Home, key: str) -> None:
    answer = asked.post(ONE, json=OFF, headers={"idempotency-key": key.encode()})
    assert problem(answer) == (400, "bad-key")
    assert size(home) == 3


# Page by page


def test_choices_come_page_by_page_and_none_is_lost_when_more_are_recorded(
    asked: TestClient,
) -> None:
    for n in range(7):
        asked.post(ONE, json=OFF | {"on": n % 2 == 0})
        asked.post(ONE, json=OFF | {"member_id": "annabelle", "objection": True})
    path, found = "/v1/members/anna/choices?limit=3", list[int]()
    while True:
        answer = asked.get(path)
        said = answer.json()
        found += [choice["index"] for choice in said["choices"]]
        if said["next"] is None:
            assert "link" not in answer.headers
            break
        assert answer.headers["link"].endswith('; rel="next"')
        path = answer.links["next"]["url"]
        assert said["next"] in path
        if len(found) == 3:
            asked.post(ONE, json=OFF)
    assert found == [3, 5, 7, 9, 11, 13, 15, 17]


def test_the_address_of_the_next_page_keeps_the_id_as_it_was_written(asked: TestClient) -> None:
    for _ in range(3):
        asked.post(ONE, json=OFF | {"member_id": "a/b?é", "objection": True})
    first = asked.get("/v1/members/a%2Fb%3F%C3%A9/choices?limit=2")
    assert first.links["next"]["url"].startswith("/v1/members/a%2Fb%3F%C3%A9/choices?")
    assert len(asked.get(first.links["next"]["url"]).json()["choices"]) == 1


def test_somebody_who_never_chose_has_no_choices_member_or_not(asked: TestClient) -> None:
    for member in ("anna", "nobody"):
        said = asked.get(f"/v1/members/{member}/choices").json()
        assert said == {"schema": "vanne/choices/1", "choices": [], "next": None}


@every(
    "query",
    ["limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=", "cursor=YWZ0ZXI6MDE", "cursor=%00"],
)
def test_a_page_that_cannot_be_is_refused(asked: TestClient, query: str) -> None:
    found = errors(asked.get(f"/v1/members/anna/choices?{query}"))
    assert found == [(None, query.partition("=")[0])]


# When the ledger is gone


def test_without_the_ledger_nothing_is_saved_and_it_says_so(asked: TestClient, home: Home) -> None:
    asked.post(ONE, json=OFF)
    kept = home.ledger.rename(home.root / "elsewhere.sqlite")
    for path, body in ((ONE, OFF), (MANY, {"choices": [OFF]})):
        answer = asked.post(path, json=body, headers=KEY)
        assert problem(answer) == (503, "unavailable")
        assert "was not acknowledged" in answer.json()["title"]
        assert answer.headers["retry-after"] == "5"
        assert str(home.root) not in answer.text
    assert not home.ledger.exists()
    kept.rename(home.ledger)
    assert size(home) == 4
    answer = asked.post(ONE, json=OFF, headers=KEY)
    assert (answer.status_code, answer.json()["index"]) == (201, 4)


def test_a_ledger_that_others_write_is_busy_and_soon_free(asked: TestClient, home: Home) -> None:
    import sqlite3

    asked.post(ONE, json=OFF)
    with sqlite3.connect(home.ledger, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = asked.post(ONE, json=OFF)
        other.execute("ROLLBACK")
    other.close()
    assert problem(answer) == (503, "busy")
    assert answer.headers["retry-after"] == "1"
    assert asked.post(ONE, json=OFF).json()["index"] == 4
