"""A server that speaks OpenAI's API, and settings that name it."""

from collections.abc import Iterator

import pytest

from tests.assist.model_server import Model, serving
from vanne_assist.model_server import WritingSettings


@pytest.fixture
def model() -> Iterator[Model]:
    with serving() as found:
        yield found


@pytest.fixture
def settings(model: Model) -> WritingSettings:
    return WritingSettings(base_url=model.url, model="small", attempts=2)
