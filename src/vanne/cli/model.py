"""`vanne model`: the one that serves, those before it, their certificates, and copies."""

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vanne.cli.options import OutputFolder, answer, as_json, now, printable
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.plugins import hooks

if TYPE_CHECKING:
    from vanne.forget.history import ServedModel
    from vanne.train.model import Model


@click.group()
def command() -> None:
    """Show and export the model, and ask the one of photos."""


@command.command()
@home_option
@as_json
def show(home: Home, as_json: bool) -> None:
    """Show the model that serves: what it was made of, and which copies of it are recorded.

    Then every version that has served, oldest first, until when it did, and the certificate with
    which it was replaced.
    """
    from vanne.train.base import find_base
    from vanne.train.exports import recorded
    from vanne.train.model import current

    model = current(home.require().model)
    copies = [
        {
            "kind": copy.kind,
            "path": str(copy.path),
            "at": copy.at.isoformat(),
            "digest": copy.digest,
        }
        for copy in recorded(home.model)
        if copy.model == model.version
    ]
    rows = [_row(each) for each in _served(home)]
    folder = str(find_base(model.settings).folder.resolve())
    if as_json:
        lineage = model.as_dict() | {"schema": "vanne/model-shown/1"}
        answer(lineage | {"base_folder": folder, "copies": copies, "models": rows})
        return
    click.echo(f"model   {model.version}")
    click.echo(f"corpus  {model.corpus_version}")
    click.echo(f"since   {_day(model.since.isoformat() if model.since else None)}")
    click.echo(f"made of {_made_of(model)}")
    click.echo(f"base    {folder}")
    for copy in copies:
        click.echo(f"copy    {copy['kind']:11}  {copy['path']}")
    for row in rows:
        proof = f"  certificate {row['certificate'][:16]}" if row["certificate"] else ""
        click.echo(f"{row['model'][:16]}  since {_day(row['since'])}  {_state(row)}{proof}")


@command.command()
@click.option("--out", type=OutputFolder(), required=True, help="The new folder to write.")
@click.option(
    "--as",
    "form",
    type=click.Choice(("peft", "safetensors", "gguf")),
    required=True,
    help="An adapter, merged weights, or a file for llama.cpp.",
)
@home_option
@as_json
def export(out: Path, form: Any, home: Home, as_json: bool) -> None:
    """Write a copy of the model that serves for another engine.

    It is recorded, and deleted from there when forgetting replaces the model.
    """
    from vanne.inference.exporting import ModelExport, card_facts
    from vanne.inference.exporting import export as write
    from vanne.train.model import current

    model = current(home.require().model)
    findings = hooks().model_findings(home=home, version=model.version)
    facts = card_facts(home, model, tuple(chain.from_iterable(findings)))
    document = write(home.model, out, ModelExport(form, _certificate(home), facts), now())
    if as_json:
        answer(document)
        return
    size = sum(path.stat().st_size for path in out.iterdir())
    click.echo(f"{out}: model {document['model'][:16]} as {form}, {size:,} bytes")


@command.command()
@click.argument("photo", type=click.Path(path_type=Path))
@home_option
def headline(photo: Path, home: Home) -> None:
    """Say which headline the model of photos would give to the file PHOTO."""
    from vanne.corpus.photos import pixels_of
    from vanne.errors import storing
    from vanne.train.captioner import load_photo_model
    from vanne.train.model import current

    with storing(f"`{photo}`"):
        pixels = pixels_of(photo.read_bytes())
    model = load_photo_model(home.photo_model, current(home.require().photo_model))
    click.echo(printable(model.headline(pixels)))


def _served(home: Home) -> "list[ServedModel]":
    from vanne.forget.history import certificates, served_models

    return served_models(home.model, certificates(home.certificates, home.require().model))


def _certificate(home: Home) -> str | None:
    """Return the id of the certificate with which the model that serves was made; None if none."""
    replaced = [each.certificate for each in _served(home) if each.certificate]
    current = next((each.version for each in _served(home) if each.is_current), None)
    return next((each.id for each in replaced if each.after == current), None)


def _row(each: "ServedModel") -> dict[str, Any]:
    return {
        "model": each.version,
        "corpus": each.corpus,
        "since": each.since.isoformat() if each.since else None,
        "until": each.until.isoformat() if each.until else None,
        "current": each.is_current,
        "certificate": each.certificate.id if each.certificate else None,
    }


def _state(row: dict[str, Any]) -> str:
    """One that `vanne train` replaced has no certificate, and its files are here until one."""
    if row["current"]:
        return "serves"
    return f"until {_day(row['until'])}" if row["until"] else "replaced; `vanne forget` deletes it"


def _made_of(model: "Model") -> str:
    settings = model.settings
    return (
        f"{model.documents:,} documents, {model.tokens_total:,} tokens, {settings.shards} shards x "
        f"{settings.slices} slices"
    )


def _day(at: str | None) -> str:
    return f"{at[:10]} {at[11:16]}" if at else "?"
