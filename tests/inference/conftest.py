"""Stores with a tiny model that was really trained, and a way to replace it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.train.tiny import GROUND, SALT, documents, without
from tests.train.tiny import train as tiny_train
from vanne.train.fit import fit
from vanne.train.settings import TrainingSettings

Train = Callable[..., str]


@pytest.fixture
def train(tiny: TrainingSettings, tmp_path: Path) -> Train:
    """Train the tiny model on what is left when members leave; return its version."""
    store = tmp_path / "home" / "model"

    def trained(*leavers: int) -> str:
        rows = without(documents(4), *leavers)
        if not store.exists():
            model = tiny_train(rows, store, tiny)
            (store / "salt").write_bytes(SALT)
            return model.version
        version = f"corpus without {leavers}"
        return fit(rows, store, tiny, corpus_version=version, ground=GROUND).version

    return trained


@pytest.fixture
def store(train: Train, tmp_path: Path) -> Path:
    """A store whose current model has seen four members."""
    train()
    return tmp_path / "home" / "model"
