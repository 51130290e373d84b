"""What every test may use: the cases, the command line as a person types it."""

import gc
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests.forked import VANNE, begin_for_all, run_forked

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from vanne.config import Home
    from vanne.train.settings import TrainingSettings

SLOW_IS_FINE = [HealthCheck.too_slow]  # as is no deadline: a loaded machine is not a failure
EXAMPLES = 12
settings.register_profile(
    "vanne", max_examples=EXAMPLES, deadline=None, suppress_health_check=SLOW_IS_FINE,
    derandomize=True,  # a run fails by a change, and never by what it happened to draw
)  # fmt: skip
settings.register_profile("search", settings.get_profile("vanne"), derandomize=False)
settings.load_profile("vanne")

# Scripts that tests start import from the tests; Python looks into no current folder for them.
os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # a thread that waits leaves the core to others
# Many processes start: each module is compiled once, and the tests themselves are rewritten once.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

collect_ignore = ["cases", "fixtures"]
PLUGINS = ("assist", "audit", "azure")
if os.environ.get("VANNE_PLUGINS") == "":
    # The core alone: nothing of a plug-in can be imported, and what is of them is not collected.
    sys.modules.update(dict.fromkeys([f"vanne_{name}" for name in PLUGINS]))  # type: ignore[arg-type]
    collect_ignore += [*PLUGINS, "benchmarks", "docs"]

CASES = Path(__file__).parent / "cases"
SLOWEST = Path(__file__).parent / "slowest.txt"
SECOND = Path(__file__).parent / "second.txt"

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


def second_proofs() -> dict[str, str]:
    """Return the second proofs, each with what proves the same in a run without `--all`."""
    lines = SECOND.read_text().splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return dict(rows)


SECOND_PROOFS = second_proofs()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that also runs the second proofs."""
    parser.addoption("--all", action="store_true", help="run the second proofs too")


def line_of(nodeid: str) -> str | None:
    """Return the line of the second proofs that names a test, its function or its file."""
    names = (nodeid, nodeid.partition("[")[0], nodeid.partition("::")[0])
    return next((name for name in names if name in SECOND_PROOFS), None)


def check_second_proofs(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a list of second proofs with a line that names no test of a file that was read.

    Raises:
        UsageError: a line names nothing.
    """
    if getattr(config.option, "lf", False) or any("::" in arg for arg in config.args):
        return  # not every test of a file was read
    files = {item.nodeid.partition("::")[0] for item in items}
    named = {line_of(item.nodeid) for item in items}
    for line in SECOND_PROOFS:
        file = line.partition("::")[0]
        if not (config.rootpath / file).is_file() or (file in files and line not in named):
            raise pytest.UsageError(f"{SECOND.name}: `{line}` names no test")


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Begin with what takes longest, so that no process is left alone with it at the end.

    A second proof is left out without `--all`, unless its file is named.

    Raises:
        UsageError: tests share an id, and xdist would run none of them.
    """
    met = Counter(item.nodeid for item in items)
    if shared := [nodeid for nodeid, count in met.items() if count > 1]:
        raise pytest.UsageError(f"several tests have the id `{shared[0]}`: give each its own")
    check_second_proofs(config, items)
    if not config.option.all:
        left = [i for i in items if line_of(i.nodeid) and not session.isinitpath(i.path)]
        config.hook.pytest_deselected(items=left)
        gone = set(left)
        items[:] = [item for item in items if item not in gone]
    items.sort(key=lambda item: place_of(item.nodeid)[0])
    for item in items:
        if is_quick(item):
            item.add_marker(pytest.mark.quick)


def pytest_collection_finish() -> None:
    """Let no collection of garbage look again at the libraries and at ten thousand tests.

    Each would take 0.1 to 0.3 s of CPU; in 900 tests there were 29.
    """
    gc.freeze()


SLOW_FIXTURES = {"vanne", "tiny", "learnt", "postgres", "spark", "browser", "tiny_tree"}
SLOW_NAMES = (
    r"(subprocess|multiprocessing|concurrent|threading|psycopg|playwright|uvicorn"
    r"|vanne\.(train\.fit|forget|web)|starlette\.testclient"
    r"|tests\.(forked|postgres|loaded|web|security\.running|azure|photo_network|train\.tiny"
    r"|assist\.writing\.model_server))\b"
)
SLOW_MODULES = re.compile(SLOW_NAMES)
SLOW_IMPORT = re.compile(rf"^(from|import) {SLOW_NAMES}", re.MULTILINE)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave aside files of second proofs alone, and those without a quick test if only they are asked for.

    To import a file is slow.
    """
    name = collection_path.relative_to(config.rootpath).as_posix()
    if name in SECOND_PROOFS and not config.option.all:
        return True
    if config.option.markexpr != "quick" or collection_path in Path(__file__).parents:
        return None
    if name in PLACES:
        return True
    file = collection_path / "conftest.py" if collection_path.is_dir() else collection_path
    is_python = file.suffix == ".py" and file.exists()
    return (is_python and SLOW_IMPORT.search(file.read_text()) is not None) or None


def is_quick(item: pytest.Item) -> bool:
    """Say whether a test uses nothing that is slow, and is none of the slowest.

    It uses no process, server, browser, model or page.
    """
    params = item.callspec.params.values() if hasattr(item, "callspec") else ()
    asked = {*getattr(item, "fixturenames", ()), *(each for each in params if type(each) is str)}
    if asked & SLOW_FIXTURES or place_of(item.nodeid)[0] < len(PLACES):
        return False
    return is_quick_module(item.module)  # type: ignore[attr-defined]


@cache
def is_quick_module(module: ModuleType) -> bool:
    """Say whether a file of tests imports nothing that is slow."""
    names = (
        value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        for value in vars(module).values()
    )
    return not any(name and SLOW_MODULES.match(name) for name in names)


# All cores, unless one file is asked for: that stays in this process, where a debugger can stop

SHARED_MEMORY = Path("/dev/shm")
ROOM = 4 * 2**30
"""Bytes that must be free in memory for the folders of the tests and for programs."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Spread the tests over the cores, and keep their folders in memory."""
    option = config.option
    if hasattr(config, "workerinput"):  # this is one of the processes already
        return
    asked = getattr(option, "numprocesses", 0)  # 0 too where pytest-xdist is not installed
    named_files = any(Path(arg.partition("::")[0]).is_file() for arg in config.args)
    if asked is not None or named_files or option.usepdb or option.collectonly:
        return
    # two more than there are cores: tests of servers and browsers wait a third of their time
    option.numprocesses = config.hook.pytest_xdist_auto_num_workers(config=config) + 2
    option.dist, option.loadscopereorder = "loadfile", False
    if option.markexpr != "quick":
        begin_for_all()  # its own folder, which it takes away last, is not in the one of the tests
    if "TMPDIR" not in os.environ and has_room(SHARED_MEMORY):
        config.add_cleanup(keep_folders_in(SHARED_MEMORY))


def has_room(folder: Path) -> bool:
    """Say whether the folders of the tests fit there, and programs in them can be run."""
    if not os.access(folder, os.W_OK):
        return False
    stat = os.statvfs(folder)
    return not stat.f_flag & os.ST_NOEXEC and stat.f_bavail * stat.f_frsize > ROOM


def keep_folders_in(folder: Path) -> Callable[[], None]:
    """Make the place of temporary files: a commit takes 10 ms on a disk, 0.01 in memory."""
    made = tempfile.mkdtemp(prefix="vanne-tests-", dir=folder)
    Path(made).chmod(0o1777)  # as /tmp is: some tests are another user for a while
    os.environ["TMPDIR"] = tempfile.tempdir = made
    return lambda: shutil.rmtree(made, ignore_errors=True)


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
def tiny(tmp_path_factory: pytest.TempPathFactory) -> "TrainingSettings":
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


@pytest.fixture
def proof_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prove certificates in this process: to start another costs 4 s, and gives the same bytes.

    That it does is shown by `verify --proof` of a night's commands (tests/forget/test_home.py).
    """
    from vanne.forget import proof

    monkeypatch.setattr(proof, "_run", proof.train_job)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a PostgreSQL server once, and say where it is."""
    from tests.postgres import running

    with pytest.MonkeyPatch.context() as patch, running() as address:
        patch.setenv("TEST_POSTGRES", address)
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
