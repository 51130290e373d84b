"""Text on a terminal: paragraphs with an indent and a style, and a line that is written over."""

import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import click

WIDTH = 100
SECONDS_BETWEEN_LINES = 15
SHARE_BEFORE_RATE = 0.05


class ScreenLine(NamedTuple):
    """One paragraph: its first prefix (the rest is indented alike), its text, its style."""

    prefix: str
    text: str
    style: str = ""


def show(lines: list[ScreenLine]) -> None:
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


def wrapped(line: ScreenLine, width: int) -> str:
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
    last = ""

    def write(line: str) -> None:
        nonlocal last
        if line != last and sys.stderr.isatty():
            click.echo(f"\r{line:<{len(last)}}", err=True, nl=False)
            last = line

    yield write
    if last:
        click.echo("", err=True)


@dataclass(slots=True)
class ReportingPace:
    """How often a long step speaks, and how fast it goes.

    The rate counts from the first report on. What a step loads first, and what an earlier run had
    done already, say nothing of the rest; neither do the first few per cent.

    >>> pace = ReportingPace(clock=iter([0.0, 60.0, 61.0, 70.0, 80.0]).__next__)
    >>> [pace.rate(done, 1000) for done in (500, 510, 550, 600)]
    [None, None, 5.0, 5.0]
    """

    clock: Callable[[], float] = time.monotonic
    spoken: float = field(init=False)
    first: tuple[float, int] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.spoken = self.clock()

    def rate(self, done: int, total: int) -> float | None:
        """Return how much is done in a second; None as long as that is a guess."""
        now = self.clock()
        self.first = self.first or (now, done)
        began, already = self.first
        known = done > already and done - already >= total * SHARE_BEFORE_RATE
        return (done - already) / (now - began) if known else None

    def is_time(self) -> bool:
        """Say whether the last line is long enough ago, and begin to wait for the next."""
        now = self.clock()
        if now - self.spoken < SECONDS_BETWEEN_LINES:
            return False
        self.spoken = now
        return True
