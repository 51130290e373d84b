"""`vanne use`: whether the tools help, and experiments that are registered before they begin."""

from collections.abc import Iterable
from pathlib import Path

import click

from vanne.cli.options import answer, as_json, counted, now, printable, terminal_language
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.errors import storing
from vanne.terms import LANGUAGES

_lang = click.option("--lang", type=click.Choice(LANGUAGES), help="Default: the terminal's.")
_plan = click.argument("plan", type=click.Path(dir_okay=False, path_type=Path))


@click.group()
def command() -> None:
    """Say whether the tools help, and run experiments that were registered before."""


@command.command()
@home_option
@_lang
@as_json
def status(home: Home, lang: str | None, as_json: bool) -> None:
    """Say what was counted in whole weeks, of those who said yes, and how experiments stand."""
    from vanne.ledger import Ledger
    from vanne_assist.report.measuring import lines
    from vanne_assist.use.telling import told

    with Ledger.of(home.require(), read_only=True) as ledger:
        document = told(home, ledger, now())
    if as_json:
        answer(document)
        return
    _echo(lines(document, lang or terminal_language()))


@command.group()
def experiment() -> None:
    """Register, start, stop and report experiments: `vanne use experiment power PLAN` first."""


@experiment.command()
@_plan
@as_json
def power(plan: Path, as_json: bool) -> None:
    """Say how many occasions each arm of PLAN needs to find the effect that it names."""
    from vanne_assist.use.plan import read_plan

    found = read_plan(_text(plan), plan.name)
    enough = found.occasions >= found.needed
    if as_json:
        answer({
            "schema": "vanne/experiment-power/1", "name": found.name, "needed": found.needed,
            "planned": found.occasions, "enough": enough,
        })  # fmt: skip
    else:
        each = counted(found.needed, "occasion", "occasions")
        click.echo(f"each arm needs {each}; planned: {found.occasions:,}")
    if not enough:
        raise click.exceptions.Exit(1)


@experiment.command()
@_plan
@home_option
@as_json
def register(plan: Path, home: Home, as_json: bool) -> None:
    """Register PLAN: its digest goes into the ledger, and it cannot be changed any more."""
    from vanne.ledger import Ledger
    from vanne_assist.use import experiments

    with Ledger.of(home.require()) as ledger:
        done = experiments.register(home, ledger, _text(plan), plan.name, now())
    _say(done.plan.name, "registered", done.steps["registered"][1], done.plan.digest, as_json)


@experiment.command()
@click.argument("name")
@home_option
@as_json
def start(name: str, home: Home, as_json: bool) -> None:
    """Start the registered experiment NAME: it runs until the last day that its plan names."""
    from vanne.ledger import Ledger
    from vanne_assist.use import experiments

    with Ledger.of(home.require()) as ledger:
        done = experiments.start(home, ledger, name, now())
    _say(name, "started", done.steps["started"][1], done.plan.digest, as_json)


@experiment.command()
@click.argument("name")
@home_option
@as_json
def stop(name: str, home: Home, as_json: bool) -> None:
    """Stop the experiment NAME before its end: what was counted is deleted, nobody sees it."""
    from vanne.ledger import Ledger
    from vanne_assist.use import experiments

    with Ledger.of(home.require()) as ledger:
        done = experiments.stop(home, ledger, name, now())
    _say(name, "stopped", done.steps["stopped"][1], done.plan.digest, as_json)


@experiment.command()
@click.argument("name")
@home_option
@_lang
@as_json
def report(name: str, home: Home, lang: str | None, as_json: bool) -> None:
    """Say what may be known of the experiment NAME; its result when its last day is over."""
    from vanne.ledger import Ledger
    from vanne_assist.report.measuring import experiment_lines
    from vanne_assist.use.telling import experiment as told_of

    with Ledger.of(home.require(), read_only=True) as ledger:
        document = told_of(home, ledger, name, now())
    if as_json:
        answer(document)
        return
    _echo(experiment_lines(document, lang or terminal_language()))


def _echo(lines: Iterable[str]) -> None:
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        click.echo(" " * indent + printable(line))


def _text(plan: Path) -> str:
    with storing(f"the plan `{plan}`"):
        return plan.read_bytes().decode("utf-8-sig", errors="replace")


def _say(name: str, step: str, entry: int, digest: str, as_json: bool) -> None:
    if as_json:
        answer({
            "schema": "vanne/experiment-step/1", "name": name, "step": step, "entry": entry,
            "digest": digest,
        })  # fmt: skip
    else:
        click.echo(f"{name} is {step}: entry {entry} of the ledger, plan {digest[:16]}")
