"""The recruiter's way and the member's in a real browser: with a keyboard, without scripts, by axe."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.assist.people import make_people
from tests.browser.conftest import Open, follow, served, sign_in
from tests.browser.test_fair import faults

BRIEF = "Rust engineer near Lausanne, idéalement Python, 5 ans"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The pages of the network of people who can be found; the address."""
    with served(make_people(tmp_path_factory.mktemp("people"))) as address:
        yield address


def search(page: Page, brief: str = BRIEF) -> None:
    page.goto("/find")
    page.locator("#brief").fill(brief)
    follow(page, page.locator("button[name=do]").first)
    page.wait_for_url("**/find/results/*")


def is_sound(page: Page) -> None:
    """See that axe finds nothing in either colours, and that a page fits all screens.

    The rules of axe but for contrast look at what a page holds: one language and one device do.
    """
    size, too_wide = page.viewport_size, list[int]()
    assert size is not None
    found = faults(page)
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    colours: list[Literal["light", "dark"]] = ["light", "dark"]
    page.emulate_media(color_scheme=colours[not is_dark])
    for width in (320, size["width"], 1280):
        page.set_viewport_size({"width": width, "height": size["height"]})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            too_wide.append(width)
    found += faults(page, "color-contrast")
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=colours[is_dark])
    assert (found, too_wide) == ([], []), page.url


def walk(page: Page) -> None:
    """Look at every page of the recruiter, each with something on it."""
    page.goto("/find")
    is_sound(page)
    page.locator("#brief").fill("Rust, women only")
    follow(page, page.locator("button[name=do]").first)
    page.locator("#stopped").wait_for()
    is_sound(page)
    search(page)
    page.get_by_role("main").locator("summary").first.click()
    is_sound(page)
    page.locator(".hits summary").first.click()  # the ranking
    is_sound(page)
    follow(page, page.locator("h3 a").first)
    is_sound(page)


def test_axe_finds_nothing_on_the_pages_of_a_recruiter_nor_on_the_members(open_page: Open) -> None:
    said = "the server responded with a status of 422"
    page = open_page("mobile", role="recruiter", locale="it", expected=said)
    walk(page)  # in the language with the widest choices
    sign_in(page, "anna")
    page.goto("/appear")
    is_sound(page)


def test_a_brief_is_sent_and_a_criterion_changed_by_keyboard_and_without_scripts(
    open_page: Open,
) -> None:
    page = open_page(role="recruiter", java_script_enabled=False)
    page.goto("/find")
    page.locator("#brief").focus()
    page.keyboard.type("Rust près de Lausanne")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/find/results/*")
    first = page.url
    page.get_by_role("main").locator("summary").first.focus()
    page.keyboard.press("Enter")
    radius = page.get_by_label("Rayon (km)")
    radius.fill("60")
    radius.press("Enter")
    page.wait_for_url(lambda url: url != first)
    page.get_by_role("main").locator("summary").first.click()
    expect(page.get_by_label("Rayon (km)")).to_have_value("60")


def test_a_member_switches_being_found_off_and_on_in_one_click(open_page: Open) -> None:
    page = open_page()
    page.goto("/appear")
    switch = page.get_by_role("switch", name="Être trouvé par des recruteurs")
    expect(switch).to_be_checked()
    switch.click()
    expect(switch).not_to_be_checked()
    expect(page.get_by_text("ne peuvent pas vous trouver")).to_be_visible()
    switch.click()
    expect(switch).to_be_checked()
