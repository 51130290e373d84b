"""The small network, served to a client that behaves like a browser on this machine."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.network import clock, make_home, with_tables
from vanne.config import Home
from vanne.web import create_app

SWITCH = "/settings/data-privacy/generative-ai"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The small network, made once."""
    return with_tables(make_home(tmp_path_factory.mktemp("network")))


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    """The folder of the small network, for one test to change."""
    return Home(Path(shutil.copytree(made.root, tmp_path / "home")))


@pytest.fixture
def client(home: Home) -> Iterator[TestClient]:
    """A browser in French, signed in as nobody."""
    headers = {"accept-language": "fr-CH, fr;q=0.9", "sec-fetch-site": "same-origin"}
    app = create_app(home, now=clock())
    with TestClient(app, base_url="http://127.0.0.1:8000", headers=headers) as client:
        yield client


@pytest.fixture
def anna(client: TestClient) -> TestClient:
    """The same browser, signed in as Anna, an adult in Switzerland who has not chosen."""
    return sign_in(client, "anna")


def sign_in(client: TestClient, member: str, role: str = "member") -> TestClient:
    """Sign in as a member, or as somebody of the staff."""
    chosen = {"member": member} if role == "member" else {"staff": role}
    answer = client.post("/sign-in", data=chosen, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    return client
