"""`vanne choose`: a member's choice, durable in the ledger before the receipt is printed."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from vanne.cli.options import MomentParam, answer, home, now
from vanne.config import Home
from vanne.terms import MAIN_PURPOSE, Channel, Choice

if TYPE_CHECKING:
    from vanne.report.switches import Outcome


@click.command()
@home
@click.argument("member")
@click.argument("on", type=click.Choice(["on", "off"]))
@click.option("--purpose", default=MAIN_PURPOSE, show_default=True)
@click.option("--category", help="Only for this category.")
@click.option("--item", help="Only for this item.")
@click.option("--at", type=MomentParam(), help="When it was said, if not now; the receipt says so.")
@click.option("--objection", is_flag=True, help="MEMBER is no member, but is in the data.")
def command(
    home: Home,
    member: str,
    on: str,
    purpose: str,
    category: str | None,
    item: str | None,
    at: datetime | None,
    objection: bool,
) -> None:
    """Write a member's choice to the ledger and print the receipt.

    Without --category or --item the choice is for all their data, for that purpose alone. The last
    choice in the ledger holds, whatever --at says. The receipt is JSON: keep it, and check it at
    any time with `vanne receipt verify`. What holds now, and whether this changed anything, is said
    on stderr.
    """
    from vanne.errors import InputError
    from vanne.ledger import Ledger
    from vanne.plugins import tell_choices
    from vanne.policy.schedule import policy_at
    from vanne.report.member_items import find_member
    from vanne.report.switches import outcome_of

    if category is not None and item is not None:
        raise click.UsageError("give --category or --item, not both")
    if "" in (category, item):  # a script whose variable is empty does not mean everything
        raise click.UsageError("--category and --item need a value: without them it is for all")
    moment = now()
    policy_at(home.require(), moment).purpose(purpose)
    if at and at > moment:
        raise click.UsageError("--at is in the future: nobody has said it yet")
    if member != member.strip():
        raise click.UsageError("the member's id has space around it")
    if not objection and find_member(home, member) is None:
        raise InputError(
            "no member has that id",
            todo="check it, or give --objection if they are in the data and are no member",
        )
    choice = Choice(
        member_id=member,
        purpose=purpose,
        scope="category" if category else "item" if item else "all",
        on=on == "on",
        at=moment,
        target=category or item,
        channel=Channel.COMMAND_LINE,
        claimed_at=at,
    )
    with Ledger.of(home) as ledger:
        (index,) = ledger.append([choice])
        answer(ledger.receipt(index))
        click.echo(f"vanne: {_holds(outcome_of(ledger.history(member), index))}", err=True)
    tell_choices(home, [choice], moment)


def _holds(outcome: "Outcome") -> str:
    """Say what holds now, without naming anybody."""
    what = "everything" if outcome.scope == "all" else f"that {outcome.scope}"
    state = f"{'on' if outcome.on else 'off'} for {what} of `{outcome.purpose}`"
    text = f"now {state}" if outcome.changed else f"nothing changed: {state} already"
    if outcome.on and outcome.whole_off:
        return f"{text}, which permits nothing while they are off for everything"
    return text
