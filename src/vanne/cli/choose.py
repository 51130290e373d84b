"""`vanne choose`: write a member's choice, or a table of choices, to the ledger.

The command reports a choice only once it is durable.
"""

from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vanne.cli import completion
from vanne.cli.inputs import InputFile
from vanne.cli.options import (
    MomentParam,
    Progress,
    answer,
    as_json,
    counted,
    dry_run,
    home,
    never_with,
    now,
    only_with,
    purpose,
    quiet,
    refuse_usage,
)
from vanne.config import Home
from vanne.errors import InputError, RefusedError, UsageError, did_you_mean
from vanne.plugins import tell_choices
from vanne.terms import Category, Channel, Choice
from vanne.words import Message

if TYPE_CHECKING:
    from vanne.decide.loader import Imported, LoadCheck

_SHOWN = 20  # bad rows; more of them would hide what was done


@click.command()
@click.argument("member", required=False, shell_complete=completion.members)
@click.argument("on", required=False, type=click.Choice(["on", "off"]))
@purpose()
@click.option("--category", shell_complete=completion.categories, help="Only for this category.")
@click.option("--item", help="Only for this item.")
@click.option("--at", type=MomentParam(), help="When it was said, if not now; the receipt says so.")
@click.option("--objection", is_flag=True, help="MEMBER is no member, but is in the data.")
@click.option(
    "--from",
    "file",
    type=InputFile(),
    help="Record the choices of a Parquet, CSV or JSON Lines file; `-`: standard input.",
)
@dry_run
@click.option("--skip-bad", is_flag=True, help="With --from: record the rows that are not bad.")
@home
@quiet
@as_json
def command(
    member: str | None,
    on: str | None,
    purpose: str,
    category: str | None,
    item: str | None,
    at: datetime | None,
    objection: bool,
    file: Path | None,
    dry_run: bool,
    skip_bad: bool,
    home: Home,
    as_json: bool,
) -> None:
    """Write a member's choice to the ledger and print the receipt.

    Without --category or --item the choice is for all their data, for that purpose alone. An on of
    a member who is kept out by age or region is refused: it would count later, unasked. The last
    choice in the ledger holds, whatever --at says. The receipt is JSON: keep it, and check it at
    any time with `vanne verify`. What holds now, and whether this changed anything, is said on
    stderr.

    With --from, the columns are those of the table *choices*: member_id, purpose, scope, target,
    on, at, channel, notice. Rows are recorded in the order of `at`, which the ledger keeps as what
    the file claims; an on that is no later than an opt-out in the ledger is a bad row. If any row
    is bad nothing is recorded, bad rows are printed (all of them with --json), and the exit code is
    65; rows are counted from 1 below the header. The same file again changes nothing; an import
    that was interrupted goes on.
    """
    if file is not None:
        never_with("--from", "member", "on", "purpose", "category", "item", "at", "objection")
        _import(file, home, dry_run, skip_bad, as_json)
        return
    from vanne.ledger import Ledger
    from vanne.policy.schedule import policy_at
    from vanne.report.member_items import find_member
    from vanne.report.person_words import whose
    from vanne.report.switches import outcome_of, standing
    from vanne.words import words

    if member is None or on is None:
        refuse_usage(Message("give-one-of", options="MEMBER on|off, --from FILE"))
    only_with("--from", "dry_run", "skip_bad")
    if category is not None:
        never_with("--category", "item")
    if "" in (category, item):  # a script whose variable is empty does not mean everything
        refuse_usage(Message("value-empty", options="--category, --item"))
    if category is not None and category not in list(Category):
        near = did_you_mean(category, [each.value for each in Category])
        raise UsageError(Message("category-unknown", name=category), todo=near)
    moment = now()
    policy_at(home.require(), moment).purpose(purpose)
    if at and at > moment:
        refuse_usage(Message("at-in-future", option="--at"))
    if member != member.strip():
        refuse_usage(Message("member-has-space"))
    person = None if objection else find_member(home, member)
    if not objection and person is None:
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
    switch = standing(home, person, purpose, moment) if person else None
    if switch and switch.state.block and choice.on:
        raise RefusedError(
            f"the member is kept out ({switch.state.block}): an on would count later, unasked",
            todo="correct the table of members; an off can be recorded at any time",
        )
    with Ledger.of(home) as ledger:
        (index,) = ledger.append([choice])
        answer(ledger.receipt(index))
        outcome = outcome_of(ledger.history(member), index)
    what = "everything" if outcome.scope == "all" else f"that {outcome.scope}"
    state = f"{'on' if outcome.on else 'off'} for {what} of `{outcome.purpose}`"
    text = f"now {state}" if outcome.changed else f"nothing changed: {state} already"
    if outcome.on and outcome.whole_off:
        text += ", which permits nothing while they are off for everything"
    click.echo(f"vanne: {text}", err=True)
    switch = standing(home, person, purpose, moment) if person else None
    if person and switch and switch.state.block:
        for message in whose(switch, person.region):
            click.echo(f"vanne: {words('en').say(message)}", err=True)
    tell_choices(home, [choice], moment)


# Many choices, from a table


def _import(file: Path, home: Home, dry_run: bool, skip_bad: bool, as_json: bool) -> None:
    from vanne.corpus.contract import members_table
    from vanne.decide.loader import Imported, check, record
    from vanne.ledger import Ledger
    from vanne.policy.schedule import policy_at

    moment = now()
    policy = policy_at(home.require(), moment)
    imported = Imported()
    with Ledger.of(home, read_only=dry_run) as ledger:
        with Progress("rows checked") as progress:
            table = check(file, ledger, policy, members_table(home), moment, progress)
        if table.good and not dry_run and (skip_bad or not table.bad):
            with Progress("choices recorded", table.good) as progress:
                tell = partial(tell_choices, home, at=moment)
                imported = record(file, ledger, table, moment, progress, tell)
    if as_json:
        answer(
            {
                "schema": "vanne/choices-import/1",
                "rows": table.rows,
                "imported": imported.new,
                "already_imported": imported.already,
                "unchanged": imported.unchanged,
                "holds": {"on": imported.on, "off": imported.off},
                "not_members": table.not_members,
                "other_purposes": table.other_purposes,
                "dry_run": dry_run,
                "refused": [asdict(row) for row in table.bad],
            }
        )
    else:
        _say_import(table, imported, dry_run)
    if table.bad and not skip_bad:
        raise click.exceptions.Exit(InputError.exit_code)


def _say_import(table: "LoadCheck", imported: "Imported", dry_run: bool) -> None:
    for row in table.bad[:_SHOWN]:
        click.echo(str(row), err=True)
    if len(table.bad) > _SHOWN:
        click.echo(f"and {len(table.bad) - _SHOWN:,} more bad rows: see --json", err=True)
    for count, what in (
        (table.not_members, "about people who are no members: their offs are objections"),
        (table.other_purposes, "for purposes that the policy does not have: they have no effect"),
    ):
        if count:
            click.echo(f"vanne: {counted(count, 'row is', 'rows are')} {what}", err=True)
    if imported.new or imported.already:
        rows = counted(table.rows, "row", "rows")
        text = f"imported {counted(imported.new, 'choice', 'choices')} of {rows}"
        if imported.already:
            text += f"; {imported.already:,} were there from an earlier import"
        if imported.unchanged:
            text += f"; {imported.unchanged:,} changed nothing"
        if table.bad:
            text += f"; {counted(len(table.bad), 'row was', 'rows were')} left out"
        text += f"; now {imported.on:,} are on and {imported.off:,} off"
    else:
        rows = counted(table.rows, "row", "rows")
        good = f"all {table.rows:,} rows can be used" if table.rows else "it has no rows"
        bad = f"{len(table.bad):,} of {rows} cannot be used"
        text = f"{'checked' if dry_run else 'nothing was imported'}: {bad if table.bad else good}"
    click.echo(text)
