"""Everybody can read it: WCAG 2.2 AA by axe, small screens, dark, forced colours, four languages."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DEVICES, Open, dress, served, sign_in
from vanne.config import Home
from vanne.words import Words

SWITCH = "/settings/data-privacy/generative-ai"
PATHS = (
    "/",
    "/settings",
    "/settings/data-privacy",
    SWITCH,
    f"{SWITCH}/used",
    f"{SWITCH}/used?of=others",
    f"{SWITCH}/notice",
    "/items/a-post-1",
    f"{SWITCH}/record",
    "/receipts/0",
    "/messages",
    "/messages/confirm/0",
    "/messages/stop/0",
    "/api",
    "/guide",
    "/guide/linkedin",
    "/object",
    "/object/sent",
    "/object/confirm/no-link",
    "/nothing-here",
)
AXE = Axe().axe_script
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def faults(page: Page, rule: str = "") -> list[str]:
    """What axe finds wrong with a page, by all rules or by one."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
        page.add_init_script(AXE)  # into every page that it goes to: compiled once, and not in each
    by = {"type": "rule", "values": [rule]} if rule else {"type": "tag", "values": TAGS}
    only = {"runOnly": by, "resultTypes": ["violations"]}
    found = page.evaluate("only => axe.run(only).then(found => found.violations)", only)
    return [f"{fault['id']}: {fault['nodes'][0]['html'][:120]}" for fault in found]


def walk(page: Page, device: str, paths: tuple[str, ...] = PATHS) -> dict[str, list[str]]:
    """Go to each page; return what is wrong with those that have a fault or need a wide screen."""
    wrong, size = {}, page.viewport_size
    assert size is not None
    for number, path in enumerate(paths):
        lang = dress(page, device, number)
        page.goto(path)
        assert page.locator("html").get_attribute("lang") == lang
        found = faults(page)
        page.set_viewport_size({"width": 320, "height": 640})
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            found.append("wider than a screen of 320 pixels")
        page.set_viewport_size(size)
        if found:
            wrong[path] = found
    return wrong


@pytest.mark.parametrize("device", DEVICES)
def test_axe_finds_nothing_on_any_page_and_none_is_wider_than_a_small_screen(
    open_page: Open, device: str
) -> None:
    page = open_page(device, member="fritz", expected="status of 404")
    assert walk(page, device) == {}


def test_axe_finds_nothing_in_forced_colours(open_page: Open) -> None:
    page = open_page("mobile", forced_colors="active")
    assert walk(page, "mobile", ("/", "/settings", SWITCH, f"{SWITCH}/used")) == {}


@pytest.mark.parametrize("device", DEVICES)
def test_axe_finds_nothing_before_sign_in_and_in_an_open_menu(open_page: Open, device: str) -> None:
    stranger = open_page(device, member=None)
    assert faults(stranger) == []
    page = open_page(device)
    page.locator("details.me summary").click()
    assert faults(page) == []


@pytest.mark.parametrize("device", DEVICES)
def test_what_can_be_pressed_is_as_high_as_a_finger(open_page: Open, device: str) -> None:
    page = open_page(device)
    for path in ("/", "/settings", SWITCH):
        page.goto(path)
        page.locator("details.me summary").click()
        targets = page.locator("button, nav a, .row, summary, .back a, .action")
        for target in targets.all():
            box = target.bounding_box()
            if box and target.is_visible():
                assert box["height"] >= 44, (path, target.inner_text())


def test_the_state_is_readable_without_colours(open_page: Open) -> None:
    page = open_page("desktop", forced_colors="active")
    page.goto(SWITCH)
    switch = page.get_by_role("switch").first
    seen = []
    for checked in (True, False):
        expect(switch).to_be_checked(checked=checked)
        seen.append((switch.locator(".word").inner_text(), switch.evaluate(KNOB)))
        switch.click()
    assert [word for word, _ in seen] == ["Activé", "Désactivé"]
    assert seen[0][1] != seen[1][1]


KNOB = "e => getComputedStyle(e, '::after').marginRight"


@pytest.mark.parametrize("device", ["desktop", "narrow"])
def test_a_pseudo_language_of_long_words_fits(
    browser: Browser, home: Home, monkeypatch: pytest.MonkeyPatch, device: str
) -> None:
    """Every translated sentence is 40 % longer than the German one, the longest that we have."""
    narrow = {"viewport": {"width": 320, "height": 640}}
    with longer(monkeypatch), served(home) as address:
        context = browser.new_context(
            base_url=address, locale="de", **(DEVICES.get(device) or narrow)
        )
        page = context.new_page()
        sign_in(page, "anna")
        for path in ("/", "/settings", SWITCH, f"{SWITCH}/used", f"{SWITCH}/record"):
            page.goto(path)
            page.locator("details.fold").evaluate_all("all => all.forEach(e => e.open = true)")
            width = page.viewport_size["width"]  # type: ignore[index]
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert page.evaluate(CUT_OFF) == [], path
        context.close()


CUT_OFF = """() => [...document.querySelectorAll("main *")]
  .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== "inline"
    && !e.matches("pre"))
  .map(e => e.outerHTML.slice(0, 80))"""


@contextmanager
def longer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stretch the German words: each vowel twice, and so on until the text is 40 % longer."""
    plain = Words.__call__, Words.plural

    def stretched(text: str) -> str:
        return re.sub(r"(\w{3})", r"\1~", text).replace("~", "ö")

    monkeypatch.setattr(Words, "__call__", lambda *a, **v: stretched(plain[0](*a, **v)))
    monkeypatch.setattr(Words, "plural", lambda *a, **v: stretched(plain[1](*a, **v)))
    yield
