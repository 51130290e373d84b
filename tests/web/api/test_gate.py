"""The way in: by which name, as whom, how often, in which form; and what every answer carries."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import http_sf
import pytest
from starlette.testclient import TestClient

from tests.conftest import Run
from tests.table import every
from tests.web.api.conftest import ORIGIN, asking, errors, problem, size, token_for
from tests.web.network import clock
from vanne import tokens
from vanne.config import Home
from vanne.errors import ConfigError
from vanne.settings import Settings
from vanne.tokens import scopes_known
from vanne.web import create_app
from vanne.web.api.app import routes
from vanne.web.api.models import LARGEST_BYTES
from vanne.web.api.route import scope_of
from vanne.web.limits import rule_of

OFF = {"member_id": "anna", "on": False}
EXAMPLES = {"member_id": "anna", "index": "0", "model": "vanne", "item_id": "a-post-1"}
OPEN = ("/v1/health", "/v1/ready", "/v1/openapi.json")


def addresses() -> Iterator[tuple[str, str, str]]:
    """Every method and address that needs a token, with its scope."""
    for route in routes():
        path = route.path_format.format(**EXAMPLES)
        for method in sorted(route.methods):
            if scope := scope_of(route.openapi_extra):
                yield method, path, scope


ADDRESSES = list(addresses())

# As whom


def test_without_a_good_token_nothing_is_done(asked: TestClient, home: Home) -> None:
    good = asked.headers.pop("authorization").removeprefix("Bearer ")
    made = tokens.create(home, "old", scopes_known(), 1, datetime.now(UTC) - timedelta(days=2))
    for given in (None, "", "Bearer", f"Bearer {good}x", f"Basic {good}", good, f"Bearer {made}"):
        headers = {} if given is None else {"authorization": given}
        for method, path, _ in ADDRESSES:
            answer = asked.request(method, path, headers=headers)
            assert problem(answer) == (401, "unauthorized"), path
            assert answer.headers["www-authenticate"].startswith('Bearer realm="vanne"')
    assert size(home) == 3


@pytest.mark.parametrize("scope", scopes_known())
def test_a_token_of_every_other_scope_is_refused_whoever_is_asked_about(
    home: Home, scope: str
) -> None:
    others = [other for other in scopes_known() if other != scope]
    with asking(home, *others) as asked:
        for method, path in (each[:2] for each in ADDRESSES if each[2] == scope):
            bodies = set()
            for where in (path, path.replace("anna", "nobody").replace("0", "99")):
                answer = asked.request(method, where)
                assert problem(answer) == (403, "wrong-scope"), path
                assert f'scope="{scope}"' in answer.headers["www-authenticate"]
                bodies.add(answer.content)
            assert len(bodies) == 1
    assert size(home) == 3


@pytest.mark.parametrize("scope", scopes_known())
def test_a_token_of_the_scope_is_let_in(home: Home, scope: str) -> None:
    with asking(home, scope) as asked:
        for method, path in (each[:2] for each in ADDRESSES if each[2] == scope):
            assert asked.request(method, path).status_code not in (401, 403), path


@pytest.mark.parametrize("path", OPEN)
def test_what_holds_no_secret_needs_no_token(asked: TestClient, path: str) -> None:
    del asked.headers["authorization"]
    assert asked.get(path).status_code == 200


def test_a_token_that_is_revoked_is_refused_by_the_next_server(home: Home) -> None:
    token = token_for(home)
    tokens.revoke(home, token.split("_")[1], datetime.now(UTC))
    with asking(home) as asked:
        answer = asked.get("/v1/ledger", headers={"authorization": f"Bearer {token}"})
    assert problem(answer) == (401, "unauthorized")


def test_a_browser_of_another_site_has_no_way_in(asked: TestClient) -> None:
    del asked.headers["authorization"]
    headers = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    for answer in (
        asked.post("/v1/choices", json=OFF, headers=headers),
        asked.options("/v1/choices", headers=headers),
    ):
        assert answer.status_code in (401, 405)
        assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize("path", ["/v1/ledger", "/v1/health", "/v1/nothing"])
def test_another_name_for_this_machine_is_refused(asked: TestClient, path: str) -> None:
    answer = asked.get(path, headers={"host": "evil.example"})
    assert problem(answer) == (400, "bad-host")


def test_a_database_that_is_none_is_no_way_in(home: Home) -> None:
    with asking(home) as asked:
        for file in home.root.glob("database.sqlite*"):
            file.unlink()
        home.database.write_text("{")
        assert problem(asked.get("/v1/ledger")) == (503, "unavailable")


# How often


def test_every_answer_says_where_one_stands(home: Home) -> None:
    with asking(home, rate_limit="3/minute") as asked:
        left = []
        for path in ("/v1/ledger", "/v1/nothing", "/v1/receipts/99"):
            answer = asked.get(path)
            policy = http_sf.parse(answer.headers["ratelimit-policy"].encode(), tltype="list")
            limit = http_sf.parse(answer.headers["ratelimit"].encode(), tltype="list")
            assert policy == [("token", {"q": 3, "w": 60})]
            ((name, values),) = limit
            assert name == "token" and 0 < values["t"] <= 60
            left.append(values["r"])
        assert left == [2, 1, 0]


def test_who_asks_too_often_is_told_how_long_to_wait(home: Home) -> None:
    with asking(home, rate_limit="2/minute") as asked:
        for _ in range(2):
            assert asked.post("/v1/choices", json=OFF).status_code == 201
        answer = asked.post("/v1/choices", json=OFF)
        assert problem(answer) == (429, "too-often")
        assert 0 < int(answer.headers["retry-after"]) <= 60
        assert size(home) == 5
        other = asked.get("/v1/ledger", headers={"authorization": f"Bearer {token_for(home)}"})
        assert other.status_code == 200 or problem(other) == (401, "unauthorized")
        assert asked.get("/v1/health").status_code == 200
        assert asked.get("/").status_code == 200


def test_tokens_and_addresses_are_counted_apart(home: Home) -> None:
    tokens_of_two = token_for(home), token_for(home)
    app = create_app(home, now=clock(), settings=Settings(rate_limit="1/minute"))
    with TestClient(app, base_url=ORIGIN) as asked:
        for token in tokens_of_two:
            headers = {"authorization": f"Bearer {token}"}
            assert asked.get("/v1/ledger", headers=headers).status_code == 200
            assert problem(asked.get("/v1/ledger", headers=headers)) == (429, "too-often")
        assert problem(asked.get("/v1/ledger")) == (401, "unauthorized")
        headers = {"authorization": "Bearer guess"}
        assert problem(asked.get("/v1/ledger", headers=headers)) == (429, "too-often")


def test_without_a_limit_nothing_is_said_of_one(asked: TestClient) -> None:
    assert not any("ratelimit" in name for name in asked.get("/v1/ledger").headers)


@every("rule", ["10", "ten/second", "0/second", "10/fortnight", "-1/second"])
def test_what_is_no_rate_is_refused_by_the_name_of_its_setting(rule: str) -> None:
    with pytest.raises(ConfigError, match="`VANNE_RATE_LIMIT`"):
        rule_of(rule)
    with pytest.raises(ConfigError, match="`VANNE_PAGES_LIMIT`"):
        rule_of(rule, "pages_limit")


def test_a_limit_that_is_none_is_said_before_anything_is_served(
    vanne: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VANNE_RATE_LIMIT", "many")
    done = vanne("serve", "--home", home.root, "--port", "0")
    assert (done.returncode, done.stdout) == (ConfigError.exit_code, "")
    assert done.stderr.count("\n") == 1 and "`VANNE_RATE_LIMIT`" in done.stderr


# In which form


@every(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/choices", "POST"),
        ("OPTIONS", "/v1/choices", "POST"),
        ("DELETE", "/v1/ledger", "GET, HEAD"),
        ("OPTIONS", "/v1/members/a/b/choices", "GET, HEAD"),
        ("PUT", "/v1/receipts/verify", "POST"),
        ("PUT", "/v1/receipts/7", "GET, HEAD"),
        ("POST", "/v1/health", "GET, HEAD"),
    ],
)
def test_another_method_is_refused_with_those_there_are(
    asked: TestClient, method: str, path: str, allowed: str
) -> None:
    answer = asked.request(method, path)
    assert problem(answer) == (405, "method-not-allowed")
    assert answer.headers["allow"] == allowed


@every("path", ["/v1/ledger", "/v1/health", "/v1/receipts/0", "/v1/receipts/99"])
def test_head_says_the_same_without_a_body(asked: TestClient, path: str) -> None:
    whole, head = asked.get(path), asked.head(path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["content-type"] == whole.headers["content-type"]


@every("path", ["/v1", "/v1/", "/v1/choices/", "/v1/receipts/x", "/v1/a%2Fb"])
def test_an_address_that_is_not_there_is_a_problem(asked: TestClient, path: str) -> None:
    assert problem(asked.get(path, follow_redirects=False)) == (404, "not-found")


@every(
    "path",
    [
        "/v1/ledger?x=1", "/v1/ledger?", "/v1/ledger?=", "/v1/members/anna/choices?Limit=1",
        "/v1/members/anna/choices?limit=1&limit=2", "/v1/health?x", "/v1/openapi.json?x=y",
        "/v1/receipts/0?index=0",
    ],
)  # fmt: skip
def test_a_query_that_is_not_known_is_refused(asked: TestClient, path: str) -> None:
    answer = asked.get(path)
    assert path.endswith("?") or problem(answer) == (400, "bad-query")


def test_an_address_that_is_not_utf_8_is_refused(asked: TestClient) -> None:
    assert problem(asked.get("/v1/members/%ff/choices")) == (400, "not-utf-8")
    assert errors(asked.get("/v1/members/a%00b/choices")) == [(None, "member_id")]


@every(
    "kind",
    ["", "text/plain", "text/json", "application/x-www-form-urlencoded", "multipart/form-data",
     "application/json; charset=latin-1", "application/vnd.api+json"],
)  # fmt: skip
@every("path", ["/v1/choices", "/v1/choices/batch", "/v1/receipts/verify"])
def test_only_json_is_read(asked: TestClient, home: Home, path: str, kind: str) -> None:
    body = b'{"member_id": "anna", "on": false}'
    answer = asked.post(path, content=body, headers={"content-type": kind})
    assert problem(answer) == (415, "wrong-type")
    assert size(home) == 3


def test_json_may_be_said_to_be_utf_8(asked: TestClient) -> None:
    headers = {"content-type": 'Application/JSON; charset="UTF-8"'}
    answer = asked.post("/v1/choices", content=b'{"member_id":"anna","on":true}', headers=headers)
    assert answer.status_code == 201


def test_a_body_is_read_no_further_than_it_may_be_long(asked: TestClient, home: Home) -> None:
    headers = {"content-type": "application/json"}
    whole = b'{"member_id": "anna", "on": false' + b" " * LARGEST_BYTES + b"}"
    for body in (whole, iter([whole[: 2**20], whole[2**20 :]])):
        answer = asked.post("/v1/choices", content=body, headers=headers)
        assert problem(answer) == (413, "too-large")
    assert size(home) == 3


# What every answer carries


def test_no_answer_is_stored_or_sniffed(asked: TestClient) -> None:
    for path in ("/v1/ledger", "/v1/health", "/v1/nothing", "/v1/receipts/99", "/v1/openapi.json"):
        headers = asked.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


def test_a_fault_of_ours_is_a_problem_and_neither_told_nor_logged(
    asked: TestClient, home: Home, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def broken(*_: object) -> None:
        raise RuntimeError("anna's secret")

    monkeypatch.setattr("vanne.web.api.choices.policy_at", broken)
    answer = asked.post("/v1/choices", json=OFF)
    assert problem(answer) == (500, "internal")
    assert "secret" not in answer.text and "secret" not in caplog.text
    assert "a fault of ours: RuntimeError at test_gate.py" in caplog.text


def test_no_id_is_logged_whatever_happens(
    asked: TestClient, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        asked.post("/v1/choices", json=OFF | {"member_id": "my-secret-id"})
        asked.post("/v1/choices", json=OFF | {"member_id": "my-secret-id", "on": 1})
        asked.get("/v1/members/my-secret-id/choices")
        home.ledger.unlink()
        asked.post("/v1/choices", json=OFF | {"member_id": "my-secret-id"})
        asked.get("/v1/members/my-secret-id/choices")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("vanne")]
    assert any("ledger" in line for line in ours)
    assert not any("secret" in line for line in ours)
