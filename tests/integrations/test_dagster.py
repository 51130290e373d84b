"""The example of a night in Dagster, on a real network."""

import json
from pathlib import Path

import pytest

from tests.integrations.conftest import ROOT, Command
from tests.web.network import make_home

pytest.importorskip("dagster", reason="run `./run integrations`")

NIGHT = str(ROOT / "examples" / "dagster" / "night.py")


def test_the_second_night_says_what_to_delete_of_who_opted_out(
    command: Command, tmp_path: Path
) -> None:
    make_home(tmp_path / "network")
    night = ("dagster", "asset", "materialize", "-f", NIGHT, "--select", "corpus,export")
    command(*night)
    assert (tmp_path / "export" / "removed.jsonl").exists() is False
    command("vanne", "choose", "anna", "off")
    command(*night)
    export = json.loads((tmp_path / "export" / "export.json").read_text())
    removed = (tmp_path / "export" / "removed.jsonl").read_text().splitlines()
    assert len(removed) == export["since"]["removed"] > 0


def test_a_step_that_fails_says_the_line_of_the_command(command: Command, tmp_path: Path) -> None:
    make_home(tmp_path / "network")
    night = ("dagster", "asset", "materialize", "-f", NIGHT, "--select", "corpus,model")
    assert "no model has been trained" in command(*night, fails=True)
