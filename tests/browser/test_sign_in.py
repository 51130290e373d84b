"""Signing in and out in a real browser: few clicks, no script needed, readable by everybody."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import DEVICES, Open, served, sign_in
from tests.browser.test_fair import faults, walk
from tests.web.provider import CLIENT_ID, SECRET, provider
from vanne.config import Home
from vanne.settings import Settings

PAGES = {
    "operator": ("/", "/operator"),
    "auditor": ("/", "/auditor"),
    "recruiter": ("/",),
}
FAILED = ("cancelled", "not-a-member")
"""Two of the reasons why it failed: their pages differ in a sentence."""


@pytest.mark.parametrize(
    ("device", "scripts"), [("desktop", True), ("mobile", False)], ids=["scripts", "no-scripts"]
)
def test_two_clicks_sign_in_and_two_sign_out(open_page: Open, device: str, scripts: bool) -> None:
    page = open_page(device, member=None, java_script_enabled=scripts)
    page.get_by_role("link", name="Se connecter").click()
    expect(page.get_by_text("sans mot de passe, sur cette machine seulement")).to_be_visible()
    page.get_by_role("button", name="anna").click()
    expect(page).to_have_title(re.compile("^Accueil"))
    page.locator(".me summary").click()
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("link", name="Se connecter")).to_be_visible()


def test_a_page_that_was_asked_for_is_shown_after_signing_in(open_page: Open) -> None:
    page = open_page(member=None)
    page.goto("/settings/data-privacy")
    page.get_by_role("button", name="anna").click()
    expect(page).to_have_url(re.compile("/settings/data-privacy$"))


def test_somebody_is_found_by_id_and_cancelling_can_be_undone(open_page: Open) -> None:
    page = open_page("mobile", member=None)
    page.get_by_role("link", name="Se connecter").click()
    page.get_by_role("link", name="Annuler").click()
    page.get_by_role("link", name="Se connecter").click()
    page.get_by_label("Chercher un membre par identifiant").fill("fri")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.get_by_role("button", name="fritz").click()
    expect(page).to_have_title(re.compile("^Accueil"))


@pytest.mark.parametrize("device", DEVICES)
def test_axe_finds_nothing_on_the_way_in(open_page: Open, device: str) -> None:
    page = open_page(device, member=None, expected="the server responded with")
    paths = ("/", "/sign-in", *(f"/sign-in/failed?why={why}" for why in FAILED))
    assert walk(page, device, paths) == {}


@pytest.mark.parametrize("device", DEVICES)
def test_axe_finds_nothing_on_the_pages_of_the_staff(open_page: Open, device: str) -> None:
    page = open_page(device, member=None)
    for role, paths in PAGES.items():
        sign_in(page, None, role)
        assert walk(page, device, paths) == {}, role


@pytest.fixture
def elsewhere(home: Home) -> Iterator[str]:
    """The pages with a provider on another origin; the address of the pages."""
    with provider() as said:
        way = Settings(oidc_issuer=said.issuer, oidc_client_id=CLIENT_ID, oidc_client_secret=SECRET)
        with served(home, way) as address:
            yield address


def test_another_origin_signs_in_and_out_and_no_policy_stands_in_the_way(
    browser: Browser, elsewhere: str
) -> None:
    context = browser.new_context(base_url=elsewhere, locale="fr-CH", **DEVICES["mobile"])  # type: ignore[arg-type]
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.goto("/settings/data-privacy")  # by way of the provider, where anna is signed in
    expect(page).to_have_url(re.compile("/settings/data-privacy$"))
    page.goto("/")
    page.locator(".me summary").click()
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Déconnexion effectuée")
    assert faults(page) == []
    page.get_by_role("link", name="S'y déconnecter aussi").click()
    expect(page.get_by_role("link", name="Se connecter")).to_be_visible()
    assert "Démonstration" not in page.inner_text("body")
    context.close()
    assert said == []
