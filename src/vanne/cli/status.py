"""`vanne status`: how a network is."""

import click

from vanne.cli.options import as_json, now, tell
from vanne.cli.options import home as home_option
from vanne.config import Home


@click.command()
@home_option
@as_json
def command(home: Home, as_json: bool) -> None:
    """Say how the network is: the last good night, what waits, what is not heard.

    The exit code is 1 if something needs a person.
    """
    from vanne.night import health

    state = health(home.require(), now())
    lines = list(state.problems.values())
    if corpus := state.corpus:
        heard = f"{corpus.ledger_size:,} of {state.entries:,} entries of the ledger heard"
        lines.append(f"corpus as of {corpus.as_of:%Y-%m-%d %H:%M} UTC: {heard}")
    if state.good:
        lines.append(f"{state.night_at:%Y-%m-%d %H:%M} UTC: {state.good.facts.get('line')}")
    for kind, task in state.waits.items():
        when = "runs" if task.state == "running" else f"due {task.due:%Y-%m-%d %H:%M} UTC"
        lines.append(f"{kind}: {when}")
    tell(state.as_json(), as_json, *lines)
    if state.problems:
        raise click.exceptions.Exit(1)
