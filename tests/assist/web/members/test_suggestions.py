"""Suggestions for a profile, one by one, each with its reason and its source."""

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from tests.assist.tools import WRITING
from tests.table import every
from tests.web.conftest import sign_in
from tests.web.network import item
from tests.web.test_pages import FORBIDDEN, SETTING
from tests.web.test_switch import text_of
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.sources.tables import write_items
from vanne.words import LANGUAGES, words

PATH = "/profile/suggestions"


def suggested(client: TestClient) -> list[str]:
    """What the page says of each suggestion."""
    page = unescape(client.get(PATH).text).partition('<ol class="items">')[2].partition("</ol>")[0]
    return [text_of(entry) for entry in page.split("<li>")[1:]]


def with_words(client: TestClient, words: str) -> str:
    (found,) = [said for said in suggested(client) if words in said]
    return found


def test_each_suggestion_has_its_reason_and_its_source(anna: TestClient) -> None:
    headline = with_words(anna, "Headline")
    assert (
        "Nurse | Wound care" in headline and "Your headline names none of your skills." in headline
    )
    skill = with_words(anna, "PostgreSQL One of your texts")
    assert "From: Positions – Nurse Kalmia Hospital" in skill
    undated = with_words(anna, "Position Nurse There are no dates")
    assert "from when to when was it?" in undated
    assert "From: Positions – Nurse Praxis Linde Thun Night shifts." in undated


def test_nothing_that_was_taken_out_of_a_text_is_suggested(anna: TestClient) -> None:
    page = anna.get(PATH).text
    assert "95'000" not in unescape(page)
    assert all("[SALARY]" not in change for change in re.findall(r"<ins>(.*?)</ins>", page, re.S))


def test_a_suggestion_is_gone_when_its_source_is(anna: TestClient) -> None:
    assert with_words(anna, "PostgreSQL One of")
    anna.post(PATH, data={"set": f"off:item:{WRITING}:a-position"})
    assert "PostgreSQL" not in anna.get(PATH).text


@pytest.mark.parametrize("member", ["bruno", "carla"])
def test_who_is_off_is_told_so_and_nothing_is_read(
    client: TestClient,
    home: Home,
    member: str,
) -> None:
    sign_in(client, member)
    for file in home.items.glob("*.parquet"):
        file.write_bytes(b"whoever reads this fails")
    answer = client.get(PATH)
    assert answer.status_code == 200
    assert "Today: nothing of yours is read to help you write." in text_of(answer.text)
    assert 'aria-checked="false"' in answer.text and "<ins>" not in answer.text


def test_one_click_switches_it_on_and_off_here(client: TestClient, home: Home) -> None:
    sign_in(client, "bruno")
    assert "Saved. Receipt no." in text_of(
        client.post(PATH, data={"set": f"on:all:{WRITING}"}).text
    )
    assert suggested(client)
    client.post(PATH, data={"set": f"off:all:{WRITING}"})
    assert "Ferrous" not in client.get(PATH).text
    with Ledger(home.ledger, read_only=True) as ledger:
        said = [choice for _, choice in ledger.history("bruno")]
    assert [(each.purpose, each.on) for each in said] == [(WRITING, True), (WRITING, False)]


def test_who_shows_nothing_is_asked_for_nothing(client: TestClient, home: Home) -> None:
    write_items([item("x", "carla", "photo", None)], home.items / "items.parquet")
    sign_in(client, "anna")
    assert "There is nothing to suggest." in client.get(PATH).text


@every("lang", LANGUAGES)
@every("path", ["/", "/write", "/write?kind=text", PATH, "/opportunities"])
def test_no_page_of_these_persuades_and_each_is_in_its_language(
    client: TestClient,
    path: str,
    lang: str,
) -> None:
    for member in ("anna", "carla"):
        sign_in(client, member)
        client.get("/", params={"lang": lang})
        answer = client.get(path)
        assert f'<html lang="{lang}">' in answer.text
        said = text_of(answer.text).replace(words(lang)(SETTING), "")
        assert FORBIDDEN.findall(said) == []
