"""`vanne azure forget`: a new model first, then the old one goes, with what Azure said to each."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.azure.conftest import Vanne
from tests.azure.server import ACCOUNT, Azure, Fault
from tests.photo_network import MEMBERS, say
from vanne.config import Home
from vanne.corpus import current
from vanne_azure.settings import AzureRun, runs_of


def serving(home: Home) -> AzureRun:
    """The one run of which something is at Azure."""
    (run,) = runs_of(home)
    return run


def record(home: Home) -> tuple[Path, dict[str, Any]]:
    (path,) = (home.root / "azure" / "deletions").glob("*.json")
    return path, json.loads(path.read_text())


@pytest.fixture
def left(run: Vanne, home: Home, azure: Azure) -> Vanne:
    """A network with a model, of which one member has said no since."""
    assert run("train").exit_code == 0
    say(home, "member-00")
    azure.asked.clear()
    return run


def test_a_new_model_serves_without_them_before_the_old_one_goes_in_the_documented_order(
    left: Vanne, home: Home, azure: Azure
) -> None:
    old = serving(home)
    done = left("forget")
    assert (done.exit_code, done.exception) == (0, None), done.output
    new = serving(home)
    assert new.examples == 22 and new.model != old.model
    verbs = [f"{verb} {path.split('?')[0].rsplit('/', 1)[1]}" for verb, path in azure.asked]
    switched, first_deletion = verbs.index(f"PUT {new.name}"), verbs.index(f"DELETE {old.name}")
    assert switched < first_deletion
    suffix = str(old.job)[-8:]
    deleted = azure.deletions()
    (result,) = [d for d in deleted if d.startswith("files/") and d != f"files/{old.file}"]
    assert deleted == [
        f"deployments/{old.name}",
        f"models/ftchkpt-10-{suffix}",
        f"models/ftchkpt-20-{suffix}",
        f"models/{old.model}",
        f"jobs/{old.job}",
        f"files/{old.file}",
        result,
    ]
    assert (len(azure.deployments), len(azure.jobs), len(azure.models)) == (1, 1, 3)


def test_the_new_model_is_made_from_the_base_and_never_from_the_old_one(
    left: Vanne, azure: Azure
) -> None:
    left("forget")
    models = [body["model"] for body in azure.bodies if "model" in body]
    assert models == ["gpt-4.1-mini-2025-04-14"] * 2


def test_the_text_of_who_left_is_not_sent_again(left: Vanne, azure: Azure) -> None:
    left("forget")
    first, *_, last = azure.content.values()
    assert b"the 0th" in first and b"the 0th" not in last and b"the 1th" in last


def test_what_azure_said_is_recorded_and_signed(left: Vanne, home: Home, azure: Azure) -> None:
    before = serving(home)
    done = left("forget", "--json")
    _, document = record(home)
    assert json.loads(done.stdout)["deletions"] == [document]
    assert document["is_complete"] and "not exact forgetting" in document["claim"]
    assert document["corpus"] == {"before": before.corpus, "after": current(home).version}
    assert document["ledger_size"] == {"before": 0, "after": 1}
    kinds = [step["kind"] for step in document["steps"]]
    assert kinds == ["deployment", "checkpoint", "checkpoint", "model", "job", "file", "file"]
    for step in document["steps"]:
        assert step["outcome"] == "gone" and step["status"] in (200, 202, 204)
        assert step["request_id"].startswith("request-") and step["at"]


ELSEWHERE = ACCOUNT.replace("sub-1", "sub-2").replace("/acc", "/other") + "/deployments/by-hand"


def test_a_deployment_in_another_account_goes_too_and_what_cannot_be_seen_is_said(
    left: Vanne, home: Home, azure: Azure
) -> None:
    azure.elsewhere = {
        ELSEWHERE: {"name": "by-hand", "properties": {"model": {"name": serving(home).model}}},
        ELSEWHERE + "-2": {"name": "by-hand-2", "properties": {"model": {"name": "gpt-4o"}}},
    }
    azure.closed = {"sub-3"}
    assert left("forget").exit_code == 0
    _, document = record(home)
    assert list(azure.elsewhere) == [ELSEWHERE + "-2"]
    (step,) = [step for step in document["steps"] if step["id"] == ELSEWHERE]
    assert (step["kind"], step["outcome"]) == ("deployment", "gone")
    assert document["looked"] == {"subscriptions": 3, "accounts": 2, "closed": 1}
    assert "In other tenants" in document["claim"]


def test_a_deployment_that_belongs_to_somebody_else_stays_open(
    left: Vanne, home: Home, azure: Azure
) -> None:
    deployed = {"name": "by-hand", "properties": {"model": {"name": serving(home).model}}}
    azure.elsewhere, azure.guarded = {ELSEWHERE: deployed}, {ELSEWHERE}
    done = left("forget")
    assert getattr(done.exception, "exit_code", None) == 1
    assert "its owner has to delete it" in done.stdout
    outcomes = {step["id"]: step["outcome"] for step in record(home)[1]["steps"]}
    assert outcomes[ELSEWHERE] == "open" and "gone" in outcomes.values()


def test_the_output_does_not_claim_that_it_forgets_exactly(left: Vanne) -> None:
    shown = left("forget").stdout
    assert "7 of 7 things" in shown and "This is not exact forgetting" in shown


def test_a_record_that_was_changed_or_is_none_is_refused(
    left: Vanne, home: Home, azure: Azure
) -> None:
    azure.deletes_models = False
    left("forget")
    path, document = record(home)
    document["corpus"]["after"] = "0" * 64
    for text, what in ((json.dumps(document), "changed after"), ("[]", "is not a record")):
        path.write_text(text)
        done = left("forget")
        assert getattr(done.exception, "exit_code", None) == 1 and what in str(done.exception)


def test_what_only_the_portal_can_delete_stays_open_until_it_is_gone(
    left: Vanne, home: Home, azure: Azure
) -> None:
    azure.deletes_models = False
    done = left("forget")
    assert getattr(done.exception, "exit_code", None) == 1
    assert "3 things of replaced models still at Azure" in str(done.exception)
    _, document = record(home)
    assert not document["is_complete"] and "portal" in document["steps"][1]["why"]
    assert done.stdout.count("open: ") == 3 and "delete it in the portal" in done.stdout

    for step in document["steps"]:
        azure.models.discard(step["id"])  # somebody does so
    done = left("forget")
    assert done.exit_code == 0, done.output
    assert record(home)[1]["is_complete"] and len(runs_of(home)) == 1


def test_what_is_not_there_any_more_is_gone(left: Vanne, home: Home, azure: Azure) -> None:
    old = serving(home)
    del azure.files[str(old.file)], azure.deployments[old.name]
    assert left("forget").exit_code == 0
    steps = {step["id"]: step for step in record(home)[1]["steps"]}
    assert steps[str(old.file)]["outcome"] == steps[old.name]["outcome"] == "gone"
    assert steps[str(old.file)]["status"] == 404


def test_a_404_for_what_is_there_all_the_same_is_not_believed(
    left: Vanne, home: Home, azure: Azure
) -> None:
    azure.faults = [Fault("DELETE", "/fine_tuning/jobs/", 404, "404", times=9)]
    assert getattr(left("forget").exception, "exit_code", None) == 1
    (job,) = [step for step in record(home)[1]["steps"] if step["kind"] == "job"]
    assert (job["outcome"], job["status"]) == ("open", 404)


def test_a_model_that_is_in_use_a_moment_longer_is_asked_for_again(
    left: Vanne, home: Home, azure: Azure
) -> None:
    azure.faults = [Fault("DELETE", "/models/", 409, "conflict", times=2)]
    assert left("forget").exit_code == 0
    assert record(home)[1]["is_complete"]


def test_a_model_that_stays_in_use_is_said_to_be_so(left: Vanne, home: Home, azure: Azure) -> None:
    azure.faults = [Fault("DELETE", "/models/gpt", 409, "conflict", times=99)]
    assert getattr(left("forget").exception, "exit_code", None) == 1
    (step,) = [step for step in record(home)[1]["steps"] if step["kind"] == "model"]
    assert (step["outcome"], step["why"]) == ("open", "Azure says that it is in use")


def test_deployments_that_somebody_else_made_of_the_old_model_go_too(
    left: Vanne, home: Home, azure: Azure
) -> None:
    old = serving(home)
    azure.deployments["by-hand"] = {
        "name": "by-hand",
        "properties": {"provisioningState": "Succeeded", "model": {"name": old.model}},
    }
    azure.deployments["other"] = {
        "name": "other",
        "properties": {"provisioningState": "Succeeded", "model": {"name": "gpt-4.1"}},
    }
    assert left("forget").exit_code == 0
    assert "by-hand" not in azure.deployments and "other" in azure.deployments


def test_when_azure_stops_answering_in_between_the_next_run_finishes(
    left: Vanne, home: Home, azure: Azure
) -> None:
    azure.faults = [Fault("DELETE", "/fine_tuning/jobs/", "cut", times=2)]
    assert getattr(left("forget").exception, "exit_code", None) == 75
    _, document = record(home)
    assert [step["outcome"] for step in document["steps"]] == ["gone"] * 4 + ["to do"] * 3
    assert len(runs_of(home)) == 2
    assert left("forget").exit_code == 0
    assert record(home)[1]["is_complete"] and len(azure.jobs) == 1


def test_if_there_is_nothing_to_forget_nothing_is_trained(
    run: Vanne, home: Home, azure: Azure
) -> None:
    run("train")
    say(home, "nobody-here")
    done = run("forget")
    assert (done.exit_code, len(azure.jobs)) == (0, 1), done.output
    assert serving(home).corpus == current(home).version


def test_without_anything_at_azure_there_is_nothing_to_forget(run: Vanne) -> None:
    assert "nothing of this network is at Azure" in str(run("forget").exception)


def test_the_old_model_serves_on_if_the_new_one_cannot_be_made(
    left: Vanne, home: Home, azure: Azure
) -> None:
    azure.faults = [Fault("POST", "/jobs$", 429, "insufficient_quota", times=9)]
    assert getattr(left("forget").exception, "exit_code", None) == 75
    assert len(azure.deployments) == 1 and azure.deletions() == []
    azure.faults = []
    assert left("forget").exit_code == 0 and len(azure.jobs) == 1


def test_when_too_few_are_left_for_a_new_model_the_old_one_can_go_alone(
    run: Vanne, home: Home, azure: Azure
) -> None:
    run("train")
    say(home, *MEMBERS[:8])
    error = str(run("forget").exception)
    assert "gives 8 examples" in error and "--only-delete" in error
    done = run("forget", "--only-delete")
    assert done.exit_code == 0, done.output
    assert azure.is_empty() and runs_of(home) == []
    assert record(home)[1]["model"]["after"] is None


def test_a_job_that_runs_is_stopped_when_everything_is_to_go(
    run: Vanne, home: Home, azure: Azure
) -> None:
    azure.polls_needed = 10_000
    with (home.root / "azure.toml").open("a") as file:
        file.write("wait_hours = 0.0001\n")
    run("train")
    assert len(azure.jobs) == 1
    assert run("forget", "--only-delete").exit_code == 0
    assert azure.is_empty() and any(path.endswith("/cancel") for _, path in azure.asked)
