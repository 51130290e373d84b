"""What there is for the staff: a home that leads to the page of each role."""

import re

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import SWITCH, sign_in
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.policy import load
from vanne.words import LANGUAGES


@pytest.mark.parametrize(("role", "leads"), [
    ("operator", ["/operator"]), ("auditor", ["/auditor"]),
])  # fmt: skip
def test_home_leads_to_the_page_of_the_role(
    client: TestClient, role: str, leads: list[str]
) -> None:
    page = sign_in(client, "anna", role).get("/").text
    assert re.findall(r'class="row" href="([^"]+)"', page) == leads
    assert 'action="/sign-out"' in page and SWITCH not in page


def test_the_operator_sees_what_is_in_force(client: TestClient, home: Home) -> None:
    page = sign_in(client, "anna", "operator").get("/operator").text
    policy = load(str(home.policy))
    assert policy.name in page and policy.version in page and policy.digest in page


def test_the_auditor_gets_the_checkpoint_and_the_key_that_verify_the_ledger(
    client: TestClient, home: Home
) -> None:
    sign_in(client, "anna", "auditor")
    page = client.get("/auditor").text
    file = client.get("/auditor/checkpoint.txt")
    assert "attachment" in file.headers["content-disposition"]
    with Ledger.open(home.ledger, read_only=True) as ledger:
        assert ledger.vkey in page.replace("&#43;", "+")
        assert ledger.fsck(known_checkpoint=file.text, vkey=ledger.vkey).ok


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("role", "path"), [("operator", "/operator"), ("auditor", "/auditor")])
def test_the_pages_of_the_staff_are_in_every_language_and_small(
    client: TestClient, role: str, path: str, lang: str
) -> None:
    answer = sign_in(client, "anna", role).get(path, params={"lang": lang})
    assert f'<html lang="{lang}">' in answer.text and len(answer.content) < 10_000
