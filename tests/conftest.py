"""What every test may use: the cases, the command line as a person types it."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from vanne.train.settings import Settings

settings.register_profile("vanne", deadline=None)  # a loaded machine is not a failure
settings.load_profile("vanne")

CASES = Path(__file__).parent / "cases"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def vanne(tmp_path: Path) -> Run:
    """Run `vanne ARGUMENT...` in a process of its own, in an empty folder."""

    def run(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "vanne", *map(str, arguments)]
        settings = {"cwd": tmp_path, "capture_output": True, "text": True, "timeout": 120}
        return subprocess.run(command, **(settings | options))

    return run


def hears_ctrl_c() -> None:
    """Let a process be interrupted, also where the tests were started in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> "Settings":
    """Settings that train a tiny model, which is made once."""
    from tests.train.tiny import save_tiny_model, tiny_settings

    return tiny_settings(save_tiny_model(tmp_path_factory.mktemp("tiny-model")))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a PostgreSQL server once, and say where it is as a user would."""
    from tests.postgres import running
    from vanne.decide.sql import on_postgres

    with pytest.MonkeyPatch.context() as patch, running() as address:
        patch.setenv(on_postgres.SETTING, address)
        yield address
