"""The page of `vanne inspect --open`: for one browser, without scripts, readable by everybody."""

import html
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import httpx2
import pytest
import uvicorn
from icalendar import Calendar
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DEVICES, follow
from tests.browser.test_fair import faults
from tests.report.test_inspection_screen import everything
from vanne.report.inspection import Inspection, inspect
from vanne.report.inspection_words import network_name
from vanne.web.inspecting import create_app
from vanne.web.server import listen
from vanne.words import LANGUAGES, words

FIXTURES = Path(__file__).parents[1] / "fixtures"
COMPLETE = FIXTURES / "linkedin" / "2026-complete"
NOW = datetime(2026, 11, 25, tzinfo=UTC)
PATHS = ("/", "/?done=linkedin", "/items?state=not-used&q=a", "/guide/x")
NARROW = {"viewport": {"width": 320, "height": 640}}


@pytest.fixture(scope="module")
def linkedin() -> Inspection:
    """A member's archive, with everything that was decided."""
    return inspect([COMPLETE], region="CH", as_of=NOW)


@pytest.fixture(scope="module")
def several() -> Inspection:
    """A member's archives of four networks."""
    given = [COMPLETE, *(FIXTURES / name for name in ("instagram-2025", "x", "mastodon"))]
    return inspect(given, region="CH", as_of=NOW)


@contextmanager
def served(inspection: Inspection, lang: str = "en") -> Iterator[str]:
    """Serve the page by the real server; give its address, with the key."""
    with listen("127.0.0.1", 0) as listener:
        app = create_app(inspection, lang, "key")
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def opened(browser: Browser, address: str, **options: object) -> Iterator[Page]:
    """Open the page in a window of its own; nothing may be said on its console, or asked outside."""
    said: list[str] = []
    context = browser.new_context(base_url=address, **options)  # type: ignore[arg-type]
    page = context.new_page()
    page.on("console", lambda m: said.append(m.text))
    page.on("request", lambda r: r.url.startswith(address) or said.append(r.url))
    try:
        page.goto("/?key=key")
        yield page
    finally:
        context.close()
    assert said == []


@pytest.mark.parametrize(
    ("device", "lang", "mode"), [("desktop", "fr", "light"), ("mobile", "de", "dark")]
)
def test_axe_finds_nothing_on_any_page(
    browser: Browser, several: Inspection, device: str, lang: str, mode: str
) -> None:
    options = DEVICES[device] | {"color_scheme": mode}
    wrong: dict[str, list[str]] = {}
    with served(several, lang) as address, opened(browser, address, **options) as page:
        for path in PATHS:
            page.goto(path)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            if found := faults(page):
                wrong[path] = found
    assert wrong == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_wider_than_a_screen_of_320_pixels(browser: Browser, lang: str) -> None:
    with served(everything(), lang) as address, opened(browser, address, **NARROW) as page:
        for path in PATHS:
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_the_address_works_once_and_in_one_browser(linkedin: Inspection) -> None:
    with served(linkedin) as address, httpx2.Client(base_url=address) as first:
        assert first.get("/").status_code == 403
        assert first.get("/?key=wrong").status_code == 403
        there = first.get("/?key=key")
        assert (there.status_code, there.headers["location"]) == (303, "/")
        cookie = set(there.headers["set-cookie"].lower().split("; "))
        assert {"httponly", "samesite=strict"} <= cookie
        assert "27 of your 54 items" in first.get("/").text
        assert httpx2.get(f"{address}/?key=key").status_code == 403
        assert first.get("/", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_is_not_open_is_said_in_the_language_of_the_command(
    linkedin: Inspection, lang: str
) -> None:
    w = words(lang)
    with served(linkedin, lang) as address, httpx2.Client(base_url=address) as client:
        by_name = client.get(
            "/", headers={"host": address.replace("http://127.0.0.1", "localhost")}
        )
        refused = {
            client.get("/"): (403, "This page is not open to you"),
            by_name: (403, "This page is not open to you"),
            client.get("/nothing"): (404, "This page does not exist"),
            client.post("/"): (405, "Something went wrong"),
        }
    for answer, (status, said) in refused.items():
        assert answer.status_code == status
        assert answer.headers["content-language"] == lang
        assert w(said) in html.unescape(answer.text)


def test_nothing_outside_may_be_asked_and_the_page_says_so(linkedin: Inspection) -> None:
    with served(linkedin) as address, httpx2.Client(base_url=address) as client:
        client.get("/?key=key")
        answer = client.get("/")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "http" not in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert "Nothing leaves this machine" in answer.text
        assert "<script" not in answer.text


def test_items_are_found_without_scripts(browser: Browser, linkedin: Inspection) -> None:
    with (
        served(linkedin) as address,
        opened(browser, address, java_script_enabled=False) as page,
    ):
        page.get_by_role("link", name="Item by item").click()
        expect(page.get_by_role("status")).to_have_text("54 items")
        page.get_by_label("Answer").select_option(label="Not in use")
        page.get_by_label("Kind of data").select_option(label="Private messages")
        follow(page, page.get_by_role("button", name="Show"))
        expect(page.get_by_role("status")).to_contain_text(" item")
        texts = page.locator(".items .verdict").all_inner_texts()
        assert texts and all("says that it does not use" in text for text in texts)
        assert all("LinkedIn, 21 August 2026, 19 September 2025" in text for text in texts)


def test_what_is_done_is_noted_and_kept_as_files_without_scripts(
    browser: Browser, linkedin: Inspection
) -> None:
    given: dict[str, object] = {"java_script_enabled": False, "accept_downloads": True}
    with served(linkedin, "de") as address, opened(browser, address, **given) as page:
        page.locator("summary", has_text="3.").click()
        page.get_by_role("link", name="Heute erledigt").click()
        expect(page.get_by_role("status")).to_contain_text("2026-11-25  LinkedIn")
        page.locator("summary", has_text="2.").click()
        kept = {}
        for link in page.locator("a[download]").all():
            with page.expect_download() as download:
                link.click()
            data = Path(download.value.path()).read_bytes()
            kept[download.value.suggested_filename] = data
    assert sorted(kept) == ["vanne-linkedin-letter.txt", "vanne-linkedin.ics", "vanne-linkedin.txt"]
    assert "Art. 30 Abs. 2 lit. b" in kept["vanne-linkedin-letter.txt"].decode()
    events = Calendar.from_ical(kept["vanne-linkedin.ics"]).walk("VEVENT")
    assert [event.decoded("dtstart") for event in events] == [date(2027, 2, 25)]


def test_the_chart_is_a_table_that_says_the_same(browser: Browser, linkedin: Inspection) -> None:
    with served(linkedin) as address, opened(browser, address) as page:
        row = page.get_by_role("row", name="Comments").first
        assert row.locator("td").all_inner_texts()[1:] == ["3", "0", "1"]
        part, whole = row.locator("rect.part"), row.locator("rect.whole")
        shown = [float((each.get_attribute("width") or "0").rstrip("%")) for each in (part, whole)]
        assert shown[0] / shown[1] == pytest.approx(3 / 4, abs=0.01)


def test_the_language_is_that_of_the_command_whatever_the_browser_asks_for(
    linkedin: Inspection,
) -> None:
    with served(linkedin, "fr") as address, httpx2.Client(base_url=address) as client:
        client.headers["accept-language"] = "de"
        client.get("/?key=key")
        assert client.get("/").headers["content-language"] == "fr"


def test_the_language_is_kept_and_a_guide_is_a_step_away(
    browser: Browser, linkedin: Inspection
) -> None:
    with served(linkedin) as address, opened(browser, address) as page:
        follow(page, page.get_by_role("link", name="Français"))
        page.goto("/")
        expect(page.get_by_role("heading", level=1)).to_contain_text("27 de vos 54 éléments")
        page.get_by_role("link", name="Étape par étape").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("LinkedIn")


@pytest.mark.parametrize("lang", ["en", "it"])
def test_archives_of_several_networks_are_one_picture(
    browser: Browser, several: Inspection, lang: str
) -> None:
    w = words(lang)
    with served(several, lang) as address, opened(browser, address) as page:
        networks = page.locator("table.kinds").first.locator("tbody tr")
        parts = {network_name(part.network, w): part for part in several.networks}
        assert networks.locator("th").all_inner_texts() == list(parts)
        assert set(parts) == {"LinkedIn", "Instagram", "X", "Mastodon"}
        for row, part in zip(networks.all(), parts.values(), strict=True):
            cells = row.locator("td[data-label]").all_inner_texts()
            least, most = ([int(cell.split("–")[end]) for cell in cells] for end in (0, -1))
            # One end of what is not known, the last column, and the other ends of the rest are all.
            assert sum(most[:-1]) + least[-1] == sum(least[:-1]) + most[-1] == part.items
            assert sum(most[:2]) == part.may_be_used
        guides = page.locator(".steps a[href^='/guide/']")
        assert [a.get_attribute("href") for a in guides.all()] == [
            "/guide/linkedin", "/guide/x", "/guide/instagram",
        ]  # fmt: skip


@pytest.mark.parametrize("lang", ["fr", "de"])
def test_on_paper_there_are_addresses_and_nothing_to_click(
    browser: Browser, several: Inspection, lang: str
) -> None:
    with served(several, lang) as address, opened(browser, address, **DEVICES["desktop"]) as page:
        page.emulate_media(media="print", color_scheme="dark")
        for hidden in page.locator("nav, footer, a[href^='/guide/']").all():
            expect(hidden).to_be_hidden()
        after = "a => getComputedStyle(a, '::after').content"
        shown = [link.evaluate(after) for link in page.locator(".steps a[rel]").all()]
        assert len(shown) == 3
        assert all(text.startswith('" (https://') for text in shown)
        colours = page.evaluate(
            "[document.body, document.querySelector('h1')].map(e => getComputedStyle(e).color)"
        )
        assert set(colours) == {"rgb(0, 0, 0)"}
        expect(page.locator("rect.part").first).to_be_visible()
        assert page.pdf(format="A4").startswith(b"%PDF-")


def test_every_listed_row_is_counted_on_the_page_of_files(browser: Browser, tmp_path: Path) -> None:
    rows = "".join("2026-02-30 07:00:00,l,hello\n" for _ in range(1234))
    (tmp_path / "Comments.csv").write_text("Date,Link,Message\n" + rows)
    inspection = inspect([tmp_path], region="CH", as_of=NOW)
    with served(inspection) as address, opened(browser, address) as page:
        said = page.get_by_text("date not understood in column Date")
        expect(said).to_have_text("1,234 × date not understood in column Date")
