"""What every page has around it, in a real browser: nothing jumps, waits unseen, or is lost on paper."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Open
from tests.browser.test_way import MAIN, SWITCH

WAY = ("/", "/settings", "/settings/data-privacy", SWITCH, f"{SWITCH}/used", "/guide")


def left(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box
    return box["x"]


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_heading_and_logo_stay_where_they_are_from_page_to_page(
    open_page: Open, width: int
) -> None:
    page = open_page(viewport={"width": width, "height": 800})
    places = set()
    for path in WAY:
        page.goto(path)
        places.add((left(page, "h1"), left(page, ".brand"), left(page, ".me summary")))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert len({(h1, brand) for h1, brand, _ in places}) == 1
    assert len({menu for _, _, menu in places}) == 1
    assert all(h1 == brand for h1, brand, _ in places)


OUTSIDE = """[...document.querySelectorAll("main *")].filter((each) => !each.closest("pre, svg")
    && each.getBoundingClientRect().right > document.documentElement.clientWidth + 1
    ).map((each) => each.outerHTML.slice(0, 80))"""


def test_at_four_times_the_size_everything_is_read_and_pressed_without_scrolling_sideways(
    open_page: Open,
) -> None:
    page = open_page(viewport={"width": 320, "height": 256})  # 1280 by 1024 pixels at 400 %
    for path in (*WAY, f"{SWITCH}/report", f"{SWITCH}/record", f"{SWITCH}/notice"):
        page.goto(path)
        assert page.evaluate(OUTSIDE) == [], path
    page.goto(SWITCH)
    button = page.get_by_role("switch", name=MAIN)
    button.click()
    expect(page.get_by_role("status")).to_contain_text("Enregistré.")
    expect(page.get_by_role("status")).to_be_in_viewport()
    expect(button).to_be_in_viewport()


def test_a_slow_save_is_seen_and_moves_nothing(open_page: Open) -> None:
    page = open_page("desktop")
    page.goto(SWITCH)
    button = page.get_by_role("switch", name=MAIN)

    held = list[Route]()
    page.route(f"**{SWITCH}", lambda route: held.append(route))
    where = button.bounding_box()
    button.click()
    expect(button).to_have_attribute("aria-busy", "true")
    assert button.bounding_box() == where
    expect(page.get_by_role("status")).to_have_text("Enregistrement…")
    assert button.bounding_box() == where
    held[0].continue_()
    expect(page.get_by_role("status")).to_contain_text("Enregistré.")
    expect(page.locator("[aria-busy]")).to_have_count(0)


def test_paper_keeps_the_choices_and_leaves_out_what_can_only_be_pressed(open_page: Open) -> None:
    page = open_page("desktop")
    page.goto(SWITCH)
    page.emulate_media(media="print")
    expect(page.get_by_role("switch", name=MAIN)).to_be_visible()
    expect(page.get_by_role("switch", name="Photos", exact=True)).to_be_visible()
    expect(page.locator(".me, .pages, .back").locator("visible=true")).to_have_count(0)
    page.goto("/")
    expect(page.get_by_role("button").locator("visible=true")).to_have_count(0)


def test_the_clock_is_that_of_the_browser_from_the_second_page_on(open_page: Open) -> None:
    page = open_page("mobile", timezone_id="America/New_York")
    page.goto(SWITCH)
    page.get_by_role("switch", name=MAIN).click()
    expect(page.get_by_role("status")).to_contain_text("Enregistré.")
    expect(page.locator(".zone")).to_have_text("Heure locale\u00a0: New York")
    assert "UTC" not in page.locator("body").inner_text()


def test_the_first_page_is_small_with_everything_that_it_loads(open_page: Open) -> None:
    page = open_page("mobile", member=None)
    sizes = list[int]()
    page.on("response", lambda answer: sizes.append(len(answer.body())))
    page.reload()
    page.wait_for_load_state("networkidle")
    assert len(sizes) >= 3 and sum(sizes) < 100_000


def test_the_menu_of_the_staff_is_reached_and_left_by_the_keyboard(open_page: Open) -> None:
    page = open_page("mobile", member=None, role="auditor")
    page.goto("/auditor")
    menu = page.locator(".me")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu.get_by_role("button", name="Se déconnecter")).to_be_visible()
    page.keyboard.press("Tab")
    expect(menu.get_by_role("link").first).to_be_focused()
    for _ in range(len(menu.get_by_role("link").locator("visible=true").all())):
        page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".me")).to_have_count(0)
