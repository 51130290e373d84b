"""The reminders: every calendar can read them, on the right day, whatever the language."""

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from tests.report.test_guide import PLATFORMS
from tests.table import every
from vanne.report.done import done_line, reminders
from vanne.report.guide import load_guide
from vanne.report.reminder import CalendarEvent, calendar, months_later
from vanne.words import LANGUAGES, words

TODAY = date(2026, 11, 29)
NOW = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
ODD = CalendarEvent(TODAY, "Ä; b, c\\d", "é" * 200 + "\nzwei, drei; vier\\", "https://example.org")


def read(data: bytes) -> Calendar:
    return Calendar.from_ical(data.decode())


@every("network", PLATFORMS)
@every("lang", LANGUAGES)
def test_a_calendar_reads_a_reminder_as_it_was_meant(network: str, lang: str) -> None:
    events = list(reminders(load_guide(network), TODAY, words(lang)))
    [shown] = read(calendar(events, NOW)).walk("VEVENT")
    assert shown.decoded("DTSTART") == date(2027, 2, 28)
    assert shown.decoded("DTEND") == date(2027, 3, 1)
    assert shown.decoded("DTSTAMP") == NOW
    assert str(shown["SUMMARY"]) == events[0].title
    assert str(shown["DESCRIPTION"]) == events[0].text
    [alarm] = shown.walk("VALARM")
    assert alarm.decoded("TRIGGER") == timedelta(hours=9) and alarm["ACTION"] == "DISPLAY"


def test_every_sign_comes_back() -> None:
    [shown] = read(calendar([ODD], NOW)).walk("VEVENT")
    assert str(shown["SUMMARY"]) == ODD.title
    assert str(shown["DESCRIPTION"]) == ODD.text
    assert str(shown["URL"]) == ODD.url


def test_lines_end_and_are_folded_as_the_standard_says() -> None:
    data = calendar([ODD], NOW)
    assert data.endswith(b"END:VCALENDAR\r\n") and b"\n" not in data.replace(b"\r\n", b"")
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()  # no letter is cut in two


def test_a_reminder_that_is_made_again_is_the_same_event() -> None:
    guide = load_guide("linkedin")
    made = (list(reminders(guide, TODAY, words(lang))) for lang in ("fr", "de"))
    ids = {str(read(calendar(events, NOW)).walk("VEVENT")[0]["UID"]) for events in made}
    assert len(ids) == 1


def test_two_reminders_of_one_day_are_two_events() -> None:
    ids = {str(shown["UID"]) for shown in read(calendar([ODD, ODD], NOW)).walk("VEVENT")}
    assert len(ids) == 2


def test_who_turns_eighteen_is_reminded_on_that_day() -> None:
    guide, w = load_guide("linkedin"), words("en")
    days = [each.day for each in reminders(guide, TODAY, w, birth_date=date(2009, 5, 1))]
    assert days == [date(2027, 2, 28), date(2027, 5, 1)]
    for born in (None, date.min, date(1980, 1, 1)):
        assert len(list(reminders(guide, TODAY, w, birth_date=born))) == 1


@pytest.mark.parametrize(
    ("day", "later"),
    [
        (date(2026, 11, 29), date(2027, 2, 28)),
        (date(2027, 11, 30), date(2028, 2, 29)),
        (date(2026, 12, 31), date(2027, 3, 31)),
        (date(2026, 1, 31), date(2026, 4, 30)),
    ],
)
def test_three_months_later_is_never_a_day_that_is_not(day: date, later: date) -> None:
    assert months_later(day) == later


def test_the_line_to_keep_says_when_where_and_what() -> None:
    line = done_line(load_guide("linkedin"), TODAY, words("fr"))
    assert line.startswith("2026-11-29  LinkedIn") and line.endswith("2027-02-28")
    assert "Données pour l'amélioration de l'IA générative" in line
    for network in PLATFORMS:
        assert len(done_line(load_guide(network), TODAY, words("en")).splitlines()) == 1
