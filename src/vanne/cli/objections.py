"""`vanne objections`: record objections of people who are no members, match and review them."""

from typing import Any

import click

from vanne.cli.options import (
    Progress,
    answer,
    as_json,
    counted,
    dry_run,
    home,
    json_anyway,
    never_with,
    now,
    printable,
    purpose,
    quiet,
    refuse_usage,
)
from vanne.config import Home
from vanne.terms import Channel
from vanne.words import Message

ROLE = "operator"


@click.group()
def command() -> None:
    """Match and review what people who are no members objected to.

    Run `match` before each `vanne corpus refresh`: it looks through the items for whom the
    objections are about. What only a name finds is denied until a person has looked at it.
    """


@command.command()
@click.option("--name", required=True, help="First and last name, as others write it.")
@click.option("--profile", help="An address of a page about them.")
@purpose()
@home
@json_anyway
def add(name: str, profile: str | None, purpose: str, home: Home) -> None:
    """Record an objection that came by letter or telephone, and print its receipt.

    Give the receipt to the person alone. On the web people object by themselves, at /object.
    """
    from vanne.ledger import Ledger
    from vanne.objections import object_to
    from vanne.policy.schedule import policy_at

    policy_at(home.require(), now()).purpose(purpose)
    with Ledger.of(home) as ledger:
        index = object_to(ledger, name, profile, purpose, now(), channel=Channel.COMMAND_LINE)
        answer(ledger.receipt(index))


@command.command()
@home
@dry_run
@quiet
@as_json
def match(home: Home, dry_run: bool, as_json: bool) -> None:
    """Look through all items for whom the objections are about, and record what follows.

    Who is at the address that was given is off for everything. Items that only a name connects with
    somebody are denied one by one and wait for `review`. No name, id or text is printed.
    """
    from vanne.objections import match as match_all
    from vanne.policy.schedule import policy_at
    from vanne.sources.relation import row_count

    moment = now()
    policy = policy_at(home.require(), moment)
    with Progress("items looked at", row_count(str(home.items))) as progress:
        done = match_all(home, policy, now=moment, dry_run=dry_run, progress=progress)
    if as_json:
        counts = {name: getattr(done, name) for name in done.__slots__}
        answer({"schema": "vanne/objections-match/1", "dry_run": dry_run, **counts})
        return
    verb = "would be recorded" if dry_run else "recorded"
    objections = counted(done.objections, "objection", "objections")
    items = counted(done.items, "item", "items")
    click.echo(f"{objections} in force, {items} looked at; {verb}:")
    click.echo(f"{done.certain:>12,}  people at an address that was given")
    click.echo(f"{done.uncertain:>12,}  items that a name connects with somebody, for review")
    click.echo(f"{done.lifted:>12,}  lifted, because an objection was taken back")
    if done.by_hand:
        click.echo(f"{done.by_hand:>12,}  objections whose name only a person can look for")


@command.command()
@click.argument("index", type=int, required=False)
@click.argument("item", required=False)
@click.option("--same/--other", "same", default=None, help="It is this person, or somebody else.")
@click.option("--withdrawn", is_flag=True, help="Record that the person takes the objection back.")
@home
@as_json
def review(
    index: int | None,
    item: str | None,
    same: bool | None,
    withdrawn: bool,
    home: Home,
    as_json: bool,
) -> None:
    """See what waits for a person, and say whether an ITEM is about whoever objected.

    Without INDEX, list the objections by number: for what, since when, and how many items wait.
    With INDEX, show the name that was given and what waits: whoever reviews has to see it, and
    nothing else that Vanne prints has it. With an ITEM and --same or --other, decide; it counts
    from the next `vanne corpus refresh` on. --same may also name an item that no name found.

    With INDEX and --withdrawn, record that whoever objected takes it back, and print the receipt.
    What followed from the objection is lifted by the next `match`.
    """
    from vanne.ledger import Ledger
    from vanne.objections import excerpts, is_there, objector, objectors, waiting
    from vanne.objections import review as review_one

    if withdrawn:
        never_with("--withdrawn", "item", "same")
        if index is None:
            refuse_usage(Message("goes-with", option="--withdrawn", other="INDEX"))
        _withdraw(home, index)
        return
    if (item is None) != (same is None):
        refuse_usage(Message("give-together", options="ITEM, --same|--other"))
    if index is not None and item is not None and same is not None:
        known = is_there(home.require(), item)
        with Ledger.of(home) as ledger:
            entry = review_one(ledger, index, item, same=same, at=now(), role=ROLE, by_hand=known)
        if as_json:
            answer({"schema": "vanne/objection-review/1", "entry": entry, "same": same})
        else:
            click.echo(f"entry {entry}: {'this person' if same else 'somebody else'}")
        return
    with Ledger.of(home.require(), read_only=True) as ledger:
        everybody = objectors(ledger) if index is None else [objector(ledger, index)]
        doubts = [waiting(ledger, each) for each in everybody]
    rows: list[dict[str, Any]] = [
        {
            "index": each.index,
            "purpose": each.objection.purpose,
            "at": each.objection.at.isoformat(),
            "in_force": each.in_force,
            "waiting": len(own),
        }
        for each, own in zip(everybody, doubts, strict=True)
    ]
    if index is not None:
        texts = excerpts(home, doubts[0])
        items = [
            {"item_id": doubt.item_id, "text": texts.get((index, doubt.item_id))}
            for doubt in doubts[0]
        ]
        name, profile = everybody[0].objection.name, everybody[0].objection.profile
        if as_json:
            about = {"name": name, "profile": profile, "items": items}
            answer({"schema": "vanne/objection/1", **rows[0], **about})
            return
        click.echo(printable(f"{name}  {profile or ''}"))
        for one in items:
            click.echo("  " + printable(f"{one['item_id']}: {one['text'] or 'the item is gone'}"))
        return
    if as_json:
        answer({"schema": "vanne/objections/1", "objections": rows})
        return
    for row in rows:
        state = "in force" if row["in_force"] else "taken back"
        waits = counted(row["waiting"], "item waits", "items wait")
        click.echo(
            f"{row['index']:>8}  {str(row['at'])[:10]}  {state:10}  {row['purpose']}  {waits}"
        )
    if not rows:
        click.echo("nobody has objected")


def _withdraw(home: Home, index: int) -> None:
    """Record that an objection is taken back, and print the receipt."""
    from vanne.ledger import Ledger
    from vanne.objections import withdraw

    with Ledger.of(home.require()) as ledger:
        entry = withdraw(ledger, index, now(), channel=Channel.COMMAND_LINE)
        answer(ledger.receipt(entry))
