"""In an installation without extras each command does its work, or names the extra that it needs."""

import ast
import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import click
import pytest

from tests.conftest import Run
from tests.forked import ONE_BY_ONE, run_forked
from vanne.cli import all_commands, cli
from vanne.extras import EXTRAS, PACKAGES

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DISTRIBUTIONS = packages_distributions()
BASE = {"linkedin": "linkedin-2025-11-03", "day": "2026-01-01"}


def plain(requirement: str) -> str:
    """Return the name of what is required, as packages are compared."""
    name = re.match(r"[\w.-]+", requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def closure(names: set[str]) -> set[str]:
    """Return these distributions and all that they need, without their own extras."""
    met: set[str] = set()
    left = sorted(names)
    while left:
        name = left.pop()
        if name in met:
            continue
        met.add(name)
        try:
            needs = requires(name) or []
        except ModuleNotFoundError:
            continue
        left += [plain(each) for each in needs if "extra ==" not in each]
    return met


NEEDED = closure(set(map(plain, PROJECT["dependencies"])))
OPTIONAL = {
    module
    for module, names in DISTRIBUTIONS.items()
    if not {plain(name) for name in names} & NEEDED and module not in ("pytest", "_pytest", "tests")
}
"""Modules that are installed here, and not by `pip install vanne`."""

WITHOUT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
for name in list(sys.modules):
    if name.partition(".")[0] in ABSENT or name.startswith("vanne"):
        del sys.modules[name]
import importlib.util
known = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name.partition(".")[0] in ABSENT else known(name, package)
sys.meta_path.insert(0, Absent())
"""

SETUP = """
corpus init --policy {linkedin} --members {tables}/members.csv
corpus add {tables}/items.csv
choose --from {tables}/choices.csv
corpus build --as-of {day}
"""

CALLS = """
inspect {archive} --region CH
guide linkedin
demo --members 5
verdict p1
sql --policy {linkedin} --as-of {day}
serve --port 0
policy check {linkedin}
policy diff linkedin-2024-09-18 {linkedin}
policy explain {linkedin}
policy explain
policy explain {linkedin} --toml
notice show
notice publish {linkedin} --dry-run
notice show x
decide --policy {linkedin} --items {tables}/items.csv --members {tables}/members.csv --as-of {day}
decide --policy {linkedin} --items {tables}/items.csv --members {tables}/members.csv --as-of {day} --engine spark
decide --policy {linkedin} --items {tables}/items.csv --members {tables}/members.csv --as-of {day} --engine postgres
choose ada off
choose --from {tables}/choices.csv --dry-run
config show
corpus add {tables}/items.csv
corpus apply {tables}/items.csv
corpus build
corpus compact
corpus export --out out
corpus init --policy {linkedin} --members {tables}/members.csv --home other
corpus add --members {tables}/members.csv
corpus prune --keep 90d
corpus read
corpus refresh
corpus verify --screening
verdict p1 --history
corpus verify
train
train --dry-run
forget
worker --once
worker --list
run {tables}/../night/night.toml
status
backup --out copy
restore copy --home restored
witness seen --name witness.example/one
verify x.json
audit current
azure train --dry-run --out out.jsonl
azure forget
azure train
draft post --check {tables}/items.csv
draft post ada
draft profile ada
model export --out out --as gguf
model show
ledger prove x
search index
search index --status
report ada
ledger accept-loss
ledger checkpoint
ledger accept-loss
ledger erase dan
ledger follow tiles
ledger fsck
ledger prove 0
ledger publish --out tiles
ledger rotate-key
verify x.json
objections add --name Nobody
objections review
objections match
objections review 0 p1 --keep
objections review 0
objections review 0 --withdrawn
find welder in Bern
jobs add {tables}/items.csv
jobs match ada
fairness check welder
fairness record
pack check examples/chirp
pack test examples/chirp
pack check
site build page
token create t --scope verdicts
token list
token revoke x
"""

NEEDED = {
    "demo": "demo", "serve": "web", "train": "train", "train --dry-run": "train",
    "audit current": "train",
    "decide --engine spark": "spark",
}  # fmt: skip
"""Which extra a command names, of those that need one whatever lies in the home."""


def leaves(group: click.Group, path: str = "") -> set[str]:
    found: set[str] = set()
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = f"{path} {name}".strip()
        found |= leaves(command, inner) if isinstance(command, click.Group) else {inner}
    return found


def without_extras(folder: Path, lines: str) -> Iterator[tuple[str, int, str]]:
    """Run commands in a process without the extras; yield each with its code and stderr."""
    examples = ROOT / "examples"
    places = {"examples": examples, "tables": examples / "tables", "archive": examples / "archive"}
    asked = lines.strip().splitlines()
    words = [[word.format(**BASE, **places) for word in line.split()] for line in asked]
    script = f"ABSENT = {sorted(OPTIONAL)!r}\n{WITHOUT}\n{ONE_BY_ONE}"
    done = run_forked(script, cwd=folder, input=json.dumps(words))
    assert done.returncode == 0, done.stderr
    for line, (code, told) in zip(asked, json.loads(done.stdout), strict=True):
        yield line, code, told


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    for line, code, told in without_extras(folder, SETUP):
        assert code == 0, f"{line}: {told}"
    return folder


def test_every_command_is_called() -> None:
    called = {leaf for leaf in leaves(cli) for line in CALLS.splitlines() if f"{line} ".startswith(f"{leaf} ")}  # fmt: skip
    assert leaves(cli) == called


def test_command_without_extras_works_or_names_the_extra(home: Path) -> None:
    named = {}
    there = tuple(all_commands())  # without plug-ins: the core's
    calls = "".join(f"{line}\n" for line in CALLS.splitlines() if line.startswith(there))
    for line, code, err in without_extras(home, calls):
        assert code in (0, 1, 2, 65, 69, 74, 77, 78), (line, code, err)
        assert not re.search("Traceback|ModuleNotFound|fault of ours", err), (line, err)
        if extra := re.search(r"pip install 'vanne\[(\w+)\]'", err):
            assert code in (0, 69), line
            named[line] = extra[1]
    for start, extra in NEEDED.items():
        if not start.startswith(there):
            continue
        first, _, last = start.partition(" --engine ")
        lines = [line for line in named if line.startswith(first) and line.endswith(last)]
        assert [named[line] for line in lines[:1]] == [extra], (start, named)
    assert not (home / "vanne-home" / "model").exists()


def test_a_pdf_alone_names_the_extra_that_reads_it(vanne: Run, tmp_path: Path) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "pypdf.py").write_text("raise ModuleNotFoundError(name='pypdf')\n")
    cv = ROOT / "tests" / "fixtures" / "cvs" / "form.pdf"
    without = os.environ | {"PYTHONPATH": str(tmp_path / "without")}
    done = vanne("inspect", cv, env=without)
    line = "vanne: the package `pypdf` is not installed: run `pip install 'vanne[cv]'`\n"
    assert (done.returncode, done.stdout, done.stderr) == (69, "", line)
    assert vanne("inspect", cv).returncode == 0


def packages_of(extra: str) -> set[str]:
    """Return what an extra requires, and the extras that it brings."""
    requirements = PROJECT["optional-dependencies"][extra]
    inner = ",".join(re.findall(r"vanne\[([\w,]+)\]", " ".join(requirements)))
    own = {plain(each) for each in requirements if plain(each) != "vanne"}
    return own.union(*(packages_of(each) for each in inner.split(",") if each))


def test_all_brings_every_extra() -> None:
    others = PROJECT["optional-dependencies"].keys() - {"all"}
    assert packages_of("all") == set().union(*(packages_of(extra) for extra in others))


def test_extras_are_those_of_the_project() -> None:
    modules = {module: {plain(name) for name in names} for module, names in DISTRIBUTIONS.items()}
    for extra in PROJECT["optional-dependencies"]:
        wanted = packages_of(extra)
        brought = {name for module in EXTRAS[extra] for name in modules[module]}
        assert wanted == brought & wanted, extra
        assert all(modules[module] & wanted for module in EXTRAS[extra]), extra
    assert set(EXTRAS) == set(PROJECT["optional-dependencies"])
    page = (ROOT / "docs/reference/errors.md").read_text()
    assert set(EXTRAS) <= set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    for module, package in PACKAGES.items():
        assert package in modules[module]


def test_every_import_is_of_the_base_or_of_an_extra() -> None:
    brought = {name for each in EXTRAS.values() for one in each for name in DISTRIBUTIONS[one]}
    base = closure({plain(name) for name in (*PROJECT["dependencies"], *brought)})
    known = {module for modules in EXTRAS.values() for module in modules}
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            )
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for module in {name.partition(".")[0] for name in names}:
                if module in (*sys.stdlib_module_names, *known) or module.startswith("vanne"):
                    continue
                assert {plain(name) for name in DISTRIBUTIONS[module]} & base, (
                    f"{path.name}: {module}"
                )
