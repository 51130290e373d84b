"""Prove a certificate: train again what it certifies, and compare the bytes of each checkpoint.

The corpora before and after, which the ledger names, and the secret that places members determine
which shards to prove: those whose documents differ, and those that the certificate says have
changed. If a shard was touched and the certificate denies it, the step `touched` fails. If the
corpus before can no longer be read, every shard is proven.

A sample costs less: some slices are trained again, each from the certified checkpoint before it.
The hash of the log draws them, so that neither side chooses (`drawn`).
"""

import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from vanne.config import Home
from vanne.corpus import Document
from vanne.corpus.manifest import load as load_manifest
from vanne.errors import MissingError, VanneError, storing
from vanne.extras import require
from vanne.forget.backlog import leavers_of, removed_items
from vanne.forget.certificate import Certificate, Check, failed
from vanne.forget.history import place_of
from vanne.forget.verifying import checked_plan, documents_of, held_by
from vanne.ledger import Ledger
from vanne.ledger.encoding import to_base64
from vanne.train.base import find_base
from vanne.train.digests import digest
from vanne.train.environment import Facts, changed, environment, trained_with
from vanne.train.fit import FitOptions, Progress, fit
from vanne.train.model import Model, current, identity, load, salt_of
from vanne.train.settings import TrainingSettings
from vanne.train.shards import GROUND, Plan, make_plan
from vanne.train.store import PROOF, CheckpointMeta, ModelStore
from vanne.train.tokens import read_ground

if TYPE_CHECKING:
    from vanne.forks import Connection


@dataclass(frozen=True, slots=True)
class ProofJob:
    """What is trained apart: some shards, on these documents and nothing else."""

    documents: tuple[Document, ...]
    settings: TrainingSettings
    ground: tuple[str, ...]
    salt: bytes
    shards: tuple[int, ...]
    corpus_version: str
    accept: tuple[Facts, ...] = ()


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
    job = ProofJob(tuple(documents), settings, tuple(ground), salt, tuple(shards), corpus_version)
    return _apart(job, progress, folder).digests


def _apart(
    job: ProofJob,
    progress: Progress | None,
    folder: Path | None,
    given: Mapping[Path, CheckpointMeta] = MappingProxyType({}),
) -> Model:
    """Train a job in a store that holds nothing but what is given: checkpoints by their files."""
    require("train")
    with (
        storing("the folder of the proof"),
        tempfile.TemporaryDirectory(prefix=PROOF, dir=folder) as empty,
    ):
        for path, note in given.items():
            ModelStore(Path(empty)).keep(path.read_bytes(), note)
        return _run(Path(empty), job, progress)


def _run(folder: Path, job: ProofJob, progress: Progress | None) -> Model:
    from vanne.forks import FORKS

    news, says = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_train_apart, args=(folder, job, says))
    process.start()
    says.close()
    try:
        while isinstance(answer := news.recv(), tuple):
            if progress:
                progress(*answer)
    except EOFError:
        process.join()
        answer = f"it ended with code {process.exitcode}"
    finally:
        process.kill()
    if not isinstance(answer, Model):
        raise VanneError(f"the separate training did not finish: {answer}")
    return answer


@dataclass(frozen=True, slots=True)
class ProofTask:
    """Which checkpoints are to be trained again, and from which documents.

    `plan` is that of the corpus and says what must have been trained; `places` are what of it is to
    be trained again, in `shards`. `why` says how they were found. Of a sample, `told` says what was
    drawn and what that shows.
    """

    model: Model
    documents: tuple[Document, ...]
    plan: Plan
    places: frozenset[str]
    shards: tuple[int, ...]
    why: str
    told: str | None = None

    @property
    def notes(self) -> dict[str, CheckpointMeta]:
        """The notes of what is to be trained again, by their places."""
        notes = self.model.trained(self.plan)
        return {place: note for place, note in notes.items() if place in self.places}

    @property
    def tokens(self) -> int:
        """Tokens x epochs of what is trained."""
        return sum(note.tokens for note in self.notes.values())

    @property
    def seconds(self) -> float:
        """What that took when the model was trained."""
        return sum(note.seconds for note in self.notes.values())


def to_prove(
    certificate: Certificate,
    home: Home,
    *,
    everything: bool = False,
    sample: int | None = None,
    draw: str = "",
) -> ProofTask:
    """Say what of a certified model must be trained again for its proof: shards, or a sample.

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
    plan = checked_plan(home.model, model, after)
    before = documents_of(home, place_of(certificate, home).before.corpus)
    shards, why = set(model.shards), "all: the corpus before cannot be read any more"
    if before is not None:
        gone = {each.item_id for each in before} - {each.item_id for each in after}
        left = removed_items(home, load_manifest(home, certificate.corpus_after), gone)
        if certificate.together > 1 and leavers_of(left) < certificate.together:
            raise failed("together", f"fewer than {certificate.together:,} people left")
        start, salt = model.ground.key, salt_of(ModelStore(home.model))
        old, new = (
            make_plan(rows, model.settings, start, salt).shards for rows in (before, documents)
        )
        touched = {n for n in new if [s.key for s in new[n]] != [s.key for s in old[n]]}
        if hidden := touched - certificate.changed:
            raise failed("touched", f"shard {min(hidden)} was touched, and it says that it was not")
        shards = touched | certificate.changed
        why = "those that the two corpora say were touched"
        if shards != model.shards.keys():
            why += "; the others are as the model before had them, which `--all` proves, too"
    if sample is not None:
        return _sample(model, documents, plan, home, sample, draw)
    if everything:
        shards, why = set(model.shards), "all of them"
    places = frozenset({GROUND, *(s.place for s in plan.steps() if s.shard in shards)})
    return ProofTask(model, documents, plan, places, tuple(sorted(shards)), why)


def drawn(places: Iterable[str], count: int, root: bytes, draw: str = "") -> list[str]:
    """Return so many places, those with the smallest hash of the log's root, a word and their name.

    Who writes the log could append entries until a root suits them. A `draw`, a word that the
    auditor makes up on the day, they cannot know. Anybody can draw again.

    >>> drawn(["shard 0, slice 0", "shard 0, slice 1", "shard 1, slice 0"], 1, bytes(32))
    ['shard 0, slice 1']
    """
    return sorted(places, key=lambda place: digest("vanne/sample/1", root, draw, place))[:count]


def chance(false: int, count: int, of: int) -> float:
    """Return how likely `count` samples of so many show at least one of the false.

    >>> chance(1, 4, 16), chance(8, 4, 16) > 0.96
    (0.25, True)
    """
    return 1 - comb(of - false, count) / comb(of, count)


def _sample(
    model: Model, documents: tuple[Document, ...], plan: Plan, home: Home, count: int, draw: str
) -> ProofTask:
    steps = {GROUND: None} | {step.place: step for step in plan.steps()}
    with Ledger.of(home, read_only=True) as ledger:
        size = ledger.size
        root = ledger.root(size)
    places = drawn(steps, count, root, draw)
    shards = sorted({step.shard for place in places if (step := steps[place])})
    why = f"drawn by the root {to_base64(root)} of the {size:,} entries of the ledger"
    why += f" and your word `{draw}`" if draw else ""
    odds = ", ".join(
        f"{false:,} with {chance(false, len(places), len(steps)):.0%}"
        for false in sorted({1, 2, 4, 8, len(steps) // 2})
        if 0 < false <= len(steps)
    )
    told = (
        f"{'; '.join(places)}: {len(places):,} of {len(steps):,}, {why}. So many samples find "
        f"false ones among them: {odds}"
    )
    return ProofTask(model, documents, plan, frozenset(places), tuple(shards), why, told)


def prove(task: ProofTask, home: Home, progress: Progress | None = None) -> list[Check]:
    """Train again in another process, and compare the bytes and counts of each checkpoint.

    A slice sets out from a certified checkpoint. So what this environment trained is proved, even
    where other slices are of another one: these are named, and not checked.

    Raises:
        VerificationError: the bytes differ.
        MissingError: this machine trained nothing of what is to be proved.
    """
    model, notes, ground = task.model, task.notes, read_ground(home.ground)
    if not model.starts_from(ground):
        raise failed("proof", "the texts of the ground are not those that it was trained on")
    base, proved = find_base(model.settings).digest, set[str]()
    for facts in model.environments:
        settings = trained_with(model.settings, facts)
        ours = {place for place, note in notes.items() if model.environment_of(note) == facts}
        if ours and not changed(facts, environment(settings, base)):
            _require_same(task, ours, settings, ground, home, progress)
            proved |= ours
    if not proved and notes:
        raise _elsewhere(model, environment(trained_with(model.settings, model.environment), base))
    shards = ", ".join(map(str, task.shards)) or "none"
    told = task.told or f"shards {shards} ({task.why})"
    how = "again" if task.told else "from nothing"
    others = sorted(notes.keys() - proved)
    if not others:
        return [Check("proof", f"trained {how}, the same bytes: {told}")]
    elsewhere = f"{'; '.join(others)}: of another environment, which this machine cannot prove"
    return [
        Check("proof", f"trained again, the same bytes: {'; '.join(sorted(proved))}, of {told}"),
        Check("proof", elsewhere, is_checked=False),
    ]


def _require_same(
    task: ProofTask,
    places: Collection[str],
    settings: TrainingSettings,
    ground: Sequence[str],
    home: Home,
    progress: Progress | None,
) -> None:
    """Train some places again, each from the certified checkpoint before it where that is given."""
    model, store = task.model, ModelStore(home.model)
    steps = [step for step in task.plan.steps() if step.place in places]
    shards = tuple(sorted({step.shard for step in steps}))
    notes = model.trained(task.plan)
    there = [GROUND, *(step.place for step in task.plan.steps() if step.shard in shards)]
    given = {
        store.checkpoint(notes[place].key): notes[place] for place in there if place not in places
    }
    job = ProofJob(
        task.documents,
        settings,
        tuple(ground),
        salt_of(store),
        shards,
        model.corpus_version,
        model.environments,
    )
    again = _apart(job, progress, home.model, given)
    made = {step.place: again.shards[step.shard][step.slice] for step in steps}
    made |= {GROUND: again.ground} if GROUND in places else {}
    if false := [place for place, note in made.items() if identity(note) != identity(notes[place])]:
        raise failed("proof", f"training again gives other bytes of {'; '.join(false)}")


def _elsewhere(model: Model, here: Facts) -> MissingError:
    """Say why nothing can be proved here."""
    what = "this machine differs from the one that trained: "
    what += ", ".join(changed(model.environment, here))
    return MissingError(what, todo="prove it on one like that: the bits may differ here")


def train_job(folder: Path, job: ProofJob, progress: Progress | None) -> Model:
    """Train what a job says."""
    return fit(
        job.documents,
        folder,
        job.settings,
        corpus_version=job.corpus_version,
        ground=job.ground,
        progress=progress,
        options=FitOptions(shards=job.shards, salt=job.salt, accept=job.accept),
    )


def _train_apart(folder: Path, job: ProofJob, says: "Connection") -> None:
    """Be the process that trains a job: say each step, and last the model or why there is none."""
    try:
        says.send(train_job(folder, job, lambda *step: says.send(step)))
    except BrokenPipeError:
        return  # who asked is gone
    except VanneError as error:
        says.send(error.title)
    except Exception as error:  # its message could hold a text
        says.send(f"a fault of ours ({type(error).__name__})")
