"""The whole story, and nobody types a command: a press, the steps as they are done, the certificate."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import MOBILE, sign_in
from tests.forget.homes import make_home, train
from tests.security.running import Running, running
from tests.web.conftest import SWITCH
from vanne.train.settings import TrainingSettings


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, tiny: TrainingSettings) -> Iterator[Running]:
    """The server of a home with a trained model, with its worker: a process as operators run it."""
    home = make_home(tmp_path_factory.mktemp("story") / "home")
    train(home, tiny)
    with running(home, worker=True, VANNE_TRAIN_SOON_SECONDS="600") as server:
        yield server


def step(page: Page, title: str, state: str) -> None:
    """Wait until a step has that state. Nobody loads the page again."""
    row = page.locator(".way li", has_text=title)
    expect(row).to_contain_text(state, timeout=240_000)  # a training waits for who asks for pages


def test_a_press_is_followed_by_the_page_until_the_certificate_is_there(
    browser: Browser, server: Running
) -> None:
    options = {"base_url": server.origin, "locale": "fr-CH"} | MOBILE
    context = browser.new_context(**options)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page, "m2")
    page.goto(SWITCH)
    loads: list[str] = []
    page.on("load", lambda: loads.append(page.url))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Oui, vos données servent")
    page.get_by_role("switch", name="Modèles qui rédigent du contenu").click()
    expect(page.get_by_role("status")).to_contain_text("Enregistré. Reçu")
    way = ("Choix enregistré", "Hors du jeu d'entraînement", "Modèle réentraîné", "Hors du modèle")
    expect(page.locator(".way h3")).to_have_text(way)
    for title in way:
        step(page, title, "Fait")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Non, vos données ont quitté le modèle."
    )
    expect(page).to_have_title(re.compile("^Retiré et prouvé –"))
    expect(page.locator("#picture dd").last).to_have_text("0")
    expect(page.get_by_text("Cette page suit d'elle-même.")).to_have_count(0)
    expect(page.get_by_role("status")).to_contain_text("Enregistré. Reçu")  # it is still there
    assert loads == []
    page.locator(".way").get_by_role("link", name="Certificat").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("ertificat")
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Non, vos données ont quitté le modèle."
    )
    step(page, "Modèle réentraîné", "Fait")
    expect(page.locator(".messages li").first).to_be_visible()  # it is said that it is done

    page.goto(SWITCH)
    page.get_by_role("switch", name="Modèles qui rédigent du contenu").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Oui, vos données peuvent servir.")
    step(page, "Dans le modèle", "Fait")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Oui, vos données servent")
    context.close()
