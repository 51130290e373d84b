"""`vanne corpus export`: a copy for a trainer that is not ours."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from vanne.cli.lines import overwriting
from vanne.cli.options import answer, as_json, now, printable
from vanne.cli.options import home as home_option
from vanne.cli.outputs import OutputFolder
from vanne.config import Home
from vanne.terms import MAIN_PURPOSE

if TYPE_CHECKING:
    from vanne.corpus.export import Export

_SHOWN = 20  # photos that are missing: the rest is counted
_NAMES = {
    "allowed": "allowed",
    "written": "written",
    "exact_duplicates": "exact copies, left out",
    "near_duplicates": "near copies, left out",
    "without_content": "of another kind",
    "missing_photos": "photos that are not there",
    "unreadable_photos": "photos that cannot be read",
    "too_large_photos": "photos of more than 10 MB",
    "without_headline": "photos without a headline that may be used",
}


@click.command("export")
@click.option("--out", type=OutputFolder(), required=True, help="The folder to write.")
@home_option
@click.option("--purpose", default=MAIN_PURPOSE, show_default=True)
@click.option(
    "--kind",
    type=click.Choice(["parquet", "jsonl", "webdataset", "vision"]),
    default="parquet",
    show_default=True,
    help="Texts in Parquet or JSON Lines; photos in WebDataset's tar files, or with their owners' "
    "headlines as chat JSON Lines for vision fine-tuning.",
)
@click.option(
    "--near",
    type=click.FloatRange(0.5, 1),
    help="Leave out texts that are at least so similar to another one (default: 0.8).",
)
@click.option("--no-near", is_flag=True, help="Leave out exact copies only.")
@click.option(
    "--shard-rows",
    type=click.IntRange(1),
    help="About how many rows a shard has at most (default: 100,000; webdataset: 10,000; vision: "
    "1,000).",
)
@click.option("--with-owner", is_flag=True, help="Put the member's id into each row.")
@click.option(
    "--since",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="An earlier export: write to removed.jsonl what its receiver must delete.",
)
@click.option("--replace", is_flag=True, help="Replace an earlier export at --out.")
@click.option(
    "--as-of-version",
    metavar="VERSION",
    help="Export that version of the corpus, although choices may have been made since.",
)
@click.option("--title", help="The name of the dataset in its card.")
@click.option("--operator", help="Who answers for it, in the card.")
@click.option("--contact", help="Where receivers and members write to, in the card.")
@click.option("--licence", help="What receivers may do with it, in the card.")
@as_json
def command(
    out: Path,
    home: Home,
    purpose: str,
    kind: Literal["parquet", "jsonl", "webdataset", "vision"],
    near: float | None,
    no_near: bool,
    shard_rows: int | None,
    with_owner: bool,
    since: Path | None,
    replace: bool,
    as_of_version: str | None,
    as_json: bool,
    **card: str | None,
) -> None:
    """Write the allowed items into a new folder, for a trainer that is not ours.

    Copies are left out; a card says what it is. Members' ids are not in it. It is a copy: what a
    member takes back reaches it only by another export, and by what its receiver then deletes.
    """
    from vanne.corpus.export import ExportOptions, export
    from vanne.corpus.export.selection import USUAL, ExportFormat

    if near is not None and (no_near or kind in ("webdataset", "vision")):
        raise click.UsageError(
            "--near is for texts, and not with --no-near; photos are compared exactly."
        )
    if with_owner and kind == "vision":
        raise click.UsageError("--with-owner: the vision format has no room for whose a line is.")
    form = ExportFormat(kind, None if no_near else near or USUAL, shard_rows, with_owner)
    wish = ExportOptions(_publisher(card), since, replace, as_of_version is not None)
    manifest = _manifest(home.require(), purpose, as_of_version)
    with _estimating(manifest.counts.get("allowed", 0)) as progress:
        done = export(home, manifest, out, form, now, wish=wish, progress=progress)
    for warning in done.document["warnings"]:
        click.echo(f"vanne: {warning}", err=True)
    if as_json:
        lists = {"missing": list(done.missing), "unreadable": list(done.unreadable)}
        answer(done.document | lists)
    else:
        _say(done, out)


def _publisher(card: dict[str, str | None]) -> Any:
    from vanne.corpus.export.card import Publisher

    fields = {
        "name" if name == "operator" else name: value for name, value in card.items() if value
    }
    return Publisher(**fields)


def _manifest(home: Home, purpose: str, version: str | None) -> Any:
    from vanne.corpus.manifest import current, load
    from vanne.errors import InputError

    if version is None:
        return current(home, purpose)
    known = [path.stem for path in (home.corpus / "manifests").glob("*.json")]
    matches = [name for name in known if name.startswith(version)]
    if len(matches) != 1:
        raise InputError(
            f"`{version}` is the beginning of {len(matches)} versions of the corpus",
            todo="give more of it, as `vanne corpus verify --json` prints it",
        )
    return load(home, matches[0])


def _say(done: "Export", out: Path) -> None:
    shards = done.shards
    click.echo(
        f"{out}: {done.counts['written']:,} rows in {len(shards):,} "
        f"{'shard' if len(shards) == 1 else 'shards'}, {sum(s.bytes for s in shards):,} bytes"
    )
    for name, label in _NAMES.items():
        if done.counts[name]:
            click.echo(f"{done.counts[name]:>12,}  {label}")
    if since := done.document.get("since"):
        click.echo(f"{since['removed']:>12,}  gone since {since['as_of']}: see removed.jsonl")
    for why, paths in (("not there", done.missing), ("cannot be exported", done.unreadable)):
        for path in paths[:_SHOWN]:
            click.echo(f"{why}: {printable(path)}", err=True)
        if len(paths) > _SHOWN:
            click.echo(f"and {len(paths) - _SHOWN:,} more: --json lists them all", err=True)


@contextmanager
def _estimating(total: int) -> Iterator[Callable[[int, str], None]]:
    """Say on a terminal's stderr how far a step is and how long it takes, from 2 s on."""
    began, step = time.monotonic(), ""

    def tell(done: int, now_doing: str, /) -> None:
        nonlocal began, step
        if now_doing != step:
            began, step = time.monotonic(), now_doing
        elapsed = time.monotonic() - began
        if elapsed > 2 and done:
            left = elapsed * (total - done) / done
            write(f"{step}: {done:,} of {total:,}, {left:,.0f} s left")

    with overwriting() as write:
        yield tell
