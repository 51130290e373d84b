"""«Job offers for you»: reasons, what is asked besides; nothing for who is off."""

import re
from dataclasses import replace
from html import unescape

from starlette.testclient import TestClient

from tests.assist.tools import MATCHING, POSTINGS
from tests.table import every
from tests.web.conftest import sign_in
from tests.web.network import START
from tests.web.test_switch import text_of
from vanne.config import Home
from vanne_assist.jobs import board
from vanne_assist.jobs.posting import read_posting

PATH = "/opportunities"


def offers(client: TestClient, path: str = PATH) -> dict[str, str]:
    """What is shown of each offer, by its title, in order."""
    page = unescape(client.get(path).text)
    found = {}
    for entry in page.split("<article")[1:]:
        title = re.findall(r"<h3[^>]*>([^<]+)", entry)[0]
        found[title] = text_of(entry.partition("</article>")[0])
    return found


def test_an_offer_says_why_it_fits_and_what_it_asks_besides(anna: TestClient) -> None:
    said = offers(anna)
    assert set(said) == {"Dipl. Pflegefachfrau HF", "Night nurse"}
    nurse = said["Dipl. Pflegefachfrau HF"]
    assert "You show: wound care." in nurse and "You show: Years: at least 3" in nurse
    assert "Language: French, B2: not said in what you show" in nurse
    assert "Pay: CHF 90,000 (shown only; it matches nobody)" in nurse
    assert 'href="https://example.org/pflege"' in anna.get(PATH).text


def test_what_is_far_is_shown_when_asked_for(anna: TestClient) -> None:
    assert "1 offer is further away" in anna.get(PATH).text
    assert "Nurse" in offers(anna, f"{PATH}?within=all")


def test_what_the_law_protects_is_flagged(client: TestClient) -> None:
    sign_in(client, "bruno")
    (rust,) = offers(client).values()
    assert "This offer asks “Women only”" in rust and "It was not compared with you." in rust


def test_who_is_off_is_told_so_and_shown_nothing(
    anna: TestClient,
    home: Home,
) -> None:
    page = anna.post(PATH, data={"set": f"off:all:{MATCHING}"}).text
    assert "Today: nothing of yours is compared with job offers." in text_of(page)
    for file in home.items.glob("*.parquet"):
        file.write_bytes(b"whoever reads this fails")
    assert offers(anna) == {}


def test_an_item_that_is_off_is_no_reason_at_once(anna: TestClient) -> None:
    anna.post("/opportunities", data={"set": f"off:item:{MATCHING}:a-skill"})
    assert "wound care: not said" in offers(anna)["Dipl. Pflegefachfrau HF"].casefold()


def test_postings_that_are_added_are_there_at_once(anna: TestClient, home: Home) -> None:
    assert len(offers(anna)) == 2
    day = read_posting({"id": "day", "title": "Nurse", "place": "Bern"})
    over = read_posting({"id": "nacht", "title": "Night nurse", "expires": "2020-01-01"})
    board.add(home, [day, over], START)
    assert set(offers(anna)) == {"Dipl. Pflegefachfrau HF", "Nurse"}


def test_without_postings_the_page_says_so(anna: TestClient, home: Home) -> None:
    board.add(home, [replace(each, expires=START) for each in POSTINGS], START)
    assert "There are no job offers in this network now." in anna.get(PATH).text


@every("lang", ["fr", "de", "it"])
def test_reasons_are_said_in_the_language_of_the_page(anna: TestClient, lang: str) -> None:
    anna.get("/", params={"lang": lang})
    said = {"fr": "Vous montrez", "de": "Sie zeigen", "it": "Lei mostra"}[lang]
    assert said in "".join(offers(anna).values())
