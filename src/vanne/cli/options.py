"""What several commands share: types of options, the home, JSON answers, progress."""

import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from vanne.cli.lines import ReportingPace, overwriting
from vanne.config import Home
from vanne.errors import InputError, UsageError, storing
from vanne.terms import LANGUAGES
from vanne.words import Message

if TYPE_CHECKING:
    from vanne.ledger import Ledger

_FIRST_YEAR, _LAST_YEAR = 1900, 9000


class Kilometres(click.FloatRange):
    """A distance: a number from 0 on, and one that is a number."""

    def __init__(self) -> None:
        super().__init__(min=0)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read a distance; `nan` and `inf` are none."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is no distance", param, ctx)
        return number


def refuse_value(
    why: Message, param: click.Parameter | None, ctx: click.Context | None
) -> NoReturn:
    """Refuse the value of a parameter in words of ours: those of click are English alone.

    Raises:
        UsageError: always.
    """
    what = param.get_error_hint(ctx) if param else "a value"
    raise UsageError(Message("value-refused", what=what, why=why), todo=see_help(ctx))


def see_help(ctx: click.Context | None) -> Message:
    """Say where to look up how a command is typed."""
    return Message("see-help", command=ctx.command_path if ctx else "vanne")


class MomentParam(click.ParamType[datetime]):
    """A time: `2025-11-03` (its first moment, UTC) or `2025-11-03T12:00:00+01:00`."""

    name = "date"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the aware time in UTC; a time without a zone is UTC."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            refuse_value(Message("not-a-time", value=value), param, ctx)
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            first, last = str(_FIRST_YEAR), str(_LAST_YEAR)
            wrong = Message("year-out-of-range", value=value, first=first, last=last)
            refuse_value(wrong, param, ctx)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Day(click.ParamType[date]):
    """A day: `1990-04-12`."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            refuse_value(Message("not-a-day", value=value), param, ctx)


def terminal_language() -> str:
    """Return which of our languages the terminal is set to, English if none.

    `LC_ALL` counts before `LC_MESSAGES` and that before `LANG`, as POSIX says.
    """
    named = (os.environ.get(key) for key in ("LC_ALL", "LC_MESSAGES", "LANG"))
    chosen = next((name for name in named if name), "")
    language = chosen.replace("-", "_").split("_")[0].split(".")[0].lower()
    return language if language in LANGUAGES else "en"


def now() -> datetime:
    """Return the present time. Only edges read the clock; rooms are given a time."""
    return datetime.now(UTC)


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
home = click.option(
    "--home",
    "home",
    type=click.Path(file_okay=False, path_type=Path),
    callback=lambda _ctx, _param, value: Home.find(value),
    help="The folder of the network (default: $VANNE_HOME, else ./vanne-home).",
)


def answer(document: dict[str, Any]) -> None:
    """Print one JSON document."""
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)  # in pieces: it may be long
    click.echo()


def counted(count: int, one: str, many: str) -> str:
    """Say a number with its noun: `1 entry`, `2,000 entries`."""
    return f"{count:,} {one if count == 1 else many}"


def opened_ledger(file: Path | None, home: Home) -> "Ledger":
    """Open the ledger that was named, else that of the home, to read."""
    from vanne.ledger import Ledger

    return Ledger.open(file, read_only=True) if file else Ledger.of(home, read_only=True)


def read_note(path: Path) -> str:
    """Return the text of a checkpoint that somebody kept.

    Raises:
        InputError: it is none: whoever named the wrong file is not told that a ledger was changed.
    """
    from vanne.ledger.checkpoint import is_note

    with storing(f"the checkpoint `{path}`"):
        note = path.read_text(encoding="utf-8", errors="replace")
    if not is_note(note):
        todo = "name the file with what `vanne ledger checkpoint` printed"
        raise InputError(f"`{path}` is no checkpoint", todo=todo)
    return note


@contextmanager
def counting(label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Say on a terminal's stderr how far a count is, from the second second on.

    If it is known how many there are, also how long it will take.
    """
    started = time.monotonic()

    def tell(done: int) -> None:
        elapsed = time.monotonic() - started
        if elapsed > 1:
            line = f"{label}: {done:,}"
            if total:
                left = elapsed * max(total - done, 0) / max(done, 1)
                line += f" of {total:,}, {left:,.0f} s left"
            write(f"{line} ({done / elapsed:,.0f}/s)")

    with overwriting() as write:
        yield tell


@contextmanager
def telling() -> Iterator[Callable[[int, int, str], None]]:
    """Say on stderr how far a training is: where, how many tokens of how many, how fast, how long.

    A bar on a terminal; elsewhere a line now and then.
    """
    if not sys.stderr.isatty():
        yield _telling_lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} tokens, {task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    task = bar.add_task("", total=0, rate="")

    def tell(done: int, total: int, label: str, /) -> None:
        rate = f"{bar.tasks[task].speed or 0:,.0f}/s"
        bar.update(task, completed=done, total=total, description=label, rate=rate)

    with bar:
        yield tell


def _telling_lines() -> Callable[[int, int, str], None]:
    """Return what says a line now and then."""
    pace = ReportingPace()

    def tell(done: int, total: int, label: str, /) -> None:
        rate = pace.rate(done, total) if done else None
        if not pace.is_time():
            return
        line = f"{label}: {done:,} of {total:,} tokens"
        if rate:
            line += f", {rate:,.0f}/s, {lasting((total - done) / rate)} left"
        click.echo(line, err=True)

    return tell


def lasting(seconds: float) -> str:
    """Say how long something takes.

    >>> lasting(80), lasting(119.6), lasting(600), lasting(12_000)
    ('80 s', '2 min', '10 min', '3 h 20 min')
    """
    if round(seconds) < 120:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def printable(text: str) -> str:
    """Return somebody's text without what a terminal would obey (C0 and C1 controls), on one line.

    >>> printable("a\\x1b[2Jb\\nc")
    'a [2Jb c'
    """
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(plain.split())


def id_lines(file: Path) -> list[str]:
    """Return the lines of a file, or of standard input.

    Raises:
        InputError: it is not UTF-8.
        StorageError: it cannot be read.
    """
    name = "standard input" if str(file) == "-" else f"`{file}`"
    with storing(name):
        data = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    try:
        lines = data.decode().replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8", todo="save it as UTF-8") from error
    return [line for line in lines if line]
