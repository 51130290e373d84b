"""The API of assist, asked by programs with real tokens."""

from tests.web.api.conftest import asked

__all__ = ["asked"]
