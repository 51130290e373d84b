"""What there is for the staff: a home that leads to the page of each role."""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from tests.table import every
from tests.web.conftest import SWITCH, sign_in
from tests.web.network import clock
from vanne.config import Home
from vanne.database import Database
from vanne.database.tables import staff_look
from vanne.ledger import Ledger
from vanne.policy import load
from vanne.report.oversight import Overseer
from vanne.terms import MAIN_PURPOSE, Choice
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
    with Ledger(home.ledger, read_only=True) as ledger:
        assert ledger.vkey in page.replace("&#43;", "+")
        assert ledger.fsck(known_checkpoint=file.text, vkey=ledger.vkey).ok


@every("lang", LANGUAGES)
@every(("role", "path"), [("operator", "/operator"), ("auditor", "/auditor")])
def test_the_pages_of_the_staff_are_in_every_language_and_small(
    client: TestClient, role: str, path: str, lang: str
) -> None:
    answer = sign_in(client, "anna", role).get(path, params={"lang": lang})
    assert f'<html lang="{lang}">' in answer.text and len(answer.content) < 40_000


def test_each_figure_of_the_auditor_leads_to_its_rows_in_three_forms(client: TestClient) -> None:
    member = sign_in(client, "anna")
    member.post(SWITCH, data={"set": "off:all"})
    auditor = sign_in(client, "anna", "auditor")
    page = auditor.get("/auditor", params={"lang": "en"}).text
    everything = auditor.get("/auditor/oversight.json").json()
    assert everything["schema"] == "vanne/oversight/1" and "anna" not in page + str(everything)
    leads = sorted(
        {each.replace("&amp;", "&") for each in re.findall(r'href="(/auditor/[^"]+)"', page)}
    )
    assert len(leads) > 20
    for each in leads:
        answer = auditor.get(each)
        assert answer.status_code == 200 and "anna" not in answer.text, each
    rows = auditor.get("/auditor/regions?region=CH").text
    (csv,) = re.findall(r'href="(/auditor/regions\.csv[^"]*)"', rows)
    assert auditor.get(csv).text.split() == ["region,members,off,partly,chose"]
    assert auditor.get(csv.replace(".csv", ".json")).json()["regions"] == []  # fewer than five


@every("path", ["members", "regions.xml", "oversight", "oversight.csv", ""])
def test_there_is_no_table_of_another_name(client: TestClient, path: str) -> None:
    assert sign_in(client, "anna", "auditor").get(f"/auditor/{path}").status_code == 404


def test_the_auditor_reads_what_is_new_since_they_looked(client: TestClient, home: Home) -> None:
    first = sign_in(client, "anna", "auditor").get("/auditor", params={"lang": "en"}).text
    assert "You look for the first time." in first
    with Database.of(home).writing() as db:
        db.execute(update(staff_look).values(seen=clock()() - timedelta(hours=9)))
    sign_in(client, "anna").post(SWITCH, data={"set": "off:all"})
    again = sign_in(client, "anna", "auditor").get("/auditor", params={"lang": "en"}).text
    (new,) = re.findall(r"Since you last looked, [^<]*", again)
    assert "0 members turned it off" in new and "1 new entry" in new


def test_a_large_network_shows_what_was_counted_while_it_counts_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vanne.report.oversight.SLOW_SECONDS", 0.0)
    overseer, now = Overseer(home), datetime.now(UTC)
    with Ledger(home.ledger) as ledger:
        overseer.counted(now, ledger.size)
        ledger.append([Choice("fritz", MAIN_PURPOSE, "all", False, now)])
        before = overseer.counted(now, ledger.size)  # this one tells how long it takes
        ledger.append([Choice("anna", MAIN_PURPOSE, "all", False, now)])
        assert overseer.counted(now, ledger.size) is before
        deadline = time.monotonic() + 60
        while overseer.counted(now, ledger.size) is before and time.monotonic() < deadline:
            time.sleep(0.05)
        after = overseer.counted(now, ledger.size)
    assert (after.entries, before.entries) == (before.entries + 1, before.entries)


@pytest.mark.parametrize("path", ["/auditor", "/auditor/oversight.json", "/auditor/regions.csv"])
def test_nobody_but_the_auditor_sees_the_counts(client: TestClient, path: str) -> None:
    assert sign_in(client, "anna", "operator").get(path).status_code == 404


def test_the_operator_sees_what_the_worker_did(client: TestClient, home: Home) -> None:
    now = datetime.now(UTC)
    enqueue(home, "refresh", now, now)
    task = claim(home, "a worker", now)
    assert task
    fail(home, task, now, "the disk is full: free some space", 0.1)
    page = sign_in(client, "anna", "operator").get("/operator", params={"lang": "en"}).text
    assert "Refresh the corpus" in page and "the disk is full" in page
    assert "Waits" in page and "Failed" in page
