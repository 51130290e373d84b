"""The switches in a real browser: saved without a reload, by plain forms, and never without the ledger."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import DEVICES, Open, follow
from tests.browser.test_way import MAIN, SWITCH
from vanne.config import Home
from vanne.ledger import Ledger

USED = f"{SWITCH}/used"
NOT_SAVED = "Non enregistré. Votre choix n'a pas changé."


def switch(page: Page, name: str) -> Locator:
    return page.get_by_role("switch", name=name, exact=True)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def mark(page: Page) -> None:
    """Remember this document and this status line, to see whether they are still the same."""
    page.evaluate("window.same = document.querySelector('[role=status]')")


def is_same(page: Page) -> bool:
    return bool(page.evaluate("window.same === document.querySelector('[role=status]')"))


def test_a_press_is_saved_without_a_reload_and_everything_on_the_page_follows(
    open_page: Open,
) -> None:
    page = open_page("desktop")
    page.goto("/settings/data-privacy")
    page.goto(SWITCH)
    mark(page)
    photos = switch(page, "Photos")
    photos.focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_contain_text("Enregistré. Reçu n°\u00a03.")
    expect(photos).not_to_be_checked()
    expect(page.get_by_role("row", name="Photos")).to_contain_text("10Désactivé")
    expect(page.locator(".record li")).to_have_count(1)
    assert is_same(page)
    expect(photos).to_be_focused()
    page.keyboard.press("Enter")
    expect(photos).to_be_checked()
    assert is_same(page)
    expect(photos).to_be_focused()
    button(page, "Tout désactiver").click()
    expect(page.get_by_role("switch")).to_have_count(1)
    expect(page.get_by_text("vos données ne servent pas à entraîner")).to_be_visible()
    assert is_same(page)
    expect(button(page, "Tout désactiver")).to_be_focused()
    button(page, "Tout activer").click()
    expect(switch(page, MAIN)).to_be_checked()
    assert is_same(page)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confidentialité des données")
    page.go_forward()
    expect(switch(page, MAIN)).to_be_checked()


def test_an_item_is_switched_in_the_list_and_the_list_stays_where_it_is(open_page: Open) -> None:
    page = open_page("mobile")
    page.goto(f"{USED}?category=post")
    mark(page)
    first = page.get_by_role("switch").first
    first.click()
    expect(page.get_by_role("status")).to_contain_text("Enregistré")
    expect(first).not_to_be_checked()
    expect(page.get_by_text("Vous avez désactivé cet élément.")).to_be_visible()
    assert is_same(page)
    expect(first).to_be_focused()
    first.click()
    expect(first).to_be_checked()
    assert "category=post" in page.url


def test_without_scripts_every_switch_and_both_buttons_work(open_page: Open, home: Home) -> None:
    page = open_page("mobile", java_script_enabled=False)
    page.goto(SWITCH)
    switch(page, "Photos").click()
    expect(switch(page, "Photos")).not_to_be_checked()
    page.goto(f"{USED}?category=post")
    page.get_by_role("switch").first.click()
    expect(page.get_by_role("switch").first).not_to_be_checked()
    page.goto(SWITCH)
    for name, count in (("Tout désactiver", 0), ("Tout activer", 7)):
        button(page, name).click()
        expect(page.get_by_role("status")).to_contain_text("Enregistré")
        expect(page.locator("[role=switch][aria-checked=true]")).to_have_count(count)
    with Ledger.open(home.ledger, read_only=True) as ledger:
        said = [(c.scope, c.target, c.on) for _, c in ledger.history("anna")]
    assert said[:3] == [
        ("category", "photo", False),
        ("item", "a-post-1", False),
        ("all", None, False),
    ]
    assert set(said[3:]) == {
        ("all", None, True),
        ("category", "photo", True),
        ("item", "a-post-1", True),
    }


@pytest.mark.parametrize("device", DEVICES)
def test_the_two_buttons_differ_in_nothing_but_their_word(open_page: Open, device: str) -> None:
    page = open_page(device)
    page.goto(SWITCH)
    off, on = (button(page, name) for name in ("Tout désactiver", "Tout activer"))
    left, right = off.bounding_box(), on.bounding_box()
    assert left and right
    assert (left["width"], left["height"]) == (right["width"], right["height"])
    assert (left["x"], left["y"]) < (right["x"], right["y"]) or left["y"] < right["y"]
    style = "e => JSON.stringify([...getComputedStyle(e)].map(n => [n, getComputedStyle(e)[n]]))"
    assert off.evaluate(style) == on.evaluate(style)


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_every_switch_is_as_large_as_a_finger_and_none_covers_another(
    open_page: Open, width: int
) -> None:
    page = open_page(viewport={"width": width, "height": 800})
    for path in (SWITCH, USED):
        page.goto(path)
        below = 0.0
        for control in page.get_by_role("switch").all():
            box = control.bounding_box()
            assert box and box["height"] >= 44 and box["width"] >= 44, (path, width)
            assert box["y"] >= below
            below = box["y"] + box["height"]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_save_that_fails_says_so_and_leaves_the_switch_as_it_was(
    open_page: Open, home: Home, scripts: bool
) -> None:
    page = open_page("mobile", expected="status of 503", java_script_enabled=scripts)
    page.goto(SWITCH)
    key = home.ledger.with_suffix(".key")
    kept = key.rename(key.with_name("elsewhere"))
    with page.expect_response(lambda response: response.request.method == "POST") as answer:
        switch(page, MAIN).click()
    assert answer.value.status == 503
    expect(page.get_by_role("status")).to_have_text(NOT_SAVED)
    expect(switch(page, MAIN)).to_be_checked()
    kept.rename(key)
    switch(page, MAIN).click()
    expect(switch(page, MAIN)).not_to_be_checked()


def test_offline_and_answers_that_are_no_page_are_said_and_change_nothing(open_page: Open) -> None:
    page = open_page("desktop", expected="Failed to")
    page.goto(SWITCH)
    mark(page)
    page.context.set_offline(True)
    switch(page, "Photos").click()
    expect(page.get_by_role("status")).to_have_text(NOT_SAVED)
    page.context.set_offline(False)
    for body, kind in (("Bad gateway", "text/plain"), ("<h1>Bad gateway</h1>", "text/html")):

        def refuse(route: Route, *, body: str = body, kind: str = kind) -> None:
            route.fulfill(status=502, body=body, content_type=kind)

        page.evaluate("document.querySelector('[role=status]').textContent = ''")
        page.route(f"**{SWITCH}", refuse)
        switch(page, "Photos").click()
        expect(page.get_by_role("status")).to_have_text(NOT_SAVED)
        page.unroute(f"**{SWITCH}")
    expect(switch(page, "Photos")).to_be_checked()
    assert is_same(page)
    expect(switch(page, "Photos")).to_be_focused()
    switch(page, "Photos").click()
    expect(switch(page, "Photos")).not_to_be_checked()


def test_what_became_of_a_press_is_in_sight_wherever_the_switch_is(open_page: Open) -> None:
    page = open_page("mobile", expected="Failed to")
    page.goto(f"{USED}")
    last = page.get_by_role("switch").last
    last.click()
    expect(page.get_by_role("status")).to_contain_text("Enregistré")
    expect(page.get_by_role("status")).to_be_in_viewport()
    page.context.set_offline(True)
    last.click()
    expect(page.get_by_role("status")).to_have_text(NOT_SAVED)
    expect(page.get_by_role("status")).to_be_in_viewport()
    expect(last).to_be_in_viewport()


def test_who_was_signed_out_meanwhile_is_led_to_sign_in(open_page: Open, home: Home) -> None:
    page = open_page("desktop")
    page.goto(SWITCH)
    other = page.context.new_page()
    other.goto("/")
    follow(other, other.locator("form[action='/sign-out'] button").first)
    switch(page, MAIN).click()
    page.wait_for_url(lambda url: SWITCH not in url.split("?")[0])
    with Ledger.open(home.ledger, read_only=True) as ledger:
        assert ledger.history("anna") == []


def test_a_signal_that_counts_for_another_purpose_is_named_on_its_page_alone(
    open_page: Open, home: Home
) -> None:
    three = Path(__file__).parents[1] / "web" / "three-purposes.toml"
    home.policy.write_bytes(three.read_bytes())
    page = open_page("mobile", extra_http_headers={"Sec-GPC": "1"})
    page.goto(SWITCH)
    expect(page.locator(".switches").get_by_role("switch")).to_have_count(1)
    expect(switch(page, MAIN)).to_be_checked()
    page.goto("/settings/data-privacy")
    follow(page, page.get_by_role("link", name="Modèles de notre société mère"))
    partner = switch(page, "Modèles de notre société mère ou de partenaires")
    expect(partner).not_to_be_checked()
    expect(page.locator(".note")).to_contain_text("Global Privacy Control")
    partner.click()
    expect(partner).to_be_checked()
    page.reload()
    expect(partner).to_be_checked()
