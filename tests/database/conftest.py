"""A home on each database in turn."""

import uuid
from pathlib import Path

import psycopg
import pytest

from vanne.config import Home


@pytest.fixture(params=["sqlite", "postgres"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A home whose database is not made yet."""
    if request.param == "sqlite":
        return Home(tmp_path)
    server = request.getfixturevalue("postgres")
    name = f"vanne_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as db:
        db.execute(f"CREATE SCHEMA {name}")
    return Home(tmp_path, f"{server}&options=-csearch_path%3D{name}")
