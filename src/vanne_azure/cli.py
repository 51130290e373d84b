"""`vanne azure`: fine-tune a model at Azure OpenAI, and delete earlier ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from vanne.cli.options import (
    OutputFile,
    answer,
    as_json,
    counted,
    dry_run,
    now,
    only_with,
    printable,
)
from vanne.cli.options import home as home_option
from vanne.config import Home

if TYPE_CHECKING:
    from vanne.corpus import Manifest
    from vanne_azure.replacing import AzureWork, DeletionRecord
    from vanne_azure.settings import AzureRun


@click.group()
def command() -> None:
    """Fine-tune and replace a model at Azure OpenAI.

    Needs `HOME/azure.toml` and, in the environment, AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN,
    and AZURE_MANAGEMENT_TOKEN for deployments; or each with _FILE behind it and the name of a file.
    """


@command.command()
@dry_run
@click.option(
    "--out",
    "-o",
    type=OutputFile(".jsonl"),
    help="With --dry-run: write what would be sent into this new file, to look at it.",
)
@home_option
@as_json
def train(dry_run: bool, out: Path | None, home: Home, as_json: bool) -> None:
    """Make a model of the current corpus serve at Azure, and delete what it replaces there.

    It takes hours. Interrupt it when you like: the job runs on, and the same command goes on.

    With --dry-run nothing is sent. What would be sent is only what the current corpus allows, and
    no line says whose it is.
    """
    from vanne.corpus import current
    from vanne_azure.replacing import replace_by

    if not dry_run:
        only_with("--dry-run", "out")
    manifest = current(home.require())
    if dry_run:
        with TemporaryDirectory() as folder:
            _rehearse(home, manifest, out or Path(folder, "examples.jsonl"), as_json)
        return
    with _work(home) as work:
        run, records = replace_by(work, manifest)
    _show(run, records, as_json)


def _rehearse(home: Home, manifest: "Manifest", out: Path, as_json: bool) -> None:
    """Write what would be sent, and say how much it is.

    Raises:
        RefusedError: the file lies in the home, or choices have not reached the corpus.
    """
    from vanne.corpus.reader import check_heard
    from vanne.errors import RefusedError
    from vanne_azure.examples import write_examples
    from vanne_azure.settings import AzureSettings

    if out.resolve().is_relative_to(home.root.resolve()):
        raise RefusedError(
            "an export in the home would be taken for the network's own data",
            todo="name a file outside it",
        )
    check_heard(home, manifest, now(), todo="run `vanne corpus refresh` first")
    is_set = (home.root / "azure.toml").exists()
    file = write_examples(
        home, manifest, out, AzureSettings.read(home).examples if is_set else None
    )
    if as_json:
        document = {"corpus": manifest.version, "counts": file.counts, "sha256": file.sha256}
        answer({"schema": "vanne/azure-rehearsal/1", **document})
    else:
        click.echo(f"{file.counts['written']:,} examples, {file.size_bytes:,} bytes")


@command.command()
@click.option(
    "--only-delete", is_flag=True, help="Delete all that is there, and make no new model."
)
@home_option
@as_json
def forget(only_delete: bool, home: Home, as_json: bool) -> None:
    """Replace the model by one of the corpus as of now, then delete the old one and its data.

    Refreshes the corpus, trains a new model from the base model, switches, then deletes deployment,
    checkpoints, model, job and files of the old one, and records what Azure answered to each.
    """
    from vanne.corpus import refresh
    from vanne.errors import MissingError
    from vanne_azure.replacing import delete, replace_by

    with _work(home.require()) as work:
        runs = work.runs()
        if not runs:
            todo = "`vanne azure train` begins"
            raise MissingError("nothing of this network is at Azure", todo=todo)
        if only_delete:
            run, records = None, [delete(work, each, None) for each in runs]
        else:
            run, records = replace_by(work, refresh(home, now()))
    _show(run, records, as_json)


@contextmanager
def _work(home: Home) -> "Iterator[AzureWork]":
    """Open the resource and hold what is at Azure for changing; tell on stderr how far things are.

    Raises:
        BusyError: another process holds it.
    """
    from vanne.errors import BusyError
    from vanne.files import locked, make_folder
    from vanne_azure.replacing import AzureWork
    from vanne_azure.resource import AzureResource
    from vanne_azure.settings import AzureSettings, folder_of

    def tell(line: str) -> None:
        click.echo(f"azure: {printable(line)}", err=True)

    settings = AzureSettings.read(home)
    resource = AzureResource(settings)
    click.get_current_context().call_on_close(resource.close)
    make_folder(folder_of(home))
    busy = BusyError("another process changes what is at Azure", todo="wait until it ends")
    with locked(folder_of(home), busy=busy):
        try:
            yield AzureWork(home, settings, resource, now, tell)
        except KeyboardInterrupt:
            tell("what runs at Azure runs on: the same command goes on where this was")
            raise


def _show(run: "AzureRun | None", records: "list[DeletionRecord]", as_json: bool) -> None:
    """Show which run serves, if one does, and what was deleted.

    Raises:
        VerificationError: something of a replaced model is still at Azure.
    """
    from vanne.errors import VerificationError
    from vanne_azure.replacing import CLAIM

    still = [(record["run"], step) for record in records for step in record["steps"]
             if step["outcome"] != "gone"]  # fmt: skip
    if as_json:
        facts = run.model_dump(include={"model", "corpus", "examples"}) if run else {}
        document = {"deployment": run and run.name} | facts
        answer({"schema": "vanne/azure-train/1", **document, "deletions": records})
    else:
        if run:
            click.echo(f"{run.model} of corpus {run.corpus[:16]} serves as `{run.name}`")
        for record in records:
            gone = sum(step["outcome"] == "gone" for step in record["steps"])
            click.echo(f"{gone} of {len(record['steps'])} things of `{record['run']}` are gone")
        for name, step in still:
            click.echo(f"open: {step['kind']} `{step['id']}` of `{name}`: {step['why']}")
        if records:
            click.echo(CLAIM)
    if still:
        raise VerificationError(
            f"{counted(len(still), 'thing', 'things')} of replaced models still at Azure",
            todo="delete what is open in the portal and run this again",
        )
