"""Sign in with a provider that is not ours: oidc-provider-mock, over HTTP."""

import re
from collections.abc import Iterator

import httpx2
import pytest
from oidc_provider_mock import User, run_server_in_thread
from starlette.testclient import TestClient

from tests.web.conftest import SWITCH
from tests.web.network import clock
from vanne.config import Home
from vanne.settings import Settings
from vanne.web import create_app

PEOPLE = (
    User(sub="anna", claims={"name": "Anna"}),
    User(sub="kim", claims={"realm_access": {"roles": ["auditor"]}}),
)


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """The other provider."""
    with run_server_in_thread(user_claims=PEOPLE) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def browser(home: Home, issuer: str) -> TestClient:
    """A browser, signed in as nobody."""
    way = Settings(
        oidc_issuer=issuer,
        oidc_client_id="vanne",
        oidc_client_secret="secret",
        oidc_roles_claim="realm_access.roles",
    )
    return TestClient(create_app(home, now=clock(), settings=way), base_url="http://127.0.0.1:8000")


def answer_as(browser: TestClient, **form: str) -> str:
    """Go to the provider, fill in its form, come back; return the page that is shown."""
    asked = browser.get("/sign-in", follow_redirects=False).headers["location"]
    back = httpx2.post(asked, data=form).headers["location"]
    return browser.get(back.replace("http://127.0.0.1:8000", "")).text


def test_a_member_signs_in(browser: TestClient) -> None:
    assert "anna" in answer_as(browser, sub="anna")
    assert browser.get(SWITCH).status_code == 200


def test_an_auditor_signs_in(browser: TestClient) -> None:
    answer_as(browser, sub="kim")
    assert browser.get("/auditor").status_code == 200
    assert browser.get(SWITCH).status_code == 404


def test_somebody_who_cancels_is_told_so(browser: TestClient) -> None:
    assert "The sign-in was cancelled." in answer_as(browser, action="deny")


def test_signing_out_leads_there_and_back(browser: TestClient, issuer: str) -> None:
    answer_as(browser, sub="anna")
    page = browser.post("/sign-out").text
    (link,) = re.findall(r'class="action" href="([^"]+)"', page)
    assert link.startswith(issuer)
    answer = httpx2.get(link.replace("&amp;", "&"))
    assert answer.status_code < 400
