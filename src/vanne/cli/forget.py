"""`vanne forget`: every no since the last training reaches the model."""

from typing import TYPE_CHECKING

import click

from vanne.cli.options import answer, as_json, now, telling
from vanne.cli.options import home as home_option
from vanne.config import Home

if TYPE_CHECKING:
    from vanne.corpus import Manifest
    from vanne.forget import ForgetPlan


@click.command()
@home_option
@click.option("--dry-run", is_flag=True, help="Only say what would be trained again.")
@as_json
def command(home: Home, dry_run: bool, as_json: bool) -> None:
    """Take out of the model what was switched off, and prove it.

    Refreshes the corpus as of now, trains again the slices that held what is out, deletes the old
    checkpoints and writes a certificate. What was switched on again comes back the same way.
    """
    from vanne.corpus import read, refresh
    from vanne.corpus.manifest import load
    from vanne.forget import forget, plan
    from vanne.train.ground import read_ground
    from vanne.train.model import current

    model = current(home.require().model)
    moment = now()
    manifest = refresh(home, moment, make_current=not dry_run)
    documents = list(read(home, manifest))
    expected = plan(home.model, model, documents)
    if dry_run:
        _say_plan(expected, as_json)
        return
    requests = _requests(home, load(home, model.corpus_version).ledger_size, manifest)
    with telling() as progress:
        certificate = forget(
            documents,
            home.model,
            model.settings,
            ground=read_ground(home.ground),
            corpus_before=model.corpus_version,
            corpus_after=manifest.version,
            requested_by=requests,
            at=moment,
            progress=progress,
            certificates=home.certificates,
        )
    if as_json:
        answer(dict(certificate.document))
        return
    click.echo(f"{certificate.retrained_tokens:,} tokens trained again in "
               f"{certificate.seconds:.0f} s ({100 * certificate.share_of_full:.0f} % of a full "
               f"training, {certificate.seconds_full:.0f} s)")  # fmt: skip
    click.echo(f"certificate {home.certificates / (certificate.id[:16] + '.json')}")


def _requests(home: Home, heard: int, manifest: "Manifest") -> list[int]:
    """Return the entries since the last training that say no, and that this corpus has heard."""
    from vanne.ledger import Ledger

    with Ledger.of(home, read_only=True) as ledger:
        entries = enumerate(ledger.choices(manifest.ledger_size))
        return [
            index
            for index, choice in entries
            if index >= heard
            and not choice.on
            and choice.purpose == manifest.purpose
            and choice.at <= manifest.as_of
        ]


def _say_plan(expected: "ForgetPlan", as_json: bool) -> None:
    if as_json:
        answer(
            {
                "schema": "vanne/forget-plan/1",
                "shards": list(expected.shards),
                "tokens_to_train": expected.tokens_to_train,
                "tokens_full": expected.tokens_full,
                "share_of_full": expected.share,
                "seconds_expected": expected.seconds_expected,
                "environment_changed": list(expected.environment_changed),
                "dropped": list(expected.dropped),
            }
        )
        return
    click.echo(f"{expected.tokens_to_train:,} of {expected.tokens_full:,} tokens would be trained "
               f"again, in shards {list(expected.shards)}, in about "
               f"{expected.seconds_expected:.0f} s")  # fmt: skip
    for what in expected.environment_changed:
        click.echo(f"this machine differs from the one that trained: {what}")
