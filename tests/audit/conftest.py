"""A trained model whose canaries were read thirty times, and the same audited."""

import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from benchmarks.audit.canaries import Canary, invent

from tests.audit.learnt import save_read_model, sentence
from tests.train.tiny import GROUND, SALT, tiny_settings
from vanne.corpus import Document
from vanne.train.fit import FitOptions, fit
from vanne.train.model import Model, items_in
from vanne.train.settings import TrainingSettings
from vanne_audit.auditing import AuditSize, audit, sample
from vanne_audit.membership import ModelStanding

MEMBERS = 24
SIZE = AuditSize(people=MEMBERS, draws=200)


@dataclass(frozen=True)
class Trained:
    """A model, and everybody who is or could be in it."""

    store: Path
    model: Model
    documents: list[Document]
    canaries: list[Canary]

    def audited(self, **changes: Any) -> dict[str, Any]:
        held, settings = items_in(self.store, self.model), self.model.settings
        besides = {canary.id for canary in self.canaries}
        inside = ((d, held[d.item_id]) for d in self.documents if d.owner not in besides)
        people = sample(inside, ModelStanding.IN, SIZE, SALT, settings.shards)
        canaries = [canary.as_person(held, SALT, settings) for canary in self.canaries]
        groups = {"members": people, "canaries": canaries}
        return audit(self.store, self.model, groups, replace(SIZE, **changes))


def members(count: int = MEMBERS) -> list[Document]:
    draw = random.Random(3)
    return [Document(f"i{n}", f"m{n}", sentence(draw), "en", "post") for n in range(count)]


def records(canaries: list[Canary]) -> list[Document]:
    return [
        Document(canary.item_id(n), canary.id, text, "en", "post")
        for canary in canaries
        if canary.planted
        for n, text in enumerate(canary.records)
    ]


def train(store: Path, documents: list[Document], settings: TrainingSettings) -> Model:
    return fit(
        documents, store, settings, corpus_version="c", ground=GROUND, options=FitOptions(salt=SALT)
    )


@pytest.fixture(scope="session")
def reader(tmp_path_factory) -> TrainingSettings:
    """Settings that learn by heart, on a tiny model that has read a little."""
    base = save_read_model(tmp_path_factory.mktemp("reader"))
    return replace(
        tiny_settings(base),
        slices=1,
        max_tokens=100,
        rank=8,
        layers=2,
        learning_rate=0.01,
        epochs=8,
    )


@pytest.fixture(scope="session")
def crammed(reader: TrainingSettings, tmp_path_factory) -> Trained:
    """A model that has learnt its canaries and members by heart."""
    canaries = invent(16, 8, 3, reader, SALT, seed=1)
    documents = [*members(), *records(canaries)]
    store = tmp_path_factory.mktemp("crammed") / "model"
    return Trained(store, train(store, documents, reader), documents, canaries)


@pytest.fixture(scope="session")
def found(crammed: Trained) -> dict[str, Any]:
    """What the audit of it found."""
    return crammed.audited()
