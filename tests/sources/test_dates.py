"""The date shapes: strict, disjoint, in UTC."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.table import every
from vanne.sources import dates


def shapes_of(text: str) -> list[str]:
    return [shape for shape in dates.SHAPES if dates.parse(text, [shape])]


@every(
    ("text", "shape", "expected"),
    [
        ("08 Feb 2026", "day", datetime(2026, 2, 8)),
        ("2025-06-01 14:03:22 UTC", "second-utc", datetime(2025, 6, 1, 14, 3, 22)),
        ("2026-02-09 01:21:47", "second", datetime(2026, 2, 9, 1, 21, 47)),
        ("2023-01-05 12:30 UTC", "minute-utc", datetime(2023, 1, 5, 12, 30)),
        ("2024/02/01 15:02:55 UTC", "slash-utc", datetime(2024, 2, 1, 15, 2, 55)),
        ("2024/02/01 15:02:55", "slash", datetime(2024, 2, 1, 15, 2, 55)),
        ("1/29/26, 2:37 PM", "us", datetime(2026, 1, 29, 14, 37)),
        ("03/14/22, 09:30 AM", "us", datetime(2022, 3, 14, 9, 30)),
        ("1/29/26, 2:37\u202fPM", "us", datetime(2026, 1, 29, 14, 37)),
        ("Sat Sep 05 08:12:14 UTC 2026", "ctime", datetime(2026, 9, 5, 8, 12, 14)),
        ("Jan 2023", "month", datetime(2023, 1, 1)),
        ("2014", "year", datetime(2014, 1, 1)),
        ("4-Apr-21", "day-short", datetime(2021, 4, 4)),
        ("09.02.2026 01:21", "dots", datetime(2026, 2, 9, 1, 21)),
        ("9.2.2026 1:21:47", "dots", datetime(2026, 2, 9, 1, 21, 47)),
        ("31.12.2025", "dots", datetime(2025, 12, 31)),
        (
            "You uploaded a feed photo on April 12, 2026 at 8:03 AM (GMT)",
            "sentence",
            datetime(2026, 4, 12, 8, 3),
        ),
    ],
)
def test_each_shape_is_read_as_utc(text: str, shape: str, expected: datetime) -> None:
    assert dates.parse(text, [shape]) == expected.replace(tzinfo=UTC)
    assert shapes_of(text) == [shape]


@pytest.mark.parametrize(
    ("text", "hour"), [("12:00 AM", 0), ("12:59 PM", 12), ("1:00 PM", 13), ("11:59 PM", 23)]
)
def test_twelve_am_is_midnight_and_twelve_pm_is_noon(text: str, hour: int) -> None:
    read = dates.parse(f"1/2/24, {text}", ["us"])
    assert read is not None
    assert read.hour == hour


@every(
    "text",
    [
        "1/29/26, 0:37 PM",
        "1/29/26, 13:37 PM",
        "29/1/26, 2:37 PM",
        "12.31.2025",
        "2026-02-30 01:21:47",
        "2026-02-09 24:21:47",
        "08 février 2026",
        "yesterday",
        "Apr 12 ",
        "٢٠١٤-01-01 00:00:00",
    ],
)
def test_what_is_no_date_is_no_date(text: str) -> None:
    assert dates.parse(text, [*dates.GROUPS["timestamp"], *dates.GROUPS["period"]]) is None


@settings(deadline=None)
@given(st.text(alphabet="0123456789 -/:,APMUTCJanFebMarch()You onat.", max_size=40))
def test_no_text_fits_two_shapes(text: str) -> None:
    assert len(shapes_of(text)) <= 1


@settings(deadline=None)
@given(st.datetimes(min_value=datetime(2003, 1, 1), max_value=datetime(2068, 1, 1)))
def test_what_linkedin_writes_is_what_is_read(at: datetime) -> None:
    minute = at.replace(second=0, microsecond=0, tzinfo=UTC)
    half = "AM" if at.hour < 12 else "PM"
    text = f"{at.month}/{at.day}/{at:%y}, {at.hour % 12 or 12}:{at:%M} {half}"
    assert dates.parse(text, ["us"]) == minute


def test_a_period_lasts_until_its_last_day() -> None:
    assert dates.last_day("Feb 2024") == date(2024, 2, 29)
    assert dates.last_day("2026") == date(2026, 12, 31)
    assert dates.last_day("") is None


def test_blank_words_are_blank() -> None:
    assert all(map(dates.is_blank, ("", " ", "N/A", "n/a", "null")))
    assert not dates.is_blank("none")


def test_a_number_of_many_digits_beside_a_year_is_no_day() -> None:
    found = dates.birth_date(f"12-{10**30}-1990", date(2026, 1, 1))
    assert found == date(1990, 12, 31), "the year is known, and nothing nearer"
