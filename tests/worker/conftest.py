"""Workers that train directly what is short: a test does not wait for the night."""

import pytest


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VANNE_TRAIN_SOON_SECONDS", "600")
