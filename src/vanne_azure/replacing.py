"""Make a model of the corpus serve at Azure, and delete there what it replaces.

Every step is noted before the next one, so that whoever is killed goes on where they were. A model
is made from a base model, never from a tuned one. A run that is under way is gone on with if it
trains on just what the corpus says now; otherwise it is stopped and what it sent is deleted.

A thing counts as gone only if Azure, asked again, does not know it: «404» to a deletion may also
mean that there is no such way. What no program can delete (405) stays open in the record, for a
person at the portal; the next run asks again. The record of a run,
`HOME/azure/deletions/NAME.json`, is written and signed anew after each answer, with the key that
signs certificates.
"""

import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from typing import Any, get_args

from vanne.config import Home
from vanne.corpus.export.exporting import check_heard
from vanne.corpus.manifest import Manifest
from vanne.errors import (
    BusyError,
    InputError,
    MissingError,
    RefusedError,
    VerificationError,
    storing,
)
from vanne.files import write_whole
from vanne.forget.certificate import check_signature, public_key, sign
from vanne.train.store import ModelStore
from vanne_azure.examples import TrainingFile, write_examples
from vanne_azure.resource import JOB_ENDED, AzureResource, Kind
from vanne_azure.settings import (
    AzureRun,
    AzureSettings,
    AzureState,
    folder_of,
    read_state,
    save_state,
)

SCHEMA = "vanne/azure-deletion/1"
CLAIM = (
    "What is listed was made at Azure OpenAI from members' data, and Azure was asked to delete it; "
    "`gone` means that Azure, asked again, did not know it. This is not exact forgetting: where a "
    "model serves after it, that is a new one, trained from the base model on the corpus `after` "
    "alone, but nobody outside can see the weights, and a second training would not give the same "
    "bits. Microsoft's backups and its monitoring of abuse are out of reach, and so is what the "
    "model has answered."
)
_LOOKS = 10  # how often Azure is asked whether a thing has gone, `poll_seconds` apart
_WHY_OPEN = {
    405: "Azure offers no way to delete it by program: delete it in the portal",
    409: "Azure says that it is in use",
}


@dataclass(frozen=True, slots=True)
class AzureWork:
    """A network, its resource at Azure, a clock, and who is told how far things are."""

    home: Home
    settings: AzureSettings
    resource: AzureResource
    clock: Callable[[], datetime]
    tell: Callable[[str], None]

    def state(self) -> AzureState:
        """Return what of the network is at Azure."""
        return read_state(self.home, self.settings)

    def note(self, state: AzureState, **news: Any) -> AzureState:
        """Note something of the run that is under way."""
        assert state.coming is not None
        coming = state.coming.model_copy(update=news)
        return save_state(self.home, state.model_copy(update={"coming": coming}))

    def polled(self, what: str, status: Callable[[], str]) -> Iterator[str]:
        """Yield the status of something every `poll_seconds`, and tell when it changes.

        Raises:
            BusyError: it took longer than `wait_hours`.
        """
        last, waited = "", 0.0
        while waited <= self.settings.wait_hours * 3600:
            if (now := status()) != last:
                last = now
                self.tell(f"{what}: {now}")
            yield now
            time.sleep(self.settings.poll_seconds)
            waited += self.settings.poll_seconds
        raise BusyError(
            f"{what} at Azure is not ready after {self.settings.wait_hours:g} hours",
            todo="run this again: it goes on from there",
        )


# Training


def bring_up(work: AzureWork, manifest: Manifest, *, may_replace: bool) -> AzureRun:
    """Return the run that serves a model of this version of the corpus, making it if need be.

    What it replaces is then `leaving`: `delete_leaving` deletes it.

    Raises:
        RefusedError: a choice has not been heard; the resource lies elsewhere; another model serves
            and may not be replaced.
        InputError: there is too little or too much to train on, or Azure refused the file or the
            job.
        BusyError: Azure does not answer, or the waiting took too long; nothing is lost.
    """
    home, settings = work.home, work.settings
    _check_heard(work, manifest)
    state = work.state()
    corpus: dict[str, Any] = {"corpus": manifest.version, "ledger_size": manifest.ledger_size}
    with _private_folder(home) as folder:
        file = write_examples(home, manifest, folder / "train.jsonl", settings.examples)
        if state.serving and state.serving.fits(file.sha256, settings):
            serving = state.serving.model_copy(update=corpus)
            state = state.model_copy(update={"serving": serving}).with_leaving("coming")
            save_state(home, state)
            if not work.resource.exists("deployment", serving.name):
                work.tell(f"`{serving.name}` was not deployed any more: deploying it again")
                work.resource.deploy(serving.name, str(serving.model))
            _wait_for_deployment(work, serving.name)
            return serving
        if state.serving and not may_replace:
            raise RefusedError(
                "a model of another corpus, or of other settings, serves at Azure",
                todo="`vanne azure forget` makes a new one and deletes that one",
            )
        if state.coming and state.coming.fits(file.sha256, settings):
            work.tell(f"going on with `{state.coming.name}`")
            state = work.note(state, **corpus)
        else:
            if state.coming:
                work.tell(f"`{state.coming.name}` is not of this corpus any more: it will go")
            coming = AzureRun(
                name=f"{settings.deployment}-{token_hex(4)}",
                sha256=file.sha256,
                examples=file.counts["written"],
                settings=settings.digest,
                corpus=manifest.version,
                ledger_size=manifest.ledger_size,
            )
            state = state.with_leaving("coming").model_copy(update={"coming": coming})
            save_state(home, state)
        state = _sent(work, state, file, manifest)
    state = _trained(work, state)
    assert state.coming is not None
    work.resource.deploy(state.coming.name, str(state.coming.model))
    _wait_for_deployment(work, state.coming.name)
    switched = state.with_leaving("serving").model_copy(
        update={"serving": state.coming, "coming": None}
    )
    save_state(home, switched)
    return state.coming


def _sent(work: AzureWork, state: AzureState, file: TrainingFile, manifest: Manifest) -> AzureState:
    """Upload the examples and start the job, unless that was done."""
    run, resource = state.coming, work.resource
    assert run is not None
    if run.job is not None:
        return state
    if (region := resource.region()) != work.settings.region.replace(" ", "").lower():
        raise RefusedError(
            f"the resource lies in `{region}`, and azure.toml says `{work.settings.region}`",
            todo="data must stay where members were told: name the right resource or region",
        )
    # INVARIANT: nothing is sent that has not heard every choice made until now.
    _check_heard(work, manifest)
    if run.file is None:
        path = file.path.rename(file.path.with_name(run.file_name))
        work.tell(f"sending {run.examples:,} examples, {file.size_bytes:,} bytes")
        state = work.note(state, file=resource.upload(path))
    file_id = str(state.coming and state.coming.file)
    for status in work.polled("the file", lambda: resource.file_status(file_id)):
        if status in ("processed", "succeeded"):
            break
        if status in ("error", "failed", "deleted", "cancelled"):
            save_state(work.home, state.with_leaving("coming"))
            raise InputError(
                "Azure refuses the training file",
                todo="see its message in the portal; the next run deletes the file there",
            )
    return work.note(state, job=resource.start_job(file_id))


def _trained(work: AzureWork, state: AzureState) -> AzureState:
    """Wait until the job has ended.

    Raises:
        InputError: it failed or was cancelled.
    """
    run = state.coming
    assert run is not None
    if run.model is not None:
        return state
    job: Any = None

    def status() -> str:
        nonlocal job
        job = work.resource.job(str(run.job))
        return str(job.status)

    for ended in work.polled("the job", status):
        if ended == "succeeded" and job.fine_tuned_model:
            return work.note(state, model=job.fine_tuned_model)
        if ended in JOB_ENDED:
            save_state(work.home, state.with_leaving("coming"))
            # Azure's message about a job may quote a text: only the code is shown.
            code = str(getattr(job.error, "code", None) or "")[:60]
            raise InputError(
                f"the job at Azure ended as `{ended}`" + (f" (`{code}`)" if code else ""),
                todo="see its message in the portal; the next run deletes what it left there",
            )
    raise AssertionError("unreachable")


def _wait_for_deployment(work: AzureWork, name: str) -> None:
    for status in work.polled("the deployment", lambda: work.resource.deployment_state(name)):
        if status == "Succeeded":
            return
        if status in ("Failed", "Canceled", "Disabled"):
            raise InputError(
                f"the deployment at Azure ended as `{status}`",
                todo="see it in the portal; the next run asks again",
            )


def _check_heard(work: AzureWork, manifest: Manifest) -> None:
    check_heard(work.home, manifest, work.clock(), todo="run `vanne corpus refresh` first")


@contextmanager
def _private_folder(home: Home) -> Iterator[Path]:
    """Give a folder for what is sent, for its owner alone; whatever an earlier run left is gone."""
    folder = folder_of(home) / "sending"
    with storing("what is sent to Azure"):
        rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


# Deleting


@dataclass(frozen=True, slots=True)
class DeletionStep:
    """One thing to delete. `outcome` is `to do`, `gone` or `open`; `why` says why it is open."""

    kind: Kind
    id: str
    outcome: str = "to do"
    at: str | None = None
    status: int | None = None
    request_id: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class DeletionRecord:
    """The signed record of what was deleted of one run."""

    document: Mapping[str, Any]

    @property
    def run(self) -> str:
        """The name of the run."""
        return str(self.document["run"])

    @property
    def steps(self) -> list[DeletionStep]:
        """What was to be deleted, in order."""
        return [DeletionStep(**step) for step in self.document["steps"]]

    @property
    def open(self) -> list[DeletionStep]:
        """What is not gone."""
        return [step for step in self.steps if step.outcome != "gone"]


def delete_leaving(work: AzureWork, besides: Collection[str] = ()) -> list[DeletionRecord]:
    """Delete what every run that is leaving has at Azure, `besides` some; return the records.

    Raises:
        BusyError: Azure does not answer; what was deleted is recorded, and the next run goes on.
        RefusedError: the key or the role does not suffice.
    """
    made_records = []
    state = work.state()
    for run in (run for run in state.leaving if run.name not in besides):
        made_records.append(record := _delete_run(work, run, state))
        if not record.open:
            leaving = tuple(each for each in state.leaving if each.name != run.name)
            state = save_state(work.home, state.model_copy(update={"leaving": leaving}))
    return made_records


def records(home: Home) -> list[DeletionRecord]:
    """Return the records of deletions, each checked against the key of this home.

    Raises:
        InputError: a file is no record.
        VerificationError: one was changed after it was signed, or signed by somebody else.
    """
    return [
        _read_record(path, home) for path in sorted((folder_of(home) / "deletions").glob("*.json"))
    ]


def _read_record(path: Path, home: Home) -> DeletionRecord:
    with storing(f"`{path}`"):
        data = path.read_bytes()
    try:
        document = json.loads(data)
        record = DeletionRecord(document)
        is_record = document["schema"] == SCHEMA and isinstance(record.steps, list)
        signer = check_signature(document)
    except VerificationError:
        raise VerificationError(f"`{path.name}` was changed after it was signed") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        is_record = False
    if not is_record:
        raise InputError(f"`{path.name}` is not a record of a deletion at Azure")
    if signer != public_key(ModelStore(home.model)):
        raise VerificationError(f"`{path.name}` was not signed by the key of this network")
    return record


def _delete_run(work: AzureWork, run: AzureRun, state: AzureState) -> DeletionRecord:
    path = folder_of(work.home) / "deletions" / f"{run.name}.json"
    steps = _read_record(path, work.home).steps if path.exists() else []
    work.tell(f"deleting what `{run.name}` has at Azure")
    noted: dict[Kind, str | None] = {
        "file": run.file, "job": run.job, "model": run.model, "deployment": run.model and run.name,
    }  # fmt: skip
    for kind, job_id in work.resource.things_of(run.file_name, noted):
        if kind == "job":
            with suppress(MissingError):  # somebody has deleted it
                _stop(work, job_id)
    known = {(step.kind, step.id) for step in steps}
    things = work.resource.things_of(run.file_name, noted)  # a stopped job has left other things
    steps += [DeletionStep(*thing) for thing in things if thing not in known]
    steps.sort(key=lambda step: get_args(Kind).index(step.kind))
    record = _signed(work, path, run, state, steps)
    for number, step in enumerate(steps):
        if step.outcome != "gone":
            steps[number] = _deleted(work, step)
            record = _signed(work, path, run, state, steps)
    return record


def _stop(work: AzureWork, job_id: str) -> None:
    def status() -> str:
        return str(work.resource.job(job_id).status)

    if status() not in JOB_ENDED:
        work.resource.cancel(job_id)
        next(ended for ended in work.polled("the cancelled job", status) if ended in JOB_ENDED)


def _deleted(work: AzureWork, step: DeletionStep) -> DeletionStep:
    """Ask to delete something, then whether it is there; it may take a while to go.

    A model stays in use (409) until its deployment has gone, and is then asked for again.
    """
    is_there = True
    status, request_id = work.resource.delete(step.kind, step.id)
    for look in range(_LOOKS):
        if look:
            time.sleep(work.settings.poll_seconds)
            if status == 409:
                status, request_id = work.resource.delete(step.kind, step.id)
        is_there = work.resource.exists(step.kind, step.id)
        if not is_there or status in (404, 405):
            break
    why = _WHY_OPEN.get(status, "it is still there: see the portal") if is_there else None
    outcome = "open" if is_there else "gone"
    work.tell(f"{step.kind}: {outcome}" + (f" ({why})" if why else ""))
    at = work.clock().isoformat(timespec="seconds")
    return replace(step, outcome=outcome, at=at, status=status, request_id=request_id, why=why)


def _signed(
    work: AzureWork, path: Path, run: AzureRun, state: AzureState, steps: list[DeletionStep]
) -> DeletionRecord:
    after = state.serving
    body = {
        "schema": SCHEMA,
        "claim": CLAIM,
        "at": work.clock().isoformat(timespec="seconds"),
        "run": run.name,
        "resource": state.resource,
        "corpus": {"before": run.corpus, "after": after.corpus if after else None},
        "ledger_size": {
            "before": run.ledger_size,
            "after": after.ledger_size if after else None,
        },
        "model": {"before": run.model, "after": after.model if after else None},
        "is_complete": all(step.outcome == "gone" for step in steps),
        "steps": [asdict(step) for step in steps],
    }
    document = dict(sign(body, ModelStore(work.home.model)).document)
    write_whole(path, json.dumps(document, indent=1).encode())
    return DeletionRecord(document)
