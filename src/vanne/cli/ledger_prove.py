"""`vanne ledger prove` and `verify-proof`: proofs for auditors, and their check offline."""

from pathlib import Path

import click

from vanne.cli.options import answer, as_json, home, opened_ledger, read_note
from vanne.config import Home
from vanne.errors import VerificationError, storing

_note = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("index", required=False, type=click.IntRange(min=0))
@home
@click.option("--ledger", "file", type=click.Path(path_type=Path), help="The ledger's file.")
@click.option("--size", type=click.IntRange(min=1), help="In the tree of that many entries.")
@click.option("--since", type=_note, help="A checkpoint that you kept: prove that it still holds.")
def prove(
    index: int | None, home: Home, file: Path | None, size: int | None, since: Path | None
) -> None:
    """Print the proof that entry INDEX is in the log, or that the log begins with a checkpoint.

    The first entry is 0. The proof is JSON; anybody can check it with `vanne ledger verify-proof`.
    """
    from vanne.ledger.proof import prove_entry, prove_since

    if (index is None) == (since is None):
        raise click.UsageError("give the INDEX of an entry, or --since a checkpoint")
    with opened_ledger(file, home) as ledger:
        if since:
            answer(prove_since(ledger, read_note(since)))
        elif index is not None:
            answer(prove_entry(ledger, index, size))


@click.command()
@click.argument("file", type=click.Path(allow_dash=True), metavar="FILE|-")
@click.option("--checkpoint", type=_note, help="A checkpoint that you hold, for the proof's size.")
@click.option("--vkey", help="The log's key, as its operator publishes it.")
@as_json
def verify_proof(file: str, checkpoint: Path | None, vkey: str | None, as_json: bool) -> None:
    """Say whether a proof holds, offline: exit with 0 if it does, 1 if not, 65 if it is none.

    Without --vkey the proof is checked with the key that came with it: compare that key with the
    one that the operator publishes.
    """
    from vanne.ledger.proof import MAX_BYTES

    with storing(f"the proof `{file}`"), click.open_file(file, "rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    say_proof(data, vkey, as_json, read_note(checkpoint) if checkpoint else None)


def say_proof(data: bytes, vkey: str | None, as_json: bool, note: str | None = None) -> None:
    """Check a proof and say whether it holds."""
    from vanne.ledger.proof import read_proof, verify_proof

    document = read_proof(data)
    try:
        held = verify_proof(document, vkey=vkey, checkpoint=note)
    except VerificationError as error:
        if not as_json:
            raise
        schema = "vanne/ledger-proof-verification/1"
        answer({"schema": schema, "verified": False, "reason": error.title})
        raise click.exceptions.Exit(1) from error
    if as_json:
        answer(held.as_json())
        return
    what = (
        f"the log of {held.size:,} entries begins with the {held.old_size:,} of the other one"
        if held.kind == "consistency"
        else f"entry {held.index} (the first is 0) is among the {held.size:,} of the log"
    )
    source = "is the one that you gave" if held.pinned else "came with the proof: compare it"
    click.echo(
        f"the proof holds: {what} `{held.origin}`\n"
        f"signed with the key\n  {held.vkey}\nwhich {source}"
    )
