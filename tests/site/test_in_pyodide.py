"""Python in the browser says the same as the command line: here Pyodide runs in Node."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from vanne.errors import MissingError
from vanne.report.inspection import inspect
from vanne.site import bridge
from vanne.site.program import program
from vanne.site.pyodide import pyodide

FIXTURES = Path(__file__).parents[1] / "fixtures"
SCRIPT = Path(__file__).with_name("in_node.mjs")
ARCHIVES = sorted(
    path.relative_to(FIXTURES).as_posix()
    for pattern in ("linkedin/*", "strangers/*", "discourse/*", "bluesky/*", "cv/*.docx")
    for path in FIXTURES.glob(pattern)
)
ARCHIVES += ["cv/resume.json", "facebook-2019", "facebook-2025", "instagram", "instagram-2025"]
ARCHIVES += ["linkedin-api", "mastodon", "x"]
AS_OF = "2026-11-25"


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Inspect each archive in Pyodide, after its pages were made in four languages."""
    node = shutil.which("node")
    try:
        package = pyodide()
    except MissingError as error:
        pytest.skip(str(error))
    if node is None:
        pytest.skip("Node.js is not installed")
    zipped = tmp_path_factory.mktemp("site") / "program.zip"
    zipped.write_bytes(program())
    done = subprocess.run(
        [node, SCRIPT, zipped, package, FIXTURES, *ARCHIVES], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(zip(ARCHIVES, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("archive", ARCHIVES)
def test_each_archive_has_the_same_answer(archive: str, documents: dict[str, Any]) -> None:
    inspection = inspect([FIXTURES / archive], region="CH", as_of=AS_OF)
    assert documents[archive] == json.loads(bridge.document(inspection))


def test_each_build_of_the_program_has_the_same_bytes() -> None:
    assert program() == program()
