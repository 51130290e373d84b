"""What there is for the staff: a home that leads to the page of each role."""

import re
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import SWITCH, sign_in
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.policy import load
from vanne.words import LANGUAGES
from vanne.worker.tasks import claim, enqueue, fail


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
    assert f'<html lang="{lang}">' in answer.text and len(answer.content) < 40_000


def test_the_auditor_reads_how_many_chose_and_takes_the_tables_along(client: TestClient) -> None:
    member = sign_in(client, "anna")
    member.post(SWITCH, data={"set": "off:all"})
    auditor = sign_in(client, "anna", "auditor")
    page = auditor.get("/auditor", params={"lang": "en"}).text
    counted = auditor.get("/auditor/overview.json").json()
    assert counted["schema"] == "vanne/overview/1" and "anna" not in str(counted)
    assert "Members who turned it off" in page and "anna" not in page
    for name in re.findall(r'href="/auditor/(\w+)\.csv"', page):
        answer = auditor.get(f"/auditor/{name}.csv")
        assert answer.headers["content-type"].startswith("text/csv")
        assert not counted[name] or answer.text.splitlines()[0] == ",".join(counted[name][0])
    assert auditor.get("/auditor/members.csv").status_code == 404


@pytest.mark.parametrize("path", ["/auditor", "/auditor/overview.json", "/auditor/regions.csv"])
def test_nobody_but_the_auditor_sees_the_counts(client: TestClient, path: str) -> None:
    assert sign_in(client, "anna", "operator").get(path).status_code == 404


def test_the_operator_sees_what_the_worker_did(client: TestClient, home: Home) -> None:
    now = datetime.now(UTC)
    enqueue(home, "at-once", now, now)
    task = claim(home, "a worker", now)
    assert task
    fail(home, task, now, "the disk is full: free some space", 0.1)
    page = sign_in(client, "anna", "operator").get("/operator", params={"lang": "en"}).text
    assert "Take out of the model at once" in page and "the disk is full" in page
    assert "Waits" in page and "Failed" in page
