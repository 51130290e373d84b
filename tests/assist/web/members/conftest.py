"""The network of people who write and look for work, served to a browser in English.

Anna lets her items be read for drafts.
"""

import pytest
from starlette.testclient import TestClient

from tests.assist.tools import make_tools
from tests.web.network import with_tables
from vanne.config import Home


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The network of people who write, made once."""
    return with_tables(make_tools(tmp_path_factory.mktemp("tools")))


@pytest.fixture
def client(client: TestClient) -> TestClient:
    """A browser in English."""
    client.headers["accept-language"] = "en"
    return client
