"""The page that reads archives: the real one, built here, in Chromium, from a disk and by HTTP."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, Page

from vanne.errors import MissingError
from vanne.report.inspection import inspect
from vanne.site import bridge
from vanne.site.build import BuiltPage, build

FIXTURES = Path(__file__).parents[1] / "fixtures"
EXAMPLE = Path(__file__).parents[2] / "src/vanne/sources/example"
SECONDS = 60
T = TypeVar("T")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltPage:
    """The page, as `vanne site build` writes it."""
    if not shutil.which("node"):
        pytest.skip("Node.js is not installed")
    try:
        return build(tmp_path_factory.mktemp("site"))
    except MissingError as error:
        pytest.skip(str(error))


@contextmanager
def opened(browser: Browser, address: str, **options: object) -> Iterator[Page]:
    """Open the page; nothing may be said on its console, and nothing asked but the page itself."""
    said: list[str] = []
    context = browser.new_context(**{"locale": "en-GB"} | options)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url))
    try:
        page.goto(address)
        # what the page hands over as a file is kept here too
        page.evaluate(
            "() => { const made = URL.createObjectURL.bind(URL);"
            "window.files = []; URL.createObjectURL = (b) => (window.files.push(b), made(b)); }"
        )
        yield page
    finally:
        context.close()
    ours = [line for line in said if not line.startswith("blob:")]
    assert ours == [address]


def until(ask: Callable[[], T], seconds: float = SECONDS) -> T:
    """Ask until the answer is true: the page's policy forbids Playwright's own way of waiting."""
    end = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < end, "the page does not come to it"
        time.sleep(0.02)
    return answer


def shows(page: Page, text: str) -> None:
    """Wait until a text is on the page."""
    until(lambda: text in page.inner_text("body"))


def document_of(page: Page) -> dict[str, object]:
    """Press the button for the file with everything, and read it."""
    before = page.evaluate("window.files.length")
    page.get_by_role("button", name="JSON").click()
    until(lambda: page.evaluate("window.files.length") > before)
    document: dict[str, object] = json.loads(page.evaluate("window.files.at(-1).text()"))
    return document


def answer_of_the_command_line(document: dict[str, object], *paths: Path, **options: str) -> object:
    """Return what `vanne inspect --json` says as of the moment at which the page was asked."""
    inspection = inspect(list(paths), as_of=str(document["as_of"]), **options)  # type: ignore[arg-type]
    return json.loads(bridge.document(inspection))


def test_the_sample_has_the_answer_of_the_command_line(browser: Browser, built: BuiltPage) -> None:
    with opened(browser, built.path.as_uri()) as page:
        page.get_by_role("button", name="Try it").click()
        shows(page, "13 of your 15 items")
        document = document_of(page)
    assert document == answer_of_the_command_line(document, EXAMPLE)
