"""`vanne serve`: serve a network's pages, its API and its model."""

import click

from vanne.cli.options import home as home_option
from vanne.cli.options import log
from vanne.cli.options import port as port_option
from vanne.config import Home
from vanne.extras import require
from vanne.words import LANGUAGES


@click.command()
@home_option
@log
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@port_option()
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="The language of the pages, for browsers that ask for none of ours.",
)
@click.option(
    "--worker/--no-worker",
    default=True,
    show_default=True,
    help="Also do what members chose, by a process beside the server.",
)
def command(home: Home, host: str, port: int, lang: str, worker: bool) -> None:
    """Serve the members' pages of a network, and its model to programs.

    A worker beside the server hears each choice and forgets by itself (`vanne worker`).

    People sign in at the identity provider that VANNE_OIDC_ISSUER names. Without one this is a
    demonstration: whoever opens the pages is anybody, without a password, and addresses that other
    machines can reach are refused. Programs show a token (`vanne token`, or VANNE_API_TOKEN); with
    the scope `generate` the current model answers them at /v1, as OpenAI's API.
    """
    require("web")
    from vanne.web.server import serve

    serve(
        home,
        host,
        port,
        lambda url: click.echo(f"{url}  (Ctrl-C stops it)"),
        lang=lang,
        worker=worker,
    )
