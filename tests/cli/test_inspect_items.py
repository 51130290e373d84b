"""`vanne inspect --items`: the items of an archive as the public table, with their fields."""

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from tests.positions import COUNT, archive, positions
from vanne.cli import cli
from vanne.errors import InputError
from vanne.sources.schema import ITEMS
from vanne.sources.tables import read_items


def inspect(*arguments: object) -> tuple[int, str]:
    said = CliRunner().invoke(cli, ["inspect", *map(str, arguments)])
    return said.exit_code, said.output


def test_three_hundred_positions_keep_every_field(tmp_path: Path) -> None:
    out = tmp_path / "items.parquet"
    code, said = inspect(archive(tmp_path / "Basic.zip"), "--region", "CH", "--items", out)
    assert code == 0, said
    items = list(read_items(str(out)))
    wanted = [fields for _, fields in positions()]
    found = [dict(item.fields) for item in items if item.category == "position"]
    assert len(found) == COUNT
    for name in ("title", "employer", "start", "end", "place", "description"):
        assert [each.get(name) for each in found] == [each.get(name) for each in wanted]
    profile = next(item for item in items if item.category == "profile")
    assert profile.fields["family_name"] == "Vautravers"
    assert profile.fields["headline"] == "Nurse & more"


def test_the_table_has_the_columns_of_the_public_one(tmp_path: Path) -> None:
    out = tmp_path / "items.parquet"
    code, said = inspect(archive(tmp_path / "a.zip"), "--region", "CH", "--json", "--items", out)
    assert code == 0
    table = pq.read_table(out)
    assert table.schema.names == [column.name for column in ITEMS]
    assert len(table) == json.loads(said)["totals"]["items"]
    assert json.loads(table["fields"][0].as_py())["employer"] == "adidas"
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "items.parquet"
    out.write_bytes(b"mine")
    said = CliRunner().invoke(
        cli, ["inspect", str(archive(tmp_path / "a.zip")), "--items", str(out)]
    )
    assert isinstance(said.exception, InputError)
    assert "is there already" in str(said.exception)
    assert out.read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["items.tsv", "missing/items.parquet"])
def test_another_format_and_a_missing_folder_are_refused(tmp_path: Path, name: str) -> None:
    code, _ = inspect(archive(tmp_path / "a.zip"), "--items", tmp_path / name)
    assert code != 0
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_nothing_is_left_where_an_archive_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 and no more")
    code, _ = inspect(broken, "--items", tmp_path / "items.parquet")
    assert code != 0
    assert [path.name for path in tmp_path.iterdir()] == ["broken.zip"]


def test_tags_say_in_which_field(tmp_path: Path) -> None:
    head = "Company Name,Title,Description,Location,Started On,Finished On\n"
    row = "3M,Déléguée syndicale,Write to ann@example.org,Bern,2019,\n"
    (tmp_path / "Positions.csv").write_text(head + row)
    code, said = inspect(tmp_path, "--region", "CH", "--json")
    assert code == 0
    document = json.loads(said)
    assert document["tagged_fields"] == [
        {"category": "position", "field": "title", "tag": "union", "count": 1}
    ]


# A file to keep, the items in JSON, and words that are looked for


HEAD = "Date,ShareLink,ShareCommentary,SharedUrl,MediaUrl,Visibility\n"
LINK = "https://www.linkedin.com/feed/update/urn%3Ali%3Ashare%3A"


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    folder = tmp_path / "archive"
    folder.mkdir()
    rows = "2026-02-09 01:21:47,%s1,=HYPERLINK(1),,,MEMBER_NETWORK\n2026-02-10 01:21:47,%s2,Rivers rise,,,CONNECTIONS\n"
    (folder / "Shares.csv").write_text(HEAD + rows % (LINK, LINK), encoding="utf-8")
    (folder / "Skills.csv").write_text("Name\nHydrology\n", encoding="utf-8")
    return folder


def test_a_csv_file_says_of_each_item_its_state_and_who_says_so(
    posts: Path, tmp_path: Path
) -> None:
    out = tmp_path / "kept.csv"
    code, said = inspect(posts, "--region", "CH", "--as-of", "2026-11-25", "--items", out)
    assert code == 0, said
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["Text"]: row for row in csv.DictReader(file)}
    assert rows.keys() == {"'=HYPERLINK(1)", "Rivers rise", "Hydrology"}  # no formula
    used, limited, skill = rows["'=HYPERLINK(1)"], rows["Rivers rise"], rows["Hydrology"]
    assert (used["Answer"], used["Day"]) == ("In use", "2026-02-09")
    assert used["Who says so"] == "LinkedIn, 21 August 2026, 19 September 2025"
    assert limited["Answer"] == "Not known"
    assert skill["Day"] == ""  # the day of the archive is not that of a skill
    assert out.stat().st_mode & 0o777 == 0o600


FORMULAS = ["=1+1", "+1", "-1", "@SUM(1)", "＝1+1", "＋1", "－1", "＠SUM(1)", "﹢1", "⁼1"]
PLAIN = ["1=1", "*1", "'=1", "a@b", "—1", "“=1"]


@pytest.mark.parametrize("before", ["", " ", "\u3000", "\n"])
def test_no_cell_of_a_csv_file_begins_as_a_formula(tmp_path: Path, before: str) -> None:
    folder, out = tmp_path / "archive", tmp_path / "kept.csv"
    folder.mkdir()
    texts = [before + text for text in FORMULAS + PLAIN]
    rows = (
        f'2026-02-09 01:21:47,{LINK}{n},"{text}",,,MEMBER_NETWORK\n' for n, text in enumerate(texts)
    )
    (folder / "Shares.csv").write_text(HEAD + "".join(rows), encoding="utf-8")
    code, answer = inspect(folder, "--region", "CH", "--as-of", "2026-11-25", "--items", out)
    assert code == 0, answer
    with out.open(encoding="utf-8-sig", newline="") as file:
        written = {row["Text"] for row in csv.DictReader(file)}
    assert len(written) == len(texts)
    marked = {text for text in written if text.startswith("'") and text != "'=1"}
    assert {text.strip() for text in written - marked} == set(PLAIN)


def test_the_document_by_item_holds_each_item_with_its_state(posts: Path) -> None:
    asked = (posts, "--region", "CH", "--as-of", "2026-11-25", "--json")
    document = json.loads(inspect(*asked, "--by", "item")[1])
    rows = {row["text"]: row for row in document["items"]}
    assert len(rows) == document["totals"]["items"]
    assert rows["Rivers rise"]["state"] == "not-known"
    assert rows["Rivers rise"]["created_at"] == "2026-02-10T01:21:47+00:00"
    assert rows["Hydrology"]["created_at"] is None
    assert {source["publisher"] for source in rows["Hydrology"]["sources"]} == {"LinkedIn"}
    assert "items" not in json.loads(inspect(*asked)[1])
    assert inspect(*asked, "--by", "category")[0] == 2  # nothing is ignored in silence


def test_items_are_found_by_words_in_them(posts: Path) -> None:
    asked = (posts, "--region", "CH", "--as-of", "2026-11-25", "--by", "item", "--find", "RIVERS")
    said = inspect(*asked)[1]
    assert "Rivers rise" in said and "Hydrology" not in said
    assert said.endswith("1 item holds this\n")
    found = json.loads(inspect(*asked, "--json")[1])["items"]
    assert [row["text"] for row in found] == ["Rivers rise"]
    assert inspect(posts, "--find", "rivers")[0] == 2
