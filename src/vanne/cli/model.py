"""`vanne model`: show the serving model and earlier ones with their certificates; export one."""

from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vanne.cli.options import OutputFolder, as_json, now, output, tell
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.plugins import hooks

if TYPE_CHECKING:
    from vanne.forget.history import ServedModel


@click.group()
def command() -> None:
    """Show and export the model."""


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
    served = _served(home)
    rows = [
        {
            "model": each.version,
            "corpus": each.corpus,
            "since": each.since.isoformat() if each.since else None,
            "until": each.until.isoformat() if each.until else None,
            "current": each.is_current,
            "certificate": each.certificate.id if each.certificate else None,
        }
        for each in served
    ]
    folder = str(find_base(model.settings).folder.resolve())
    lines = [f"copy    {copy['kind']:11}  {copy['path']}" for copy in copies]
    for each in served:
        # One that `vanne train` replaced has no certificate, and its files are here until one.
        state = "serves" if each.is_current else "replaced; `vanne forget` deletes it"
        if each.until and not each.is_current:
            state = f"until {_minute(each.until)}"
        if each.certificate:
            state += f"  certificate {each.certificate.id[:16]}"
        lines.append(f"{each.version[:16]}  since {_minute(each.since)}  {state}")
    lineage = model.as_dict() | {"schema": "vanne/model-shown/1"}
    settings = model.settings
    tell(
        lineage | {"base_folder": folder, "copies": copies, "models": rows},
        as_json,
        f"model   {model.version}",
        f"corpus  {model.corpus_version}",
        f"since   {_minute(model.since)}",
        f"made of {model.documents:,} documents, {model.tokens_total:,} tokens, "
        f"{settings.shards} shards x {settings.slices} slices",
        f"base    {folder}",
        *lines,
    )


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "?"


@command.command()
@output(OutputFolder(), "The new folder to write.")
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
    served = _served(home)  # the certificate with which the model that serves was made
    current_version = next((each.version for each in served if each.is_current), None)
    proofs = (each.certificate for each in served if each.certificate)
    proof = next((each.id for each in proofs if each.after == current_version), None)
    document = write(home.model, out, ModelExport(form, proof, facts), now())
    size = sum(path.stat().st_size for path in out.iterdir())
    text = f"{out}: model {document['model'][:16]} as {form}, {size:,} bytes"
    tell(document, as_json, text)


def _served(home: Home) -> "list[ServedModel]":
    from vanne.forget.history import known_in, served_models

    return served_models(home.model, known_in(home))
