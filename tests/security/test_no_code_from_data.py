"""No command runs what lies beside the data: not a module, not a plug-in, not a settings file.

The folder holds an unpacked archive, tables and a home, as people have them, and beside them a
module of every name that Python could import: the standard library's, those of every installed
package, and those that the libraries look for and do not find. Each leaves a mark.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from itertools import takewhile
from pathlib import Path
from tempfile import gettempdir

import pytest

from tests.forked import ONE_BY_ONE
from tests.train.tiny import GROUND, SALT, documents, save_tiny_model, tiny_settings
from vanne.cli import all_commands
from vanne.forget.proof import never_trained
from vanne.python import leave_out_data
from vanne.sources.documents import cv_of_pdf
from vanne.sources.scan import connected

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
DAY = "2026-01-01"
POLICY = "linkedin-2025-11-03"
HOSTILE = 'open({mark!r}, "a").write(__name__ + "\\n")\nraise ImportError(__name__)\n'
LOOK = """
import sys
class Unfound:
    def find_spec(self, name, path=None, target=None):
        if path is None:
            print(name.partition(".")[0])
sys.meta_path.append(Unfound())
sys.path.insert(0, sys.argv[1])
import tests.loaded
"""
"""Prints the names that the libraries look for and do not find: an attacker could bring them."""

FILES = {
    "pyvenv.cfg": "home = .\ninclude-system-site-packages = true\n",
    "evil.pth": "import evil\n",
    "evil-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n",
    "evil-1.0.dist-info/entry_points.txt": "[pydantic]\nevil = evil:it\n[vanne.plugins]\nevil = evil\n",
    ".duckdbrc": "COPY (SELECT 1) TO 'marks-of-duckdb';\n",
    ".env": "VANNE_HOME=/nowhere\nOPENAI_API_KEY=evil\n",
    ".netrc": "default login evil password evil\n",
    "setup.cfg": "[options]\n",
    "pyproject.toml": "[tool.vanne]\nhome = '/nowhere'\n",
}
"""What other tools read from the folder in which they are started."""

COMMANDS = tuple(
    line.split()
    for line in f"""
    inspect . --region CH
    inspect cv.pdf --region CH --json
    guide linkedin
    policy explain
    policy check policy.toml
    policy explain {POLICY} --lang de
    decide --policy policy.toml --items items.csv --members members.csv --choices choices.csv --as-of {DAY} --out v.parquet
    decide --policy {POLICY} --items items.csv --members members.csv --as-of {DAY} --engine duckdb
    tag untagged.csv --out tagged.parquet
    sql --policy {POLICY} --as-of {DAY} --dialect duckdb
    corpus init --policy {POLICY} --members members.csv --home h
    corpus add items.csv --home h
    choose --from choices.csv --home h
    choose ada off --category comment --home h
    corpus build --home h --as-of {DAY}
    corpus refresh --home h
    corpus read --home h
    corpus verify --home h
    corpus export --out out --home h
    verdict p1 --home h
    report ada --home h
    ledger fsck --home h
    objections add --name Nobody --home h
    search index --home h
    find welder --home h
    draft post --check post.txt
    jobs add jobs.jsonl --home h
    token create t --scope verdicts --home h
    train --dry-run --home h --config train.toml
    """.strip().splitlines()
    if line.split()[0] in all_commands()  # without plug-ins: the core's
)  # fmt: skip


FINE = (0, 69, 78)
"""Exit codes: it was done, or something is not installed or not set up."""


def names() -> set[str]:
    """Return every name that a command could import."""
    look = [sys.executable, "-c", LOOK, str(ROOT)]
    unfound = subprocess.run(look, capture_output=True, text=True, check=True).stdout.split()
    every = {*sys.stdlib_module_names, *packages_distributions(), *unfound, "evil", "vanne"}
    every |= {"sitecustomize", "usercustomize", "antigravity"}
    return {name for name in every if name.isidentifier()}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out a folder as somebody has it who unpacked an archive among their own files."""
    folder = tmp_path_factory.mktemp("data") / "folder"
    shutil.copytree(ROOT / "examples" / "archive", folder)
    for table in (ROOT / "examples" / "tables").glob("*.csv"):
        shutil.copy(table, folder)
    shutil.copy(ROOT / "tests/fixtures/cvs/printed-columns-en.pdf", folder / "cv.pdf")
    shutil.copy(
        ROOT / "src/vanne/packs/linkedin/policies" / f"{POLICY}.toml", folder / "policy.toml"
    )
    (folder / "train.toml").write_text(f"base = '{save_tiny_model(folder.parent / 'tiny')}'\n")
    (folder / "untagged.csv").write_text(
        "item_id,owner,category,created_at,text\np1,ada,post,2025-01-01,Hi\n"
    )
    (folder / "post.txt").write_text("We look for a welder in Bern.\n")
    (folder / "jobs.jsonl").write_text('{"title": "Welder", "description": "In Bern."}\n')
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    for name in names():
        (folder / f"{name}.py").write_text(HOSTILE.format(mark=str(folder.parent / "marks")))
    return folder


@pytest.fixture
def data(prepared: Path) -> Iterator[Path]:
    """Give the folder, and see afterwards that nothing in it was run."""
    yield prepared
    marks = prepared.parent / "marks"
    ran = marks.read_text().split() if marks.exists() else []
    marks.unlink(missing_ok=True)
    assert not ran
    assert not list(prepared.rglob("marks-of-*"))
    assert not list(prepared.glob("__pycache__"))


def run(data: Path, command: list[str], said: str = "", **environment: str) -> str:
    own = {"HOME": str(data.parent), "VANNE_VENV": sys.prefix, "OMP_NUM_THREADS": "1"}
    env = os.environ | own | environment
    done = subprocess.run(
        command, cwd=data, env=env, input=said, capture_output=True, text=True, timeout=600
    )
    assert done.returncode in FINE, (command, done.stderr)
    return done.stdout


def test_commands_in_a_hostile_folder_run_nothing_of_it(data: Path) -> None:
    """One process, begun as `./run vanne` begins it: what is loaded late is looked for there too."""
    isolated = [str(ROOT / "run"), "python", "-I", "-c", ONE_BY_ONE]
    done = json.loads(run(data, isolated, json.dumps(COMMANDS)))
    for command, (code, told) in zip(COMMANDS, done, strict=True):
        assert code in FINE, (command, told)


def test_console_script_of_pip_runs_nothing_of_a_hostile_folder(data: Path) -> None:
    module, function = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]["vanne"].split(":")  # fmt: skip
    script = data.parent / "bin" / "vanne"  # as pip writes it
    script.parent.mkdir()
    script.write_text(
        f"#!{sys.executable}\nimport sys\nfrom {module} import {function}\n"
        f"if __name__ == '__main__':\n    sys.exit({function}())\n"
    )
    script.chmod(0o755)
    run(data, [str(script), "inspect", ".", "--region", "CH"])


@pytest.mark.parametrize("paths", ["", ":.", "{data}/../folder:/usr"])
def test_environment_does_not_open_the_folder(data: Path, paths: str) -> None:
    paths = paths.format(data=data)
    run(data, [str(ROOT / "run"), "vanne", "inspect", "cv.pdf", "--region", "CH"], PYTHONPATH=paths)


def test_python_m_vanne_leaves_the_folder_as_soon_as_it_runs(data: Path) -> None:
    """What Python itself imports before the first line of ours is not ours to guard."""
    command = [sys.executable, "-m", "vanne"]
    timed = [*command[:1], "-X", "importtime", *command[1:], "--version"]
    lines = subprocess.run(timed, cwd="/", capture_output=True, text=True).stderr.splitlines()
    before = list(takewhile("vanne.python".__ne__, (line.split("|")[-1].strip() for line in lines)))
    away = [path for path in data.glob("*.py") if path.stem in {*before, "usercustomize"}]
    for path in away:
        path.rename(path.with_suffix(".away"))
    try:
        run(data, [*command, "inspect", "cv.pdf", "--region", "CH"], PYTHONPATH=f".:{data}")
    finally:
        for path in away:
            path.with_suffix(".away").rename(path)


def test_child_takes_no_code_from_the_folder_of_its_parent(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data)
    monkeypatch.setenv("PYTHONPATH", str(data))
    monkeypatch.setattr(sys, "path", ["", str(data), *sys.path])
    document = cv_of_pdf(Path("cv.pdf").read_bytes())
    assert document.text or document.faults
    leave_out_data()  # as each command begins, before it makes forks
    settings = tiny_settings(save_tiny_model(tmp_path))
    digests = never_trained(
        documents(4), settings, ground=GROUND, salt=SALT, shards=[0], corpus_version="c", folder=tmp_path
    )  # fmt: skip
    assert list(digests) == [0]


def test_only_two_places_start_python() -> None:
    starters = [
        path.name
        for path in (ROOT / "src").rglob("*.py")
        if re.search(r"sys\.executable|multiprocessing|ProcessPool", path.read_text())
    ]
    assert sorted(starters) == ["forks.py", "python.py"]


def test_what_does_not_fit_into_memory_is_not_laid_into_the_current_folder() -> None:
    for threads in (1, 2):
        with connected(threads) as connection:
            (place,) = connection.execute("SELECT current_setting('temp_directory')").fetchone()
        assert Path(place).parent == Path(gettempdir()).absolute()
    # the other places that open a database name a folder of their own
    places = {path.name for path in SRC.rglob("*.py") if "duckdb.connect(" in path.read_text()}
    assert places == {"scan.py", "on_duckdb.py", "exporting.py", "compacting.py", "intake.py"}
