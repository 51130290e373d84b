"""`vanne audit`: what a model gives away of those who are in it, and of those whom it forgot."""

from pathlib import Path

import click

from vanne.cli.options import answer, as_json, counted, now, telling, terminal_language
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.extras import require
from vanne.terms import LANGUAGES


class _ModelOrCommand(click.Group):
    """`vanne audit MODEL` is short for `vanne audit run MODEL`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, "--help", "-h"}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ModelOrCommand)
def command() -> None:
    """Test whether a model remembers people; plant and withdraw canaries for it.

    `vanne audit MODEL` is `vanne audit run MODEL`: see `vanne audit run --help`.
    """


@command.command()
@click.argument("model")
@home_option
@click.option("--members", type=click.IntRange(min=1), default=120, show_default=True,
              help="How many people of each standing are tried.")  # fmt: skip
@click.option("--items", type=click.IntRange(1, 64), default=4, show_default=True,
              help="How many texts of each.")  # fmt: skip
@click.option("--never", type=click.Path(dir_okay=False, path_type=Path),
              help="JSON Lines with texts of people who never were in.")  # fmt: skip
@click.option("--forgotten", metavar="CERTIFICATE",
              help="Read the texts of those who left with this certificate.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--lang", type=click.Choice(LANGUAGES), help="Default: the terminal's language.")
@as_json
def run(
    model: str,
    home: Home,
    members: int,
    items: int,
    never: Path | None,
    forgotten: str | None,
    seed: int,
    lang: str | None,
    as_json: bool,
) -> None:
    """Audit MODEL: the beginning of a version, or `current`.

    Asks every shard's adapter and the merged model whether people who are in, or were forgotten,
    can be told from people whom it never saw. Prints no text and no id. The exit code is 1 if
    anything was found of people who were forgotten. The result is kept in the home's folder
    `audit`.
    """
    from vanne_audit import auditing
    from vanne_audit.auditing import sentences, table

    require("train")
    audited = auditing.find_model(home.require(), model)
    size = auditing.AuditSize(members, items, seed=seed)
    outside = auditing.OutsideTexts(never, forgotten)
    people, canaries = auditing.gather(home, audited, size, outside)
    minutes = max(auditing.seconds_expected(audited, [*people, *canaries]) / 60, 0.1)
    what = f"{counted(len(people), 'person', 'people')} and "
    what += counted(len(canaries), "canary", "canaries")
    models = f"{len(audited.shards) + 2} models, about {minutes:.1f} min"
    click.echo(f"vanne: {what} through {models}", err=True)
    if not canaries:
        click.echo("vanne: no canaries are planted: `vanne audit plant` plants some", err=True)
    with telling() as progress:
        findings = auditing.audit(home.model, audited, people, canaries, size, progress)
    document = auditing.keep(home, audited, findings, now())
    if as_json:
        answer(document)
    else:
        rows = table(document)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            click.echo("  ".join(cells).rstrip())
        click.echo()
        for sentence in sentences(document, lang or terminal_language()):
            click.echo(sentence)
    if document["verdict"]["forgotten"]["remembered"]:
        raise click.exceptions.Exit(1)


@command.command()
@home_option
@click.option("--canaries", type=click.IntRange(1, 10_000), default=16, show_default=True,
              help="How many are planted; half as many more are only written down.")  # fmt: skip
@click.option("--records", type=click.IntRange(1, 100), default=4, show_default=True,
              help="How many items of each.")  # fmt: skip
@click.option("--seed", type=int, help="Only for tests: whoever knows it can guess them.")
@as_json
def plant(home: Home, canaries: int, records: int, seed: int | None, as_json: bool) -> None:
    """Plant canaries: invented members, with whom forgetting is tested from end to end.

    They are in the model after the next `vanne corpus refresh` and `vanne train` or `vanne forget`.
    """
    from vanne_audit.canaries import plant as plant_canaries

    written = plant_canaries(home.require(), canaries, records, now(), seed)
    planted = sum(canary.planted for canary in written)
    if as_json:
        counts = {"planted": planted, "never": len(written) - planted}
        answer({"schema": "vanne/audit-plant/1", **counts})
        return
    click.echo(f"{counted(planted, 'canary', 'canaries')} planted, {len(written) - planted:,} only "
               "written down: `vanne corpus refresh` and `vanne train`, or, where a model serves, "
               "`vanne forget` takes them in")  # fmt: skip


@command.command()
@home_option
@click.option("--all", "everybody", is_flag=True, help="All that are in the model, not half.")
@as_json
def withdraw(home: Home, everybody: bool, as_json: bool) -> None:
    """Let half of the canaries that are in the model opt out, by a choice in the ledger.

    The next `vanne forget` takes them out of the model like anybody.
    """
    from vanne_audit.canaries import withdraw as withdraw_canaries

    count = withdraw_canaries(home.require(), now(), everybody=everybody)
    if as_json:
        answer({"schema": "vanne/audit-withdraw/1", "withdrawn": count})
        return
    click.echo(f"{counted(count, 'canary', 'canaries')} withdrawn: `vanne forget` forgets them")
