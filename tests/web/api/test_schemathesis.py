"""The OpenAPI document is true: schemathesis asks what it permits, and what it forbids.

What it found, and what was mended, is told in docs/log.md.
"""

import re
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis.strategies import from_regex
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.config._checks import NegativeDataRejectionConfig, PositiveDataAcceptanceConfig
from schemathesis.pytest.lazy import get_all_tests
from starlette.testclient import TestClient

from tests.inference.starting import start_fast
from tests.web.api.conftest import make_searched, token_for, with_model, with_objection
from tests.web.network import clock
from vanne import settings
from vanne.config import Home
from vanne.corpus import current
from vanne.train.settings import TrainingSettings
from vanne.web import create_app
from vanne.web.api.app import document, routes
from vanne.web.api.problems import is_openai
from vanne.web.app import HOSTS

EXAMPLES = 2
"""For each operation, besides those of the document and of every boundary of its values."""

load_all_checks()
KEY = re.compile(r'"[!#-\[\]-~]{1,255}"', re.ASCII)
FOR_THE_MODEL = CHECKS.get_by_names(["positive_data_acceptance"])
"""What fits its description may be longer than the model reads, or name a version that is gone."""
ANY_TEXT_IS_A_LIST = CHECKS.get_by_names(["negative_data_rejection"])
EXPECTED = ChecksConfig(
    # what fits its description may still break a rule: a purpose that no policy names, say
    positive_data_acceptance=PositiveDataAcceptanceConfig(expected_statuses=["2xx", 404, 409, 422]),
    negative_data_rejection=NegativeDataRejectionConfig(
        expected_statuses=[400, 401, 404, 405, 413, 415, 422]
    ),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, talking: TrainingSettings) -> Home:
    """A home in which there is something for every operation, and a model that answers."""
    home = with_objection(make_searched(tmp_path_factory.mktemp("asked")))
    with_model(home, talking, corpus=current(home).version)
    return home


@pytest.fixture(scope="module")
def described(home: Home) -> Iterator[schemathesis.BaseSchema]:
    """The document, and the application that it describes."""
    generation = GenerationConfig(max_examples=EXAMPLES, deterministic=True)
    project = ProjectConfig(generation=generation, checks=EXPECTED, request_timeout=60)
    config = SchemathesisConfig(seed=1, projects=ProjectsConfig(default=project))
    schemathesis.openapi.format("sf-string", from_regex(KEY, fullmatch=True))
    schema = schemathesis.openapi.from_dict(document(routes()), config=config)
    schema.app = app = create_app(
        home,
        now=clock(),
        hosts=(*HOSTS, "testserver"),
        settings=settings.Settings(rate_limit="off"),
    )
    with pytest.MonkeyPatch.context() as patch, TestClient(app):  # which ends the engine
        start_fast(patch)
        yield schema


@pytest.fixture(scope="module")
def token(home: Home) -> str:
    return token_for(home)


def answers_as_described(case: schemathesis.Case, token: str) -> None:
    excluded = ANY_TEXT_IS_A_LIST if case.media_type == "text/plain" else []
    excluded = FOR_THE_MODEL if is_openai(case.operation.path) else excluded
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=excluded)


def test_every_operation_answers_as_it_is_described(
    described: schemathesis.BaseSchema, token: str, subtests: pytest.Subtests
) -> None:
    """Its cases are made here: as parameters every process would make them when it collects."""
    asked = 0
    for made in get_all_tests(
        schema=described, test_func=answers_as_described, settings=None, given_kwargs=None
    ):
        operation, ask = made.ok()
        with subtests.test(operation.label):
            ask(token=token)
        asked += 1
    assert asked == sum(map(len, document(routes())["paths"].values()))
