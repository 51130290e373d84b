"""Prove a certificate: train its shards again from nothing, and compare the bytes.

The corpora before and after, which the ledger names, and the secret that places members determine
which shards to prove: those whose documents differ, and those that the certificate says have
changed. If a shard was touched and the certificate denies it, the step `touched` fails. If the
corpus before can no longer be read, every shard is proven.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from vanne.config import Home
from vanne.corpus import Document
from vanne.errors import MissingError, VanneError, storing
from vanne.extras import require
from vanne.forget.certificate import Certificate, Check, failed
from vanne.forget.fallback_model import place
from vanne.forget.history import place_of
from vanne.forget.verifying import documents_of, held_by
from vanne.python import python
from vanne.train.base import find_base
from vanne.train.environment import changed, environment
from vanne.train.fit import FitOptions, Progress, fit
from vanne.train.model import Model, current, load, salt_of
from vanne.train.settings import TrainingSettings
from vanne.train.shards import ground_key
from vanne.train.store import PROOF, ModelStore
from vanne.train.tokens import read_ground


def never_trained(
    documents: Iterable[Document],
    settings: TrainingSettings,
    *,
    ground: Sequence[str],
    salt: bytes,
    shards: Collection[int],
    corpus_version: str,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> dict[int, str]:
    """Train some shards in an empty store in a process of its own; return their adapters' digests.

    Nothing is shared with the model that is to be checked but the inputs: no checkpoint, no memory.
    The empty store is made in `folder` (by default the system's for temporary files) and removed.
    In a model's store `Store.prune` removes it, too, should this process be killed.
    """
    require("train")
    job = {
        "documents": [astuple(document) for document in documents],
        "settings": settings.as_dict(),
        "ground": list(ground),
        "salt": salt.hex(),
        "shards": sorted(shards),
        "corpus_version": corpus_version,
    }
    with (
        storing("the folder of the proof"),
        tempfile.TemporaryDirectory(prefix=PROOF, dir=folder) as empty,
    ):
        digests = _run(Path(empty), json.dumps(job), progress)
    return {int(shard): value for shard, value in digests.items()}


def _run(folder: Path, job: str, progress: Progress | None) -> dict[str, str]:
    answer: dict[str, Any] = {}
    with subprocess.Popen(
        python("vanne.forget.proof", str(folder)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(BrokenPipeError):  # it ended early: said below
            process.stdin.write(job)
            process.stdin.close()
        for line in process.stdout:
            answer = json.loads(line)
            if progress and "done" in answer:
                progress(answer["done"], answer["total"], answer["label"])
    if "digests" not in answer:
        why = answer.get("error") or f"it ended with code {process.returncode}"
        raise VanneError(f"the separate training did not finish: {why}")
    digests: dict[str, str] = answer["digests"]
    return digests


@dataclass(frozen=True, slots=True)
class ProofTask:
    """Which shards are to be proven, from which documents. `tokens` is what that trains.

    `why` says how the shards were found.
    """

    model: Model
    documents: tuple[Document, ...]
    shards: tuple[int, ...]
    why: str

    @property
    def tokens(self) -> int:
        """Tokens x epochs of the shards and of the ground, from which they set out."""
        notes = (note for shard in self.shards for note in self.model.shards[shard])
        return self.model.ground.tokens + sum(note.tokens for note in notes)

    @property
    def seconds(self) -> float:
        """What that took when the model was trained."""
        notes = (note for shard in self.shards for note in self.model.shards[shard])
        return self.model.ground.seconds + sum(note.seconds for note in notes)


def to_prove(certificate: Certificate, home: Home, *, everything: bool = False) -> ProofTask:
    """Say which shards of a certified model must be trained again for its proof.

    Raises:
        VerificationError: a shard was touched, and the certificate says that it was not.
        MissingError: the model was replaced, or its corpus cannot be read any more.
    """
    model = load(home.model, certificate.after)
    todo = "prove the certificate of the model that serves"
    if current(home.model).version != model.version:
        raise MissingError("another model serves than the certified one", todo=todo)
    after = documents_of(home, certificate.corpus_after)
    if after is None:
        raise MissingError("the corpus after cannot be read any more", todo=todo)
    documents = tuple(held_by(home.model, model, after))
    before = documents_of(home, place_of(certificate, home).before.corpus)
    if everything or before is None:
        why = "all of them" if everything else "all: the corpus before cannot be read any more"
        return ProofTask(model, documents, tuple(model.shards), why)
    store = ModelStore(home.model)
    plans = (place(store, model, rows).shards for rows in (before, documents))
    keys_before, keys_after = (
        {shard: [step.key for step in steps] for shard, steps in shards.items()} for shards in plans
    )
    touched = {shard for shard, keys in keys_after.items() if keys != keys_before[shard]}
    if hidden := touched - certificate.changed:
        raise failed("touched", f"shard {min(hidden)} was touched, and it says that it was not")
    shards = tuple(sorted(touched | certificate.changed))
    return ProofTask(model, documents, shards, "those that the two corpora say were touched")


def prove(task: ProofTask, home: Home, progress: Progress | None = None) -> Check:
    """Train shards again from nothing, in another process, and compare the bytes.

    Raises:
        VerificationError: the bytes differ.
        MissingError: this machine differs from the one that trained.
    """
    model = task.model
    if len(model.environments) > 1:
        raise MissingError("the same bits are not claimed of a model of several environments",
                           todo="the other steps hold without it")  # fmt: skip
    facts = environment(model.settings, find_base(model.settings).digest)
    if different := changed(model.environment, facts):
        what = f"this machine differs from the one that trained: {', '.join(different)}"
        raise MissingError(what, todo="prove it on one like that: the bits may differ here")
    ground = read_ground(home.ground)
    if ground_key(ground, model.settings, facts) != model.ground.key:
        raise failed("proof", "the texts of the ground are not those that it was trained on")
    again = never_trained(
        task.documents,
        model.settings,
        ground=ground,
        salt=salt_of(ModelStore(home.model)),
        shards=task.shards,
        corpus_version=model.corpus_version,
        progress=progress,
        folder=home.model,
    )
    false = [shard for shard in task.shards if again[shard] != model.digests[shard]]
    if false:
        what = f"training from nothing gives other bytes of shard {', '.join(map(str, false))}"
        raise failed("proof", what)
    shards = ", ".join(map(str, task.shards)) or "none"
    return Check("proof", f"trained from nothing, the same bytes: shards {shards} ({task.why})")


# The process that trains apart: python -m vanne.forget.proof FOLDER < job.json


def train_job(folder: Path, job: dict[str, Any], progress: Progress | None) -> dict[str, str]:
    """Train some shards on the documents of a job and return their digests."""
    model = fit(
        [Document(*row) for row in job["documents"]],
        folder,
        TrainingSettings.of(job["settings"]),
        corpus_version=job["corpus_version"],
        ground=job["ground"],
        progress=progress,
        options=FitOptions(shards=job["shards"], salt=bytes.fromhex(job["salt"])),
    )
    return {str(shard): digest for shard, digest in model.digests.items()}


def main() -> int:
    """Train what the job says.

    The job comes through standard input, so that no text touches the disk; one JSON line per step
    goes out, and last the digests of the shards' adapters.
    """

    def say(**document: Any) -> None:
        sys.stdout.write(json.dumps(document) + "\n")
        sys.stdout.flush()

    def tell(done: int, total: int, label: str) -> None:
        say(done=done, total=total, label=label)

    try:
        say(digests=train_job(Path(sys.argv[1]), json.load(sys.stdin), tell))
    except VanneError as error:
        say(error=error.title, todo=str(error.todo))
        return error.exit_code
    except Exception as error:  # its message could hold a text
        say(error=f"a fault of ours ({type(error).__name__})", todo="")
        return VanneError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
