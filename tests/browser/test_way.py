"""The member's way: from home to the switch in three clicks, off in one, and the proof."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open, follow
from vanne.config import Home
from vanne.ledger import Ledger

SWITCH = "/settings/data-privacy/generative-ai"
MAIN = "Modèles qui rédigent du contenu"
SETTING = "Données pour l'amélioration de l'IA générative"

DOORS: dict[str, tuple[Callable[[Page], Locator], str]] = {
    "desktop": (
        lambda page: page.locator("summary", has_text="Vous"),
        "Préférences et confidentialité",
    ),
    "mobile": (lambda page: page.get_by_label("Votre photo de profil"), "Réglages"),
}


def walk(page: Page, device: str) -> None:
    """Go from home to the switch as the mission describes it: three clicks."""
    door, settings = DOORS[device]
    door(page).click()
    page.get_by_role("link", name=settings, exact=True).click()
    page.get_by_role("link", name=SETTING).click()


@pytest.mark.parametrize(
    ("device", "scripts"), [("desktop", True), ("mobile", False)], ids=["scripts", "no-scripts"]
)
def test_three_clicks_lead_from_home_to_the_switch_and_one_turns_it_off(
    open_page: Open, home: Home, device: str, scripts: bool
) -> None:
    page = open_page(device, java_script_enabled=scripts)
    walk(page, device)
    expect(page).to_have_title(re.compile(f"^Activé par défaut – {SETTING}"))
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Oui,"))
    switch = page.get_by_role("switch", name=MAIN)
    expect(switch).to_be_checked()
    switch.click()
    expect(switch).not_to_be_checked()
    expect(page.get_by_role("status")).to_contain_text("Enregistré. Reçu n°\u00a03.")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Non"))
    with Ledger(home.ledger, read_only=True) as ledger:
        assert [choice.on for _, choice in ledger.history("anna")] == [False]
    page.get_by_role("link", name="Voir le reçu").click()
    verified = "Vérifié dans votre navigateur" if scripts else "Vérifié par ce serveur"
    expect(page.get_by_text(verified)).to_be_visible()


def test_on_takes_as_many_clicks_as_off_and_asks_nothing(open_page: Open) -> None:
    page = open_page("mobile")
    page.goto(SWITCH)
    switch = page.get_by_role("switch", name=MAIN)
    boxes, looks = [], []
    for checked in (False, True, False):
        switch.click()  # one click each way; a dialog would be in the console's list
        expect(switch).to_be_checked(checked=checked)
        boxes.append(switch.bounding_box())
        looks.append(look(switch))
    assert boxes[0] is not None and boxes[0]["height"] >= 44 and boxes[0]["width"] >= 44
    assert len({box["height"] for box in boxes if box}) == 1
    assert looks[0] == looks[1] == looks[2]


def look(switch: Locator) -> list[str]:
    names = ["color", "backgroundColor", "fontSize", "fontWeight", "opacity", "fontFamily"]
    script = "(e, names) => names.map(name => getComputedStyle(e)[name])"
    found: list[str] = switch.evaluate(script, names)
    return found


def test_the_keyboard_alone_is_enough(open_page: Open) -> None:
    page = open_page("desktop")
    press_until(page, lambda: "Vous" in focused(page))
    page.keyboard.press("Enter")
    press_until(page, lambda: focused(page) == "Préférences et confidentialité")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings")
    press_until(page, lambda: SETTING in focused(page))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{SWITCH}")
    press_until(page, lambda: page.evaluate("document.activeElement?.role") == "switch")
    page.keyboard.press("Space")
    expect(page.get_by_role("switch", name=MAIN)).not_to_be_checked()
    press_until(page, lambda: page.evaluate("document.activeElement?.role") == "switch")
    page.keyboard.press("Enter")
    expect(page.get_by_role("switch", name=MAIN)).to_be_checked()


def focused(page: Page) -> str:
    text: str = page.evaluate("document.activeElement?.innerText ?? ''")
    return text.strip()


def press_until(page: Page, there: Callable[[], bool]) -> None:
    for _ in range(30):
        page.keyboard.press("Tab")
        if there():
            return
    raise AssertionError("the keyboard does not lead there")


def test_the_first_stop_of_the_keyboard_skips_to_the_content(open_page: Open) -> None:
    page = open_page("desktop")
    page.goto(SWITCH)
    page.keyboard.press("Tab")
    assert focused(page) == "Aller au contenu"
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_double_click_ends_in_the_wanted_state(open_page: Open) -> None:
    page = open_page("desktop")
    page.goto(SWITCH)
    page.get_by_role("switch", name=MAIN).dblclick()
    expect(page.get_by_role("status")).to_contain_text("Enregistré")
    expect(page.get_by_role("switch", name=MAIN)).not_to_be_checked()


def test_the_list_of_what_is_used_is_one_click_from_the_switch(open_page: Open) -> None:
    page = open_page("mobile")
    page.goto(SWITCH)
    page.get_by_role("link", name="Mes données, élément par élément").click()
    expect(page.get_by_text("Utilisable.").first).to_be_visible()
    page.get_by_label("Type de données").select_option("post")
    follow(page, page.get_by_role("button", name="Afficher"))
    expect(page.locator(".items li")).to_have_count(2)
