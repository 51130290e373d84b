"""Postings come in many shapes; each row becomes a posting or is listed with its reason."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.table import every
from vanne.config import Home
from vanne.errors import InputError, StorageError
from vanne_assist.jobs.board import add, read
from vanne_assist.jobs.posting import Pay, plain, read_files, read_posting

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
    assert posting.salary == Pay(currency="CHF", least="80000", most="95000", unit="year")


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
_ODD = ("9999-12-31", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "<![x", "<a <a", "&#" + "9" * 5000,
        "&lt;&#" + "9" * 5000,
        "\ud800", "\0", "9" * 5000, "9" * 5000 + " years", 10**400, -(10**400), 1e308, "Nurse", "2026-13-45")  # fmt: skip
"""Values that once ended the command, and their like."""
_keys = ("@type", "title", "name", "jobLocation", "jobLocationType", "validThrough", "datePosted", "experienceRequirements",
         "skills", "baseSalary", "salary", "description", "identifier", "url", "hiringOrganization", "years", "inLanguage",
         "qualifications", "employmentType", "remote", "text", "place")  # fmt: skip


def _added(folder: Path, *rows: object) -> tuple[int, list[str]]:
    """Add rows as the command does; return how many became postings, and why others did not."""
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = read_files([path])
    assert found.rows == len(found.postings) + len(found.listed) == len(rows)
    home = Home(folder / "home")
    home.root.mkdir(exist_ok=True)
    new, replaced, _ = add(home, found.postings, datetime(2026, 11, 1, tzinfo=UTC))
    assert new + replaced == len(found.postings)
    assert read(home) is not None
    return len(found.postings), [each.reason for each in found.listed]


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(st.sampled_from(_keys), _values | st.sampled_from(_ODD), max_size=6))
def test_no_row_ends_the_command(tmp_path: Path, row: dict[str, object]) -> None:
    _added(tmp_path, {"title": "Nurse"} | row)


@every("key", _keys)
def test_no_odd_value_ends_the_command(tmp_path: Path, key: str) -> None:
    _added(tmp_path, *({"title": "Nurse", key: value, "id": n} for n, value in enumerate(_ODD)))


def test_an_offer_until_the_last_day_of_all_days_has_no_end(tmp_path: Path) -> None:
    assert read_posting({"title": "Nurse", "validThrough": "9999-12-31"}).expires is None
    assert _added(tmp_path, {"title": "Nurse", "validThrough": "9999-12-31"}) == (1, [])


def test_half_a_sign_is_read_as_one_that_is_lost(tmp_path: Path) -> None:
    assert _added(tmp_path, {"title": "Nurse \ud800"}) == (1, [])


def test_a_number_that_no_pay_can_have_is_listed(tmp_path: Path) -> None:
    assert _added(tmp_path, {"title": "Nurse", "years": 10**400}) == (0, ["a number is too large"])


def test_scripts_in_a_description_are_no_text() -> None:
    assert plain("<p>a</p><script>alert(1)</script><b>b</b>") == "a\nb"


def test_a_huge_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vanne_assist.jobs.posting.MOST_BYTES", 10)
    path = tmp_path / "p.json"
    path.write_text("[1,2,3,4,5,6,7]")
    with pytest.raises(InputError, match="larger than"):
        read_files([path])
