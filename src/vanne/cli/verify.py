"""`vanne verify`: check a certificate, a receipt or a proof, whichever the file holds."""

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vanne.cli.options import answer, as_json, counted, lasting, printable, telling
from vanne.config import Home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vanne.forget import Certificate
    from vanne.forget.certificate import Check


def _home(_ctx: click.Context, _param: click.Parameter, value: Path | None) -> Home | None:
    return Home.find(value) if value else None


_file = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=click.Path(allow_dash=True), metavar="FILE|-")
@click.option(
    "--home",
    "home",
    type=click.Path(file_okay=False, path_type=Path),
    callback=_home,
    help="The network's folder: a certificate is checked against its model, corpus and ledger.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    help="The key that a certificate must be signed by: the network's certificate.pub.",
)
@click.option("--vkey", help="The log's key that a receipt or a proof must be signed by.")
@click.option(
    "--inclusion",
    type=_file,
    help="The proof that a certificate is in the log (`vanne certificate prove`).",
)
@click.option("--receipt", type=_file, help="A receipt: that a certificate was asked for with it.")
@click.option(
    "--proof",
    is_flag=True,
    help="Also train again from nothing the shards that were touched, and compare.",
)
@click.option("--all", "everything", is_flag=True, help="With --proof: every shard.")
@as_json
def command(
    file: str,
    home: Home | None,
    key: Path | None,
    vkey: str | None,
    inclusion: Path | None,
    receipt: Path | None,
    proof: bool,
    everything: bool,
    as_json: bool,
) -> None:
    """Check a certificate of forgetting, a receipt, or a proof of the ledger.

    What a file is, it says itself. Exits with 0 if it holds, 1 if not, 65 if it is none of these.
    Without --home a certificate is checked for its form and its signature, and against the proof
    and the receipt that are given. Which shards are trained again is asked of the two corpora and
    never of the certificate; what that takes is said before.
    """
    from vanne.forget.verifying import read_document
    from vanne.ledger.proof import SCHEMA as PROOF
    from vanne.ledger.receipt import SCHEMA as RECEIPT

    data = _read(file)
    schema = read_document(data, file).get("schema")
    if schema in (RECEIPT, PROOF):
        if home or key or proof or inclusion or receipt or everything:
            raise click.UsageError("only --vkey goes with a receipt or a proof.")
        _verify_of_ledger(str(schema), data, vkey, as_json)
        return
    if not str(schema).startswith("vanne/certificate/"):
        from vanne.errors import InputError

        what = "it is neither a certificate nor a receipt nor a proof of the ledger"
        raise InputError(f"{file}: {what}", todo="check the file")
    if proof and not home:
        raise click.UsageError("--proof needs --home: it trains on the network's corpus.")
    if everything and not proof:
        raise click.UsageError("--all goes with --proof.")
    from vanne.forget import Certificate
    from vanne.forget.verifying import verify_offline
    from vanne.ledger.proof import read_proof

    document = read_document(data, file)
    checks = verify_offline(
        document,
        _key(key) if key else None,
        read_proof(_read(str(inclusion))) if inclusion else None,
        _read(str(receipt)) if receipt else None,
        vkey,
    )
    certificate = Certificate(document)
    if home:
        of_receipt = [each for each in checks if each.step == "receipt"]
        checks = [*_in_home(certificate, home.require(), proof, everything), *of_receipt]
    if as_json:
        answer(_as_json(certificate.id, checks))
        return
    for each in checks:
        state = "holds" if each.is_checked else "not checked"
        click.echo(f"{each.step:12} {state:12} {each.told}")
    click.echo(f"certificate {certificate.id[:16]} holds: {printable(document['claim'])}")


def _in_home(
    certificate: "Certificate", home: Home, proof: bool, everything: bool
) -> "Iterator[Check]":
    """Check a certificate against model, corpus and ledger, and train for its proof if wanted."""
    from vanne.forget import verifying
    from vanne.forget.proof import prove, to_prove

    yield from verifying.verify_certificate(certificate, home.model)
    documents = verifying.documents_of(home, certificate.corpus_after)
    yield from verifying.verify_in_home(certificate, home, documents)
    if proof:
        task = to_prove(certificate, home, everything=everything)
        shards = counted(len(task.shards), "shard", "shards")
        what = f"{shards} of {len(task.model.shards)} to train from nothing ({task.why})"
        costs = f"{task.tokens:,} tokens x epochs with the ground, about {lasting(task.seconds)}"
        click.echo(f"vanne: {what}: {costs}", err=True)
        with telling() as progress:
            yield prove(task, home, progress)


def _as_json(certificate: str, checks: list["Check"]) -> dict[str, Any]:
    steps = [each.as_json() for each in checks]
    schema = "vanne/certificate-verification/3"
    return {"schema": schema, "certificate": certificate, "ok": True, "steps": steps}


def _verify_of_ledger(schema: str, data: bytes, vkey: str | None, as_json: bool) -> None:
    from vanne.cli.ledger_prove import say_proof
    from vanne.cli.receipt import say_receipt
    from vanne.ledger.receipt import SCHEMA as RECEIPT

    say = say_receipt if schema == RECEIPT else say_proof
    say(data, vkey, as_json)


def _key(path: Path) -> bytes:
    from vanne.errors import InputError, storing

    with storing(f"the key `{path}`"):
        text = path.read_bytes()
    try:
        return base64.b64decode(text, validate=False)
    except ValueError:
        raise InputError(f"{path}: no public key", todo="give certificate.pub") from None


def _read(file: str) -> bytes:
    from vanne.errors import storing

    with storing(f"`{file}`"), click.open_file(file, "rb") as stream:
        data: bytes = stream.read()
        return data
