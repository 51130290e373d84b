"""Say of each promise of `claims.md` which tests prove it: in every run, and with `--all`."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| (.+) \| `([^`]+)`.*\|$", re.MULTILINE)
LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")
TEST = re.compile(r"^def (test_\w+)", re.MULTILINE)
HEAD = """# Promises and their proofs

`docs/generate.py` makes this page from [what Vanne claims](../claims.md), `tests/promises.txt` and
`tests/second.txt`. A test fails if a promise has no proof in every run.

A speed is measured, and no test proves it: the tests show that what was measured gives the right
answer. `./run pytest --all` runs the files of the last column too, or more of their tests.

| promise | proven in every run by | and with `--all` by |
|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Promise:
    """A row of the claims, and the paths of the tests that prove it."""

    claim: str
    proofs: list[str]
    seconds: list[str]


def lines(name: str) -> Iterator[str]:
    """Yield the lines of a list in `tests`, without its comments."""
    text = (ROOT / "tests" / name).read_text(encoding="utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


def promises() -> Iterator[Promise]:
    """Yield each promise with its proofs."""
    proven = dict(line.rsplit(" = ", 1) for line in lines("promises.txt"))
    second = [line.split() for line in lines("second.txt")]
    for claim, command in ROW.findall((ROOT / "docs/claims.md").read_text(encoding="utf-8")):
        asked = proven.get(command, command if command.startswith("pytest ") else "")
        paths = [path for path in shlex.split(asked) if path.startswith("tests/")]
        named = (test.partition("::")[0] for test, proof in second if _under(paths, test, proof))
        first = re.split(r"(?<=[.;:]) ", LINK.sub(r"\1", claim))[0].rstrip(".;:")
        proofs = [path for path in paths if in_every_run(path, {test for test, _ in second})]
        yield Promise(first, proofs, sorted(set(named)))


def _under(paths: list[str], *tests: str) -> bool:
    files = [test.partition("::")[0] for test in tests]
    return any(file == path or file.startswith(f"{path}/") for path in paths for file in files)


def in_every_run(path: str, second: set[str]) -> bool:
    """Say whether a file or folder has a test that is no second proof."""
    file = ROOT / path
    if file.is_dir():
        inner = (each.relative_to(ROOT).as_posix() for each in file.rglob("test_*.py"))
        return any(in_every_run(each, second) for each in inner)
    tests = TEST.findall(file.read_text(encoding="utf-8")) if file.is_file() else []
    return path not in second and any(f"{path}::{test}" not in second for test in tests)


def page() -> str:
    """Return the page as Markdown."""
    rows = (
        f"| {each.claim} | {_cell(each.proofs)} | {_cell(each.seconds)} |\n" for each in promises()
    )
    return HEAD + "".join(rows)


def _cell(paths: list[str]) -> str:
    return ", ".join(f"`{path.removeprefix('tests/')}`" for path in paths)
