"""The network with a past, made once and copied for each test."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.report.lives import PastLife, make_past
from vanne.config import Home
from vanne.train.settings import TrainingSettings


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory, tiny: TrainingSettings) -> PastLife:
    """The network with a past, for reading."""
    return make_past(tmp_path_factory.mktemp("past"), tiny)


@pytest.fixture
def past(lived: PastLife, tmp_path: Path) -> PastLife:
    """The same in a folder of its own, for one test to change."""
    return replace(lived, home=Home(Path(shutil.copytree(lived.home.root, tmp_path / "past"))))
