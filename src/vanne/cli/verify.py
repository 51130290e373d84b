"""`vanne verify`: check a certificate, a receipt or a proof, whichever the file holds."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vanne.cli.inputs import InputFile
from vanne.cli.options import (
    Progress,
    answer,
    as_json,
    counted,
    lasting,
    never_with,
    only_with,
    printable,
    quiet,
    refuse_usage,
    tell,
)
from vanne.config import Home
from vanne.errors import InputError, VerificationError, storing
from vanne.terms import Choice, Objection
from vanne.words import Message

if TYPE_CHECKING:
    from vanne.forget import Certificate
    from vanne.forget.certificate import Check
    from vanne.ledger.witnesses import WitnessPolicy

_file = InputFile(".txt")
witnesses_option = click.option(
    "--witnesses",
    type=InputFile(".txt"),
    help="A file of witnesses (C2SP tlog-policy): enough of them must have cosigned.",
)


@click.command()
@click.argument("file", type=click.Path(allow_dash=True), metavar="FILE|-")
@click.option(
    "--home",
    "home",
    type=click.Path(file_okay=False, path_type=Path),
    callback=lambda _ctx, _param, value: Home.find(value) if value else None,
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
    help="The proof that the entry of a certificate or a receipt is in the log "
    "(`vanne ledger prove`).",
)
@click.option("--receipt", type=_file, help="A receipt: that a certificate was asked for with it.")
@click.option(
    "--checkpoint", type=_file, help="A checkpoint that you hold, of the size that a proof is for."
)
@witnesses_option
@click.option(
    "--proof",
    is_flag=True,
    help="Also train again from nothing the shards that were touched, and compare.",
)
@click.option("--all", "everything", is_flag=True, help="With --proof: every shard.")
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    help="With --proof: only so many slices, drawn by the hash of the log.",
)
@click.option("--draw", default="", help="With --sample: a word of yours that draws with it.")
@quiet
@as_json
def command(
    file: str,
    home: Home | None,
    key: Path | None,
    vkey: str | None,
    inclusion: Path | None,
    receipt: Path | None,
    checkpoint: Path | None,
    witnesses: Path | None,
    proof: bool,
    everything: bool,
    sample: int | None,
    draw: str,
    as_json: bool,
) -> None:
    """Check a certificate of forgetting, a receipt, or a proof of the ledger.

    What a file is, it says itself. Exits with 0 if it holds, 1 if not, 65 if it is none of these.
    Without --vkey a receipt or a proof is checked with the key that came with it: compare that key
    with the one that the network publishes.
    Without --home a certificate is checked for its form and its signature, and against the proof
    and the receipt that are given. Which shards are trained again is asked of the two corpora and
    never of the certificate; what that takes is said before. A sample says how likely it finds what
    is false.
    """
    from vanne.forget import Certificate
    from vanne.forget.verifying import read_document, verify_offline
    from vanne.ledger.proof import SCHEMA as PROOF
    from vanne.ledger.proof import read_proof
    from vanne.ledger.receipt import SCHEMA as RECEIPT
    from vanne.ledger.witnesses import read_policy

    data = read_file(file)
    schema = read_document(data, file).get("schema")
    if schema in (RECEIPT, PROOF):
        unfit = inclusion if schema == PROOF else checkpoint
        if home or key or proof or receipt or everything or sample or draw or unfit:
            names = "--vkey, --checkpoint" if schema == PROOF else "--vkey, --inclusion"
            refuse_usage(Message("options-of-receipt", options=f"{names}, --witnesses"))
        policy = read_policy(witnesses) if witnesses else None
        if schema == PROOF:
            say_proof(data, vkey, as_json, read_note(checkpoint) if checkpoint else None, policy)
            return
        if not inclusion:
            only_with("--inclusion", "witnesses")
        say_receipt(data, vkey, as_json, inclusion, policy)
        return
    if not str(schema).startswith("vanne/certificate/"):
        what = "it is neither a certificate nor a receipt nor a proof of the ledger"
        raise InputError(f"{file}: {what}", todo="check the file")
    if checkpoint:
        refuse_usage(Message("goes-with-ledger-proof", option="--checkpoint"))
    if not home:
        only_with("--home", "proof")
    if not proof:
        only_with("--proof", "everything", "sample")
    if not sample:
        only_with("--sample", "draw")
    if everything:
        never_with("--all", "sample")
    if not inclusion:
        only_with("--inclusion", "witnesses")
    if not inclusion and not receipt:
        only_with("--inclusion, --receipt", "vkey")
    certificate_document = read_document(data, file)
    checks = verify_offline(
        certificate_document,
        _public_key(key) if key else None,
        read_proof(read_file(str(inclusion))) if inclusion else None,
        read_file(str(receipt)) if receipt else None,
        vkey,
        read_policy(witnesses) if witnesses else None,
    )
    certificate = Certificate(certificate_document)
    if home:
        of_receipt = [each for each in checks if each.step == "receipt"]
        how = {"everything": everything, "sample": sample, "draw": draw} if proof else None
        checks = [*_in_home(certificate, home.require(), how), *of_receipt]
    _say_checks(certificate.id, printable(certificate_document["claim"]), checks, as_json)


def _say_checks(name: str, claim: str, checks: "list[Check]", as_json: bool) -> None:
    if as_json:
        steps = [each.as_json() for each in checks]
        schema = "vanne/certificate-verification/3"
        answer({"schema": schema, "certificate": name, "ok": True, "steps": steps})
        return
    for each in checks:
        state = "holds" if each.is_checked else "not checked"
        click.echo(f"{each.step:12} {state:12} {each.told}")
    click.echo(f"certificate {name[:16]} holds: {claim}")


def read_file(file: str) -> bytes:
    """Return what a file holds, or standard input."""
    with storing(f"`{file}`"), click.open_file(file, "rb") as stream:
        data: bytes = stream.read()
        return data


def _public_key(path: Path) -> bytes:
    with storing(f"the key `{path}`"):
        encoded = path.read_bytes()
    try:
        return base64.b64decode(encoded, validate=False)
    except ValueError:
        raise InputError(f"{path}: no public key", todo="give certificate.pub") from None


def _in_home(
    certificate: "Certificate", home: Home, how: Mapping[str, Any] | None
) -> Iterator["Check"]:
    """Check a certificate against model, corpus and ledger.

    Its proof is made as `to_prove` is told how; with None, nothing is trained.
    """
    from vanne.forget import verifying

    yield from verifying.verify_certificate(certificate, home.model)
    documents = verifying.documents_of(home, certificate.corpus_after)
    yield from verifying.verify_in_home(certificate, home, documents)
    if how:
        from vanne.forget.proof import prove, to_prove

        task = to_prove(certificate, home, **how)
        shards = counted(len(task.shards), "shard", "shards")
        what = f"{shards} of {len(task.model.shards)} to train from nothing ({task.why})"
        if task.told:
            what = f"{counted(len(task.places), 'slice', 'slices')} to train again"
        costs = f"{task.tokens:,} tokens x epochs, about {lasting(task.seconds)}"
        click.echo(f"vanne: {what}: {costs}", err=True)
        with Progress() as progress:
            yield from prove(task, home, progress)


# Receipts and proofs of the ledger


@contextmanager
def _refusing(kind: str, as_json: bool) -> Iterator[None]:
    """Say as a document that something does not hold, where documents are wanted."""
    try:
        yield
    except VerificationError as error:
        if not as_json:
            raise
        document = {"schema": f"vanne/{kind}-verification/1", "verified": False}
        answer(document | {"reason": error.title})
        raise click.exceptions.Exit(1) from error


def say_receipt(
    data: bytes,
    vkey: str | None,
    as_json: bool,
    inclusion: Path | None = None,
    witnesses: "WitnessPolicy | None" = None,
) -> None:
    """Check a receipt, and perhaps a later proof of its entry, and say whether it holds."""
    from vanne.ledger import read_receipt, verify_receipt
    from vanne.ledger.proof import read_proof, verify_proof_of

    document, shown = read_receipt(data), None
    later = read_proof(read_file(str(inclusion))) if inclusion else None
    with _refusing("receipt", as_json):
        receipt = verify_receipt(document, vkey=vkey)
        if later:
            shown = verify_proof_of(document, later, vkey=vkey, witnesses=witnesses)
    record = receipt.record
    if isinstance(record, Choice):
        who = f"the member `{printable(record.member_id)}`"
    else:
        who = f"`{printable(record.profile or record.name)}`, who is no member,"
    if isinstance(record, Objection):
        which = "data about them"
    elif record.scope == "all":
        which = "all of their data"
    else:
        which = f"the {record.scope} `{printable(record.target or '')}` alone"
    words = "no words that were shown are recorded with it"
    if record.notice is not None:
        lines = [f"  {printable(line)}" for line in record.notice.splitlines()]
        words = "\n".join(["the words that were shown, as it holds them:", *lines])
    source = "is the one that you gave" if receipt.pinned else "came with the receipt: compare it"
    claimed = record.claimed_at
    as_told = f" (told as of {claimed:%Y-%m-%d at %H:%M:%S} UTC)" if claimed else ""
    text = (
        f"the receipt holds: on {record.at:%Y-%m-%d at %H:%M:%S} UTC{as_told} {who} "
        f"switched the purpose `{printable(record.purpose)}` {'on' if record.on else 'off'} for "
        f"{which}\n{words}\n"
        f"it is entry {receipt.index} (the first is 0) of the {receipt.size:,} in the log "
        f"`{receipt.origin}`, signed with the key\n  {receipt.vkey}\nwhich {source}"
    )
    about = {"schema": "vanne/receipt-verification/1", "verified": True} | receipt.as_json()
    if shown:
        about |= {"in_log_of": shown["size"], "cosigned": shown["cosigned"]}
        text += f"\nby the proof it is in the log of {shown['size']:,}{_others(shown)}"
    tell(about, as_json, text)


def _others(shown: Mapping[str, Any]) -> str:
    """Say by whom a checkpoint is cosigned, of those who were named."""
    names = ", ".join(shown["cosigned"])
    return f", cosigned by the witnesses {names}" if names else ""


def say_proof(
    data: bytes,
    vkey: str | None,
    as_json: bool,
    note: str | None,
    witnesses: "WitnessPolicy | None" = None,
) -> None:
    """Check a proof and say whether it holds."""
    from vanne.ledger.proof import read_proof, verify_proof

    document = read_proof(data)
    with _refusing("ledger-proof", as_json):
        proof = verify_proof(document, vkey=vkey, checkpoint=note, witnesses=witnesses)
    what = f"entry {proof['index']} (the first is 0) is among the {proof['size']:,} of the log"
    if proof["kind"] == "consistency":
        old = f"the {proof['old_size']:,} of the other one"
        what = f"the log of {proof['size']:,} entries begins with {old}"
    source = "is the one that you gave" if proof["pinned"] else "came with the proof: compare it"
    tell(
        proof,
        as_json,
        f"the proof holds: {what} `{proof['origin']}`",
        f"signed with the key\n  {proof['vkey']}\nwhich {source}{_others(proof)}",
    )


def read_note(path: Path) -> str:
    """Return the text of a checkpoint that somebody kept.

    Raises:
        InputError: it is none: whoever named the wrong file is not told that a ledger was changed.
    """
    from vanne.ledger.checkpoint import is_note

    with storing(f"the checkpoint `{path}`"):
        note = path.read_text(encoding="utf-8", errors="replace")
    if not is_note(note):
        todo = "name the file with what `vanne ledger checkpoint` printed"
        raise InputError(f"`{path}` is no checkpoint", todo=todo)
    return note
