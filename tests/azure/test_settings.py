"""`HOME/azure.toml` and the keys: what is refused, and that no secret is kept or shown."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.azure.conftest import Vanne, settings_text
from tests.azure.server import KEY, TOKEN, Azure
from tests.table import every
from vanne.config import Home


@every(
    ("values", "what"),
    [
        ({"training_type": "GlobalStandard"}, "line 11: `training_type` is not a key"),
        ({"model": "gpt-4.1-2025-04-14.ft-b044a9d3cf9c"}, "a fine-tuned model"),
        ({"model": "ft:gpt-4o:acme::1"}, "a fine-tuned model"),
        ({"model": "ftchkpt-e559c011ecc0"}, "a fine-tuned model"),
        ({"model": None}, "`model` is missing"),
        ({"endpoint": "http://acc.openai.azure.com"}, "not an https address"),
        ({"endpoint": "https://key@acc.openai.azure.com"}, "not an https address"),
        ({"management": "ftp://x"}, "`management` is not an https address"),
        ({"modle": "x"}, "did you mean `model`?"),
        ({"poll_seconds": 0}, "`poll_seconds` input should be greater"),
        ({"examples": 9}, "`examples` input should be greater"),
        ({"deployment": "a b"}, "`deployment` string should match"),
        ({"region": 3}, "`region` must be a string"),
        ({"hyperparameters.epochs": 3}, "use one of `n_epochs`, `batch_size` or"),
        ({"hyperparameters.n_epochs": 0}, "input should be greater than 0"),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_sent(
    run: Vanne, home: Home, azure: Azure, values: dict[str, object], what: str
) -> None:
    (home.root / "azure.toml").write_text(settings_text(azure.url, **values))
    done = run("train")
    assert getattr(done.exception, "exit_code", None) == 78
    line = f"{done.exception}; {getattr(done.exception, 'todo', '')}"
    assert line.startswith("azure.toml: ") and what in line and "\n" not in line
    assert azure.asked == []


def test_settings_that_are_missing_or_no_toml_are_named(run: Vanne, home: Home) -> None:
    (home.root / "azure.toml").write_text("= 3")
    assert "`azure.toml` is not TOML" in str(run("train").exception)
    (home.root / "azure.toml").unlink()
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


def test_what_lies_in_another_resource_is_not_touched(run: Vanne, home: Home, azure: Azure) -> None:
    assert run("train").exit_code == 0
    (home.root / "azure.toml").write_text(settings_text(azure.url, account="other"))
    for command in ("train", "forget"):
        assert "another resource" in str(run(command).exception)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"resource": "x", "serving": {"name": 1}}'])
def test_a_damaged_note_is_not_taken_for_none(run: Vanne, home: Home, text: str) -> None:
    (home.root / "azure" / "runs").mkdir(parents=True)
    (home.root / "azure" / "runs" / "vanne-1.json").write_text(text)
    done = run("train")
    assert getattr(done.exception, "exit_code", None) == 74 and "is damaged" in str(done.exception)


def test_without_the_package_the_line_says_how_to_install_it(home: Home) -> None:
    code = "import sys; sys.modules['openai'] = None; from vanne.cli import main; main()"
    command = [sys.executable, "-c", code, "azure", "train", "--home", str(home.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 69 and "pip install 'vanne[azure]'" in done.stderr
    assert "Traceback" not in done.stderr
