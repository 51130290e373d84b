"""Arrow reads from a plain Parquet file exactly what DuckDB reads from it."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from vanne.errors import InputError
from vanne.sources.batches import choice_batches, item_batches, map_items, member_batches
from vanne.sources.scan import plain_files
from vanne.sources.schema import ITEMS

AT = datetime(2025, 5, 1, 12, tzinfo=UTC)
TIMES = pa.timestamp("us", "UTC")
ITEM_COLUMNS = pa.schema(
    [
        ("item_id", pa.string()),
        ("owner", pa.string()),
        ("author", pa.string()),
        ("subjects", pa.list_(pa.string())),
        ("category", pa.string()),
        ("created_at", TIMES),
        ("visibility", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("reservation", pa.string()),
        ("text", pa.string()),
    ]
)
ODD = (
    ("owner", ["ada", "ada", "", None, " ada", "Zoë"]),
    ("author", [None, "bob", "", "bob ", "bob;eve", '["bob"]']),
    ("subjects", [None, [], ["bob"], ["bob", "eve"], [""], [" eve", None]]),
    ("category", ["post", "post", "", None, "Post ", "hologram"]),
    ("created_at", [AT, None, -(2**62), 2**62, 0, AT]),
    ("visibility", ["public", None, "", "public", " ", "only-me"]),
    ("tags", [None, ["health"], ["sport", "health"], [], ["health"], [None]]),
    ("reservation", [None, "", "train-ai=n", None, "train-ai=n", "?"]),
    ("text", ["a", "", None, "b", " ", "c"]),
)


def items(folder: Path, *, plain_owners: bool = False) -> Path:
    """Items with each odd value among ordinary ones, in groups of a few rows."""
    columns = {name: [values[0]] * 54 for name, values in ODD}
    for n, (name, values) in enumerate(ODD):
        columns[name][6 * n : 6 * n + 6] = values
    columns["created_at"] = [
        at if at is None or isinstance(at, int) else int(at.timestamp() * 1e6)
        for at in columns["created_at"]
    ]
    arrays = [pa.array([f"i{n}" for n in range(54)])]
    for field in list(ITEM_COLUMNS)[1:]:
        numbers = pa.array(columns[field.name], pa.int64()) if field.type == TIMES else None
        arrays.append(numbers.view(TIMES) if numbers else pa.array(columns[field.name], field.type))
    path = folder / "items.parquet"
    coded = [name for name, _ in ODD if not (plain_owners and name == "owner")]
    table = pa.Table.from_arrays(arrays, schema=ITEM_COLUMNS)
    pq.write_table(table, path, row_group_size=7, use_dictionary=coded, store_schema=False)
    return path


def whole(batches: list[pa.RecordBatch]) -> list[dict[str, object]]:
    return [row for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize("plain_owners", [True, False])
def test_items_are_the_same_by_arrow_and_by_duckdb(tmp_path: Path, plain_owners: bool) -> None:
    path = items(tmp_path, plain_owners=plain_owners)
    by_duckdb = whole(list(item_batches(f"SELECT * FROM '{path}'", skip=())))
    assert plain_files(str(path), ITEMS, coded=True)
    assert whole(list(item_batches(str(path), skip=()))) == by_duckdb
    assert whole(list(map_items(str(path), lambda batch: batch, skip=()))) == by_duckdb
    assert sum(bool(row["unreadable"]) for row in by_duckdb) == 8


def test_members_and_choices_are_the_same_by_arrow_and_by_duckdb(tmp_path: Path) -> None:
    members, choices = tmp_path / "members.parquet", tmp_path / "choices.parquet"
    born = [datetime(1980, 2, 29).date(), None, datetime(1, 1, 1).date()]
    table = {
        "member_id": ["ada", "bob", "eve"],
        "region": ["CH", "", None],
        "birth_date": born,
        "signs": [["premium"], [], None],
    }
    pq.write_table(pa.table(table), members)
    said = {
        "member_id": ["ada", "bob"],
        "purpose": ["generative-ai-training"] * 2,
        "scope": ["all", "item"],
        "target": ["", "i1"],
        "on": [True, False],
        "at": pa.array([AT, AT], TIMES),
    }
    pq.write_table(pa.table(said), choices)
    for path, batches in ((members, member_batches), (choices, choice_batches)):
        by_duckdb = whole(list(batches(f"SELECT * FROM '{path}'")))
        assert whole(list(batches(str(path)))) == by_duckdb != []


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("created_at", pa.timestamp("ns")),
        ("created_at", pa.string()),
        ("owner", pa.int64()),
        ("subjects", pa.string()),
    ],
)
def test_a_column_of_another_type_is_left_to_duckdb(
    tmp_path: Path, name: str, type_: pa.DataType
) -> None:
    table = pa.table({"item_id": ["1"], "owner": ["7"], "subjects": [["8"]], "category": ["post"],
                      "created_at": pa.array([AT], TIMES)})  # fmt: skip
    cast = pa.array(['["8"]']) if name == "subjects" else pc.cast(table[name], type_, safe=False)
    table = table.set_column(table.schema.names.index(name), name, cast)
    pq.write_table(table, tmp_path / "items.parquet")
    assert plain_files(str(tmp_path / "items.parquet"), ITEMS, coded=True) is None
    (row,) = whole(list(item_batches(str(tmp_path / "items.parquet"))))
    assert (row["owner"], row["subjects"], row["unreadable"]) == ("7", ["8"], False)
    assert row["created_at"] == int(AT.timestamp() * 1e6)


def test_a_folder_that_names_a_column_is_left_to_duckdb(tmp_path: Path) -> None:
    folder = tmp_path / "category=post"
    folder.mkdir()
    items(folder)
    assert plain_files(f"{tmp_path}/*/*.parquet", ITEMS, coded=True) is None


def test_bytes_that_are_no_text_are_refused_by_arrow_as_by_duckdb(tmp_path: Path) -> None:
    path = items(tmp_path)
    whole_file = path.read_bytes()
    assert "Zoë".encode() in whole_file
    path.write_bytes(whole_file.replace("Zoë".encode(), b"Zo\xff\xfe"))
    for source in (str(path), f"SELECT * FROM '{path}'"):
        with pytest.raises(InputError):
            list(item_batches(source))


def test_an_id_that_repeats_in_another_group_of_rows_is_named(tmp_path: Path) -> None:
    path = items(tmp_path)
    table = pq.read_table(path)
    ids = pa.array([*table["item_id"].to_pylist()[:-1], "i3"])
    pq.write_table(table.set_column(0, "item_id", ids), path, row_group_size=7)
    with pytest.raises(InputError, match="row 54: `item_id` repeats the id of an earlier row"):
        list(map_items(str(path), len))
