"""`vanne azure`: the second back end, at Azure OpenAI."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vanne.cli.options import answer, as_json, counted, now, printable
from vanne.cli.options import home as home_option
from vanne.cli.outputs import OutputFolder
from vanne.config import Home

if TYPE_CHECKING:
    from vanne_azure.deleting import Deletion
    from vanne_azure.service import Service
    from vanne_azure.settings import Settings
    from vanne_azure.state import Run
    from vanne_azure.training import Azure

_GOES_ON = "what runs at Azure runs on: the same command goes on where this was"
_NOT_EXACT = (
    "This does not forget exactly, as `vanne forget` does: a new model was made from the base "
    "model, on the corpus without them, and the old one deleted as far as Azure says. Microsoft's "
    "backups and its monitoring of abuse are out of reach."
)


@click.group()
def command() -> None:
    """Fine-tune, ask and replace a model at Azure OpenAI.

    Needs `HOME/azure.toml` and, in the environment, AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN,
    and AZURE_MANAGEMENT_TOKEN for deployments; or each with _FILE behind it and the name of a file.
    """


@command.command()
@click.argument("out", type=OutputFolder())
@click.option("--vision", is_flag=True, help="Photos and headlines instead of texts.")
@click.option("--examples", type=click.IntRange(10), help="Write so many at most, chosen by lot.")
@home_option
@as_json
def export(out: Path, vision: bool, examples: int | None, home: Home, as_json: bool) -> None:
    """Write what would be sent into the new folder OUT: train.jsonl and export.json.

    Nothing is sent. Only what the current corpus allows is in it, and no line says whose it is.
    """
    from vanne.corpus import current
    from vanne.corpus.export.vision import PHOTOS_WARNING
    from vanne_azure.exporting import export as export_examples

    manifest = current(home.require())
    content = "photos" if vision else "texts"
    document = export_examples(home, manifest, out, content, now, limit=examples)
    if vision:
        click.echo(f"vanne: {PHOTOS_WARNING}", err=True)
    if as_json:
        answer(document)
        return
    counts, size = document["counts"], document["file"]["bytes"]
    click.echo(f"{out}: {counts['written']:,} examples of {content}, {size:,} bytes")
    for name, count in counts.items():
        if count and name not in ("written", "allowed"):
            click.echo(f"{count:>12,}  {name.replace('_', ' ')}")


@command.command()
@click.argument("file", type=click.Path(path_type=Path))
@as_json
def check(file: Path, as_json: bool) -> None:
    """Check a training FILE as Azure would, and name the line that it would refuse."""
    from vanne_azure.checking import check_file

    count = check_file(file)
    if as_json:
        answer({"schema": "vanne/azure-check/1", "examples": count, "ok": True})
        return
    click.echo(f"{file}: {count:,} examples, as Azure wants them")


@command.command()
@home_option
@as_json
def train(home: Home, as_json: bool) -> None:
    """Fine-tune a base model on the current corpus at Azure, and deploy it.

    It takes hours. Interrupt it when you like: the job runs on, and the same command goes on.
    """
    from vanne.corpus import current
    from vanne_azure.deleting import delete_leaving
    from vanne_azure.retirements import warnings_of
    from vanne_azure.training import bring_up

    manifest = current(home.require())
    with _open(home) as azure:
        for line in warnings_of(azure.settings.model, now().date()):
            click.echo(f"vanne: {line}", err=True)
        cleared = delete_leaving(azure)
        run = bring_up(azure, manifest, may_replace=False)
        cleared += delete_leaving(azure, besides=[record.run for record in cleared])
    _say_run(home, run, cleared, as_json)


@command.command()
@click.option(
    "--only-delete", is_flag=True, help="Delete all that is there, and make no new model."
)
@home_option
@as_json
def forget(only_delete: bool, home: Home, as_json: bool) -> None:
    """Replace the model by one of the corpus as of now, then delete the old one and its data.

    Refreshes the corpus, trains a new model from the base model, switches, then deletes deployment,
    checkpoints, model, job and files of the old one, and records what Azure said to each.
    """
    from vanne.corpus import refresh
    from vanne.errors import MissingError, VerificationError
    from vanne_azure.deleting import delete_leaving
    from vanne_azure.state import read_state, save_state
    from vanne_azure.training import bring_up

    run = None
    with _open(home.require()) as azure:
        state = read_state(home, azure.settings)
        if not (state.serving or state.coming or state.leaving):
            raise MissingError(
                "nothing of this network is at Azure", todo="`vanne azure train` begins"
            )
        if only_delete:
            save_state(home, state.emptied())
        cleared = delete_leaving(azure)
        if not only_delete:
            run = bring_up(azure, refresh(home, now()), may_replace=True)
            cleared += delete_leaving(azure, besides=[record.run for record in cleared])
    _say_run(home, run, cleared, as_json)
    if not as_json and run and cleared:
        click.echo(_NOT_EXACT)
    if count := sum(len(record.open) for record in cleared):
        raise VerificationError(
            f"{counted(count, 'thing', 'things')} of replaced models still at Azure",
            todo="`vanne azure status` lists them; delete them in the portal and run this again",
        )


@command.command()
@home_option
@as_json
def status(home: Home, as_json: bool) -> None:
    """Say what of this network is at Azure, and what is still to be deleted there."""
    from vanne_azure.deleting import read_record, records
    from vanne_azure.settings import Settings
    from vanne_azure.state import read_state

    state = read_state(home.require(), Settings.read(home.azure_settings))
    deletions = [read_record(path, home) for path in records(home)]
    under_way = _job_status(home) if state.coming and state.coming.job else None
    if as_json:
        documents = [dict(record.document) for record in deletions]
        told = {"schema": "vanne/azure-status/1", "job_status": under_way, "deletions": documents}
        answer({**state.as_json(), **told})
        return
    if state.serving:
        run = state.serving
        click.echo(f"serving   {run.name}: {run.model}, {run.examples:,} examples")
        click.echo(f"          of corpus {run.corpus[:16]}{_behind(home, run)}")
    if state.coming:
        click.echo(f"coming    {state.coming.name}: {under_way or 'not started'}")
    for run in state.leaving:
        click.echo(f"leaving   {run.name}")
    for record in deletions:
        gone = len(record.steps) - len(record.open)
        click.echo(f"deleted   {record.run}: {gone} of {len(record.steps)} things are gone")
        for step in record.open:
            click.echo(f"  open    {step.kind} {step.id}: {step.why or 'not asked yet'}")
    if not (state.serving or state.coming or state.leaving or deletions):
        click.echo("nothing of this network is at Azure")


@command.command()
@click.argument("prompt")
@click.option("--max-tokens", type=click.IntRange(1), help="How long the answer may be.")
@home_option
@as_json
def ask(prompt: str, max_tokens: int | None, home: Home, as_json: bool) -> None:
    """Ask the model that serves at Azure; the answer is printed as it comes."""
    from vanne.errors import MissingError
    from vanne_azure.settings import Settings
    from vanne_azure.state import read_state

    settings = Settings.read(home.require().azure_settings)
    serving = read_state(home, settings).serving
    if serving is None:
        raise MissingError("no model of this network serves at Azure", todo="`vanne azure train`")
    pieces = _service(settings).stream(serving.name, prompt, max_tokens)
    if as_json:
        whole = "".join(pieces)
        answer({"schema": "vanne/azure-answer/1", "deployment": serving.name, "answer": whole})
        return
    for piece in pieces:
        click.echo("".join(c for c in piece if c.isprintable() or c in "\n\t"), nl=False)
    click.echo()


@command.command()
@click.argument("record", type=click.Path(path_type=Path))
@click.option("--ask-azure", is_flag=True, help="Also ask Azure for each thing again.")
@home_option
@as_json
def verify(record: Path, ask_azure: bool, home: Home, as_json: bool) -> None:
    """Check a RECORD of a deletion: its signature, that all is gone, and, if asked, still gone."""
    from vanne.errors import VerificationError
    from vanne_azure.deleting import read_record
    from vanne_azure.settings import Settings

    deletion = read_record(record, home.require())
    if deletion.open:
        left = counted(len(deletion.open), "thing is", "things are")
        raise VerificationError(f"{left} not gone: see `{record.name}`")
    if ask_azure:
        service = _service(Settings.read(home.azure_settings))
        back = sum(service.exists(step.kind, step.id) for step in deletion.steps)
        if back:
            back_again = counted(back, "thing is", "things are")
            raise VerificationError(f"{back_again} at Azure again: see `{record.name}`")
    if as_json:
        told = {"run": deletion.run, "asked_azure": ask_azure, "ok": True}
        answer({"schema": "vanne/azure-verification/1", **told})
        return
    checked = "is signed; Azure knows none of it" if ask_azure else "is signed and complete"
    click.echo(f"{record.name} {checked}: {len(deletion.steps)} things are gone")


@contextmanager
def _open(home: Home) -> "Iterator[Azure]":
    """Hold what is at Azure, and say on stderr how far things are."""
    from vanne_azure.settings import Settings
    from vanne_azure.state import locked
    from vanne_azure.training import Azure
    from vanne_azure.waiting import Waiting

    settings = Settings.read(home.azure_settings)
    service = _service(settings)
    waiting = Waiting(
        settings.poll_seconds, settings.wait_hours, say=_say, passing=_passing, sleep=service.sleep
    )
    with locked(home):
        try:
            yield Azure(home, settings, service, now, waiting)
        except KeyboardInterrupt:
            _say(_GOES_ON)
            raise


def _service(settings: "Settings") -> "Service":
    """Open the resource until the command ends."""
    from vanne_azure.service import Service

    service = Service(settings, tell=_say)
    click.get_current_context().call_on_close(service.close)
    return service


def _say(line: str) -> None:
    begin = "\r\x1b[K" if sys.stderr.isatty() else ""
    click.echo(f"{begin}azure: {printable(line)}", err=True)


def _passing(line: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[Kazure: {printable(line)}", err=True, nl=False)


def _say_run(home: Home, run: "Run | None", cleared: "list[Deletion]", as_json: bool) -> None:
    """Say which run serves, if one does, and what was deleted."""
    paths = [str(home.azure / "deletions" / f"{record.run}.json") for record in cleared]
    if as_json:
        told: dict[str, Any] = {"schema": "vanne/azure-train/1"}
        told |= {"deployment": run.name, "model": run.model} if run else {"deployment": None}
        told |= {"corpus": run.corpus, "examples": run.examples} if run else {}
        answer({**told, "deletions": [dict(record.document) for record in cleared]})
        return
    if run:
        click.echo(f"{run.model} of corpus {run.corpus[:16]} serves as `{run.name}`")
    for record, path in zip(cleared, paths, strict=True):
        click.echo(f"{len(record.steps) - len(record.open)} things of `{record.run}` are gone, "
                   f"{len(record.open)} open: {path}")  # fmt: skip


def _job_status(home: Home) -> str | None:
    """Ask Azure how far the job is; say why not, if that cannot be said."""
    from vanne.errors import VanneError
    from vanne_azure.settings import Settings
    from vanne_azure.state import read_state

    settings = Settings.read(home.azure_settings)
    coming = read_state(home, settings).coming
    try:
        return str(_service(settings).job(str(coming and coming.job)).status)
    except VanneError as error:
        _say(str(error))
        return None


def _behind(home: Home, run: "Run") -> str:
    """Say how many choices were made since the model's corpus."""
    from vanne.errors import VanneError
    from vanne_azure.training import choices_since

    count = 0
    with suppress(VanneError):
        count = choices_since(home, run.corpus, now())
    said = counted(count, "choice", "choices")
    return f"; {said} since: `vanne azure forget` brings it up to date" if count else ""
