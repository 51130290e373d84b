"""The examples of docs/reference/api.md run as they stand, against a real server."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.running import running
from tests.web.api.conftest import make_searched, token_for, with_model, with_objection
from vanne.config import Home
from vanne.corpus import current
from vanne.train.settings import TrainingSettings

pytest.importorskip("vanne_assist", reason="the page is of the core and all plug-ins")

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "api.md"
OPERATION = re.compile(r"^### `(\w+ \S+)`$(.*?)(?=^##|\Z)", re.M | re.S)
OPERATIONS = dict(OPERATION.findall(PAGE.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, talking: TrainingSettings) -> Home:
    home = with_objection(make_searched(tmp_path_factory.mktemp("page") / "home"))
    with_model(home, talking, corpus=current(home).version)
    return home


@pytest.fixture(scope="module")
def url(home: Home) -> Iterator[str]:
    """The address of a server, without the last slash."""
    with running(home) as server:
        yield server.origin


@pytest.fixture(scope="module")
def token(home: Home) -> str:
    return token_for(home)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_example_works(operation: str, home: Home, url: str, token: str) -> None:
    (example,) = re.findall(r"^```sh\n(.*?)^```$", OPERATIONS[operation], re.M | re.S)
    done = subprocess.run(
        ["sh", "-c", example], capture_output=True, text=True, cwd=home.root, timeout=300,
        env=os.environ | {"VANNE": url, "TOKEN": token, "no_proxy": "127.0.0.1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout or "-o " in example
