"""What no page lets through: other sites, other names for this machine, forged cookies, faults."""

import json
import logging
import os
import stat
from base64 import b64encode

import pytest
from itsdangerous import TimestampSigner
from sqlalchemy import select
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from tests.table import every
from tests.web.conftest import SWITCH, sign_in
from vanne.config import Home
from vanne.database import Database
from vanne.database.tables import session as sessions
from vanne.ledger import Ledger
from vanne.secrets import WEB_SECRET, secret_of
from vanne.settings import is_loopback
from vanne.web import session
from vanne.web.guard import Faults, is_same_origin
from vanne.web.session import ROLES

PAGES = ("/", "/settings", SWITCH, "/guide", "/guide/linkedin", "/nothing-here")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_a_post_from_another_site_is_refused_and_changes_nothing(
    anna: TestClient, home: Home, site: str
) -> None:
    answer = anna.post(
        SWITCH, data={"set": "off:all:generative-ai-training"}, headers={"sec-fetch-site": site}
    )
    assert answer.status_code == 403
    with Ledger(home.ledger, read_only=True) as ledger:
        assert ledger.history("anna") == []


@every(
    ("headers", "passes"),
    [
        ({"sec-fetch-site": "same-origin", "origin": "http://evil.example"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://127.0.0.1:8000", "host": "127.0.0.1:8000"}, True),
        ({"origin": "http://127.0.0.1:9000", "host": "127.0.0.1:8000"}, False),
        ({"origin": "null", "host": "127.0.0.1:8000"}, False),
        ({"host": "127.0.0.1:8000"}, True),
    ],
)
def test_a_post_is_judged_by_what_the_browser_says_of_it(
    headers: dict[str, str], passes: bool
) -> None:
    assert is_same_origin("POST", Headers(headers)) is passes


def test_reading_is_open_to_links_from_anywhere() -> None:
    assert is_same_origin("GET", Headers({"sec-fetch-site": "cross-site"}))


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_another_name_for_this_machine_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000"])
def test_this_machines_own_names_are_served(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@every(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.7", False),
        ("example.org", False),
    ],
)
def test_only_loopback_addresses_are_local(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@every("path", PAGES)
def test_every_page_forbids_scripts_frames_and_storing(anna: TestClient, path: str) -> None:
    headers = anna.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


@every("path", PAGES)
def test_no_page_has_a_script_or_a_style_of_its_own(anna: TestClient, path: str) -> None:
    page = anna.get(path).text
    ours = page.count('<script defer src="/static/')
    assert page.count("<script") == ours == page.count("></script>")
    assert "style=" not in page and "<style" not in page
    assert " on" not in {part[:3] for part in page.split('"')[::2]}


def test_the_session_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites(
    client: TestClient,
) -> None:
    answer = client.post("/sign-in", data={"member": "anna"}, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie


def forged(home: Home, **session: object) -> str:
    """Sign a cookie as whoever has the secret of a home can."""
    data = b64encode(json.dumps(session).encode())
    return TimestampSigner(secret_of(home.root)).sign(data).decode()


def test_a_cookie_that_is_signed_with_the_stolen_secret_signs_nobody_in(
    client: TestClient, home: Home
) -> None:
    sign_in(client, "anna")
    with Database.of(home).reading() as db:
        (row,) = db.execute(select(sessions)).mappings()
    of_old = {"sub": "anna", "name": "anna", "roles": list(ROLES), "exp": 2**40, "picture": False}
    stolen = [{"sid": row["sha256"]}, {"sid": "x" * 43}, {"sid": ""}, {"who": "anna"}, {}]
    cookies = [forged(home, **each) for each in (*stolen, {"sid": "x"} | of_old, dict(row))]
    for cookie in (*cookies, "eyJtZW1iZXIiOiAiYW5uYSJ9", "x.y.z", ""):
        client.cookies.clear()
        client.cookies.set(session.COOKIE, cookie)
        assert 'href="/sign-in"' in client.get("/").text
        assert client.post(SWITCH, data={"set": "off:all"}).url.path == "/sign-in"
        for path in ("/operator", "/auditor", "/find", SWITCH):
            assert client.get(path, follow_redirects=False).status_code in (303, 404)
    with Ledger(home.ledger, read_only=True) as ledger:
        assert ledger.history("anna") == []


def test_the_secret_is_made_once_and_only_its_owner_reads_it(home: Home) -> None:
    first = secret_of(home.root)
    mode = stat.S_IMODE((home.root / WEB_SECRET).stat().st_mode)
    assert (secret_of(home.root), mode, len(first)) == (first, 0o600, 64)


def test_a_page_that_is_not_there_says_so_in_the_readers_language(client: TestClient) -> None:
    answer = client.get("/nothing-here")
    assert answer.status_code == 404
    assert "Cette page n&#39;existe pas" in answer.text


def test_a_form_that_is_too_large_is_refused(anna: TestClient) -> None:
    assert anna.post(SWITCH, data={"set": "x" * 20_000}).status_code == 413


def test_a_form_that_does_not_say_how_large_it_is_is_not_read(anna: TestClient) -> None:
    parts = iter([b"wanted=", b"off" * 10_000])
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = anna.post(SWITCH, content=parts, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 411


def test_a_form_without_a_wanted_state_is_refused(anna: TestClient) -> None:
    assert anna.post(SWITCH, data={"set": "toggle:all:generative-ai-training"}).status_code == 400


def test_a_fault_of_ours_shows_and_logs_no_data(
    anna: TestClient, home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    os.replace(home.members, home.root / "kept.parquet")  # noqa: PTH105
    home.members.write_bytes(b"PAR1 this is anna's secret PAR1")
    with caplog.at_level(logging.DEBUG, "vanne.web"):
        answer = anna.get(SWITCH)
    assert answer.status_code >= 500
    assert "Rien n&#39;a changé." in answer.text
    assert "Traceback" not in answer.text and "secret" not in answer.text
    assert "secret" not in caplog.text


def test_what_an_exception_says_reaches_neither_the_page_nor_the_log(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("member anna")

    faults = Faults(broken, answer=lambda request: PlainTextResponse("a fault", 500))
    with caplog.at_level(logging.DEBUG, "vanne.web"):
        answer = TestClient(faults).get("/")
    assert (answer.status_code, answer.text) == (500, "a fault")
    assert "KeyError at test_guard.py:" in caplog.text
    assert "anna" not in caplog.text
