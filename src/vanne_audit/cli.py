"""`vanne audit`: what a model gives away of those who are in it, and of those whom it forgot."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vanne.cli.options import answer, as_json, counted, now, telling, terminal_language
from vanne.cli.options import home as home_option
from vanne.cli.outputs import OutputFolder
from vanne.config import Home
from vanne.extras import require
from vanne.terms import LANGUAGES

if TYPE_CHECKING:
    from vanne.train.model import Model
    from vanne_audit.auditing import Work

_FILE = click.Path(dir_okay=False, path_type=Path)


class _ModelOrCommand(click.Group):
    """`vanne audit MODEL` is short for `vanne audit run MODEL`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in {*self.commands, "--help", "-h"}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ModelOrCommand)
def command() -> None:
    """Try to get people's data out of a model; plant and withdraw canaries for it.

    `vanne audit MODEL` is `vanne audit run MODEL`: see `vanne audit run --help`.
    """


@command.command()
@click.argument("model")
@home_option
@click.option("--members", type=click.IntRange(min=1), default=120, show_default=True,
              help="How many people of each standing are tried.")  # fmt: skip
@click.option("--items", type=click.IntRange(1, 64), default=4, show_default=True,
              help="How many texts of each.")  # fmt: skip
@click.option("--candidates", type=click.IntRange(16, 10_000), default=200, show_default=True,
              help="How many other secrets each canary's is ranked among.")  # fmt: skip
@click.option("--continued", type=click.IntRange(min=0), default=40, show_default=True,
              help="How many texts the model is asked to continue.")  # fmt: skip
@click.option("--never", type=_FILE, help="JSON Lines with texts of people who never were in.")
@click.option("--forgotten-file", type=_FILE, help="The same of people who were forgotten.")
@click.option("--forgotten", metavar="CERTIFICATE",
              help="Read the texts of those who left with this certificate.")  # fmt: skip
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--out", type=OutputFolder(),
              help="A folder for the JSON, the pictures and a page in Markdown.")  # fmt: skip
@click.option("--lang", type=click.Choice(LANGUAGES), help="Default: the terminal's language.")
@as_json
def run(
    model: str,
    home: Home,
    members: int,
    items: int,
    candidates: int,
    continued: int,
    never: Path | None,
    forgotten_file: Path | None,
    forgotten: str | None,
    seed: int,
    out: Path | None,
    lang: str | None,
    as_json: bool,
) -> None:
    """Audit MODEL: the beginning of a version, or `current`.

    Looks at every shard's adapter and at the merged model: canaries' exposure, membership
    inference, and continuing people's own texts, each beside models that never saw them. Prints no
    text, no id and no secret. The exit code is 1 if anything was found of people who were
    forgotten. The result is kept in the home's folder `audit`.
    """
    from vanne_audit import network
    from vanne_audit.auditing import Wish

    require("train")
    found_model = network.find_model(home.require(), model)
    wish = Wish(members, items, candidates, continued, seed=seed)
    sources = network.Sources(never, forgotten_file, forgotten)
    work = network.work_on(home, found_model, wish, sources)
    _say_before(found_model, work)
    with telling() as progress:
        document = network.run(home, found_model, work, now(), progress)
    if as_json:
        answer(document)
    else:
        _say(document, lang or terminal_language())
    if out:
        _write(document, out, lang or terminal_language())
    if document["verdict"]["forgotten"]["remembered"]:
        raise click.exceptions.Exit(1)


@command.command()
@home_option
@click.option("--canaries", type=click.IntRange(1, 10_000), default=16, show_default=True,
              help="How many are planted; half as many more are only written down.")  # fmt: skip
@click.option("--records", type=click.IntRange(1, 100), default=4, show_default=True,
              help="How many items of each.")  # fmt: skip
@click.option("--seed", type=int, help="Only for tests: whoever knows it knows the secrets.")
@as_json
def plant(home: Home, canaries: int, records: int, seed: int | None, as_json: bool) -> None:
    """Plant canaries: invented members, each with a secret number in some items.

    They are in the model after the next `vanne corpus refresh` and `vanne train` or `vanne forget`.
    """
    from vanne_audit.planting import Planting
    from vanne_audit.planting import plant as plant_them

    wish = Planting(canaries, max(canaries // 2, 1), records, seed)
    found = plant_them(home.require(), wish, now())
    planted = sum(canary.planted for canary in found)
    if as_json:
        counts = {"planted": planted, "never": len(found) - planted}
        answer({"schema": "vanne/audit-plant/1", **counts})
        return
    click.echo(f"{counted(planted, 'canary', 'canaries')} planted, {len(found) - planted:,} only "
               "written down: `vanne corpus refresh` and `vanne train`, or, where a model serves, "
               "`vanne forget` takes them in")  # fmt: skip


@command.command()
@home_option
@click.option("--all", "everybody", is_flag=True, help="All that are in the model, not half.")
@as_json
def withdraw(home: Home, everybody: bool, as_json: bool) -> None:
    """Let half of the canaries that are in the model say no, by a choice in the ledger.

    The next `vanne forget` takes them out of the model like anybody.
    """
    from vanne_audit.planting import withdraw as withdraw_them

    count = withdraw_them(home.require(), now(), everybody=everybody)
    if as_json:
        answer({"schema": "vanne/audit-withdraw/1", "withdrawn": count})
        return
    click.echo(f"{counted(count, 'canary', 'canaries')} withdrawn: `vanne forget` forgets them")


def _say_before(model: "Model", work: "Work") -> None:
    from vanne_audit.auditing import seconds_expected

    minutes = max(seconds_expected(model, work) / 60, 0.1)
    people = counted(len(work.people) - len(work.canaries), "person", "people")
    canaries = counted(len(work.canaries), "canary", "canaries")
    through = f"through {len(model.shards) + 2} models, about {minutes:.1f} min"
    click.echo(f"vanne: {people} and {canaries} {through}", err=True)
    if not work.canaries:
        click.echo("vanne: no canaries are planted: `vanne audit plant` plants some", err=True)


def _say(document: dict[str, Any], lang: str) -> None:
    from vanne_audit.report import sentences, table, text_table

    click.echo(text_table(table(document)))
    click.echo()
    for sentence in sentences(document, lang):
        click.echo(sentence)


def _write(document: dict[str, Any], folder: Path, lang: str) -> None:
    from vanne.files import write_whole
    from vanne_audit.plots import draw
    from vanne_audit.report import page

    write_whole(folder / "audit.json", json.dumps(document, indent=1).encode())
    pictures = draw(document, folder)
    write_whole(folder / "audit.md", page(document, pictures, lang).encode())
