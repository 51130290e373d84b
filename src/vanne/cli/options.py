"""What several commands share: options and their types, progress, the screen, output files."""

import json
import logging
import math
import os
import re
import shutil
import sys
import textwrap
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from errno import ENOTDIR
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, Self
from unicodedata import category

import click
from click.core import ParameterSource

from vanne import logs
from vanne.cli import completion
from vanne.cli.inputs import PolicyParam
from vanne.config import Home
from vanne.errors import InputError, UsageError, no_such_folder, storage_error
from vanne.packs import attach_of_home
from vanne.terms import LANGUAGES, MAIN_PURPOSE
from vanne.words import Message, words

if TYPE_CHECKING:
    from vanne.ledger import Ledger

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
_FIRST_YEAR, _LAST_YEAR = 1900, 9000
_QUIET = "vanne.quiet"


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


class OptionsRefused(click.UsageError):
    """Options that do not go together; unlike the parser's own complaints it has a code."""

    def __init__(self, what: Message) -> None:
        super().__init__(str(what), click.get_current_context(silent=True))
        self.what = what


def refuse_usage(what: Message) -> NoReturn:
    """Refuse options that do not go together, in words of ours.

    Raises:
        OptionsRefused: always.
    """
    raise OptionsRefused(what)


def see_help(ctx: click.Context | None) -> Message:
    """Say where to look up how a command is typed."""
    return Message("see-help", command=ctx.command_path if ctx else "vanne")


class MomentParam(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.4 on
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


class Day(click.ParamType):  # type: ignore[type-arg]
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


class Days(click.ParamType):  # type: ignore[type-arg]
    """A number of days: `90d` or `90`."""

    name = "days"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Return how long that is."""
        if isinstance(value, timedelta):
            return value
        number = click.IntRange(1, 36_500).convert(value.removesuffix("d"), param, ctx)
        return timedelta(days=number)


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


def _home(option: Path | None) -> Home:
    """Return the home, and use the network packs that its settings name."""
    found = Home.find(option)
    attach_of_home(found)
    return found


# The options that several commands have: one name, one help text

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
json_anyway = click.option(
    "--json", is_flag=True, expose_value=False, help="Print one JSON document, as without it."
)
dry_run = click.option(
    "--dry-run", "-n", "dry_run", is_flag=True, help="Say what would be done, and change nothing."
)


def _log(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value and not ctx.resilient_parsing:
        os.environ[logs.SETTING] = value  # processes that this one begins log alike
    logs.configure()


log = click.option(
    "--log",
    type=click.Choice(["text", "json"]),
    callback=_log,
    expose_value=False,
    help="How to log (default: text, or VANNE_LOG): json is one object a line.",
)


def say(line: str) -> None:
    """Say what is being done, on standard error."""
    if logs.is_json():
        logging.getLogger("vanne.cli").info("%s", line)
    else:
        click.echo(f"{now():%H:%M:%S} {line}", err=True)


home = click.option(
    "--home",
    "home",
    type=click.Path(file_okay=False, path_type=Path),
    callback=lambda _ctx, _param, value: _home(value),
    help="The folder of the network (default: $VANNE_HOME, else ./vanne-home).",
)
lang = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    callback=lambda _ctx, _param, value: value or terminal_language(),
    help="The language of the answer (default: that of the terminal: $LC_ALL, $LANG).",
)
member = click.argument("member", shell_complete=completion.members)
quiet = click.option(
    "--quiet",
    "-q",
    is_flag=True,
    expose_value=False,
    callback=lambda ctx, _param, value: ctx.meta.update({_QUIET: value}),
    help="Show no progress.",
)


def lang_of(what: str, default: str) -> _Decorator:
    """Return an option `--lang` that names another language than that of the answer."""
    text = _with_default(f"The language of {what}", default)
    return click.option("--lang", type=click.Choice(LANGUAGES), help=text)


def as_of(default: str | None = "now") -> _Decorator:
    """Return the option `--as-of`; without a default it must be given."""
    return click.option(
        "--as-of",
        "as_of",
        type=MomentParam(),
        required=default is None,
        help=_with_default("The time of asking", default),
    )


def policy(default: str | None = None, *, required: bool = True) -> _Decorator:
    """Return the option `--policy`; without a default it must be given."""
    return click.option(
        "--policy",
        "policy_name",
        required=required and default is None,
        type=PolicyParam(),
        shell_complete=completion.policies,
        help=_with_default("A built-in policy or a TOML file", default),
    )


def purpose(default: str | None = MAIN_PURPOSE) -> _Decorator:
    """Return the option `--purpose`; without a default it is each purpose."""
    return click.option(
        "--purpose",
        default=default,
        show_default=default is not None,
        shell_complete=completion.purposes,
        help=_with_default("What the data would be used for", None if default else "each purpose"),
    )


def port(default: int = 8000) -> _Decorator:
    """Return the option `--port`."""
    kind = click.IntRange(0, 65535)
    return click.option("--port", type=kind, default=default, show_default=True,
                        help="The port to listen on; 0: a free one.")  # fmt: skip


def output(kind: click.Path, text: str) -> _Decorator:
    """Return the option `--out`: the file or the folder that a command writes."""
    return click.option("--out", "-o", "out", type=kind, required=True, help=text)


def limit(most: int, default: int) -> _Decorator:
    """Return the option `--limit`: how many a command prints."""
    kind = click.IntRange(1, most)
    text = "How many at most."
    return click.option("--limit", type=kind, default=default, show_default=True, help=text)


def _with_default(text: str, default: str | None) -> str:
    return f"{text} (default: {default})." if default else f"{text}."


# No option is ignored: what would do nothing is refused


def only_with(other: str, *names: str) -> None:
    """Refuse the parameters that do something only with another option, which was not given.

    Raises:
        UsageError: one of the parameters was typed.
    """
    for option in _typed(names):
        refuse_usage(Message("goes-with", option=option, other=other))


def never_with(other: str, *names: str) -> None:
    """Refuse the parameters that do nothing beside another option, which was given.

    Raises:
        UsageError: one of the parameters was typed.
    """
    for option in _typed(names):
        refuse_usage(Message("goes-not-with", option=option, other=other))


def _typed(names: Iterable[str]) -> list[str]:
    """Return how the parameters are called that were typed."""
    ctx = click.get_current_context()
    return [
        param.opts[0] if isinstance(param, click.Option) else param.human_readable_name
        for param in ctx.command.params
        if param.name in names
        and ctx.get_parameter_source(param.name) is ParameterSource.COMMANDLINE
    ]


def answer(document: dict[str, Any]) -> None:
    """Print one JSON document."""
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)  # in pieces: it may be long
    click.echo()


def counted(count: int, one: str, many: str) -> str:
    """Say a number with its noun: `1 entry`, `2,000 entries`."""
    return f"{count:,} {one if count == 1 else many}"


def opened_ledger(file: Path | None, home: Home) -> "Ledger":
    """Open the ledger that was named, else that of the home, to read."""
    if file:
        never_with("a LEDGER", "home")
    from vanne.ledger import Ledger

    return Ledger(file, read_only=True) if file else Ledger.of(home, read_only=True)


# On the screen

WIDTH = 100
_STYLES: dict[str, dict[str, Any]] = {
    "": {},
    "bold": {"bold": True},
    "dim": {"dim": True},
    "cyan": {"fg": "cyan"},
}


class ScreenLine(NamedTuple):
    """One paragraph: its first prefix (the rest is indented alike), its text, its style."""

    prefix: str
    text: str
    style: str = ""


def titled(title: str) -> list[ScreenLine]:
    """Return an empty line and a title."""
    return [ScreenLine("", ""), ScreenLine("", title, "bold")]


def tell(document: dict[str, Any], as_json: bool, *lines: str) -> None:
    """Print a document as JSON if that is wanted, else the lines that say the same to a person."""
    if as_json:
        answer(document)
    else:
        click.echo("\n".join(lines))


def show(lines: Iterable[ScreenLine], *, err: bool = False) -> None:
    """Print paragraphs: styled and no wider than it is on a terminal, as plain text elsewhere."""
    width = min(WIDTH, shutil.get_terminal_size().columns) if sys.stdout.isatty() else WIDTH
    for line in lines:
        click.secho(wrapped(line, width), err=err, **_STYLES[line.style])


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


class Progress:
    """How far a long step is and how long it takes, in one line on stderr.

    On a terminal the line is written over, from the third second on; elsewhere, as in a log, there
    is a new one now and then. The pace is that of the last seconds: what a step loads first and
    what an earlier run had done say nothing of the rest.
    """

    WINDOW_SECONDS = 20
    TERMINAL_SECONDS = (2.0, 0.1)  # before the first line, and between two
    LOG_SECONDS = (15.0, 15.0)

    def __init__(self, what: str = "", total: int | None = None, lang: str = "en") -> None:
        self.what, self.total, self.lang = what, total, lang
        self.is_terminal = sys.stderr.isatty()
        context = click.get_current_context(silent=True)
        self.is_quiet = bool(context and context.meta.get(_QUIET))
        self.line = ""
        self.reports: deque[tuple[float, int]] = deque()
        self.begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self.is_quiet = True  # what is read again later, page by page, shows no progress

    def begin(self) -> None:
        """Wait anew: a step that is over soon shows no progress."""
        first, self.between = self.TERMINAL_SECONDS if self.is_terminal else self.LOG_SECONDS
        self.due = time.monotonic() + first

    def __call__(self, done: int, total: int | None = None, what: str = "", /) -> None:
        """Report how much is done, of how much, of what."""
        if what and what != self.what:
            self.what = what
            self.reports.clear()
        self.total = total or self.total
        now = time.monotonic()
        left = self.seconds_left(done, now)
        if now < self.due or self.is_quiet:
            return
        self.due = now + self.between
        line = f"{self.what}: {done:,}"
        if self.total:
            w, percent = words(self.lang), f"{100 * done // self.total}\u00a0%"
            line = w.explained(self.what, percent)
            if left >= 1:
                params = {"what": self.what, "percent": percent, "time": lasting(left)}
                line = w("%(what)s: %(percent)s, about %(time)s left", **params)
        click.echo(f"\r{line:<{len(self.line)}}" if self.is_terminal else line, err=True,
                   nl=not self.is_terminal)  # fmt: skip
        self.line = line

    def seconds_left(self, done: int, now: float) -> float:
        """Return how long the rest takes at the pace of the last seconds; 0 if that is not known.

        >>> progress = Progress("reading", 100)
        >>> [progress.seconds_left(done, at) for done, at in ((50, 1.0), (60, 2.0), (65, 24.0))]
        [0.0, 4.0, 154.0]
        """
        if not self.reports or now - self.reports[-1][0] >= 1:
            self.reports.append((now, done))
        while len(self.reports) > 2 and self.reports[1][0] <= now - self.WINDOW_SECONDS:
            self.reports.popleft()
        since, before = self.reports[0]
        rest = max((self.total or 0) - done, 0)
        return (now - since) * rest / (done - before) if done > before else 0.0

    def close(self) -> None:
        """End the line of a terminal."""
        if self.line and self.is_terminal:
            click.echo("", err=True)
        self.line = ""


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
    """Return somebody's text on one line, without what a terminal would obey and nobody sees.

    That is controls and what turns the order of signs around; a space that does not break stays.

    >>> printable("a\\x1b[2Jb\\nc")
    'a [2Jb c'
    """
    plain = (each if each.isprintable() or category(each) == "Zs" else " " for each in text)
    return re.sub(" {2,}", " ", "".join(plain)).strip()


# Where a command writes: said to be wrong before the work, not after it

_FORMATS = frozenset(
    ".arrow .avro .csv .db .duckdb .feather .gguf .gz .html .json .jsonl .md .ndjson .npy .npz "
    ".orc .parquet .pdf .sqlite .svg .toml .tsv .txt .xlsx .zip".split()
)
"""Suffixes that promise a format; others, such as that of a date in a name, promise nothing."""


class OutputFile(click.Path):
    """A file to write in one of some formats, in a folder that is there."""

    def __init__(self, *suffixes: str) -> None:
        super().__init__(dir_okay=False, path_type=Path)
        self._suffixes = suffixes

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a name that promises another format, and a folder that is missing."""
        path = Path(str(super().convert(value, param, ctx)))
        suffix = path.suffix.lower()
        if suffix in _FORMATS - {*self._suffixes}:
            kinds = " / ".join(self._suffixes)
            raise InputError(
                Message("other-kind-of-output", file=str(path), kinds=kinds, suffix=suffix),
                todo=Message("give-another-name"),
            )
        if folder := no_such_folder(str(path)):
            raise folder
        if path.parent.exists() and not path.parent.is_dir():
            raise storage_error(NotADirectoryError(ENOTDIR, "", f"{path.parent}/"), f"`{path}`")
        return path


class OutputFolder(click.Path):
    """A folder to write files into; it is made if it is not there."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse a name that promises a file."""
        path = Path(str(super().convert(value, param, ctx)))
        if path.suffix.lower() in _FORMATS and not path.is_dir():
            file = Message("output-is-folder", file=str(path))
            raise InputError(file, todo=Message("give-another-name"))
        return path
