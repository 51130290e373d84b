"""Delete at Azure what a model learnt from and what it became, and keep what Azure said.

In the documented order: deployments, checkpoints and the model, the job, its files. Each is gone
only if Azure, asked again, does not know it: «404» to a deletion may also mean that there is no
such way. What cannot be deleted by program (405) stays open in the record, for a person at the
portal; the next run asks again. The record of a run, `HOME/azure/deletions/NAME.json`, is written
and signed anew after each answer, with the key that signs certificates.
"""

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from vanne.config import Home
from vanne.errors import InputError, MissingError, VerificationError, storing
from vanne.files import write_whole
from vanne.forget.certificate import check_signature, public_key, sign
from vanne.train.store import Store
from vanne_azure.service import Answer, Kind
from vanne_azure.state import Run, State, read_state, save_state
from vanne_azure.training import ENDED, Azure

SCHEMA = "vanne/azure-deletion/1"
CLAIM = (
    "What is listed was made at Azure OpenAI from members' data, and Azure was asked to delete it; "
    "`gone` means that Azure, asked again, did not know it. This is not exact forgetting: where a "
    "model serves after it, that is a new one, trained from the base model on the corpus `after` "
    "alone, but nobody outside can see the weights, and a second training would not give the same "
    "bits. Microsoft's backups and its monitoring of abuse are out of reach, and so is what the "
    "model has answered."
)
_ORDER: tuple[Kind, ...] = ("deployment", "checkpoint", "model", "job", "file")
LOOKS = 10
"""How often it is asked whether something has gone, `poll_seconds` apart."""
_WHY_OPEN = {
    405: "Azure offers no way to delete it by program: delete it in the portal",
    409: "Azure says that it is in use",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to delete. `outcome` is `to do`, `gone` or `open`; `why` says why it is open."""

    kind: Kind
    id: str
    outcome: str = "to do"
    at: str | None = None
    status: int | None = None
    request_id: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Deletion:
    """The record of what was made of one run."""

    document: Mapping[str, Any]

    @property
    def run(self) -> str:
        """The name of the run."""
        return str(self.document["run"])

    @property
    def steps(self) -> list[Step]:
        """What was to be deleted, in order."""
        return [Step(**step) for step in self.document["steps"]]

    @property
    def open(self) -> list[Step]:
        """What is not gone."""
        return [step for step in self.steps if step.outcome != "gone"]

    @property
    def is_complete(self) -> bool:
        """Say whether everything is gone."""
        return not self.open


def delete_leaving(azure: Azure, besides: Collection[str] = ()) -> list[Deletion]:
    """Delete what every run that is leaving has at Azure, `besides` some; return the records.

    Raises:
        BusyError: Azure does not answer; what was deleted is recorded, and the next run goes on.
        RefusedError: the key or the role does not suffice.
    """
    records = []
    state = read_state(azure.home, azure.settings)
    for run in (run for run in state.leaving if run.name not in besides):
        records.append(deletion := _delete_run(azure, run, state))
        if deletion.is_complete:
            left = tuple(each for each in state.leaving if each.name != run.name)
            state = save_state(azure.home, replace(state, leaving=left))
    return records


def records(home: Home) -> list[Path]:
    """Return the records of deletions."""
    return sorted((home.azure / "deletions").glob("*.json"))


def read_record(path: Path, home: Home) -> Deletion:
    """Return a record whose signature is that of this home.

    Raises:
        InputError: it is none.
        VerificationError: it was changed after it was signed, or signed by somebody else.
    """
    with storing(f"`{path}`"):
        data = path.read_bytes()
    try:
        document = json.loads(data)
        is_record = document["schema"] == SCHEMA
        [Step(**step) for step in document["steps"]]
        signer = check_signature(document) if is_record else None
    except VerificationError:
        raise VerificationError(f"`{path.name}` was changed after it was signed") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        is_record = False
    if not is_record:
        raise InputError(f"`{path.name}` is not a record of a deletion at Azure")
    if signer != public_key(Store(home.model)):
        raise VerificationError(f"`{path.name}` was not signed by the key of this network")
    return Deletion(document)


def _delete_run(azure: Azure, run: Run, state: State) -> Deletion:
    path = azure.home.azure / "deletions" / f"{run.name}.json"
    known = read_record(path, azure.home).steps if path.exists() else []
    azure.waiting.say(f"deleting what `{run.name}` has at Azure")
    found = _inventory(azure, run)
    named = {(step.kind, step.id) for step in known}
    steps = known + [step for step in found if (step.kind, step.id) not in named]
    steps.sort(key=lambda step: _ORDER.index(step.kind))
    deletion = _write(azure, path, run, state, steps)
    for number, step in enumerate(steps):
        if step.outcome != "gone":
            steps[number] = _deleted(azure, step)
            deletion = _write(azure, path, run, state, steps)
    return deletion


def _inventory(azure: Azure, run: Run) -> list[Step]:
    """Return all that Azure has of a run: also what it made while we were killed.

    A job that is under way is stopped first. Deployments are found by their model, whoever made
    them and whatever they are called.
    """
    service = azure.service
    files = [*service.files_named(run.file_name), *filter(None, [run.file])]
    jobs = {job.id: job for job in service.jobs_on(files)}
    if run.job and run.job not in jobs:
        with suppress(MissingError):
            jobs[run.job] = service.job(run.job)
    models, checkpoints = [*filter(None, [run.model])], []
    for job in jobs.values():
        job = _stopped(azure, job)
        models += filter(None, [job.fine_tuned_model])
        with suppress(MissingError):  # a job that was stopped early has none
            checkpoints += service.checkpoints(job.id)
        files += [*job.result_files, *filter(None, [job.validation_file])]
    checkpoints = [name for name in checkpoints if name not in models]
    deployments = service.deployments_of(models + checkpoints)
    found: dict[Kind, list[str]] = {
        "deployment": [*deployments, *filter(None, [run.deployment])],
        "checkpoint": checkpoints,
        "model": models,
        "job": [*jobs],
        "file": files,
    }
    return [Step(kind, each) for kind in _ORDER for each in dict.fromkeys(found[kind])]


def _stopped(azure: Azure, job: Any) -> Any:
    if job.status in ENDED:
        return job
    azure.service.cancel(job.id)
    for _ in azure.waiting.turns("the cancelled job"):
        job = azure.service.job(job.id)
        if job.status in ENDED:
            return job
        azure.waiting.show("the cancelled job", str(job.status), None)
    raise AssertionError("unreachable")


def _deleted(azure: Azure, step: Step) -> Step:
    """Ask to delete something, then whether it is there; it may take a while to go.

    A model stays in use (409) until its deployment has gone, and is then asked for again.
    """
    service, is_there = azure.service, True
    answer = service.delete(step.kind, step.id)
    for attempt in range(LOOKS):
        if attempt:
            service.sleep(azure.settings.poll_seconds)
            if answer.status == 409:
                answer = service.delete(step.kind, step.id)
        is_there = service.exists(step.kind, step.id)
        if not is_there or answer.status in (404, 405):
            break
    return _recorded(azure, step, answer, is_there)


def _recorded(azure: Azure, step: Step, answer: Answer, is_there: bool) -> Step:
    why = _WHY_OPEN.get(answer.status, "it is still there: see the portal") if is_there else None
    outcome = "open" if is_there else "gone"
    azure.waiting.say(f"{step.kind}: {outcome}" + (f" ({why})" if why else ""))
    return replace(
        step,
        outcome=outcome,
        at=azure.clock().isoformat(timespec="seconds"),
        status=answer.status,
        request_id=answer.request_id,
        why=why,
    )


def _write(azure: Azure, path: Path, run: Run, state: State, steps: list[Step]) -> Deletion:
    after = state.serving
    body = {
        "schema": SCHEMA,
        "claim": CLAIM,
        "at": azure.clock().isoformat(timespec="seconds"),
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
    document = dict(sign(body, Store(azure.home.model)).document)
    write_whole(path, json.dumps(document, indent=1).encode())
    return Deletion(document)
