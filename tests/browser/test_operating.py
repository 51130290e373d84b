"""The operator's page is usable by everybody, also where much needs a person."""

from tests.browser.conftest import Open
from tests.browser.test_fair import faults
from tests.web.network import START
from vanne.config import Home
from vanne.worker.tasks import claim, enqueue, fail


def test_axe_finds_nothing_where_much_needs_a_person(open_page: Open, home: Home) -> None:
    enqueue(home, "refresh", START, START)
    task = claim(home, "w", START)
    assert task
    fail(home, task, START, "the disk is full: free some space", 0.1)
    page = open_page("desktop", role="operator", color_scheme="dark")
    page.goto("/operator")
    for details in page.locator("main details").all():
        details.locator("summary").click()
    assert faults(page) == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
