"""The API of the small network, asked by programs with real tokens."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from tests.web.network import clock
from vanne.config import Home
from vanne.tokens import SCOPES, create
from vanne.web import create_app

ORIGIN = "http://127.0.0.1:8000"


def token_for(home: Home, *scopes: str) -> str:
    """Make a token; with no scope named, it has all of them."""
    return create(home, "tests", scopes or SCOPES, 1, datetime.now(UTC))


def asking(home: Home, *scopes: str, **options: str) -> TestClient:
    """A program that holds a token of some scopes, or of all."""
    app = create_app(home, now=clock(), **options)  # type: ignore[arg-type]
    headers = {"authorization": f"Bearer {token_for(home, *scopes)}"}
    return TestClient(app, base_url=ORIGIN, headers=headers)


@pytest.fixture
def asked(home: Home) -> Iterator[TestClient]:
    """A program that holds a token of every scope."""
    with asking(home) as asked:
        yield asked
