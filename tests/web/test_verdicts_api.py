"""The API of verdicts: whole from one version, and shut to whoever has no token.

That it is right on every case is seen in tests/decide/test_conformance.py.
"""

import json
import logging
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.decide import through_api
from tests.decide.through_api import PATH, TOKEN, as_text, one
from tests.security.running import running
from tests.settings import settings_in
from tests.table import every
from tests.web.network import ITEMS, START, choice
from vanne.config import Home
from vanne.corpus import build, current, refresh
from vanne.corpus.contract import Accepting
from vanne.errors import ConfigError, StorageError
from vanne.ledger import Ledger
from vanne.sources.tables import write_items
from vanne.terms import MAIN_PURPOSE
from vanne.web.api import verdicts
from vanne.web.api.gate import token_of
from vanne.web.api.models import LARGEST_BYTES
from vanne.web.api.problems import ProblemAnswer
from vanne.web.api.verdicts import LONGEST_ID, MOST_IDS
from vanne.web.server import listen

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "api.md"
TEXT = {"content-type": "text/plain"}
JSON = {"content-type": "application/json"}


@pytest.fixture
def asked(home: Home) -> Iterator[TestClient]:
    """A program that holds the token."""
    with through_api.client(home) as asked:
        yield asked


def problem(answer: Any) -> tuple[int, str]:
    """Return the status and the type of a problem document, which must be whole."""
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert set(said) == {"schema", "type", "title", "detail", "status"}
    assert said["status"] == answer.status_code
    return answer.status_code, said["type"].removeprefix("urn:vanne:problem:")


# Right


def test_one_verdict_says_what_it_is_and_of_which_corpus(asked: TestClient, home: Home) -> None:
    answer = asked.get(f"{PATH}/a-message")
    assert answer.json() == {
        "schema": "vanne/verdict/1",
        "item_id": "a-message",
        "reason": "category-never",
        "allowed": False,
        "purpose": MAIN_PURPOSE,
        "corpus": current(home).version,
        "as_of": "2026-11-20T09:00:00+00:00",
    }
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert asked.get(f"{PATH}/a-post-1").json()["allowed"] is True


def test_the_shortcut_answers_just_as_the_route_behind_it(asked: TestClient) -> None:
    where = f"{PATH}/a-message"
    by_route, by_shortcut = (
        asked.get(where, params=query) for query in ("purpose=" + MAIN_PURPOSE, "")
    )
    assert by_shortcut.content == by_route.content
    assert by_shortcut.headers.items() == by_route.headers.items()
    assert asked.head(where).headers.items() == by_route.headers.items()
    elsewhere = asked.get(f"{PATH}/nothing"), asked.put(where), asked.get(where, params="a=b")
    assert [problem(answer)[0] for answer in elsewhere] == [404, 405, 400]


def test_many_verdicts_come_in_the_order_of_the_question(asked: TestClient, home: Home) -> None:
    ids = ["f-post", "nothing", "a-post-1", "a-salary", "a-post-1"]
    said = asked.post(PATH, json={"ids": ids}).json()
    assert said == {
        "schema": "vanne/verdicts/1",
        "purpose": MAIN_PURPOSE,
        "corpus": current(home).version,
        "as_of": "2026-11-20T09:00:00+00:00",
        "reasons": ["off", None, "allowed", "category-never", "allowed"],
    }
    assert as_text(asked, ids) == ["off", "unknown", "allowed", "category-never", "allowed"]


def test_each_purpose_has_its_own_answers(asked: TestClient, home: Home) -> None:
    name = "recruiter-search"
    text = home.policy.read_text()
    rules = text[text.index(f"[purposes.{MAIN_PURPOSE}") :]
    home.policy.write_text(f"{text}\n{rules.replace(MAIN_PURPOSE, name)}")
    build(home, START)
    where = f"{PATH}/f-post"
    assert problem(asked.get(where, params={"purpose": name})) == (404, "unknown-purpose")
    build(home, START, purpose=name)
    one = asked.get(where, params={"purpose": name}).json()
    assert (one["purpose"], one["reason"]) == (name, "allowed")  # the no was for the main one
    many = asked.post(PATH, params={"purpose": name}, json={"ids": ["f-post"]}).json()
    assert (many["corpus"], many["reasons"]) == (one["corpus"], ["allowed"])
    assert asked.get(where, params={"purpose": MAIN_PURPOSE}).json()["reason"] == "off"
    assert asked.get(where).json()["reason"] == "off"


@every(
    ("query", "status", "kind"),
    [
        ("purpose=", 404, "unknown-purpose"),
        ("purpose=../CURRENT", 404, "unknown-purpose"),
        ("purpose=x%00", 404, "unknown-purpose"),
        ("purpose=a&purpose=b", 400, "bad-query"),
        ("Purpose=a", 400, "bad-query"),
        ("x", 400, "bad-query"),
        ("%ff=%ff", 400, "bad-query"),
    ],
)
def test_a_query_that_names_no_purpose_is_a_problem(
    asked: TestClient, query: str, status: int, kind: str
) -> None:
    assert problem(asked.get(f"{PATH}/a-post-1?{query}")) == (status, kind)
    assert problem(asked.post(f"{PATH}?{query}", json={"ids": []})) == (status, kind)


def test_nothing_asked_is_nothing_answered(asked: TestClient) -> None:
    assert asked.post(PATH, json={"ids": []}).json()["reasons"] == []
    assert asked.post(PATH, content=b"", headers=TEXT).text == ""


@pytest.mark.parametrize(
    "name", ["a/b", "a b", "é", "名前", "a%2Fb", 'q"uo\\te', "a?b#c", "a+b", "\x01"]
)
def test_any_id_can_be_asked_about(home: Home, name: str) -> None:
    write_items([replace(ITEMS[0], item_id=name)], home.items / "items.parquet")
    build(home, START, accepting=Accepting(START, files=["items.parquet"]))
    with through_api.client(home) as asked:
        assert list(through_api.reasons(asked, [name])) == ["allowed"]


def test_a_slash_in_an_id_may_be_written_as_it_is(home: Home) -> None:
    write_items([replace(ITEMS[0], item_id="a/b")], home.items / "items.parquet")
    build(home, START, accepting=Accepting(START, files=["items.parquet"]))
    with through_api.client(home) as asked:
        assert asked.get(f"{PATH}/a/b").json()["item_id"] == "a/b"


def test_lines_may_end_as_on_windows_and_the_last_need_not_end(asked: TestClient) -> None:
    for body in (b"f-post\r\na-post-1\r\n", b"f-post\na-post-1\n", b"f-post\na-post-1"):
        assert asked.post(PATH, content=body, headers=TEXT).text == "off\nallowed\n"


# Fresh


def test_a_no_is_answered_as_soon_as_the_corpus_is_refreshed(asked: TestClient, home: Home) -> None:
    before = asked.get(f"{PATH}/a-post-1").json()
    at = START + timedelta(hours=1)
    with Ledger(home.ledger) as ledger:
        ledger.append([choice("anna", on=False, at=at)])
    fresh = refresh(home, at)
    after = asked.get(f"{PATH}/a-post-1").json()
    assert (before["reason"], after["reason"]) == ("allowed", "off")
    assert (after["corpus"], after["as_of"]) == (fresh.version, at.isoformat())
    assert asked.post(PATH, json={"ids": ["a-post-1"]}).json()["corpus"] == fresh.version


def test_a_new_version_that_is_damaged_answers_nothing_and_neither_does_the_old_one(
    asked: TestClient, home: Home
) -> None:
    assert one(asked, "a-post-1") == "allowed"
    at = START + timedelta(hours=1)
    with Ledger(home.ledger) as ledger:
        ledger.append([choice("anna", on=False, at=at)])
    fresh = refresh(home, at, make_current=False)
    for file in fresh.files:
        if file.sidecar:
            (home.corpus / "sidecars" / file.sidecar).write_bytes(b"")
    (home.corpus / "manifests" / f"{fresh.version}.json").write_bytes(fresh.canonical())
    pointer = home.corpus / ".next"
    pointer.write_text(fresh.version)
    pointer.replace(home.corpus / "CURRENT")
    assert problem(asked.get(f"{PATH}/a-post-1")) == (503, "unavailable")
    assert problem(asked.post(PATH, json={"ids": ["a-post-1"]})) == (503, "unavailable")


def test_without_a_corpus_nothing_can_be_said(home: Home) -> None:
    (home.corpus / "CURRENT").unlink()
    with through_api.client(home) as asked:
        assert problem(asked.get(f"{PATH}/a-post-1")) == (503, "unavailable")
        build(home, START)
        assert one(asked, "a-post-1") == "allowed"


# Shut


def test_without_a_token_set_nobody_is_let_in(client: TestClient) -> None:
    for headers in ({}, {"authorization": f"Bearer {TOKEN}"}, {"authorization": "Bearer "}):
        answer = client.get(f"{PATH}/a-post-1", headers=headers)
        assert problem(answer) == (401, "unauthorized")


@every(
    "given",
    ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Bearer  {TOKEN}", TOKEN,
     f"Basic {TOKEN}", "Bearer é"],
)  # fmt: skip
def test_without_the_right_token_nothing_is_said(asked: TestClient, given: str) -> None:
    for path in (f"{PATH}/a-post-1", f"{PATH}/nothing"):
        answer = asked.get(path, headers={"authorization": given.encode()})
        assert problem(answer) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith('Bearer realm="vanne"')
    answer = asked.post(PATH, json={"ids": ["a-post-1"]}, headers={"authorization": given.encode()})
    assert problem(answer) == (401, "unauthorized")


def test_the_name_of_the_scheme_may_be_written_in_any_case(asked: TestClient) -> None:
    answer = asked.get(f"{PATH}/a-post-1", headers={"authorization": f"bearer {TOKEN}"})
    assert answer.status_code == 200


def test_a_member_who_is_signed_in_on_the_pages_is_not_let_in(asked: TestClient) -> None:
    asked.post("/sign-in", data={"member": "anna"})
    del asked.headers["authorization"]
    assert problem(asked.get(f"{PATH}/f-post")) == (401, "unauthorized")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_another_name_for_this_machine_is_refused(asked: TestClient, host: str) -> None:
    assert problem(asked.get(f"{PATH}/a-post-1", headers={"host": host})) == (400, "bad-host")


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "LOCALHOST", "[::1]:8000"])
def test_this_machines_own_names_are_served(asked: TestClient, host: str) -> None:
    assert asked.get(f"{PATH}/a-post-1", headers={"host": host}).status_code == 200


def test_a_token_comes_from_the_environment_or_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert token_of(settings_in({})) is None
    assert (
        token_of(settings_in({"VANNE_API_TOKEN": TOKEN, "VANNE_API_TOKEN_FILE": "not read"}))
        == TOKEN
    )
    assert token_of(settings_in({"VANNE_API_TOKEN_FILE": str(file)})) == TOKEN


@every("token", ["", "short", "with a space in the middle", "ünïcödé-ünïcödé-ünïcödé"])
def test_what_is_no_secret_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(ConfigError, match="`VANNE_API_TOKEN`") as refused:
        token_of(settings_in({"VANNE_API_TOKEN": token}))
    assert not token or token not in str(refused.value)


def test_a_file_of_a_token_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        token_of(settings_in({"VANNE_API_TOKEN_FILE": str(tmp_path / "nowhere")}))


def test_serve_takes_the_token_from_the_environment_and_does_not_say_it(home: Home) -> None:
    with running(home, VANNE_API_TOKEN=TOKEN) as server:
        for method, token, status in (
            ("HEAD", TOKEN, 200),
            ("GET", TOKEN, 200),
            ("GET", "wrong", 401),
        ):
            given = {"Authorization": f"Bearer {token}"}
            answered, body = server.ask(method, f"{PATH}/a-post-1", **given)
            says = b'"reason":"allowed"' in body
            assert (answered, says) == (status, (method, status) == ("GET", 200))
    assert TOKEN not in server.log.read_text()


def test_an_answer_in_two_parts_does_not_wait_for_the_client_to_have_the_first() -> None:
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


# What is asked wrongly


@every(
    ("body", "status", "kind"),
    [
        (b"{", 400, "not-json"),
        (b"", 400, "not-json"),
        (b"[" * 100_000, 400, "not-json"),
        (b'{"ids": ["\xff"]}', 400, "not-utf-8"),
        (b'{"ids": ["\\ud800"]}', 400, "not-utf-8"),
        (b'["a-post-1"]', 422, "bad-input"),
        (b'{"id": ["a-post-1"]}', 422, "bad-input"),
        (b'{"ids": ["a-post-1"], "purpose": "x"}', 422, "bad-input"),
        (b'{"ids": "a-post-1"}', 422, "bad-input"),
        (b'{"ids": {"a-post-1": 1}}', 422, "bad-input"),
        (b'{"ids": ["a-post-1", 7]}', 422, "bad-input"),
        (b'{"ids": [7]}', 422, "bad-input"),
        (b'{"ids": [true]}', 422, "bad-input"),
        (b'{"ids": [null]}', 422, "bad-input"),
        (b'{"ids": [["a-post-1"]]}', 422, "bad-input"),
        (b'{"ids": ["a-post-1", ""]}', 422, "bad-input"),
        (json.dumps({"ids": ["x" * (LONGEST_ID + 1)]}).encode(), 422, "bad-input"),
        (json.dumps({"ids": ["x"] * (MOST_IDS + 1)}).encode(), 413, "too-many"),
        (b" " * (LARGEST_BYTES + 1), 413, "too-large"),
    ],
)
def test_json_that_is_no_list_of_ids_is_a_problem(
    asked: TestClient, body: bytes, status: int, kind: str
) -> None:
    assert problem(asked.post(PATH, content=body, headers=JSON)) == (status, kind)


@every(
    ("body", "status", "kind"),
    [
        (b"\xff", 400, "not-utf-8"),
        (b"a-post-1\n\nf-post\n", 422, "bad-input"),
        (b"\n", 422, "bad-input"),
        (b"x" * (LONGEST_ID + 1), 422, "bad-input"),
        (b"x\n" * (MOST_IDS + 1), 413, "too-many"),
        (b"x" * (LARGEST_BYTES + 1), 413, "too-large"),
    ],
)
def test_text_that_is_no_list_of_ids_is_a_problem(
    asked: TestClient, body: bytes, status: int, kind: str
) -> None:
    assert problem(asked.post(PATH, content=body, headers=TEXT)) == (status, kind)


def test_as_many_as_may_be_asked_are_answered(asked: TestClient) -> None:
    ids = ["f-post", "x"] * (MOST_IDS // 2)
    assert as_text(asked, ["x" * LONGEST_ID]) == ["unknown"]
    assert as_text(asked, ids) == ["off", "unknown"] * (MOST_IDS // 2)
    assert asked.post(PATH, json={"ids": ids}).json()["reasons"] == ["off", None] * (MOST_IDS // 2)


def test_a_body_in_parts_is_read_to_its_end_but_not_beyond_what_it_may_hold(
    asked: TestClient,
) -> None:
    answer = asked.post(PATH, content=iter([b"f-p", b"ost\na-po", b"st-1"]), headers=TEXT)
    assert answer.text == "off\nallowed\n"
    parts = iter([b"x" * 2**20] * 3)
    assert problem(asked.post(PATH, content=parts, headers=TEXT)) == (413, "too-large")


@every(
    "kind", ["", "text/html", "application/x-www-form-urlencoded", "text/plain; charset=latin-1"]
)
def test_another_media_type_is_refused(asked: TestClient, kind: str) -> None:
    answer = asked.post(PATH, content=b"a-post-1", headers={"content-type": kind})
    assert problem(answer) == (415, "wrong-type")


@pytest.mark.parametrize("kind", ["text/plain; charset=utf-8", 'Text/Plain;charset="UTF-8"'])
def test_utf_8_may_be_said(asked: TestClient, kind: str) -> None:
    answer = asked.post(PATH, content=b"a-post-1", headers={"content-type": kind})
    assert answer.text == "allowed\n"


@every("name", ["nothing", "A-post-1", "a-post-1%20", "%C3%A9", "%00", ""])
def test_an_item_that_is_not_there_is_a_404(asked: TestClient, name: str) -> None:
    assert problem(asked.get(f"{PATH}/{name}")) == (404, "unknown-item")


def test_an_id_that_is_not_utf_8_is_a_problem(asked: TestClient) -> None:
    assert problem(asked.get(f"{PATH}/%ff")) == (400, "not-utf-8")


@every(
    ("method", "path", "allowed"),
    [
        ("GET", PATH, "POST"),
        ("DELETE", PATH, "POST"),
        ("OPTIONS", PATH, "POST"),
        ("POST", f"{PATH}/a-post-1", "GET, HEAD"),
        ("PUT", f"{PATH}/a-post-1", "GET, HEAD"),
    ],
)
def test_another_method_is_refused(asked: TestClient, method: str, path: str, allowed: str) -> None:
    answer = asked.request(method, path)
    assert problem(answer) == (405, "method-not-allowed")
    assert answer.headers["allow"] == allowed
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_head_says_the_same_without_a_body(asked: TestClient) -> None:
    whole, head = asked.get(f"{PATH}/a-post-1"), asked.head(f"{PATH}/a-post-1")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))


def test_other_addresses_are_not_its_own(asked: TestClient) -> None:
    for path in ("/v1/verdictsx", "/v1"):
        assert problem(asked.get(path)) == (404, "not-found")
    for path in ("/v1x", "/v2/verdicts/a-post-1"):
        answer = asked.get(path)
        assert (answer.status_code, answer.headers["content-type"][:9]) == (404, "text/html")
    assert asked.get("/").status_code == 200


def test_no_id_is_logged_whatever_happens(
    asked: TestClient, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "vanne"):
        asked.get(f"{PATH}/a-post-1")
        asked.get(f"{PATH}/my-secret-id")
        asked.post(PATH, content=b"my-secret-id\xff", headers=TEXT)
        (home.corpus / "CURRENT").unlink()
        asked.get(f"{PATH}/my-secret-id")
        asked.post(PATH, json={"ids": ["my-secret-id"]})
    assert "no corpus has been built" in caplog.text
    assert "secret" not in caplog.text and "a-post-1" not in caplog.text


def test_a_fault_of_ours_is_a_problem_that_says_nothing(
    asked: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("vanne.corpus.lookup.hash_of", lambda item_id: {}[item_id])
    answer = asked.get(f"{PATH}/my-secret-id")
    assert problem(answer) == (500, "internal")
    assert "secret" not in answer.text and "secret" not in caplog.text
    assert "KeyError at test_verdicts_api.py" in caplog.text


def test_every_problem_is_documented() -> None:
    page = PAGE.read_text(encoding="utf-8")
    made = [each.document for each in vars(verdicts).values() if isinstance(each, ProblemAnswer)]
    assert len(made) >= 8
    for document in made:
        row = re.search(rf"^\| {document.status} \|(.*)\|", page, flags=re.M)
        name = document.type.removeprefix("urn:vanne:problem:")
        assert f"`{name}`" in page and row
