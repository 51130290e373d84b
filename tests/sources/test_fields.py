"""Items keep their fields in every form of table, and their text is rendered from them."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from vanne.errors import InputError
from vanne.fields import fault_of, text_of
from vanne.sources.archives import read_archives
from vanne.sources.batches import item_batches
from vanne.sources.readers import record_kinds, table_kinds
from vanne.sources.tables import read_items, write_items
from vanne.terms import Item

NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)
NURSE = {"title": "Nurse, «ICU»", "employer": 'Johnson & "Sons"', "start": "2019-03"}
TEXT = 'Nurse, «ICU»\nJohnson & "Sons"\n2019-03 –'


def row(fields: Any = None, category: str = "position", text: str | None = None) -> dict[str, Any]:
    made = {"item_id": "1", "owner": "ada", "category": category, "created_at": "2025-01-01"}
    return made | {"fields": fields, "text": text}


def json_lines(folder: Path, *rows: dict[str, Any]) -> str:
    path = folder / "items.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return str(path)


def test_csv_json_lines_parquet_and_a_struct_give_the_same_fields(tmp_path: Path) -> None:
    table = tmp_path / "items.csv"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, row())
        writer.writeheader()
        writer.writerow(row(json.dumps(NURSE)))
    write_items(
        [Item("1", "ada", "position", created_at=NOON, fields=NURSE)], tmp_path / "a.parquet"
    )
    struct = tmp_path / "struct.parquet"
    columns = "'1' item_id, 'ada' AS owner, 'position' category, TIMESTAMP '2025-01-01' created_at"
    fields = (
        "{title: 'Nurse, «ICU»', employer: 'Johnson & \"Sons\"', start: '2019-03', \"end\": NULL}"
    )
    duckdb.sql(f"COPY (SELECT {columns}, {fields} AS fields) TO '{struct}'")
    sources = [
        str(table),
        json_lines(tmp_path, row(NURSE)),
        str(tmp_path / "a.parquet"),
        str(struct),
    ]
    for source in sources:
        (item,) = read_items(source)
        assert item.fields == NURSE
        assert item.text == TEXT


def test_a_text_that_the_member_wrote_stays(tmp_path: Path) -> None:
    (item,) = read_items(json_lines(tmp_path, row(NURSE, text="I nurse.")))
    assert (item.text, item.fields) == ("I nurse.", NURSE)


def test_a_table_without_fields_has_none(tmp_path: Path) -> None:
    lines = {name: value for name, value in row().items() if name != "fields"}
    (item,) = read_items(json_lines(tmp_path, lines))
    assert item.fields == {}
    assert hash(item)


@pytest.mark.parametrize(
    ("category", "fields", "message"),
    [
        ("position", "Nurse", "is no JSON object"),
        ("position", ["Nurse"], "is no JSON object"),
        ("position", {"titel": "Nurse"}, "has `titel`, which is no field of a `position`"),
        ("position", {"title": 3}, "has a `title` that is no text"),
        ("position", {"start": "March 2019"}, "has a `start` that is no `YYYY`"),
        ("post", {"title": "Nurse"}, "which is no field of a `post`"),
        ("profile", {"headline": "Nurse", "level": "C1"}, "of a profile and of a language"),
    ],
)
def test_fields_that_are_not_those_of_the_category_are_refused(
    tmp_path: Path, category: str, fields: Any, message: str
) -> None:
    source = json_lines(tmp_path, row(category=category), row(fields, category) | {"item_id": "2"})
    with pytest.raises(InputError, match="row 2: `fields` ") as refused:
        list(read_items(source))
    assert message in str(refused.value)


def test_the_fields_of_an_unknown_category_are_kept(tmp_path: Path) -> None:
    (item,) = read_items(json_lines(tmp_path, row({"host": "Ada"}, "podcast")))
    assert item.fields == {"host": "Ada"}


def test_fields_have_no_part_in_a_verdict(tmp_path: Path) -> None:
    (batch,) = item_batches(json_lines(tmp_path, row({"titel": "no field"})))
    assert "fields" not in batch.schema.names


def test_a_text_is_a_line_for_each_field() -> None:
    profile = {"given_name": "Ana", "family_name": "Lac", "headline": "Nurse", "place": "Flussau"}
    assert text_of(profile) == "Ana Lac\nNurse\nFlussau"
    assert text_of({"school": "EPFL", "start": "2001", "end": "2004"}) == "EPFL\n2001 – 2004"
    assert text_of({}) is None


def test_a_profile_of_facebook_gives_its_jobs_and_schools(tmp_path: Path) -> None:
    name = {"full_name": "Ana Lac", "first_name": "Ana", "last_name": "Lac"}
    job = {"employer": "bol.com", "title": "Développeuse", "start_timestamp": 1546300800}
    profile = {"name": name, "work_experiences": [job], "education_experiences": [{"name": "EPFL"}]}
    (tmp_path / "profile_information.json").write_text(json.dumps({"profile_v2": profile}))
    reading = read_archives([tmp_path])
    assert [(item.category, item.fields) for item in reading.items] == [
        ("profile", {"given_name": "Ana", "family_name": "Lac"}),
        ("position", {"title": "Développeuse", "employer": "bol.com", "start": "2019-01"}),
        ("education", {"school": "EPFL"}),
    ]
    assert reading.rows == 3


def test_json_resume_keeps_its_fields(tmp_path: Path) -> None:
    resume = {
        "basics": {"name": "Ana Lac", "label": "Nurse", "location": {"city": "Bern"}},
        "work": [{"name": "3M", "position": "Nurse", "startDate": "2019", "endDate": "2021-04-30"}],
        "languages": [{"language": "Deutsch", "fluency": "C1"}],
        "skills": [{"name": "Care", "level": "expert"}],
    }
    (tmp_path / "resume.json").write_text(json.dumps(resume))
    items = {item.source: item for item in read_archives([tmp_path]).items}
    found = {source: dict(item.fields) for source, item in items.items() if source}
    assert found == {
        "json-resume/basics": {"full_name": "Ana Lac", "headline": "Nurse", "place": "Bern"},
        "json-resume/work": NURSE_AT_3M,
        "json-resume/languages": {"name": "Deutsch", "level": "C1"},
        "json-resume/skills": {"name": "Care"},
    }
    assert items["json-resume/skills"].text == "Care\nexpert"


NURSE_AT_3M = {"title": "Nurse", "employer": "3M", "start": "2019", "end": "2021-04-30"}


def test_every_field_that_a_reader_makes_is_one_of_its_category() -> None:
    every = [(kind.category, kind.fields) for kind in table_kinds().values()]
    every += [(kind.category, kind.fields) for kind in record_kinds()]
    assert {fault_of(category, dict.fromkeys(fields, "2019")) for category, fields in every} == {
        None
    }
