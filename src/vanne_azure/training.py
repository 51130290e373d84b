"""Make a model of the corpus serve at Azure: export, upload, job, deployment, switch.

Every step is noted before the next one, so that whoever is killed goes on where they were. Always a
base model, never one that was tuned before; always training and deployment in the resource's own
region. A run that is under way is gone on with if it trains on just what the corpus says now;
otherwise it is stopped, and what it sent is deleted.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from typing import Any

from vanne.config import Home
from vanne.corpus.export.heard import check_heard, unheard
from vanne.corpus.manifest import Manifest, load
from vanne.errors import InputError, RefusedError, VerificationError, storing
from vanne_azure.calling import printable, told
from vanne_azure.checking import check_file
from vanne_azure.examples import Exported, write_examples
from vanne_azure.service import Service
from vanne_azure.settings import Settings
from vanne_azure.state import Run, State, new_name, read_state, save_state
from vanne_azure.waiting import Waiting, estimate

ENDED = ("succeeded", "failed", "cancelled")
_PROCESSED, _REFUSED = ("processed", "succeeded"), ("error", "failed", "deleted", "cancelled")
_HEARD = "run `vanne corpus refresh` first"


@dataclass(frozen=True, slots=True)
class Azure:
    """A network, its resource at Azure, a clock, and who hears how far things are."""

    home: Home
    settings: Settings
    service: Service
    clock: Callable[[], datetime]
    waiting: Waiting


def bring_up(azure: Azure, manifest: Manifest, *, may_replace: bool) -> Run:
    """Return the run that serves a model of this version of the corpus, making it if need be.

    What it replaces is then `leaving`: `vanne_azure.deleting` deletes it.

    Raises:
        RefusedError: a choice has not been heard; the resource lies elsewhere; another model serves
            and may not be replaced.
        InputError: there is too little or too much to train on, or Azure refused the file or the
            job.
        BusyError: Azure does not answer, or the waiting took too long; nothing is lost.
    """
    home, settings = azure.home, azure.settings
    check_heard(home, manifest, azure.clock(), todo=_HEARD)
    state = read_state(home, settings)
    with _sending(home) as folder:
        path = folder / "train.jsonl"
        exported = write_examples(home, manifest, path, settings.content, settings.examples)
        check_file(path)
        if state.serving and state.serving.fits(exported.sha256, settings):
            serving = replace(state.serving, corpus=manifest.version)
            serving = replace(serving, ledger_size=manifest.ledger_size)
            save_state(home, replace(state, serving=serving).without_coming())
            _serving_again(azure, serving)
            return serving
        if state.serving and not may_replace:
            raise RefusedError(
                "a model of another corpus, or of other settings, serves at Azure",
                todo="`vanne azure forget` makes a new one and deletes that one",
            )
        state = _begun(azure, state, exported, manifest)
        state = _sent(azure, state, exported, manifest)
    state = _deployed(azure, _trained(azure, state))
    state = save_state(home, state.switched())
    assert state.serving is not None
    return state.serving


def _begun(azure: Azure, state: State, exported: Exported, manifest: Manifest) -> State:
    """Return the state with a run for these examples: that which is under way, or a new one."""
    settings = azure.settings
    if state.coming and state.coming.fits(exported.sha256, settings):
        azure.waiting.say(f"going on with `{state.coming.name}`")
        return _note(azure, state, corpus=manifest.version, ledger_size=manifest.ledger_size)
    if state.coming:
        azure.waiting.say(f"`{state.coming.name}` is not of this corpus any more: it will go")
    run = Run(
        name=new_name(settings.deployment),
        corpus=manifest.version,
        ledger_size=manifest.ledger_size,
        sha256=exported.sha256,
        size_bytes=exported.size_bytes,
        examples=exported.examples,
        settings=settings.digest,
        base=settings.model,
        begun=azure.clock().isoformat(timespec="seconds"),
    )
    return save_state(azure.home, replace(state.without_coming(), coming=run))


def _sent(azure: Azure, state: State, exported: Exported, manifest: Manifest) -> State:
    """Upload the examples and start the job, unless that was done."""
    run, service = _coming(state), azure.service
    if run.job is not None:
        return state
    if (found := service.region()) != azure.settings.region.replace(" ", "").lower():
        raise RefusedError(
            f"the resource lies in `{found}`, and azure.toml says `{azure.settings.region}`",
            todo="data must stay where members were told: name the right resource or region",
        )
    # INVARIANT: nothing is sent that has not heard every choice made until now.
    check_heard(azure.home, manifest, azure.clock(), todo=_HEARD)
    if run.file is None:
        path = exported.path.rename(exported.path.with_name(run.file_name))
        azure.waiting.say(f"sending {run.examples:,} examples, {run.size_bytes:,} bytes")
        state = _note(azure, state, file=service.create_file(path).id)
    _processed(azure, state)
    job = service.create_job(str(_coming(state).file), azure.settings.deployment)
    return _note(azure, state, job=job.id)


def _processed(azure: Azure, state: State) -> None:
    """Wait until Azure has read the file.

    Raises:
        InputError: it refuses it; the line is named if Azure names one.
    """
    file_id = str(_coming(state).file)
    for _ in azure.waiting.turns("the file"):
        file = azure.service.file(file_id)
        if file.status in _PROCESSED:
            return
        if file.status in _REFUSED:
            save_state(azure.home, state.without_coming())
            details = str(getattr(file, "status_details", None) or "")
            raise InputError(
                f"Azure refuses the training file{told(details, has_text=True)}",
                todo="see its message in the portal; the next run deletes the file there",
            )
        azure.waiting.show("the file", str(file.status), None)


def _trained(azure: Azure, state: State) -> State:
    """Wait until the job has ended, telling what it says.

    Raises:
        InputError: it failed or was cancelled.
    """
    run = _coming(state)
    if run.model is not None:
        return state
    heard: set[str] = set()
    for _ in azure.waiting.turns("the job"):
        job = azure.service.job(str(run.job))
        if job.status == "succeeded" and job.fine_tuned_model:
            seconds = int(job.finished_at or 0) - int(job.created_at)
            return _note(azure, state, model=job.fine_tuned_model, seconds=max(seconds, 0) or None)
        if job.status in ENDED:
            save_state(azure.home, state.without_coming())
            raise _failed(job)
        events = azure.service.events(str(run.job))
        azure.waiting.hear(events, heard)
        left = estimate(job, events, run, state.serving, azure.clock())
        azure.waiting.show("the job", str(job.status), left)
    raise AssertionError("unreachable")


def _failed(job: Any) -> InputError:
    code = printable(str(getattr(job.error, "code", None) or ""))[:100]
    said = told(str(getattr(job.error, "message", None) or ""), has_text=True)
    return InputError(
        f"the job at Azure ended as `{job.status}`" + (f" (`{code}`)" if code else "") + said,
        todo="see its message in the portal; the next run deletes what it left there",
    )


def _deployed(azure: Azure, state: State) -> State:
    """Deploy the model under the run's name, and wait until it answers.

    Raises:
        InputError: Azure could not deploy it; the next call asks again.
    """
    run = _coming(state)
    azure.service.deploy(run.name, str(run.model))
    state = _note(azure, state, deployment=run.name)
    _wait_for_deployment(azure, run.name)
    return state


def _serving_again(azure: Azure, run: Run) -> None:
    """Deploy a model again whose deployment is gone: Azure deletes those that nobody asks."""
    if not azure.service.exists("deployment", run.name):
        azure.waiting.say(f"`{run.name}` was not deployed any more: deploying it again")
        azure.service.deploy(run.name, str(run.model))
    _wait_for_deployment(azure, run.name)


def _wait_for_deployment(azure: Azure, name: str) -> None:
    for _ in azure.waiting.turns("the deployment"):
        found = azure.service.deployment_state(name)
        if found == "Succeeded":
            return
        if found in ("Failed", "Canceled", "Disabled"):
            raise InputError(
                f"the deployment at Azure ended as `{found}`",
                todo="see it in the portal; the next run asks again",
            )
        azure.waiting.show("the deployment", found, None)


def _coming(state: State) -> Run:
    if state.coming is None:
        raise VerificationError("no run is under way at Azure", todo="run `vanne azure train`")
    return state.coming


def _note(azure: Azure, state: State, **news: Any) -> State:
    return save_state(azure.home, replace(state, coming=replace(_coming(state), **news)))


@contextmanager
def _sending(home: Home) -> Iterator[Path]:
    """Give a folder for what is sent, for its owner alone; whatever an earlier run left is gone."""
    folder = home.azure / "sending"
    with storing("what is sent to Azure"):
        rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


def choices_since(home: Home, corpus: str, at: datetime) -> int:
    """Return how many choices were made that a version of the corpus has not heard."""
    return unheard(home, load(home, corpus), at)
