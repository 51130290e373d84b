"""`vanne forget`: take what members switched off since the last training out of the model.

It writes a certificate for each phase.
"""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from vanne.cli.options import (
    Progress,
    answer,
    as_json,
    counted,
    dry_run,
    lasting,
    never_with,
    now,
    quiet,
)
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.plugins import hooks

if TYPE_CHECKING:
    from vanne.forget.backlog import Backlog
    from vanne.forget.certificate import Certificate


@click.command()
@home_option
@dry_run
@click.option(
    "--at-once",
    "only_at_once",
    is_flag=True,
    help="Only serve the last clean checkpoints and delete the others: seconds, no training. "
    "It goes ahead while another process trains.",
)
@click.option(
    "--hours",
    type=click.FloatRange(0, min_open=True),
    help="Stop the training after so many hours: what is whole by then serves.",
)
@click.option(
    "--accept-environment",
    "accept",
    is_flag=True,
    help="Keep what another machine or other libraries trained, and train only the rest here.",
)
@click.option(
    "--retrain-all", is_flag=True, help="On another machine: train everything again here."
)
@quiet
@as_json
def command(
    home: Home,
    dry_run: bool,
    only_at_once: bool,
    hours: float | None,
    accept: bool,
    retrain_all: bool,
    as_json: bool,
) -> None:
    """Take out of the model what was switched off, and prove it.

    Refreshes the corpus as of now, trains again the slices that held what is out, and lets the
    result serve in the place of the model before: those who stay lose nothing. Where the training
    would end too late, the last clean checkpoints serve at once. A certificate is written, and what
    held what is out is deleted. What was switched on again comes back the same way. Killed
    anywhere, the next call finishes it.
    """
    from vanne.forget.backlog import find_backlog
    from vanne.forget.runs import forget
    from vanne.settings import Settings
    from vanne.worker import recorded

    if dry_run:
        never_with("--dry-run", "only_at_once", "hours", "accept", "retrain_all")
        _say_plan(home, find_backlog(home, now(), make_current=False), as_json)
        return
    if only_at_once:
        never_with("--at-once", "hours", "accept", "retrain_all")
    if accept:
        never_with("--accept-environment", "retrain_all")
    enough = Settings.of(home).leavers_together
    with recorded(home.require(), "forget", now) as facts, Progress() as progress:
        run = forget(
            home,
            at_once=only_at_once,
            hours=hours,
            accept_environment=accept,
            retrain_all=retrain_all,
            leavers=enough,
            progress=progress,
            now=now,
            on_finished=lambda finished: click.echo(
                "vanne: finished what a killed run had begun: "
                f"certificate {_file(home, finished.id)}",
                err=True,
            ),
        )
        facts |= {"corpus": run.work.after.version, "requests": len(run.work.requests)}
        facts |= {"certificate": run.certificate.id} if run.certificate else {}
    work, done = run.work, run.certificate
    waits = counted(len(work.requests) + len(work.served), "request waits", "requests wait")
    if not run.is_due:
        text = f"{waits}; the first thing is due on {_time(work.due)}"
        text += f"; {work.leavers:,} of {enough:,} people who leave together are there"
        _say_nothing(work, text, as_json)
        return
    if (home.root / "model-photos").exists():
        reminder = "`model-photos` holds a model that an earlier Vanne trained: delete that folder"
        click.echo(f"vanne: {reminder}", err=True)
    if done is None:
        text = "nothing has left the model since it was trained, and nobody asked"
        if work.requests or work.served:
            text = f"the model that serves holds nothing that has left; {waits} for the training"
        _say_nothing(work, text, as_json)
        return
    _say_done(home, work, done, enough, as_json)


def _say_done(home: Home, work: "Backlog", done: "Certificate", enough: int, as_json: bool) -> None:
    """Say what left the model, and what is left to do by hand."""
    from vanne.forget.history import known_in
    from vanne.forget.requests import late_among

    if left := [
        each
        for each in done.document["deleted"]["exports"]
        if each["outcome"] in ("changed", "unreachable")
    ]:
        reminder = f"{counted(len(left), 'export was', 'exports were')} changed or out of reach"
        click.echo(
            f"vanne: {reminder}: delete what is left of them (see the certificate)", err=True
        )
    for each in _elsewhere(home, work):
        click.echo(f"vanne: not reached from here, {each}", err=True)
    if as_json:
        answer(dict(done.document))
        return
    for step in done.document["at_once"]:
        click.echo(f"at once: clean checkpoints have served since {step['day']}; "
                   f"certificate {_file(home, step['certificate'])}")  # fmt: skip
    keys = done.document["keys"]
    if done.phase == "at-once" and not (keys["dropped"] or keys["made"]):
        click.echo("nothing had to leave: the same checkpoints serve, for the corpus as it is now")
    elif done.phase == "at-once":
        what = counted(len(keys["dropped"]), "checkpoint", "checkpoints")
        waiting = counted(done.waiting, "document waits", "documents wait")
        click.echo(f"at once: clean checkpoints serve, {what} deleted, {waiting} for the training")
    elif cost := done.cost:
        click.echo(f"{cost.tokens:,} tokens trained again in {lasting(cost.seconds)} "
                   f"({100 * cost.share:.0f} % of a full training, "
                   f"{lasting(cost.seconds_full)})")  # fmt: skip
    if 0 < work.leavers < enough:
        few = counted(work.leavers, "person leaves", "people leave")
        click.echo(f"vanne: {few}, and not {enough:,} together: something was due", err=True)
    requests = [*work.served, *work.requests]
    late = late_among(requests, done, known_in(home))
    click.echo(f"{counted(len(requests), 'request', 'requests')}, {late:,} late")
    click.echo(f"certificate {_file(home, done.id)}")


def _say_nothing(work: "Backlog", text: str, as_json: bool) -> None:
    if as_json:
        due = work.due.isoformat() if work.due else None
        waiting = len(work.requests) + len(work.served)
        facts = {"done": False, "due": due, "requests": waiting}
        answer({"schema": "vanne/forget-nothing/1"} | facts)
    else:
        click.echo(text)


def _file(home: Home, certificate: str) -> str:
    return str(home.certificates / f"{certificate[:16]}.json")


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "no day"


def _elsewhere(home: Home, work: "Backlog") -> list[str]:
    """Return what plug-ins made elsewhere of another version of the corpus."""
    copies = hooks().kept_elsewhere(home=home, corpus=work.after.version)
    return [each for some in copies for each in some]


def _say_plan(home: Home, work: "Backlog", as_json: bool) -> None:
    """Say what would be done."""
    from vanne.forget.backlog import counted as by_reason

    costs, elsewhere, reasons = work.plan(home), _elsewhere(home, work), by_reason(work.left)
    if as_json:
        answer(
            {
                "schema": "vanne/forget-plan/1",
                "due": work.due.isoformat() if work.due else None,
                "requests": [
                    each.as_json() | {"has_left": each in work.served}
                    for each in (*work.served, *work.requests)
                ],
                "left": {"items": len(work.left), "reasons": reasons},
                "at_once": {"needed": costs.is_tainted, "waiting": costs.waiting},
                "shards": list(costs.shards),
                "slices": [list(slot) for slot in costs.slices],
                "tokens_to_train": costs.tokens_to_train,
                "tokens_full": costs.tokens_full,
                "share_of_full": costs.share,
                "one_by_one": {"members": costs.members, "tokens": costs.tokens_each},
                "seconds_expected": costs.seconds_expected,
                "environment_changed": list(costs.environment_changed),
                "environment_differences": list(costs.environment_differences),
                "tokens_if_accepted": costs.tokens_if_accepted,
                "dropped": list(costs.dropped),
                "exports": [{"kind": each.kind, "path": str(each.path)} for each in costs.exports],
                "bytes": {
                    "freed": costs.bytes_freed,
                    "needed": costs.bytes_needed,
                    "there": costs.bytes_there,
                },
                "elsewhere": elsewhere,
            }
        )
        return
    waits = counted(len(work.requests) + len(work.served), "request waits", "requests wait")
    click.echo(waits + (f"; the first thing is due on {_time(work.due)}" if work.due else ""))
    if reasons:
        listed = ", ".join(f"{reason} {count:,}" for reason, count in reasons.items())
        what = counted(sum(reasons.values()), "item", "items")
        click.echo(f"{what} of the model may not be in it any more: {listed}")
    if costs.is_tainted:
        waiting = counted(costs.waiting, "document", "documents")
        click.echo(f"at once: clean checkpoints would serve; {waiting} would wait for the training")
    click.echo(f"{costs.tokens_to_train:,} of {costs.tokens_full:,} tokens would be trained "
               f"again ({100 * costs.share:.0f} %), in shards {list(costs.shards)}, in about "
               f"{lasting(costs.seconds_expected)}")  # fmt: skip
    if costs.members > 1:
        click.echo(f"for {costs.members:,} members one after the other: "
                   f"{costs.tokens_each:,} tokens")  # fmt: skip
    dropped = counted(len(costs.dropped), "checkpoint", "checkpoints")
    exports = counted(len(costs.exports), "export", "exports")
    click.echo(f"deleted: {dropped} ({costs.bytes_freed / 1e6:,.1f} MB), {exports}; "
               f"needed: {costs.bytes_needed / 1e6:,.1f} MB, "
               f"there are {costs.bytes_there / 1e6:,.0f}")  # fmt: skip
    for what in costs.environment_differences:
        click.echo(f"this machine differs from the one that trained: {what}")
    for each in elsewhere:
        click.echo(f"not reached from here, {each}")
    if costs.environment_changed:
        click.echo(f"with --accept-environment: {costs.tokens_if_accepted:,} tokens")
