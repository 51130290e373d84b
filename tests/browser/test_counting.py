"""What is counted: the switch of a member and of a recruiter, and the operator's numbers, for everybody."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LOOKS, Open, sign_in
from tests.browser.test_fair import faults
from tests.web.network import clock, make_home
from vanne.config import Home
from vanne.demo.rules import policy_text
from vanne.ledger import Ledger
from vanne_assist.use import store, trials
from vanne_assist.use.analysis import BUCKETS
from vanne_assist.use.experiments import register, start

CASES = Path(__file__).parents[1] / "cases" / "use"
COUNTS = {
    "find/begun": 240, "find/0": 31, "find/1": 58, "find/2": 44, "find/3": 20, "find/4": 9,
    "brief-asked": 410, "person-opened": 300, "person-kept": 77, "write/begun": 3,
    "profile/begun": 40, "suggestions-shown": 52, "suggestion-accepted": 3,
}  # fmt: skip
PAGES = {
    "operator": "/operator/use",
    "recruiter": "/find/counting",
    "member": "/settings/data-privacy/counting",
}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The small network, where use was counted for weeks, with an experiment over and one running."""
    home = make_home(tmp_path_factory.mktemp("counted"), policy_text())
    counted(home)
    return home


def counted(home: Home) -> None:
    """Write numbers of made-up weeks, and two experiments."""
    now = clock()()
    with store.opened(home.root) as db:
        for weeks in range(1, 9):
            for what, n in COUNTS.items():
                store.add(db, (now - timedelta(weeks=weeks)).date(), what)
                db.execute(
                    "UPDATE tally SET count = ? WHERE day = ? AND what = ?",
                    (n * weeks // 9, (now - timedelta(weeks=weeks)).date().isoformat(), what),
                )
    for file, name, days in (
        ("share.toml", "open-criteria", 40),
        ("seconds.toml", "open-criteria-time", 2),
    ):
        text = (CASES / file).read_text()
        if days == 40:
            text = text.replace("2026-12-31", str((now - timedelta(days=5)).date()))
        at = now - timedelta(days=days)
        with Ledger.of(home) as ledger:
            register(home, ledger, text, file, at)
            start(home, ledger, name, at)
    with store.opened(home.root) as db:
        for bucket in range(BUCKETS):
            trials.add(db, "open-criteria", (0, bucket), 45, 15 + bucket % 7)
            trials.add(db, "open-criteria", (1, bucket), 45, 19 + bucket % 6)
            trials.add(db, "open-criteria-time", (bucket % 2, bucket), 12, 900)


@pytest.mark.parametrize(("device", "lang"), LOOKS)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    open_page: Open, device: str, lang: str
) -> None:
    page = open_page(device, locale=lang)
    for role, path in PAGES.items():
        sign_in(page, "anna", role)
        page.goto(path)
        for summary in page.locator("main summary").all():
            summary.click()
        assert faults(page) == []
        width = page.viewport_size["width"]  # type: ignore[index]
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("role", PAGES)
def test_a_narrow_dark_screen_shows_it_whole(open_page: Open, role: str) -> None:
    narrow = {"width": 320, "height": 640}
    page = open_page(role=role, locale="de", viewport=narrow, color_scheme="dark")
    page.goto(PAGES[role])
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("role", ["recruiter", "member"])
def test_the_switch_is_turned_by_keyboard_with_and_without_scripts(
    open_page: Open, role: str, scripts: bool
) -> None:
    page = open_page(role=role, java_script_enabled=scripts)
    page.goto(PAGES[role])
    switch = page.get_by_role("switch")
    for checked in (False, True):
        expect(switch).to_be_checked(checked=checked)
        switch.press("Enter")
    expect(switch).to_be_checked(checked=False)
