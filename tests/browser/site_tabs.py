"""The page that reads archives, as the tests open it: in a tab of Chromium or of Firefox."""

import functools
import http.server
import json
import shutil
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol, TypeVar

from playwright.sync_api import Browser, Page

from vanne.report.inspection import inspect
from vanne.site import bridge
from vanne.site.build import page_words

FIXTURES = Path(__file__).parents[1] / "fixtures"
EXAMPLE = Path(__file__).parents[2] / "src/vanne/sources/example"
LINKEDIN, INSTAGRAM = FIXTURES / "linkedin" / "2026-complete", FIXTURES / "instagram-2025"
FORM = FIXTURES / "cvs" / "form.pdf"
WORDS = page_words()
SECONDS = 60
T = TypeVar("T")

ANSWERED = "!document.getElementById('after').hidden"
REFUSED = "!document.getElementById('fault').hidden"
FAULT = "document.getElementById('fault').textContent"


def write_archives(folder: Path) -> dict[str, Path]:
    """Write files to choose: two archives as zips, one that takes long, and some that are none."""
    for name, source in (("linkedin", LINKEDIN), ("instagram", INSTAGRAM)):
        shutil.make_archive(str(folder / name), "zip", source)
    whole = (folder / "linkedin.zip").read_bytes()
    (folder / "half.zip").write_bytes(whole[: len(whole) // 2])
    encrypted = bytearray(whole)
    for entry in zipfile.ZipFile(BytesIO(whole)).infolist():
        encrypted[entry.header_offset + 6] |= 1
    (folder / "encrypted.zip").write_bytes(
        encrypted.replace(b"PK\1\2\x14\3\x14\0\0", b"PK\1\2\x14\3\x14\0\1")
    )
    (folder / "song.mp3").write_bytes(b"ID3" + bytes(1000))
    (folder / "empty.zip").touch()
    row = "2025-01-01 10:00:00,https://x.example/1,I baked bread number {}\n"
    with zipfile.ZipFile(folder / "long.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        text = "Date,ShareLink,ShareCommentary\n" + "".join(map(row.format, range(100_000)))
        archive.writestr("Shares.csv", text)
    return {path.name: path for path in folder.iterdir()}


class Tab(Protocol):
    """What a browser is asked to do with the page."""

    def goto(self, address: str) -> object: ...
    def evaluate(self, expression: str) -> Any: ...
    def set_files(self, selector: str, *paths: Path) -> None: ...


class ChromiumTab:
    """A page of Playwright, asked as Firefox is."""

    def __init__(self, page: Page) -> None:
        self.goto, self.evaluate, self.said = page.goto, page.evaluate, list[str]()
        self.page = page
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def set_files(self, selector: str, *paths: Path) -> None:
        self.page.set_input_files(selector, list(paths))


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Serve a folder; give the address, and the list of what was asked for."""
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, form: str, *values: object) -> None:
            asked.append(self.path)

    handler = functools.partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()
        thread.join()


def chromium_tab(browser: Browser, stack: ExitStack, **options: object) -> ChromiumTab:
    """Open an empty tab of Chromium; nothing may be said on its console."""
    context = browser.new_context(**{"locale": "en-GB"} | options)  # type: ignore[arg-type]
    tab = ChromiumTab(context.new_page())

    @stack.callback
    def close() -> None:
        context.close()
        assert tab.said == []

    return tab


def keep_files(tab: Tab) -> None:
    """Keep in the page what it hands over as a file."""
    tab.evaluate(
        "(() => { const made = URL.createObjectURL.bind(URL); window.made = [];"
        "URL.createObjectURL = (blob) => (window.made.push(blob), made(blob)); return true; })()"
    )


def until(ask: Callable[[], T], seconds: float = SECONDS) -> T:
    """Ask until the answer is true: the page's policy forbids Playwright's own way of waiting."""
    end = time.monotonic() + seconds
    while not (answer := ask()):
        assert time.monotonic() < end, "the page does not come to it"
        time.sleep(0.02)
    return answer


def press(tab: Tab, selector: str) -> None:
    """Press a button, as a script can."""
    tab.evaluate(f"(document.querySelector({json.dumps(selector)}).click(), true)")


def document_of(tab: Tab) -> dict[str, Any]:
    """Press the button for the file with everything, and read it."""
    tab.evaluate("(window.made.length = 0, true)")
    press(tab, "[data-form=items]")
    until(lambda: tab.evaluate("window.made.length"))
    document: dict[str, Any] = json.loads(tab.evaluate("window.made[0].text()"))
    return document


def answer_of_the_command_line(document: dict[str, Any], paths: Sequence[Path]) -> object:
    """Return what `vanne inspect --json --by item` says, as of the moment at which the page was asked."""
    inspection = inspect(paths, region=document["member"]["region"], as_of=document["as_of"])
    return json.loads("".join(bridge.pieces(inspection, "items", "en")))
