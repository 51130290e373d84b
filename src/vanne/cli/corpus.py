"""`vanne corpus`: add data; build, refresh, read, verify and export the corpus."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vanne.cli.inputs import TABLE, TableParam
from vanne.cli.options import (
    Days,
    OutputFolder,
    Progress,
    answer,
    as_json,
    as_of,
    counted,
    home,
    never_with,
    now,
    output,
    policy,
    printable,
    purpose,
    quiet,
    refuse_usage,
    tell,
)
from vanne.config import Home
from vanne.terms import Category, Reason
from vanne.words import Message

if TYPE_CHECKING:
    from vanne.corpus import Manifest


@click.group()
def command() -> None:
    """Build the corpus, bring it up to date, read, verify and export it.

    `init` and `add` make a network of your tables; `build` and `refresh` decide it.
    """


_force = click.option(
    "--force", is_flag=True, help="Also go back to an earlier time or another ledger."
)
_tagged = click.option(
    "--tag/--no-tag",
    default=True,
    show_default=True,
    help="Give a table without `tags` those that its texts reveal: health, religion and so on.",
)
_accept_schema = click.option(
    "--accept-schema",
    is_flag=True,
    help="Take a table whose columns have changed; from now on tables are held to it.",
)


@command.command()
@policy()
@click.option("--members", required=True, type=TableParam(), help=TABLE)
@_accept_schema
@home
@as_json
def init(policy_name: str, members: str, accept_schema: bool, home: Home, as_json: bool) -> None:
    """Begin a network: its policy, its members and an empty ledger, in a new folder."""
    from vanne.corpus.intake import init as init_network

    count = init_network(home, policy_name, members, now(), accept_schema=accept_schema)
    _say_members(home, count, as_json)


@command.command()
@click.argument("items", required=False, type=TableParam(), metavar="[ITEMS]")
@click.option(
    "--members",
    type=TableParam(),
    help="A table of members, in the place of the one that is there.",
)
@_tagged
@_accept_schema
@home
@quiet
@as_json
def add(
    items: str | None,
    members: str | None,
    tag: bool,
    accept_schema: bool,
    home: Home,
    as_json: bool,
) -> None:
    """Lay a table of ITEMS out as data files: each member's together, what is never used apart.

    With --members the table of members is replaced, by one with all of them. What is added is in
    the corpus from the next build or refresh on.
    """
    from vanne.corpus.contract import Accepting
    from vanne.corpus.intake import add as add_items
    from vanne.corpus.intake import put_members
    from vanne.sources.relation import row_count

    if (items is None) == (members is None):
        refuse_usage(Message("give-one-of", options="ITEMS, --members"))
    accepting = Accepting(now(), schema=accept_schema)
    if members is not None:
        never_with("--members", "tag")
        _say_members(home, put_members(home.require(), members, accepting), as_json)
        return
    assert items is not None
    with Progress("items read", row_count(items)) as progress:
        added = add_items(home.require(), items, progress, tag=tag, accepting=accepting)
    if added.missing:
        columns = ", ".join(f"`{name}`" for name in added.missing)
        click.echo(
            f"vanne: columns that can carry an opt-out and are not there: {columns}", err=True
        )
    if added.unknown_category:
        items_without = counted(added.unknown_category, "item", "items")
        click.echo(
            f"vanne: {items_without} without a category that Vanne knows, the first in "
            f"row {added.first_unknown}: such an item is never used; "
            f"the categories are {', '.join(Category)}",
            err=True,
        )
    files = [{"path": name, "rows": rows} for name, rows in added.files.items()]
    counts = {"rows": added.rows, "files": files, "tagged": added.tagged}
    tagged = [f"{added.tagged:>12,}  tagged by what their texts reveal"] if added.tagged else []
    tell(
        {"schema": "vanne/corpus-add/1"}
        | counts
        | {"missing": added.missing, "unknown_category": added.unknown_category},
        as_json,
        f"{added.rows:,} items added",
        *tagged,
        *(f"{rows:>12,}  {name}" for name, rows in added.files.items()),
    )


@command.command()
@click.argument("changes", type=TableParam(), metavar="CHANGES")
@_tagged
@_accept_schema
@home
@as_json
def apply(changes: str, tag: bool, accept_schema: bool, home: Home, as_json: bool) -> None:
    """Insert, update and delete the items that a table of CHANGES names.

    Each row is one change: `op` says insert, update or delete, or `updated_at` when the item became
    what the row says. Delta's change data feed and Debezium's envelope are read too. The newest
    change of an item counts; without a time it is now. A delete without an item_id deletes all
    items of its owner. The exit code is 1 if a change was not made: its item is not here, or a
    newer change of it is.
    """
    from vanne.corpus.contract import Accepting
    from vanne.corpus.intake import apply as apply_changes

    done = apply_changes(
        home.require(), changes, tag=tag, accepting=Accepting(now(), schema=accept_schema)
    )
    counts = {
        "inserted": done.inserted,
        "updated": done.updated,
        "deleted": done.deleted,
        "absent": done.absent,
    }
    labels = {**{name: name for name in counts}, "absent": "to delete, and not here"}
    is_done = not done.absent and not done.older
    files = [{"path": name, "rows": rows} for name, rows in done.files.items()]
    document = {"schema": "vanne/corpus-apply/1"} | counts | {"superseded": list(done.superseded)}
    document |= {"older": done.older, "ok": is_done}
    newer = len(done.superseded) - done.older
    tell(
        document | {"files": files, "tagged": done.tagged},
        as_json,
        f"{done.inserted + done.updated + done.deleted:,} items changed",
        *(f"{count:>12,}  {labels[name]}" for name, count in counts.items() if count),
        *([f"{newer:>12,}  rows with a newer one in the table"] if newer else []),
        *([f"{done.older:>12,}  rows older than the item that is here"] if done.older else []),
    )
    if not is_done:
        raise click.exceptions.Exit(1)


@command.command()
@home
@purpose()
@as_of()
@_force
@_accept_schema
@click.option(
    "--accept-file",
    "accept_files",
    multiple=True,
    metavar="NAME",
    help="Take a data file whose bytes have changed; several may be named.",
)
@quiet
@as_json
def build(
    home: Home,
    purpose: str,
    as_of: datetime | None,
    force: bool,
    accept_schema: bool,
    accept_files: tuple[str, ...],
    as_json: bool,
) -> None:
    """Decide every item and make the result the current corpus."""
    from vanne.corpus import build as build_corpus
    from vanne.corpus.contract import Accepting
    from vanne.corpus.parts import in_processes
    from vanne.settings import Settings
    from vanne.sources.relation import row_count
    from vanne.worker import recorded

    with (
        recorded(home.require(), "corpus build", now) as facts,
        in_processes(Settings.of(home).processes) as each,
        Progress("items decided", row_count(str(home.items))) as progress,
    ):
        manifest = build_corpus(
            home,
            as_of or now(),
            purpose=purpose,
            progress=progress,
            force=force,
            accepting=Accepting(now(), accept_schema, accept_files),
            each=each,
        )
        facts |= _facts(manifest)
    _say(manifest, as_json)


@command.command()
@home
@purpose()
@as_of()
@_force
@_accept_schema
@quiet
@as_json
def refresh(
    home: Home,
    purpose: str,
    as_of: datetime | None,
    force: bool,
    accept_schema: bool,
    as_json: bool,
) -> None:
    """Bring the corpus up to date: decide what may have changed, and nothing else.

    What was chosen since, who came of age, joined, left or moved, new and removed data files, a
    region that started, another policy: the result is what `build` would give, to the byte.
    """
    from vanne.corpus import refresh as refresh_corpus
    from vanne.corpus.contract import Accepting
    from vanne.corpus.parts import in_processes
    from vanne.settings import Settings
    from vanne.worker import recorded

    with (
        recorded(home.require(), "corpus refresh", now) as facts,
        in_processes(Settings.of(home).processes) as each,
        Progress("items decided") as progress,
    ):
        manifest = refresh_corpus(
            home,
            as_of or now(),
            purpose=purpose,
            progress=progress,
            force=force,
            accepting=Accepting(now(), accept_schema),
            each=each,
        )
        facts |= _facts(manifest)
    from vanne.objections import unmatched
    from vanne.policy.schedule import policy_at

    if count := unmatched(home, policy_at(home, as_of or now())):
        text = f"{count:,} objections were not matched against this data: `vanne objections match`"
        click.echo(f"vanne: {text}, then refresh again", err=True)
    _say(manifest, as_json)


@command.command()
@click.option(
    "--merge-only",
    is_flag=True,
    help="Leave deleted items in the files that are not merged: it costs less.",
)
@home
@as_json
def compact(merge_only: bool, home: Home, as_json: bool) -> None:
    """Merge small data files, and take the bytes of deleted items out of all of them.

    Each purpose with a corpus gets a new version, as of the same time. Readers go on.
    """
    from vanne.corpus.compacting import compact as compact_corpus

    done = compact_corpus(home.require(), merge_only=merge_only)
    tell(
        {"schema": "vanne/corpus-compact/1"} | asdict(done),
        as_json,
        f"{done.files_before:,} data files became {done.files_after:,}, "
        f"without {done.rows_removed:,} deleted rows",
    )


@command.command()
@click.option(
    "--keep",
    type=Days(),
    default="90d",
    show_default=True,
    help="Keep what was current in so many days, such as 90d.",
)
@home
@as_json
def prune(keep: timedelta, home: Home, as_json: bool) -> None:
    """Remove old versions of the corpus, with their verdicts.

    What a certificate, a model, an export or an index names stays.
    """
    from vanne.corpus.compacting import prune as prune_corpus

    removed = prune_corpus(home.require(), keep, now())
    tell(
        {"schema": "vanne/corpus-prune/1", "removed": removed},
        as_json,
        f"{counted(removed, 'version', 'versions')} removed",
    )


@command.command()
@home
@purpose()
@click.option(
    "--max-age",
    "max_age",
    type=click.IntRange(0, 1_000_000),
    default=0,
    metavar="HOURS",
    help="Also read a version at most so old that has not heard every choice.",
)
def read(home: Home, purpose: str, max_age: int) -> None:
    """Print the allowed documents, one JSON object a line.

    Each has item_id, owner, shared (somebody else is in it, too), category, lang and text. A
    version is refused that does not know a choice, the members or the policy of now.
    """
    from vanne.corpus.reader import read_current

    for document in read_current(home.require(), purpose, now(), timedelta(hours=max_age)):
        names = ("item_id", "owner", "shared", "category", "lang", "text")
        row = {name: getattr(document, name) for name in names}
        click.echo(json.dumps(row, ensure_ascii=False))


@command.command()
@home
@purpose()
@click.option("--screening", is_flag=True, help="Count what is taken out of the texts.")
@quiet
@as_json
def verify(home: Home, purpose: str, screening: bool, as_json: bool) -> None:
    """Decide everything again, from the tables and the ledger alone, and compare.

    With --screening, also count what is taken out of the texts that may be read: pay, phone numbers
    and the like. Every text is then read through the view, as a training does, and none is kept.
    """
    from vanne.corpus import current, read_batches
    from vanne.corpus import verify as verify_corpus
    from vanne.corpus.redaction import Redacted

    manifest = current(home.require(), purpose)
    with Progress("items decided again", sum(file.rows for file in manifest.files)) as progress:
        verify_corpus(home, manifest, progress)
    redacted, texts = Redacted(), 0
    if screening:
        with Progress("texts read", manifest.documents) as progress:
            for batch in read_batches(home, manifest, ("text",), redacted):
                texts += len(batch) - sum(column.null_count for column in batch.columns)
                progress(texts)
    counts = {kind: redacted.kinds[kind] for kind in manifest.screening.redact}
    if as_json:
        about = {"schema": "vanne/corpus-verification/1", "version": manifest.version, "ok": True}
        by_field = [
            {"category": category, "field": name, "kind": kind, "count": count}
            for (category, name, kind), count in sorted(redacted.fields.items())
        ]
        screened = {"texts": texts, "redacted": counts, "redacted_fields": by_field}
        answer(about | (screened if screening else {}))
        return
    click.echo(f"corpus {manifest.version[:16]} verifies: decided again, the same to the byte")
    if screening:
        click.echo(f"{texts:>12,}  texts, of which was taken out:")
        for kind, count in counts.items():
            click.echo(f"{count:>12,}  {kind}")
        for (category, name, kind), count in sorted(redacted.fields.items()):
            click.echo(f"{count:>12,}  {kind} in `{name}` of a {category}")


_SHOWN = 20  # photos that are missing: the rest is counted
_EXPORTED = {
    "allowed": "allowed",
    "written": "written",
    "exact_duplicates": "exact copies, left out",
    "without_content": "without a text",
    "missing_photos": "photos that are not there",
    "unreadable_photos": "photos that cannot be read",
}


@command.command()
@output(OutputFolder(), "The folder to write.")
@home
@purpose()
@click.option("--photos", is_flag=True, help="Also photos, cleaned, in a column `photo`.")
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
@click.option("--receiver", help="Who is given it: each member reads whether it held their items.")
@quiet
@as_json
def export(
    out: Path,
    home: Home,
    purpose: str,
    photos: bool,
    shard_rows: int,
    since: Path | None,
    replace: bool,
    as_of_version: str | None,
    receiver: str | None,
    as_json: bool,
    **card: str | None,
) -> None:
    """Write the allowed items into a new folder of Parquet, for a trainer that is not ours.

    Exact copies are left out; a card says what it is. Members' ids are not in it. It is a copy:
    what a member takes back reaches it only by another export, and by what its receiver deletes.
    """
    from vanne.corpus.export import ExportOptions
    from vanne.corpus.export import export as export_corpus
    from vanne.corpus.export.card import Publisher
    from vanne.corpus.manifest import current, load
    from vanne.errors import InputError

    fields = {"name" if key == "operator" else key: text for key, text in card.items() if text}
    options = ExportOptions(
        shard_rows=shard_rows,
        photos=photos,
        publisher=Publisher(**fields),
        since=since,
        replace=replace,
        is_pinned=as_of_version is not None,
        receiver=receiver or None,
    )
    if as_of_version is None:
        manifest = current(home.require(), purpose)
    else:
        never_with("--as-of-version", "purpose")
        known = [path.stem for path in (home.require().corpus / "manifests").glob("*.json")]
        versions = [name for name in known if name.startswith(as_of_version)]
        if len(versions) != 1:
            raise InputError(
                f"`{as_of_version}` is the beginning of {len(versions)} versions of the corpus",
                todo="give more of it, as `vanne corpus verify --json` prints it",
            )
        manifest = load(home, versions[0])
    with Progress("rows read", manifest.counts.get("allowed", 0)) as progress:
        done = export_corpus(home, manifest, out, now, options, progress)
    if as_json:
        lists = {"missing": list(done.missing), "unreadable": list(done.unreadable)}
        answer(done.document | lists)
        return
    shards = counted(len(done.shards), "shard", "shards")
    size = sum(shard.bytes for shard in done.shards)
    click.echo(f"{out}: {done.counts['written']:,} rows in {shards}, {size:,} bytes")
    for name, label in _EXPORTED.items():
        if done.counts[name]:
            click.echo(f"{done.counts[name]:>12,}  {label}")
    if since_then := done.document.get("since"):
        click.echo(
            f"{since_then['removed']:>12,}  gone since {since_then['as_of']}: see removed.jsonl"
        )
    for why, paths in (("not there", done.missing), ("cannot be exported", done.unreadable)):
        for path in paths[:_SHOWN]:
            click.echo(f"{why}: {printable(path)}", err=True)
        if len(paths) > _SHOWN:
            click.echo(f"and {len(paths) - _SHOWN:,} more: --json lists them all", err=True)


def _say_members(home: Home, count: int, as_json: bool) -> None:
    from vanne.corpus.intake import unknown_members

    unknown = unknown_members(home, now())
    for why, number in unknown.items():
        if number:
            what, todo = _NOT_KNOWN[why]
            click.echo(
                f"vanne: {number:,} of {counted(count, 'member', 'members')} without {what}: "
                f"nothing of these members is used, whatever they choose; {todo}",
                err=True,
            )
    document = {"schema": "vanne/corpus-members/1", "home": str(home.root), "members": count}
    document |= {"unknown": {why.value: number for why, number in unknown.items()}}
    tell(document, as_json, f"{count:,} members in `{home.root}`")


_NOT_KNOWN = {
    Reason.REGION_UNKNOWN: (
        "a country that Vanne knows",
        "give the country in the column `region`, in two capitals such as `CH`",
    ),
    Reason.AGE_UNKNOWN: (
        "a birth date",
        "give the day in the column `birth_date`, such as `1990-04-12`",
    ),
}


def _facts(manifest: "Manifest") -> dict[str, Any]:
    counts = {"documents": manifest.documents, "counts": dict(manifest.counts)}
    return {"corpus": manifest.version, "purpose": manifest.purpose} | counts


def _say(manifest: "Manifest", as_json: bool) -> None:
    counts = sorted(manifest.counts.items(), key=lambda row: (-row[1], row[0]))
    tell(
        manifest.as_json() | {"version": manifest.version},
        as_json,
        f"corpus {manifest.version[:16]}: {manifest.documents:,} documents",
        *(f"{count:>12,}  {reason}" for reason, count in counts),
    )
