"""`vanne worker`: do what the choices of members ask for, as they come."""

from typing import TYPE_CHECKING

import click

from vanne.cli.options import answer, as_json, lasting, log, never_with, now, say
from vanne.cli.options import home as home_option
from vanne.config import Home

if TYPE_CHECKING:
    from vanne.worker import Task


@click.command()
@home_option
@log
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
@click.option("--list", "is_list", is_flag=True, help="Only list what waits, runs and was done.")
@as_json
def command(home: Home, once: bool, is_list: bool, as_json: bool) -> None:
    """Hear the ledger, and do by itself what members chose.

    A choice is heard within seconds: the corpus is refreshed. Then the model is trained again and
    replaced at the hour of the setting `train_at` (`train_soon_seconds`: directly), and in any case
    in time for what the policy promises. `vanne serve` runs one worker; several may work on one
    home, and no task is done twice.
    """
    from vanne.settings import Settings
    from vanne.worker import Worker, recent
    from vanne.worker.loop import end_on_sigterm

    home.require()
    if is_list:
        never_with("--list", "once")
        _list(recent(home), as_json)
        return

    def tell(task: "Task", line: str) -> None:
        say(f"{task.kind}: {line}")

    worker = Worker(home, Settings.of(home), now, tell)
    if once:
        worker.run_once()
        if as_json:
            _list(recent(home), as_json)
        return
    end_on_sigterm()
    click.echo("the worker hears the ledger  (Ctrl-C stops it)", err=True)
    worker.run(lambda: False)


def _list(tasks: "list[Task]", as_json: bool) -> None:
    if as_json:
        answer({"schema": "vanne/tasks/1", "tasks": [each.as_json() for each in tasks]})
        return
    for each in tasks:
        when = each.ended or each.started or each.due
        took = f" in {lasting(each.seconds)}" if each.seconds is not None else ""
        again = f", attempt {each.attempt}" if each.attempt > 1 else ""
        why = f": {each.error}" if each.error else ""
        click.echo(f"{when:%Y-%m-%d %H:%M:%S}  {each.state:8}  {each.kind}{took}{again}{why}")
    if not tasks:
        click.echo("no task was ever queued")
