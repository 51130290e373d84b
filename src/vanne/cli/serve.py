"""`vanne serve`: the pages of a network."""

import os

import click

from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.report.words import LANGUAGES


@click.command()
@home_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
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

    People sign in at the identity provider that VANNE_OIDC_ISSUER names. Without one this is a
    demonstration: whoever opens the pages is anybody, without a password, and addresses that other
    machines can reach are refused. Programs show a token (`vanne token`, or VANNE_API_TOKEN).
    """
    from vanne.web.api.limit import limit_of
    from vanne.web.mail import mail_of
    from vanne.web.server import serve
    from vanne.web.sign_in import sign_in_of
    from vanne.web.token import token_of

    def tell(url: str) -> None:
        click.echo(f"{url}  (Ctrl-C stops it)")

    serve(
        home,
        host,
        port,
        tell,
        lang=lang,
        api_token=token_of(os.environ),
        sign_in=sign_in_of(os.environ),
        rate_limit=limit_of(os.environ),
        mail=mail_of(os.environ, home),
    )
