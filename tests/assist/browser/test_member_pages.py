"""Writing, suggestions and job offers in a real browser: by keyboard, without scripts, by axe."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.assist.browser.test_finding import is_sound
from tests.assist.model_server import Model, serving
from tests.assist.tools import make_tools
from tests.assist.web.members.test_writing import GOOD, MARKED, set_up
from tests.browser.conftest import Open, follow, served, sign_in
from tests.web.network import START
from vanne.config import Home
from vanne_assist.search.indexer import update

SUGGESTIONS, OFFERS = "/profile/suggestions", "/opportunities"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The network of people who write and look for work, made once."""
    made = make_tools(tmp_path_factory.mktemp("tools") / "home")
    update(made, START)
    return made


@pytest.fixture
def model(home: Home) -> Iterator[Model]:
    """A model that writes one draft that may be shown and one that may not."""
    with serving() as model:
        set_up(home, model)
        yield model


@pytest.fixture
def site(home: Home, model: Model) -> Iterator[str]:
    """The pages of that network; the address."""
    with served(home) as address:
        yield address


def answer(page: Page) -> None:
    page.goto("/write")
    page.locator("#what").fill("We moved our billing to Python")
    page.locator("#result").fill("Requests became faster")
    page.locator("select[name=lang_of]").select_option("en")  # the model's: the guard stops another


def walk(page: Page, model: Model) -> None:
    """Look at every page, each with something on it."""
    model.replies = [GOOD, MARKED]
    page.goto("/")
    is_sound(page)
    answer(page)
    is_sound(page)
    page.locator("button[value=draft]").click()
    page.locator("#draft-2").wait_for()
    page.wait_for_load_state()
    is_sound(page)
    follow(page, page.locator("button[value=coach]").first)
    is_sound(page)
    page.goto(SUGGESTIONS)
    page.locator("ins").first.wait_for()
    is_sound(page)
    page.goto(OFFERS)
    is_sound(page)


def test_axe_finds_nothing_on_these_pages(open_page: Open, model: Model) -> None:
    page = open_page("mobile", locale="de")
    walk(page, model)
    sign_in(page, "carla")  # who said no
    for path in ("/write", SUGGESTIONS, OFFERS):
        page.goto(path)
        is_sound(page)


def test_one_click_switches_job_matching_off_and_on(open_page: Open) -> None:
    page = open_page(locale="en")
    page.goto(OFFERS)
    switch = page.get_by_role("switch", name="Job offers that match me")
    switch.click()
    expect(switch).not_to_be_checked()
    expect(page.locator(".hits")).to_have_count(0)
    switch.click()
    expect(switch).to_be_checked()
    expect(page.locator(".hits li").first).to_be_visible()


def test_the_copy_button_is_there_with_scripts_alone_and_says_that_it_copied(
    open_page: Open,
) -> None:
    bare = open_page(locale="en", java_script_enabled=False)
    answer(bare)
    follow(bare, bare.locator("button[value=build]"))
    expect(bare.locator("[data-copy]").first).to_be_hidden()
    page = open_page(locale="en", permissions=["clipboard-read", "clipboard-write"])
    answer(page)
    page.locator("button[value=build]").click()
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#post-1").input_value()
