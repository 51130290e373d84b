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
from vanne.site.compiling import CompiledPython, compiled
from vanne.site.program import program
from vanne.site.pyodide import pyodide

FIXTURES = Path(__file__).parents[1] / "fixtures"
SCRIPT = Path(__file__).with_name("in_node.mjs")
ARCHIVES = sorted(
    path.relative_to(FIXTURES).as_posix()
    for pattern in ("linkedin/*", "strangers/*", "discourse/*", "bluesky/*", "cv/*.*", "cvs/*.pdf")
    for path in FIXTURES.glob(pattern)
)
ARCHIVES += ["facebook-2019", "facebook-2025", "instagram", "instagram-2025"]
ARCHIVES += ["linkedin-api", "mastodon", "x"]
AS_OF = "2026-11-25"


@pytest.fixture(scope="module")
def package() -> Path:
    """Pyodide."""
    if not shutil.which("node"):
        pytest.skip("Node.js is not installed")
    try:
        return pyodide()
    except MissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def python(package: Path) -> CompiledPython:
    """What the page runs."""
    return compiled(program(), package)


@pytest.fixture(scope="module")
def documents(
    package: Path, python: CompiledPython, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Inspect each archive in Pyodide, after its pages were made in four languages."""
    parts = tmp_path_factory.mktemp("site")
    (parts / "program.zip").write_bytes(python.program)
    (parts / "stdlib.zip").write_bytes(python.stdlib)
    done = subprocess.run(
        ["node", SCRIPT, parts, package, FIXTURES, *ARCHIVES], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return dict(zip(ARCHIVES, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("archive", ARCHIVES)
def test_each_archive_has_the_same_answer(archive: str, documents: dict[str, Any]) -> None:
    inspection = inspect([FIXTURES / archive], region="CH", as_of=AS_OF)
    assert documents[archive] == json.loads(bridge.document(inspection))


def test_each_build_has_the_same_bytes(package: Path, python: CompiledPython) -> None:
    assert compiled(program(), package) == python
