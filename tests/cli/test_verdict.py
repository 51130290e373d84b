"""`vanne verdict`: the reasons of single items, from the current corpus and of no other."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.conftest import Run
from vanne.config import Home
from vanne.corpus import build, current, refresh
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources.tables import write_items, write_members
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOON.replace(hour=13)
POST = Item("1", "ada", "post", created_at=NOON.replace(year=2025), text="a text")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A corpus of a post that is allowed, and of a salary in a file of its own."""
    home = Home(tmp_path / "home")
    write_items([POST], home.items / "items.parquet")
    write_items([replace(POST, item_id="2", category="salary")], home.items / "never.parquet")
    write_members([Member("ada", "CH", date(1990, 1, 1))], home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.create(home.ledger).close()
    build(home, NOON)
    return home


def test_one_item_gets_its_reason(home: Home, vanne: Run) -> None:
    done = vanne("verdict", "1", "--home", home.root)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\tallowed\n", "")


def test_several_get_theirs_in_the_order_asked_and_a_strange_one_is_unknown(
    home: Home, vanne: Run
) -> None:
    done = vanne("verdict", "nothing", "2", "1", "2", "--home", home.root)
    assert done.stdout == "nothing\tunknown\n2\tcategory-never\n1\tallowed\n2\tcategory-never\n"


def test_ids_come_from_a_file_or_from_another_command(
    home: Home, vanne: Run, tmp_path: Path
) -> None:
    file, said = tmp_path / "ids", "2\tcategory-never\n1\tallowed\n"
    file.write_bytes(b"2\r\n\n1")
    where = ("--home", home.root)
    assert vanne("verdict", "--ids", file, *where).stdout == said
    assert vanne("verdict", "--ids", "-", *where, input="2\n1\n").stdout == said
    assert vanne("verdict", "-", *where, input="2\n1").stdout == said
    assert vanne("verdict", "1", "--ids", file, *where).stdout == "1\tallowed\n" + said


def test_no_ids_in_a_file_are_no_lines(home: Home, vanne: Run) -> None:
    done = vanne("verdict", "-", "--home", home.root, input="")
    assert (done.returncode, done.stdout) == (0, "")


def test_as_json_it_says_of_which_corpus(home: Home, vanne: Run) -> None:
    done = vanne("verdict", "1", "nothing", "--json", "--home", home.root)
    assert json.loads(done.stdout) == {
        "schema": "vanne/verdict-list/1",
        "purpose": MAIN_PURPOSE,
        "corpus": current(home).version,
        "as_of": NOON.isoformat(),
        "verdicts": [{"item_id": "1", "reason": "allowed"}, {"item_id": "nothing", "reason": None}],
    }


def test_what_was_switched_off_is_denied_after_the_refresh(home: Home, vanne: Run) -> None:
    with Ledger(home.ledger) as ledger:
        ledger.append([Choice("ada", MAIN_PURPOSE, "all", False, LATER)])
    assert vanne("verdict", "1", "--home", home.root).stdout == "1\tallowed\n"
    refresh(home, LATER)
    assert vanne("verdict", "1", "--home", home.root).stdout == "1\toff\n"


def test_an_id_that_is_no_text_is_unknown(home: Home, vanne: Run) -> None:
    done = vanne(
        "verdict", b"\xff".decode(errors="surrogateescape"), "--home", home.root, text=False
    )
    assert (done.returncode, done.stdout) == (0, b"\xff\tunknown\n")


# What goes wrong: one line that says what, where and what to do


def test_without_a_corpus_it_says_how_to_build_one(home: Home, vanne: Run) -> None:
    (home.corpus / "CURRENT").unlink()
    done = vanne("verdict", "1", "--home", home.root)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (69, "", 1)
    assert "vanne corpus build" in done.stderr


def test_a_file_that_is_no_list_of_ids_is_named(home: Home, vanne: Run, tmp_path: Path) -> None:
    file = tmp_path / "ids"
    file.write_bytes(b"1\n\xff")
    done = vanne("verdict", "--ids", file, "--home", home.root)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (65, "", 1)
    assert "ids` is not UTF-8" in done.stderr
    done = vanne("verdict", "--ids", tmp_path / "nowhere", "--home", home.root)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (74, "", 1)
    assert "nowhere" in done.stderr


def test_asking_about_nothing_is_a_mistake(home: Home, vanne: Run) -> None:
    done = vanne("verdict", "--home", home.root)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--ids" in done.stderr
