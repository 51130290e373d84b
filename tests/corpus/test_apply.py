"""Items change and go: what was deleted or made private is read no more, and nothing is rewritten."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vanne.config import Home
from vanne.corpus import build, current, deletions, read, refresh, verify
from vanne.corpus.building import finish_adding
from vanne.corpus.compacting import compact
from vanne.corpus.contract import load as load_contract
from vanne.corpus.history import lifetimes, trace
from vanne.corpus.intake import add, apply
from vanne.corpus.lookup import Lookup
from vanne.errors import InputError, VerificationError
from vanne.ledger import Ledger
from vanne.report.member_items import files_of, find_item, items_of
from vanne.sources.tables import write_members
from vanne.terms import MAIN_PURPOSE, Item, Member, Reason

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
MEMBERS = [f"member-{n}" for n in range(6)]
POLICY = """
name = "public"
version = "1"

[purposes.generative-ai-training]
listed = { post = [] }
never = { salary = [] }
age.minimum = 18
visibility.listed = ["public"]

[[purposes.generative-ai-training.rollout]]
regions = ["CH"]
from = 2025-01-01
default = "on"
"""
COLUMNS = ("item_id", "owner", "category", "created_at", "visibility", "text")
FEED = ("_change_type", "_commit_version")


def item(n: int, text: str = "as it was", category: str = "post") -> Item:
    made = datetime(2025, 5, 1, tzinfo=UTC) + timedelta(hours=n)
    return Item(
        f"item-{n}", MEMBERS[n % 6], category, created_at=made, visibility="public", text=text
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    write_members([Member(m, "CH", date(1990, 4, 12)) for m in MEMBERS], home.members)
    home.policy.write_text(POLICY)
    Ledger.create(home.ledger).close()
    add(home, table(home, *map(row, range(30)), row(30, category="salary")), tag=False)
    build(home, AS_OF)
    return home


def row(n: int, **changed: object) -> dict[str, object]:
    whole = item(n)
    return {name: getattr(whole, name) for name in COLUMNS} | changed


def table(home: Home, *rows: dict[str, object]) -> str:
    path = home.root.parent / "changes.parquet"
    names = dict.fromkeys(name for each in rows for name in each)
    columns = {name: [each.get(name) for each in rows] for name in names}
    pq.write_table(pa.table(columns), path)
    return str(path)


def texts(home: Home) -> dict[str, str]:
    return {document.item_id: document.text for document in read(home, current(home))}


def refreshed(home: Home) -> dict[str, str]:
    """Refresh, hold the result to a build and a verification, and read."""
    fresh = refresh(home, AS_OF)
    assert fresh == build(home, AS_OF, make_current=False)
    verify(home, fresh)
    return texts(home)


def test_items_are_inserted_updated_and_deleted_without_rewriting_a_file(home: Home) -> None:
    before = {path: path.read_bytes() for path in home.items.glob("*.parquet")}
    source = table(
        home,
        row(1, op="update", text="as it is"),
        row(2, op="update", visibility="private"),
        {"item_id": "item-3", "op": "delete"},
        {"item_id": "item-30", "op": "delete"},
        {"item_id": "item-99", "op": "delete"},
        row(100, op="insert"),
    )
    done = apply(home, source, tag=False)
    assert (done.inserted, done.updated, done.deleted, done.absent) == (1, 2, 2, 1)
    assert len(texts(home)) == 30  # readers have the version that they had
    now = refreshed(home)
    assert now.keys() == {f"item-{n}" for n in (*range(30), 100)} - {"item-2", "item-3"}
    assert now["item-1"] == "as it is"
    assert all(path.read_bytes() == data for path, data in before.items())
    assert sum(current(home).counts.values()) == 30
    lookup = Lookup.open(home, current(home))
    assert lookup.reason("item-1") == Reason.ALLOWED
    assert lookup.reason("item-2") == Reason.VISIBILITY_NOT_LISTED
    assert lookup.reason("item-3") is None
    asked = pa.array(["item-1", "item-3", "item-30", "item-100"])
    assert lookup.codes(asked).tolist() == [0, 255, 255, 0]


def test_pages_and_searches_do_not_find_what_was_deleted(home: Home) -> None:
    apply(home, table(home, {"item_id": "item-3", "op": "delete"}, row(9, op="update", text="new")))
    for _ in range(2):  # before the refresh the new file has no index, and after it has one
        theirs = items_of(home, "member-3").values()
        assert {(i.item_id, i.text) for i in theirs if i.item_id in ("item-3", "item-9")} == {
            ("item-9", "new")
        }
        assert find_item(home, "item-3") is None
        refresh(home, AS_OF)
    assert len(trace(home, "item-3").traces) == 1  # by the version before


def test_an_item_that_was_replaced_remembers_which_versions_held_it(home: Home) -> None:
    apply(home, table(home, row(9, op="update", text="new"), row(99, op="insert")))
    refresh(home, AS_OF + timedelta(days=1))
    files = files_of(home)
    history = lifetimes(home, MAIN_PURPOSE, files)
    held = {
        item.item_id: history.held_of(files[name], np.array([number]))[1][0]
        for (name, number), item in items_of(home, "member-3").items()
    }
    assert held["item-9"] == ("held", "held")
    assert held["item-99"] == ("not-held", "held")
    assert held["item-15"] == ("held", "held")


def test_all_items_of_a_member_go_by_their_owner(home: Home) -> None:
    source = table(
        home,
        row(100, op="insert", owner="member-0"),  # before: it goes as well
        {"owner": "member-0", "op": "delete"},
        row(101, op="insert", owner="member-0"),
    )
    done = apply(home, source, tag=False)
    assert (done.inserted, done.deleted, done.superseded) == (1, 6, (1,))  # five posts, the salary
    refreshed(home)
    assert [i.item_id for i in items_of(home, "member-0").values()] == ["item-101"]


@pytest.mark.parametrize("form", ["updated_at", "op and updated_at", "delta", "debezium", "json"])
def test_the_newest_of_several_changes_wins_in_every_form(home: Home, form: str) -> None:
    """In the table the newest ones come first: it is not the place that counts."""
    changes = [(3, row(1, text="newest")), (9, None), (2, row(1, text="newer")), (1, row(2))]
    rows = []
    for at, new in changes:
        gone = new is None
        if form == "updated_at":
            rows += [] if gone else [new | {"updated_at": AS_OF + timedelta(seconds=at)}]
        elif form == "op and updated_at":
            op = {"op": "delete" if gone else "upsert", "updated_at": f"2026-03-01T00:00:0{at}Z"}
            rows.append((new or {"item_id": "item-2"}) | op)
        elif form == "delta":
            old = {"_change_type": "update_preimage", "_commit_version": at}
            rows += [] if gone else [new | old | {"text": "old"}]
            kind = "delete" if gone else "update_postimage"
            rows.append((new or row(2)) | {"_change_type": kind, "_commit_version": at})
        else:
            sides = {"before": row(2) if gone else None, "after": new}
            rows.append({"op": "d" if gone else "u", "ts_ms": at} | sides)
    if form == "json":
        path = home.root.parent / "changes.jsonl"
        path.write_text("\n".join(json.dumps(each, default=str) for each in rows))
        source = str(path)
    else:
        source = table(home, *rows)
    if form == "json":  # times are text there, and were times
        with pytest.raises(InputError, match="`created_at` is `text`, and was `time`"):
            apply(home, source, tag=False)
        source = (
            f"SELECT op, ts_ms, before, json_transform(after, '{_TYPED}') AS after FROM '{source}'"
        )
    done = apply(home, source, tag=False)
    gone = form != "updated_at"
    assert (done.updated, done.deleted, len(done.superseded)) == (2 - gone, gone, 1 + gone)
    now = refreshed(home)
    assert now["item-1"] == "newest" and ("item-2" in now) != gone


_TYPED = json.dumps(dict.fromkeys(COLUMNS, "VARCHAR") | {"created_at": "TIMESTAMPTZ"})


@pytest.mark.parametrize("step", ["as it is", "compacted"])
def test_an_older_change_that_comes_later_brings_nothing_back(home: Home, step: str) -> None:
    first = [
        row(1, op="update", visibility="private", updated_at="2026-02-03"),
        {"item_id": "item-2", "op": "delete", "updated_at": "2026-02-03"},
        {"owner": "member-3", "op": "delete", "updated_at": "2026-02-03"},
    ]
    apply(home, table(home, *first), tag=False)
    before = refreshed(home)
    if step == "compacted":
        compact(home, merge_only=True)
    late = [row(n, op="upsert", updated_at="2026-02-02") for n in (1, 2, 3)]
    gone = {"item_id": "item-1", "op": "delete", "updated_at": "2026-02-01"}
    done = apply(
        home, table(home, *late, gone, row(4, op="update", updated_at="2026-02-02")), tag=False
    )
    assert (done.updated, done.inserted, done.deleted, done.superseded) == (1, 0, 0, (1, 2, 3, 4))
    assert refreshed(home) == before
    again = apply(home, table(home, *first), tag=False)  # a second time: the same
    assert (again.updated, again.deleted) == (1, 0) and refreshed(home) == before
    newer = apply(home, table(home, row(2, op="insert", updated_at="2026-02-04")), tag=False)
    assert newer.inserted == 1 and refreshed(home).keys() == before.keys() | {"item-2"}


def test_what_one_commit_deletes_and_inserts_it_moves(home: Home) -> None:
    insert, delete = (dict(zip(FEED, (kind, 4), strict=True)) for kind in ("insert", "delete"))
    apply(home, table(home, row(1, text="moved") | insert, row(1) | delete), tag=False)
    assert refreshed(home)["item-1"] == "moved"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"op": "truncate"}, "row 2: what it does is not understood"),
        ({"op": None}, "row 2: what it does is not understood"),
        ({"op": "delete", "item_id": None, "owner": ""}, "row 2: it names no item and no owner"),
        ({"op": "insert", "item_id": None}, "row 2: `item_id` is empty"),
        ({"op": "delete", "updated_at": "soon"}, "row 2: when it changed is not understood"),
    ],
)
def test_a_table_of_which_one_row_is_not_understood_changes_nothing(
    home: Home, wrong: dict[str, object], message: str
) -> None:
    there = sorted(path.name for path in home.items.iterdir())
    first = row(1, op="update", updated_at="2026-02-01")
    with pytest.raises(InputError, match=message):
        apply(home, table(home, first, row(2, op="update", updated_at="2026-02-02") | wrong))
    assert sorted(path.name for path in home.items.iterdir()) == there


def test_a_column_that_says_no_is_not_lost_under_another_name(home: Home) -> None:
    misspelt = row(1, op="update", Visibility="private")
    misspelt.pop("visibility")
    with pytest.raises(InputError, match="`Visibility`"):
        apply(home, table(home, misspelt))


def test_a_table_that_says_no_change_is_refused(home: Home) -> None:
    with pytest.raises(InputError, match="no column `op` or `updated_at`"):
        apply(home, table(home, row(1)))


def test_a_list_that_is_lost_altered_or_an_earlier_one_gives_nothing_back(home: Home) -> None:
    apply(home, table(home, {"item_id": "item-3", "op": "delete"}))
    (path,) = home.items.glob("*.npy")
    whole = path.read_bytes()
    for damaged in (b"", whole[:-1] + b"\x07"):
        path.write_bytes(damaged)
        with pytest.raises(VerificationError, match=r"deleted-.* is (missing|damaged)"):
            refresh(home, AS_OF)
        assert "item-3" in texts(home)  # as nothing was refreshed yet
    path.write_bytes(whole)
    assert "item-3" not in refreshed(home)
    home.contract.unlink()  # with the word of the operator the tables are taken as they are
    with pytest.raises(VerificationError, match=r"contract.json"):
        refresh(home, AS_OF)


def test_lists_survive_the_loss_of_the_contract(home: Home) -> None:
    from vanne.corpus.contract import Accepting

    apply(home, table(home, {"item_id": "item-3", "op": "delete"}))
    home.contract.unlink()
    build(home, AS_OF, accepting=Accepting(AS_OF, schema=True))
    assert "item-3" not in texts(home)


def test_what_was_cut_short_is_finished_by_whoever_comes_next(home: Home, monkeypatch) -> None:
    with monkeypatch.context() as short:
        short.setattr("vanne.corpus.intake.finish_adding", lambda home: None)
        apply(
            home,
            table(home, row(1, op="update", text="new"), {"item_id": "item-3", "op": "delete"}),
        )
    assert not load_contract(home).deleted
    now = refreshed(home)
    assert now["item-1"] == "new" and "item-3" not in now
    finish_adding(home)


def test_a_time_that_passes_and_changes_nothing_makes_no_version(home: Home) -> None:
    there = sorted(home.corpus.rglob("*"))
    before = current(home)
    for minute in range(3):
        assert refresh(home, AS_OF + timedelta(minutes=minute)) == before
    assert sorted(home.corpus.rglob("*")) == there
    assert build(home, AS_OF + timedelta(days=1), make_current=False) == before


def test_rows_that_are_there_again_are_noticed(home: Home, caplog) -> None:
    """A home that was put back to an earlier day, all but its corpus: everything is decided."""
    contract = home.contract.read_bytes()
    apply(home, table(home, {"item_id": "item-3", "op": "delete"}))
    refresh(home, AS_OF)
    home.contract.write_bytes(contract)
    assert refresh(home, AS_OF) == build(home, AS_OF, make_current=False)
    assert "there again" in caplog.text


def test_the_same_changes_may_come_again(home: Home) -> None:
    new = [row(n, op="insert") for n in range(40, 50)]
    changes = table(home, *new, {"item_id": "item-3", "op": "delete"})
    apply(home, changes)
    files = sorted(home.items.iterdir())
    first = refresh(home, AS_OF)
    apply(home, changes)
    assert sorted(home.items.iterdir()) == files
    assert refresh(home, AS_OF) == build(home, AS_OF, make_current=False) == first


def test_what_was_deleted_comes_back_as_it_was(home: Home) -> None:
    ids = {"item-40", "item-41"}
    for op in ("insert", "delete", "insert"):
        apply(home, table(home, *(row(n, op=op) for n in (40, 41))))
    manifest = refresh(home, AS_OF)
    assert ids <= {each.item_id for each in read(home, manifest)}
    assert manifest == build(home, AS_OF, make_current=False)


def test_a_list_is_plain_numpy(tmp_path: Path) -> None:
    rows, at = np.array([9, 1, 5]), np.array([3, 1, 2])
    sha256 = deletions.write(tmp_path, "items-1.parquet", rows, at)
    (path,) = tmp_path.iterdir()
    assert np.load(path)["row"].tolist() == [1, 5, 9] and np.load(path)["at"].tolist() == [1, 2, 3]
    assert deletions.read(tmp_path, "items-1.parquet", sha256).tolist() == [1, 5, 9]
