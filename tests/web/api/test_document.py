"""The OpenAPI document says what there is: every address, every status, with examples that work."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR
from starlette.testclient import TestClient

from tests.inference.starting import start_fast
from tests.table import every
from tests.web.api.conftest import asking, make_searched, with_model, with_objection
from vanne.terms import REASONS
from vanne.tokens import scopes_known
from vanne.train.settings import TrainingSettings
from vanne.web.api.app import document, operations, routes

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "api.md"
DOCUMENT = document(routes())
OPERATIONS = {o["operationId"]: (path, method, o) for path, method, o in operations(DOCUMENT)}
READ = {name: each for name, each in OPERATIONS.items() if each[1] != "head"}


def test_it_is_openapi_3_1_and_served_as_json(asked: TestClient) -> None:
    answer = asked.get("/v1/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == DOCUMENT
    assert DOCUMENT["openapi"].startswith("3.1.")
    OPENAPI_31_VALIDATOR.validate(DOCUMENT)


def test_it_lists_the_routes_that_there_are_and_no_other() -> None:
    there = {(route.path_format, method.lower()) for route in routes() for method in route.methods}
    there |= {(path, "head") for path, method in there if method == "get"}
    assert {(path, method) for path, method, _ in operations(DOCUMENT)} == there
    assert len(OPERATIONS) == len(there), "two operations have one id"


def test_every_reference_leads_somewhere() -> None:
    def references(part: Any) -> Iterator[str]:
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            if key == "$ref":
                yield value
            elif isinstance(value, dict | list):
                yield from references(value)

    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        part = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            part = part[name]


@every("name", OPERATIONS)
def test_every_operation_says_what_it_does_and_answers(name: str) -> None:
    _, method, operation = OPERATIONS[name]
    assert operation["summary"] and operation["description"] and operation["tags"]
    assert {tag["name"] for tag in DOCUMENT["tags"]}.issuperset(operation["tags"])
    for parameter in operation.get("parameters", []):
        assert parameter["description"], parameter["name"]
        assert "null" not in str(parameter["schema"])
    for scope in (scope for each in operation["security"] for scope in each["token"]):
        assert scope in scopes_known()
    statuses = {int(status) for status in operation["responses"]}
    assert {400, 500} < statuses
    assert bool(operation["security"]) == ({401, 403} < statuses)
    assert ("requestBody" in operation) == ({413, 415} < statuses)
    for status, response in operation["responses"].items():
        assert response["description"]
        if method == "head":
            assert "content" not in response
        elif int(status) >= 400:
            assert set(response["content"]) == {"application/problem+json"}


def test_every_field_of_what_is_written_by_hand_is_described() -> None:
    for name in ("NewChoice", "NewChoices", "RecordedBatch", "Problem", "Fault", "LedgerHead"):
        for field, said in DOCUMENT["components"]["schemas"][name]["properties"].items():
            assert "description" in said or field in ("schema", "status"), f"{name}.{field}"


def test_the_reasons_are_those_that_there_are() -> None:
    said = DOCUMENT["components"]["schemas"]["Reason"]["enum"]
    assert said == [reason.value for reason in REASONS]


def bodies(operation: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give every example of a body, with its media type."""
    for kind, content in operation.get("requestBody", {"content": {}})["content"].items():
        schema = content["schema"]
        if "$ref" in schema:
            schema = DOCUMENT["components"]["schemas"][schema["$ref"].split("/")[-1]]
        found = schema.get("examples", []) + [
            each["example"] for each in (content, schema) if "example" in each
        ]
        assert found, "a body without an example"
        for example in found:
            yield kind, example


def example_of(parameter: dict[str, Any]) -> Any:
    """Return the example of a parameter; None for one that may be left out."""
    if "example" in parameter:
        return parameter["example"]
    found = parameter["schema"].get("examples", [None])[0]
    assert found is not None or not parameter["required"], parameter["name"]
    return found


@pytest.fixture
def of_everything(
    tmp_path: Path, talking: TrainingSettings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    """A program that asks where there is something for every operation."""
    start_fast(monkeypatch)
    home = with_objection(make_searched(tmp_path / "home"))
    with_model(home, talking)
    with asking(home) as asked:
        yield asked


@every("name", READ)
def test_every_example_works(of_everything: TestClient, name: str) -> None:
    path, method, operation = READ[name]
    query: dict[str, Any] = {}
    for parameter in operation.get("parameters", []):
        value = example_of(parameter)
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", str(value))
        elif parameter["in"] == "query" and value is not None:
            query[parameter["name"]] = value
    for kind, body in list(bodies(operation)) or [(None, None)]:
        sent = {"json": body} if kind == "application/json" else {"content": body}
        headers = {"content-type": kind} if kind else {}
        answer = of_everything.request(method, path, params=query, headers=headers, **sent)
        assert answer.is_success, answer.text


def test_every_operation_and_problem_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for path, method, _ in READ.values():
        assert f"`{method.upper()} {path}`" in page, f"{method} {path}"
    source = Path(__file__).parents[3] / "src" / "vanne" / "web"
    for file in (*source.glob("api/*.py"), source / "limits.py"):
        for name in re.findall(r'\b[45]\d\d,\s*"([a-z-]+)"', file.read_text(encoding="utf-8")):
            assert f"`{name}`" in page, name


def test_the_page_for_people_shows_every_operation(asked: TestClient) -> None:
    answer = asked.get("/api")
    assert answer.status_code == 200
    for name, (path, method, _) in READ.items():
        assert f'id="{name}"' in answer.text
        assert f"{method.upper()} {path.replace(':id}', '}')}" in answer.text
