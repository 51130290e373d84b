"""Suggestions for a profile, one by one: with a reason and a source, taken, refused, taken back."""

import re
from html import unescape

import pytest
from starlette.testclient import TestClient

from tests.assist.tools import WRITING
from tests.table import every
from tests.web.conftest import sign_in
from tests.web.network import START, item
from tests.web.test_pages import FORBIDDEN, SETTING
from tests.web.test_switch import text_of
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.report.erase import erase_member
from vanne.sources.tables import write_items
from vanne.words import LANGUAGES, words
from vanne_assist.writing.profile import answers_of

PATH = "/profile/suggestions"


def suggested(client: TestClient) -> dict[str, str]:
    """What is open, by its id: what the page says of it."""
    page = unescape(client.get(PATH).text).partition('<ol class="items">')[2].partition("</ol>")[0]
    found = {}
    for entry in page.split("<li>")[1:]:
        (id_,) = re.findall(r'name="id" value="(\w+)"', entry)
        found[id_] = text_of(entry)
    return found


def id_of(client: TestClient, words: str) -> str:
    (found,) = [id_ for id_, said in suggested(client).items() if words in said]
    return found


def do(client: TestClient, what: str, id_: str) -> str:
    answer = client.post(PATH, data={"do": what, "id": id_})
    assert answer.status_code == 200 and answer.url.path == PATH
    return answer.text


def test_each_suggestion_has_its_reason_and_its_source(anna: TestClient) -> None:
    said = suggested(anna)
    headline = said[id_of(anna, "Headline")]
    assert (
        "Nurse | Wound care" in headline and "Your headline names none of your skills." in headline
    )
    skill = said[id_of(anna, "PostgreSQL One of your texts")]
    assert "From: Positions – Nurse Kalmia Hospital" in skill
    undated = said[id_of(anna, "Position Nurse There are no dates")]
    assert "from when to when was it?" in undated
    assert "From: Positions – Nurse Praxis Linde Thun Night shifts." in undated


def test_nothing_that_was_taken_out_of_a_text_is_suggested(anna: TestClient) -> None:
    page = anna.get(PATH).text
    assert "95'000" not in unescape(page)
    assert all("[SALARY]" not in change for change in re.findall(r"<ins>(.*?)</ins>", page, re.S))


def test_one_is_accepted_and_one_is_refused_for_good(
    anna: TestClient,
    home: Home,
) -> None:
    headline, skill = id_of(anna, "Headline"), id_of(anna, "PostgreSQL One of")
    assert "Accepted: it is in your list below." in do(anna, "accept", headline)
    assert "Refused: it will not be shown again." in do(anna, "refuse", skill)
    assert {headline, skill} & set(suggested(anna)) == set()
    assert answers_of(home, "anna") == {headline: True, skill: False}
    for id_ in (headline, skill):
        do(anna, "undo", id_)
    assert {headline, skill} <= set(suggested(anna))


def test_what_is_accepted_is_gone_when_its_source_is(anna: TestClient) -> None:
    skill = id_of(anna, "PostgreSQL One of")
    do(anna, "accept", skill)
    anna.post(PATH, data={"set": f"off:item:{WRITING}:a-position"})
    assert "PostgreSQL" not in anna.get(PATH).text


@pytest.mark.parametrize(
    "sent",
    [{"do": "accept", "id": "00000000"}, {"do": "accept"}, {"do": "publish", "id": ""}, {}],
    ids=str,
)
def test_what_is_not_suggested_can_be_neither_accepted_nor_refused(
    anna: TestClient,
    home: Home,
    sent: dict[str, str],
) -> None:
    assert anna.post(PATH, data=sent).status_code == 400
    assert answers_of(home, "anna") == {}


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
    assert 'aria-checked="false"' in answer.text and 'name="id"' not in answer.text


def test_one_click_switches_it_on_and_off_here_and_off_forgets_the_answers(
    client: TestClient,
    home: Home,
) -> None:
    sign_in(client, "bruno")
    assert "Saved. Receipt no." in text_of(
        client.post(PATH, data={"set": f"on:all:{WRITING}"}).text
    )
    (refused, *_) = suggested(client)
    do(client, "refuse", refused)
    client.post(PATH, data={"set": f"off:all:{WRITING}"})
    assert "Ferrous" not in client.get(PATH).text
    assert answers_of(home, "bruno") == {}
    with Ledger.open(home.ledger, read_only=True) as ledger:
        said = [choice for _, choice in ledger.history("bruno")]
    assert [(each.purpose, each.on) for each in said] == [(WRITING, True), (WRITING, False)]


def test_an_answer_that_cannot_be_kept_is_said_not_to_be(anna: TestClient, home: Home) -> None:
    id_ = id_of(anna, "Headline")
    for file in home.root.glob("database.sqlite*"):
        file.unlink()
    home.database.write_bytes(b"no database" * 100)
    assert anna.post(PATH, data={"do": "accept", "id": id_}).status_code == 503


def test_who_is_erased_is_forgotten_here_too(anna: TestClient, home: Home) -> None:
    do(anna, "refuse", id_of(anna, "Headline"))
    erase_member(home, "anna", START)
    assert answers_of(home, "anna") == {}


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
