"""What others' tools need to run beside Vanne: `./run integrations` makes their environment."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Command = Callable[..., str]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Run a program of the environment in a folder of its own; return what it printed."""
    (tmp_path / "bin").mkdir()
    vanne = tmp_path / "bin" / "vanne"
    vanne.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vanne "$@"\n')
    vanne.chmod(0o755)
    path = f"{vanne.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {
        "PATH": path,
        "LC_ALL": "C.UTF-8",
        "VANNE_HOME": "network",
        "DAGSTER_HOME": str(tmp_path),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DAGSTER_DISABLE_TELEMETRY": "true",
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path / "hugging-face"),
    }

    def run(*arguments: str, fails: bool = False, **more: str) -> str:
        done = subprocess.run(
            arguments, capture_output=True, text=True, cwd=tmp_path, timeout=300,
            env=environment | more, check=False,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr if fails else done.stdout

    return run
