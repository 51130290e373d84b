"""`vanne choose`: a member's choice, durable in the ledger before the receipt is printed."""

from datetime import datetime

import click

from vanne.cli.options import Moment, answer, home, now
from vanne.config import Home
from vanne.terms import MAIN_PURPOSE, Choice


@click.command()
@home
@click.argument("member")
@click.argument("on", type=click.Choice(["on", "off"]))
@click.option("--purpose", default=MAIN_PURPOSE, show_default=True)
@click.option("--category", help="Only for this category.")
@click.option("--item", help="Only for this item.")
@click.option("--at", type=Moment(), help="When it was said (default: now).")
def command(
    home: Home,
    member: str,
    on: str,
    purpose: str,
    category: str | None,
    item: str | None,
    at: datetime | None,
) -> None:
    """Write a member's choice to the ledger and print the receipt.

    Without --category or --item the choice is for everything. The receipt is JSON: keep it, and
    check it at any time with `vanne receipt verify`.
    """
    from vanne.corpus.contract import members_table
    from vanne.ledger import Ledger
    from vanne.policy.schedule import policy_at
    from vanne.sources.tables import read_members

    if category is not None and item is not None:
        raise click.UsageError("give --category or --item, not both")
    if "" in (category, item):  # a script whose variable is empty does not mean everything
        raise click.UsageError("--category and --item need a value: without them it is for all")
    moment = now()
    policy_at(home.require(), moment).purpose(purpose)
    if at and at > moment:
        raise click.UsageError("--at is in the future: a choice counts from the time it is made")
    if member != member.strip():
        raise click.UsageError("the member's id has space around it")
    if all(member != known.member_id for known in read_members(str(members_table(home)))):
        click.echo("vanne: no member has that id: this is recorded as an objection", err=True)
    choice = Choice(
        member_id=member,
        purpose=purpose,
        scope="category" if category else "item" if item else "all",
        on=on == "on",
        at=at or moment,
        target=category or item,
        channel="command-line",
    )
    with Ledger.of(home) as ledger:
        (index,) = ledger.append([choice])
        answer(ledger.receipt(index))
