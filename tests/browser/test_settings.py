"""The switches in a real browser: saved without a reload, by plain forms, and never without the ledger."""

import re
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Open, follow
from tests.browser.test_way import MAIN, SWITCH
from vanne.config import Home
from vanne.ledger import Ledger

USED = f"{SWITCH}/used"
NOT_SAVED = "Non enregistré. Votre choix n'a pas changé."
FOLLOWS, RELOAD = "Cette page suit d'elle-même.", "Recharger la page pour voir"


def switch(page: Page, name: str) -> Locator:
    return page.get_by_role("switch", name=name, exact=True)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def unfold(page: Page) -> None:
    """Show the kinds of data, if they are folded."""
    kinds = page.locator("details", has_text="Type par type")
    if kinds.get_attribute("open") is None:
        kinds.locator("summary").click()


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
    unfold(page)
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
    photos.click()
    switch(page, MAIN).click()
    expect(page.get_by_role("switch")).to_have_count(1)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Non.")
    expect(page).to_have_title(re.compile("^Retrait en cours –"))
    assert is_same(page)
    expect(page.get_by_text(FOLLOWS)).to_be_visible()
    expect(page.get_by_text(RELOAD)).to_be_hidden()
    expect(switch(page, MAIN)).to_be_focused()
    button(page, "Activer, ceux-ci compris").click()
    expect(switch(page, MAIN)).to_be_checked()
    expect(photos).to_be_checked()  # and what was unfolded stays so
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


def test_without_scripts_every_switch_and_the_button_work(open_page: Open, home: Home) -> None:
    page = open_page("mobile", java_script_enabled=False)
    page.goto(SWITCH)
    unfold(page)
    switch(page, "Photos").click()
    expect(switch(page, "Photos")).not_to_be_checked()
    page.goto(f"{USED}?category=post")
    page.get_by_role("switch").first.click()
    expect(page.get_by_role("switch").first).not_to_be_checked()
    page.goto(SWITCH)
    switch(page, MAIN).click()
    expect(page.get_by_role("status")).to_contain_text("Enregistré")
    expect(page.locator("[role=switch][aria-checked=true]")).to_have_count(0)
    expect(page.get_by_text(RELOAD)).to_be_visible()
    expect(page.get_by_text(FOLLOWS)).to_be_hidden()  # it is not so without scripts
    button(page, "Activer, ceux-ci compris").click()
    expect(page.get_by_role("status")).to_contain_text("Enregistré")
    expect(page.locator("[role=switch][aria-checked=true]")).to_have_count(7)
    with Ledger(home.ledger, read_only=True) as ledger:
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


@pytest.mark.parametrize("width", [320, 1280])
def test_every_switch_is_as_large_as_a_finger_and_none_covers_another(
    open_page: Open, width: int
) -> None:
    page = open_page(viewport={"width": width, "height": 800})
    for path in (SWITCH, USED):
        page.goto(path)
        if path == SWITCH:
            unfold(page)
        below = float("-inf")
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
    unfold(page)
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


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_who_was_signed_out_meanwhile_is_told_that_nothing_was_saved_and_led_back(
    open_page: Open, home: Home, scripts: bool
) -> None:
    page = open_page("desktop", java_script_enabled=scripts)
    page.goto(SWITCH)
    answer = page.request.post("/sign-out", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.ok
    switch(page, MAIN).click()
    page.wait_for_url(lambda url: "/sign-in" in url)
    expect(page.get_by_role("status")).to_contain_text("Non enregistré")
    page.get_by_role("button", name="anna").click()
    page.wait_for_url(f"**{SWITCH}")
    expect(page.get_by_role("status")).to_contain_text("la session avait pris fin")
    expect(switch(page, MAIN)).to_be_checked()
    page.reload()
    expect(page.get_by_role("status")).to_have_text("")
    with Ledger(home.ledger, read_only=True) as ledger:
        assert ledger.history("anna") == []


def test_a_slow_save_says_that_it_is_under_way_and_a_second_press_is_the_same(
    open_page: Open, home: Home
) -> None:
    page = open_page("mobile")
    page.goto(SWITCH)
    held, is_free = list[Route](), Event()
    page.route(
        f"**{SWITCH}", lambda route: route.continue_() if is_free.is_set() else held.append(route)
    )
    switch(page, MAIN).click()
    expect(page.get_by_role("status")).to_have_text("Enregistrement…")
    expect(page.locator("#choice")).to_have_attribute("aria-busy", "true")
    switch(page, MAIN).click()
    is_free.set()
    for route in held:
        route.continue_()
    expect(page.get_by_role("status")).to_contain_text("Reçu n°\u00a03")
    expect(switch(page, MAIN)).not_to_be_checked()
    expect(page.locator("#choice")).not_to_have_attribute("aria-busy", "true")
    page.unroute_all(behavior="wait")
    with Ledger(home.ledger, read_only=True) as ledger:
        assert [choice.on for _, choice in ledger.history("anna")] == [False]


def test_in_two_tabs_the_later_one_says_what_holds(open_page: Open, home: Home) -> None:
    page = open_page("desktop")
    page.goto(SWITCH)
    other = page.context.new_page()
    other.goto(SWITCH)
    switch(page, MAIN).click()
    expect(page.get_by_role("status")).to_contain_text("Enregistré")
    switch(other, MAIN).click()  # it still shows «on», and asks for off
    expect(other.get_by_role("status")).to_contain_text("Rien n'a changé")
    expect(switch(other, MAIN)).not_to_be_checked()
    with Ledger(home.ledger, read_only=True) as ledger:
        assert [choice.on for _, choice in ledger.history("anna")] == [False]


def test_a_signal_that_counts_for_another_purpose_is_named_on_its_page_alone(
    open_page: Open, home: Home
) -> None:
    three = Path(__file__).parents[1] / "web" / "three-purposes.toml"
    home.policy.write_bytes(three.read_bytes())
    page = open_page("mobile", extra_http_headers={"Sec-GPC": "1"})
    page.goto(SWITCH)
    expect(page.get_by_role("switch")).to_have_count(1)  # the kinds are folded
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
