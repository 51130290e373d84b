"""`vanne corpus`: build the view, and check it."""

from datetime import datetime
from typing import Any

import click

from vanne.cli.options import Moment, answer, as_json, counting, home, now
from vanne.config import Home
from vanne.terms import MAIN_PURPOSE


@click.group()
def command() -> None:
    """Build and verify the corpus."""


@command.command()
@home
@click.option("--purpose", default=MAIN_PURPOSE, show_default=True)
@click.option("--as-of", "as_of", type=Moment(), help="The time of asking (default: now).")
@click.option("--force", is_flag=True, help="Also go back to an earlier time.")
@as_json
def build(home: Home, purpose: str, as_of: datetime | None, force: bool, as_json: bool) -> None:
    """Decide every item and make the result the current corpus.

    Running it again refreshes the corpus: a choice or a birthday since then takes effect.
    """
    from vanne.corpus import build as build_corpus
    from vanne.corpus import current
    from vanne.errors import RefusedError

    if as_of and not force and (home.require().corpus / "CURRENT").exists():
        newest = current(home).as_of
        if as_of < newest:
            raise RefusedError(
                f"the current corpus is as of {newest.isoformat()}, which is later",
                todo="an earlier one does not hear what was said since: --force builds it anyway",
            )
    with counting("items decided") as progress:
        manifest = build_corpus(home.require(), as_of or now(), purpose=purpose, progress=progress)
    if as_json:
        answer(manifest.as_json() | {"version": manifest.version})
        return
    click.echo(f"corpus {manifest.version[:16]}: {manifest.documents:,} documents")
    for reason, count in sorted(manifest.counts.items(), key=_by_count):
        click.echo(f"{count:>12,}  {reason}")


@command.command()
@home
@as_json
def verify(home: Home, as_json: bool) -> None:
    """Decide everything again and compare with the current corpus."""
    from vanne.corpus import current
    from vanne.corpus import verify as verify_corpus

    manifest = current(home.require())
    verify_corpus(home, manifest)
    if as_json:
        answer({"schema": "vanne/corpus-verification/1", "version": manifest.version, "ok": True})
        return
    click.echo(f"corpus {manifest.version[:16]} verifies: decided again, the same to the byte")


def _by_count(row: tuple[str, Any]) -> tuple[int, str]:
    return -row[1], row[0]
