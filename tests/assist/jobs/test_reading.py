"""Postings come in many shapes; each row becomes a posting or is listed with its reason."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vanne.assist.jobs.jobposting import BadRowError, plain, read_posting
from vanne.assist.jobs.reading import read_files
from vanne.errors import InputError, StorageError

CASES = Path(__file__).parent / "cases"


def test_a_page_gives_its_postings_and_lists_the_rest() -> None:
    found = read_files([CASES / "page.html"])
    (posting,) = found.postings
    assert [(each.row, each.reason) for each in found.listed] == [
        (1, "not a job posting"),
        (2, "not a job posting"),
        (4, "broken JSON"),
    ]
    assert (posting.posting_id, posting.employer, posting.lang) == ("ost-1", "Klinik Ostberg", "de")
    assert posting.text.splitlines()[:2] == ["Nachtdienst & Pflege", "Wundversorgung"]
    assert (posting.sites, posting.months) == (("Bern, CH", "Thun, CH"), 36)
    assert len(posting.places) == 2
    assert posting.salary == "CHF 80000–95000 year"


def test_a_posting_is_open_until_the_end_of_its_last_day() -> None:
    (posting,) = read_files([CASES / "page.html"]).postings
    assert posting.is_open(datetime(2026, 6, 30, 23, 59, tzinfo=UTC))
    assert not posting.is_open(datetime(2026, 7, 1, tzinfo=UTC))


def test_lines_are_read_one_by_one_and_none_is_lost() -> None:
    found = read_files([CASES / "rows.jsonl"])
    assert found.rows == len(found.postings) + len(found.listed) == 10
    assert [(each.row, each.reason) for each in found.listed] == [
        (4, "same id as another"),
        (5, "no title"),
        (6, "a date cannot be read"),
        (7, "not an object"),
        (8, "not an object"),
        (9, "broken JSON"),
    ]
    dev, cook, far, _ = found.postings
    assert (dev.skills, cook.months) == (("Rust", "PostgreSQL", "Docker"), 24)
    assert (far.is_remote, dev.expires) == (True, datetime(2026, 7, 1, 10, tzinfo=UTC))
    assert cook.sites == ("Vevey, CH",)


@pytest.mark.parametrize("form", ["alone", "array", "graph"])
def test_one_posting_is_the_same_alone_in_an_array_and_in_a_graph(
    form: str, tmp_path: Path
) -> None:
    row = {"@type": "JobPosting", "title": "Nurse", "url": "https://example.org/1"}
    forms = {"alone": row, "array": [row], "graph": {"@graph": [row]}}
    path = tmp_path / "postings.json"
    path.write_text("\ufeff" + json.dumps(forms[form], indent=1))
    (posting,) = read_files([path]).postings
    assert (posting.posting_id, posting.title) == ("https://example.org/1", "Nurse")


def test_a_town_is_the_one_in_the_country_that_is_named() -> None:
    both = [read_posting({"title": "Cook", "place": f"Lausanne, {c}"}).places for c in ("CH", "US")]
    assert both[0] == read_posting({"title": "Cook", "place": "Lausanne"}).places
    assert all(len(places) == 1 for places in both)


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no such file"):
        read_files([tmp_path / "none.json"])


_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["@type", "name", "value", "address", "title"]), inner)
    ),
    max_leaves=8,
)
_keys = ("title", "jobLocation", "validThrough", "experienceRequirements", "skills", "baseSalary",
         "description", "identifier", "hiringOrganization", "years", "inLanguage")  # fmt: skip


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from(_keys), _values, max_size=6))
def test_no_shape_of_a_row_breaks_the_reader(row: dict[str, object]) -> None:
    try:
        posting = read_posting(row)
    except BadRowError:
        return
    assert posting.title
    assert posting.posting_id


def test_scripts_in_a_description_are_no_text() -> None:
    assert plain("<p>a</p><script>alert(1)</script><b>b</b>") == "a\nb"


def test_a_huge_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vanne.assist.jobs.reading.MOST_BYTES", 10)
    path = tmp_path / "p.json"
    path.write_text("[1,2,3,4,5,6,7]")
    with pytest.raises(InputError, match="larger than"):
        read_files([path])
