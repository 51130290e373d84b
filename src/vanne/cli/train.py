"""`vanne train`: the model that the current corpus gives."""

from typing import TYPE_CHECKING

import click

from vanne.cli.options import answer, as_json, now, telling
from vanne.cli.options import home as home_option
from vanne.config import Home

if TYPE_CHECKING:
    from vanne.corpus import Manifest


@click.command()
@home_option
@click.option("--shards", type=click.IntRange(1, 1024), default=4, show_default=True)
@click.option("--slices", type=click.IntRange(1, 64), default=4, show_default=True)
@click.option("--epochs", type=click.IntRange(1, 100), default=3, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@as_json
def command(home: Home, shards: int, slices: int, epochs: int, seed: int, as_json: bool) -> None:
    """Train the model on the corpus.

    What was trained before is found by its content and not trained again; an interrupted run goes
    on where it was.
    """
    from vanne.corpus import current, read
    from vanne.train.fit import fit
    from vanne.train.ground import read_ground
    from vanne.train.settings import Settings

    manifest = current(home.require())
    _refuse_leaving_a_model_behind(home, manifest)
    with telling() as progress:
        model = fit(
            read(home, manifest),
            home.model,
            Settings(shards=shards, slices=slices, epochs=epochs, seed=seed),
            corpus_version=manifest.version,
            ground=read_ground(home.ground),
            progress=progress,
            at=now(),
        )
    if as_json:
        answer(
            {
                "schema": "vanne/train/1",
                "model": model.version,
                "corpus": manifest.version,
                "tokens_trained": model.run.tokens,
                "tokens_total": model.tokens_total,
                "seconds": model.run.seconds,
                "digests": {str(shard): digest for shard, digest in model.digests.items()},
            }
        )
        return
    click.echo(f"model {model.version[:16]} of corpus {manifest.version[:16]}")
    click.echo(f"{model.run.tokens:,} tokens trained now, {model.tokens_total:,} in all")


def _refuse_leaving_a_model_behind(home: Home, manifest: "Manifest") -> None:
    """Beside a model of another corpus, checkpoints would stay that nobody certifies gone."""
    from vanne.errors import MissingError, RefusedError
    from vanne.train.model import current as current_model

    try:
        model = current_model(home.model)
    except MissingError:
        return
    if model.corpus_version != manifest.version:
        raise RefusedError(
            "a model of another corpus is here",
            todo="`vanne forget` brings it to this corpus and deletes what is no longer in it",
        )
