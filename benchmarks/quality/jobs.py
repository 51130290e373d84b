"""One training of the benchmark: a network, settings and a ground; every checkpoint is kept.

Jobs are memoised like every training (a store per job, named by what it is made of), so a run that
was stopped goes on. The ground depends on neither shards nor slices nor epochs, so it is trained
once per kind of text and lent to every job that sets out from it.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.quality.grounds import texts_of
from benchmarks.quality.variants import train_variant
from benchmarks.terminal import say
from benchmarks.training import demo_corpus
from vanne.corpus import Document
from vanne.errors import MissingError
from vanne.files import write_whole
from vanne.train.base import find_base
from vanne.train.digests import digest
from vanne.train.environment import environment
from vanne.train.fit import FitOptions, fit
from vanne.train.model import Model, current
from vanne.train.settings import TrainingSettings
from vanne.train.shards import ground_key
from vanne.train.store import ModelStore

SALT = bytes(range(32))
SEED = 7
AS_OF = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Job:
    """What is trained. `lang`: only the documents in this language, for routing by language."""

    members: int
    settings: TrainingSettings
    ground: str = "ads"
    lang: str | None = None
    variant: str | None = None

    def store(self, work: Path) -> Path:
        """Return where its checkpoints lie."""
        name = digest("job", json.dumps(self.as_dict(), sort_keys=True))
        return work / "jobs" / name[:16]

    def is_trained(self, work: Path) -> bool:
        """Say whether it was trained to its end."""
        return (self.store(work) / "job.json").exists()

    def as_dict(self) -> dict[str, Any]:
        """Return it for a JSON document."""
        settings = {name: v for name, v in self.settings.as_dict().items() if name != "threads"}
        facts = {name: value for name, value in asdict(self).items() if value is not None}
        return {**facts, "settings": settings}

    def ground_alone(self) -> TrainingSettings:
        """Return the settings of its ground, the same for all jobs that share it."""
        return replace(self.settings, shards=1, slices=1, epochs=0)


def train(job: Job, work: Path) -> Model:
    """Train a job, or find it trained."""
    store = ModelStore(job.store(work))
    texts = texts_of(job.ground)
    start = _lend_ground(job, store, work, texts)
    documents = documents_of(job.members, work, job.lang)
    if job.variant:
        train_variant(job.variant, documents, store, job.settings, start, SALT)
    model = fit(
        documents,
        store.root,
        job.settings,
        corpus_version=f"{job.members} members",
        ground=texts,
        options=FitOptions(salt=SALT),
    )
    write_whole(store.root / "job.json", json.dumps(job.as_dict()).encode())
    rate = model.run.tokens / max(model.run.seconds, 1e-9)
    say(f"{model.run.tokens:,} tokens, {rate:.0f}/s: {job}")
    return model


def train_ground(job: Job, work: Path) -> tuple[ModelStore, Model]:
    """Train the ground of a job alone, or find it trained."""
    settings = job.ground_alone()
    name = digest("ground", job.ground, settings.digest())[:16]
    store = work / "grounds" / name
    with suppress(MissingError):
        return ModelStore(store), current(store)  # without its lock: other jobs read it, too
    texts = texts_of(job.ground)
    return ModelStore(store), fit(
        [], store, settings, corpus_version="", ground=texts, options=FitOptions(salt=SALT)
    )


def _lend_ground(job: Job, store: ModelStore, work: Path, texts: Sequence[str]) -> str:
    facts = environment(job.settings, find_base(job.settings).digest)
    key = ground_key(texts, job.settings, facts)
    if store.note(key) is None:
        lender, model = train_ground(job, work)
        tensors = lender.load_state(model.ground.key, model.ground.sha256)
        store.save(tensors, replace(model.ground, key=key))
    return key


def documents_of(members: int, work: Path, lang: str | None = None) -> list[Document]:
    """Return the documents that the policy in force allows of a network, made once."""
    path = work / f"documents-{members}.json"
    if not path.exists():
        with demo_corpus(members, SEED, as_of=AS_OF) as found:
            rows = [[getattr(row, f.name) for f in fields(Document)] for row in found.documents]
        write_whole(path, json.dumps(rows).encode())
    rows = [Document(*row) for row in json.loads(path.read_text())]
    return [row for row in rows if lang is None or row.lang == lang]
