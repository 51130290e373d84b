"""The home of these tests is on each database in turn."""

import pytest

from vanne.config import Home


@pytest.fixture
def home(either_home: Home) -> Home:
    """A home whose database is not made yet."""
    return either_home
