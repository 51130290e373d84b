"""`HOME/azure.toml` and the keys: what is refused, and that no secret is kept or shown."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.azure.conftest import Vanne
from tests.azure.network import settings_text
from tests.azure.server import KEY, TOKEN, Azure
from vanne.config import Home
from vanne_azure.retirements import warnings_of


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"training_type": "GlobalStandard"}, "lets data and weights leave the region"),
        ({"training_type": "developerTier"}, "lets data and weights leave the region"),
        ({"model": "gpt-4.1-2025-04-14.ft-b044a9d3cf9c"}, "a fine-tuned one"),
        ({"model": "ft:gpt-4o:acme::1"}, "a fine-tuned one"),
        ({"model": "ftchkpt-e559c011ecc0"}, "a fine-tuned one"),
        ({"model": None}, "`model` is missing"),
        ({"endpoint": "http://acc.openai.azure.com"}, "`endpoint` is not an https address"),
        ({"endpoint": "https://key@acc.openai.azure.com"}, "`endpoint` is not an https address"),
        ({"management": "ftp://x"}, "`management` is not an https address"),
        ({"modle": "x"}, "did you mean `model`?"),
        ({"seed": -1}, "`seed` is not a number from 0 on"),
        ({"poll_seconds": 0}, "`poll_seconds` is not a number"),
        ({"examples": 9}, "`examples` is not a number from 10 on"),
        ({"content": "videos"}, "neither `texts` nor `photos`"),
        ({"deployment": "a b"}, "`deployment` `a b` is no name"),
        ({"region": 3}, "`region` is not a text"),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    run: Vanne, home: Home, azure: Azure, values: dict[str, object], what: str
) -> None:
    home.azure_settings.write_text(settings_text(azure.url, **values))
    done = run("train")
    assert getattr(done.exception, "exit_code", None) == 78
    assert str(done.exception).startswith("azure.toml: ") and what in str(done.exception)
    assert azure.asked == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[hyperparameters]\nepochs = 3", "did you mean `n_epochs`?"),
        ("[hyperparameters]\nn_epochs = 0", "not a positive number"),
        ("= 3", "not TOML"),
    ],
)
def test_hyperparameters_are_those_that_azure_knows(
    run: Vanne, home: Home, azure: Azure, text: str, what: str
) -> None:
    home.azure_settings.write_text(settings_text(azure.url) + text)
    assert what in str(run("train").exception)


def test_without_settings_the_file_is_named(run: Vanne, home: Home) -> None:
    home.azure_settings.unlink()
    assert "azure.toml" in str(run("train").exception)


@pytest.mark.parametrize("variable", ["AZURE_OPENAI_API_KEY", "AZURE_MANAGEMENT_TOKEN"])
def test_a_missing_key_is_named_and_how_to_give_it(
    run: Vanne, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv(variable)
    done = run("train")
    assert getattr(done.exception, "exit_code", None) == 69 and variable in str(done.exception)


@pytest.mark.parametrize("variable", ["AZURE_OPENAI_API_KEY", "AZURE_OPENAI_AD_TOKEN"])
def test_keys_and_tokens_may_lie_in_files_and_are_written_nowhere(
    run: Vanne, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv("AZURE_OPENAI_API_KEY")
    monkeypatch.delenv("AZURE_MANAGEMENT_TOKEN")
    for name, secret in ((variable, KEY), ("AZURE_MANAGEMENT_TOKEN", TOKEN)):
        (tmp_path / name).write_text(secret + "\n")
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / name))
    done = run("train")
    assert done.exit_code == 0, done.output
    assert run("forget").exit_code == 0
    assert KEY not in done.output and TOKEN not in done.output
    for path in home.root.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert KEY.encode() not in data and TOKEN.encode() not in data


def test_a_wrong_key_is_refused_in_one_line(run: Vanne, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "wrong-key")
    done = run("train")
    assert getattr(done.exception, "exit_code", None) == 77
    assert "answers 401" in str(done.exception) and "wrong-key" not in str(done.exception)


def test_the_state_of_another_resource_is_not_touched(run: Vanne, home: Home, azure: Azure) -> None:
    assert run("train").exit_code == 0
    home.azure_settings.write_text(settings_text(azure.url, account="other"))
    for command in ("train", "forget", "status"):
        assert "another resource" in str(run(command).exception)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"resource": "x", "serving": {"name": 1}}'])
def test_a_damaged_state_is_not_taken_for_an_empty_one(run: Vanne, home: Home, text: str) -> None:
    home.azure.mkdir()
    (home.azure / "state.json").write_text(text)
    done = run("train")
    assert getattr(done.exception, "exit_code", None) == 74 and "is damaged" in str(done.exception)


def test_without_the_package_the_line_says_how_to_install_it(home: Home) -> None:
    code = "import sys; sys.modules['openai'] = None; from vanne.cli import main; main()"
    command = [sys.executable, "-c", code, "azure", "train", "--home", str(home.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 69 and "pip install 'vanne[azure]'" in done.stderr
    assert "Traceback" not in done.stderr


TODAY = date(2026, 11, 26)


def test_the_end_of_a_model_is_said_with_the_day_of_the_list() -> None:
    (line,) = warnings_of("gpt-4.1-mini-2025-04-14", TODAY)
    assert "training may end from 2027-04-14 on" in line
    assert "deployments may end from 2027-10-14 on (schedule of 2026-09-02)" in line


def test_a_model_without_its_version_is_known_too_and_not_mistaken() -> None:
    assert warnings_of("gpt-4o", TODAY) != warnings_of("gpt-4.1", TODAY)
    assert "is not in the list" in warnings_of("gpt-5-mini", TODAY)[0]


def test_a_model_that_has_ended_and_an_old_list_are_said_to_be_so() -> None:
    said = warnings_of("gpt-4o-2024-08-06", date(2027, 12, 1))
    assert "training ended on 2027-04-01" in said[0] and "more than a year old" in said[1]


def test_a_retirement_warns_and_does_not_stop(run: Vanne) -> None:
    done = run("train")
    assert done.exit_code == 0 and "may end from 2027-04-14" in done.stderr
