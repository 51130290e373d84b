"""`vanne azure`: the second back end, at Azure OpenAI."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vanne.cli.options import answer, as_json, counted, now, printable
from vanne.cli.options import home as home_option
from vanne.cli.outputs import OutputFile
from vanne.config import Home

if TYPE_CHECKING:
    from vanne_azure.replacing import AzureWork, DeletionRecord
    from vanne_azure.settings import AzureRun


@click.group()
def command() -> None:
    """Fine-tune, ask and replace a model at Azure OpenAI.

    Needs `HOME/azure.toml` and, in the environment, AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN,
    and AZURE_MANAGEMENT_TOKEN for deployments; or each with _FILE behind it and the name of a file.
    """


@command.command()
@click.argument("out", type=OutputFile(".jsonl"))
@click.option("--examples", type=click.IntRange(10), help="Write so many at most, chosen by lot.")
@home_option
@as_json
def export(out: Path, examples: int | None, home: Home, as_json: bool) -> None:
    """Write what would be sent into the new file OUT, to look at it.

    Nothing is sent. Only what the current corpus allows is in it, and no line says whose it is.
    """
    from vanne.corpus import current
    from vanne.corpus.export.exporting import check_heard
    from vanne.errors import RefusedError
    from vanne_azure.examples import write_examples

    manifest = current(home.require())
    if out.resolve().is_relative_to(home.root.resolve()):
        raise RefusedError(
            "an export in the home would be taken for the network's own data",
            todo="name a file outside it",
        )
    check_heard(home, manifest, now(), todo="run `vanne corpus refresh` first")
    file = write_examples(home, manifest, out, examples)
    if as_json:
        counts = {"counts": file.counts, "redacted": file.redacted, "sha256": file.sha256}
        answer({"schema": "vanne/azure-export/1", "corpus": manifest.version, **counts})
        return
    click.echo(f"{out}: {file.counts['written']:,} examples, {file.size_bytes:,} bytes")
    for name in ("left_out_by_limit", "without_text"):
        if file.counts[name]:
            click.echo(f"{file.counts[name]:>12,}  {name.replace('_', ' ')}")


@command.command()
@home_option
@as_json
def train(home: Home, as_json: bool) -> None:
    """Fine-tune a base model on the current corpus at Azure, and deploy it.

    It takes hours. Interrupt it when you like: the job runs on, and the same command goes on.
    """
    from vanne.corpus import current
    from vanne_azure.replacing import bring_up, delete_leaving

    manifest = current(home.require())
    with _work(home) as work:
        cleared = delete_leaving(work)
        run = bring_up(work, manifest, may_replace=False)
        cleared += delete_leaving(work, besides=[record.run for record in cleared])
    _show_run(home, run, cleared, as_json)


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
    from vanne.errors import MissingError, VerificationError
    from vanne_azure.replacing import CLAIM, bring_up, delete_leaving
    from vanne_azure.settings import save_state

    run = None
    with _work(home.require()) as work:
        state = work.state()
        if not state.runs:
            raise MissingError(
                "nothing of this network is at Azure", todo="`vanne azure train` begins"
            )
        if only_delete:
            save_state(home, state.with_leaving("serving", "coming"))
        cleared = delete_leaving(work)
        if not only_delete:
            run = bring_up(work, refresh(home, now()), may_replace=True)
            cleared += delete_leaving(work, besides=[record.run for record in cleared])
    _show_run(home, run, cleared, as_json)
    if cleared and not as_json:
        click.echo(CLAIM)
    if count := sum(len(record.open) for record in cleared):
        raise VerificationError(
            f"{counted(count, 'thing', 'things')} of replaced models still at Azure",
            todo="`vanne azure status` lists them; delete them in the portal and run this again",
        )


@command.command()
@home_option
@as_json
def status(home: Home, as_json: bool) -> None:
    """Show what of this network is at Azure, and check the records of what was deleted there."""
    from vanne.corpus.export.exporting import unheard
    from vanne.corpus.manifest import load
    from vanne.errors import VanneError
    from vanne_azure.replacing import records
    from vanne_azure.settings import AzureSettings, read_state, settings_path

    state = read_state(home.require(), AzureSettings.read(settings_path(home)))
    deletions = records(home)
    if as_json:
        document = state.model_dump(mode="json", by_alias=True)
        answer({**document, "deletions": [dict(record.document) for record in deletions]})
        return
    if state.serving:
        run, later = state.serving, 0
        with suppress(VanneError):
            later = unheard(home, load(home, run.corpus), now())
        behind = f"; {counted(later, 'choice', 'choices')} since: `vanne azure forget`"
        click.echo(f"serving   {run.name}: {run.model}, {run.examples:,} examples")
        click.echo(f"          of corpus {run.corpus[:16]}{behind if later else ''}")
    if state.coming:
        click.echo(f"coming    {state.coming.name}: {state.coming.job or 'not started'}")
    for run in state.leaving:
        click.echo(f"leaving   {run.name}")
    for record in deletions:
        gone = len(record.steps) - len(record.open)
        click.echo(f"deleted   {record.run}: {gone} of {len(record.steps)} things are gone")
        for step in record.open:
            click.echo(f"  open    {step.kind} {step.id}: {step.why or 'not asked yet'}")
    if not (state.runs or deletions):
        click.echo("nothing of this network is at Azure")


@command.command()
@click.argument("prompt")
@click.option("--max-tokens", type=click.IntRange(1), help="How long the answer may be.")
@home_option
@as_json
def ask(prompt: str, max_tokens: int | None, home: Home, as_json: bool) -> None:
    """Ask the model that serves at Azure."""
    from vanne.errors import MissingError
    from vanne_azure.resource import AzureResource
    from vanne_azure.settings import AzureSettings, read_state, settings_path

    settings = AzureSettings.read(settings_path(home.require()))
    serving = read_state(home, settings).serving
    if serving is None:
        raise MissingError("no model of this network serves at Azure", todo="`vanne azure train`")
    resource = AzureResource(settings)
    click.get_current_context().call_on_close(resource.close)
    text = resource.ask(serving.name, prompt, max_tokens)
    if as_json:
        answer({"schema": "vanne/azure-answer/1", "deployment": serving.name, "answer": text})
    else:
        click.echo("".join(c for c in text if c.isprintable() or c in "\n\t"))


@contextmanager
def _work(home: Home) -> "Iterator[AzureWork]":
    """Open the resource and hold what is at Azure for changing; tell on stderr how far things are.

    Raises:
        BusyError: another process holds it.
    """
    from vanne.train.store import ModelStore
    from vanne_azure.replacing import AzureWork
    from vanne_azure.resource import AzureResource
    from vanne_azure.settings import AzureSettings, folder_of, settings_path

    def tell(line: str) -> None:
        click.echo(f"azure: {printable(line)}", err=True)

    settings = AzureSettings.read(settings_path(home))
    resource = AzureResource(settings)
    click.get_current_context().call_on_close(resource.close)
    with ModelStore(folder_of(home)).locked():
        try:
            yield AzureWork(home, settings, resource, now, tell)
        except KeyboardInterrupt:
            tell("what runs at Azure runs on: the same command goes on where this was")
            raise


def _show_run(
    home: Home, run: "AzureRun | None", cleared: "list[DeletionRecord]", as_json: bool
) -> None:
    """Show which run serves, if one does, and what was deleted."""
    from vanne_azure.settings import folder_of

    if as_json:
        document: dict[str, Any] = {"schema": "vanne/azure-train/1", "deployment": None}
        if run:
            document |= {"deployment": run.name, "model": run.model}
            document |= {"corpus": run.corpus, "examples": run.examples}
        answer({**document, "deletions": [dict(record.document) for record in cleared]})
        return
    if run:
        click.echo(f"{run.model} of corpus {run.corpus[:16]} serves as `{run.name}`")
    for record in cleared:
        gone, path = len(record.steps) - len(record.open), folder_of(home) / "deletions"
        click.echo(
            f"{gone} things of `{record.run}` are gone, {len(record.open)} open: "
            f"{path / record.run}.json"
        )
