"""Tokens for programs: shown once, kept hashed, good for their scopes until they end."""

import json
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from tests.table import every
from tests.web.network import START, clock
from vanne import tokens
from vanne.cli import cli
from vanne.config import Home
from vanne.errors import InputError
from vanne.web import create_app
from vanne.web.api.gate import LOOK_EVERY_SECONDS, Tokens

ONE = "/v1/verdicts/a-profile"


@pytest.fixture
def pages(home: Home) -> Iterator[TestClient]:
    """A program that holds no token yet."""
    with TestClient(create_app(home, now=clock()), base_url="http://127.0.0.1:8000") as client:
        yield client


def run(home: Home, *typed: str) -> str:
    """Type `vanne token ...`; return what it prints."""
    done = CliRunner().invoke(cli, ["token", *typed, "--home", str(home.root)])
    assert done.exit_code == 0, done.output
    return done.stdout


def made(home: Home, *scopes: str) -> str:
    """A token that was made on the command line."""
    typed = [part for scope in scopes for part in ("--scope", scope)]
    return run(home, "create", "recruiting", *typed).strip()


def show(client: TestClient, token: str) -> Any:
    """Ask for a verdict with a token."""
    return client.get(ONE, headers={"authorization": f"Bearer {token}"})


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a second later, for whoever reads the tokens now and then."""
    import time

    past = time.monotonic() + LOOK_EVERY_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: past)


def test_a_token_has_the_documented_form_and_only_its_hash_is_kept(home: Home) -> None:
    token = made(home, "verdicts", "choices")
    vanne, token_id, secret = token.split("_")
    assert (vanne, len(token_id), len(secret)) == ("vanne", 8, 64)
    files = list(home.root.glob(f"{home.database.name}*"))
    held = b"".join(file.read_bytes() for file in files)
    assert secret.encode() not in held and token_id.encode() in held
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_list_shows_everything_but_the_secret(home: Home) -> None:
    token = made(home, "choices", "verdicts")
    (listed,) = json.loads(run(home, "list", "--json"))["tokens"]
    assert set(listed) == {"id", "name", "scopes", "created", "expires", "revoked"}
    assert (listed["name"], listed["scopes"]) == ("recruiting", ["verdicts", "choices"])
    ends = datetime.fromisoformat(listed["expires"]) - datetime.fromisoformat(listed["created"])
    assert ends == timedelta(days=90) and listed["revoked"] is None
    lines = run(home, "list")
    assert listed["id"] in lines and "until" in lines and token.split("_")[2] not in lines


def test_a_token_opens_what_its_scope_names(home: Home, pages: TestClient) -> None:
    answer = show(pages, made(home, "verdicts"))
    assert (answer.status_code, answer.json()["reason"]) == (200, "allowed")


def test_another_scope_is_refused_with_the_one_that_is_needed(
    home: Home, pages: TestClient
) -> None:
    answer = show(pages, made(home, "choices", "reports"))
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:vanne:problem:wrong-scope"
    assert 'scope="verdicts"' in answer.headers["www-authenticate"]


def test_before_there_is_a_token_nobody_is_let_in(
    home: Home, pages: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pages.get(ONE).status_code == 401
    token = made(home, "verdicts")
    later(monkeypatch)
    assert pages.get(ONE).status_code == 401
    assert show(pages, token).status_code == 200


def test_a_revocation_acts_without_a_restart(
    home: Home, pages: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, other = made(home, "verdicts"), made(home, "verdicts")
    assert show(pages, token).status_code == 200
    run(home, "revoke", token.split("_")[1])
    later(monkeypatch)
    assert show(pages, token).status_code == 401
    assert show(pages, other).status_code == 200
    assert "revoked" in run(home, "list")


def test_unknown_expired_and_revoked_tokens_get_the_same_answer(
    home: Home, pages: TestClient
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=2)
    expired = tokens.create(home, "old", ["verdicts"], 1, long_ago)
    revoked = tokens.create(home, "lost", ["verdicts"], 9, datetime.now(UTC))
    tokens.revoke(home, revoked.split("_")[1], datetime.now(UTC))
    good = made(home, "verdicts")
    wrong = [
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        good.replace(good.split("_")[1], "aaaaaaaa"),
        good.upper(),
        good + "0",
        "vanne__",
        "x",
        "",
    ]
    answers = {
        (answer.status_code, answer.content, tuple(answer.headers.multi_items()))
        for answer in (show(pages, token) for token in (expired, revoked, *wrong))
    }
    assert len(answers) == 1 and next(iter(answers))[0] == 401


def test_a_token_is_good_until_the_moment_it_expires(home: Home) -> None:
    token = tokens.create(home, "x", ["ledger"], 1, START).encode()
    at = START + timedelta(days=1)
    assert Tokens(home, now=lambda: at - timedelta(seconds=1)).holder(token) is not None
    assert Tokens(home, now=lambda: at).holder(token) is None


def test_the_servers_own_token_stays_good_for_verdicts(home: Home) -> None:
    holder = Tokens(home, "a-token-of-the-server").holder(b"a-token-of-the-server")
    assert holder is not None and holder.scopes == {"verdicts"}
    assert Tokens(home, "a-token-of-the-server").holder(b"another") is None


def test_the_holder_says_which_program_asks(home: Home) -> None:
    token = made(home, "choices", "reports")
    holder = Tokens(home).holder(token.encode())
    assert holder is not None
    assert (holder.id, holder.name) == (token.split("_")[1], "recruiting")
    assert holder.scopes == {"choices", "reports"}


def test_a_damaged_database_opens_nothing_and_is_named(
    home: Home, pages: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = made(home, "verdicts")
    for file in home.root.glob("database.sqlite*"):
        file.unlink()
    home.database.write_bytes(b"this is no database" * 1000)
    later(monkeypatch)
    assert show(pages, token).status_code == 503
    with pytest.raises(InputError, match=r"database\.sqlite` is not a database of Vanne's"):
        tokens.read(home)


@every(
    ("name", "scopes", "said"),
    [
        ("", ["verdicts"], "name"),
        ("a\nb", ["verdicts"], "name"),
        ("x" * 61, ["verdicts"], "name"),
        ("x", [], "scope"),
        ("x", ["verdict"], "`verdict`"),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(
    home: Home, name: str, scopes: list[str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        tokens.create(home, name, scopes, 1, START)
    assert tokens.read(home) == []


def test_revoking_what_is_not_there_is_said_to_be_so(home: Home) -> None:
    with pytest.raises(InputError, match="no token with this id"):
        tokens.revoke(home, "aaaaaaaa", START)


def test_revoking_twice_keeps_the_first_time(home: Home) -> None:
    token_id = made(home, "ledger").split("_")[1]
    first = tokens.revoke(home, token_id, START)
    assert tokens.revoke(home, token_id, START + timedelta(days=1)) == first


def test_tokens_made_at_the_same_time_are_all_kept(home: Home) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = pool.map(lambda n: tokens.create(home, f"n{n}", ["ledger"], 1, START), range(24))
        assert len(set(made)) == 24
    assert {token.name for token in tokens.read(home)} == {f"n{n}" for n in range(24)}


def test_the_store_needs_no_web(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = "import sys, vanne.cli.token; assert not {'starlette', 'vanne.web'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == 0
