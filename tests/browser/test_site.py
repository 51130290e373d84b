"""The page that reads archives, as a person meets it, in Chromium."""

import base64
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.site_tabs import (
    ANSWERED,
    EXAMPLE,
    FAULT,
    FORM,
    LINKEDIN,
    REFUSED,
    WORDS,
    ChromiumTab,
    answer_of_the_command_line,
    chromium_tab,
    document_of,
    keep_files,
    served,
    until,
)
from tests.browser.test_fair import faults
from vanne.report.inspection import inspect
from vanne.report.item_file import new_csv
from vanne.words import LANGUAGES, words


@contextmanager
def opened(browser: Browser, page_file: Path, **options: object) -> Iterator[Page]:
    """Open the page from a disk; nothing may be said on its console."""
    with ExitStack() as stack:
        tab = chromium_tab(browser, stack, **options)
        tab.goto(page_file.as_uri())
        keep_files(tab)
        yield tab.page


@pytest.fixture(scope="module")
def opened_once(browser: Browser, page_file: Path) -> Iterator[Page]:
    """One page for several tests: it takes seconds to get ready."""
    with opened(browser, page_file, viewport={"width": 1280, "height": 800}) as page:
        yield page


@pytest.fixture
def page(opened_once: Page) -> Page:
    """The start of that page, in English, without a country."""
    until(lambda: opened_once.evaluate("ready"))
    opened_once.evaluate("(start(), document.getElementById('region').value = '', true)")
    opened_once.click("[data-lang=en]")
    return opened_once


def is_answered(page: Page) -> None:
    """Wait for the answer."""
    until(lambda: page.evaluate(ANSWERED))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_speaks_the_language_of_the_browser_from_its_first_word(
    browser: Browser, page_file: Path, lang: str
) -> None:
    with opened(browser, page_file, locale=f"{lang}-CH") as page:
        said = WORDS[lang]
        assert page.inner_text("h1:visible") == said["title"]
        assert page.title() == f"{said['title']} · Vanne"
        assert page.evaluate("document.documentElement.lang") == lang
        assert page.get_by_text(said["files"], exact=True).is_visible()
        assert page.locator("#region option[value=CH]").inner_text() == words(lang).region("CH")


def in_each_language(page: Page) -> list[str]:
    """Return the languages in which the page is wider than a screen of 320 pixels."""
    wide = []
    for lang in LANGUAGES:
        page.click(f"[data-lang={lang}]")
        until(
            lambda lang=lang: (
                page.evaluate("document.documentElement.lang") == lang
                and not page.evaluate("document.querySelector('[aria-busy]')")
            )
        )
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(lang)
    return wide


def test_another_language_is_one_press_away_and_keeps_the_page(page: Page) -> None:
    page.get_by_role("button", name="Try it").click()
    is_answered(page)
    page.get_by_role("link", name="Item by item").click()
    until(lambda: page.locator(".items").count())
    page.get_by_role("button", name="Deutsch").click()
    until(lambda: page.title() == "Eintrag für Eintrag · Vanne")
    assert page.evaluate("document.documentElement.lang") == "de"
    page.go_back()
    until(lambda: "13" in page.inner_text("h1:visible"))
    page.go_back()
    until(lambda: page.inner_text("h1:visible") == WORDS["de"]["title"])


@pytest.mark.parametrize(("width", "mode"), [(1280, "light"), (320, "dark")])
def test_axe_finds_nothing_from_the_start_to_an_item_and_a_small_screen_is_wide_enough(
    browser: Browser, page_file: Path, archives: dict[str, Path], width: int, mode: str
) -> None:
    look = {"viewport": {"width": width, "height": 640}, "color_scheme": mode}
    with opened(browser, page_file, **look) as page:

        def sound() -> list[str]:
            return faults(page) + (in_each_language(page) if width == 320 else [])

        found = sound()
        page.set_input_files("#files", archives["song.mp3"])
        until(lambda: page.evaluate(REFUSED))
        found += faults(page)
        page.set_input_files("#files", FORM)
        is_answered(page)
        for button in ("print", "json", "another"):
            assert page.locator(f"[data-words={button}]").is_visible()
        found += sound()
        page.locator("[data-to='/items']").click()
        until(lambda: page.locator(".items").count())
        assert found + sound() == []


def test_the_keyboard_reaches_all_of_the_start_in_the_order_of_reading(
    browser: Browser, page_file: Path
) -> None:
    with opened(browser, page_file) as page:
        until(lambda: page.inner_text("#status") == "Ready")
        reached = []
        for _ in range(10):
            page.keyboard.press("Tab")
            reached.append(
                page.evaluate("document.activeElement.id || document.activeElement.innerText")
            )
        assert reached[1:] == ["Vanne", "files", "folder", "example", "region", "Français", "English", "Deutsch", "Italiano"]  # fmt: skip
        page.focus("#example")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "cancel"
        is_answered(page)


def test_the_page_works_when_the_network_is_off(browser: Browser, page_file: Path) -> None:
    with ExitStack() as stack:
        tab = chromium_tab(browser, stack)
        with served(page_file.parent) as (address, _):
            tab.goto(address)
        tab.page.context.set_offline(True)
        tab.page.get_by_role("button", name="Try it").click()
        is_answered(tab.page)


@pytest.mark.parametrize("missing", ["DecompressionStream", "WebAssembly", "Worker"])
def test_an_old_browser_is_told_so_in_four_languages(
    browser: Browser, page_file: Path, missing: str
) -> None:
    with ExitStack() as stack:
        tab = chromium_tab(browser, stack)
        tab.page.add_init_script(f"delete globalThis.{missing}")
        tab.goto(page_file.as_uri())
        text = tab.page.inner_text("body")
        assert all(WORDS[lang]["old"] in text for lang in LANGUAGES)
        assert not tab.page.locator("#drop").is_visible()


def test_a_browser_without_scripts_is_told_the_same(browser: Browser, page_file: Path) -> None:
    with ExitStack() as stack:
        tab = chromium_tab(browser, stack, java_script_enabled=False)
        tab.goto(page_file.as_uri())
        assert WORDS["it"]["old"] in tab.page.inner_text("body")


def test_half_a_page_says_that_it_is_to_be_loaded_again(
    browser: Browser, page_file: Path, tmp_path: Path
) -> None:
    half = tmp_path / "half.html"
    half.write_bytes(page_file.read_bytes()[:-4_000_000])
    with opened(browser, half) as page:
        until(lambda: page.evaluate(FAULT) == WORDS["en"]["half"])


def test_a_folder_is_read_as_its_zip(page: Page) -> None:
    page.select_option("#region", "CH")
    page.set_input_files("#folder", LINKEDIN)
    is_answered(page)
    document = document_of(ChromiumTab(page))
    assert document == answer_of_the_command_line(document, [LINKEDIN])


def test_a_file_that_changed_is_said_without_a_traceback(
    browser: Browser, page_file: Path, archives: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "linkedin.zip"
    shutil.copy(archives["linkedin.zip"], file)
    with opened(browser, page_file) as page:
        until(lambda: page.inner_text("#status") == "Ready")
        page.evaluate(
            "document.getElementById('files').addEventListener('change', (e) => e.stopImmediatePropagation(), { capture: true, once: true })"
        )
        page.set_input_files("#files", file)
        assert page.evaluate("document.getElementById('files').files[0].size")
        file.write_bytes(b"another file")
        page.dispatch_event("#files", "change")
        until(lambda: page.evaluate(REFUSED))
        assert page.evaluate(FAULT) == WORDS["en"]["unreadable"]


def test_the_country_is_asked_first_when_what_was_dropped_does_not_say_it(page: Page) -> None:
    page.evaluate(
        """(text) => {
          const dropped = new DataTransfer();
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          dropped.items.add(new File([bytes], "form.pdf"));
          document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, bubbles: true }));
        }""",
        base64.b64encode(FORM.read_bytes()).decode(),
    )
    is_answered(page)
    assert page.locator("[data-slot=before] #region").is_visible()
    page.select_option("#region", "CH")
    until(lambda: page.locator("[data-slot=after] #region").count())
    assert "Switzerland" in page.inner_text("#result")


def test_links_hold_no_word_of_the_person_and_say_nothing_of_the_page(
    page: Page, page_file: Path
) -> None:
    page.get_by_role("button", name="Try it").click()
    is_answered(page)
    links = page.eval_on_selector_all(
        "#result a[href]", "all => all.map((a) => [a.getAttribute('href'), a.rel])"
    )
    outside = [rel for href, rel in links if href.startswith("http")]
    assert outside and set(outside) == {"noopener noreferrer"}
    assert all(href.startswith(("#", "http", "data:", "mailto:")) for href, _ in links)
    page.get_by_role("link", name="Item by item").click()
    until(lambda: page.locator("#f-q").count())
    page.fill("#f-q", "welder")
    page.keyboard.press("Enter")
    until(lambda: "q=welder" in page.evaluate("shown"))
    assert page.url == page_file.as_uri()


def test_a_pdf_that_takes_too_long_costs_itself_alone(
    browser: Browser, page_file: Path, archives: dict[str, Path]
) -> None:
    with opened(browser, page_file) as page:
        page.evaluate("pdfSeconds = 0.001")
        page.set_input_files("#files", [FORM, archives["linkedin.zip"]])
        is_answered(page)
        document = document_of(ChromiumTab(page))
    listed = {file["path"]: [row["code"] for row in file["listed"]] for file in document["files"]}
    assert listed["form.pdf"] == ["pdf-too-much"]
    assert document["totals"]["items"] > 50


def test_the_items_are_kept_as_the_table_of_the_command_line(page: Page, tmp_path: Path) -> None:
    page.click("[data-lang=it]")
    page.click("#example")
    is_answered(page)
    with page.expect_download() as download:
        page.click("[data-form=csv]")
    page.get_by_text("vanne.csv").wait_for()
    table = download.value.path().read_bytes()
    document = document_of(ChromiumTab(page))
    inspection = inspect([EXAMPLE], as_of=document["as_of"])
    with new_csv(tmp_path / "items.csv", words("it")) as add:
        for each in inspection.decided:
            add(each)
    assert table == (tmp_path / "items.csv").read_bytes()


def test_whoever_goes_back_to_the_start_stays_there(page: Page) -> None:
    page.click("#example")
    is_answered(page)
    page.evaluate("(go('/items'), go('start'), true)")
    page.click("[data-lang=fr]")
    page.wait_for_timeout(1000)
    assert page.inner_text("h1:visible") == WORDS["fr"]["title"]
    assert not page.evaluate("document.querySelector('[aria-busy]')")
