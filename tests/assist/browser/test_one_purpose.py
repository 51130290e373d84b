"""A choice for training never changes how a person is found, ranked or shown, nor their offers.

By the biggest button of the page of training, in a real browser: the recruiter's results, the
person's page and the member's own pages are the same bytes before and after, but for what is new
in every answer.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.assist.browser.test_finding import is_sound, search
from tests.assist.tools import make_tools
from tests.browser.conftest import DEVICES, Open, dress, follow, served
from tests.web.network import START
from vanne.config import Home
from vanne.corpus import refresh
from vanne.ledger import Ledger
from vanne.policy.policy import TOOLS
from vanne.terms import MAIN_PURPOSE
from vanne.web.pages.switches import path_of
from vanne_assist.search.indexer import update

TRAINING = path_of(MAIN_PURPOSE)
BRIEF = "Nurse near Bern"
NEW_IN_EVERY_ANSWER = re.compile(r'name="key" value="[^"]+"|\b[0-9a-f]{16}\b|\d\d:\d\d UTC')
"""The key of a form, the id of a search, and when it was made."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The network of people who can be found and look for work, made once."""
    made = make_tools(tmp_path_factory.mktemp("tools") / "home")
    update(made, START)
    return made


@pytest.fixture
def site(home: Home) -> Iterator[str]:
    """The pages of that network; the address."""
    with served(home) as address:
        yield address


def bytes_of(page: Page, path: str) -> str:
    """Return a page without what is new in every answer."""
    answer = page.request.get(path)
    assert answer.ok, path
    return NEW_IN_EVERY_ANSWER.sub("", answer.text())


def shown_to(recruiter: Page) -> tuple[list[str], list[str]]:
    """Search by the page, and return who is listed, in which order, and every page's bytes."""
    search(recruiter, BRIEF)
    results, links = recruiter.url, recruiter.locator("h3 a").all()
    people = [str(link.get_attribute("href")) for link in links]
    order = [href.partition("?")[0] for href in people]
    return order, [bytes_of(recruiter, page) for page in (results, *people)]


def of_the_member(member: Page) -> dict[str, str]:
    """Return the bytes of the pages of all other purposes, and of their offers one by one."""
    paths = [*map(path_of, TOOLS), "/opportunities?within=all"]
    return {path: bytes_of(member, path) for path in paths}


def test_a_no_to_training_changes_nothing_that_a_recruiter_or_the_member_is_shown(
    open_page: Open, home: Home
) -> None:
    recruiter, member = open_page(role="recruiter"), open_page("mobile")
    listed, offers = shown_to(recruiter), of_the_member(member)
    assert any("/anna" in person for person in listed[0]) and len(listed[0]) > 1
    member.goto(TRAINING)
    member.get_by_role("switch", name="Modèles qui rédigent du contenu").click()
    expect(member.get_by_role("status")).to_contain_text("Enregistré")
    with Ledger.of(home) as ledger:
        _, last = ledger.history("anna")[-1]
    assert (last.purpose, last.scope, last.on) == (MAIN_PURPOSE, "all", False)
    assert of_the_member(member) == offers  # before the next search, which these pages count
    assert shown_to(recruiter) == listed
    refresh(home, START)
    update(home, START)
    assert shown_to(recruiter) == listed
    assert bytes_of(member, "/opportunities") == offers["/opportunities"]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_each_purpose_is_switched_on_a_page_of_its_own_within_three_clicks(
    open_page: Open, home: Home, scripts: bool
) -> None:
    page = open_page("mobile", java_script_enabled=scripts)
    for number, purpose in enumerate((MAIN_PURPOSE, *TOOLS)):
        page.goto("/")
        page.get_by_label("Votre photo de profil").click()
        follow(page, page.get_by_role("link", name="Réglages", exact=True))
        follow(page, page.locator("main .cards").first.get_by_role("link").nth(number))
        assert page.url.endswith(path_of(purpose))
        switch = page.locator(f"[role=switch][value$='all:{purpose}']")
        expect(switch).to_have_count(1)
        before = switch.get_attribute("aria-checked")
        switch.click()
        expect(switch).to_have_attribute("aria-checked", "false" if before == "true" else "true")
    with Ledger.of(home) as ledger:
        chosen = [choice.purpose for _, choice in ledger.history("anna")]
    assert chosen[-1 - len(TOOLS) :] == [MAIN_PURPOSE, *TOOLS]


@pytest.mark.parametrize("device", DEVICES)
def test_axe_finds_nothing_on_the_pages_of_purposes_and_their_receipts(
    open_page: Open, device: str
) -> None:
    page = open_page(device)
    """Those of all tools are one page: on the small screen one of them is enough."""
    purposes = (MAIN_PURPOSE, *TOOLS)[: 2 if device == "mobile" else None]
    for number, purpose in enumerate(purposes):
        dress(page, device, number)
        page.goto(path_of(purpose))
        is_sound(page)
        page.locator(f"[role=switch][value$='all:{purpose}']").click()
        page.locator("#status a").click()
        page.wait_for_url("**/receipts/*")
        is_sound(page)


def test_paper_shows_what_was_chosen_and_no_button_to_press(open_page: Open) -> None:
    page = open_page()
    page.emulate_media(media="print")
    for purpose in (MAIN_PURPOSE, *TOOLS):
        page.goto(path_of(purpose))
        expect(page.locator(f"[role=switch][value$='all:{purpose}']")).to_be_visible()
        assert page.locator("main button:not([role=switch]):visible").count() == 0
    page.goto(TRAINING)
    expect(page.locator("main table")).to_be_visible()
