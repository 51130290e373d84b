"""`vanne inspect ARCHIVE...`: what of your own archives may train generative AI, and why not."""

from contextlib import nullcontext
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vanne.cli.options import (
    Day,
    MomentParam,
    OutputFile,
    Progress,
    answer,
    as_json,
    now,
    see_help,
    terminal_language,
)
from vanne.errors import UsageError
from vanne.extras import require
from vanne.words import LANGUAGES, Message

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
    looking, reading = w("Looking through your archive"), w("Reading your archive")
    with new_items(table) if table else nullcontext() as take, Progress(lang=w.lang) as progress:
        inspection = inspect(
            archives,
            region=region,
            as_of=as_of or now(),
            policy=load(policy_name) if policy_name else None,
            birth_date=birth_date,
            progress=lambda done, total: progress(done, total, reading if done else looking),
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
        from vanne.cli.options import show

        how = {"category": inspect_lines.categories, "item": inspect_lines.items}
        lines = list(how[by](inspection, w) if by else inspect_lines.summary(inspection, w))
        if with_files:
            lines += inspect_lines.files(inspection, w)
        show(lines)


def _todo(inspection: "Inspection") -> list[dict[str, object]]:
    from dataclasses import asdict

    from vanne.report.inspection_words import advice

    return [asdict(step) for step in advice(inspection)]
