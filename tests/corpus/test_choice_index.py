"""Who chose for an item is found in what is kept, in what came since, and in no other ledger."""

from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

from vanne.config import Home
from vanne.corpus.choice_index import choosers, segments
from vanne.ledger import Ledger
from vanne.terms import MAIN_PURPOSE, Choice

AT = datetime(2026, 5, 1, tzinfo=UTC)


def off(person: str, item: str | None) -> Choice:
    return Choice(person, MAIN_PURPOSE, "item" if item else "all", False, AT, item)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def keep(home: Home, ledger: Ledger) -> None:
    (home.corpus / "choices").mkdir(parents=True, exist_ok=True)
    segments(home.corpus / "choices", ledger, ledger.size)


@pytest.mark.parametrize("is_kept", [True, False], ids=["kept", "not kept"])
def test_everybody_who_chose_for_an_item_is_found_and_nobody_else(
    home: Home, is_kept: bool
) -> None:
    with Ledger.create(home) as ledger:
        assert choosers(home, ledger, {"a"}) == {}
        ledger.append([off("p", "a"), off("q", "b"), off("r", None), off("s", "a")])
        if is_kept:
            keep(home, ledger)
        assert choosers(home, ledger, {"a", "c"}) == {"a": {"p", "s"}}
        ledger.append([off("t", "a"), off("u", "c")])
        assert choosers(home, ledger, {"a", "c"}) == {"a": {"p", "s", "t"}, "c": {"u"}}
        keep(home, ledger)
        assert choosers(home, ledger, {"a", "c"}) == {"a": {"p", "s", "t"}, "c": {"u"}}


@pytest.mark.parametrize(("kept", "new", "number"), [(1, 1, 1), (3, 2, 1), (4, 2, 1), (5, 2, 2)])
def test_what_is_kept_joins_the_new_unless_it_is_more_than_twice_as_large(
    home: Home, kept: int, new: int, number: int
) -> None:
    with Ledger.create(home) as ledger:
        for size in (kept, new):
            ledger.append([off(f"p{n}", "a") for n in range(size)])
            keep(home, ledger)
        chain = segments(home.corpus / "choices", ledger, ledger.size)
    assert len(chain) == number
    assert len(list((home.corpus / "choices").glob("*.arrow"))) == number


def test_what_was_remembered_of_another_history_is_forgotten(home: Home, tmp_path: Path) -> None:
    elsewhere = Home(tmp_path / "elsewhere")
    Ledger.create(home).close()
    copytree(home.root, elsewhere.root, ignore=ignore_patterns("elsewhere"))  # with the same key
    with Ledger.of(home) as ledger:
        ledger.append([off("p", "a"), off("q", "a")])
        assert choosers(home, ledger, {"a"}) == {"a": {"p", "q"}}
    with Ledger.of(elsewhere) as forked:
        forked.append([off("z", "a"), off("y", "b"), off("x", "b")])
        assert choosers(home, forked, {"a", "b"}) == {"a": {"z"}, "b": {"x", "y"}}


def test_damaged_segments_are_passed_over(home: Home) -> None:
    with Ledger.create(home) as ledger:
        ledger.append([off("p", "a")])
        keep(home, ledger)
        (path,) = (home.corpus / "choices").glob("*.arrow")
        path.write_bytes(b"no arrow")
        assert choosers(home, ledger, {"a"}) == {"a": {"p"}}
