"""The notice of a change: what it says to whom, and that showing it is remembered once."""

import re

from starlette.testclient import TestClient

from tests.report.notices import announce, day_after, stricter, wider
from tests.web.conftest import SWITCH, sign_in
from tests.web.network import CHOICES, START, clock
from tests.web.test_switch import OFF, text_of
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.terms import Choice, Seen
from vanne.web import create_app

NOTICE = f"{SWITCH}/notice"
CHANGES = "La politique change le 20 décembre 2026"


def seen(home: Home, member: str = "anna") -> list[Seen]:
    with Ledger.of(home, read_only=True) as ledger:
        return [said for _, said in ledger.seen(member)]


def test_before_any_notice_nothing_is_announced_and_nothing_is_recorded(
    anna: TestClient, home: Home
) -> None:
    assert "Aucun changement de la politique n'a été publié." in text_of(anna.get(NOTICE).text)
    assert seen(home) == [] and "La politique" not in anna.get("/").text


def test_a_member_reads_what_changes_from_when_and_for_which_of_their_items(
    anna: TestClient, home: Home
) -> None:
    announce(home, wider(START), START)
    page = text_of(anna.get(NOTICE).text)
    assert "Ceci vaut dès le 20 décembre 2026. Jusque-là, rien ne change." in page
    assert "Ceci ne vaut plus" in page and "Ceci vaut dès lors" in page
    assert "Recherches 1 0 Photos 0 1" in page
    assert "Vous n'avez pas encore choisi." in page
    assert "Le réglage par défaut de votre région est alors" in page


def test_in_each_sentence_only_what_is_different_is_marked(anna: TestClient, home: Home) -> None:
    announce(home, wider(START), START)
    page = anna.get(NOTICE).text
    assert re.findall(r"<del>(.*?)</del>", page) == ["Photos", "Recherches"]
    assert re.findall(r"<ins>(.*?)</ins>", page) == ["Recherches", "Photos"]


def test_whoever_chose_reads_that_their_answer_stays_and_when_they_gave_it(
    client: TestClient, home: Home
) -> None:
    announce(home, wider(START), START)
    page = text_of(sign_in(client, "fritz").get(NOTICE).text)
    assert (
        "Vous avez choisi «\u00a0désactivé\u00a0» le 17 novembre 2026, 9\u00a0h\u00a000 UTC."
        in page
    )
    assert "Cela reste ainsi, et personne ne vous le redemande." in page
    assert "La réponse ne change pour aucun de vos éléments." in page


def test_who_is_kept_out_reads_that_no_change_and_no_choice_of_theirs_lets_them_in(
    client: TestClient, home: Home
) -> None:
    announce(home, wider(START), START)
    page = text_of(sign_in(client, "clara").get(NOTICE).text)
    assert "Aucun choix n'y change rien." in page
    assert "Le réglage par défaut" not in page and "Cela reste ainsi" not in page


def test_it_is_remembered_once_that_a_notice_was_shown(anna: TestClient, home: Home) -> None:
    notice = announce(home, wider(START), START)
    first, second = anna.get(NOTICE).text, anna.get(f"{NOTICE}/{notice.notice}").text
    assert [(s.notice, s.channel) for s in seen(home)] == [(notice.notice, "web")]
    said = f"Le registre atteste que cet avis vous a été présenté (inscription n°\u00a0{len(CHOICES) + 2})."
    assert said in text_of(first) and said in text_of(second)
    assert seen(home, "fritz") == []


def test_one_line_at_home_and_in_the_settings_says_so_until_it_was_read(
    anna: TestClient, home: Home
) -> None:
    announce(home, wider(START), START)
    for path in ("/", "/settings"):
        assert CHANGES in text_of(anna.get(path).text)
    anna.get(NOTICE)
    for path in ("/", "/settings"):
        assert CHANGES not in text_of(anna.get(path).text)


def test_a_notice_that_cannot_be_recorded_as_shown_is_shown_and_does_not_claim_it(
    anna: TestClient, home: Home
) -> None:
    announce(home, wider(START), START)
    key = home.ledger.with_suffix(".key")
    away = key.rename(key.with_suffix(".away"))
    answer = anna.get(NOTICE)
    page = text_of(answer.text)
    assert answer.status_code == 200 and "Ceci vaut dès le 20 décembre 2026." in page
    assert "Le registre atteste" not in page and seen(home) == []
    away.rename(key)
    assert "Le registre atteste" in text_of(anna.get(NOTICE).text)


def test_a_choice_keeps_the_notice_that_was_in_force_when_it_was_made(home: Home) -> None:
    notice = announce(home, wider(START), START)
    named = f"Notice {notice.notice}"
    for at, is_named in ((START, False), (day_after(notice), True)):
        app = create_app(home, now=clock(at))
        with TestClient(app, base_url="http://127.0.0.1:8000") as browser:
            page = sign_in(browser, "anna").get(SWITCH).text
            browser.post(SWITCH, data=OFF)
            assert (named in page, named in (last(home, "anna").notice or "")) == (
                is_named,
                is_named,
            )
            browser.post(SWITCH, data={"set": "on:all:generative-ai-training"})


def last(home: Home, member: str) -> Choice:
    with Ledger.of(home, read_only=True) as ledger:
        return ledger.history(member)[-1][1]


def test_a_later_notice_leads_and_the_earlier_one_can_still_be_read(
    anna: TestClient, home: Home
) -> None:
    first = announce(home, wider(START), START)
    announce(home, stricter(), START)
    page = anna.get(NOTICE).text
    assert "stricter" in page and f"{NOTICE}/{first.notice}" in page
    assert "Un avis ultérieur le remplace." in text_of(anna.get(f"{NOTICE}/{first.notice}").text)


def test_a_notice_that_does_not_exist_is_not_found(anna: TestClient) -> None:
    assert anna.get(f"{NOTICE}/nothing").status_code == 404
    assert anna.get(f"{NOTICE}/..%2fpolicy").status_code == 404


def test_the_page_is_small(anna: TestClient, home: Home) -> None:
    announce(home, wider(START), START)
    assert len(anna.get(NOTICE).content) < 10_000
