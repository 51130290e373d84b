"""The front page and the sign-in of the demonstration."""

import re

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import sign_in
from tests.web.network import MEMBERS
from vanne.config import Home
from vanne.sources.tables import write_members
from vanne.web.roster import people


def test_a_stranger_is_told_that_this_is_a_local_demonstration(client: TestClient) -> None:
    page = client.get("/").text
    assert "Démonstration locale\u00a0: sans mot de passe, sur cette machine seulement." in page


def test_a_stranger_sees_members_with_their_region_and_language(client: TestClient) -> None:
    page = client.get("/").text
    assert len(re.findall(r'name="member"', page)) == len(MEMBERS)
    assert "Suisse · français" in page
    assert "Allemagne · allemand" in page
    assert "région inconnue" in page


def test_a_member_is_found_by_the_beginning_of_the_id(client: TestClient) -> None:
    page = client.get("/", params={"q": "FRI"}).text
    assert re.findall(r'name="member" value="(\w+)"', page) == ["fritz"]


def test_the_list_shows_twelve_people_of_as_many_regions_as_there_are(home: Home) -> None:
    crowd = [MEMBERS[0].__class__(f"x{n:03}", "CH" if n < 50 else "IT") for n in range(60)]
    write_members([*MEMBERS, *crowd], home.members)
    shown = people(home)
    assert len(shown) == 12
    assert {person.region for person in shown} == {member.region for member in MEMBERS}


def test_an_id_that_nobody_has_is_said_to_be_so(client: TestClient) -> None:
    answer = client.post("/sign-in", data={"member": "nobody"})
    assert answer.status_code == 404
    assert "Aucun membre n'a cet identifiant." in answer.text.replace("&#39;", "'")


def test_a_failed_sign_in_can_be_read_in_another_language(client: TestClient) -> None:
    client.post("/sign-in", data={"member": "nobody"})
    assert '<html lang="it">' in client.get("/sign-in", params={"lang": "it"}).text


def test_signing_in_leads_home_and_signing_out_leads_to_the_front(client: TestClient) -> None:
    page = sign_in(client, "anna").get("/").text
    assert "Préférences et confidentialité" in page
    assert "Se connecter comme" in client.post("/sign-out").text


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
    write_members(MEMBERS[1:], home.members)
    assert "Se connecter comme" in anna.get("/").text


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
def test_pages_of_a_member_lead_a_stranger_to_the_front(client: TestClient, path: str) -> None:
    answer = client.get(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
