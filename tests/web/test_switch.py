"""The switch: what it says, what it saves, and what it does not claim."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import delete
from starlette.testclient import TestClient

from tests.web.conftest import SWITCH, sign_in
from tests.web.network import MEMBERS, START
from vanne.config import Home
from vanne.database import Database
from vanne.database.tables import session as sessions
from vanne.ledger import Ledger
from vanne.terms import LANGUAGES, MAIN_PURPOSE

USED = "Oui, vos données peuvent servir. Aucun modèle ne les contient encore."
OFF = {"set": "off:all:generative-ai-training"}
ON = {"set": "on:all:generative-ai-training"}
NOT_USED = "Non. Vos données quittent le jeu d'entraînement."
"""They do until the corpus is refreshed: no model has been trained here."""


def text_of(html: str) -> str:
    """What a person reads, the white space in one piece."""
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", html)).replace("&#39;", "'")


def read(client: TestClient) -> str:
    return text_of(client.get(SWITCH).text)


def status_of(html: str) -> str:
    return text_of(re.search(r'<p role="status"[^>]*>(.*?)</p>', html, re.S)[1]).strip()  # type: ignore[index]


def history(home: Home, member: str = "anna") -> list[bool]:
    with Ledger(home.ledger, read_only=True) as ledger:
        return [choice.on for _, choice in ledger.history(member)]


def test_somebody_who_has_not_chosen_reads_that_it_is_the_default_of_their_region(
    anna: TestClient,
) -> None:
    page = read(anna)
    assert USED in page
    assert "Vous n'avez pas encore choisi." in page
    assert "activé par défaut dans votre région (Suisse) depuis le 3 novembre 2025" in page
    assert "il n'y a donc pas de reçu" in page


def test_switching_off_is_saved_with_a_receipt_and_said_once(anna: TestClient, home: Home) -> None:
    answer = anna.post(SWITCH, data=OFF, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, SWITCH)
    assert history(home) == [False]
    page = anna.get(SWITCH).text
    assert status_of(page) == "Enregistré. Reçu n°\u00a03. Voir le reçu"
    assert NOT_USED in text_of(page)
    assert "Votre choix\u00a0: aujourd'hui à 9\u00a0h\u00a000 UTC." in text_of(page)
    assert 'aria-checked="false"' in page
    assert status_of(anna.get(SWITCH).text) == ""


def test_on_takes_one_post_like_off(anna: TestClient, home: Home) -> None:
    anna.post(SWITCH, data=OFF)
    page = anna.post(SWITCH, data=ON).text
    assert USED in text_of(page)
    assert 'aria-checked="true"' in page
    assert history(home) == [False, True]


def test_the_form_carries_the_wanted_state_so_a_double_post_is_harmless(
    anna: TestClient, home: Home
) -> None:
    assert 'name="set" value="off:all:generative-ai-training"' in anna.get(SWITCH).text
    for key in ({"key": "of-the-form"}, {"key": "of-the-form"}, {"key": "of-another"}):
        page = anna.post(SWITCH, data=OFF | key).text
        is_new = key["key"] == "of-the-form"
        told = "Enregistré." if is_new else "Rien n'a changé\u00a0: c'était déjà le cas."
        assert status_of(page) == f"{told} Reçu n°\u00a03. Voir le reçu"
    assert NOT_USED in text_of(page)
    assert history(home) == [False]


def test_a_lost_ledger_is_said_as_not_saved_and_never_replaced(
    anna: TestClient, home: Home
) -> None:
    kept = home.ledger.rename(home.root / "elsewhere.sqlite")
    answer = anna.post(SWITCH, data=OFF)
    assert answer.status_code == 503
    assert status_of(answer.text) == "Non enregistré. Votre choix n'a pas changé."
    assert not home.ledger.exists()
    kept.rename(home.ledger)
    assert history(home) == []


def test_a_ledger_that_cannot_be_written_leaves_the_page_in_the_old_state(
    anna: TestClient, home: Home
) -> None:
    home.ledger.with_suffix(".key").unlink()
    answer = anna.post(SWITCH, data=OFF)
    assert answer.status_code == 503
    assert status_of(answer.text) == "Non enregistré. Votre choix n'a pas changé."
    assert 'aria-checked="true"' in answer.text
    assert USED in text_of(answer.text)


def test_a_stranger_saves_nothing(client: TestClient, home: Home) -> None:
    answer = client.post(SWITCH, data=OFF, follow_redirects=False)
    assert answer.headers["location"].startswith("/sign-in?next=")
    with Ledger(home.ledger, read_only=True) as ledger:
        assert ledger.size == 3


@pytest.mark.parametrize(
    ("member", "why"),
    [
        ("clara", "Vous n'avez pas l'âge minimal, ou peut-être pas."),
        ("dora", "Votre région est inconnue, donc rien n'est utilisé."),
        ("emil", "Dans votre région, cette utilisation n'a pas commencé."),
        ("gina", "Votre âge est inconnu, donc rien n'est utilisé."),
    ],
)
def test_what_overrides_the_switch_is_said_and_a_choice_is_kept_all_the_same(
    client: TestClient, home: Home, member: str, why: str
) -> None:
    page = read(sign_in(client, member))
    assert "Non, et rien ne peut changer cela ici." in page and why in page
    assert "Aucun choix n'y change rien." in page
    page = client.post(SWITCH, data=OFF).text
    kept = "Votre «\u00a0non\u00a0» est conservé, et vaut aussi plus tard\u00a0: aujourd'hui à"
    assert kept in text_of(page) and 'name="set"' not in page
    assert history(home, member) == [False]


def test_the_table_counts_items_by_kind_and_names_what_is_never_used(anna: TestClient) -> None:
    page = read(anna)
    assert "Publications 2 2 Activé" in page
    assert "Jamais utilisé, quel que soit votre choix\u00a0: mots de passe et clés" in page
    assert "ne le prévoit pas\u00a0: recherches." in page
    assert "Commentaires Une de ses valeurs est illisible" in page


def test_a_category_that_is_off_says_so(client: TestClient) -> None:
    page = read(sign_in(client, "bruno"))
    assert "Désactivé · Photos" in page


def test_what_a_press_does_is_said_before_it_and_what_happens_after_it(anna: TestClient) -> None:
    page = read(anna)
    assert "Si vous désactivez Choix enregistré Aussitôt, avec un reçu." in page
    assert "Rien n'a encore été entraîné ni exporté ici." in page and "certificat" not in page
    anna.post(SWITCH, data=OFF)
    page = read(anna)
    assert (
        "Ce qui se passe maintenant Choix enregistré Fait · aujourd'hui à 9\u00a0h\u00a000" in page
    )
    assert "Hors du jeu d'entraînement À venir · au plus tard le 20 décembre 2026" in page
    assert "6 éléments doivent quitter le jeu d'entraînement d'ici au 20 décembre 2026." in page
    assert "Rien n'avance en ce moment" in page  # nobody began a worker


def test_the_row_on_the_way_shows_the_state(client: TestClient) -> None:
    for member, shown in (("anna", "Activé"), ("fritz", "Désactivé"), ("clara", "Non utilisées")):
        for path in ("/settings", "/settings/data-privacy"):
            page = text_of(sign_in(client, member).get(path).text)
            assert f"Données pour l'amélioration de l'IA générative {shown}" in page


def test_the_record_lists_every_choice_with_its_receipt_newest_first(client: TestClient) -> None:
    page = sign_in(client, "bruno").get(SWITCH).text
    record = page[page.index('class="record"') :]
    assert re.findall(r"/receipts/(\d+)", record) == ["2", "1"]


def test_every_language_shows_the_same_facts(client: TestClient) -> None:
    for member in MEMBERS:
        sign_in(client, member.member_id)
        numbers = {
            lang: re.findall(r"<td>(\d+)</td>", client.get(f"{SWITCH}?lang={lang}").text)
            for lang in ("fr", "en", "de", "it")
        }
        assert len(set(map(tuple, numbers.values()))) == 1


def test_the_choice_keeps_which_text_the_member_saw(anna: TestClient, home: Home) -> None:
    page = read(anna)
    anna.post(SWITCH, data=OFF)
    with Ledger(home.ledger, read_only=True) as ledger:
        ((_, choice),) = ledger.history("anna")
    lines = (choice.notice or "").splitlines()
    assert choice.channel == "web" and lines[0] == "Modèles qui rédigent du contenu"
    assert all(line in page for line in lines)
    assert choice.at >= START


# What stood beside the switch, when it changes between two pages


def form_of(page: str) -> dict[str, str]:
    """What a browser sends back of a form besides what is pressed: line breaks as browsers do."""
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    return {name: unescape(text).replace("\n", "\r\n") for name, text in hidden.items()}


@pytest.fixture
def other_words(home: Home) -> Callable[[], None]:
    """Let another policy come into force, with other words for its purpose."""

    def change() -> None:
        said = 'title = "Tout"\nhelp = "Tout, partout."'
        tables = (f"[purposes.{MAIN_PURPOSE}.words.{lang}]\n{said}\n" for lang in LANGUAGES)
        home.policy.write_text("\n".join([home.policy.read_text(), *tables]))

    return change


def test_an_opt_out_is_recorded_with_the_words_that_were_shown_whatever_they_are_now(
    anna: TestClient, home: Home, other_words: Callable[[], None]
) -> None:
    before = anna.get(SWITCH).text
    other_words()
    page = anna.post(SWITCH, data=form_of(before) | OFF).text
    assert "Reçu n°\u00a03" in status_of(page) and "Tout, partout." in page
    with Ledger(home.ledger, read_only=True) as ledger:
        ((_, choice),) = ledger.history("anna")
    assert (choice.notice or "").splitlines()[0] == "Modèles qui rédigent du contenu"


def test_nobody_permits_what_they_have_not_read(
    anna: TestClient, home: Home, other_words: Callable[[], None]
) -> None:
    anna.post(SWITCH, data=OFF)
    before = anna.get(SWITCH).text
    other_words()
    answer = anna.post(SWITCH, data=form_of(before) | ON)
    assert answer.status_code == 409
    assert "le texte à côté de l'interrupteur a changé" in status_of(answer.text)
    assert "Tout, partout." in answer.text and history(home) == [False]
    anna.post(SWITCH, data=form_of(answer.text) | ON)
    assert history(home) == [False, True]


def test_another_language_in_another_tab_changes_no_words(anna: TestClient, home: Home) -> None:
    before = anna.get(SWITCH).text
    anna.get("/", params={"lang": "de"})
    anna.post(SWITCH, data=form_of(before) | ON)
    with Ledger(home.ledger, read_only=True) as ledger:
        ((_, choice),) = ledger.history("anna")
    assert (choice.notice or "").splitlines()[0] == "Modèles qui rédigent du contenu"


def test_words_that_we_did_not_show_are_not_recorded(client: TestClient, home: Home) -> None:
    theirs = form_of(sign_in(client, "anna").get(SWITCH).text)
    sign_in(client, "bruno")
    invented = theirs | {"shown": theirs["shown"].replace("contenu", "poèmes")}
    for sent in (theirs, invented, {"shown": "nothing"}):
        client.post(SWITCH, data=sent | OFF)
        client.post(SWITCH, data=sent | ON)
    with Ledger(home.ledger, read_only=True) as ledger:
        notices = {choice.notice for _, choice in ledger.history("bruno")[2:]}
    assert len(notices) == 1 and "poèmes" not in str(notices)


def test_who_is_signed_out_by_then_is_told_that_nothing_was_saved_and_nobody_else_is(
    client: TestClient, home: Home
) -> None:
    for then, told in (("anna", "la session avait pris fin"), ("bruno", "")):
        sign_in(client, "anna")
        with Database.of(home).writing() as db:
            db.execute(delete(sessions))  # it ended in another window
        answer = client.post(SWITCH, data=OFF)
        assert answer.url.path == "/sign-in" and "Non enregistré" in status_of(answer.text)
        client.post(str(answer.url), data={"member": then}, follow_redirects=False)
        assert told in status_of(client.get(SWITCH).text) and history(home) == []
        assert status_of(client.get(SWITCH).text) == ""
