"""Change a room by one sign at a time, in a copy of the tree, and see whether its tests fail.

    ./run mutants decide                        every mutant of src/vanne/decide
    ./run mutants ledger --sample 30 --seed 2   thirty of them, drawn
    ./run mutants corpus --file refreshing.py   those of one file
    ./run mutants --known                       those of tests/cases/mutants.toml

A mutant has another comparison, `and` for `or`, no `not`, a number one higher or lower, `+` for
`-`, `min` for `max`, or `True` for `False`. A mutant that no test notices survives: some limit has
no case before, on and after it. `tests/cases/mutants.toml` holds the tests of each room, mutants
that must never survive, and mutants that change nothing.
"""

import argparse
import ast
import io
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CASES = "tests/cases/mutants.toml"
OTHERS = {
    "<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"], "==": ["!="], "!=": ["=="],
    "+": ["-"], "-": ["+"], "&": ["|"], "and": ["or"], "or": ["and"], "not": [""],
    "min": ["max"], "max": ["min"], "True": ["False"], "False": ["True"],
}  # fmt: skip
LEAST_SECONDS, SLOWER = 60, 6
"""How long a run may take: so many times what it takes without a change, on a busy machine."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A file of the tree with one thing changed, and the runs of pytest that should fail."""

    file: str
    line: int
    old: str
    new: str
    source: str
    runs: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: `{self.old}` -> `{self.new}`"


def changes(source: str) -> Iterator[tuple[int, int, str, str]]:
    """Yield line, column, the sign there and another; not in types, decorators and flags given."""
    apart: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for node in ast.walk(ast.parse(source)):
        parts = [getattr(node, name, None) for name in ("annotation", "returns")]
        parts += getattr(node, "decorator_list", [])
        if isinstance(node, ast.keyword) and isinstance(node.value, ast.Constant):
            parts += [node.value] if isinstance(node.value.value, bool) else []
        for part in filter(None, parts):
            apart.append(((part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)))
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        line, column = token.start
        place = line, len(token.line[:column].encode())  # ast counts bytes
        others = OTHERS.get(token.string, [])
        if token.type == tokenize.NUMBER and token.string.replace("_", "").isdecimal():
            others = [str(int(token.string) + 1), str(int(token.string) - 1)]
        if not any(start <= place < end for start, end in apart):
            yield from ((line, column, token.string, other) for other in others)


def mutants_of(tree: Path, path: Path, runs: Sequence[str]) -> Iterator[Mutant]:
    """Yield every mutant of a file, with its line before and after."""
    source = path.read_text(encoding="utf-8")
    nearest = path.parents[0].name + f"/test_{path.stem}.py"
    first = [f"tests/{nearest}"] if (tree / "tests" / nearest).exists() else []
    for line, column, old, new in changes(source):
        lines = source.splitlines(keepends=True)
        before = lines[line - 1]
        lines[line - 1] = before[:column] + new + before[column + len(old) :]
        words = before.strip(), lines[line - 1].strip()
        name = path.relative_to(tree).as_posix()
        yield Mutant(name, line, *words, "".join(lines), (*first, *runs))


def known_in(tree: Path, cases: dict[str, Any]) -> Iterator[Mutant]:
    """Yield the mutants that must be killed; end the program at one whose text has gone."""
    for case in cases["known"]:
        source = (tree / case["file"]).read_text(encoding="utf-8")
        before, old, after = source.partition(case["old"])
        if not old or old in after:
            sys.exit(f"{CASES}: {case['file']} does not hold `{old or case['old']}` once: mend it")
        line, source = before.count("\n") + 1, before + case["new"] + after
        words = (" ".join(case[name].split()) for name in ("old", "new"))
        yield Mutant(case["file"], line, *words, source, tuple(case["runs"]))


def copied(tree: Path, folder: Path) -> Path:
    """Copy a tree, with its packages where the tests and what they begin look first."""
    hidden = shutil.ignore_patterns(".venv*", ".git", "__pycache__", ".*_cache", ".hypothesis")
    copy = Path(shutil.copytree(tree, folder / "tree", ignore=hidden, symlinks=True))
    for package in (copy / "src").iterdir():
        (copy / package.name).symlink_to(package, target_is_directory=True)
    return copy


def passes(tree: Path, run: str, seconds: float | None = None) -> bool | None:
    """Say whether a run of pytest passes; None if it took too long and was ended."""
    command = [sys.executable, "-m", "pytest", "-qx", "-n0", "-p", "no:cacheprovider"]
    command += shlex.split(run)
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=tree, start_new_session=True, **pipes)  # type: ignore[call-overload]
    try:
        return bool(process.wait(seconds) == 0)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return None


def tried(tree: Path, mutants: Sequence[Mutant]) -> Iterator[tuple[Mutant, str]]:
    """Try each mutant by its runs, one after the other, until one fails; say what became of it."""
    limits: dict[str, float] = {}
    for run in dict.fromkeys(run for mutant in mutants for run in mutant.runs):
        began = time.monotonic()
        if not passes(tree, run):
            sys.exit(f"`pytest {run}` fails without a change: mend it first")
        limits[run] = max(LEAST_SECONDS, SLOWER * (time.monotonic() - began))
    clock = iter(range(10**9, 2 * 10**9))  # no file of byte code seems to be of another's source
    for mutant in mutants:
        path = tree / mutant.file
        original = path.read_text(encoding="utf-8")
        for text in (mutant.source, original):
            path.write_text(text, encoding="utf-8")
            os.utime(path, (moment := next(clock), moment))
            if text is mutant.source:
                results = (passes(tree, run, limits[run]) for run in mutant.runs)
                result = next((each for each in results if not each), True)
        yield mutant, {True: "survived", False: "killed", None: "timed out"}[result]


def main(words: Sequence[str] | None = None, tree: Path = ROOT) -> int:
    """Print what became of each mutant that was not killed, and the score; 1 if one survived."""
    parser = argparse.ArgumentParser(prog="./run mutants", description=__doc__.split("\n")[0])
    parser.add_argument("room", nargs="*", help="a folder of src/vanne, or several")
    parser.add_argument("--known", action="store_true", help=f"those of {CASES}")
    parser.add_argument("--file", help="only this file, or for --known those of this name")
    parser.add_argument("--sample", type=int, metavar="N", help="only so many, drawn")
    parser.add_argument("--seed", type=int, default=1, help="draws others")
    asked = parser.parse_args(words)
    if asked.known == bool(asked.room):
        parser.error("name a room of src/vanne, or --known")
    cases = tomllib.loads((tree / CASES).read_text(encoding="utf-8"))
    mutants = list(known_in(tree, cases)) if asked.known else []
    for room in asked.room:
        runs = cases["runs"].get(room, [f"-m quick tests/{room}"])
        for path in sorted((tree / "src" / "vanne" / room).glob("*.py")):
            mutants += mutants_of(tree, path, runs)
    same = {(each["file"], each["old"], each["new"]) for each in cases.get("equivalent", [])}
    mutants = [each for each in mutants if (each.file, each.old, each.new) not in same]
    mutants = [each for each in mutants if asked.file in (None, Path(each.file).name)]
    if asked.sample is not None and asked.sample < len(mutants):
        mutants = random.Random(asked.seed).sample(mutants, asked.sample)
    if not mutants:
        parser.error("there is no such room or file")
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        for mutant, result in tried(copied(tree, Path(folder)), mutants):
            counts[result] += 1
            if result != "killed":
                print(f"{result}: {mutant}", flush=True)
    score = 1 - counts["survived"] / len(mutants)
    print(", ".join(f"{name} {counts[name]}" for name in ("killed", "timed out", "survived")))
    print(f"score {score:.0%} of {len(mutants)}")
    return 1 if counts["survived"] else 0


if __name__ == "__main__":
    sys.exit(main())
