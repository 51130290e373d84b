"""`vanne inspect ARCHIVE...`: what of your own archives may train generative AI, and why not."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vanne.cli.lines import overwriting
from vanne.cli.options import (
    Day,
    MomentParam,
    answer,
    as_json,
    lasting,
    now,
    see_help,
    terminal_language,
)
from vanne.cli.outputs import OutputFile
from vanne.errors import UsageError
from vanne.extras import require
from vanne.words import LANGUAGES, Message, Words

if TYPE_CHECKING:
    from vanne.report.inspection import Inspection


@click.command()
@click.argument(
    "archives", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False)
)
@click.option("--region", help="Your country, such as CH (default: your profile's).")
@click.option("--as-of", "as_of", type=MomentParam(), help="The time of asking (default: now).")
@click.option("--policy", "policy_name", help="One for all (default: that of each network).")
@click.option("--birth-date", type=Day(), help="Your birth date: archives seldom say the year.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Default: the locale's, else English.")
@click.option("--by", type=click.Choice(["category", "item"]), help="More than the first screen.")
@click.option("--files", "with_files", is_flag=True, help="Also show each file.")
@click.option(
    *("--items", "table"),
    type=OutputFile(".parquet"),
    help="Also write the items with their fields into this new Parquet file.",
)
@click.option("--open", "as_page", is_flag=True, help="Show it as a page that only you can see.")
@click.option("--no-browser", is_flag=True, help="With --open: print the address, open nothing.")
@as_json
def command(
    archives: tuple[Path, ...],
    region: str | None,
    as_of: datetime | None,
    policy_name: str | None,
    birth_date: date | None,
    lang: str | None,
    by: str | None,
    with_files: bool,
    table: Path | None,
    as_page: bool,
    no_browser: bool,
    as_json: bool,
) -> None:
    """Say what of your ARCHIVE may train generative AI, and why not the rest.

    ARCHIVE is the zip that LinkedIn, Facebook, Instagram, X, Mastodon, Bluesky or a Discourse forum
    sent, its unpacked folder, one file of it, or a CV; several are merged, also of several
    networks. Each network is judged by its own policy. Nothing leaves this machine.
    """
    from vanne.policy import load
    from vanne.report.inspection import inspect
    from vanne.sources.tables import new_items
    from vanne.words import words

    if no_browser and not as_page:
        raise UsageError(
            Message("no-browser-without-open"), todo=see_help(click.get_current_context())
        )
    w = words(lang or terminal_language())
    with new_items(table) if table else nullcontext() as take, _reading(w) as progress:
        inspection = inspect(
            archives,
            region=region,
            as_of=as_of or now(),
            policy=load(policy_name) if policy_name else None,
            birth_date=birth_date,
            progress=progress,
            keep=by == "item" or as_page,
            take=take,
        )
    if as_json:
        answer(inspection.document() | {"todo": _todo(inspection)})
    elif as_page:
        import webbrowser

        require("web")
        from vanne.web.inspecting import serve

        def tell(address: str) -> None:
            note = w("(only on this machine; Ctrl-C ends it)")
            click.echo(f"{address}  {note}")
            if not no_browser and not webbrowser.open(address):
                click.echo(w("No browser was found: open this address yourself."), err=True)

        serve(inspection, w.lang, tell)
    else:
        from vanne.cli import inspect_lines
        from vanne.cli.lines import show

        how = {"category": inspect_lines.categories, "item": inspect_lines.items}
        lines = list(how[by](inspection, w) if by else inspect_lines.summary(inspection, w))
        if with_files:
            lines += inspect_lines.files(inspection, w)
        show(lines)


def _todo(inspection: "Inspection") -> list[dict[str, object]]:
    from dataclasses import asdict

    from vanne.report.inspection_words import advice

    return [asdict(step) for step in advice(inspection)]


@contextmanager
def _reading(w: Words) -> Iterator[Callable[[int, int], None]]:
    """Say on a terminal's stderr, from the third second on, how far and how long the reading is."""
    started, pace = time.monotonic(), ReadingPace()

    def tell(done: int, total: int) -> None:
        elapsed = time.monotonic() - started
        left = pace.seconds_left(done, total, elapsed)
        if elapsed > 2:
            write(how_far(done, total, left, w))

    with overwriting() as write:
        yield tell


class ReadingPace:
    """How fast it goes: a table of messages is read ten times as fast as posts, so what counts is
    the last few seconds and not the whole.
    """

    WINDOW_SECONDS = 5

    def __init__(self) -> None:
        self._seen = deque([(0.0, 0)])

    def seconds_left(self, done: int, total: int, at: float) -> float:
        """Return how long the rest takes at the pace of the last seconds; 0 before there is one.

        >>> pace = ReadingPace()
        >>> pace.seconds_left(50, 100, 1.0), pace.seconds_left(60, 100, 11.0)
        (1.0, 40.0)
        """
        if not done:
            self._seen = deque([(at, 0)])
        if at - self._seen[-1][0] >= 1:
            self._seen.append((at, done))
        while len(self._seen) > 2 and self._seen[1][0] <= at - self.WINDOW_SECONDS:
            self._seen.popleft()
        since, before = self._seen[0]
        return (at - since) * (total - done) / (done - before) if done > before else 0.0


def how_far(done: int, total: int, left: float, w: Words) -> str:
    """Say how much of the bytes was read, and how many seconds are left; 0: nobody knows.

    >>> from vanne.words import words
    >>> how_far(25, 100, 30.0, words("en")).replace("\\u00a0", " ")
    'Reading your archive: 25 %, about 30 s left'
    """
    if not done:
        return w("Looking through your archive")
    what, percent = w("Reading your archive"), f"{100 * done // max(total, 1)}\u00a0%"
    if left < 1:
        return w.explained(what, percent)
    steady = 5 * math.ceil(left / 5) if left > 10 else left
    params = {"what": what, "percent": percent, "time": lasting(steady)}
    return w("%(what)s: %(percent)s, about %(time)s left", **params)
