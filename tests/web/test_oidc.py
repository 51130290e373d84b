"""Signing in with a provider that may be wrong, hostile or away: nobody is signed in by mistake."""

import base64
import hashlib
import logging
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.responses import JSONResponse, Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from tests.members import replace_members
from tests.table import every
from tests.web import provider as providers
from tests.web.conftest import SWITCH
from tests.web.network import MEMBERS, START
from tests.web.provider import CLIENT_ID, CODE, GARBAGE, SECRET, Said, come_back, provider
from vanne.config import Home
from vanne.database import Database
from vanne.database.tables import session as sessions
from vanne.report.erase import erase_member
from vanne.settings import Settings
from vanne.web import create_app
from vanne.web.pages.sign_in import STATUS
from vanne.words import LANGUAGES

ORIGIN = "https://vanne.example"
COOKIE = "__Host-vanne"


def settings_of(issuer: str, **more: str) -> Settings:
    """The settings of pages behind `ORIGIN` at which this provider signs people in."""
    return Settings(oidc_issuer=issuer, oidc_client_id=CLIENT_ID, public_origin=ORIGIN, **more)


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture(scope="module")
def server() -> Iterator[Said]:
    """One provider for all tests of this file."""
    with provider() as said:
        yield said


@pytest.fixture
def said(server: Said) -> Said:
    """The provider, honest again."""
    fresh = Said(server.issuer)
    server.__dict__.update(fresh.__dict__)
    return server


@pytest.fixture
def now() -> Clock:
    """The time of the pages."""
    return Clock()


@pytest.fixture
def app(home: Home, said: Said, now: Clock) -> ASGIApp:
    """The pages, for whom the provider vouches."""
    way = settings_of(said.issuer, oidc_client_secret=SECRET)
    return create_app(home, now=now, settings=way)


@pytest.fixture
def browser(app: ASGIApp) -> Iterator[TestClient]:
    """A browser, signed in as nobody, that reaches the pages through their proxy."""
    with open_browser(app) as browser:
        yield browser


def open_browser(app: ASGIApp) -> TestClient:
    """Another browser."""
    headers = {"accept-language": "en", "sec-fetch-site": "same-origin"}
    return TestClient(app, base_url=ORIGIN, headers=headers)


def is_signed_in(browser: TestClient) -> bool:
    """Say whether a browser sees a member's page."""
    return browser.get(SWITCH, follow_redirects=False).status_code == 200


def why(location: str) -> str:
    """The reason that somebody is led to."""
    return location.removeprefix("/sign-in/failed?why=")


# The honest way


def test_whom_the_provider_vouches_for_is_signed_in(browser: TestClient, said: Said) -> None:
    assert said.sign_in(browser) == "/"
    assert is_signed_in(browser)


def test_the_code_is_asked_for_with_a_challenge_and_redeemed_with_its_verifier(
    browser: TestClient, said: Said
) -> None:
    asked = said.begin(browser)
    come_back(browser, state=asked["state"])
    ((form, proof),) = said.asked
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert asked["code_challenge_method"] == "S256" and asked["response_type"] == "code"
    assert form["redirect_uri"] == asked["redirect_uri"] == f"{ORIGIN}/sign-in/callback"
    assert form["code"] == CODE and asked["ui_locales"] == "en"
    assert proof == "Basic " + base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()


def test_a_public_client_proves_itself_by_the_verifier_alone(home: Home, said: Said) -> None:
    way = settings_of(said.issuer)
    browser = open_browser(create_app(home, now=Clock(), settings=way))
    assert said.sign_in(browser) == "/"
    ((form, proof),) = said.asked
    assert proof is None and form["client_id"] == CLIENT_ID and "client_secret" not in form


def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(
    browser: TestClient, said: Said
) -> None:
    said.description = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    said.sign_in(browser)
    ((form, proof),) = said.asked
    assert (form["client_secret"], proof) == (SECRET, None)


def test_the_cookie_is_bound_to_the_host_and_holds_no_token(
    browser: TestClient, said: Said
) -> None:
    said.sign_in(browser)
    (cookie,) = [c for c in browser.cookies.jar if c.name == COOKIE]
    held = base64.b64decode(str(cookie.value).split(".")[0] + "==").decode()
    assert set(re.findall(r'"(\w+)":', held)) == {"sid", "who"}
    assert "anna" not in held.lower()
    flags = browser.get("/sign-in", follow_redirects=False).headers["set-cookie"].lower()
    assert flags.startswith("__host-vanne=")
    assert "; path=/;" in flags and "domain" not in flags
    assert all(flag in flags for flag in ("; secure", "; httponly", "; samesite=lax"))


def test_a_new_key_is_believed_once_the_provider_publishes_it(
    browser: TestClient, said: Said
) -> None:
    said.sign_in(browser)
    said.header = {"alg": "RS256", "kid": "two"}
    said.key = providers.RSAKey.generate_key(2048, {"kid": "two"})
    assert why(said.sign_in(browser)) == "refused"
    said.published.append(said.key)
    assert said.sign_in(browser) == "/"


# Whom the claims name


@pytest.mark.parametrize(
    ("way", "claims", "sees"),
    [
        ({}, {}, {SWITCH}),
        ({}, {"roles": ["auditor"]}, {"/auditor"}),
        ({}, {"roles": ["member", "operator"]}, {SWITCH, "/operator"}),
        ({}, {"roles": "operator auditor"}, {"/operator", "/auditor"}),
        ({}, {"roles": ["offline_access", "admin"]}, {SWITCH}),
        ({}, {"roles": {"operator": True}}, {SWITCH}),
        ({"oidc_roles_claim": "realm_access.roles"}, {"realm_access": {"roles": ["operator"]}}, {"/operator"}),
        ({"oidc_roles_claim": "https://v.example/roles"}, {"https://v.example/roles": ["auditor"]}, {"/auditor"}),
        ({"oidc_roles_claim": "groups"}, {"roles": ["operator"]}, {SWITCH}),
        ({"oidc_member_claim": "member_id"}, {"sub": "u-1", "member_id": "anna"}, {SWITCH}),
        ({}, {"sub": "nobody-here", "roles": ["member", "auditor"]}, {"/auditor"}),
    ],
)  # fmt: skip
def test_roles_and_member_come_from_the_claims_that_the_settings_name(
    home: Home, said: Said, way: dict[str, str], claims: dict[str, Any], sees: set[str]
) -> None:
    settings = settings_of(said.issuer, oidc_client_secret=SECRET, **way)
    browser = open_browser(create_app(home, now=Clock(), settings=settings))
    assert said.sign_in(browser, **claims) == "/"
    pages = {SWITCH, "/operator", "/auditor"}
    assert {path for path in pages if browser.get(path).status_code == 200} == sees


@pytest.mark.parametrize("claims", [{"sub": "zora"}, {"sub": "zora", "roles": ["member"]}])
def test_somebody_who_is_no_member_is_told_so_and_how_to_object(
    browser: TestClient, said: Said, claims: dict[str, Any]
) -> None:
    where = said.sign_in(browser, **claims)
    answer = browser.get(where)
    assert (why(where), answer.status_code) == ("not-a-member", 403)
    assert 'href="/object"' in answer.text and "zora" not in answer.text
    assert 'href="/sign-in?other"' in answer.text
    assert said.begin(browser, other="")["prompt"] == "select_account"


def test_the_session_ends_when_the_provider_says_and_after_twelve_hours_at_most(
    browser: TestClient, said: Said, now: Clock
) -> None:
    at = int(START.timestamp())
    for ends, lasts in ((None, 12 * 3600), (at + 600, 600), (at + 10**6, 12 * 3600), ("x", 43200)):
        begun = now.at
        said.sign_in(browser, iat=at, session_expiry=ends)
        now.at = begun + timedelta(seconds=lasts - 1)
        assert is_signed_in(browser)
        now.at = begun + timedelta(seconds=lasts)
        assert not is_signed_in(browser)


@pytest.mark.parametrize(
    "claims",
    [{"aud": [CLIENT_ID]}, {"aud": [CLIENT_ID, "another-client"], "azp": CLIENT_ID}],
    ids=str,
)
def test_a_token_may_be_for_others_too_if_it_was_given_to_us(
    browser: TestClient, said: Said, claims: dict[str, Any]
) -> None:
    assert said.sign_in(browser, **claims) == "/"


# A provider that is wrong or hostile


@every(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": ["another-client", "a-third"], "azp": CLIENT_ID},
        {"aud": "another-client", "azp": CLIENT_ID},
        {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"},
        {"aud": None},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"iss": "https://another.example"},
        {"iss": None},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"at_hash": "wrong"},
    ],
    ids=str,
)
def test_a_token_with_a_claim_that_is_not_right_is_refused(
    browser: TestClient, said: Said, claims: dict[str, Any]
) -> None:
    assert why(said.sign_in(browser, **claims)) == "refused"
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    "twist",
    [providers.unsigned, providers.with_shared_secret, providers.by_a_stranger],
    ids=lambda twist: twist.__name__,
)
@pytest.mark.parametrize("described", [["RS256"], ["none", "HS256", "RS256"], None])
def test_a_token_that_the_provider_did_not_sign_itself_is_refused(
    browser: TestClient, said: Said, twist: Callable[[Said], None], described: list[str] | None
) -> None:
    said.description = {"id_token_signing_alg_values_supported": described} if described else {}
    twist(said)
    assert why(said.sign_in(browser)) == "refused"
    assert not is_signed_in(browser)


@every(
    ("token", "reason"),
    [
        (GARBAGE, "refused"),
        (JSONResponse(["a", "list"]), "refused"),
        (JSONResponse({"access_token": "x", "token_type": "Bearer"}), "refused"),
        (JSONResponse({"id_token": 7, "access_token": "x", "token_type": "Bearer"}), "refused"),
        (JSONResponse({"error": "invalid_grant"}, 400), "refused"),
        (JSONResponse({}, 500), "unreachable"),
    ],
)
def test_an_answer_that_is_no_token_signs_nobody_in(
    browser: TestClient, said: Said, token: Response, reason: str
) -> None:
    said.token = token
    assert why(said.sign_in(browser)) == reason
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://another.example"},
        {"issuer": None},
        {"token_endpoint": "http://id.example/token"},
        {"token_endpoint": 7},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
        {"id_token_signing_alg_values_supported": "RS256"},
    ],
    ids=str,
)
def test_a_provider_that_describes_itself_wrongly_is_not_used(
    browser: TestClient, said: Said, description: dict[str, Any]
) -> None:
    said.description = description
    answer = browser.get("/sign-in")
    assert answer.status_code == 503
    assert "The identity provider does not answer at this moment." in answer.text


@pytest.mark.parametrize("answer", [GARBAGE, JSONResponse([]), JSONResponse({}, 404)])
def test_a_provider_that_does_not_describe_itself_is_not_used_until_it_does(
    browser: TestClient, said: Said, answer: Response
) -> None:
    said.described = answer
    assert browser.get("/sign-in").status_code == 503
    said.described = None
    assert said.sign_in(browser) == "/"


def test_a_provider_that_is_away_is_said_to_be_so(home: Home) -> None:
    way = settings_of("http://127.0.0.1:9")
    browser = open_browser(create_app(home, now=Clock(), settings=way))
    answer = browser.get("/sign-in")
    assert answer.status_code == 503 and 'href="/sign-in"' in answer.text
    assert why(come_back(browser, state="x")) == "unreachable"
    assert browser.post("/sign-out").status_code == 200


# The way back


def test_a_callback_with_another_browsers_state_signs_nobody_in(
    app: ASGIApp, browser: TestClient, said: Said
) -> None:
    state = said.begin(browser)["state"]
    other = open_browser(app)
    assert why(come_back(other, state=state)) == "expired"
    said.begin(other)
    assert why(come_back(other, state=state)) == "expired"
    assert not is_signed_in(other) and said.asked == []


def test_a_callback_is_good_once(browser: TestClient, said: Said) -> None:
    state = said.begin(browser)["state"]
    assert come_back(browser, state=state) == "/"
    assert why(come_back(browser, state=state)) == "expired"


def test_a_state_is_good_for_ten_minutes(browser: TestClient, said: Said, now: Clock) -> None:
    state = said.begin(browser)["state"]
    now.at += timedelta(minutes=10, seconds=1)
    assert why(come_back(browser, state=state)) == "expired"
    assert not is_signed_in(browser)


@every(
    ("query", "reason"),
    [
        ({"error": "access_denied"}, "cancelled"),
        ({"error": "server_error", "error_description": "the provider's secret"}, "refused"),
        ({"iss": "https://another.example"}, "refused"),
    ],
)
def test_an_error_of_the_provider_is_one_of_ours(
    browser: TestClient, said: Said, query: dict[str, str], reason: str
) -> None:
    said.claims = {}  # with the nonce of the last time
    state = said.begin(browser)["state"]
    where = come_back(browser, state=state, **query)
    assert why(where) == reason
    assert "provider's secret" not in browser.get(where).text


@every("query", [{}, {"code": CODE}, {"state": "x"}, {"error": "x" * 5000}])
def test_a_callback_that_nobody_asked_for_is_refused(
    browser: TestClient, query: dict[str, str]
) -> None:
    answer = browser.get("/sign-in/callback", params=query, follow_redirects=False)
    assert answer.headers["location"] == "/sign-in/failed?why=expired"


@every("lang", LANGUAGES)
@every("reason", STATUS)
def test_each_reason_is_a_page_in_each_language_with_a_way_on(
    browser: TestClient, reason: str, lang: str
) -> None:
    answer = browser.get("/sign-in/failed", params={"why": reason, "lang": lang})
    assert f'<html lang="{lang}">' in answer.text
    assert answer.status_code >= 400 and 'class="action" href="/sign-in' in answer.text


def test_a_reason_that_is_none_has_no_page(browser: TestClient) -> None:
    assert browser.get("/sign-in/failed", params={"why": "<b>"}).status_code == 404


def test_no_secret_code_or_claim_reaches_the_log(
    browser: TestClient, said: Said, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        said.sign_in(browser, aud="another-client", name="Anna Secret")
        said.token = GARBAGE
        said.sign_in(browser, name="Anna Secret")
    # httpx2 is the browser here, which knows the code
    lines = "".join(r.getMessage() for r in caplog.records if r.name != "httpx2")
    for secret in (CODE, SECRET, "anna", "Anna Secret", "another-client", "secret of the"):
        assert secret not in lines
    assert "an answer of the identity provider was refused" in lines


# Where to go next


@every(
    ("wanted", "led"),
    [
        ("/settings?page=2", "/settings?page=2"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("settings", "/"),
        ("/" + "x" * 600, "/"),
        ("/é", "/"),
    ],
)
def test_signing_in_leads_to_pages_of_ours_only(
    browser: TestClient, said: Said, wanted: str, led: str
) -> None:
    said.claims = {}  # with the nonce of the last time
    state = said.begin(browser, next=wanted)["state"]
    assert come_back(browser, state=state) == led


@every(
    "headers",
    [
        {"x-forwarded-host": "evil.example", "x-forwarded-proto": "http"},
        {"forwarded": "host=evil.example"},
        {"host": "127.0.0.1:8000"},
        {"host": "vanne.example:444"},
    ],
)
def test_the_way_back_is_the_configured_origin_whatever_a_header_says(
    browser: TestClient, said: Said, headers: dict[str, str]
) -> None:
    answer = browser.get("/sign-in", headers=headers, follow_redirects=False)
    assert (
        "redirect_uri=https%3A%2F%2Fvanne.example%2Fsign-in%2Fcallback"
        in (answer.headers["location"])
    )


@every(
    "host", ["evil.example", "vanne.example.evil.example", "vanne.example@evil.example", "", "a b"]
)
def test_a_host_that_is_not_ours_is_refused(browser: TestClient, host: str) -> None:
    assert browser.get("/sign-in", headers={"host": host}).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": ORIGIN}, 303),
        ({"origin": "http://vanne.example"}, 403),
        ({"origin": "https://evil.example", "x-forwarded-host": "evil.example"}, 403),
        ({"origin": "https://evil.example", "host": "127.0.0.1"}, 403),
        ({"origin": ORIGIN, "sec-fetch-site": "cross-site"}, 403),
        ({"origin": ORIGIN, "sec-fetch-site": "same-site"}, 403),
    ],
)
def test_behind_a_proxy_a_post_is_compared_with_the_configured_origin(
    browser: TestClient, said: Said, headers: dict[str, str], status: int
) -> None:
    said.sign_in(browser)
    del browser.headers["sec-fetch-site"]
    answer = browser.post("/sign-out", headers=headers, follow_redirects=False)
    assert answer.status_code == status


# Sessions


def test_a_session_from_before_signing_in_is_worth_nothing_after(
    app: ASGIApp, browser: TestClient, said: Said
) -> None:
    said.begin(browser)
    planted = browser.cookies[COOKIE]
    said.claims = {}
    assert come_back(browser, state=said.begin(browser)["state"]) == "/"
    attacker = open_browser(app)
    attacker.cookies.set(COOKIE, planted)
    assert browser.cookies[COOKIE] != planted and not is_signed_in(attacker)


def test_a_copied_cookie_ends_when_its_owner_signs_out_even_after_a_restart(
    app: ASGIApp, browser: TestClient, said: Said, home: Home, now: Clock
) -> None:
    said.sign_in(browser)
    copied = browser.cookies[COOKIE]
    thief = open_browser(app)
    thief.cookies.set(COOKIE, copied)
    assert is_signed_in(thief)
    browser.post("/sign-out")
    assert not is_signed_in(browser) and not is_signed_in(thief)
    way = settings_of(said.issuer, oidc_client_secret=SECRET)
    again = open_browser(create_app(home, now=now, settings=way))
    again.cookies.set(COOKIE, copied)
    assert not is_signed_in(again)


def kept_sessions(home: Home) -> int:
    with Database.of(home).reading() as db:
        return len(db.execute(select(sessions)).all())


def test_a_session_that_has_expired_goes_when_somebody_signs_in(
    app: ASGIApp, browser: TestClient, said: Said, home: Home, now: Clock
) -> None:
    said.sign_in(browser)
    now.at += timedelta(hours=13)
    assert (kept_sessions(home), is_signed_in(browser)) == (1, False)
    said.sign_in(open_browser(app), sub="bruno", iat=int(now.at.timestamp()))
    assert kept_sessions(home) == 1


def test_who_is_erased_is_signed_out(browser: TestClient, said: Said, home: Home) -> None:
    said.sign_in(browser)
    erase_member(home, "anna", START)
    assert (kept_sessions(home), is_signed_in(browser)) == (0, False)


def test_signing_in_again_begins_another_session_and_ends_the_first(
    app: ASGIApp, browser: TestClient, said: Said
) -> None:
    said.sign_in(browser)
    first = browser.cookies[COOKIE]
    said.sign_in(browser, sub="bruno")
    assert browser.cookies[COOKIE] != first
    assert "bruno" in browser.get("/settings").text
    thief = open_browser(app)
    thief.cookies.set(COOKIE, first)
    assert not is_signed_in(thief)


def change(home: Home, statement: str) -> None:
    with closing(sqlite3.connect(home.database)) as db:
        db.execute(statement)
        db.commit()


def test_a_role_that_is_withdrawn_opens_nothing_from_the_next_request_on(
    browser: TestClient, said: Said, home: Home
) -> None:
    said.sign_in(browser, sub="anna", roles=["member", "operator", "auditor"])
    for roles, pages in (
        ("auditor member operator", {SWITCH, "/operator", "/auditor"}),
        ("auditor member", {SWITCH, "/auditor"}),
        ("member", {SWITCH}),
        ("", set[str]()),
        ("operator nothing", {"/operator"}),
    ):
        change(home, f"UPDATE session SET roles = '{roles}'")
        answers = {page: browser.get(page) for page in (SWITCH, "/operator", "/auditor")}
        assert {page for page, answer in answers.items() if answer.status_code == 200} == pages
        refused = {answer.status_code for page, answer in answers.items() if page not in pages}
        assert refused <= {404}


def test_the_operator_ends_the_sessions_of_one_person_or_all_as_the_page_says(
    app: ASGIApp, browser: TestClient, said: Said, home: Home
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "howto" / "sign-in.md").read_text()
    one, all_of_them = re.findall(r'^sqlite3 \S+ "(DELETE .+)"$', page, re.MULTILINE)
    other = open_browser(app)
    said.sign_in(other, sub="o-2", roles=["operator"])
    said.sign_in(browser)
    change(home, one.replace("SUBJECT", "o-2"))
    where = other.get("/operator", follow_redirects=False).headers["location"]
    assert (where.startswith("/sign-in"), is_signed_in(browser)) == (True, True)
    change(home, all_of_them)
    assert not is_signed_in(browser)


def test_a_member_who_was_removed_is_signed_out(
    browser: TestClient, said: Said, home: Home
) -> None:
    said.sign_in(browser)
    replace_members(MEMBERS[1:], home)
    assert not is_signed_in(browser)
    assert why(said.sign_in(browser)) == "not-a-member"


def test_a_cookie_of_the_demonstration_opens_nothing_once_there_is_a_provider(
    home: Home, client: TestClient, browser: TestClient
) -> None:
    from tests.web.conftest import sign_in

    sign_in(client, "anna")
    browser.cookies.set(COOKIE, client.cookies["vanne"])
    assert not is_signed_in(browser)
    browser.cookies.set("vanne", client.cookies["vanne"])
    assert not is_signed_in(browser)


def test_nobody_chooses_who_to_be_where_a_provider_is_configured(browser: TestClient) -> None:
    assert browser.post("/sign-in", data={"member": "anna"}).status_code == 404
    page = browser.get("/").text
    assert "demonstration" not in page and "made-up" not in page


# Signing out


def test_signing_out_offers_to_end_the_session_at_the_provider_by_a_link(
    browser: TestClient, said: Said
) -> None:
    said.sign_in(browser)
    answer = browser.post("/sign-out")
    (link,) = re.findall(r'class="action" href="([^"]+)"', answer.text)
    assert answer.url.path == "/sign-out"
    assert link.startswith(f"{said.issuer}/end?")
    assert "post_logout_redirect_uri=https%3A%2F%2Fvanne.example%2F&amp;" in link
    assert f"client_id={CLIENT_ID}" in link
    assert browser.get("/sign-out", params={"lang": "de"}).headers["content-language"] == "de"


@pytest.mark.parametrize("end", [None, "http://id.example/end", "javascript:alert(1)", 7])
def test_where_the_provider_has_no_place_to_sign_out_there_is_no_link(
    browser: TestClient, said: Said, end: object
) -> None:
    said.description = {"end_session_endpoint": end}
    said.sign_in(browser)
    answer = browser.post("/sign-out")
    assert answer.url.path == "/" and not is_signed_in(browser)
