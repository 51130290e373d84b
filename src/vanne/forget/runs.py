"""One run over a home, from its corpus to the ledger: train its model, or make the model forget.

Both hold the home, so that no training brings back what a forgetting has just taken out, and record
which model serves from then on in the ledger.
"""

import os
import time
from collections.abc import Callable, Collection
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from vanne.config import Home
from vanne.corpus import Manifest, read
from vanne.corpus import current as current_corpus
from vanne.errors import ConflictError, MissingError, RefusedError
from vanne.extras import require
from vanne.forget.backlog import (
    SOON,
    Backlog,
    environment_changed,
    find_backlog,
    forget_at_once,
    forget_backlog,
    one_at_a_time,
)
from vanne.forget.certificate import Certificate
from vanne.forget.forgetting import finish_killed
from vanne.forget.history import register
from vanne.train.fit import FitOptions, Progress, Work, fit
from vanne.train.model import Model, current
from vanne.train.settings import TrainingSettings, read_settings
from vanne.train.tokens import read_ground

HomeOrPath = Home | str | os.PathLike[str]
Clock = Callable[[], datetime]


def _clock() -> datetime:
    """Tell the time of what is done now: a certificate says when."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ReadyToTrain:
    """What a training would train on, and with which settings; `before` serves until then."""

    manifest: Manifest
    settings: TrainingSettings
    before: Model | None


def ready_to_train(home: Home, config: Path | None, over: dict[str, Any]) -> ReadyToTrain:
    """Read the corpus and the settings of a home; refuse what must not be trained.

    Raises:
        ConfigError: a setting is wrong.
        MissingError: there is no corpus, or it holds nothing.
        RefusedError: a model of another corpus serves.
    """
    manifest = current_corpus(home)
    # Forgetting may leave nobody; to begin with nobody is a mistake.
    if not manifest.documents:
        raise MissingError(
            "there is nothing to train on: the corpus holds no document",
            todo="`vanne corpus build` counts the reasons; add items, members or choices first",
        )
    file = config or (home.training if home.training.exists() else None)
    before = refuse_another_corpus(home.model, manifest, "vanne forget")
    settings = read_settings(file, over, before.settings if before else None)
    return ReadyToTrain(manifest, settings, before)


def refuse_another_corpus(store: Path, manifest: Manifest, way: str) -> Model | None:
    """Return the model that serves, if there is one; refuse to leave one of another corpus.

    Beside it checkpoints would stay that nobody certifies gone. Of the same corpus a model with
    other settings may stay.
    """
    try:
        model = current(store)
    except MissingError:
        return None
    if model.corpus_version != manifest.version:
        raise RefusedError(
            "a model of another corpus is here",
            todo=f"`{way}` brings it to this corpus and deletes what is no longer in it",
        )
    return model


def train(
    home: HomeOrPath,
    *,
    config: str | os.PathLike[str] | None = None,
    size: str | None = None,
    shards: int | None = None,
    slices: int | None = None,
    epochs: int | None = None,
    seed: int | None = None,
    epsilon: float | None = None,
    delta: float | None = None,
    accept_environment: bool = False,
    progress: Progress | None = None,
    now: Clock = _clock,
    on_plan: Callable[[Work, ReadyToTrain], None] | None = None,
    only: Collection[int] | None = None,
) -> Model:
    """Train the model of a network on its current corpus, and let it serve.

    What was trained before is found by its content and not trained again; a run that was killed
    goes on where it was.

    Args:
        home: The folder of the network.
        config: Settings in TOML (default: `train.toml` in the folder, if it is there).
        size: The one dial; it goes over what the file says, as do the next six.
        shards: How many shards the members are spread over.
        slices: How many slices each shard is trained in.
        epochs: How often each text is read.
        seed: What chance starts from.
        epsilon: Train with differential privacy for each member, to this epsilon.
        delta: With an epsilon, the chance that it does not hold.
        accept_environment: Keep what another machine or other libraries trained.
        progress: Is told how many tokens of how many are done, and where.
        now: Tells the time, for the ledger.
        on_plan: Is told what is there and what will be trained, before it begins.
        only: Train these shards alone, beside jobs that train others, and publish nothing.

    Raises:
        BusyError: another training or forgetting is running here.
        ConfigError: a setting is wrong.
        MissingError: the extra `train` is missing, there is no network, or no corpus to train on.
        RefusedError: a model of another corpus serves: `forget` brings it to this one.
    """
    require("train")
    home = Home.of(home)
    dials: dict[str, Any] = {
        "size": size,
        "shards": shards,
        "slices": slices,
        "epochs": epochs,
        "seed": seed,
    }
    dials |= {"epsilon": epsilon, "delta": delta}
    over = {name: value for name, value in dials.items() if value is not None}
    with nullcontext() if only else one_at_a_time(home):
        ready = ready_to_train(home, None if config is None else Path(config), over)
        model = fit(
            read(home, ready.manifest),
            home.model,
            ready.settings,
            corpus_version=ready.manifest.version,
            ground=read_ground(home.ground),
            progress=progress,
            at=now(),
            options=FitOptions(
                on_plan=None if on_plan is None else lambda work: on_plan(work, ready),
                accept=ready.before.environments if accept_environment and ready.before else (),
                shards=only or None,
            ),
        )
        if not only:
            register(home, now)
    return model


@dataclass(frozen=True, slots=True)
class ForgettingRun:
    """What a forgetting found and did.

    `certificate` is the last one that it wrote; None: nothing is due yet (`is_due` is false), or
    nothing had to leave at once.
    """

    certificate: Certificate | None
    work: Backlog
    is_due: bool = True


def forget(
    home: HomeOrPath,
    *,
    at_once: bool = False,
    hours: float | None = None,
    accept_environment: bool = False,
    retrain_all: bool = False,
    leavers: int = 1,
    progress: Progress | None = None,
    now: Clock = _clock,
    on_finished: Callable[[Certificate], None] = lambda _: None,
) -> ForgettingRun:
    """Take out of a network's model what was switched off, and certify it.

    Refreshes the corpus as of now, trains the slices again that held what is out, lets the result
    serve in the place of the model before, and deletes what held it. So those who stay lose
    nothing, and all who left since the last run leave together.

    The last clean checkpoints serve at once, before the training, if the training would end after
    the day by which something must be out, or after the given hours. An opt-out that is taken out
    at once meanwhile makes the training begin again; what it does not touch is kept.

    Args:
        home: The folder of the network.
        at_once: Only let the last clean checkpoints serve: seconds, and no training. This goes
            ahead while another process trains.
        hours: Stop training after so many hours, and let serve what is whole by then.
        accept_environment: Keep what another machine or other libraries trained.
        retrain_all: On another machine, train everything again here.
        leavers: Wait until so many people leave together, or something is due within two days.
        progress: Is told how many tokens of how many are done, and where.
        now: Tells the time: of the corpus, and of what the certificate says was done.
        on_finished: Is handed the certificate of a run that was killed and is finished first.

    Raises:
        BusyError: another process trains here.
        MissingError: there is no network or no model, or the extra `train` is missing.
        RefusedError: the model was trained on another machine, and neither of the two was chosen;
            what had to leave at once has left.
    """
    home = Home.of(home)
    end = None if hours is None else time.monotonic() + 3600 * hours
    with one_at_a_time(home, trains=not at_once):
        if finished := finish_killed(home.model, now):
            on_finished(finished)
        work = find_backlog(home, now())
        if at_once:
            return ForgettingRun(forget_at_once(home, work, now), work)
        if work.may_wait(leavers, now()):
            return ForgettingRun(None, work, is_due=False)
        require("train")
        if not accept_environment and not retrain_all and environment_changed(work.model):
            raise _elsewhere(home, work, now)
        while True:
            try:
                done: Certificate | None = forget_backlog(
                    home,
                    work,
                    now,
                    _until(end, progress),
                    accept=accept_environment,
                    retrain_all=retrain_all,
                    at_once_first=_takes_too_long(home, work, now(), end),
                    leavers=leavers,
                )
            except _TimeIsUpError:
                done = forget_at_once(home, work, now, is_partial=True)
            except ConflictError:
                known, work = work, find_backlog(home, now())
                if (known.model, known.after) == (work.model, work.after):
                    raise  # nothing was taken out at once meanwhile: it is about something else
                continue
            return ForgettingRun(done, work)


def _elsewhere(home: Home, work: Backlog, now: Clock) -> RefusedError:
    """Do what needs no training, and ask: on another machine everything would be trained again."""
    costs = work.plan(home)
    forget_at_once(home, work, now)
    return RefusedError(
        "what left is out of the model, but the rest was trained in another "
        f"environment ({'; '.join(costs.environment_differences)})",
        todo=f"train {costs.tokens_if_accepted:,} tokens here with "
        f"--accept-environment, or all {costs.tokens_full:,} with --retrain-all",
    )


class _TimeIsUpError(Exception):
    """The hours that were given for a training are over."""


def _until(end: float | None, progress: Progress | None) -> Progress | None:
    """Return what is told of a training, and ends it when its time is up."""
    if end is None:
        return progress

    def tell(done: int, total: int, place: str) -> None:
        if progress:
            progress(done, total, place)
        if time.monotonic() > end:
            raise _TimeIsUpError

    return tell


def _takes_too_long(home: Home, work: Backlog, now: datetime, end: float | None) -> bool:
    """Say whether a training would end after its hours, or after something was due."""
    left = timedelta.max if end is None else timedelta(seconds=end - time.monotonic())
    if work.due is not None:
        left = min(left, work.due - now)
    return left < SOON and timedelta(seconds=work.plan(home).seconds_expected) > left
