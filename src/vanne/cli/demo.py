"""`vanne demo`: run everything once on this machine, with made-up members, step by step."""

import time
from datetime import date
from pathlib import Path
from typing import Any

import click

from vanne.cli.options import (
    Day,
    Progress,
    answer,
    as_json,
    lang,
    never_with,
    now,
    only_with,
    port,
    quiet,
)
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.errors import VerificationError
from vanne.extras import require
from vanne.words import Words, words

MEMBERS, MEMBERS_TO_SEARCH = 96, 2000


@click.command()
@home_option
@click.option(
    "--people",
    is_flag=True,
    help="A network to find people in, in Switzerland, France and Germany, and no model.",
)
@click.option(
    "--members",
    type=click.IntRange(5, 100_000),
    help=f"How many members the network has.  [default: {MEMBERS}; "
    f"with --people {MEMBERS_TO_SEARCH}]",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Another seed makes up other people."
)
@click.option(
    "--archive",
    "archives",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Put your own LinkedIn archive in as one member (several: Basic and Complete).",
)
@click.option("--region", help="Where you live, for the archive: CH, FR, ...")
@click.option("--birth-date", type=Day(), help="When you were born, for the archive.")
@click.option("--serve/--no-serve", default=True, help="Serve the pages at the end.")
@port()
@lang
@quiet
@as_json
def command(
    home: Home,
    people: bool,
    members: int | None,
    seed: int,
    archives: tuple[Path, ...],
    region: str | None,
    birth_date: date | None,
    serve: bool,
    port: int,
    lang: str,
    as_json: bool,
) -> None:
    """The whole mission on this machine, on real parts.

    Makes up a network, decides every item, builds the corpus, trains a small language model, lets
    members opt out for a week, forgets them night by night, proves it, and serves the pages.
    """
    if not archives:
        only_with("--archive", "region", "birth_date")
    if as_json and serve:  # a program that waits for a document does not want to wait for Ctrl-C
        never_with("--json", "serve", "port")
    if not serve:
        never_with("--no-serve", "port")
    require("demo")
    from vanne.demo.demo import DemoOptions, run, run_without_model
    from vanne.train.base import PACKAGE, in_package

    if not people:
        in_package(PACKAGE)  # a missing model is better said now than after ten minutes
    if serve:
        from vanne.settings import Settings
        from vanne.web.oidc import sign_in_of
        from vanne.web.server import listen
        from vanne.web.server import serve as serve_pages

        sign_in_of(Settings.of())  # a wrong setting is better said now than after ten minutes
        if not as_json:
            listen("127.0.0.1", port).close()
    wish = DemoOptions(
        seed=seed,
        members=members or (MEMBERS_TO_SEARCH if people else MEMBERS),
        as_of=now().replace(hour=0, minute=0, second=0, microsecond=0),
        archives=archives,
        region=region,
        birth_date=birth_date,
        space="search" if people else "network",
    )
    w = words(lang)
    with _Screen(w) as screen:
        summary = run_without_model(home, wish, screen) if people else run(home, wish, screen)
    if as_json:
        answer(summary)
    if not people:
        require_proof(summary)
    if serve and not as_json:
        serve_pages(
            home,
            port=port,
            on_ready=lambda url: click.echo(w("The members' pages: %(url)s", url=url)),
            lang=lang,
            worker=True,
        )


def require_proof(summary: dict[str, Any]) -> None:
    """Refuse a demo that did not show what it is to show.

    Raises:
        VerificationError: the bytes differ, or the receipt does not verify.
    """
    identical = summary["forgetting"]["identical_to_never_trained"]
    if not (identical and summary["receipt"]["verified"]):
        raise VerificationError("the demo did not prove what it is to prove", todo="report this")


class _Screen(Progress):
    """Shows steps, results and how far a step is on stderr."""

    def __init__(self, w: Words) -> None:
        super().__init__(lang=w.lang)
        self.w, self.started = w, time.monotonic()

    def step(self, text: str, /, **values: object) -> None:
        """Say that a step begins."""
        self.close()
        self.begin()
        elapsed = int(time.monotonic() - self.started)
        click.echo(f"[{elapsed // 60}:{elapsed % 60:02}] {self.w(text, **values)}", err=True)

    def found(self, text: str, /, **values: object) -> None:
        """Say a result."""
        self.close()
        click.echo(f"       {self.w(text, **values)}", err=True)

    def progress(self, done: int, total: int, label: str, /) -> None:
        """Say how far the step is."""
        self(done, total, label)
