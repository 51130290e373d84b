"""The operator sees what needs a person, and what runs."""

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from tests.table import every
from tests.web.conftest import SWITCH, sign_in
from tests.web.network import START
from vanne.config import Home
from vanne.corpus import refresh
from vanne.words import LANGUAGES
from vanne.worker.steps import STEPS
from vanne.worker.tasks import beat, claim, enqueue, fail, finish

SOON = START + timedelta(minutes=1)


def operator(client: TestClient) -> TestClient:
    return sign_in(client, "anna", "operator")


def read(client: TestClient) -> str:
    return client.get("/operator", params={"lang": "en"}).text


def worked(home: Home) -> None:
    """Let a worker be alive, and have done and failed something."""
    enqueue(home, "retrain", START, START)
    done = claim(home, "w", START)
    assert done
    facts = {"requests": 3, "tokens": 50, "tokens_full": 1000, "disk": {"corpus": 5_000_000}}
    finish(home, done, START + timedelta(seconds=4), facts, 2.5)
    beat(home, "w", START + timedelta(seconds=5))


def test_nothing_needs_a_person(client: TestClient, home: Home) -> None:
    worked(home)
    page = read(operator(client))
    assert "Nothing needs a person." in page and 'class="todo"' not in page
    assert "5%" in page and "4 s" in page and "2.5 s" in page and "5 MB" in page


def test_what_failed_says_why_and_when_it_is_tried_again(client: TestClient, home: Home) -> None:
    worked(home)
    enqueue(home, "refresh", START, START)
    task = claim(home, "w", SOON)
    assert task
    fail(home, task, SOON, "the disk is full: free some space", 0.1)
    todo = read(operator(client)).split('class="todo"')[1].split("</ul>")[0]
    assert "Refresh the corpus" in todo and "free some space" in todo
    assert "Tried 1 time; again at 20 November 2026, 09:01 UTC" in todo


@pytest.mark.parametrize("kind", STEPS)
def test_what_the_worker_does_is_called_by_words(client: TestClient, home: Home, kind: str) -> None:
    enqueue(home, kind, SOON, START)
    assert f"vanne {kind}" not in read(operator(client))


def test_an_opt_out_that_nobody_heard_is_counted_and_shown(client: TestClient, home: Home) -> None:
    sign_in(client, "anna").post(SWITCH, data={"set": "off:all"})
    page = read(operator(client))
    assert "1 opt-out is in the ledger and not in the corpus yet." in page
    rows = client.get("/operator/data/unheard.json").json()["rows"]
    assert rows == [{"made": "2026-11-20", "kind": "choice", "requests": 1}]
    refresh(home, START + timedelta(hours=1))
    assert "0 opt-outs are in the ledger" in read(client)


def test_each_file_that_the_page_names_is_there_and_names_nobody(
    client: TestClient, home: Home
) -> None:
    worked(home)
    page = read(operator(client))
    files = set(re.findall(r'href="(/operator/data/[\w.]+)"', page))
    assert len(files) >= 2
    for file in files:
        answer = client.get(file)
        assert answer.status_code == 200, file
        assert not re.search(r"\b(anna|bruno|fritz)\b", answer.text + page)
    assert client.get("/operator/data/members.csv").status_code == 404
    assert client.get("/operator/data/runs.xml").status_code == 404


@every("lang", LANGUAGES)
def test_the_page_is_in_every_language_and_small(client: TestClient, home: Home, lang: str) -> None:
    worked(home)
    operator(client)
    answer = client.get("/operator", params={"lang": lang})
    assert f'<html lang="{lang}">' in answer.text and len(answer.content) < 60_000
