"""The tiny model, made once for the tests of forgetting."""

import pytest

from tests.train.tiny import save_tiny_model, tiny_settings
from vanne.train.settings import Settings


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings that train the tiny model."""
    return tiny_settings(save_tiny_model(tmp_path_factory.mktemp("tiny-model")))
