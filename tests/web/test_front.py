"""The front page and the sign-in of the demonstration."""

import re
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from tests.members import replace_members
from tests.table import every
from tests.web.conftest import sign_in
from tests.web.network import MEMBERS, clock
from vanne.config import Home
from vanne.report.member_items import some_members
from vanne.web import create_app

WELCOME = 'href="/sign-in"'


def test_a_stranger_is_told_that_this_is_a_local_demonstration(client: TestClient) -> None:
    said = "Démonstration locale\u00a0: sans mot de passe, sur cette machine seulement."
    assert said in client.get("/").text and said in client.get("/sign-in").text


def test_the_front_page_says_what_this_is_and_has_one_button(client: TestClient) -> None:
    page = client.get("/").text
    assert "Vos données et l&#39;IA générative\u00a0: vous décidez." in page
    assert re.findall(r'class="action primary" href="([^"]+)"', page) == ["/sign-in"]
    assert "<form" not in page


def test_one_click_lists_members_with_their_region(client: TestClient) -> None:
    page = client.get("/sign-in").text
    assert len(re.findall(r'name="member"', page)) == len(MEMBERS)
    assert "Suisse" in page and "Allemagne" in page
    assert "région inconnue" in page


def test_a_member_is_found_by_the_beginning_of_the_id(client: TestClient) -> None:
    page = client.get("/sign-in?q=FRI&next=%2Fsettings").text
    assert re.findall(r'name="member" value="(\w+)"', page) == ["fritz"]
    assert 'action="/sign-in?next=%2Fsettings"' in page


def test_the_list_shows_twelve_people_of_as_many_regions_as_there_are(home: Home) -> None:
    crowd = [MEMBERS[0].__class__(f"x{n:03}", "CH" if n < 50 else "IT") for n in range(60)]
    replace_members([*MEMBERS, *crowd], home)
    shown = some_members(home, "", 12)
    assert len(shown) == 12
    assert {person.region for person in shown} == {member.region for member in MEMBERS}


@every("chosen", [{"staff": "admin"}, {"staff": "member"}, {}, {"member": "x"}])
def test_an_id_that_nobody_has_is_said_to_be_so(client: TestClient, chosen: dict[str, str]) -> None:
    answer = client.post("/sign-in", data=chosen)
    assert answer.status_code == 404
    if chosen == {"member": "x"}:
        said = answer.text.replace("&#39;", "'")
        assert "Aucun membre n'a cet identifiant." in said


def test_the_list_can_be_read_in_another_language_and_still_signs_in(client: TestClient) -> None:
    where = "/sign-in?lang=it"
    assert '<html lang="it">' in client.get(where).text
    page = client.post(where, data={"member": "anna"}).text
    assert '<html lang="it">' in page and "Impostazioni e privacy" in page


def test_another_sites_page_chooses_for_nobody(client: TestClient) -> None:
    headers = {"sec-fetch-site": "cross-site"}
    assert client.post("/sign-in", data={"member": "anna"}, headers=headers).status_code == 403


def test_nobody_is_chosen_by_a_name_that_other_machines_may_have(home: Home) -> None:
    app = create_app(home, now=clock(), hosts=("localhost", "vanne.example"))
    client = TestClient(app, base_url="http://vanne.example")
    assert client.get("/sign-in").status_code == 404
    assert client.post("/sign-in", data={"member": "anna"}).status_code == 404


def test_signing_in_leads_home_and_signing_out_leads_to_the_front(client: TestClient) -> None:
    page = sign_in(client, "anna").get("/").text
    assert "Préférences et confidentialité" in page
    assert WELCOME in client.post("/sign-out").text


def test_signing_in_as_another_member_forgets_what_was_announced_to_the_first(
    client: TestClient,
) -> None:
    sign_in(client, "anna").post(
        "/settings/data-privacy/generative-ai",
        data={"set": "off:all:generative-ai-training"},
        follow_redirects=False,
    )
    page = sign_in(client, "bruno").get("/settings/data-privacy/generative-ai").text
    assert "Enregistré" not in page


def test_somebody_who_is_no_member_any_more_is_signed_out(anna: TestClient, home: Home) -> None:
    replace_members(MEMBERS[1:], home)
    assert WELCOME in anna.get("/").text


@pytest.mark.parametrize(
    "path",
    [
        "/settings",
        "/settings/data-privacy",
        "/settings/data-privacy/generative-ai",
        "/settings/data-privacy/generative-ai/used",
        "/receipts/0",
        "/receipts/0.json",
    ],
)
def test_pages_of_a_member_lead_a_stranger_to_sign_in_and_back(
    client: TestClient, path: str
) -> None:
    answer = client.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"/sign-in?next={quote(path, safe='')}",
    )
    choose = answer.headers["location"]
    after = client.post(choose, data={"member": "anna"}, follow_redirects=False)
    assert (after.status_code, after.headers["location"]) == (303, path)
