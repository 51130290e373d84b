"""Text on a terminal: paragraphs with an indent and a style, and a line that is written over."""

import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import click

WIDTH = 100


class Line(NamedTuple):
    """One paragraph: its first prefix (the rest is indented alike), its text, its style."""

    prefix: str
    text: str
    style: str = ""


def show(lines: list[Line]) -> None:
    """Print paragraphs: styled on a person's terminal, as plain text elsewhere."""
    if not sys.stdout.isatty():
        for line in lines:
            click.echo(wrapped(line, WIDTH))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for line in lines:
        console.print(
            Text(wrapped(line, min(WIDTH, console.width)), style=line.style), soft_wrap=True
        )


def wrapped(line: Line, width: int) -> str:
    """Break a paragraph into the lines of a screen."""
    return textwrap.fill(
        line.text,
        width,
        initial_indent=line.prefix,
        subsequent_indent=" " * len(line.prefix),
        break_long_words=False,
        break_on_hyphens=False,
    )


@contextmanager
def overwriting() -> Iterator[Callable[[str], None]]:
    """Give what writes a line on a terminal's stderr over the one before; elsewhere nothing."""
    shown = ""

    def write(line: str) -> None:
        nonlocal shown
        if line != shown and sys.stderr.isatty():
            click.echo(f"\r{line:<{len(shown)}}", err=True, nl=False)
            shown = line

    yield write
    if shown:
        click.echo("", err=True)
