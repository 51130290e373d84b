"""What people do on the pages is counted if they said yes, and no page waits for it or fails by it."""

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import sign_in
from tests.web.network import clock
from tests.web.people import make_people
from tests.web.test_finding import search, shown
from vanne.config import Home
from vanne.errors import VanneError
from vanne.ledger import Ledger
from vanne.terms import LANGUAGES
from vanne_assist.use import Account, Event, count, store
from vanne_assist.use.consent import choose
from vanne_assist.use.experiments import register, start
from vanne_assist.use.trials import OTHER, assigned

ROSA = Account("demonstration-recruiter")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The network of people who can be found, made once."""
    return make_people(tmp_path_factory.mktemp("people"))


@pytest.fixture
def home(people: Home, tmp_path: Path) -> Home:
    """The same, for one test to change."""
    return Home(Path(shutil.copytree(people.root, tmp_path / "home")))


@pytest.fixture
def rosa(client: TestClient) -> TestClient:
    """A browser, signed in as a recruiter who is no member."""
    return sign_in(client, "anna", "recruiter")


def tallies(home: Home) -> dict[str, int]:
    if not store.path_of(home.root).exists():
        return {}
    with store.opened(home.root) as db:
        return dict(db.execute("SELECT what, count FROM tally").fetchall())


def look(rosa: TestClient) -> None:
    """Search, and look at the first person who is found."""
    page = search(rosa)
    found = rosa.get(
        f"/find/people/{shown(page)[0]}", params={"from": page.split("/find/results/")[1][:16]}
    )
    assert found.status_code == 200


def test_a_recruiter_is_not_counted_without_a_yes(home: Home, rosa: TestClient) -> None:
    look(rosa)
    assert tallies(home) == {}


def test_a_brief_is_answered_when_the_first_person_is_opened(home: Home, rosa: TestClient) -> None:
    choose(home, ROSA, clock()() - timedelta(days=1), on=True)
    look(rosa)
    found = tallies(home)
    assert found.pop("find/begun") == 1
    assert sum(n for what, n in found.items() if what.startswith("find/")) == 1
    assert {what: n for what, n in found.items() if "/" not in what} == {
        "brief-asked": 1,
        "person-opened": 1,
    }


def test_the_pages_answer_when_the_numbers_cannot_be_written(home: Home, rosa: TestClient) -> None:
    damage = b"no database" * 500
    choose(home, ROSA, clock()(), on=True)
    path = Path(store.path_of(home.root))
    path.write_bytes(damage)
    look(rosa)
    assert path.read_bytes() == damage
    with Ledger.of(home) as ledger, pytest.raises(VanneError, match=r"`use\.sqlite`") as caught:
        count(home, ledger, ROSA, Event.BRIEF_ASKED, clock()(), {})
    assert ROSA.subject not in str(caught.value)


# What people are told, and their switch


MEMBERS, RECRUITERS, OPERATOR = "/settings/data-privacy/counting", "/find/counting", "/operator/use"
PLAN = (Path(__file__).parents[1] / "cases" / "use" / "share.toml").read_text()


def press(page: str) -> str:
    """What the switch of a page would send."""
    return re.findall(r'name="set" value="([^"]+)"', page)[0]


def test_a_member_says_yes_and_no_on_a_page_of_its_own_and_is_told_so(client: TestClient) -> None:
    anna = sign_in(client, "anna")
    page = anna.get(MEMBERS).text
    assert "vous n&#39;êtes pas compté" in page and press(page) == "on:all:usage-measurement"
    said = anna.post(MEMBERS, data={"set": press(page), "key": "k1"}).text
    assert "vous êtes compté" in said and press(said) == "off:all:usage-measurement"
    assert MEMBERS in anna.get("/settings").text
    after = anna.post(MEMBERS, data={"set": press(said), "key": "k2"}).text
    assert "vous n&#39;êtes pas compté" in after


def test_a_recruiter_who_is_no_member_says_it_at_the_desk(home: Home, rosa: TestClient) -> None:
    assert press(rosa.get(RECRUITERS).text) == "on"
    assert press(rosa.post(RECRUITERS, data={"set": "on"}).text) == "off"
    look(rosa)
    assert tallies(home)["find/begun"] == 1
    assert press(rosa.post(RECRUITERS, data={"set": "off"}).text) == "on"
    look(rosa)
    assert tallies(home)["find/begun"] == 1
    for wrong in ({"set": "maybe"}, {}):
        assert rosa.post(RECRUITERS, data=wrong).status_code == 400


def test_who_is_counted_is_told_which_experiment_runs_and_the_operator_nothing_of_it(
    home: Home, rosa: TestClient
) -> None:
    before = clock()() - timedelta(days=1)
    with Ledger.of(home) as ledger:
        register(home, ledger, PLAN, "plan.toml", before)
        start(home, ledger, "open-criteria", before)
    rosa.post(RECRUITERS, data={"set": "on"})
    look(rosa)
    assert "Qui voit les critères ouverts" in rosa.get(RECRUITERS).text
    german = rosa.get(RECRUITERS, params={"lang": "de"}).text
    assert '<span lang="fr">Qui voit les critères ouverts' in german
    otto = sign_in(rosa, "anna", "operator")
    page = otto.get(OPERATOR, params={"lang": "fr"}).text
    assert "En cours" in page and "au moins 0 comme d&#39;habitude, 0 autrement" in page


def test_the_look_that_is_drawn_is_seen_and_nothing_else_changes(
    home: Home, rosa: TestClient
) -> None:
    before = clock()() - timedelta(days=1)
    usual = search(rosa)
    with Ledger.of(home) as ledger:
        register(home, ledger, PLAN, "plan.toml", before)
        start(home, ledger, "open-criteria", before)
    rosa.post(RECRUITERS, data={"set": "on"})
    with store.opened(home.root) as db:
        salts = (bytes([n]) * 32 for n in range(256))
        salt = next(salt for salt in salts if assigned(salt, ROSA)[0] == OTHER)
        db.execute("UPDATE salt SET salt = ?", (salt,))
    other = search(rosa)
    assert "<details open>" in other and "<details open>" not in usual
    assert shown(other) == shown(usual)
    rosa.post(RECRUITERS, data={"set": "off"})
    assert "<details open>" not in search(rosa)


def test_the_operator_sees_whole_weeks_with_a_bar_for_each_number(
    home: Home, client: TestClient
) -> None:
    week = (clock()() - timedelta(days=7)).date()
    with store.opened(home.root) as db:
        for what, n in {"find/begun": 40, "find/2": 20, "find/4": 10, "person-opened": 31}.items():
            db.execute("INSERT INTO tally VALUES (?, ?, ?)", (week.isoformat(), what, n))
    page = sign_in(client, "anna", "operator").get(OPERATOR).text
    assert "Commencé 40 fois. Dans 75\xa0% des cas" in page
    assert "personnes ouvertes depuis une liste\xa0: 31" in page
    assert page.count('class="bar-of"') == 2 + 12
    assert OPERATOR in client.get("/operator").text


def test_a_page_of_numbers_that_cannot_be_read_says_it_in_words(
    home: Home, client: TestClient
) -> None:
    store.path_of(home.root).write_bytes(b"no database" * 500)
    answer = sign_in(client, "anna", "operator").get(OPERATOR)
    assert answer.status_code == 503 and "sqlite" not in answer.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_are_in_every_language(home: Home, rosa: TestClient, lang: str) -> None:
    page = rosa.get(RECRUITERS, params={"lang": lang}).text
    assert f'<html lang="{lang}">' in page
    member = sign_in(rosa, "anna").get(MEMBERS, params={"lang": lang})
    assert f'<html lang="{lang}">' in member.text and len(member.content) < 10_000
