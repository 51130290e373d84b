"""The API of the small network, asked by programs with real tokens."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.train.tiny import (
    GROUND,
    SALT,
    documents,
    save_tiny_gguf,
    tiny_settings,
    without,
)
from tests.web.network import START, clock, item, make_home
from vanne import settings
from vanne.config import Home
from vanne.corpus import refresh
from vanne.demo.network import policy_text
from vanne.ledger import Ledger
from vanne.objections import match, object_to
from vanne.plugins import manager
from vanne.policy.schedule import policy_at
from vanne.sources.tables import write_items
from vanne.terms import MAIN_PURPOSE
from vanne.tokens import create, scopes_known
from vanne.train.fit import fit
from vanne.train.settings import TrainingSettings
from vanne.web import create_app

ORIGIN = "http://127.0.0.1:8000"


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tell the tests of schemathesis apart: with pytest 9.2 all operations have one id."""
    _, bracket, operation = item.name.partition("[")
    if bracket and not item.nodeid.endswith(item.name):
        item._id = item.id.with_params(operation.removesuffix("]"))


def token_for(home: Home, *scopes: str) -> str:
    """Make a token; with no scope named, it has all of them."""
    return create(home, "tests", scopes or scopes_known(), 1, datetime.now(UTC))


def asking(
    home: Home,
    *scopes: str,
    rate_limit: str = "off",
    now: Callable[[], datetime] | None = None,
) -> TestClient:
    """A program that holds a token of some scopes, or of all."""
    app = create_app(home, now=now or clock(), settings=settings.Settings(rate_limit=rate_limit))
    headers = {"authorization": f"Bearer {token_for(home, *scopes)}"}
    return TestClient(app, base_url=ORIGIN, headers=headers)


@pytest.fixture
def asked(home: Home) -> Iterator[TestClient]:
    """A program that holds a token of every scope."""
    with asking(home) as asked:
        yield asked


@pytest.fixture(scope="session")
def talking(tmp_path_factory: pytest.TempPathFactory) -> TrainingSettings:
    """Settings that train a tiny model which llama.cpp reads, so that it answers."""
    return tiny_settings(save_tiny_gguf(tmp_path_factory.mktemp("talking") / "tiny.gguf"))


def make_searched(root: Path) -> Home:
    """The small network, in which people can be found if assist is attached."""
    home = make_home(root, policy_text())
    if manager().has_plugin("assist"):
        from vanne_assist.search.indexer import update

        update(home, START)
    return home


def with_objection(home: Home) -> Home:
    """Let somebody who is no member object (entry 3), and find an item that may be about her."""
    praise = item("a-praise-2", "anna", "post", "Hier, j'ai vu DUPONT, Marie. Il pleuvait.")
    write_items([praise], home.items / "more.parquet")
    refresh(home, START)
    with Ledger(home.ledger) as ledger:
        object_to(ledger, "Marie Dupont", None, MAIN_PURPOSE, START, key="marie", channel="web")
    match(home, policy_at(home, START))
    return home


def with_model(home: Home, tiny: TrainingSettings, *leavers: int, corpus: str = "c1") -> str:
    """Train the tiny model in a home on what is left when members leave; return its version."""
    home.model.mkdir(exist_ok=True)
    (home.model / "salt").write_bytes(SALT)
    rows = without(documents(4), *leavers)
    return fit(rows, home.model, tiny, corpus_version=corpus, ground=GROUND).version


def problem(answer: Any) -> tuple[int, str]:
    """Return the status and the type of a problem document, which must be whole."""
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert set(said) - {"errors", "error"} == {"schema", "type", "title", "detail", "status"}
    assert said["status"] == answer.status_code
    return answer.status_code, said["type"].removeprefix("urn:vanne:problem:")


def errors(answer: Any) -> list[tuple[int | None, str | None]]:
    """Return which rows and fields a problem document blames."""
    assert problem(answer) == (422, "bad-input")
    return [(fault["row"], fault["field"]) for fault in answer.json()["errors"]]


def size(home: Home) -> int:
    """Return how many entries the ledger has on the disk."""
    with Ledger(home.ledger, read_only=True) as ledger:
        return ledger.size
