"""The list of what is used of a member: every item, with its verdict in plain words."""

import re
from dataclasses import replace

from starlette.testclient import TestClient

from tests.web.conftest import SWITCH, sign_in
from tests.web.network import ITEMS, item
from tests.web.test_switch import text_of
from vanne.config import Home
from vanne.sources.tables import write_items

USED = f"{SWITCH}/used"


def whole(client: TestClient) -> str:
    """Both pages of the list."""
    return "".join(client.get(USED, params={"page": n}).text for n in (1, 2))


def listed(page: str) -> list[str]:
    return [
        text_of(found)
        for found in re.findall(r"<li>\n<div>\n(<p class=\"kind.*?)</li>", page, re.S)
    ]


def test_every_item_of_mine_is_there_with_its_verdict_and_reason(anna: TestClient) -> None:
    page = whole(anna)
    said = {entry.split(" · ")[0].strip(): entry for entry in listed(page)}
    assert len(listed(page)) == 10
    assert "Utilisable. Dans le jeu d'entraînement. Pas dans le modèle." in said["Profil"]
    assert "Non utilisé. Ce type de données n'est jamais utilisé." in said["Messages privés"]
    assert "rendez-vous à six heures" in said["Messages privés"]
    assert "Non utilisé. La politique ne prévoit pas" in said["Recherches"]


def test_the_text_of_an_item_is_shown_as_text(anna: TestClient) -> None:
    assert "Mon premier &lt;b&gt;billet&lt;/b&gt;" in anna.get(USED).text


def test_the_list_is_narrowed_to_a_kind(anna: TestClient) -> None:
    page = anna.get(USED, params={"category": "post"}).text
    assert len(listed(page)) == 2
    assert '<option value="post" selected>' in page


def test_a_kind_that_i_do_not_have_is_an_empty_list(anna: TestClient) -> None:
    page = anna.get(USED, params={"category": "<script>"}).text
    assert "Il n&#39;y a aucun élément de ce genre." in page


def test_items_of_others_about_me_show_neither_their_text_nor_their_reason(
    anna: TestClient,
) -> None:
    page = anna.get(USED, params={"of": "others"}).text
    assert [entry.split(" · ")[:2] for entry in listed(page)] == [
        [" Publications", "vous y figurez"]
    ]
    assert "Bruno parle" not in page


def test_what_somebody_else_wrote_about_me_is_counted_but_not_quoted(anna: TestClient) -> None:
    page = anna.get(USED).text
    assert "Recommandations" in page
    assert "formidable" not in page


def test_nobody_sees_anothers_items(client: TestClient) -> None:
    page = sign_in(client, "fritz").get(USED).text
    assert len(listed(page)) == 2
    assert "texte a-" not in page


def test_a_long_list_is_paged_and_each_item_is_on_one_page(anna: TestClient, home: Home) -> None:
    many = [item(f"n{n:03}", "anna", "post", f"numéro {n:03}") for n in range(40)]
    write_items(many, home.items / "more.parquet")
    pages = [
        anna.get(USED, params={"category": "post", "page": n}).text for n in (1, 2, 3, 4, 5, 6, 99)
    ]
    assert [len(listed(page)) for page in pages] == [8, 8, 8, 8, 8, 2, 2]
    seen = [text for page in pages[:6] for text in re.findall(r"numéro \d+", page)]
    assert len(set(seen)) == len(seen) == 40
    assert 'rel="prev"' not in pages[0] and 'rel="next"' not in pages[5]


def test_a_page_number_that_is_none_is_the_first(anna: TestClient) -> None:
    for number in ("0", "-1", "x", "9" * 40):
        assert len(listed(anna.get(USED, params={"page": number}).text)) == 8


def test_a_data_file_that_changed_since_is_not_guessed_about(anna: TestClient, home: Home) -> None:
    write_items([replace(ITEMS[0], text="autre"), *ITEMS[1:]], home.items / "items.parquet")
    assert "inconnu\u00a0: le fichier de données a changé" in anna.get(USED).text
