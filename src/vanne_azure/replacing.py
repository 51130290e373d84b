"""Make a model of the corpus serve at Azure, and delete there what it replaces.

A run is named by a hash of its examples and settings. So a run that was killed continues where it
stopped, and nothing is made twice. A model is made from a base model, never from a tuned one.

A thing counts as gone only if Azure, asked again, does not know it: a «404» to a deletion may also
mean that Azure has no such endpoint. What no program can delete (405) stays open in the record, for
a person at the portal; the next run asks again. The record of a run,
`HOME/azure/deletions/NAME.json`, is written anew after each answer, and signed with the key that
signs certificates.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from shutil import rmtree
from typing import Any, get_args

from vanne.config import Home
from vanne.corpus.manifest import Manifest
from vanne.corpus.reader import check_heard
from vanne.errors import (
    BusyError,
    InputError,
    RefusedError,
    VerificationError,
    storing,
)
from vanne.files import write_whole
from vanne.forget.certificate import check_signature, public_key, sign
from vanne.train.digests import digest
from vanne.train.store import ModelStore
from vanne_azure.examples import TrainingFile, write_examples
from vanne_azure.resource import JOB_ENDED, AzureResource, Kind
from vanne_azure.settings import AzureRun, AzureSettings, folder_of, runs_of

SCHEMA = "vanne/azure-deletion/1"
CLAIM = (
    "What is listed was made at Azure OpenAI from members' data, and Azure was asked to delete it; "
    "`gone` means that Azure, asked again, did not know it. This is not exact forgetting: where a "
    "model serves after it, that is a new one, trained from the base model on the corpus `after` "
    "alone, but nobody outside can see the weights, and a second training would not give the same "
    "bits. Deployments were looked for where the management token sees: `looked` counts it. In "
    "other tenants, and where it may list nothing (`closed`), a deployment of it can exist that "
    "was not seen. Microsoft's backups and its monitoring of abuse are out of reach, and so is "
    "what the model has answered."
)
_LOOKS = 10  # how often Azure is asked whether a thing has gone, `poll_seconds` apart
_WHY_OPEN = {
    403: "the role does not suffice in that account: its owner has to delete it",
    405: "Azure offers no way to delete it by program: delete it in the portal",
    409: "Azure says that it is in use",
}
DeletionRecord = dict[str, Any]
"""The signed record of what was deleted of one run; each of its steps is `gone` or `open`."""


@dataclass(frozen=True, slots=True)
class AzureWork:
    """A network, its resource at Azure, a clock, and who is told how far things are."""

    home: Home
    settings: AzureSettings
    resource: AzureResource
    clock: Callable[[], datetime]
    tell: Callable[[str], None]

    def polled(self, kind: Kind, thing: str) -> Iterator[str]:
        """Yield the status of something every `poll_seconds`, and tell when it changes.

        Raises:
            BusyError: it took longer than `wait_hours`.
        """
        last, end = "", time.monotonic() + self.settings.wait_hours * 3600
        while True:
            if (state := self.resource.status(kind, thing)) != last:
                last = state
                self.tell(f"{kind}: {state}")
            yield state
            if time.monotonic() > end:
                break
            time.sleep(self.settings.poll_seconds)
        raise BusyError(
            f"the {kind} at Azure is not ready after {self.settings.wait_hours:g} hours",
            todo="run this again: it goes on from there",
        )

    def runs(self) -> list[AzureRun]:
        """Return the runs of which something may be at Azure.

        Raises:
            RefusedError: one lies in another resource than the settings name.
        """
        runs = runs_of(self.home)
        if any(run.resource != self.settings.resource for run in runs):
            raise RefusedError(
                "what this network has at Azure lies in another resource than azure.toml names",
                todo="name that one again, or delete there what `azure/runs` lists, and the notes",
            )
        return runs


def replace_by(work: AzureWork, manifest: Manifest) -> tuple[AzureRun, list[DeletionRecord]]:
    """Make a model of this version of the corpus serve, then delete what any other run has.

    Raises:
        RefusedError: a choice has not been heard; the resource lies elsewhere.
        InputError: there is too little or too much to train on, or Azure refused the file or the
            job.
        BusyError: Azure does not answer, or the waiting took too long; nothing is lost.
    """
    runs, home, settings = work.runs(), work.home, work.settings
    check_heard(home, manifest, work.clock(), todo="run `vanne corpus refresh` first")
    folder = folder_of(home) / "sending"
    with storing("what is sent to Azure"):
        rmtree(folder, ignore_errors=True)  # what an earlier run left
        folder.mkdir(mode=0o700, parents=True)
    try:
        file = write_examples(home, manifest, folder / "examples.jsonl", settings.examples)
        decisive = json.dumps(settings.hyperparameters, sort_keys=True)
        key = digest("vanne/azure-run/1", file.sha256, settings.resource, settings.model, decisive)
        run = AzureRun(
            name=f"{settings.deployment}-{key[:8]}",
            resource=settings.resource,
            corpus=manifest.version,
            ledger_size=manifest.ledger_size,
            examples=file.counts["written"],
        )
        earlier = next((each for each in runs if each.name == run.name), None)
        records = []
        if earlier and earlier.has_failed:
            records.append(delete(work, earlier, None))
        elif earlier:
            work.tell(f"going on with `{run.name}`")
            run = earlier.model_copy(update={"corpus": run.corpus, "ledger_size": run.ledger_size})
        run = _sent(work, run.noted(home), file, manifest)
    finally:
        rmtree(folder, ignore_errors=True)
    run = _trained(work, run)
    if work.resource.get("deployment", run.name) is None:
        work.resource.deploy(run.name, str(run.model))
    for state in work.polled("deployment", run.name):
        if state == "Succeeded":
            break
        if state in ("Failed", "Canceled", "Disabled"):
            raise InputError(
                f"the deployment at Azure ended as `{state}`",
                todo="see it in the portal; the next run asks again",
            )
    records += [delete(work, each, run) for each in runs if each.name != run.name]
    return run, records


def _sent(work: AzureWork, run: AzureRun, file: TrainingFile, manifest: Manifest) -> AzureRun:
    """Upload the examples and start the job, unless that was done."""
    if run.job is not None:
        return run
    resource, region = work.resource, work.settings.region
    if (place := resource.region()) != region.replace(" ", "").lower():
        raise RefusedError(
            f"the resource lies in `{place}`, and azure.toml says `{region}`",
            todo="data must stay where members were told: name the right resource or region",
        )
    if run.file is None:
        # INVARIANT: nothing is sent that has not heard every choice made until now.
        check_heard(work.home, manifest, work.clock(), todo="run `vanne corpus refresh` first")
        work.tell(f"sending {run.examples:,} examples, {file.size_bytes:,} bytes")
        path = file.path.rename(file.path.with_name(run.file_name))
        run = run.noted(work.home, file=resource.upload(path))
    file_id = str(run.file)
    for status in work.polled("file", file_id):
        if status in ("processed", "succeeded"):
            break
        if status in ("error", "failed", "deleted", "cancelled"):
            run.noted(work.home, has_failed=True)
            raise InputError(
                "Azure refuses the training file",
                todo="see its message in the portal; the next run deletes the file there",
            )
    return run.noted(work.home, job=resource.start_job(file_id))


def _trained(work: AzureWork, run: AzureRun) -> AzureRun:
    """Wait until the job has ended.

    Raises:
        InputError: it failed or was cancelled.
    """
    if run.model is None:
        next(state for state in work.polled("job", str(run.job)) if state in JOB_ENDED)
        job = work.resource.get("job", str(run.job)) or {"status": "deleted"}
        model = job.get("fine_tuned_model")
        if job["status"] != "succeeded" or not model:
            run.noted(work.home, has_failed=True)
            # Azure's message about a job may quote a text: only the code is shown.
            code = str((job.get("error") or {}).get("code") or "")[:60]
            raise InputError(
                f"the job at Azure ended as `{job['status']}`" + (f" (`{code}`)" if code else ""),
                todo="see its message in the portal; the next run deletes what it left there",
            )
        run = run.noted(work.home, model=model)
    return run


def delete(work: AzureWork, run: AzureRun, after: AzureRun | None) -> DeletionRecord:
    """Delete what a run has at Azure; `after` serves by then. Return the record.

    Raises:
        BusyError: Azure does not answer; what was deleted is recorded, and the next run goes on.
        RefusedError: the key or the role does not suffice.
        VerificationError: the record was changed after it was signed, or signed by somebody else.
    """
    path = folder_of(work.home) / "deletions" / f"{run.name}.json"
    work.tell(f"deleting what `{run.name}` has at Azure")
    seen = work.resource.seen()
    for kind, job_id in work.resource.things_of(run, seen):
        job = work.resource.get(kind, job_id) if kind == "job" else None
        if job and job["status"] not in JOB_ENDED:
            work.resource.cancel(job_id)
            next(state for state in work.polled("job", job_id) if state in JOB_ENDED)
    steps = _earlier_steps(work.home, path.name) if path.exists() else []
    listed = {(step["kind"], step["id"]) for step in steps}
    for kind, thing in work.resource.things_of(run, seen):  # a stopped job has left other things
        if (kind, thing) not in listed:
            steps.append({"kind": kind, "id": thing, "outcome": "to do"})
    steps.sort(key=lambda step: get_args(Kind).index(step["kind"]))

    def record() -> DeletionRecord:
        body = {
            "schema": SCHEMA,
            "claim": CLAIM,
            "at": work.clock().isoformat(timespec="seconds"),
            "run": run.name,
            "resource": run.resource,
            "corpus": {"before": run.corpus, "after": after and after.corpus},
            "ledger_size": {"before": run.ledger_size, "after": after and after.ledger_size},
            "model": {"before": run.model, "after": after and after.model},
            "looked": {
                "subscriptions": seen.subscriptions,
                "accounts": seen.accounts,
                "closed": seen.closed,
            },
            "is_complete": all(step["outcome"] == "gone" for step in steps),
            "steps": steps,
        }
        document = dict(sign(body, ModelStore(work.home.model)).document)
        write_whole(path, json.dumps(document, indent=1).encode())
        return document

    document = record()
    for step in steps:
        if step["outcome"] != "gone":
            step |= _deleted(work, step["kind"], step["id"])
            document = record()
    if document["is_complete"]:
        (folder_of(work.home) / "runs" / f"{run.name}.json").unlink(missing_ok=True)
    return document


def _deleted(work: AzureWork, kind: Kind, thing: str) -> dict[str, Any]:
    """Ask to delete something, then whether it is there; it may take a while to go.

    A model stays in use (409) until its deployment has gone, and is then asked for again.
    """
    is_there = True
    status, request_id = work.resource.delete(kind, thing)
    for look in range(_LOOKS):
        if look:
            time.sleep(work.settings.poll_seconds)
            if status == 409:
                status, request_id = work.resource.delete(kind, thing)
        is_there = work.resource.get(kind, thing) is not None
        if not is_there or status in (404, 405):
            break
    why = _WHY_OPEN.get(status, "it is still there: see the portal") if is_there else None
    outcome = "open" if is_there else "gone"
    work.tell(f"{kind}: {outcome}" + (f" ({why})" if why else ""))
    at = work.clock().isoformat(timespec="seconds")
    return {"outcome": outcome, "at": at, "status": status, "request_id": request_id, "why": why}


def _earlier_steps(home: Home, name: str) -> list[dict[str, Any]]:
    """Return the steps of the record of a run whose deletion was begun before."""
    path = folder_of(home) / "deletions" / name
    with storing(f"`{path}`"):
        data = path.read_bytes()
    try:
        document = json.loads(data)
        signer = check_signature(document)
        steps: list[dict[str, Any]] = document["steps"]
    except (ValueError, TypeError, KeyError):
        raise VerificationError(f"`{name}` is not a record of a deletion at Azure") from None
    if signer != public_key(ModelStore(home.model)):
        raise VerificationError(f"`{name}` was not signed by the key of this network")
    return steps
