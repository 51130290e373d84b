"""`vanne config`: show each setting, and where it was set."""

import json

import click

from vanne.cli.options import answer, as_json
from vanne.cli.options import home as home_option
from vanne.config import Home


@click.group()
def command() -> None:
    """Show the settings, and where each was set."""


@command.command()
@home_option
@as_json
def show(home: Home, as_json: bool) -> None:
    """Print each setting, its value and where it was set; of a secret only whether it is set.

    What is printed is a `vanne.toml`.
    A variable that begins with VANNE_ and is no setting is named on stderr.
    """
    from pydantic import SecretStr

    from vanne.settings import Settings, unknown_variables

    settings = Settings.of(home)
    rows = []
    for name in Settings.model_fields:
        value = str(home.root) if name == "home" else getattr(settings, name)
        text = "(set)" if isinstance(value, SecretStr) else value
        rows.append({"name": name, "value": text, "origin": settings.origin_of(name, home)})
    if as_json:
        answer({"schema": "vanne/settings/1", "settings": rows})
    else:
        for row in rows:
            if row["value"] in (None, "(set)"):
                click.echo(f"# {row['name']} = {row['value'] or '(not set)'}  # {row['origin']}")
            else:
                click.echo(f"{row['name']} = {json.dumps(row['value'])}  # {row['origin']}")
    for variable in unknown_variables():
        click.echo(f"{variable} is no setting", err=True)
