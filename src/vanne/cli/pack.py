"""`vanne pack`: check and test network packs."""

from pathlib import Path

import click

from vanne.cli.options import answer, as_json, counted
from vanne.errors import ConfigError, VerificationError


@click.group()
def command() -> None:
    """Check and test network packs."""


_pack = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))


@command.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@as_json
def check(folder: Path | None, as_json: bool) -> None:
    """Say whether the pack in DIR is right: each fault with its file, its key and what to do.

    Without DIR, list the networks that are known: what their packs hold, and where each comes from.
    """
    if folder is None:
        _list_packs(as_json)
        return
    from vanne.report.pack_check import check as checked

    found = checked(folder)
    pack = found.pack
    if as_json:
        document = {"schema": "vanne/pack-check/1", "pack": pack.key, "faults": found.faults}
        answer({**document, "remarks": found.remarks})
    else:
        for line in (*found.faults, *found.remarks):
            click.echo(line)
    if found.faults:
        faults = counted(len(found.faults), "fault", "faults")
        raise ConfigError(f"the network pack `{pack.key}` has {faults}", todo="mend what is listed")
    if not as_json:
        parts = [
            counted(found.kinds, "kind of row", "kinds of rows"),
            counted(found.policies, "policy", "policies"),
            "a guide" if pack.guide else "no guide",
            counted(found.examples, "example", "examples"),
        ]
        click.echo(f"{pack.key} is right: {', '.join(parts)}")


@command.command()
@_pack
@as_json
def test(folder: Path, as_json: bool) -> None:
    """Read the examples of the pack in DIR, and say what is not as expected."""
    from vanne.packs import attach
    from vanne.packs.finding import given_pack
    from vanne.report.pack_check import try_examples

    pack = given_pack(folder)
    attach([pack_folder := Path(str(pack.folder))])
    results = []
    for result in try_examples(pack):
        results.append(result)
        if as_json:
            continue
        rows = counted(result.found.rows, "row", "rows")
        items = counted(result.found.items, "item", "items")
        said = "differs" if result.differences else "as expected"
        click.echo(f"{result.name}: {rows} = {items} + {result.found.listed} listed, {said}")
        for line in result.differences:
            click.echo(f"  {line}")
        for why, count in result.unread.items() if result.differences else ():
            click.echo(f"  {counted(count, 'row', 'rows')} listed: {why}")
    if as_json:
        rows_of = [
            {
                "example": result.name,
                "found": result.found.model_dump(mode="json"),
                "differences": result.differences,
            }
            for result in results
        ]
        answer({"schema": "vanne/pack-test/1", "pack": pack.key, "examples": rows_of})
    if wrong := sum(bool(result.differences) for result in results):
        examples = counted(wrong, "example differs", "examples differ")
        todo = f"mend the readers, or what `{pack_folder.name}/examples` expects"
        raise VerificationError(f"{examples} from what must come out", todo=todo)


def _list_packs(as_json: bool) -> None:
    """List the networks that are known, what their packs hold, and where each comes from."""
    from vanne.packs import working

    rows = []
    for pack in working():
        parts = {
            "readers": bool(pack.files("readers")),
            "policies": bool(pack.files("policies")),
            "guide": bool(pack.guide),
        }
        held = [name for name, is_there in parts.items() if is_there]
        row = {"pack": pack.key, "name": pack.facts.name, "from": pack.origin, "holds": held}
        rows.append({**row, "formerly": list(pack.facts.formerly)})
    if as_json:
        answer({"schema": "vanne/packs/1", "packs": rows})
        return
    for row in rows:
        click.echo(f"{row['pack']:<14}{row['name']:<22}{', '.join(row['holds']):<26}{row['from']}")
