"""The audit of a network's model: who is asked about, where their texts come from, what is kept.

People who are in come from the corpus that the model was trained on. That corpus holds nobody who
said no, so the forgotten are canaries, unless somebody asks for the texts of those who left with a
certificate: they are read as the corpus before had them, for this one question, and not kept.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from vanne.config import Home
from vanne.corpus import read
from vanne.corpus.document import Document
from vanne.corpus.manifest import load as load_manifest
from vanne.errors import InputError, MissingError
from vanne.files import write_whole
from vanne.forget.serving import certificates
from vanne.train.model import TOMBSTONE, Model, current, items_in, load, read_lineage, salt_of
from vanne.train.store import Store
from vanne_audit.auditing import SCHEMA, Progress, Wish, Work, audit, prepare
from vanne_audit.canaries import read_canaries
from vanne_audit.people import Sample, Standing, read_texts


@dataclass(frozen=True, slots=True)
class Sources:
    """Where texts come from of people who are not in the model: files, or a certificate."""

    never: Path | None = None
    forgotten: Path | None = None
    certificate: str | None = None


def find_model(home: Home, name: str) -> Model:
    """Return the model that `current` or the beginning of a version names.

    Raises:
        MissingError: none is called that.
        InputError: several are.
    """
    if name == "current":
        return current(home.model)
    store = Store(home.model)
    found = [
        path.stem for path in sorted(store.models.glob("*.json")) if path.stem.startswith(name)
    ]
    if len(found) > 1:
        living = [v for v in found if read_lineage(store, v).get("schema") != TOMBSTONE]
        found = living if len(living) == 1 else found
    if not found or not name:
        raise MissingError(
            f"there is no model `{name}`", todo="say `current`, or see `model/models`"
        )
    if len(found) > 1:
        raise InputError(f"{len(found)} models begin with `{name}`", todo="name more of it")
    return load(home.model, found[0])


def work_on(home: Home, model: Model, wish: Wish, sources: Sources) -> Work:
    """Gather what a model is asked."""
    salt, held = salt_of(Store(home.model)), items_in(home.model, model)
    canaries = read_canaries(home.audit)
    besides = {canary.id for canary in canaries}
    sample = Sample(wish.people, wish.items, salt, model.settings)
    people = sample.members(read(home, load_manifest(home, model.corpus_version)), held, besides)
    for documents, standing in _others(home, model, sources):
        some = (d for d in documents if d.owner not in besides and d.item_id not in held)
        people += sample.others(some, standing)
    standings = [(canary, canary.standing(held, salt, model.settings)) for canary in canaries]
    return prepare(model, people, standings, wish)


def _others(
    home: Home, model: Model, sources: Sources
) -> Iterator[tuple[Iterator[Document], Standing]]:
    if sources.never:
        yield read_texts(sources.never), Standing.NEVER
    if sources.forgotten:
        yield read_texts(sources.forgotten), Standing.FORGOTTEN
    if sources.certificate:
        yield _left(home, model, sources.certificate), Standing.FORGOTTEN


def _left(home: Home, model: Model, name: str) -> Iterator[Document]:
    """Yield the texts of the corpus before a certificate, of owners who have none in the model's.

    Raises:
        MissingError: there is no such certificate.
    """
    signed = certificates(home.certificates, home.model)
    found = [each for each in signed.values() if each.id.startswith(name)]
    if len(found) != 1:
        raise MissingError(
            f"{len(found)} certificates begin with `{name}`",
            todo="see the folder `certificates`",
        )
    before = found[0].corpus_before
    stay = {d.owner for d in read(home, load_manifest(home, model.corpus_version))}
    return (d for d in read(home, load_manifest(home, before)) if d.owner not in stay)


def result_path(home: Home, version: str) -> Path:
    """Return where the last audit of a model is kept."""
    return home.audit / f"{version}.json"


def run(
    home: Home, model: Model, work: Work, at: datetime, progress: Progress | None = None
) -> dict[str, Any]:
    """Audit a model and keep the result; return it."""
    found = audit(home.model, model, work, progress)
    load(home.model, model.version)  # a forgetting clears the audits of the models it replaces
    document = {"schema": found.pop("schema"), "at": at.isoformat(), **found}
    data = json.dumps(document, indent=1).encode()
    write_whole(result_path(home, model.version), data, mode=0o600)  # a line for each person
    return document


def kept(home: Home) -> list[dict[str, Any]]:
    """Return the audits that are kept, the newest first; what is damaged is left out."""
    found = []
    for path in home.audit.glob("*.json") if home.audit.exists() else ():
        try:
            document = json.loads(path.read_bytes())
            if document["schema"] == SCHEMA:
                found.append((datetime.fromisoformat(document["at"]), document))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return [document for _, document in sorted(found, key=lambda pair: pair[0], reverse=True)]
