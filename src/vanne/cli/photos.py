"""`vanne photos`: the small model that gives a photo a headline, and how it forgets."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vanne.cli.options import Progress, answer, as_json, counted, now, printable
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.extras import require

if TYPE_CHECKING:
    from vanne.corpus import Document
    from vanne.corpus.manifest import Manifest
    from vanne.train.settings import TrainingSettings


@click.group()
def command() -> None:
    """Train a small model that reads photos, let it forget, and ask it.

    It learns which headline goes with a photo, from photos and profiles that may both be used. No
    face is looked for, and what it computes from a photo is kept nowhere.
    """


@command.command()
@home_option
@as_json
def train(home: Home, as_json: bool) -> None:
    """Train the model of photos on the corpus; settings are those of HOME/train-photos.toml."""
    from vanne.corpus import current
    from vanne.errors import MissingError, RefusedError
    from vanne.forget.history import PHOTOS, register
    from vanne.train.fit import fit
    from vanne.train.model import current as current_model

    manifest = current(home.require())
    try:
        before = current_model(home.photo_model)
    except MissingError:
        before = None
    if before and before.corpus_version != manifest.version:
        raise RefusedError(
            "a model of photos of another corpus is here",
            todo="`vanne photos forget` brings it to this one and deletes what is not in it",
        )
    rows = _pairs(home, manifest)
    if not rows:
        raise MissingError(
            "no photo in the corpus goes with a headline that may be used",
            todo="see what is allowed: `vanne corpus export --out OUT --photos`",
        )
    with Progress() as progress:
        model = fit(
            rows,
            home.photo_model,
            _settings(home),
            corpus_version=manifest.version,
            ground=(),
            progress=progress,
            at=now(),
        )
    register(home, now, PHOTOS)
    if as_json:
        facts = {"model": model.version, "corpus": manifest.version, "photos": model.documents}
        answer({"schema": "vanne/photos-train/1", **facts, "tokens_trained": model.run.tokens})
        return
    click.echo(f"model {model.version[:16]} of {counted(model.documents, 'photo', 'photos')}")


@command.command()
@home_option
@as_json
def forget(home: Home, as_json: bool) -> None:
    """Bring the model of photos to the corpus as of now, delete the old one, and certify it.

    First what is clean serves, then what is missing is trained.
    """
    from vanne.corpus import refresh
    from vanne.forget.certificate import ForgetRequest
    from vanne.forget.forgetting import forget as forget_all
    from vanne.forget.history import PHOTOS, register
    from vanne.train.model import current as current_model

    require("train")
    model, manifest = current_model(home.require().photo_model), refresh(home, now())
    register(home, now, PHOTOS)
    with Progress() as progress:
        done = forget_all(
            _pairs(home, manifest),
            home.photo_model,
            model.settings,
            ForgetRequest(model.corpus_version, manifest.version, now),
            ground=(),
            progress=progress,
        )
    register(home, now, PHOTOS)
    if as_json:
        answer(dict(done.document))
        return
    click.echo(f"certificate {home.photo_model / 'certificates' / done.id[:16]}.json")


@command.command()
@click.argument("photo", type=click.Path(path_type=Path))
@home_option
def headline(photo: Path, home: Home) -> None:
    """Say which headline the model would give to the file PHOTO."""
    from vanne.corpus.photos import pixels_of
    from vanne.errors import storing
    from vanne.train.captioner import load_photo_model
    from vanne.train.model import current as current_model

    with storing(f"`{photo}`"):
        pixels = pixels_of(photo.read_bytes())
    model = load_photo_model(home.photo_model, current_model(home.require().photo_model))
    click.echo(printable(model.headline(pixels)))


def _settings(home: Home) -> "TrainingSettings":
    """Return what the file says; which encoder reads photos is said here."""
    from vanne.train.settings import ENCODERS, read_settings

    file = home.photo_training
    return read_settings(file if file.exists() else None, {"encoder": ENCODERS[0]})


def _pairs(home: Home, manifest: "Manifest") -> "list[Document]":
    from vanne.corpus.photos import require_pillow
    from vanne.corpus.reader import read_pairs

    require_pillow()
    return list(read_pairs(home, manifest))
