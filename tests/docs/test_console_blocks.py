"""Every ```console block of the docs is run, in order, and must print what the page says.

A command goes on in the next line after `\\`. `...` in the expected text stands for anything; lines of progress are left out. `[exit code N]` is expected for a command that fails.
Where a page is the first to begin with a command, that begins with nothing, as a reader's does; all others are forks (`tests.forked`).
What trains a model trains a tiny one: with the real one the same is done in `tests/train/test_real_model.py`.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forked import forking_program

ROOT = Path(__file__).parents[2]
FRESH = set[str]()
"""The commands that began with nothing: each costs a second of CPU."""
PROGRESS = re.compile(r"^[^\n]+: \d+\u00a0%(, about [^\n]+ left)?\n", re.M)
"""Lines that only a slow machine prints."""
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
WITH_TINY = """
from dataclasses import replace
from functools import partial
from vanne.demo import demo
from vanne.train.settings import TrainingSettings
demo.TrainingSettings = partial(replace, TrainingSettings.of({settings!r}))
"""


def pages() -> Iterator[object]:
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        if BLOCK.search(path.read_text(encoding="utf-8")) and "_build" not in path.parts:
            yield pytest.param(path, id=path.relative_to(ROOT).as_posix())


def commands(page: Path) -> Iterator[tuple[str, str]]:
    for block in BLOCK.findall(page.read_text(encoding="utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, expected = re.split(r"(?<!\\)\n", part, maxsplit=1)
            yield command, expected


@pytest.mark.parametrize("page", list(pages()))
def test_the_page_prints_what_it_says(
    page: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "vanne"
    path = f"{program.parent}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "LC_ALL": "C.UTF-8", "COLUMNS": "100"}

    def run(command: str, expected: str) -> None:
        done = subprocess.run(
            ["sh", "-c", f"exec 2>&1; {command}"],
            capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=600,
        )  # fmt: skip
        said = PROGRESS.sub("", done.stdout) + (
            f"[exit code {done.returncode}]\n" if done.returncode else ""
        )
        assert fits(said, expected), f"$ {command}\nprinted:\n{said}\nthe page says:\n{expected}"

    left = list(commands(page))
    name = " ".join(left[0][0].split()[:3])
    if name not in FRESH:
        FRESH.add(name)
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vanne "$@"\n')
        program.chmod(0o755)
        run(*left.pop(0))
    trains = any("vanne demo" in command for command, _ in left)
    tiny = WITH_TINY.format(settings=request.getfixturevalue("tiny").as_dict()) if trains else ""
    with forking_program(program, tiny):
        for command, expected in left:
            run(command, expected)


def fits(said: str, expected: str) -> bool:
    pattern = ".*?".join(re.escape(part) for part in expected.rstrip().split("..."))
    return re.fullmatch(pattern, said.rstrip(), flags=re.S) is not None


def test_the_comparison_itself_can_fail() -> None:
    assert fits("a 12 b\n", "a ... b\n")
    assert not fits("a 12 c\n", "a ... b\n")
    assert not fits("more\na b\n", "a b\n")
