"""`vanne azure train` and `ask`: from the corpus to a model that answers."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.azure.conftest import Vanne
from tests.azure.network import DENIED, say, settings_text
from tests.azure.server import Azure
from vanne.azure.settings import Settings
from vanne.azure.state import read_state
from vanne.config import Home


def state(home: Home):
    return read_state(home, Settings.read(home.azure_settings))


def test_a_model_of_the_corpus_is_trained_deployed_and_answers(
    run: Vanne, home: Home, azure: Azure
) -> None:
    done = run("train")
    assert (done.exit_code, done.exception) == (0, None), done.output
    serving = state(home).serving
    assert serving is not None and f"serves as `{serving.name}`" in done.stdout
    assert azure.deployments[serving.name]["properties"]["model"]["name"] == serving.model
    answered = run("ask", "Dis bonjour")
    assert (answered.exit_code, answered.stdout) == (0, "Bonjour.\n")
    assert azure.said == [[{"role": "user", "content": "Dis bonjour"}]]
