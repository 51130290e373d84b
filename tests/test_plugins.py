"""The core runs without a plug-in, and a package of somebody else's attaches as Vanne's own do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.security.running import running
from tests.web.conftest import SWITCH
from tests.web.network import make_home

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "plug-in"
UNSET = {name: value for name, value in os.environ.items() if name != "VANNE_PLUGINS"}
"""The environment without what it says of plug-ins: these tests are run without any, too."""


def run(*arguments: object, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `vanne` in a process of its own, with settings in its environment."""
    command = [sys.executable, "-m", "vanne", *map(str, arguments)]
    return subprocess.run(command, env=UNSET | settings, capture_output=True, text=True)


def test_the_core_does_its_work_where_no_plug_in_can_be_imported(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.alone", str(tmp_path / "home")]
    done = subprocess.run(
        command, cwd=ROOT, env=UNSET | {"VANNE_PLUGINS": ""}, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


def test_only_the_plug_ins_that_are_listed_are_attached() -> None:
    said = run("--help", VANNE_PLUGINS="audit").stdout
    assert "\n  audit " in said and "\n  find " not in said and "\n  azure " not in said


def test_a_plug_in_that_is_not_installed_is_named() -> None:
    done = run("--help", VANNE_PLUGINS="audit, nothing-here")
    assert done.returncode == 78
    assert done.stderr == (
        "vanne: `VANNE_PLUGINS` names `nothing-here`, which is not installed: "
        "install it, or name some of: assist, audit, azure\n"
    )


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import nothing_of_the_kind", "No module named 'nothing_of_the_kind'"),
        (
            "from vanne.plugins import hookimpl\n@hookimpl\ndef choice_maid(home): ...",
            "choice_maid",
        ),
        ("from vanne.plugins import hookimpl\n@hookimpl\ndef choice_made(who): ...", "who"),
    ],
)
def test_a_plug_in_that_cannot_be_loaded_is_named_in_one_line(
    tmp_path: Path, code: str, why: str
) -> None:
    (tmp_path / "broken.py").write_text(code)
    about = tmp_path / "broken-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[vanne.plugins]\nbroken = broken\n")
    done = run("--help", PYTHONPATH=str(tmp_path))
    assert done.returncode == 78 and why in done.stderr and done.stderr.count("\n") == 1
    assert done.stderr.startswith("vanne: the plug-in `broken` cannot be loaded: ")
    assert run("--help", PYTHONPATH=str(tmp_path), VANNE_PLUGINS="assist").returncode == 0


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's package, installed by pip into a folder of its own."""
    folder = tmp_path_factory.mktemp("installed")
    source = Path(shutil.copytree(EXAMPLE, folder / "source"))
    python = Path(sys.base_prefix) / "bin" / "python3"  # `./run` makes environments without pip
    command = [str(python), "-P", "-m", "pip", "--python", sys.executable, "install", "--quiet"]
    command += ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(folder / "lib")]
    subprocess.run([*command, str(source)], check=True)
    return folder / "lib"


def test_a_package_of_somebody_else_attaches_a_command_a_page_words_and_events(
    installed: Path, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home")
    found = {"PYTHONPATH": f"{installed}:{ROOT}", "VANNE_PLUGINS": "last-choice"}
    count = ("last-choice", "--home", home.root)
    assert "Count the members who have chosen." in run("--help", **found).stdout
    assert run(*count, **found).stdout == "0 members have chosen\n"
    with running(home, started=("-m", "vanne"), **found) as server:
        anna = server.member("anna", "fr")
        assert 'href="/last-choice"' in anna.get("/settings").text
        assert "Vous n&#39;avez pas encore choisi ici." in anna.get("/last-choice").text
        assert anna.post(SWITCH, data={"set": "off:all"}).status_code == 200
        assert "Votre dernier choix date du" in anna.get("/last-choice").text
    run("choose", "fritz", "off", "--home", home.root, **found)
    assert run(*count, **found).stdout == "2 members have chosen\n"
    assert run("ledger", "erase", "anna", "--home", home.root, **found).returncode == 0
    assert run(*count, **found).stdout == "1 members have chosen\n"


def test_what_it_does_not_hear_of_keeps_no_choice_back(installed: Path, tmp_path: Path) -> None:
    home, found = make_home(tmp_path / "home"), {"PYTHONPATH": f"{installed}:{ROOT}"}
    (home.root / "last-choice.sqlite").write_text("no database of any kind, but long enough")
    done = run("choose", "anna", "off", "--home", home.root, **found)
    assert done.returncode == 0 and '"receipt' in done.stdout
    assert "the plug-in `last-choice` failed to hear of a choice: DatabaseError" in done.stderr
    assert "anna" not in done.stderr


def test_the_page_of_the_docs_shows_the_very_package() -> None:
    page = (ROOT / "docs" / "howto" / "write-a-plug-in.md").read_text(encoding="utf-8")
    for name in (
        "pyproject.toml",
        *(f"vanne_last_choice/{n}.py" for n in ("__init__", "command", "pages")),
    ):
        assert (EXAMPLE / name).read_text(encoding="utf-8") in page, name
