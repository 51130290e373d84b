"""Every ```python block of the page on Python is run, in order, and must give what the page says.

The page's commands make the folder of a network; its model is the tiny one of the tests.
"""

import doctest
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import vanne
from tests.train.tiny import GROUND
from vanne.cli import cli
from vanne.train.settings import TrainingSettings
from vanne.train.tokens import write_ground

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "python.md"
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.M | re.S)


def test_the_page_on_python_gives_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tiny: TrainingSettings
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    parser, names = doctest.DocTestParser(), dict[str, object]()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    told = list[str]()
    for kind, block in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "console":
            for command in re.findall(r"^\$ vanne (.*)$", block, re.M):
                typed, _, into = command.partition(" > ")
                done = CliRunner().invoke(cli, typed.split())
                assert done.exit_code == 0, done.stderr
                if into:
                    Path(into).write_text(done.stdout, encoding="utf-8")
            write_ground(Path("vanne-home", "ground.jsonl"), GROUND)
            Path("vanne-home", "train.toml").write_text(as_toml(tiny), encoding="utf-8")
            continue
        test = parser.get_doctest(block, names, PAGE.name, str(PAGE), 0)
        runner.run(test, out=told.append, clear_globs=False)
        names = test.globs
    assert not told, "".join(told)
    assert runner.tries > 30


def test_the_first_lines_of_python_in_the_readme_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    (code,) = [block for kind, block in blocks if kind == "python"]
    exec(code, {})
    shown = [word.strip() for word in code.rsplit("# ", 1)[1].split(",")[:-1]]
    printed = capsys.readouterr().out
    assert shown and [word for word in shown if word not in printed] == []


def test_the_python_of_the_tutorial_gives_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    page = ROOT / "docs" / "tutorial.md"
    (code,) = [block for kind, block in BLOCK.findall(page.read_text()) if kind == "python"]
    test = doctest.DocTestParser().get_doctest(code, {}, page.name, str(page), 0)
    tried = doctest.DocTestRunner().run(test)
    assert tried.attempted and not tried.failed


def as_toml(settings: TrainingSettings) -> str:
    numbers = settings.as_dict() | {"base": str(settings.base)}
    return "".join(f"{k} = {json.dumps(v)}\n" for k, v in numbers.items() if v is not None)


def test_the_page_names_every_public_name() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for name in vanne.__all__:
        assert f"vanne.{name}" in text or f"`{name}`" in text
        assert (
            re.search(rf"^>>> .*vanne\.{name}\b|vanne\.{name}\(", text, re.M)
            or name == "VanneError"
        )
