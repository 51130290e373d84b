"""`vanne corpus export`: a copy for a trainer that is not ours."""

from pathlib import Path
from typing import Any

import click

from vanne.cli.options import OutputFolder, Progress, answer, as_json, now, printable
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.terms import MAIN_PURPOSE

_SHOWN = 20  # photos that are missing: the rest is counted
_NAMES = {
    "allowed": "allowed",
    "written": "written",
    "exact_duplicates": "exact copies, left out",
    "near_duplicates": "near copies, left out",
    "without_content": "without a text",
    "missing_photos": "photos that are not there",
    "unreadable_photos": "photos that cannot be read",
}


@click.command("export")
@click.option("--out", type=OutputFolder(), required=True, help="The folder to write.")
@home_option
@click.option("--purpose", default=MAIN_PURPOSE, show_default=True)
@click.option("--photos", is_flag=True, help="Also photos, cleaned, in a column `photo`.")
@click.option(
    "--near",
    type=click.FloatRange(0.6, 1),
    default=0.8,
    show_default=True,
    help="Leave out texts that are so similar to another one; 1: exact copies only.",
)
@click.option(
    "--shard-rows",
    type=click.IntRange(1),
    default=100_000,
    show_default=True,
    help="About how many rows a shard has at most.",
)
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
    photos: bool,
    near: float,
    shard_rows: int,
    since: Path | None,
    replace: bool,
    as_of_version: str | None,
    as_json: bool,
    **card: str | None,
) -> None:
    """Write the allowed items into a new folder of Parquet, for a trainer that is not ours.

    Copies are left out; a card says what it is. Members' ids are not in it. It is a copy: what a
    member takes back reaches it only by another export, and by what its receiver then deletes.
    """
    from vanne.corpus.export import ExportOptions, export
    from vanne.corpus.export.card import Publisher

    given = {"name" if key == "operator" else key: text for key, text in card.items() if text}
    options = ExportOptions(
        near=near,
        shard_rows=shard_rows,
        photos=photos,
        publisher=Publisher(**given),
        since=since,
        replace=replace,
        is_pinned=as_of_version is not None,
    )
    manifest = _manifest(home.require(), purpose, as_of_version)
    with Progress("rows read", manifest.counts.get("allowed", 0)) as progress:
        done = export(home, manifest, out, now, options, progress)
    if as_json:
        lists = {"missing": list(done.missing), "unreadable": list(done.unreadable)}
        answer(done.document | lists)
        return
    shards = done.shards
    click.echo(
        f"{out}: {done.counts['written']:,} rows in {len(shards):,} "
        f"{'shard' if len(shards) == 1 else 'shards'}, {sum(s.bytes for s in shards):,} bytes"
    )
    for name, label in _NAMES.items():
        if done.counts[name]:
            click.echo(f"{done.counts[name]:>12,}  {label}")
    if told := done.document.get("since"):
        click.echo(f"{told['removed']:>12,}  gone since {told['as_of']}: see removed.jsonl")
    for why, paths in (("not there", done.missing), ("cannot be exported", done.unreadable)):
        for path in paths[:_SHOWN]:
            click.echo(f"{why}: {printable(path)}", err=True)
        if len(paths) > _SHOWN:
            click.echo(f"and {len(paths) - _SHOWN:,} more: --json lists them all", err=True)


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
