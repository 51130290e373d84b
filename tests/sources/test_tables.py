"""Tables in every form give the same rows; what cannot be read is one clear line."""

import csv
import json
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.table import every
from vanne.errors import InputError
from vanne.sources.relation import row_count
from vanne.sources.tables import (
    read_choices,
    read_items,
    read_members,
    write_choices,
    write_items,
    write_members,
)
from vanne.terms import Choice, Item, Member

NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)
ITEM = Item(
    item_id="001",
    owner="ada",
    category="post",
    author="bob",
    subjects=("bob", "eve"),
    created_at=NOON,
    visibility="public",
    tags=("travel",),
    reservation="train-ai=y",
    lang="fr",
    text='«Bonjour», dit-elle;\n"oui"',
    media="a.png",
    source="x",
)
CSV = '''item_id,owner,author,subjects,category,created_at,visibility,tags,reservation,lang,text,media,source
001,ada,bob,bob;eve,post,2025-01-01T12:00:00Z,public,"[""travel""]",train-ai=y,fr,"«Bonjour», dit-elle;
""oui""",a.png,x
'''


def test_csv_json_lines_parquet_and_a_query_give_the_same_item(tmp_path: Path) -> None:
    csv, jsonl, parquet = (tmp_path / f"items.{suffix}" for suffix in ("csv", "jsonl", "parquet"))
    csv.write_text(CSV)
    row = {name: getattr(ITEM, name) for name in Item.__slots__ if name != "unreadable"}
    jsonl.write_text(json.dumps(row | {"created_at": "2025-01-01T13:00:00+01:00"}) + "\n")
    write_items([ITEM], parquet)
    sources = [
        str(csv),
        str(jsonl),
        str(parquet),
        f"SELECT * FROM '{parquet}'",
        str(tmp_path / "*.csv"),
    ]
    assert [list(read_items(source)) for source in sources] == [[ITEM]] * len(sources)


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_items([Item(name, "ada", "post", created_at=NOON)], tmp_path / f"{name}.parquet")
    assert [item.item_id for item in read_items(str(tmp_path))] == ["a", "b"]


def test_rows_come_in_file_order_from_many_row_groups(tmp_path: Path) -> None:
    ids = [str(n) for n in range(20_000)]
    table = pa.table(
        {"item_id": ids, "owner": ids, "category": ids, "created_at": [NOON] * len(ids)}
    )
    pq.write_table(table, tmp_path / "items.parquet", row_group_size=500)
    assert [item.item_id for item in read_items(str(tmp_path / "items.parquet"))] == ids


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2025-01-01", datetime(2025, 1, 1, tzinfo=UTC)),
        ("2025-01-01 12:00:00", NOON),
        ("2025-01-01T12:00:00+02:00", datetime(2025, 1, 1, 10, tzinfo=UTC)),
        ("2025-01-01T12:00:00.5Z", NOON.replace(microsecond=500_000)),
        ("", None),
    ],
)
def test_times_are_utc(tmp_path: Path, written: str, read: datetime | None) -> None:
    path = tmp_path / "items.csv"
    path.write_text(f"item_id,owner,category,created_at\n1,ada,post,{written}\n")
    (item,) = read_items(str(path))
    assert (item.created_at, item.unreadable) == (read, ())


@pytest.mark.parametrize(
    "written", ["yesterday", "2025-02-30", "1735689600", "infinity", "99999-01-01"]
)
def test_a_time_that_is_not_understood_is_named_and_never_guessed(tmp_path: Path, written) -> None:
    path = tmp_path / "items.csv"
    path.write_text(f"item_id,owner,category,created_at\n1,ada,post,{written}\n")
    (item,) = read_items(str(path))
    assert (item.created_at, item.unreadable) == (None, ("created_at",))


@pytest.mark.parametrize("written", ['"[1.5]"', '"a,b"', '"[""a"""', '"{""a"": 1}"', '"[null]"'])
def test_a_list_that_is_not_understood_is_named(tmp_path: Path, written: str) -> None:
    path = tmp_path / "items.csv"
    path.write_text(
        f"item_id,owner,category,created_at,subjects\n1,ada,post,2025-01-01,{written}\n"
    )
    (item,) = read_items(str(path))
    assert item.unreadable == ("subjects",)


def test_a_line_that_starts_with_a_hash_is_a_row_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_bytes(b"\xef\xbb\xbfitem_id,owner,category,created_at\r\n#1,ada,post,2025-01-01\r\n")
    assert [item.item_id for item in read_items(str(path))] == ["#1"]


def test_an_unreadable_birth_date_is_an_unknown_one(tmp_path: Path) -> None:
    path = tmp_path / "members.csv"
    path.write_text("member_id,region,birth_date\na,CH,1990-04-12\nb,CH,12.4.1990\nc,CH,\n")
    births = [member.birth_date for member in read_members(str(path))]
    assert births == [date(1990, 4, 12), None, None]


HEAD = "item_id,owner,category,created_at"
WRONG = {
    "missing column": (
        "item_id,owner,created_at\n1,a,2025-01-01\n",
        "column `category` is missing",
    ),
    "misspelt required": (
        "item_id,owner,categry,created_at\n1,a,post,2025-01-01\n",
        "`category` is missing.*did you mean `categry`",
    ),
    "misspelt optional": (
        f"{HEAD},tag\n1,a,post,2025-01-01,x\n",
        "column `tag`.*did you mean `tags`",
    ),
    "truncated": (f'{HEAD}\n1,a,"post,2025-01-01\n', "Line: 2.*unterminated quote"),
    "ragged": (f"{HEAD}\n1,a,post,2025-01-01\n2,a\n", "Line: 3"),
    "no id": (f"{HEAD}\n1,a,post,2025-01-01\n,a,post,2025-01-01\n", "row 2: `item_id` is empty"),
    "no header": ("", "header line is missing"),
    "column twice": (f"{HEAD},owner\n", "names a column twice"),
}


@every("case", WRONG)
def test_a_table_that_cannot_be_read_is_one_line_with_its_place(tmp_path: Path, case: str) -> None:
    text, message = WRONG[case]
    path = tmp_path / "items.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        list(read_items(str(path)))
    assert "items.csv" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("items.csv", HEAD.encode() + b"\n1,a,caf\xe9,2025-01-01\n", "not.*UTF-8"),
        ("items.parquet", b"PAR1", "cannot be read"),
        ("items.jsonl", b'{"item_id": "1"\n', "Malformed JSON"),
        ("items.xlsx", b"", "not a table that can be read"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(tmp_path, name, data, message) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        list(read_items(str(path)))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("ada,p,everything,,false,2025-01-01", "row 1: `scope`"),
        ("ada,p,category,cvs,false,2025-01-01", "row 1: `target` is not a category.*`cv`"),
        ("ada,p,item,,false,2025-01-01", "row 1: `target` is empty"),
        ("ada,p,all,,perhaps,2025-01-01", "row 1: `on`"),
        ("ada,p,all,,,2025-01-01", "row 1: `on`"),
        ("ada,p,all,,false,soon", "row 1: `at`"),
        (",p,all,,false,2025-01-01", "row 1: `member_id` is empty"),
    ],
)
def test_a_choice_that_is_not_understood_is_never_lost(tmp_path: Path, row, message) -> None:
    path = tmp_path / "choices.csv"
    path.write_text(f"member_id,purpose,scope,target,on,at\n{row}\n")
    with pytest.raises(InputError, match=message):
        list(read_choices(str(path)))


def test_members_and_choices_come_back_as_they_were_written(tmp_path: Path) -> None:
    members = [Member("a", "CH", date(1990, 4, 12), ("secondary-school",), NOON), Member("b")]
    choices = [
        Choice("a", "p", "item", False, NOON, "1", "web", "n"),
        Choice("b", "p", "all", True, NOON),
    ]
    write_members(members, tmp_path / "members.parquet")
    write_choices(choices, tmp_path / "choices.parquet")
    assert list(read_members(str(tmp_path / "members.parquet"))) == members
    assert list(read_choices(str(tmp_path / "choices.parquet"))) == choices


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), min_size=1)
)
def test_any_text_comes_through_csv_unchanged(tmp_path_factory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("csv") / "items.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = [[str(n), "ada", "post", "2025-01-01", text] for n, text in enumerate(texts)]
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([[*HEAD.split(","), "text"], *rows])
    assert [item.text for item in read_items(str(path))] == texts


def test_what_is_written_is_plain_parquet_for_any_reader(tmp_path: Path) -> None:
    write_items([ITEM], tmp_path / "items.parquet")
    row = duckdb.sql(f"SELECT subjects, text FROM '{tmp_path}/items.parquet'").fetchall()
    assert row == [(["bob", "eve"], ITEM.text)]


def test_an_empty_text_is_a_missing_one_in_every_form(tmp_path: Path) -> None:
    row = {"item_id": "1", "owner": "ada", "category": "post", "created_at": "2025-01-01"}
    (tmp_path / "items.jsonl").write_text(json.dumps(row | {"author": "", "subjects": ""}) + "\n")
    table = pa.table({name: [value] for name, value in (row | {"author": ""}).items()})
    pq.write_table(table, tmp_path / "items.parquet")
    for source in ("items.jsonl", "items.parquet"):
        (item,) = read_items(str(tmp_path / source))
        assert (item.author, item.subjects, item.unreadable) == (None, (), ())


def test_a_key_that_comes_late_in_json_lines_counts(tmp_path: Path) -> None:
    row = {"owner": "ada", "category": "post", "created_at": "2025-01-01"}
    lines = [json.dumps(row | {"item_id": str(n)}) for n in range(30_000)]
    late = json.dumps(row | {"item_id": "late", "subjects": ["bob"], "tags": ["union"]})
    (tmp_path / "items.jsonl").write_text("\n".join([*lines, late]))
    *_, item = read_items(str(tmp_path / "items.jsonl"))
    assert (item.subjects, item.tags) == (("bob",), ("union",))
    with (tmp_path / "items.jsonl").open("a") as file:
        file.write("\n" + late.replace("late", "later").replace("subjects", "subject"))
    with pytest.raises(InputError, match="column `subject` is not one"):  # a line's people lost
        list(read_items(str(tmp_path / "items.jsonl")))
    (tmp_path / "one.jsonl").write_text("\n".join([*lines, late.replace("subjects", "subject")]))
    with pytest.raises(InputError, match="did you mean `subjects`"):
        list(read_items(str(tmp_path / "one.jsonl")))


def folder(tmp_path: Path, **files: str) -> str:
    for name, text in files.items():
        (tmp_path / "t").mkdir(exist_ok=True)
        (tmp_path / "t" / name.replace("_", ".")).write_text(text)
    return str(tmp_path / "t")


def test_no_file_of_a_folder_is_left_out_in_silence(tmp_path: Path) -> None:
    rows = f"{HEAD}\n1,a,post,2025-01-01\n"
    capitals = folder(tmp_path, a_csv=f"{HEAD}\n", B_CSV=rows)
    assert [item.item_id for item in read_items(capitals)] == ["1"]
    for strange in ("notes.txt", "b.csv.gz", "more.parquet"):
        (tmp_path / "t" / strange).write_bytes(b"x")
        with pytest.raises(InputError):
            list(read_items(capitals))
        (tmp_path / "t" / strange).unlink()
    (tmp_path / "t" / "inner").mkdir()
    with pytest.raises(InputError, match="`inner`, which is no table"):
        list(read_items(capitals))


def test_files_with_other_columns_are_refused(tmp_path: Path) -> None:
    plain = {"item_id": ["1"], "owner": ["a"], "category": ["post"], "created_at": ["2025-01-01"]}
    (tmp_path / "t").mkdir()
    pq.write_table(pa.table(plain), tmp_path / "t" / "a.parquet")
    pq.write_table(pa.table(plain | {"subjects": [["bob"]]}), tmp_path / "t" / "b.parquet")
    with pytest.raises(InputError, match="different columns"):
        list(read_items(str(tmp_path / "t")))


@pytest.mark.parametrize(
    ("column", "values", "read"),
    [
        ("subjects", [[{"id": "bob"}]], ((), ("subjects",))),
        ("subjects", [[["bob"]]], ((), ("subjects",))),
        ("subjects", [[1, 2]], (("1", "2"), ())),
        ("tags", [["a", None]], ((), ("tags",))),
    ],
)
def test_a_native_list_is_one_of_plain_values(tmp_path: Path, column, values, read) -> None:
    plain = {"item_id": ["1"], "owner": ["a"], "category": ["post"], "created_at": ["2025-01-01"]}
    pq.write_table(pa.table(plain | {column: values}), tmp_path / "items.parquet")
    (item,) = read_items(str(tmp_path / "items.parquet"))
    assert (getattr(item, column)[: len(read[0])], item.unreadable) == read


def test_whole_numbers_that_became_decimal_ones_are_the_ids_they_were(tmp_path: Path) -> None:
    plain = {"item_id": [5.0], "owner": ["a"], "category": ["post"], "created_at": ["2025-01-01"]}
    pq.write_table(pa.table(plain | {"author": [float("nan")]}), tmp_path / "items.parquet")
    (item,) = read_items(str(tmp_path / "items.parquet"))
    assert (item.item_id, item.author) == ("5", None)
    pq.write_table(pa.table(plain | {"author": [5.5]}), tmp_path / "items.parquet")
    with pytest.raises(InputError, match="`author` holds a number that is not a whole one"):
        list(read_items(str(tmp_path / "items.parquet")))


@pytest.mark.parametrize("author", ["ada;bob", '["ada","bob"]', "[ada]", ";ada"])
def test_an_author_that_looks_like_a_list_is_unreadable(tmp_path: Path, author: str) -> None:
    row = {"item_id": "1", "owner": "ada", "category": "post", "created_at": "2025-01-01"}
    (tmp_path / "items.jsonl").write_text(json.dumps(row | {"author": author}) + "\n")
    (item,) = read_items(str(tmp_path / "items.jsonl"))
    assert item.unreadable == ("author",)


def test_half_of_a_surrogate_pair_in_a_list_makes_it_unreadable(tmp_path: Path) -> None:
    row = {"item_id": "1", "owner": "ada", "category": "post", "created_at": "2025-01-01"}
    (tmp_path / "items.jsonl").write_text(json.dumps(row | {"subjects": r'["\ud800"]'}) + "\n")
    (item,) = read_items(str(tmp_path / "items.jsonl"))
    assert item.unreadable == ("subjects",)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT error(owner) AS item_id, * EXCLUDE item_id FROM '{path}'",
        "SELECT CAST(owner AS INT) AS item_id, * EXCLUDE item_id FROM '{path}'",
    ],
)
def test_an_error_shows_no_value_of_the_data(tmp_path: Path, query: str) -> None:
    path = tmp_path / "items.csv"
    path.write_text(f"{HEAD}\n1,SECRET,post,2025-01-01\n")
    with pytest.raises(InputError) as caught:
        list(read_items(query.format(path=path)))
    assert "SECRET" not in str(caught.value)
    path.write_text("1,SECRET,post,2025-01-01\n")
    with pytest.raises(InputError) as caught:
        list(read_items(str(path)))
    assert "SECRET" not in str(caught.value)


def test_a_query_may_be_longer_than_the_name_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text(f"{HEAD}\n1,a,post,2025-01-01\n")
    asked = ", ".join(f"'{number}'" for number in range(2000))
    query = f"SELECT * FROM read_csv('{path}', all_varchar = true) WHERE item_id IN ({asked})"
    assert [item.item_id for item in read_items(query)] == ["1"]
    assert row_count(query) is None


def test_an_error_does_not_repeat_the_query_and_the_ids_in_it(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text(f"{HEAD}\n1,a,post,2025-01-01\n1,b,post,2025-01-01\n")
    query = f"SELECT * FROM read_csv('{path}', all_varchar = true) WHERE item_id IN ('1', 'SECRET')"
    with pytest.raises(InputError, match=r"^the query: row 2: `item_id` repeats") as caught:
        list(read_items(query))
    assert "SECRET" not in str(caught.value)


def test_an_id_that_appears_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text(f"{HEAD}\n1,a,post,2025-01-01\n1,b,post,2025-01-01\n")
    with pytest.raises(InputError, match="row 2: `item_id` repeats"):
        list(read_items(str(path)))


def test_space_around_an_id_does_not_lose_a_no(tmp_path: Path) -> None:
    path = tmp_path / "choices.csv"
    path.write_text("member_id,purpose,scope,on,at\nada ,p,all,false,2025-01-01\n")
    with pytest.raises(InputError, match="row 1: `member_id` has space around it"):
        list(read_choices(str(path)))


def test_a_file_whose_name_begins_like_a_query_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "select items [1].csv"
    path.write_text(f"{HEAD}\n1,a,post,2025-01-01\n")
    assert len(list(read_items(str(path)))) == 1
    assert len(list(read_items(f"SELECT * FROM read_csv('{tmp_path}/select*.csv'); "))) == 1
    with pytest.raises(InputError, match="name of a table is empty"):
        list(read_items(""))
