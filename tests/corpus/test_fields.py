"""What the corpus gives of an item's fields, and that they say nothing that its text may not."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.corpus.exporting import AS_OF, MEMBERS, item
from vanne.config import Home
from vanne.corpus import build, current, read, read_batches, verify
from vanne.corpus.intake import add
from vanne.corpus.redaction import Redacted
from vanne.errors import InputError
from vanne.ledger import Ledger
from vanne.policy.load import text_of
from vanne.sources.tables import write_items, write_members
from vanne.terms import Item

OWNER = MEMBERS[0].member_id
NURSE = {
    "title": "Pflegefachfrau",
    "employer": "3M",
    "start": "2019-03",
    "description": "Zürich, write to ann@example.org\nMy salary is $95,000.",
}
SCREENED = "Zürich, write to [EMAIL]\nMy salary is [SALARY]."


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.items.mkdir(parents=True)
    write_members(MEMBERS, home.members)
    home.policy.write_text(text_of("linkedin-2025-11-03"))
    Ledger.create(home.ledger).close()
    return home


def position(item_id: str, **columns: object) -> Item:
    return item(
        item_id, OWNER, **{"category": "position", "fields": NURSE, "text": None, **columns}
    )


def test_a_document_has_the_fields_and_the_text_is_theirs(home: Home) -> None:
    write_items([position("p")], home.items / "items.parquet")
    build(home, AS_OF)
    redacted = Redacted()
    (document,) = read(home, current(home), redacted)
    assert document.fields == NURSE | {"description": SCREENED}
    assert document.text == f"Pflegefachfrau\n3M\n2019-03 –\n{SCREENED}"
    assert redacted.kinds == {"email": 1, "salary": 1}
    described = ("position", "description")
    assert redacted.fields == {(*described, "email"): 1, (*described, "salary"): 1}
    (again,) = read(home, current(home))  # from what the first reader kept
    assert again == document
    verify(home, current(home))


def test_what_is_taken_out_of_the_text_is_taken_out_of_the_fields(home: Home) -> None:
    said = {"title": "Nurse", "description": "for 95'000 a year, 95'000!"}
    told = position("p", fields=said, text="My salary is CHF 95'000.")
    other = position("q", text="I nurse.")
    write_items([told, other], home.items / "items.parquet")
    build(home, AS_OF)
    first, second = read(home, current(home))
    assert "95" not in str(first.fields)
    assert second.text == "I nurse."
    assert second.fields["description"] == SCREENED


def test_what_spans_two_fields_is_taken_out_of_both(home: Home) -> None:
    said = {"title": "Expected salary", "employer": "CHF 95'000", "description": "ann@example.org"}
    write_items([position("p", fields=said)], home.items / "items.parquet")
    build(home, AS_OF)
    (document,) = read(home, current(home))
    assert "95" not in f"{document.fields}{document.text}"
    assert "ann@" not in f"{document.fields}{document.text}"


def test_a_denied_item_gives_no_field(home: Home) -> None:
    denied = replace(position("d"), owner="nobody")
    write_items([position("p"), denied], home.items / "items.parquet")
    build(home, AS_OF)
    batches = read_batches(home, current(home), ("item_id", "fields"))
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert [row["item_id"] for row in rows] == ["p"]
    assert "ann@" not in rows[0]["fields"]


def test_a_table_with_fields_of_another_shape_is_added_whole_or_not(home: Home) -> None:
    table = home.root / "table.parquet"
    write_items([position("p")], table)
    struct = pa.array([NURSE], pa.struct([(name, pa.string()) for name in NURSE]))
    plain = pq.read_table(table)
    at = plain.schema.names.index("fields")
    pq.write_table(plain.set_column(at, "fields", struct), table)
    assert add(home, str(table)).rows == 1
    build(home, AS_OF)
    (document,) = read(home, current(home))
    assert document.fields["employer"] == "3M"
    write_items([position("q", fields={"boss": "Ada"})], table)
    with pytest.raises(InputError, match="`fields` has `boss`"):
        add(home, str(table))


def test_a_data_file_with_wrong_fields_is_refused_when_it_is_built(home: Home) -> None:
    write_items([position("q", fields={"boss": "Ada"})], home.items / "items.parquet")
    with pytest.raises(InputError, match="row 1: `fields` has `boss`"):
        build(home, AS_OF)
