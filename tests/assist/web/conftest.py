"""The pages of assist, to a browser and to programs as those of the core are asked."""

from tests.web.conftest import anna, client, home, made

__all__ = ["anna", "client", "home", "made"]
