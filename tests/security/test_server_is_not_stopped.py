"""Whatever people write, and however long it takes to read: nobody's switch waits for it."""

import ast
import inspect
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

import vanne.web
from tests.security.running import Running, running
from tests.web.network import item
from tests.web.test_switch import text_of
from vanne.config import Home
from vanne.sources.tables import write_items
from vanne.tokens import create
from vanne.web.api.app import routes
from vanne.web.api.route import Guarded, ReadingRoute
from vanne.web.app import SWITCH

pytest.importorskip("vanne_assist", reason="its pages are those that read texts")
from tests.assist.tools import ITEMS, make_tools
from vanne_assist.web import attached

LINE = "Nurse at Kalmia Hospital, Bern, since 2015. I led the move of the records to PostgreSQL. "
SECONDS = 2
LONG = tuple(item(f"a-long-{n}", "anna", "position", LINE * 5000, lang="en") for n in range(8))
"""To read these takes several times the budget, however fast a reader is that is linear."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A network in which Anna has written far too much."""
    made = make_tools(tmp_path_factory.mktemp("stopped") / "home")
    write_items((*ITEMS, *LONG), made.items / "items.parquet")
    return made


@pytest.fixture(scope="module")
def server(home: Home) -> Iterator[Running]:
    """Its server."""
    with running(home, VANNE_WORK_SECONDS=str(SECONDS), VANNE_READERS="1") as server:
        yield server


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Those who ask at the same time."""
    with ThreadPoolExecutor(16) as pool:
        yield pool


def at_work(
    server: Running, pool: ThreadPoolExecutor, browser: httpx2.Client
) -> tuple[Future[httpx2.Response], int]:
    """Ask for what takes a reader longest; return the answer to come, and the reader at work."""
    before = {reader: cpu_of(reader) for reader in readers_of(server)}
    worst = pool.submit(browser.get, "/opportunities")
    while not worst.done():
        for reader in readers_of(server):
            if cpu_of(reader) > before.setdefault(reader, cpu_of(reader)) + SECONDS / 4:
                return worst, reader
        time.sleep(0.01)
    raise AssertionError(worst.result())


def cpu_of(process: int) -> float:
    """Return the seconds of processor that a process has used."""
    used = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def choose(server: Running, member: str) -> None:
    """Let a member switch training off and look at the receipt."""
    browser = server.member(member)
    sent = {"set": "off:all:generative-ai-training", "key": f"key-{time.monotonic_ns()}"}
    saved = browser.post(SWITCH, data=sent)
    assert saved.status_code == 200 and "Receipt no." in text_of(saved.text)
    record = browser.get(f"{SWITCH}/record")
    receipt = record.text.partition('href="/receipts/')[2].partition('"')[0]
    assert browser.get(f"/receipts/{receipt}").status_code == 200


def test_a_choice_and_its_receipt_are_answered_while_the_worst_request_runs(
    server: Running, pool: ThreadPoolExecutor
) -> None:
    worst, reader = at_work(server, pool, server.member("anna"))
    os.kill(reader, signal.SIGSTOP)  # so that it is at work for as long as the choice takes
    try:
        choose(server, "bruno")
        assert not worst.done(), "the choice was not made while the request ran"
    finally:
        os.kill(reader, signal.SIGCONT)
    assert worst.result().status_code == 422
    assert "a fault of ours" not in server.log.read_text()


def test_as_many_as_may_wait_keep_no_choice_waiting(
    server: Running, pool: ThreadPoolExecutor
) -> None:
    anna = server.member("anna")
    worst = [pool.submit(anna.get, "/opportunities") for _ in range(6)]
    choose(server, "carla")
    assert {each.result().status_code for each in worst} <= {422, 503}


def test_who_uses_up_the_budget_is_told_so_in_their_language(server: Running) -> None:
    answer = server.member("anna", "fr").get("/profile/suggestions")
    assert answer.status_code == 422 and "Cela demande trop de travail" in answer.text


def test_a_program_that_uses_up_the_budget_is_told_so(server: Running, home: Home) -> None:
    token = create(home, "jobs", ("opportunities",), 1, datetime.now(UTC))
    time.sleep(1)  # the server takes note within a second
    status, body = server.ask(
        "GET", "/v1/opportunities?member_id=anna", Authorization=f"Bearer {token}"
    )
    assert status == 422 and b"urn:vanne:problem:too-much-work" in body


def test_a_reader_that_is_killed_costs_its_request_alone(
    server: Running, pool: ThreadPoolExecutor
) -> None:
    anna, bruno = server.member("anna"), server.member("bruno")
    assert bruno.get("/opportunities").status_code == 200
    worst, reader = at_work(server, pool, anna)
    os.kill(reader, signal.SIGKILL)
    answer = worst.result()
    assert answer.status_code == 503 and "look whether it was kept" in answer.text
    assert bruno.get("/opportunities").status_code == 200


def readers_of(server: Running) -> list[int]:
    """The readers of a server: those that write to its log and that the kernel ends first."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_its_own = (process / "fd/2").readlink() == server.log
            if is_its_own and (process / "oom_score_adj").read_text().strip() == "1000":
                found.append(int(process.name))
    return found


def test_who_waits_for_a_model_keeps_nobody_from_reading(
    home: Home, pool: ThreadPoolExecutor, tmp_path: Path
) -> None:
    copy = Home(Path(shutil.copytree(home.root, tmp_path / "home")))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        settings = f'base_url = "{url}"\nmodel = "m"\nattempts = 1\ntimeout_seconds = 20\n'
        (copy.root / "writing.toml").write_text(settings)
        with running(copy, VANNE_READERS="1") as server:
            anna, bruno = server.member("anna"), server.member("bruno")
            sent = {"do": "draft", "topic": "our move to Python", "what": "we moved to Python"}
            drafting = pool.submit(anna.post, "/write", data=sent)
            time.sleep(1)
            assert bruno.get("/opportunities").status_code == 200
            assert not drafting.done()
            choose(server, "carla")
            drafting.result()


def test_a_reader_takes_no_code_from_the_folder_of_the_server(home: Home, tmp_path: Path) -> None:
    mark, script = tmp_path / "mark", tmp_path / "bin" / "vanne"
    script.parent.mkdir()
    script.write_text("from vanne.__main__ import main\n\nif __name__ == '__main__':\n    main()\n")
    for name in ("multiprocessing", "resource", "signal", "csv", "tomllib", "zoneinfo", "numpy"):
        (tmp_path / f"{name}.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    with running(home, cwd=tmp_path, started=[str(script)]) as server:
        assert server.member("bruno").get("/opportunities").status_code == 200
    assert not mark.exists()


TEXT_WORK = (
    "vanne_assist.brief",
    "vanne_assist.fairness.search",
    "vanne_assist.jobs.match",
    "vanne_assist.recruiting.evidence",
    "vanne_assist.search",
    "vanne_assist.writing.builder",
    "vanne_assist.writing.coach",
    "vanne_assist.writing.drafting",
    "vanne_assist.writing.profile",
    "vanne.objections.excerpts",
    "vanne_assist.own.passages_of",
    "vanne.screening",
    "vanne.sources",
)
"""What reads texts that people wrote."""


WEB = Path(vanne.web.__file__).parent
PAGES = {WEB / "app.py": WEB / "pages", Path(attached.__file__): Path(attached.__file__).parent}
"""The files that say at which address a page is, and where the pages lie."""


def reads_texts(file: Path) -> bool:
    nodes = ast.walk(ast.parse(file.read_text()))
    names = [
        f"{node.module}.{each.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for each in node.names
    ]
    return any(name == work or name.startswith(f"{work}.") for name in names for work in TEXT_WORK)


def test_every_page_that_reads_texts_is_answered_by_a_reader() -> None:
    """A page is `Route(path, module.function)`, and elsewhere `elsewhere(module.function)`."""
    met = set()
    for file, folder in PAGES.items():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Route":
                name = ast.unparse(node.args[1]).split("(")[0].split(".")[0]
                met.add(name)
                if name != "elsewhere":
                    assert not reads_texts(folder / f"{name}.py"), f"{name} reads texts here"
    assert {"switches", "objecting", "records", "elsewhere"} <= met


def test_every_route_of_the_api_that_reads_texts_is_answered_by_a_reader() -> None:
    guarded = [route for route in routes() if isinstance(route, Guarded)]
    for route in guarded:
        file = Path(inspect.getfile(route.endpoint))
        assert isinstance(route, ReadingRoute) or not reads_texts(file), (
            f"{file.name} reads texts here"
        )
    assert any(isinstance(route, ReadingRoute) for route in guarded)
