"""The walks of docs/design/walks.md: what they name is what happens, in that order."""

import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import CO_OPTIMIZED
from pathlib import Path
from types import FrameType

import pytest
from starlette.testclient import TestClient

from tests.forget.homes import BORN, STARTED, hours, make_home, train
from tests.members import replace_members
from tests.web.conftest import SWITCH, sign_in
from vanne.config import Home
from vanne.forget.backlog import find_backlog, forget_backlog
from vanne.forget.verifying import verify_certificate
from vanne.sources import OWNER, read_archives
from vanne.sources.tables import write_items
from vanne.terms import Member
from vanne.web import create_app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/design/walks.md").read_text(encoding="utf-8")
PRESENT = Member(OWNER, STARTED, BORN)
OTHERS = [Member(f"m{number}", STARTED, BORN) for number in range(6)]


def named(title: str) -> list[str]:
    """Return the functions that the steps of a walk begin with."""
    walk = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\d+\. `([\w.]+)`", walk, re.MULTILINE)


@contextmanager
def calls() -> Iterator[list[str]]:
    """Note each function of ours at each call of it, in this thread and in those that it starts."""
    names: list[str] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        module = frame.f_globals.get("__name__", "")
        if event == "call" and frame.f_code.co_flags & CO_OPTIMIZED and module.startswith("vanne"):
            names.append(f"{module}.{frame.f_code.co_qualname}")

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield names
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def missing(walk: list[str], called: list[str]) -> list[str]:
    """Return the steps that were not taken after the step before them."""
    after = iter(called)
    return [step for step in walk if step not in after]


def own_archive(home: Home, tiny: object) -> None:
    """Put an archive's member into a small network, and train."""
    reading = read_archives([ROOT / "examples/archive"])
    write_items(reading.items, home.items / "own.parquet")
    replace_members([*OTHERS, PRESENT], home)
    train(home, tiny)


def switch_off(home: Home) -> None:
    """Press the switch as the page has it, let the network forget, and check the certificate."""
    app = create_app(home, now=lambda: hours(1))
    here = "http://127.0.0.1:8000"
    with TestClient(app, base_url=here, headers={"sec-fetch-site": "same-origin"}) as client:
        page = sign_in(client, OWNER).get(SWITCH).text
        key = re.search(r'name="key" value="([^"]+)"', page)[1]
        saved = client.post(SWITCH, data={"set": "off:all:", "key": key}, follow_redirects=False)
        assert saved.status_code == 303
    certificate = forget_backlog(home, find_backlog(home, hours(2)), lambda: hours(2))
    assert all(step.is_checked for step in verify_certificate(certificate, home.model))


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory, tiny: object) -> dict[str, list[str]]:
    """The calls of each walk."""
    home = make_home(tmp_path_factory.mktemp("walk") / "home")
    with calls() as of_item:
        own_archive(home, tiny)
    with calls() as of_choice:
        switch_off(home)
    return {"item": of_item, "choice": of_choice}


@pytest.mark.parametrize(
    ("title", "walk"),
    [
        ("One item, from the archive to the adapter", "item"),
        ("One choice, from the click to the certificate", "choice"),
    ],
)
def test_each_step_of_a_walk_is_taken_in_its_order(
    title: str, walk: str, taken: dict[str, list[str]]
) -> None:
    steps = named(title)
    assert len(steps) > 12
    assert missing(steps, taken[walk]) == []


def test_a_walk_of_another_order_is_found() -> None:
    assert missing(["a", "b"], ["a", "c", "b"]) == []
    assert missing(["b", "a"], ["a", "c", "b"]) == ["a"]
