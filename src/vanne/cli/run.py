"""`vanne run`: the night of a network, by one file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from vanne.cli.inputs import InputFile
from vanne.cli.options import answer, as_json, dry_run, log, now, say
from vanne.cli.options import home as home_option
from vanne.config import Home

if TYPE_CHECKING:
    from vanne.night import NightReport


@click.command()
@click.argument("file", required=False, type=InputFile(".toml"), metavar="[FILE]")
@dry_run
@click.option(
    "--accept",
    "accept",
    multiple=True,
    metavar="SOURCE",
    help="Take what this source brought although it is unlike before; several may be named.",
)
@home_option
@log
@as_json
def command(
    file: Path | None, dry_run: bool, accept: tuple[str, ...], home: Home, as_json: bool
) -> None:
    """Take in what the sources brought, and do what members chose: a night.

    FILE is TOML and names the sources (default: HOME/night.toml). Choices are recorded first; items
    are let in only if every choice could be read and nothing is odd about them. Then the steps of
    `vanne worker` follow. A night that was killed is run again. The report is in
    HOME/night/run.json. The exit code is that of the first problem: 76 a source was held back, 75
    another night is running.
    """
    from vanne.night import read_plan, rehearse, run
    from vanne.night.run import steps_of
    from vanne.settings import Settings
    from vanne.worker.tasks import last_done

    plan = read_plan(file or home.night_plan)
    if dry_run:
        report = rehearse(home.require(), plan, now, accept=accept)
    else:
        settings = Settings.of(home)
        report = run(home, plan, settings, now, accept=accept, tell=say)
    if as_json:
        answer(report.as_json())
    else:
        _print(report, dry_run)
    if dry_run and not as_json:
        click.echo(f"then: {', '.join(steps_of(home, plan))}")
        if last := last_done(home, "night"):
            click.echo(f"the last one: {last.facts['line']}")
    if report.exit_code:
        raise click.exceptions.Exit(report.exit_code)


def _print(report: "NightReport", dry_run: bool) -> None:
    for source in report.sources if dry_run else ():
        click.echo(f"{source.name}: {source.state}, {source.rows:,} rows")
        for reason, count in sorted(source.counts.items(), key=lambda pair: -pair[1]):
            click.echo(f"{count:>12,}  {reason}")
    for problem in report.problems:
        click.echo(f"vanne: {problem}", err=True)
    if not dry_run:
        click.echo(report.line)
