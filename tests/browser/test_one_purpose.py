"""A choice for training never changes how a person is found, ranked or shown, nor their offers.

By the biggest button of the page of training, in a real browser: the recruiter's results, the
person's page and the member's own pages are the same bytes before and after, but for what is new
in every answer.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Open, served
from tests.browser.test_fair import faults
from tests.web.network import START
from tests.web.tools import make_tools
from vanne.assist.search.keeping import update
from vanne.config import Home
from vanne.corpus import refresh
from vanne.ledger import Ledger
from vanne.policy.policy import TOOLS
from vanne.terms import MAIN_PURPOSE
from vanne.web.pages.purpose import PATHS, path_of

TRAINING = PATHS[MAIN_PURPOSE]
BRIEF = "Nurse near Bern"
NEW_IN_EVERY_ANSWER = re.compile(r'name="key" value="[^"]+"|/find/results/[\w-]+|search=[\w-]+')


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The network of people who can be found and look for work."""
    home = make_tools(tmp_path / "home")
    update(home, START)
    return home


@pytest.fixture
def site(home: Home) -> Iterator[str]:
    """The pages of that network; the address."""
    with served(home) as address:
        yield address


def bytes_of(page: Page, path: str) -> str:
    answer = page.request.get(path)
    assert answer.ok, path
    return NEW_IN_EVERY_ANSWER.sub("", answer.text())


def found_by(recruiter: Page) -> tuple[list[str], str]:
    """Search as a person does; return who is listed in which order, and the page's bytes."""
    recruiter.goto("/find")
    recruiter.locator("textarea[name=brief]").fill(BRIEF)
    with recruiter.expect_navigation():
        recruiter.locator("textarea[name=brief]").press("Control+Enter")
    people = recruiter.locator(".hits h3").all_inner_texts()
    return people, bytes_of(recruiter, recruiter.url)
