"""Reminders as a calendar file (iCalendar, RFC 5545), for whichever calendar a person has.

Each is an event of a whole day with an alarm at nine in the morning. The same reminder has the same
identifier, so a calendar that reads it twice shows it once. The library `icalendar` reads these
files in the tests; it is too large for the page in the browser.

>>> events = [CalendarEvent(date(2027, 2, 28), "look again", "Is it still off?")]
>>> lines = calendar(events, datetime(2026, 11, 29, tzinfo=UTC)).decode().splitlines()
>>> lines[6], lines[8]
('DTSTART;VALUE=DATE:20270228', 'SUMMARY:look again')
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

MONTHS = 3
"""After so many months the setting is looked at again."""
_LINE = 75
"""Octets of a line, without its end (RFC 5545, section 3.1)."""


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """What a calendar shows on a day."""

    day: date
    title: str
    text: str
    url: str | None = None


def months_later(day: date) -> date:
    """Return the same day `MONTHS` later, or the last one of that month.

    >>> months_later(date(2026, 11, 29)), months_later(date(2026, 11, 30))
    (datetime.date(2027, 2, 28), datetime.date(2027, 2, 28))
    """
    years, month = divmod(day.month - 1 + MONTHS, 12)
    first = date(day.year + years, month + 1, 1)
    following = (first + timedelta(days=31)).replace(day=1)
    return min(first.replace(day=1) + timedelta(days=day.day - 1), following - timedelta(days=1))


def calendar(events: Iterable[CalendarEvent], made: datetime) -> bytes:
    """Return the events as a file; `made` is the time at which it is made."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Vanne//Reminder//EN"]
    for number, event in enumerate(events):
        lines += _event(event, number, f"{made.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    return "".join(f"{_folded(line)}\r\n" for line in (*lines, "END:VCALENDAR")).encode()


def _event(event: CalendarEvent, number: int, stamp: str) -> Iterator[str]:
    title, text = _escaped(event.title), _escaped(event.text)
    yield "BEGIN:VEVENT"
    yield f"UID:{uuid5(NAMESPACE_URL, f'{event.url or event.title}#{event.day}#{number}')}"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{title}"
    yield f"DESCRIPTION:{text}"
    if event.url:
        yield f"URL:{event.url}"
    yield "TRANSP:TRANSPARENT"  # nobody is busy on that day
    yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{title}", "TRIGGER:PT9H")
    yield from ("END:VALARM", "END:VEVENT")


def _escaped(text: str) -> str:
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> str:
    """Fold a line so that no part is longer than it may be, and no letter is cut in two."""
    parts, octets = [""], 0
    for letter in line:
        size = len(letter.encode())
        if octets + size > _LINE:
            parts.append(" ")
            octets = 1
        parts[-1] += letter
        octets += size
    return "\r\n".join(parts)
