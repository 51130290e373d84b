"""An item is followed through all versions: in which it was, and why not in the others."""

import json
from datetime import timedelta

import pytest

from tests.conftest import Run
from tests.corpus.test_view import AS_OF, ITEMS, home, item, say_no  # noqa: F401
from vanne.config import Home
from vanne.corpus import build, refresh
from vanne.corpus.history import trace
from vanne.errors import InputError
from vanne.sources.tables import write_items
from vanne.terms import Reason

LATER = AS_OF + timedelta(days=1)


def test_a_no_shows_as_the_version_from_which_on_the_item_is_out(home: Home) -> None:  # noqa: F811
    first = build(home, AS_OF)
    say_no(home, "ada")
    second = refresh(home, LATER)
    traces = trace(home, "a1").traces
    assert [(t.version, t.reason) for t in traces] == [
        (first.version, Reason.ALLOWED),
        (second.version, Reason.OFF),
    ]
    assert [(t.as_of, t.ledger_size, t.file, t.row) for t in traces] == [
        (AS_OF, 0, "items.parquet", 0),
        (LATER, 1, "items.parquet", 0),
    ]


def test_an_item_is_traced_from_the_version_with_which_it_came(home: Home) -> None:  # noqa: F811
    build(home, AS_OF)
    write_items([item("new", "bob")], home.items / "new.parquet")
    second = refresh(home, LATER)
    assert [t.version for t in trace(home, "new").traces] == [second.version]
    (home.items / "new.parquet").unlink()
    refresh(home, LATER + timedelta(days=1))
    with pytest.raises(InputError, match="no version of the corpus knows that item"):
        trace(home, "new")  # what was kept of its file went with it
    assert not any(b"new" in path.read_bytes() for path in (home.corpus / "facts").iterdir())


def test_what_is_never_used_is_traced_too(home: Home) -> None:  # noqa: F811
    build(home, AS_OF)
    assert [t.reason for t in trace(home, "a3").traces] == [Reason.CATEGORY_NEVER]


def test_an_unknown_item_is_an_error_that_does_not_repeat_the_id(home: Home) -> None:  # noqa: F811
    build(home, AS_OF)
    with pytest.raises(InputError, match="no version of the corpus knows that item"):
        trace(home, "secret-id")


def test_the_command_says_it_in_lines_and_as_json(home: Home, vanne: Run) -> None:  # noqa: F811
    build(home, AS_OF)
    say_no(home, "ada")
    refresh(home, LATER)
    told = vanne("verdict", "a1", "--history", "--home", home.root)
    assert [line.split()[4] for line in told.stdout.splitlines()] == ["allowed", "off"]
    document = json.loads(vanne("verdict", "a1", "--history", "--home", home.root, "--json").stdout)
    (item,) = document["items"]
    assert [row["reason"] for row in item["versions"]] == ["allowed", "off"]
