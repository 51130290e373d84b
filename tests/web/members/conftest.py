"""The network of people who write and look for work, served to a browser in English."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import sign_in
from tests.web.network import clock
from tests.web.tools import make_tools
from vanne.config import Home
from vanne.web import create_app


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The network of people who write, made once."""
    return make_tools(tmp_path_factory.mktemp("tools"))


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    """The same, for one test to change."""
    return Home(Path(shutil.copytree(made.root, tmp_path / "home")))


@pytest.fixture
def client(home: Home) -> Iterator[TestClient]:
    """A browser in English."""
    headers = {"accept-language": "en", "sec-fetch-site": "same-origin"}
    app = create_app(home, now=clock())
    with TestClient(app, base_url="http://127.0.0.1:8000", headers=headers) as client:
        yield client


@pytest.fixture
def anna(client: TestClient) -> TestClient:
    """The same, signed in as Anna, who lets her items be read for drafts."""
    return sign_in(client, "anna")
