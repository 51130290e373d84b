"""What every test may use: the cases, the command line as a person types it."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests.forked import VANNE, run_forked

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from vanne.config import Home
    from vanne.train.settings import Settings

SLOW_IS_FINE = [HealthCheck.too_slow]  # as is no deadline: a loaded machine is not a failure
settings.register_profile("vanne", deadline=None, suppress_health_check=SLOW_IS_FINE)
settings.load_profile("vanne")

# Scripts that tests start import from the tests; Python looks into no current folder for them.
os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])

PLUGINS = ("assist", "audit", "azure")
if os.environ.get("VANNE_PLUGINS") == "":
    # The core alone: nothing of a plug-in can be imported, and what is of them is not collected.
    sys.modules.update(dict.fromkeys([f"vanne_{name}" for name in PLUGINS]))  # type: ignore[arg-type]
    collect_ignore = [*PLUGINS, "benchmarks", "docs"]

CASES = Path(__file__).parent / "cases"
SLOWEST = Path(__file__).parent / "slowest.txt"

Run = Callable[..., subprocess.CompletedProcess[str]]


def slowest() -> list[list[str]]:
    """Return the groups of tests that take longest, the longest first."""
    lines = SLOWEST.read_text().splitlines()
    return [line.split()[1:] for line in lines if not line.startswith("#")]


PLACES = {name: (place, group[0]) for place, group in enumerate(slowest()) for name in group}


def place_of(nodeid: str) -> tuple[int, str]:
    """Return the place of a test's group in the order, and its name: a file's, if it has none."""
    file = nodeid.partition("::")[0]
    return PLACES.get(nodeid) or PLACES.get(file) or (len(PLACES), file)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no process is left alone with it at the end.

    Raises:
        UsageError: tests share an id, and xdist would run none of them.
    """
    met = Counter(item.nodeid for item in items)
    if shared := [nodeid for nodeid, count in met.items() if count > 1]:
        raise pytest.UsageError(f"several tests have the id `{shared[0]}`: give each its own")
    items.sort(key=lambda item: place_of(item.nodeid)[0])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a group to one process where `--dist loadfile` would spread its files."""
    from xdist.scheduler import LoadFileScheduling

    class ByGroup(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return place_of(nodeid)[1]

    return ByGroup(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.fixture(params=["sqlite", "postgres"])
def either_home(request: pytest.FixtureRequest, tmp_path: Path) -> "Home":
    """A home without anything in it, whose database is SQLite's and then PostgreSQL's."""
    from vanne.config import Home

    if request.param == "sqlite":
        return Home(tmp_path)
    from tests.ledger.conftest import new_schema

    return Home(tmp_path, new_schema(request.getfixturevalue("postgres")))


@pytest.fixture
def vanne(tmp_path: Path) -> Run:
    """Run `vanne ARGUMENT...` in a process of its own, in an empty folder.

    With other options of `subprocess.run` than these two, it is started from nothing.
    """

    def run(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
        if options.keys() <= {"input", "timeout"}:
            return run_forked(VANNE, *arguments, cwd=tmp_path, **options)
        command = [sys.executable, "-m", "vanne", *map(str, arguments)]
        settings = {"cwd": tmp_path, "capture_output": True, "text": True, "timeout": 600}
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
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the real model has learnt a few texts, trained once: copy it to change it."""
    from tests.train.test_real_model import GROUND, ROWS, SALT, SETTINGS
    from vanne.train.fit import fit

    store = tmp_path_factory.mktemp("learnt") / "model"
    store.mkdir()
    (store / "salt").write_bytes(SALT)
    fit(ROWS, store, SETTINGS, corpus_version="c1", ground=GROUND)
    return store


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a PostgreSQL server once, and say where it is as a user would."""
    from tests.postgres import running
    from vanne.decide.sql import on_postgres

    with pytest.MonkeyPatch.context() as patch, running() as address:
        patch.setenv(on_postgres.SETTING, address)
        yield address


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """One Chromium for all tests, those of plug-ins too."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import CHROMIUM

    settings = [
        "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
        "--js-flags=--no-opt --no-maglev",  # no page lives so long that its scripts are worth optimising
    ]  # fmt: skip
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=settings)
        yield browser
        browser.close()
