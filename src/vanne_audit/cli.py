"""`vanne audit`: test whether a model remembers its members, or people whom it has forgotten."""

from pathlib import Path

import click

from vanne.cli.inputs import InputFile
from vanne.cli.options import (
    Progress,
    answer,
    as_json,
    counted,
    now,
    quiet,
)
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.extras import require


@click.command()
@click.argument("model", default="current")
@home_option
@click.option("--members", type=click.IntRange(min=1), default=120, show_default=True,
              help="How many people of each standing are tried.")  # fmt: skip
@click.option("--items", type=click.IntRange(1, 64), default=4, show_default=True,
              help="How many texts of each.")  # fmt: skip
@click.option("--never", type=InputFile(".jsonl"),
              help="JSON Lines with texts of people who never were in.")  # fmt: skip
@click.option("--forgotten", metavar="CERTIFICATE",
              help="Read the texts of those who left with this certificate.")  # fmt: skip
@quiet
@as_json
def command(
    model: str,
    home: Home,
    members: int,
    items: int,
    never: Path | None,
    forgotten: str | None,
    as_json: bool,
) -> None:
    """Test whether a model remembers people.

    MODEL is a version of it (default: the current one). Asks every shard's adapter and the merged
    model whether people who are in, or were forgotten, can be told from people whom it never saw.
    Prints no text and no id. The exit code is 1 if anything was found of people who were forgotten.
    The result is kept in the home's folder `audit`.
    """
    from vanne.train.model import current, load
    from vanne.worker import recorded
    from vanne_audit import auditing

    require("train")
    store = home.require().model
    audited = current(store) if model == "current" else load(store, model)
    size = auditing.AuditSize(members, items)
    people = auditing.gather(home, audited, size, never, forgotten)
    what = f"{counted(len(people), 'person', 'people')} through {len(audited.shards) + 2} models"
    click.echo(f"vanne: {what}", err=True)
    with recorded(home, "audit", now) as facts, Progress() as progress:
        findings = auditing.audit(store, audited, {"members": people}, size, progress)
        document = auditing.keep(home, audited, findings, now())
        facts |= {"model": audited.version, "people": len(people)}
        facts["remembered"] = document["verdict"]["forgotten"]["remembered"]
    if as_json:
        answer(document)
    else:
        click.echo("\n".join(auditing.sentences(document)))
    if document["verdict"]["forgotten"]["remembered"]:
        raise click.exceptions.Exit(1)
