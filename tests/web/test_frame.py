"""What stands around every page: who is signed in, where they may go, and whose clock it shows."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from starlette.testclient import TestClient

from tests.web.conftest import SWITCH, sign_in
from tests.web.network import clock, of_fields
from tests.web.test_switch import text_of
from vanne.config import Home
from vanne.errors import ConfigError
from vanne.settings import Settings
from vanne.sources.tables import write_items
from vanne.terms import Category
from vanne.web import create_app
from vanne.web.rendering import STATIC
from vanne.web.site import STAFF_PAGES
from vanne.words import LANGUAGES


@pytest.fixture
def named(home: Home) -> Home:
    """The small network, where Anna's and Fritz's profiles have names."""
    people = (("anna", "Anna", "Lac"), ("fritz", "Fritz", "Vogel"))
    profiles = [
        of_fields(f"{who}-name", who, "profile", given_name=given, family_name=family)
        for who, given, family in people
    ]
    write_items(profiles, home.items / "names.parquet")
    return home


def header(page: str) -> str:
    return text_of(page[page.index("<header") : page.index("</header>")])


def test_a_member_reads_their_own_name_on_every_page_and_no_other(
    named: Home, client: TestClient
) -> None:
    sign_in(client, "anna")
    for path in ("/", "/settings", SWITCH, f"{SWITCH}/used", "/guide"):
        page = client.get(path).text
        assert "Anna Lac" in header(page) and "Vogel" not in page
        assert 'action="/sign-out"' in page


def test_a_member_sees_their_own_picture_without_what_its_file_says(
    named: Home, client: TestClient
) -> None:
    named.media.mkdir(exist_ok=True)
    Image.new("RGB", (300, 200), "teal").save(named.media / "a.png", pnginfo=_with_text("Genève"))
    assert client.get("/picture", follow_redirects=False).status_code == 404
    assert '<img src="/picture"' in sign_in(client, "anna").get("/guide").text
    answer = client.get("/picture")
    assert answer.headers["content-type"] == "image/jpeg" and b"Gen" not in answer.content
    assert "no-store" in answer.headers["cache-control"]
    assert Image.open(BytesIO(answer.content)).size == (80, 80)
    sign_in(client, "fritz")
    assert client.get("/picture").status_code == 404 and "<img" not in client.get("/guide").text


def _with_text(text: str) -> PngInfo:
    info = PngInfo()
    info.add_text("Location", text)
    return info


def test_who_has_no_name_is_called_by_their_id(client: TestClient) -> None:
    assert "bruno" in header(sign_in(client, "bruno").get("/guide").text)


@pytest.mark.parametrize("role", STAFF_PAGES)
def test_the_staff_read_who_they_are_and_find_their_pages_and_the_way_out(
    client: TestClient, role: str
) -> None:
    sign_in(client, "anna", role)
    for href, _ in STAFF_PAGES[role]:  # type: ignore[index]
        page = client.get(href, params={"lang": "en"}).text
        top = page[page.index("<header") : page.index("</header>")]
        assert f'<a href="{href}" aria-current="page"' in top
        assert role.capitalize() in text_of(top) and 'action="/sign-out"' in top
        assert all(f'href="{other}"' in top for other, _ in STAFF_PAGES[role])  # type: ignore[index]


def test_who_is_not_signed_in_has_no_menu_and_reads_whose_site_it_is(home: Home) -> None:
    app = create_app(home, now=clock(), settings=Settings(network_name="Rhône"))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        for lang in LANGUAGES:
            page = client.get("/", params={"lang": lang}).text
            assert "<nav" not in page[page.index("<header") : page.index("</header>")]
            assert "Rhône" in header(page) and page.count("Rhône") == 2
            assert page.count("primary") == 1


def test_times_are_those_of_the_browser_and_the_page_says_so(anna: TestClient) -> None:
    anna.post(SWITCH, data={"set": "off:all"})
    assert "09:00 UTC" in anna.get("/receipts/3", params={"lang": "de"}).text
    anna.cookies.set("zone", "America/New_York")
    page = anna.get("/receipts/3", params={"lang": "de"}).text
    assert "04:00" in page and "UTC" not in text_of(page) and "Ortszeit: New York" in page
    anna.cookies.set("zone", "Europe/Zurich")
    assert "10\xa0h\xa000" in anna.get("/receipts/3", params={"lang": "fr"}).text


@pytest.mark.parametrize("zone", ["", "Nowhere/Else", "../../../etc/passwd", "\u20ac", "UTC"])
def test_a_zone_that_is_none_is_that_of_the_operator(home: Home, zone: str) -> None:
    app = create_app(home, now=clock(), settings=Settings(time_zone="Asia/Tokyo"))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        headers = {"cookie": f"zone={zone}".encode()}
        page = client.get("/", params={"lang": "en"}, headers=headers).text
        assert ("Local time: Tokyo" in page) is (zone != "UTC")


def test_a_setting_that_is_no_zone_is_refused_at_the_start(home: Home) -> None:
    with pytest.raises(ConfigError, match="time_zone"):
        create_app(home, now=clock(), settings=Settings(time_zone="Berlin"))


def test_every_kind_of_data_and_every_sign_on_a_page_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    assert {str(category) for category in Category} <= drawn
    templates = Path(STATIC).parent / "templates"
    asked = {
        name
        for path in templates.glob("*.html")
        for name in re.findall(r'(?:icon|point)\("(\w+)"', path.read_text())
    }
    assert asked and asked <= drawn
