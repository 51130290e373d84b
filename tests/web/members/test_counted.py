"""What members do with drafts and suggestions is counted if they said yes, and not else."""

from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.members.test_suggestions import do, suggested
from tests.web.network import clock
from tests.web.test_counting import tallies
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.terms import Choice, Member
from vanne_assist.use import PURPOSE, store
from vanne_assist.use.experiments import register, start
from vanne_assist.use.trials import OTHER, assigned

BEFORE = clock()() - timedelta(days=1)
PLAN = (Path(__file__).parents[2] / "cases" / "use" / "share.toml").read_text()
FILE = {"text": "We moved our billing.", "lang_of": "en", "do": "file-txt"}


@pytest.fixture
def counted(anna: TestClient, home: Home) -> TestClient:
    """Anna, who said yes to being counted."""
    with Ledger.of(home) as ledger:
        ledger.append([Choice("anna", PURPOSE, "all", True, BEFORE)])
    return anna


def use(anna: TestClient) -> None:
    """Keep a draft, accept a suggestion and refuse another."""
    assert anna.get("/write").status_code == 200
    assert anna.post("/write", data=FILE).status_code == 200
    assert anna.post("/write", data=FILE).status_code == 200
    first, second, *_ = suggested(anna)
    do(anna, "accept", first)
    do(anna, "refuse", second)


def test_a_member_is_not_counted_without_a_yes(anna: TestClient, home: Home) -> None:
    use(anna)
    assert tallies(home) == {}


def test_drafts_kept_and_suggestions_accepted_are_counted(counted: TestClient, home: Home) -> None:
    use(counted)
    found = tallies(home)
    results = {what: n for what, n in found.items() if "/" in what and "begun" not in what}
    assert sorted(what.split("/")[0] for what in results) == ["profile", "write"]
    assert set(results.values()) == {1}
    del found["suggestions-shown"], found["profile/begun"]
    assert {what: n for what, n in found.items() if what not in results} == {
        "writing-begun": 1,
        "write/begun": 1,
        "draft-kept": 2,
        "suggestion-accepted": 1,
        "suggestion-refused": 1,
    }


def test_the_form_that_comes_first_may_be_drawn_and_a_link_to_the_other_works(
    counted: TestClient, home: Home
) -> None:
    plan = PLAN.replace("find.criteria", "write.form")
    with Ledger.of(home) as ledger:
        register(home, ledger, plan, "plan.toml", BEFORE)
        start(home, ledger, "open-criteria", BEFORE)
    salts = (bytes([n]) * 32 for n in range(256))
    salt = next(s for s in salts if assigned(s, Member("anna", "CH"))[0] == OTHER)
    with store.opened(home.root) as db:
        db.execute("UPDATE salt SET salt = ?", (salt,))
    assert 'id="text"' in counted.get("/write").text
    assert 'id="what"' in counted.get("/write", params={"kind": "answers"}).text
    with Ledger.of(home) as ledger:
        ledger.append([Choice("anna", PURPOSE, "all", False, clock()())])
    assert 'id="what"' in counted.get("/write").text
