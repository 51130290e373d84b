"""A table in which a column was lost opens nothing: it is refused, or told, and never taken in
silence.

The columns are those of the public tables, each in turn: a new one cannot be forgotten here.
"""

import re
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

import vanne
from vanne.cli import cli
from vanne.config import Home
from vanne.corpus import build, current, read, refresh, verify
from vanne.corpus.contract import Accepting, load
from vanne.corpus.intake import add, init, put_members
from vanne.corpus.reader import check_heard
from vanne.errors import InputError, VerificationError
from vanne.ledger import Ledger
from vanne.report.member_items import find_member, some_members
from vanne.sources.schema import ITEMS, MEMBERS
from vanne.sources.tables import write_items, write_members
from vanne.terms import MAIN_PURPOSE, Choice, Item, Member

SOURCE = Path(vanne.__file__).parent
NOW = datetime(2026, 6, 1, tzinfo=UTC)
MADE = datetime(2026, 1, 5, 8, tzinfo=UTC)
PEOPLE = [
    Member(
        f"member-{n:03}",
        "CH",
        date(1990, 4, 12) if n % 10 else date(2010, 4, 12),
        signs=("secondary-school",) if n % 5 == 0 else (),
        joined_at=MADE,
    )
    for n in range(600)
]
POLICY = """
name = "shapes"
version = "1"
[purposes.generative-ai-training]
listed = { post = [], photo = [], position = [] }
never = { salary = [] }
age.minimum = 18
age.signs = ["secondary-school"]
sensitive.tags = ["health"]
[purposes.generative-ai-training.visibility]
listed = ["public"]
[[purposes.generative-ai-training.rollout]]
regions = ["CH"]
from = 2025-01-01
default = "on"
"""


def items(first: int, count: int) -> list[Item]:
    """Return items in which everything that may hold somebody's no does, in some."""
    return [
        Item(
            f"item-{n:05}",
            PEOPLE[n * 7 % 600].member_id,
            "photo" if n % 6 == 0 else "position" if n % 6 == 1 else "post",
            author="member-003" if n % 11 == 0 else None,
            subjects=("member-003",) if n % 5 == 0 else (),
            created_at=MADE + timedelta(minutes=n),
            visibility="public" if n % 4 else "connections",
            tags=("health",) if n % 13 == 0 else (),
            reservation="train-ai=n" if n % 17 == 0 else None,
            lang="fr",
            fields={"title": f"title {n}"} if n % 6 == 1 else {},
            text=f"text {n}",
            media=f"{n}.jpg" if n % 6 == 0 else None,
            source="test",
        )
        for n in range(first, first + count)
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a home that holds one night's items, in which one member said no."""
    folder = tmp_path_factory.mktemp("made")
    home = Home(folder / "home")
    (folder / "policy.toml").write_text(POLICY)
    write_members(PEOPLE, folder / "members.parquet")
    init(home, str(folder / "policy.toml"), str(folder / "members.parquet"), NOW)
    write_items(items(0, 3000), folder / "first.parquet")
    add(home, str(folder / "first.parquet"))
    with Ledger.of(home) as ledger:
        ledger.append([Choice("member-003", MAIN_PURPOSE, "all", False, NOW)])
    build(home, NOW)
    return folder


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Home:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return Home(tmp_path / "home")


@pytest.fixture
def night(tmp_path: Path) -> pa.Table:
    write_items(items(5000, 1200), tmp_path / "night.parquet")
    return pq.read_table(tmp_path / "night.parquet")


def left_out(table: pa.Table, name: str) -> pa.Table:
    return table.drop_columns([name])


def retyped(table: pa.Table, name: str) -> pa.Table:
    """Return the column as upstream jobs come to write it: numbers for text, text for the rest."""
    column = table[name]
    place = table.schema.get_field_index(name)
    if pa.types.is_timestamp(column.type):
        values = pa.array([value.timestamp() * 1000 // 1 for value in column.to_pylist()])
        return table.set_column(place, name, values.cast(pa.int64()))
    if pa.types.is_string(column.type):
        numbers = [n if value else None for n, value in enumerate(column.to_pylist())]
        return table.set_column(place, name, pa.array(numbers, pa.int64()))
    texts = [str(value) if value else None for value in column.to_pylist()]
    return table.set_column(place, name, pa.array(texts, pa.string()))


def nulled(table: pa.Table, name: str) -> pa.Table:
    """Return the column without three of five values that were there."""
    there = [n for n, v in enumerate(table[name].to_pylist()) if v]
    gone = set(there[: len(there) * 3 // 5])
    kept = [None if n in gone else v for n, v in enumerate(table[name].to_pylist())]
    return table.set_column(
        table.schema.get_field_index(name), name, pa.array(kept, table[name].type)
    )


HARMS = {"left-out": left_out, "retyped": retyped, "nulled": nulled}


def allowed(home: Home) -> set[str]:
    return {document.item_id for document in read(home, current(home))}


@pytest.fixture(scope="module")
def right() -> set[str]:
    """Return the new items that a whole table would have allowed."""
    return {
        item.item_id
        for item in items(5000, 1200)
        for owner in [PEOPLE[int(item.item_id[5:]) * 7 % 600]]
        if owner.birth_date == date(1990, 4, 12) and not owner.signs
        if "member-003" not in (owner.member_id, item.author, *item.subjects)
        if item.visibility == "public" and not item.tags and not item.reservation
    }


def test_a_whole_night_is_taken_and_is_what_the_test_thinks(
    home: Home, night: pa.Table, right: set[str], tmp_path: Path
) -> None:
    before = allowed(home)
    pq.write_table(night, tmp_path / "whole.parquet")
    add(home, str(tmp_path / "whole.parquet"))
    refresh(home, NOW)
    assert allowed(home) - before == right


@pytest.mark.parametrize("put", ["add", "drop-in"])
def test_no_column_of_items_is_lost_in_silence(
    home: Home, night: pa.Table, tmp_path: Path, put: str
) -> None:
    before, manifest = allowed(home), current(home)
    table = (home.items if put == "drop-in" else tmp_path) / "harmed.parquet"
    for column, harm in product([column.name for column in ITEMS], HARMS):
        harmed = HARMS[harm](night, column)
        assert harmed.schema != night.schema or harmed != night
        pq.write_table(harmed, table)
        with pytest.raises(InputError, match=f"`{column}`") as caught:
            if put == "add":
                add(home, str(table))
            refresh(home, NOW)
        assert (caught.value.exit_code, current(home)) == (65, manifest), (column, harm)
    assert allowed(home) == before


def test_no_column_of_members_is_lost_in_silence(home: Home, tmp_path: Path) -> None:
    before, table = home.members.read_bytes(), tmp_path / "harmed.parquet"
    members = pq.read_table(tmp_path / "members.parquet")
    for column, harm in product([column.name for column in MEMBERS], HARMS):
        pq.write_table(HARMS[harm](members, column), table)
        with pytest.raises(InputError, match=f"`{column}`"):
            put_members(home, str(table))
    assert home.members.read_bytes() == before


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, ["corpus", *map(str, words)])


def test_what_is_accepted_by_a_word_is_recorded_and_holds_from_then_on(
    home: Home, night: pa.Table, tmp_path: Path
) -> None:
    pq.write_table(left_out(night, "subjects").slice(0, 600), tmp_path / "one.parquet")
    pq.write_table(left_out(night, "subjects").slice(600), tmp_path / "two.parquet")
    refused = run("add", tmp_path / "one.parquet", "--home", home.root)
    assert "column `subjects` is missing, and earlier tables have it" in str(refused.exception)
    assert not load(home).accepted
    accepted = run("add", tmp_path / "one.parquet", "--accept-schema", "--home", home.root)
    assert accepted.exit_code == 0
    (line,) = load(home).accepted
    assert "one.parquet: column `subjects` is missing" in line["what"]
    assert datetime.fromisoformat(line["at"]).tzinfo
    assert run("add", tmp_path / "two.parquet", "--home", home.root).exit_code == 0


def test_a_first_table_is_taken_and_what_it_cannot_say_is_told(
    made: Path, night: pa.Table, tmp_path: Path
) -> None:
    home = Home(tmp_path / "other")
    init(home, str(made / "policy.toml"), str(made / "members.parquet"), NOW)
    bare = night.select(["item_id", "owner", "category", "created_at", "text"])
    pq.write_table(bare.slice(0, 600), tmp_path / "bare.parquet")
    added = run("add", tmp_path / "bare.parquet", "--home", home.root)
    assert added.exit_code == 0
    (line,) = [line for line in added.stderr.splitlines() if "can carry an opt-out" in line]
    assert [c.name for c in ITEMS if f"`{c.name}`" in line] == [c.name for c in ITEMS if c.denies]
    pq.write_table(night.slice(600), tmp_path / "more.parquet")  # columns that are known appear
    assert run("add", tmp_path / "more.parquet", "--home", home.root).exit_code == 0
    assert set(load(home).items) == {column.name for column in ITEMS}


@pytest.mark.parametrize("column", [c.name for c in ITEMS if c.kind not in ("text", "object")])
def test_a_first_table_with_a_column_that_cannot_be_read_is_refused(
    made: Path, night: pa.Table, tmp_path: Path, column: str
) -> None:
    home = Home(tmp_path / "other")
    init(home, str(made / "policy.toml"), str(made / "members.parquet"), NOW)
    wrong = pa.array([1_767_600_000_000 if v else None for v in night[column].to_pylist()])
    if column != "created_at":
        wrong = pa.array(["one, two" if v else None for v in night[column].to_pylist()])
    place = night.schema.get_field_index(column)
    pq.write_table(night.set_column(place, column, wrong), tmp_path / "wrong.parquet")
    with pytest.raises(InputError, match=f"`{column}` holds .* that cannot be read"):
        add(home, str(tmp_path / "wrong.parquet"))


def test_tables_of_other_categories_and_few_rows_are_taken(home: Home, tmp_path: Path) -> None:
    """A night of photos has no texts, and by chance five posts have no subjects."""
    photos = [replace(i, text=None) for i in items(6000, 900) if i.category == "photo"]
    write_items(photos, tmp_path / "photos.parquet")
    add(home, str(tmp_path / "photos.parquet"), accepting=Accepting(NOW, schema=True))
    posts = [i for i in items(7000, 100) if i.category == "post" and not i.subjects][:5]
    write_items(posts, tmp_path / "posts.parquet")
    add(home, str(tmp_path / "posts.parquet"))


def test_members_that_nobody_put_there_are_read_by_nobody(home: Home, tmp_path: Path) -> None:
    manifest = current(home)
    grown = [replace(m, birth_date=date(1980, 1, 1), signs=()) for m in PEOPLE]
    good = home.members.read_bytes()
    write_members(grown, home.members)
    for reads in (
        lambda: refresh(home, NOW),
        lambda: build(home, NOW),
        lambda: verify(home, manifest),
        lambda: list(read(home, manifest)),
        lambda: find_member(home, "member-001"),
        lambda: check_heard(home, manifest, NOW, todo=""),
        lambda: some_members(home, "", 12),
    ):
        with pytest.raises(VerificationError, match=r"`members\.parquet` is not the table"):
            reads()
    flipped = bytearray(good)
    flipped[len(good) // 2] ^= 1
    home.members.write_bytes(flipped)
    with pytest.raises(VerificationError, match=r"restore it from a backup"):
        refresh(home, NOW)
    write_members(grown, tmp_path / "grown.parquet")
    put_members(home, str(tmp_path / "grown.parquet"), Accepting(NOW, schema=True))
    assert "minor" in manifest.counts and "minor" not in refresh(home, NOW).counts


def test_the_table_of_the_members_is_read_through_its_pin_alone() -> None:
    """Who writes `home.members` reads the bytes of a table that nobody has compared."""
    places = {
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if re.search(r"\bhome\.members\b", path.read_text())
    }
    assert places == {
        "corpus/building.py",  # makes the register from it, of bytes that are compared around it
        "corpus/contract.py",  # compares
        "corpus/indexes.py",  # keeps what was read of the bytes that were compared
        "corpus/intake.py",  # writes it, and digests it for the contract
        "demo/demo.py",  # writes it
        "night/run.py",  # asks whether it is there
        "report/erase.py",  # asks whether it is there
        "report/oversight.py",  # asks when it was written
    }


@pytest.mark.parametrize("harm", ["flipped", "lost"])
def test_a_contract_that_is_damaged_or_lost_is_no_reason_to_take_anything(
    home: Home, harm: str
) -> None:
    data = bytearray(home.contract.read_bytes())
    data[data.index(b"members_sha256") + 20] ^= 1
    home.contract.write_bytes(data) if harm == "flipped" else home.contract.unlink()
    for make in (build, refresh):
        with pytest.raises(VerificationError, match=r"`contract\.json` is (damaged|missing)"):
            make(home, NOW)
    assert build(home, NOW, accepting=Accepting(NOW, schema=True)) == current(home)
    assert load(home).files
