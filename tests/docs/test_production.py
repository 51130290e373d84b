"""The container and the units of `run-in-production.md` name what there is. No image is built here."""

import json
import os
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import click
import pytest
import yaml

from tests.forked import VANNE, Started, run_forked
from tests.ledger.conftest import new_schema
from tests.night.test_drifts import lake
from vanne.cli import cli
from vanne.extras import EXTRAS
from vanne.settings import PREFIX, Settings
from vanne.tokens import scopes_known

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/howto/run-in-production.md").read_text()
COMPOSE = ROOT / "examples/container/compose.yaml"
VARIABLES = {PREFIX + name.upper() for name in Settings.model_fields}
VARIABLES |= {f"{name}_FILE" for name in VARIABLES} | {"VANNE_HOME"}
SERVICES = yaml.safe_load(COMPOSE.read_text())["services"]
UNITS = dict(re.findall(r"`/etc/systemd/system/([\w.-]+)`:\n\n```ini\n(.*?)```", PAGE, re.S))


def instructions() -> list[tuple[str, str]]:
    """Return the instructions of the Containerfile, each on one line."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Containerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def check_command(words: list[str]) -> None:
    """Have click read a command line, without running it."""
    context, command = click.Context(cli, **cli.context_settings), cli
    while isinstance(command, click.Group):
        found = command.get_command(context, words[0])
        assert found, words
        command, words = found, words[1:]
    # with the parent's settings: click keeps the first option of help that it makes of a command
    command.make_context("vanne", list(words), parent=context, resilient_parsing=True)
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= known, words


def test_the_image_copies_and_runs_what_there_is() -> None:
    steps = instructions()
    assert [word for word, _ in steps].count("FROM") == 2
    [entry, start] = [json.loads(rest) for word, rest in steps if word in ("ENTRYPOINT", "CMD")]
    assert entry[0] in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    check_command(start)
    [extras] = [rest.partition("=")[2] for word, rest in steps if word == "ARG"]
    assert set(extras.split(",")) <= EXTRAS.keys()
    for word, rest in steps:
        if word == "RUN":
            for path in re.findall(r"/src/([\w./-]+)", rest):
                assert (ROOT / path).is_file()
            for line in rest.split(" && "):
                assert shutil.which(shlex.split(line)[0]), line
    named = [rest.split()[0] for word, rest in steps if word == "ENV"]
    assert {name.partition("=")[0] for name in named} <= VARIABLES


def test_the_versions_of_the_image_are_those_of_the_locks(tmp_path: Path) -> None:
    [step] = [rest for word, rest in instructions() if "versions.txt" in rest and "sed" in rest]
    command = re.sub(r"/(?=src|wheels)", "./", step.partition(" && ")[2])
    (tmp_path / "src").symlink_to(ROOT)
    (tmp_path / "wheels").mkdir()
    subprocess.run(["sh", "-c", command], check=True, cwd=tmp_path)
    lines = (tmp_path / "wheels" / "versions.txt").read_text().splitlines()
    assert len(lines) > 100
    assert all(re.fullmatch(r"[a-z0-9.-]+==\S+( ; .*)?", line) for line in lines)


def test_the_services_name_settings_volumes_and_secrets_that_there_are() -> None:
    whole = yaml.safe_load(COMPOSE.read_text())
    for name in ("pages", "worker", "night"):
        assert {n for n in SERVICES[name]["environment"] if not n.startswith("AWS_")} <= VARIABLES
        check_command(SERVICES[name]["command"])
        assert SERVICES[name]["build"] == SERVICES["pages"]["build"]
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= SERVICES.keys()
        assert set(service.get("secrets", [])) <= whole["secrets"].keys()
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in whole["volumes"] or (COMPOSE.parent / source).is_file()
    build = SERVICES["pages"]["build"]
    assert (COMPOSE.parent / build["context"] / build["dockerfile"]).samefile(
        ROOT / "Containerfile"
    )


def test_the_night_and_the_worker_run_as_their_services_say(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their very commands and settings, as processes beside PostgreSQL; without containers."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(lake(tmp_path / "lake", 1, {}), home / "night.toml")
    (tmp_path / "database-url").write_text(new_schema(postgres))
    monkeypatch.setenv("VANNE_HOME", str(home))
    for name, value in SERVICES["night"]["environment"].items():
        monkeypatch.setenv(name, value.replace("/run/secrets", str(tmp_path)))
    assert SERVICES["worker"]["environment"] == SERVICES["night"]["environment"]
    night = run_forked(VANNE, *SERVICES["night"]["command"])
    assert (night.returncode, night.stdout[:13]) == (0, "a good night:"), night.stderr
    assert not (home / "ledger.sqlite").exists()
    reads, writes = os.pipe()
    worker = Started(VANNE, *SERVICES["worker"]["command"], err=writes)
    os.close(writes)
    with os.fdopen(reads) as said:
        assert said.readline().startswith("the worker hears the ledger")
        worker.terminate()
        assert worker.wait(60) == 0


def test_the_units_run_commands_that_there_are() -> None:
    assert UNITS.keys() == {"vanne.service", "vanne-night.service", "vanne-night.timer"}
    for text in UNITS.values():
        for line in re.findall(r"^ExecStart=/opt/vanne/bin/vanne (.*)$", text, re.M):
            check_command(line.split())


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not there")
def test_systemd_reads_the_units(tmp_path: Path) -> None:
    for name, text in UNITS.items():
        program = tmp_path / "vanne"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        (tmp_path / name).write_text(text.replace("/opt/vanne/bin/vanne", str(program)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(tmp_path / name for name in UNITS)],
        capture_output=True,
        text=True,
    )
    ours = [line for line in done.stderr.splitlines() if "vanne" in line and "User" not in line]
    assert ours == []


def test_what_prometheus_asks_for_is_there() -> None:
    numbers = set(re.findall(r"vanne_\w+_seconds", PAGE))
    source = (ROOT / "src/vanne/night/metrics.py").read_text()
    assert numbers and all(name in source for name in numbers)
    assert "metrics" in scopes_known()
    check_command("token create prometheus --scope metrics".split())
    for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.S):
        assert yaml.safe_load(text)
