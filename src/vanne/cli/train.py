"""`vanne train`: train the model on the current corpus."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vanne.cli.inputs import InputFile
from vanne.cli.options import (
    Progress,
    answer,
    as_json,
    counted,
    dry_run,
    lasting,
    never_with,
    now,
    only_with,
    quiet,
)
from vanne.cli.options import home as home_option
from vanne.config import Home
from vanne.extras import require
from vanne.train.settings import SIZES, TrainingSettings

if TYPE_CHECKING:
    from vanne.forget.leaving import NoticePeriod
    from vanne.forget.runs import ReadyToTrain
    from vanne.train.fit import Work
    from vanne.train.model import Model
    from vanne.train.sizing import Sizing


@click.command()
@home_option
@click.option(
    "--config",
    type=InputFile(".toml"),
    help="Settings in TOML (default: HOME/train.toml, if it is there).",
)
@click.option(
    "--size",
    type=click.Choice(list(SIZES)),
    help="How large the model is: the one dial (default: small).",
)
@click.option("--shards", type=click.IntRange(1, 65_536), help="How many shards (default: 4).")
@click.option(
    "--slices", type=click.IntRange(1, 64), help="How many slices a shard has (default: 4)."
)
@click.option(
    "--epochs",
    type=click.IntRange(1, 100),
    help="How often a slice is read (default: what the size says).",
)
@click.option(
    "--seed", type=click.IntRange(0), help="Another seed trains another model (default: 0)."
)
@click.option(
    "--epsilon",
    type=click.FloatRange(0.01, 100),
    help="Train with differential privacy for each member, to this epsilon.",
)
@click.option(
    "--delta",
    type=click.FloatRange(0, 0.1, min_open=True, max_open=True),
    help="With an epsilon: the chance that it does not hold (default: 0.000001).",
)
@dry_run
@click.option(
    "--leavers-a-day",
    "leavers",
    type=click.FloatRange(0, min_open=True),
    help="With --dry-run: propose shards for so many opt-outs a day (default: as the ledger has).",
)
@click.option(
    "--members",
    type=click.IntRange(1),
    help="With --dry-run: propose shards for a network that will have so many members.",
)
@click.option(
    "--accept-environment",
    "accept",
    is_flag=True,
    help="Keep what another machine or other libraries trained; without it, all is trained again.",
)
@click.option(
    "--only",
    type=click.IntRange(0),
    multiple=True,
    metavar="SHARD",
    help="Train this shard alone, as a job beside others, and publish nothing; repeatable.",
)
@click.option(
    "--eval",
    "measured",
    type=InputFile(".jsonl"),
    help="Say the loss on these texts (a JSON string a line), of the model and of its base.",
)
@quiet
@as_json
def command(
    home: Home,
    config: Path | None,
    dry_run: bool,
    leavers: float | None,
    members: int | None,
    accept: bool,
    only: tuple[int, ...],
    measured: Path | None,
    as_json: bool,
    **over: Any,
) -> None:
    """Train the model on the corpus.

    What was trained before is found by its content and not trained again; an interrupted run goes
    on where it was. Options go over what the file says.
    """
    if dry_run:
        never_with("--dry-run", "only", "measured")
    else:
        only_with("--dry-run", "leavers", "members")
    if only:
        never_with("--only", "measured")
    require("train")
    from vanne.forget.runs import train
    from vanne.worker import recorded

    home.require()
    over = {name: value for name, value in over.items() if value is not None}
    if dry_run:
        _say_outlook(home, config, over, accept, (leavers, members), as_json)
        return
    with recorded(home, "train", now) as facts, Progress() as progress:
        model = train(
            home,
            config=config,
            accept_environment=accept,
            progress=progress,
            now=now,
            on_plan=_say_work,
            only=only,
            **over,
        )
        facts |= {"corpus": model.corpus_version, "tokens": model.run.tokens}
    _say_model(model, _losses(home, model, measured) if measured else {}, bool(only), as_json)


def _losses(home: Home, model: "Model", texts: Path) -> dict[str, float]:
    """Return the losses (nats a token) of the model and of its base on texts it never saw."""
    from vanne.train.ensemble import base_loss, load_ensemble
    from vanne.train.tokens import read_ground

    rows = read_ground(texts)
    served = load_ensemble(home.model, model).loss(rows)
    return {"model": round(served, 4), "base": round(base_loss(model.settings, rows), 4)}


def _say_settings(ready: "ReadyToTrain") -> None:
    """Say in what the settings of the model that serves are other ones: both may stay."""
    if ready.before:
        old, new = ready.before.settings.numbers(), ready.settings.numbers()
        if other := ", ".join(f"{k} {old[k]} -> {new[k]}" for k in new if old[k] != new[k]):
            text = "the model that serves has other settings"
            text += "; a new one is trained from the beginning"
            click.echo(f"{text}: {other}", err=True)


def _say_work(work: "Work", ready: "ReadyToTrain") -> None:
    """Say before the training what was found and what is to be done."""
    from vanne.train.environment import differences

    _say_settings(ready)
    for facts in ready.before.environments if ready.before else ():
        if others := differences(facts, work.here):
            what = "is kept" if work.facts == facts or work.elsewhere else "is not used"
            click.echo(f"trained in another environment, {what}: {'; '.join(others)}", err=True)
    slices = work.plan.steps()
    trained = sum(step.key in work.found for step in slices)
    click.echo(
        f"{counted(len(slices), 'slice', 'slices')} in {len(work.plan.shards)} shards: {trained} "
        f"found, {len(slices) - trained} to train; {work.tokens:,} tokens with the ground",
        err=True,
    )


def _say_model(model: "Model", losses: dict[str, float], is_part: bool, as_json: bool) -> None:
    if as_json:
        answer(
            {
                "schema": "vanne/train/1",
                "model": None if is_part else model.version,
                "corpus": model.corpus_version,
                "losses": losses,
                "tokens_trained": model.run.tokens,
                "tokens_total": model.tokens_total,
                "seconds": model.run.seconds,
                "documents": model.documents,
                "documents_cut": model.cut,
                "environments": [dict(facts) for facts in model.environments],
                "digests": {str(shard): digest for shard, digest in model.digests.items()},
            }
        )
        return
    if is_part:
        click.echo(f"{model.run.tokens:,} tokens trained now; `vanne train` publishes the model")
        return
    click.echo(f"model {model.version[:16]} of corpus {model.corpus_version[:16]}")
    click.echo(f"{model.run.tokens:,} tokens trained now, {model.tokens_total:,} in all")
    if losses:
        click.echo(f"loss {losses['model']:.3f}, of the base model {losses['base']:.3f}")
    if model.cut:
        longer = f"longer than {model.settings.max_tokens} tokens and cut"
        click.echo(f"{model.cut:,} of {counted(model.documents, 'document', 'documents')} {longer}")
    if len(model.environments) > 1:
        places = f"trained in {len(model.environments)} environments"
        click.echo(f"{places}: bits of a training in one are not claimed")


def _say_outlook(
    home: Home,
    config: Path | None,
    over: dict[str, Any],
    accept: bool,
    expected: tuple[float | None, int | None],
    as_json: bool,
) -> None:
    """Say what would be trained, how long that would take, and how many shards the nights need."""
    from vanne.corpus import read
    from vanne.corpus.contract import members_table
    from vanne.forget.leaving import leaving, notice_period, opt_outs_a_day
    from vanne.forget.runs import ready_to_train
    from vanne.settings import Settings
    from vanne.sources.tables import read_members
    from vanne.train.estimate import (
        FEW_STEPS,
        estimate,
        expected_rate,
        full_seconds,
        space_left,
    )
    from vanne.train.fit import FitOptions, prepare
    from vanne.train.sizing import fewest_shards
    from vanne.train.store import ModelStore
    from vanne.train.tokens import read_ground

    ready, store = ready_to_train(home, config, over), ModelStore(home.model)
    manifest, settings, before = ready.manifest, ready.settings, ready.before
    _say_settings(ready)
    if not store.has_salt:
        with store.locked():  # two that make one at once would place members in two ways
            store.salt()
    options = FitOptions(accept=before.environments if accept and before else ())
    work = prepare(read(home, manifest), store, settings, read_ground(home.ground), options)
    outlook = estimate(work, settings, expected_rate(work, home.model, settings))
    free = space_left(home.model)
    leavers, members = expected
    leavers = leavers or opt_outs_a_day(home, now())
    full_hours, hours = full_seconds(outlook, home.model) / 3600, Settings.of(home).train_hours
    if members:
        full_hours *= members / len(list(read_members(str(members_table(home)))))
    proposal = None
    if leavers and full_hours:
        proposal = fewest_shards(leavers, full_hours, slices=settings.slices, hours=hours)
    period, alarm = notice_period(home, now()), leaving(home, now(), hours)
    if as_json:
        facts: dict[str, Any] = {"schema": "vanne/train-plan/1", "corpus": manifest.version}
        sizing: dict[str, Any] = {"leavers_a_day": leavers}
        sizing |= {"sizing": asdict(proposal) if proposal else None}
        sizing["before_start"] = period.as_json() if period else None
        sizing["too_many_leave"] = bool(alarm and alarm.is_over)
        facts |= {"settings": settings.as_dict(), "bytes_free": free} | sizing
        answer(facts | outlook.as_dict())
        return
    click.echo(
        f"{'shard':>5}  {'found':>5}  {'to train':>8}  {'documents':>9}  {'tokens':>11}  steps"
    )
    for each in outlook.shards:
        click.echo(f"{each.shard:>5}  {each.found:>5}  {each.to_train:>8}  {each.documents:>9,}  "
                   f"{each.tokens:>11,}  {each.steps:>5,}")  # fmt: skip
    how_long = ": nothing"
    if outlook.rate:
        speed = f"{outlook.rate.tokens_per_second:,.0f} tokens/s by {outlook.rate.source}"
        how_long = f", about {lasting(outlook.seconds_expected)} ({speed})"
    ground = f"{outlook.ground_tokens:,} of them of the ground"
    click.echo(f"to train: {outlook.tokens_to_train:,} tokens x epochs, {ground}{how_long}")
    files = counted(outlook.checkpoints_to_write, "checkpoint", "checkpoints")
    size = f"{outlook.bytes_to_write / 1e6:,.1f} MB; {free / 1e6:,.0f} MB are free"
    click.echo(f"to write: {files}, {size}")
    if proposal and leavers:
        _say_sizing(proposal, leavers, settings)
    if period:
        _say_period(period, settings, full_hours)
    if alarm and alarm.is_over:
        click.echo(alarm.line, err=True)
    if outlook.weak:
        fewest = min(shard.steps for shard in outlook.weak)
        shards = counted(len(outlook.weak), "shard makes", "shards make")
        click.echo(f"{shards} fewer than about {FEW_STEPS} optimizer steps (the fewest {fewest}): "
                   "use fewer shards", err=True)  # fmt: skip


def _say_sizing(proposal: "Sizing", leavers: float, settings: TrainingSettings) -> None:
    from vanne.forget.leaving import daily
    from vanne.train.sizing import bad_night

    takes = bad_night(leavers, settings.shards, settings.slices) * proposal.full_hours
    fits = "" if proposal.fits else ", which is too long all the same"
    click.echo(
        f"{daily(leavers)} opt-outs a day: with {counted(proposal.shards, 'shard', 'shards')} a "
        f"bad night trains for {proposal.night_hours:.1f} h{fits}, with {settings.shards:,} as set "
        f"for {takes:.1f} h; the number stays while the model lives"
    )


def _say_period(period: "NoticePeriod", settings: TrainingSettings, full_hours: float) -> None:
    """Say what it saves to train only after the waiting period of a notice."""
    from vanne.train.sizing import night

    days = (period.until - period.since).days or 1
    spared = days * night(period.opt_outs / days, settings.shards, settings.slices) * full_hours
    who = counted(period.opt_outs, "opt-out", "opt-outs")
    is_over = period.until <= now()
    click.echo(
        f"{who} in the {counted(days, 'day', 'days')} from the notice until what it allows "
        f"{'was' if is_over else 'is'} used ({period.until:%Y-%m-%d}): never in a training of it, "
        f"which spares {spared:.1f} h of training again"
    )
