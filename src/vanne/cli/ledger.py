"""`vanne ledger`: check, publish, follow and prove the ledger; erase a member; rotate the key."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vanne.cli.inputs import InputFile
from vanne.cli.options import (
    OutputFolder,
    Progress,
    answer,
    as_json,
    counted,
    home,
    json_anyway,
    member,
    never_with,
    now,
    opened_ledger,
    output,
    quiet,
    refuse_usage,
    tell,
)
from vanne.cli.verify import read_note, witnesses_option
from vanne.config import Home
from vanne.errors import MissingError, VerificationError
from vanne.words import Message

if TYPE_CHECKING:
    from vanne.ledger import Ledger

_file = click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[LEDGER]")


@click.group()
def command() -> None:
    """Check, publish and prove the ledger of choices, erase from it, change its key.

    LEDGER is the ledger's file; without it, that of the network in --home. Only `erase` and
    `rotate-key` write to it and need its private key.
    """


@command.command()
@_file
@home
@click.option(
    "--checkpoint",
    type=InputFile(".txt"),
    help="A checkpoint that you kept: shows a history that was rewritten since.",
)
@click.option("--vkey", help="The log's key, as its operator publishes it.")
@quiet
@as_json
def fsck(
    file: Path | None, home: Home, checkpoint: Path | None, vkey: str | None, as_json: bool
) -> None:
    """Derive everything again from the entries; exit with 1 if something does not hold.

    Of the network's own ledger the result is kept, with its time: the auditor's page shows it.
    """
    from vanne.worker import recorded

    known, began = None if checkpoint is None else read_note(checkpoint), now()
    kept: AbstractContextManager[dict[str, Any]] = nullcontext({})
    if file is None:
        kept = recorded(home, "ledger fsck", now)
    with (
        opened_ledger(file, home) as ledger,
        kept as facts,
        Progress("entries", ledger.size) as progress,
    ):
        report = ledger.fsck(known_checkpoint=known, vkey=vkey, progress=progress)
        facts |= {"entries": report.entries, "problems": len(report.problems)}
    entries = counted(report.entries, "entry", "entries")
    text = f"the ledger holds: {entries}, derived again from the first to the last"
    if report.erased:
        text += f"; the content of {report.erased:,} was erased, as entries of the log say"
    if report.problems:
        problems = counted(len(report.problems), "problem", "problems")
        text = f"the ledger does not hold: {entries} read, {problems} (see above)"
    tell(report.as_json(), as_json, *report.problems, text)
    if file is None:
        from vanne.ledger.checks import keep_check

        keep_check(home, report, "command", began, now())
    if not report.ok:
        raise click.exceptions.Exit(1)


@command.command()
@_file
@home
@as_json
def checkpoint(file: Path | None, home: Home, as_json: bool) -> None:
    """Print the last signed checkpoint (a C2SP note). Keep it somewhere else."""
    with opened_ledger(file, home) as ledger:
        document = ledger.describe()
    if as_json:
        answer(document)
    else:
        click.echo(document["checkpoint"], nl=False)


@command.command()
@home
@member
@as_json
def erase(home: Home, member: str, as_json: bool) -> None:
    """Take away the content of all entries of a member.

    Their hashes stay, so that every proof still holds. As long as the member's id is among the
    members or in any item, one off for everything is recorded anew for each purpose.
    """
    from vanne.report.erase import erase_member

    erased = erase_member(home.require(), member, now())
    positions, remaining = list(erased.positions), list(erased.kept)
    document = {"entry": erased.entry, "positions": positions, "kept": remaining}
    text = "the ledger holds nothing of this member that can be erased"
    if erased.entry is not None:
        entries = counted(len(positions), "entry", "entries")
        rest = "nothing is kept"
        if remaining:
            rest = (
                "the id is still among the members or in an item, so one off for everything is "
                f"kept for each purpose ({len(remaining)}), and nothing else"
            )
        text = f"the content of {entries} was erased, as entry {erased.entry} says; {rest}"
    tell({"schema": "vanne/ledger-erasure/1", **document}, as_json, text)


@command.command("rotate-key")
@home
@click.option("--retire", is_flag=True, help="End the former key: the new one signs alone.")
@as_json
def rotate_key(home: Home, retire: bool, as_json: bool) -> None:
    """Begin to sign with a new key, beside the present one until that is retired."""
    from vanne.ledger import Ledger

    with Ledger.of(home.require()) as ledger:
        vkey = ledger.rotate_key(now(), retire=retire)
    if as_json:
        answer({"schema": "vanne/ledger-key/1", "vkey": vkey, "former_signs": not retire})
        return
    click.echo(vkey)
    if retire:
        click.echo("vanne: this key signs alone now; the former one was removed", err=True)
    else:
        todo = "publish it, then end the former one with `vanne ledger rotate-key --retire`"
        click.echo(f"vanne: this key and the former one both sign: {todo}", err=True)


@command.command("accept-loss")
@home
@as_json
def accept_loss(home: Home, as_json: bool) -> None:
    """Record that the end of the ledger is lost, so that it can be written to again.

    Do this only where no newer ledger is left: choices are missing for which members hold receipts.
    An entry says how many entries were seen, and under which root. Then run `vanne corpus build
    --force`, and publish the log to a new folder.
    """
    from vanne.ledger import Ledger

    with Ledger.of(home.require()) as ledger:
        size, lost = ledger.size, ledger.accept_loss(now())
    rows = [{"by": e.by, "place": e.place, "size": e.size, "root": e.root.hex()} for e in lost]
    lines = [each.line(size) for each in lost]
    text = f"the loss is recorded from entry {size} on, and the ledger can be written to again"
    tell({"schema": "vanne/ledger-loss/1", "size": size, "lost": rows}, as_json, *lines, text)


# The log as static files, and what checks them


_AT_AN_ADDRESS = ("https://", "http://")


@command.command()
@output(OutputFolder(), "The folder of static files.")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[LEDGER]")
@home
@witnesses_option
@quiet
@as_json
def publish(
    out: Path, file: Path | None, home: Home, witnesses: Path | None, as_json: bool
) -> None:
    """Write the log as static files that anybody can follow (C2SP tlog-tiles).

    Only public parts are written. A second run writes what is new; what was published is never
    written again. With --witnesses, those with an address are asked to cosign the checkpoint, and
    it is published if enough do.
    """
    from vanne.ledger.publish import publish
    from vanne.ledger.witnesses import read_policy

    policy = read_policy(witnesses) if witnesses else None
    with opened_ledger(file, home) as ledger, Progress("entries") as progress:
        published = publish(ledger, out, witnesses=policy, tell=progress)
    for name, why in published["not_cosigned"].items():
        click.echo(f"vanne: the witness `{name}` has not cosigned: {why}", err=True)
    names = ", ".join(published["cosigned"])
    tell(
        published,
        as_json,
        f"published {published['size']:,} entries of `{published['origin']}`: "
        f"{published['files_written']:,} new files beside the checkpoint",
        f"the key is {published['vkey']}",
        *([f"cosigned by the witnesses {names}"] if policy else []),
    )


@command.command()
@click.argument("log", metavar="FOLDER|URL")
@click.option(
    "--checkpoint",
    "kept",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The checkpoint that you kept; when all holds, the new one is written there.",
)
@click.option("--vkey", help="The log's key, as its operator publishes it.")
@witnesses_option
@quiet
@as_json
def follow(
    log: str, kept: Path | None, vkey: str | None, witnesses: Path | None, as_json: bool
) -> None:
    """Check a published log, with nothing but its files; exit with 1 if something does not hold.

    Every entry and tile is hashed again; the log must begin with what the kept checkpoint signed.
    The first time there is none: the file that --checkpoint names is made. Without --vkey the key
    that came with the files is believed: compare it with the one that the operator publishes.
    """
    from vanne.files import write_whole
    from vanne.ledger.follow import folder_reader, follow, url_reader
    from vanne.ledger.witnesses import read_policy

    policy = read_policy(witnesses) if witnesses else None

    read = url_reader(log) if log.startswith(_AT_AN_ADDRESS) else folder_reader(Path(log))
    before = read_note(kept) if kept and kept.exists() else None
    try:
        with Progress("entries") as progress:
            state, note = follow(read, kept=before, vkey=vkey, witnesses=policy, tell=progress)
    except VerificationError as error:
        if not as_json:
            raise
        answer({"schema": "vanne/ledger-follow/1", "verified": False, "reason": error.title})
        raise click.exceptions.Exit(1) from error
    if kept:
        write_whole(kept, note.encode())
    size, kept_size = state["size"], state["kept_size"]
    since = "" if kept_size is None else f", and begins with the {kept_size:,} kept"
    source = "is the one that you gave" if vkey else "came with the log: compare it"
    others = f"\ncosigned by the witnesses {', '.join(state['cosigned'])}" if policy else ""
    tell(
        state,
        as_json,
        f"the log `{state['origin']}` holds: {size:,} entries, hashed "
        f"from the first to the last{since}\nit is signed with the key\n  {state['vkey']}",
        f"which {source}{others}",
    )


# Proofs for auditors


_note = InputFile(".txt")


@command.command()
@click.argument("entry", required=False, metavar="[INDEX|CERTIFICATE]")
@home
@click.option("--ledger", "file", type=click.Path(path_type=Path), help="The ledger's file.")
@click.option("--size", type=click.IntRange(min=1), help="In the tree of that many entries.")
@click.option("--since", type=_note, help="A checkpoint that you kept: prove that it still holds.")
@click.option("--checkpoint", type=_note, help="In the tree of this checkpoint, which it bears.")
@json_anyway
def prove(
    entry: str | None,
    home: Home,
    file: Path | None,
    size: int | None,
    since: Path | None,
    checkpoint: Path | None,
) -> None:
    """Print the proof that an entry is in the log, or that the log begins with a checkpoint.

    The entry is named by its INDEX (the first is 0), or by the CERTIFICATE of forgetting in it, by
    how that one's id begins (16 letters or more). The proof is JSON; anybody can check it with
    `vanne verify`.
    """
    from vanne.ledger.proof import prove_entry, prove_since

    if (entry is None) == (since is None):
        refuse_usage(Message("give-one-of", options="INDEX, CERTIFICATE, --since"))
    if since:
        never_with("--since", "size", "checkpoint")
    if size:
        never_with("--size", "checkpoint")
    with opened_ledger(file, home) as ledger:
        if since:
            answer(prove_since(ledger, read_note(since)))
        elif entry is not None:
            note = read_note(checkpoint) if checkpoint else None
            answer(prove_entry(ledger, _index_of(ledger, entry), size, note))


def _index_of(ledger: "Ledger", entry: str) -> int:
    from vanne.ledger import Certified

    if entry.isdecimal() and len(entry) < 16:
        return int(entry)
    logged = ((index, each) for index, each in ledger.models() if isinstance(each, Certified))
    indices = [index for index, each in logged if each.certificate.startswith(entry)]
    if len(indices) != 1:
        what = f"{len(indices)} entries of the ledger name a certificate that begins so"
        raise MissingError(what, todo="`vanne model show` lists them")
    return indices[0]
