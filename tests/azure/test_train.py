"""`vanne azure train`: from the corpus to a model that answers, whatever happens on the way."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.azure.conftest import Vanne, settings_text
from tests.azure.server import KEY, TOKEN, Azure, Fault
from tests.conftest import hears_ctrl_c
from tests.photo_network import say
from vanne.config import Home
from vanne.corpus import refresh
from vanne.files import locked, make_folder
from vanne_azure.settings import AzureRun, runs_of


def serving(home: Home) -> AzureRun:
    """The one run of which something is at Azure."""
    (run,) = runs_of(home)
    return run


def test_a_model_of_the_corpus_is_trained_deployed_and_answers(
    run: Vanne, home: Home, azure: Azure
) -> None:
    done = run("train")
    assert (done.exit_code, done.exception) == (0, None), done.output
    run_there = serving(home)
    assert f"serves as `{run_there.name}`" in done.stdout
    assert azure.deployments[run_there.name]["properties"]["model"]["name"] == run_there.model


def test_what_is_asked_of_azure_keeps_data_in_the_region(
    run: Vanne, home: Home, azure: Azure
) -> None:
    with (home.root / "azure.toml").open("a") as file:
        file.write("[hyperparameters]\nn_epochs = 2\n")
    assert run("train").exit_code == 0
    job, deployment = azure.bodies
    assert job["trainingType"] == "Standard"
    assert (job["model"], job["seed"], job["suffix"]) == ("gpt-4.1-mini-2025-04-14", 0, "vanne")
    assert job["method"] == {
        "type": "supervised",
        "supervised": {"hyperparameters": {"n_epochs": 2}},
    }
    assert deployment["sku"] == {"name": "Standard", "capacity": 1}


def test_what_was_sent_is_the_export_and_nothing_stays_behind(
    run: Vanne, home: Home, azure: Azure, tmp_path: Path
) -> None:
    run("train", "-n", "--out", tmp_path / "out.jsonl")
    run("train")
    (file_id, *_) = azure.content
    assert azure.content[file_id] == (tmp_path / "out.jsonl").read_bytes()
    assert azure.files[file_id]["filename"] == serving(home).file_name
    assert not (home.root / "azure" / "sending").exists()


def test_the_same_corpus_is_not_trained_twice(run: Vanne, azure: Azure) -> None:
    run("train")
    jobs = dict(azure.jobs)
    assert run("train").exit_code == 0
    assert list(azure.jobs) == list(jobs) and len(azure.deployments) == 1


def test_a_deployment_that_azure_took_away_comes_back(run: Vanne, azure: Azure) -> None:
    run("train")
    azure.deployments.clear()  # nobody asked it anything for 15 days
    assert run("train").exit_code == 0
    assert (len(azure.jobs), len(azure.deployments)) == (1, 1)


def test_a_no_that_was_not_heard_sends_nothing(run: Vanne, home: Home, azure: Azure) -> None:
    say(home, "member-00")
    assert "has not reached the corpus" in str(run("train").exception)
    assert azure.asked == []


def test_a_resource_in_another_region_gets_nothing(run: Vanne, azure: Azure) -> None:
    azure.region = "East US 2"
    error = str(run("train").exception)
    assert "lies in `eastus2`" in error and azure.files == {}


# What goes wrong at Azure


@pytest.mark.parametrize(
    ("fault", "code", "what"),
    [
        (Fault("POST", "/jobs$", 429, "insufficient_quota", times=9), 75, "more quota"),
        (Fault("POST", "/jobs$", 403, "quotaExceeded", times=9), 75, "more quota"),
        (Fault("PUT", "/deployments/", 400, "InsufficientQuota", times=9), 75, "more quota"),
        (Fault("GET", "/files", 401, "401", "Access denied", times=9), 77, "check the key"),
        (Fault("POST", "/jobs$", 403, "Forbidden", times=9), 77, "Azure AI Owner"),
        (Fault("GET", "/jobs/", 404, "404", "Resource not found", times=9), 69, "--only-delete"),
        (Fault("POST", "/jobs$", 400, "invalidPayload", "`Anna`", times=9), 65, "invalidPayload"),
        (Fault("POST", "/files$", 500, "oops", times=9), 75, "answers 500"),
        (Fault("POST", "/files$", "cut", times=9), 75, "no connection"),
    ],
    ids=lambda value: getattr(value, "code", None) or str(value)[:12],
)
def test_an_error_of_azure_is_one_clear_line_and_the_next_run_goes_on(
    run: Vanne, home: Home, azure: Azure, fault: Fault, code: int, what: str
) -> None:
    azure.faults = [fault]
    done = run("train")
    assert getattr(done.exception, "exit_code", None) == code, done.output
    assert what in str(done.exception) and "\n" not in str(done.exception)
    assert KEY not in done.output and TOKEN not in done.output
    assert "Anna" not in done.output + str(done.exception)
    azure.faults = []
    assert run("train").exit_code == 0
    assert (len(azure.jobs), len(azure.deployments), len(azure.content)) == (1, 1, 1)


@pytest.mark.parametrize("path", ["/files$", "/jobs$"])
def test_what_was_made_before_the_connection_was_cut_is_found_again(
    run: Vanne, azure: Azure, path: str
) -> None:
    azure.faults = [Fault("POST", path, "cut after", times=9)]
    assert getattr(run("train").exception, "exit_code", None) == 75
    azure.faults = []
    assert run("train").exit_code == 0
    assert len(azure.content) == 1 and len(azure.jobs) == 1


def test_a_server_error_once_is_nothing_and_retry_after_is_heard(run: Vanne, azure: Azure) -> None:
    wait = {"retry-after": "1"}
    azure.faults = [Fault("GET", "/jobs/", 429, headers=wait), Fault("PUT", "/deployments/", 503)]
    began = time.monotonic()
    assert run("train").exit_code == 0
    assert time.monotonic() - began >= 1


def test_an_azure_that_hangs_is_given_up(run: Vanne, home: Home, azure: Azure) -> None:
    (home.root / "azure.toml").write_text(settings_text(azure.url, timeout_seconds=0.3, attempts=1))
    azure.faults = [Fault("GET", ".", "hang", times=99)]
    error = str(run("train").exception)
    assert "cannot be reached (no answer in time)" in error


def test_an_address_where_nobody_listens_is_named_as_such(run: Vanne, home: Home) -> None:
    (home.root / "azure.toml").write_text(settings_text("http://127.0.0.1:9", attempts=1))
    assert "cannot be reached (no connection)" in str(run("train").exception)


def test_a_file_that_azure_refuses_is_an_error_and_goes_at_the_next_run(
    run: Vanne, home: Home, azure: Azure, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.azure import server

    with monkeypatch.context() as patch:
        patch.setattr(server, "wrong_line", lambda _: "Invalid file. Line 4: cannot use `A post`")
        done = run("train")
    error = str(done.exception)
    assert error.startswith("Azure refuses the training file")
    assert "A post" not in done.output + error
    assert run("train").exit_code == 0
    assert len([f for f in azure.files.values() if f["purpose"] == "fine-tune"]) == 1


def test_a_job_that_failed_says_its_code_and_is_cleared_at_the_next_run(
    run: Vanne, home: Home, azure: Azure
) -> None:
    azure.ends_as = "failed"
    azure.job_error = {"code": "invalid_training_file", "message": "Example 3: `Anna` is wrong"}
    error = str(run("train").exception)
    assert "ended as `failed` (`invalid_training_file`)" in error and "Anna" not in error
    assert serving(home).has_failed and len(azure.jobs) == 1  # its message can be looked at
    azure.ends_as = "succeeded"
    assert run("train").exit_code == 0
    assert not serving(home).has_failed and len(azure.jobs) == 1


def test_a_job_that_takes_too_long_is_gone_on_with(run: Vanne, home: Home, azure: Azure) -> None:
    azure.polls_needed = 10_000
    (home.root / "azure.toml").write_text(
        settings_text(azure.url, wait_hours=0.0005, poll_seconds=1.0)
    )
    error = str(run("train").exception)
    assert "is not ready after 0.0005 hours" in error
    azure.polls_needed = 0
    assert run("train").exit_code == 0 and len(azure.jobs) == 1


# Killed, interrupted, overtaken


def started(home: Home) -> subprocess.Popen[str]:
    """Start `vanne azure train` in a process of its own."""
    command = [sys.executable, "-m", "vanne", "azure", "train", "--home", str(home.root)]
    return subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=dict(os.environ), preexec_fn=hears_ctrl_c
    )


def wait_for_job(azure: Azure) -> None:
    until = time.monotonic() + 300
    while not any(job["polls"] for job in azure.jobs.values()):
        assert time.monotonic() < until
        time.sleep(0.05)


def test_whoever_is_killed_goes_on_where_they_were(run: Vanne, home: Home, azure: Azure) -> None:
    azure.polls_needed = 10_000
    with started(home) as process:
        wait_for_job(azure)
        process.kill()
    coming = serving(home)
    assert coming.job in azure.jobs
    azure.polls_needed = 0
    done = run("train")
    assert f"going on with `{coming.name}`" in done.stderr
    assert (len(azure.jobs), len(azure.content)) == (1, 1)


def test_ctrl_c_leaves_the_job_running_and_says_how_to_go_on(home: Home, azure: Azure) -> None:
    azure.polls_needed = 10_000
    with started(home) as process:
        wait_for_job(azure)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=300)[1]
    assert process.returncode == 130
    assert "runs on: the same command goes on where this was" in said
    (job,) = azure.jobs.values()
    assert job["status"] in ("queued", "running") and azure.deletions() == []


def test_a_run_that_is_not_of_the_corpus_any_more_is_stopped_and_deleted(
    run: Vanne, home: Home, azure: Azure
) -> None:
    azure.polls_needed = 10_000
    (home.root / "azure.toml").write_text(settings_text(azure.url, wait_hours=0.0001))
    run("train")
    (old,) = azure.jobs
    say(home, "member-00")
    refresh(home, datetime.now(UTC))
    azure.jobs[old]["polls"] = -10_000  # it would run on
    azure.polls_needed = 0
    assert run("train").exit_code == 0
    assert ("POST", f"/openai/v1/fine_tuning/jobs/{old}/cancel") in azure.asked
    assert old not in azure.jobs and len(azure.jobs) == 1
    assert len(azure.deployments) == 1
    assert serving(home).examples == 22


def test_two_at_once_do_not_train_twice(run: Vanne, home: Home, azure: Azure) -> None:
    make_folder(home.root / "azure")
    with locked(home.root / "azure"):
        assert getattr(run("train").exception, "exit_code", None) == 75
    assert azure.jobs == {}
