"""The notice of a change in a real browser: readable by everybody, and it never stands in the way."""

import pytest

from tests.browser.conftest import DEVICES, Open, follow
from tests.browser.test_fair import SWITCH, walk
from tests.report.notices import announce, wider
from tests.web.network import START
from vanne.config import Home

NOTICE = f"{SWITCH}/notice"


@pytest.fixture(autouse=True)
def announced(home: Home) -> None:
    """A change that waits."""
    announce(home, wider(START), START)


@pytest.mark.parametrize("device", DEVICES)
def test_axe_finds_nothing_on_the_notice_and_on_the_lines_that_lead_to_it(
    open_page: Open, device: str
) -> None:
    page = open_page(device)
    assert walk(page, device, ("/", "/settings", NOTICE)) == {}


def test_the_notice_is_one_click_from_home_and_asks_nothing(open_page: Open) -> None:
    page = open_page("mobile")
    follow(page, page.get_by_text("La politique change le 20 décembre 2026"))
    assert page.locator("h1").inner_text() == "Ce qui change dans la politique"
    assert page.locator("main form, main input, main button").count() == 0
    page.goto("/")
    assert page.get_by_text("La politique change").count() == 0
