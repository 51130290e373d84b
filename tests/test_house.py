"""The shape of the house: one name for one thing, and a command line that can be learnt."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import click

from vanne.cli import cli

SRC = Path(__file__).parents[1] / "src"
COMMANDS = 67
"""More than so many commands are not read to their end by anybody."""


def test_no_class_name_is_there_twice() -> None:
    places = defaultdict(list)
    for file in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{file.relative_to(SRC)}:{node.lineno}")
    assert len(places) > 300
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def commands(group: click.Group, name: str = "vanne") -> Iterator[str]:
    """Yield the name of each command that is no group."""
    context = click.Context(group)
    for each in group.list_commands(context):
        command = group.get_command(context, each)
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {each}")
        else:
            yield f"{name} {each}"


def test_the_commands_are_few() -> None:
    names = list(commands(cli))
    assert {"vanne inspect", "vanne ledger fsck"} <= set(names)
    assert len(names) <= COMMANDS, names
