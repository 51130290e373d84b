"""`vanne receipt`: check a receipt with nothing but the receipt."""

from typing import TYPE_CHECKING

import click

from vanne.cli.options import answer, as_json, printable
from vanne.errors import VerificationError
from vanne.terms import Choice, Objection

if TYPE_CHECKING:
    from vanne.ledger import VerifiedReceipt


@click.group()
def command() -> None:
    """Verify a receipt, offline."""


@command.command()
@click.argument("file", type=click.Path(allow_dash=True), metavar="FILE|-")
@click.option("--vkey", help="The log's key, as its operator publishes it.")
@as_json
def verify(file: str, vkey: str | None, as_json: bool) -> None:
    """Say whether the receipt holds: exit with 0 if it does, 1 if not, 65 if it is no receipt.

    Without --vkey the receipt is checked with the key that came with it: compare that key with the
    one that the network publishes.
    """
    say_receipt(_read(file), vkey, as_json)


def say_receipt(data: bytes, vkey: str | None, as_json: bool) -> None:
    """Check a receipt and say whether it holds."""
    from vanne.ledger import read_receipt, verify_receipt

    receipt = read_receipt(data)
    try:
        verified = verify_receipt(receipt, vkey=vkey)
    except VerificationError as error:
        if not as_json:
            raise
        answer({"schema": _SCHEMA, "verified": False, "reason": error.title})
        raise click.exceptions.Exit(1) from error
    if as_json:
        answer({"schema": _SCHEMA, "verified": True, **verified.as_json()})
    else:
        click.echo(_sentence(verified))


_SCHEMA = "vanne/receipt-verification/1"


def _read(file: str) -> bytes:
    from vanne.errors import storing
    from vanne.ledger.receipt import MAX_BYTES

    with storing(f"the receipt `{file}`"), click.open_file(file, "rb") as stream:
        data: bytes = stream.read(MAX_BYTES + 1)
        return data


def _sentence(receipt: "VerifiedReceipt") -> str:
    record = receipt.record
    state = "on" if record.on else "off"
    source = "is the one that you gave" if receipt.pinned else "came with the receipt: compare it"
    claimed = record.claimed_at
    told = f" (told as of {claimed:%Y-%m-%d at %H:%M:%S} UTC)" if claimed else ""
    return (
        f"the receipt holds: on {record.at:%Y-%m-%d at %H:%M:%S} UTC{told} {_who(record)} "
        f"switched the purpose `{printable(record.purpose)}` {state} for {_which(record)}\n"
        f"{_words(record)}\n"
        f"it is entry {receipt.index} (the first is 0) of the {receipt.size:,} in the log "
        f"`{receipt.origin}`, signed with the key\n  {receipt.vkey}\nwhich {source}"
    )


def _who(record: Choice | Objection) -> str:
    if isinstance(record, Choice):
        return f"the member `{printable(record.member_id)}`"
    return f"`{printable(record.profile or record.name)}`, who is no member,"


def _which(record: Choice | Objection) -> str:
    if isinstance(record, Objection):
        return "data about them"
    if record.scope == "all":
        return "all of their data"
    kind = "category" if record.scope == "category" else "item"
    return f"the {kind} `{printable(record.target or '')}` alone"


def _words(record: Choice | Objection) -> str:
    """Give the words that were shown, as they were recorded."""
    if record.notice is None:
        return "no words that were shown are recorded with it"
    lines = [f"  {printable(line)}" for line in record.notice.splitlines()]
    return "\n".join(["the words that were shown, as it holds them:", *lines])
