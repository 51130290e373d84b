"""`vanne serve`: the members' pages of a network, on this machine."""

import os

import click

from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.report.words import LANGUAGES


@click.command()
@home_option
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: a free one."
)
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="The language for browsers that ask for none of ours.",
)
def command(home: Home, host: str, port: int, lang: str) -> None:
    """Serve the members' pages of a network.

    Whoever opens them signs in as any member without a password: addresses that other machines can
    reach are refused. With VANNE_API_TOKEN set (or VANNE_API_TOKEN_FILE), programs that send that
    token are given verdicts.
    """
    from vanne.web.api.limit import limit_of
    from vanne.web.server import serve
    from vanne.web.token import token_of

    def tell(url: str) -> None:
        click.echo(f"{url}  (Ctrl-C stops it)")

    api_token, rate_limit = token_of(os.environ), limit_of(os.environ)
    serve(home, host, port, tell, lang=lang, api_token=api_token, rate_limit=rate_limit)
