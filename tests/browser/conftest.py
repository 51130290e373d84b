"""A real Chromium on the real pages. Without one the tests are skipped, with the line to type.

`VANNE_REQUIRE_BROWSER=1` turns that skip into a failure. Every page collects what it writes to the
console: an error there is a breach of the content security policy, or a file that is missing.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.site_tabs import write_archives
from tests.web.conftest import home, made  # noqa: F401  the small network
from tests.web.network import clock
from vanne.config import Home
from vanne.errors import MissingError
from vanne.settings import Settings
from vanne.site.build import build
from vanne.web import create_app
from vanne.web.server import listen

SHELL, WHOLE = Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium")
CHROMIUM = SHELL if SHELL.exists() else WHOLE
"""Without windows of its own, which nobody sees here, it takes a third of the time."""

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
MOBILE = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}
DEVICES = {"desktop": DESKTOP, "mobile": MOBILE}
LOOKS = [("desktop", "fr", "dark"), ("mobile", "de", "light")]
"""Devices, languages and colours of a way from page to page."""
LANGUAGES = {"desktop": ("fr", "en"), "mobile": ("de", "it")}
COLOURS = {"desktop": ("light", "dark"), "mobile": ("dark", "light")}

Open = Callable[..., Page]

expect.set_options(timeout=60_000)  # ms: 5,000 are not enough on a machine with other work


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a browser; skip it where there is none, unless one is required."""
    for item in items:
        if item.path.parent.name == "browser":  # the core's, and those of plug-ins
            item.add_marker(pytest.mark.browser)
            if not CHROMIUM.exists() and os.environ.get("VANNE_REQUIRE_BROWSER") != "1":
                reason = f"no {SHELL}: apt-get update && apt-get install -y {SHELL.name}"
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def site(home: Home) -> Iterator[str]:  # noqa: F811
    """The pages of the small network; the address."""
    with served(home) as address:
        yield address


@contextmanager
def served(home: Home, settings: Settings | None = None) -> Iterator[str]:  # noqa: F811
    """Serve the pages of a home by the real server."""
    listener = listen("127.0.0.1", 0)
    app = create_app(home, now=clock(), settings=settings)
    config = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def open_page(browser: Browser, site: str) -> Iterator[Open]:
    """Open a window: `open_page("mobile", member="anna", locale="fr-CH", ...)`, or `role="auditor"`."""
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def open_one(
        device: str = "desktop",
        *,
        member: str | None = "anna",
        role: str = "member",
        expected: str = "no such message",
        **options: object,
    ) -> Page:
        settings = {"base_url": site, "locale": "fr-CH"} | DEVICES[device] | options
        context = browser.new_context(**settings)  # type: ignore[arg-type]
        contexts.append(context)
        context.set_default_timeout(120_000)
        page = context.new_page()
        page.on("console", lambda m: expected in m.text or said.append(m.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
        if member or role != "member":
            sign_in(page, member, role)
        page.goto("/")
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert said == []


def dress(page: Page, device: str, number: int) -> str:
    """Give what is opened next one of a device's languages and colours; return the language.

    Each page is seen by both devices, by one in light colours and by one in dark ones, and of every
    four pages one in each combination: not each page in all sixteen.
    """
    lang, colours = LANGUAGES[device][number % 2], COLOURS[device][number // 2 % 2]
    assert page.request.get(f"/?lang={lang}").ok
    page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
    return lang


def follow(page: Page, control: Locator) -> None:
    """Press what leads to another page and wait until it is there: a press alone does not wait."""
    with page.expect_navigation():
        control.click()


def sign_in(page: Page, member: str | None, role: str = "member") -> None:
    """Give a window's requests a member, or somebody of the staff, and leave its page as it is.

    By the requests of the buttons, which cost a tenth of pressing them: `test_sign_in` does that.
    """
    form = {"member": member or ""} if role == "member" else {"staff": role}
    headers = {"Sec-Fetch-Site": "same-origin"}
    assert page.request.post("/sign-in", form=form, headers=headers).ok  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page that reads archives, as `vanne site build` writes it."""
    if not shutil.which("node"):
        pytest.skip("Node.js is not installed")
    try:
        return build(tmp_path_factory.mktemp("site")).path
    except MissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def archives(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files to choose in that page."""
    return write_archives(tmp_path_factory.mktemp("archives"))
