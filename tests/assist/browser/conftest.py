"""The pages of assist in a real Chromium."""

from tests.browser.conftest import home, made, open_page, pytest_collection_modifyitems, site

__all__ = ["home", "made", "open_page", "pytest_collection_modifyitems", "site"]
