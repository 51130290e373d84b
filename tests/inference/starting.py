"""Engines that start fast: this process, which has torch already, writes the copy."""

import subprocess
import tempfile
from pathlib import Path

import pytest

from vanne.inference.engine import Engine, prepare


def start_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an engine begin with its command; writing the copy in a process of its own is left out."""

    def start(store: Path, command: str) -> Engine:
        folder = Path(tempfile.mkdtemp(prefix="vanne-engine-"))
        words = prepare(store, folder, command)
        process = subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        return Engine(store, folder, process)

    monkeypatch.setattr(Engine, "start", start)
