"""`/v1/decide`: verdicts on items that a request brings along."""

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from tests.table import every
from tests.web.api.conftest import asking, errors, problem, with_objection
from tests.web.network import ITEMS, NEVER, START
from vanne.config import Home
from vanne.terms import Item

AS_OF = START.isoformat()
POST = {"item_id": "draft", "owner": "anna", "category": "post"} | {
    "created_at": "2026-11-19T08:00:00Z",
    "visibility": "public",
}
ANNA = {"member_id": "anna", "region": "CH", "birth_date": "1988-04-12"}


def sent(item: Item) -> dict[str, Any]:
    """An item as a program sends it: what a verdict depends on, and no text."""
    document: dict[str, Any] = {
        name: getattr(item, name)
        for name in ("item_id", "owner", "category", "author", "visibility", "reservation")
    }
    document |= {"subjects": list(item.subjects), "tags": list(item.tags)}
    return document | {"created_at": item.created_at.isoformat() if item.created_at else None}


def reasons(asked: TestClient, *items: dict[str, Any], **more: object) -> list[str]:
    answer = asked.post("/v1/decide", json={"as_of": AS_OF, "items": list(items)} | more)
    assert answer.status_code == 200, answer.text
    return [verdict["reason"] for verdict in answer.json()["verdicts"]]


def test_each_item_of_the_network_gets_the_verdict_that_the_corpus_gives(
    asked: TestClient,
) -> None:
    items = ITEMS + NEVER
    ids = [item.item_id for item in items]
    corpus = asked.post("/v1/verdicts", json={"ids": ids}).json()["reasons"]
    assert reasons(asked, *map(sent, items)) == corpus
    assert len(set(corpus)) > 5


def test_the_answer_says_which_policy_and_which_ledger_decided(asked: TestClient) -> None:
    answer = asked.post("/v1/decide", json={"as_of": AS_OF, "items": [POST]}).json()
    assert answer["verdicts"] == [{"item_id": "draft", "reason": "allowed", "allowed": True}]
    assert (answer["policy"], answer["ledger_size"]) == ("linkedin-2025-11-03", 3)


def test_an_opt_out_counts_from_the_next_request_on(asked: TestClient) -> None:
    assert reasons(asked, POST) == ["allowed"]
    asked.post("/v1/choices", json={"member_id": "anna", "on": False})
    assert reasons(asked, POST) == ["off"]


def test_without_a_time_the_server_decides_as_of_its_own(asked: TestClient) -> None:
    answer = asked.post("/v1/decide", json={"items": [POST]}).json()
    assert answer["as_of"].startswith("2026-11-20T09:00:")
    assert [each["reason"] for each in answer["verdicts"]] == ["allowed"]


def test_members_and_choices_that_are_sent_replace_the_networks(asked: TestClient) -> None:
    stranger = POST | {"owner": "zoe"}
    zoe = ANNA | {"member_id": "zoe"}
    off = {"member_id": "zoe", "on": False, "at": "2026-11-01T00:00:00Z"}
    assert reasons(asked, stranger) == ["member-unknown"]
    assert reasons(asked, stranger, members=[zoe]) == ["allowed"]
    assert reasons(asked, stranger, members=[zoe], choices=[off]) == ["off"]
    assert reasons(asked, stranger, members=[zoe | {"birth_date": None}]) == ["age-unknown"]
    future = off | {"at": "2026-12-01T00:00:00Z"}
    assert reasons(asked, stranger, members=[zoe], choices=[future]) == ["allowed"]


def test_an_item_that_may_be_about_somebody_who_objected_is_denied(home: Home) -> None:
    with_objection(home)
    praise = POST | {"item_id": "a-praise-2"}
    with asking(home) as asked:
        assert reasons(asked, praise) == ["objection"]


@every(
    ("wrong", "field"),
    [
        ({"scope": "category"}, "target"),
        ({"scope": "category", "target": "posts"}, "target"),
        ({"scope": "all", "target": "post"}, "target"),
        ({"scope": "everything"}, "scope"),
    ],
)
def test_an_opt_out_that_means_nothing_is_refused_and_never_lost(
    asked: TestClient, wrong: dict[str, str], field: str
) -> None:
    off = {"member_id": "anna", "on": False, "at": "2026-11-01T00:00:00Z"}
    sent = {"as_of": AS_OF, "items": [POST], "members": [ANNA], "choices": [off, off | wrong]}
    assert errors(asked.post("/v1/decide", json=sent)) == [(2, field)]


@every(
    ("more", "field"),
    [
        ({"as_of": "2026-11-20T09:00:00"}, "as_of"),
        ({"purpose": "no-such-purpose"}, "purpose"),
        ({"items": [POST | {"owner": 7}]}, "owner"),
        ({"items": [POST | {"text": "secret"}]}, None),
        ({"members": [ANNA, ANNA]}, "members"),
        ({"members": [ANNA | {"birth_date": "12.4.1988"}]}, "birth_date"),
    ],
)
def test_what_cannot_be_used_is_named_and_not_repeated(
    asked: TestClient, more: dict[str, Any], field: str | None
) -> None:
    answer = asked.post("/v1/decide", json={"as_of": AS_OF, "items": [POST]} | more)
    assert [name for _, name in errors(answer)] == [field]
    assert "secret" not in answer.text


def test_it_decides_a_thousand_items_and_no_more(asked: TestClient) -> None:
    many = [POST | {"item_id": f"draft-{n}"} for n in range(1001)]
    assert reasons(asked, *many[:1000]) == ["allowed"] * 1000
    assert problem(asked.post("/v1/decide", json={"as_of": AS_OF, "items": many}))[0] in (413, 422)


def test_a_token_for_something_else_decides_nothing(home: Home, tmp_path: Path) -> None:
    with asking(home, "ledger") as asked:
        answer = asked.post("/v1/decide", json={"as_of": AS_OF, "items": [POST]})
    assert problem(answer) == (403, "wrong-scope")
