"""`vanne last-choice`."""

import click

from vanne.cli.options import home
from vanne.config import Home
from vanne_last_choice import store


@click.command()
@home
def command(home: Home) -> None:
    """Count the members who have chosen."""
    with store(home.require()) as db:
        (count,) = db.execute("SELECT count(*) FROM last_choice").fetchone()
    click.echo(f"{count:,} members have chosen")
