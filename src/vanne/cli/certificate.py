"""`vanne certificate verify`: the older name of `vanne verify` for certificates."""

from pathlib import Path

import click

from vanne.cli.options import as_json
from vanne.cli.options import home as home_option
from vanne.config import Home


@click.group()
def command() -> None:
    """Verify a certificate of forgetting.

    `vanne verify` does the same.
    """


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@home_option
@as_json
def verify(file: Path, home: Home, as_json: bool) -> None:
    """Check a certificate against the network: what `vanne verify FILE --home HOME` does."""
    from vanne.cli.verify import verify_file
    from vanne.errors import storing

    with storing(f"`{file}`"):
        data = file.read_bytes()
    verify_file(data, str(file), home, None, proof=False, as_json=as_json)
