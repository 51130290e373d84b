"""The documentation is written in short sentences, and claims only what a command shows."""

import contextlib
import importlib.util
import re
import shlex
from pathlib import Path
from statistics import median
from types import ModuleType

import click
import pytest

from tests.table import every
from vanne.cli import cli

ROOT = Path(__file__).parents[2]
MEDIAN, NINE_OF_TEN = 14, 30
"""Words in a sentence: what somebody reads once whose first language is another."""
CLAIM = re.compile(r"`((?:vanne|pytest|python) [^`]+)`")


def prose() -> ModuleType:
    spec = importlib.util.spec_from_file_location("prose", ROOT / "docs" / "prose.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_sentences_are_short() -> None:
    tool = prose()
    lengths = sorted(
        len(sentence.split())
        for page in tool.pages()
        for sentence in tool.sentences(page.read_text())
    )
    assert len(lengths) > 1000
    assert median(lengths) <= MEDIAN
    assert lengths[len(lengths) * 9 // 10] <= NINE_OF_TEN


def test_a_list_of_claims_with_semicolons_counts_as_one_long_sentence() -> None:
    text = "The corpus is a view; nothing is copied; a refresh decides what changed: no more."
    assert len(prose().sentences(text)) == 1
    assert len(prose().sentences("It is one sentence of five. It is another one of six.")) == 2


def test_the_python_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (example,) = re.findall(
        r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.M | re.S
    )
    with contextlib.chdir(ROOT):
        exec(compile(example, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert printed.startswith("['allowed', 'sensitive', 'category-never', ")


COMMANDS = CLAIM.findall((ROOT / "docs" / "claims.md").read_text())


@every("command", COMMANDS)
def test_the_command_of_a_claim_is_there(command: str) -> None:
    program, *arguments = shlex.split(command)
    if program == "vanne":
        group: click.Command = cli
        context = click.Context(cli)
        while isinstance(group, click.Group):
            found = group.get_command(context, arguments.pop(0))
            assert found is not None, command
            group = found
        options = {name for each in group.params for name in (*each.opts, *each.secondary_opts)} | {
            "--help"
        }
        assert options.issuperset(word for word in arguments if word.startswith("--")), command
    else:
        paths = [ROOT / word for word in arguments if "/" in word]
        assert paths and all(path.exists() for path in paths), command
