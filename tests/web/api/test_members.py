"""The report of a member, and the notices, over the API: what the command shows."""

import json

from click.testing import CliRunner
from starlette.testclient import TestClient

from tests.web.api.conftest import problem
from tests.web.network import START, choice
from vanne.config import Home
from vanne.ledger import Ledger
from vanne.report.document import report_json
from vanne.report.usage import usage_report


def test_the_report_is_the_document_that_there_is_of_a_member(
    asked: TestClient, home: Home
) -> None:
    said = asked.get("/v1/members/anna/report").json()
    made = json.loads(json.dumps(report_json(usage_report(home, "anna", START))))
    assert said | {"as_of": None} == made | {"as_of": None}
    reasons = {item["item_id"]: item["purposes"] for item in said["items"]}
    assert reasons["a-salary"]["generative-ai-training"]["reason"] == "category-never"


def test_somebody_who_is_no_member_has_no_report(asked: TestClient) -> None:
    for name in ("nobody", "no%0Abody", "no/body"):  # an id may hold a line break or a slash
        assert problem(asked.get(f"/v1/members/{name}/report")) == (404, "unknown-member")


def test_the_report_says_what_was_chosen_a_moment_ago(asked: TestClient) -> None:
    asked.post("/v1/choices", json={"member_id": "anna", "on": False})
    (said,) = asked.get("/v1/members/anna/report").json()["purposes"]
    assert (said["state"]["on"], said["state"]["by"]) == (False, "choice")
    assert [choice["receipt"] for choice in said["choices"]] == [3]
    assert said["counts"]["allowed"] == 0


def test_the_state_says_where_a_member_stands_and_what_comes_next(asked: TestClient) -> None:
    before = asked.get("/v1/members/anna/state").json()
    assert (before["on"], before["by"], before["kept_out"]) == (True, "default", None)
    asked.post("/v1/choices", json={"member_id": "anna", "on": False})
    state = asked.get("/v1/members/anna/state?lang=fr").json()
    assert (state["on"], state["by"], state["standing"]) == (False, "choice", "closing")
    assert [step["step"] for step in state["steps"]] == ["recorded", "corpus-out"]
    assert [stage["state"] for stage in state["stages"]] == ["leaving", *["not-here"] * 3]
    assert state["says"][0] == {
        "code": "person-corpus-leaving",
        "params": {},
        "text": "Non. Vos données quittent le jeu d'entraînement.",
    }


def test_the_state_of_a_member_who_is_kept_out_says_why_and_promises_nothing(
    asked: TestClient, home: Home
) -> None:
    with Ledger(home.ledger) as ledger:  # from before such a choice was refused
        ledger.append([choice("clara", on=True)])
    state = asked.get("/v1/members/clara/state").json()
    assert (state["kept_out"], state["on"], state["used"]) == ("minor", True, False)
    assert [step["step"] for step in state["steps"]] == ["recorded"]
    codes = [message["code"] for message in state["says"]]
    assert codes == ["person-kept-out", "reason-minor", "person-correct-age", "person-kept-on"]


def test_a_state_needs_a_member_and_a_purpose_that_there_are(asked: TestClient) -> None:
    assert problem(asked.get("/v1/members/nobody/state")) == (404, "unknown-member")
    answer = asked.get("/v1/members/anna/state?purpose=other")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "purpose")


def test_before_any_notice_the_list_is_empty(asked: TestClient) -> None:
    said = asked.get("/v1/notices").json()
    assert said == {"schema": "vanne/notices/1", "in_force": None, "notices": []}


def test_a_notice_is_listed_with_its_place_in_the_ledger(asked: TestClient, home: Home) -> None:
    from vanne.cli import cli

    policy = home.root / "next.toml"
    policy.write_text(home.policy.read_text().replace("minimum = 18", "minimum = 21"))
    typed = ["notice", "publish", str(policy), "--home", str(home.root)]
    done = CliRunner().invoke(cli, typed, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    (said,) = asked.get("/v1/notices").json()["notices"]
    assert said["entry"] >= 3
    assert said["effective_at"] >= said["published_at"] > START.isoformat()
    assert asked.get(f"/v1/ledger/proofs/inclusion?index={said['entry']}").status_code == 200
