"""The demonstration's identity provider: real OpenID Connect, by the names of this machine only."""

import base64
import hashlib
from urllib.parse import parse_qsl, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from starlette.testclient import TestClient

from tests.web.network import clock
from vanne.config import Home
from vanne.web import create_app

PROVIDER = "http://127.0.0.1:8000/identity"
CALLBACK = "http://127.0.0.1:8000/sign-in/callback"
VERIFIER = "a-verifier-of-forty-three-characters-or-more"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
ASKED = {
    "response_type": "code",
    "client_id": "vanne",
    "redirect_uri": CALLBACK,
    "scope": "openid profile",
    "state": "s",
    "nonce": "n",
    "code_challenge": CHALLENGE.decode(),
    "code_challenge_method": "S256",
}


def code_for(client: TestClient, **chosen: str) -> str:
    """Choose who to be; return the code that the pages are sent."""
    answer = client.post(f"{PROVIDER}/authorize", params=ASKED, data=chosen, follow_redirects=False)
    where = urlsplit(answer.headers["location"])
    said = dict(parse_qsl(where.query))
    assert (answer.status_code, said["state"], said["iss"]) == (303, "s", PROVIDER)
    assert f"{where.scheme}://{where.netloc}{where.path}" == CALLBACK
    return said["code"]


def redeem(client: TestClient, code: str, **other: str) -> tuple[int, dict[str, str]]:
    """Redeem a code as the pages do, but for what is said otherwise."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": "vanne",
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    answer = client.post(f"{PROVIDER}/token", data=form | other)
    return answer.status_code, answer.json()


def test_its_token_is_signed_with_the_key_that_it_publishes(client: TestClient) -> None:
    said = client.get(f"{PROVIDER}/.well-known/openid-configuration").json()
    status, token = redeem(client, code_for(client, staff="auditor"))
    keys = KeySet.import_key_set(client.get(said["jwks_uri"]).json())
    claims = jwt.decode(token["id_token"], keys, algorithms=["ES256"]).claims
    assert (status, said["issuer"], claims["iss"]) == (200, PROVIDER, PROVIDER)
    assert (claims["aud"], claims["nonce"], claims["roles"]) == ("vanne", "n", ["auditor"])
    assert claims["exp"] - claims["iat"] == 300


def test_its_published_key_is_public(client: TestClient) -> None:
    (key,) = client.get(f"{PROVIDER}/keys").json()["keys"]
    assert key["kty"] == "EC" and "d" not in key


def test_a_code_is_good_once(client: TestClient) -> None:
    code = code_for(client, member="anna")
    assert redeem(client, code)[0] == 200
    assert redeem(client, code) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    "other",
    [
        {"code_verifier": VERIFIER + "x"},
        {"code_verifier": ""},
        {"code_verifier": CHALLENGE.decode()},
        {"client_id": "another"},
        {"redirect_uri": "http://127.0.0.1:8000/"},
        {"grant_type": "password"},
    ],
    ids=str,
)
def test_a_code_is_good_only_for_whom_it_was_made_and_lost_by_the_attempt(
    client: TestClient, other: dict[str, str]
) -> None:
    code = code_for(client, member="anna")
    assert redeem(client, code, **other) == (400, {"error": "invalid_grant"})
    assert redeem(client, code)[0] == 400


@pytest.mark.parametrize(
    "other",
    [
        {"redirect_uri": "http://evil.example/"},
        {"redirect_uri": CALLBACK + "/x"},
        {"client_id": "another"},
        {"response_type": "token"},
        {"code_challenge_method": "plain"},
        {"code_challenge": ""},
        {"state": ""},
        {"nonce": ""},
        {"scope": "profile"},
    ],
    ids=str,
)
def test_what_the_pages_do_not_ask_is_answered_to_nobody(
    client: TestClient, other: dict[str, str]
) -> None:
    asked = ASKED | other
    page = f"{PROVIDER}/authorize"
    assert client.get(page, params=asked).status_code == 400
    answer = client.post(page, params=asked, data={"member": "anna"}, follow_redirects=False)
    assert answer.status_code == 400 and "location" not in answer.headers


@pytest.mark.parametrize("chosen", [{"staff": "admin"}, {"staff": "member"}, {}, {"member": ""}])
def test_nobody_else_can_be_chosen(client: TestClient, chosen: dict[str, str]) -> None:
    answer = client.post(f"{PROVIDER}/authorize", params=ASKED, data=chosen, follow_redirects=False)
    assert answer.status_code == 404


def test_another_sites_page_chooses_for_nobody(client: TestClient) -> None:
    answer = client.post(
        f"{PROVIDER}/authorize",
        params=ASKED,
        data={"member": "anna"},
        headers={"sec-fetch-site": "cross-site"},
    )
    assert answer.status_code == 403


def test_cancelling_leads_back_to_a_page_that_says_so(client: TestClient) -> None:
    page = client.get("/sign-in").text
    (cancel,) = [
        part.split('"')[0] for part in page.split('href="') if "access_denied" in part[:200]
    ]
    answer = client.get(cancel.replace("&amp;", "&"))
    assert answer.url.path == "/sign-in/failed" and answer.url.query == b"why=cancelled"
    assert "La connexion a été annulée." in answer.text


def test_it_answers_by_the_names_of_this_machine_only(home: Home) -> None:
    app = create_app(home, now=clock(), hosts=("localhost", "vanne.example"))
    client = TestClient(app, base_url="http://vanne.example")
    for path in ("/.well-known/openid-configuration", "/keys", "/authorize"):
        assert client.get(f"/identity{path}").status_code == 400
        assert client.get(f"/identity{path}", headers={"host": "evil.example"}).status_code == 400


def test_each_server_has_a_key_of_its_own(home: Home) -> None:
    keys = []
    for _ in range(2):
        client = TestClient(create_app(home, now=clock()), base_url="http://localhost")
        keys.append(client.get("/identity/keys").json())
    assert keys[0] != keys[1]
