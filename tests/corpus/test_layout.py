"""A table that is added loses nothing, keeps each member's items together, and never's apart."""

import random
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from vanne.config import Home
from vanne.corpus import build, current, intake, read, refresh
from vanne.corpus.intake import add
from vanne.errors import InputError, StorageError
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources.tables import read_items, write_items, write_members
from vanne.terms import Item, Member

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
MEMBERS = [f"member-{n}" for n in range(40)]


def item(number: int, category: str = "post") -> Item:
    owner = random.Random(number).choice(MEMBERS)
    made = datetime(2024, 5, 1, tzinfo=UTC)
    return Item(
        f"item-{number}", owner, category, created_at=made, text=f"text {number}", subjects=(owner,)
    )


ITEMS = [item(n, "salary" if n % 7 == 0 else "post") for n in range(300)]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.items.mkdir(parents=True)
    write_members([Member(m, "CH", datetime(1990, 4, 12).date()) for m in MEMBERS], home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.create(home.ledger).close()
    return home


@pytest.fixture
def table(tmp_path: Path) -> Path:
    shuffled = random.Random(1).sample(ITEMS, len(ITEMS))
    write_items(shuffled, tmp_path / "table.parquet")
    return tmp_path / "table.parquet"


def rows_in(home: Home) -> dict[str, list[Item]]:
    paths = sorted(home.items.glob("*.parquet"))
    return {path.name: list(read_items(str(path))) for path in paths}


def test_nothing_is_lost_and_what_is_never_used_lies_apart(home: Home, table: Path) -> None:
    added = add(home, str(table))
    files = rows_in(home)
    assert added.files == {name: len(items) for name, items in files.items()}
    assert sorted(i.item_id for items in files.values() for i in items) == sorted(
        i.item_id for i in ITEMS
    )
    for name, items in files.items():
        assert {i.category == "salary" for i in items} == {name.startswith("never-")}
        assert set(items) <= set(ITEMS)  # whole: every value as it was


def test_each_member_s_items_lie_together(home: Home, table: Path, monkeypatch) -> None:
    monkeypatch.setattr(intake, "ROWS_PER_FILE", 100)
    added = add(home, str(table))
    assert len(added.files) >= 4
    places: dict[str, set[str]] = {}
    for name, items in rows_in(home).items():
        owners = [i.owner for i in items]
        changes = sum(a != b for a, b in pairwise(owners))
        assert changes == len(set(owners)) - 1  # each in one run
        for owner in owners:
            places.setdefault(f"{owner} {name.split('-')[0]}", set()).add(name)
    assert all(len(names) == 1 for names in places.values())


def test_the_same_table_in_another_order_gives_the_same_files(
    home: Home, table: Path, tmp_path
) -> None:
    first = add(home, str(table)).files
    for path in home.items.glob("*.parquet"):
        path.unlink()
    again = f"SELECT * FROM '{table}' ORDER BY item_id"
    assert add(home, again).files == first


def test_new_items_join_the_corpus_at_the_next_refresh(home: Home, table: Path, tmp_path) -> None:
    add(home, str(table))
    before = build(home, AS_OF)
    write_items([item(1000)], tmp_path / "new.parquet")
    add(home, str(tmp_path / "new.parquet"))
    assert current(home) == before
    assert "item-1000" in [d.item_id for d in read(home, refresh(home, AS_OF))]


def test_an_item_that_is_there_already_is_refused_with_its_row(
    home: Home, table: Path, tmp_path
) -> None:
    add(home, str(table))
    there = rows_in(home)
    write_items([item(1000), ITEMS[1]], tmp_path / "new.parquet")
    with pytest.raises(InputError, match=r"new\.parquet: row 2: an item with that `item_id`"):
        add(home, str(tmp_path / "new.parquet"))
    assert rows_in(home) == there


def test_a_table_that_cannot_be_read_leaves_nothing_behind(home: Home, tmp_path) -> None:
    (tmp_path / "bad.csv").write_text("item_id,owner\n1,ada\n")
    with pytest.raises(InputError, match="column `category` is missing"):
        add(home, str(tmp_path / "bad.csv"))
    with pytest.raises(StorageError, match="no such file"):
        add(home, str(tmp_path / "none.parquet"))
    assert list(home.items.iterdir()) == []


def test_text_tables_are_laid_out_as_they_are(home: Home, tmp_path) -> None:
    (tmp_path / "items.csv").write_text(
        "item_id,owner,category,created_at,subjects,text\n"
        "1,member-1,post,2024-05-01,member-2;member-3,hello\n"
        "2,member-1,post,yesterday,,hello\n"
    )
    add(home, str(tmp_path / "items.csv"))
    counts = build(home, AS_OF).counts
    assert counts == {"allowed": 1, "unreadable": 1}
    assert [d.shared for d in read(home, current(home))] == [True]


def test_files_are_parquet_that_anything_reads(home: Home, table: Path) -> None:
    for name, rows in add(home, str(table)).files.items():
        path = home.items / name
        assert pq.read_metadata(path).num_rows == rows
        assert duckdb.sql(f"SELECT count(DISTINCT item_id) FROM '{path}'").fetchall() == [(rows,)]


def test_an_addition_that_was_cut_short_while_files_were_put_in_place_is_finished(
    home: Home, table: Path, monkeypatch
) -> None:
    with monkeypatch.context() as short:
        short.setattr("vanne.corpus.intake.finish_adding", lambda home: None)
        added = add(home, str(table))
    (folder,) = home.items.glob(".added-*")
    name = min(added.files)
    (folder / name).rename(home.items / name)  # one file was in its place already
    assert sum(file.rows for file in build(home, AS_OF).files) == len(ITEMS)
    assert sorted(rows_in(home)) == sorted(added.files)
    assert not folder.exists()


def test_an_addition_that_was_cut_short_before_adds_nothing(home: Home, table: Path) -> None:
    stale = home.items / ".adding-1"
    stale.mkdir()
    (stale / "items-1.parquet").write_bytes(b"half")
    with pytest.raises(InputError, match="no data files"):
        build(home, AS_OF)
    add(home, str(table))
    assert not stale.exists()
