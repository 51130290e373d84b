"""«How my data was used» in a browser: for everybody, on small screens, and on paper."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DEVICES, Open
from tests.browser.test_fair import walk
from tests.report.conftest import lived  # noqa: F401  the network with a past
from tests.report.lives import PastLife
from vanne.config import Home

REPORT = "/settings/data-privacy/generative-ai/report"


@pytest.fixture
def home(lived: PastLife) -> Home:  # noqa: F811
    """The network with a past."""
    return lived.home


@pytest.mark.parametrize("device", DEVICES)
def test_axe_finds_nothing_on_the_report_and_it_fits_a_small_screen(
    open_page: Open,
    lived: PastLife,  # noqa: F811
    device: str,
) -> None:
    page = open_page(device)
    certificate = f"/certificates/{lived.left.id[:16]}"
    assert walk(page, device, (REPORT, f"{REPORT}/whole", certificate)) == {}


def test_on_paper_there_is_no_navigation_and_addresses_are_printed(
    open_page: Open,
    lived: PastLife,  # noqa: F811
) -> None:
    page = open_page(color_scheme="dark")
    for path in (REPORT, f"{REPORT}/whole"):
        page.goto(path)
        page.emulate_media(media="print")
        shown = page.locator(":is(nav, header > :not(.brand), footer, form, .back, .skip):visible")
        assert shown.count() == 0  # the name of the network heads the sheet
        assert colours(page) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")
        assert after(page, 'a[href="/receipts/4"]') == '" (/receipts/4)"'
        certificate = f"/certificates/{lived.left.id[:16]}"
        assert after(page, f'a[href="{certificate}"]') == f'" ({certificate})"'
        page.emulate_media(media="screen")


def colours(page: Page) -> tuple[str, str]:
    """The colour of the text, and that of the paper."""
    script = "(s => [s.color, s.backgroundColor])(getComputedStyle(document.body))"
    ink, paper = page.evaluate(script)
    return ink, paper


def after(page: Page, selector: str) -> str:
    """What is printed after an element."""
    element = page.locator(selector).first
    return str(element.evaluate("e => getComputedStyle(e, '::after').content"))
