"""`vanne token`: make, list and revoke the tokens that programs use for the API."""

import click

from vanne import tokens
from vanne.cli.options import (
    answer,
    as_json,
    home,
    now,
    tell,
)
from vanne.config import Home


@click.group()
def command() -> None:
    """Make, list and revoke tokens for programs.

    A server that runs takes note within a second.
    """


@command.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(tokens.scopes_known()),
    help="What it is good for; several times for several.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=90,
    show_default=True,
    help="For how many days it is good.",
)
@home
@as_json
def create(name: str, scopes: tuple[str, ...], days: int, home: Home, as_json: bool) -> None:
    """Make a token for the program NAME and print it: this once."""
    bearer = tokens.create(home.require(), name, scopes, days, now())
    if as_json:
        token = next(each for each in tokens.read(home) if each.id == bearer.split("_")[1])
        answer({"schema": "vanne/token/1", "token": bearer} | token.shown())
    else:
        click.echo(bearer)
    click.echo("It is not shown again: only the sha256 of its secret is kept.", err=True)


@command.command(name="list")
@home
@as_json
def list_(home: Home, as_json: bool) -> None:
    """List the tokens, never their secrets."""
    rows = tokens.read(home.require())
    if as_json:
        answer({"schema": tokens.SCHEMA, "tokens": [token.shown() for token in rows]})
        return
    for token in rows:
        click.echo(f"{token.id}  {_state(token):22}  {','.join(token.scopes)}  {token.name}")
    if not rows:
        click.echo("there are no tokens")


@command.command()
@click.argument("token_id", metavar="ID")
@home
@as_json
def revoke(token_id: str, home: Home, as_json: bool) -> None:
    """Revoke the token ID from now on."""
    token = tokens.revoke(home.require(), token_id, now())
    document = {"schema": "vanne/token-revoked/1"} | token.shown()
    tell(document, as_json, f"{token.id} is revoked")


def _state(token: tokens.ServiceToken) -> str:
    if token.revoked:
        return f"revoked {token.revoked:%Y-%m-%d}"
    word = "until" if token.is_good(now()) else "expired"
    return f"{word} {token.expires:%Y-%m-%d}"
