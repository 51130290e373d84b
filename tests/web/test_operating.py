"""The operator sees what needs a person, and puts a policy in force together with another one."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from tests.report.notices import LINKEDIN, announce, stricter, wider
from tests.table import every
from tests.web.conftest import SWITCH, sign_in
from tests.web.network import START, clock
from vanne.config import Home
from vanne.corpus import refresh
from vanne.policy.schedule import notices, policy_at
from vanne.report.policy_draft import count, drafts, open_draft
from vanne.words import LANGUAGES
from vanne.worker.steps import STEPS
from vanne.worker.tasks import beat, claim, enqueue, fail, finish

POLICY = "/operator/policy"
SOON = START + timedelta(minutes=1)


def operator(client: TestClient, second: str = "") -> TestClient:
    return sign_in(client, "anna", f"operator{second}")


def read(client: TestClient, path: str = "/operator", lang: str = "en") -> str:
    return client.get(path, params={"lang": lang}).text


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


@pytest.mark.parametrize("path", ["/operator", POLICY])
def test_each_file_that_a_page_names_is_there_and_names_nobody(
    client: TestClient, home: Home, path: str
) -> None:
    worked(home)
    operator(client)
    client.post(POLICY, data={"do": "try", "toml": stricter()})
    count(home, drafts(home)[0].id, clock())
    page = read(client, path)
    files = set(re.findall(r'href="(/operator/data/[\w.]+)"', page))
    assert len(files) >= 2
    for file in files:
        answer = client.get(file)
        assert answer.status_code == 200, file
        assert not re.search(r"\b(anna|bruno|fritz)\b", answer.text + page)
    assert client.get("/operator/data/members.csv").status_code == 404
    assert client.get("/operator/data/runs.xml").status_code == 404


@every("lang", LANGUAGES)
def test_the_pages_are_in_every_language_and_small(
    client: TestClient, home: Home, lang: str
) -> None:
    worked(home)
    operator(client)
    for path in ("/operator", POLICY):
        answer = client.get(path, params={"lang": lang})
        assert f'<html lang="{lang}">' in answer.text and len(answer.content) < 60_000


# A policy before it counts


def tried(client: TestClient, home: Home, toml: str) -> int:
    """Let one operator try a policy, and count whom it touches as the server's process does."""
    operator(client)
    answer = client.post(POLICY, data={"do": "try", "toml": toml}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, POLICY)
    waiting = open_draft(home)
    assert waiting
    count(home, waiting.id, clock())
    return waiting.id


def test_two_operators_put_a_policy_in_force(client: TestClient, home: Home) -> None:
    number = tried(client, home, stricter())
    page = read(client, POLICY)
    assert "The draft of Otto" in page and "Another account has to approve it." in page
    assert 'value="approve"' not in page
    own = client.post(POLICY, data={"do": "approve", "draft": str(number)})
    assert own.status_code == 422 and "cannot approve it" in own.text
    assert notices(home) == []
    operator(client, "-2")
    page = read(client, POLICY)
    assert 'value="approve"' in page and 'name="accepted"' not in page  # nothing opens
    client.post(POLICY, data={"do": "approve", "draft": str(number)})
    (kept,) = drafts(home)
    assert (kept.state, kept.proposed_name, kept.decided_name) == ("published", "Otto", "Olga")
    assert policy_at(home, START + timedelta(hours=1)).name == "stricter"
    assert "Announced" in read(client, POLICY)


def test_the_page_counts_whom_it_touches_and_says_what_members_read(
    client: TestClient, home: Home
) -> None:
    tried(client, home, wider(START))
    page = read(client, POLICY)
    assert "Items from no to yes" in page and "What members would read" in page
    assert "20 December 2026" in page  # from when it would hold
    rows = client.get("/operator/data/effects.json").json()["rows"]
    assert [(row["category"], row["after"], row["items"]) for row in rows] == [
        ("search", "allowed", 1),
        ("photo", "category-not-listed", 1),
    ]
    operator(client, "-2")
    number = str(drafts(home)[0].id)
    refused = client.post(POLICY, data={"do": "approve", "draft": number})
    assert refused.status_code == 422 and notices(home) == []
    client.post(POLICY, data={"do": "approve", "draft": number, "accepted": "yes"})
    assert [each.policy for each in notices(home)] == ["wider"]


def test_a_form_changes_the_text_that_is_tried(client: TestClient, home: Home) -> None:
    operator(client)
    page = read(client, POLICY)
    fields = dict(re.findall(r'<input id="[\w-]+" name="([\w-]+)"[^>]* value="([^"]*)"', page))
    assert fields["minimum"] == "18" and fields["from-0"] == "2025-11-03"
    sent = {**fields, "do": "try", "toml": LINKEDIN, "kind": "photo", "kind_to": "never"}
    client.post(POLICY, data=sent)
    waiting = open_draft(home)
    assert waiting and waiting.toml == LINKEDIN.replace(
        'photo = ["faq", "notice"]\n', "", 1
    ).replace("never]\n", "never]\nphoto = []\n", 1)
    wrong = client.post(POLICY, data={**sent, "minimum": "many"})
    assert wrong.status_code == 422 and "is no whole number" in wrong.text


def test_a_mistake_is_said_in_one_line_and_what_was_typed_stays(
    client: TestClient, home: Home
) -> None:
    operator(client)
    typed = LINKEDIN.replace("minimum = 18", "minimun = 18")
    answer = client.post(POLICY, params={"lang": "en"}, data={"do": "try", "toml": typed})
    assert answer.status_code == 422 and "minimun = 18" in answer.text
    alert = answer.text.split('role="alert"')[1].split("</div>")[0]
    assert re.search(r"line \d+.*age\.minimun.*did you mean `minimum`", alert)
    assert drafts(home) == []


def test_a_draft_is_counted_by_a_process_of_its_own(client: TestClient, home: Home) -> None:
    operator(client)
    client.post(POLICY, data={"do": "try", "toml": stricter()})
    assert "Counting whom it touches" in read(client, POLICY)
    deadline = datetime.now(UTC) + timedelta(seconds=60)
    while datetime.now(UTC) < deadline and drafts(home)[0].effects is None:
        pass
    assert drafts(home)[0].effects is not None


def test_a_draft_that_the_policy_overtook_says_so_and_can_be_dropped(
    client: TestClient, home: Home
) -> None:
    number = tried(client, home, wider(START))
    announce(home, stricter(), SOON)
    page = read(client, POLICY)
    assert "the policy changed since this was proposed" in page
    client.post(POLICY, data={"do": "drop", "draft": str(number)})
    assert (drafts(home)[0].state, drafts(home)[0].decided_name) == ("dropped", "Otto")


@pytest.mark.parametrize(
    "sent", [{}, {"do": "all"}, {"do": "approve", "draft": "x"}, {"do": "drop", "draft": "9" * 40}]
)
def test_what_no_form_of_ours_sends_changes_nothing(
    client: TestClient, home: Home, sent: dict[str, str]
) -> None:
    number = tried(client, home, stricter())
    assert client.post(POLICY, data=sent).status_code in (400, 422)
    waiting = open_draft(home)
    assert waiting and waiting.id == number
