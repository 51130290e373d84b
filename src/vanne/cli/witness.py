"""`vanne witness`: cosign the checkpoints of logs whose history only grows."""

import time
from pathlib import Path

import click

from vanne.cli.options import port as port_option
from vanne.errors import InputError


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", required=True, help="The witness's name, such as witness.example/one.")
@click.option("--log", "logs", multiple=True, help="The key of a log to cosign; may come again.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@port_option(8420)
def command(folder: Path, name: str, logs: tuple[str, ...], host: str, port: int) -> None:
    """Cosign the checkpoints of logs whose history only grows.

    Serves a witness (C2SP tlog-witness), and prints its public key. FOLDER holds its key and what
    it has cosigned: keep both. It cosigns a checkpoint only if the log begins with what it cosigned
    before. Run it on a machine that the log's operator does not hold, behind a web server that
    speaks https. Without --log it only prints its key.
    """
    from vanne.ledger.checkpoint import Verifier, is_key_name
    from vanne.ledger.witness import WitnessDesk, serve
    from vanne.worker.loop import end_on_sigterm

    if not is_key_name(name):
        todo = "use a name like `witness.example/one`, without spaces and plus signs"
        raise InputError("`--name` is not a name that C2SP allows", todo=todo)
    desk = WitnessDesk.open(folder, name, tuple(map(Verifier.parse, logs)))
    click.echo(desk.signer.verifier.vkey)
    if not logs:
        return
    server = serve(desk, (host, port), lambda: int(time.time()))
    end_on_sigterm()
    where = f"http://{host}:{server.server_port}"
    click.echo(f"the witness listens at {where}  (Ctrl-C stops it)", err=True)
    with server:
        server.serve_forever()
