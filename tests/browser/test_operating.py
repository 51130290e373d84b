"""Two operators change a policy on the real pages: one tries it, the other one approves it."""

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.test_fair import faults
from tests.report.notices import stricter
from tests.web.network import START
from vanne.config import Home
from vanne.policy.schedule import policy_at
from vanne.report.policy_draft import open_draft
from vanne.worker.tasks import claim, enqueue, fail

POLICY = "/operator/policy"


def test_axe_finds_nothing_where_much_needs_a_person(open_page: Open, home: Home) -> None:
    enqueue(home, "refresh", START, START)
    task = claim(home, "w", START)
    assert task
    fail(home, task, START, "the disk is full: free some space", 0.1)
    page = open_page("desktop", role="operator", color_scheme="dark")
    for path in ("/operator", POLICY):
        page.goto(path)
        for details in page.locator("main details").all():
            details.locator("summary").click()
        assert faults(page) == []
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_one_tries_a_policy_and_another_one_approves_it(open_page: Open, home: Home) -> None:
    otto = open_page("desktop", role="operator", locale="en")
    otto.goto(POLICY)
    otto.get_by_label("The policy, as TOML").fill(stricter())
    otto.get_by_role("button", name="Try it").click()
    # the page says that it counts, and shows the counts by itself
    expect(otto.get_by_text("Items from yes to no")).to_be_visible()
    expect(otto.get_by_text("Another account has to approve it.")).to_be_visible()
    waiting = open_draft(home)
    assert waiting and faults(otto) == []

    olga = open_page("desktop", role="operator-2", locale="en")
    olga.goto(POLICY)
    olga.get_by_role("button", name="Approve and announce it").click()
    expect(olga.get_by_text("stricter").first).to_be_visible()
    assert policy_at(home, START.replace(year=2027)).name == "stricter"
    assert open_draft(home) is None
