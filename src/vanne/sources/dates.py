"""Parse the date shapes of LinkedIn's files: one strict parser per shape.

The shapes are disjoint: no text fits two of them. So a column may declare several shapes, and
nothing is guessed. LinkedIn writes times without a zone in UTC; a written zone is always UTC or
GMT. A text that fits no declared shape gives `None`, and its row is listed and not read.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from typing import Any

from vanne.folding import fold

_MONTHS = {
    name: number
    for number, names in enumerate(
        "jan january,feb february,mar march,apr april,may,jun june,jul july,aug august,"
        "sep sept september,oct october,nov november,dec december".split(","),
        start=1,
    )
    for name in names.split()
}
MONTHS = {
    name: number
    for number, names in enumerate(
        "janvier januar janner gennaio january jan janv|fevrier februar febbraio february feb fevr|"
        "mars marz marzo march mar mrz|avril april aprile apr avr|mai maggio may mag|"
        "juin juni giugno june jun giu|juillet juli luglio july jul juil lug|"
        "aout august agosto aug ago|septembre september settembre sep sept set|"
        "octobre oktober ottobre october oct okt ott|novembre november nov|"
        "decembre dezember dicembre december dec dez dic".split("|"),
        start=1,
    )
    for name in names.split()
}
"""The months in the four languages of members, without accents."""
_GOES_ON = frozenset(
    "present|now|today|current|ongoing|aujourd'hui|actuel|actuellement|en cours|a ce jour|heute"
    "|bis heute|aktuell|laufend|oggi|presente|in corso|attuale|ad oggi".split("|")
)
_BLANK = {"", "n/a", "null"}
_SPACE = "[ \u00a0\u202f]"  # newer Java writes a narrow no-break space before AM and PM
_DAY = r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
_SLASHED = _DAY.replace("-", "/")
_MINUTE = r"(?P<hour>\d{2}):(?P<minute>\d{2})"
_CLOCK = rf"{_MINUTE}:(?P<second>\d{{2}})"
_CLOCK_12 = rf"(?P<hour>\d{{1,2}}):(?P<minute>\d{{2}}){_SPACE}(?P<half>[AP]M)"

SHAPES: dict[str, str] = {
    "day": r"(?P<day>\d{1,2}) (?P<month>[A-Za-z]{3,9}) (?P<year>\d{4})",
    "day-short": r"(?P<day>\d{1,2})-(?P<month>[A-Za-z]{3})-(?P<year>\d{2})",
    "day-iso": _DAY,
    "day-long": r"(?P<month>[A-Za-z]{3,9}) (?P<day>\d{1,2}), (?P<year>\d{4})",
    "second": rf"{_DAY} {_CLOCK}",
    "second-utc": rf"{_DAY} {_CLOCK} UTC",
    "second-iso": rf"{_DAY}T{_CLOCK}(?:\.\d+)?(?:Z|\+00:?00)?",
    "rfc-1123": (
        r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?P<day>\d{1,2}) (?P<month>[A-Z][a-z]{2}) "
        rf"(?P<year>\d{{4}}) {_CLOCK} (?:GMT|UTC)"
    ),
    "minute": rf"{_DAY} {_MINUTE}",
    "minute-utc": rf"{_DAY} {_MINUTE} UTC",
    "slash": rf"{_SLASHED} {_CLOCK}",
    "slash-utc": rf"{_SLASHED} {_CLOCK} UTC",
    "us": rf"(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})/(?P<year>\d{{4}}|\d{{2}}), {_CLOCK_12}",
    "dots": (  # as Excel writes it again in German and in Switzerland: the day comes first always
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})"
        r"(?: (?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?"
    ),
    "ctime": (
        rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?P<month>[A-Z][a-z]{{2}}) (?P<day>\d{{2}}) {_CLOCK} "
        r"(?:UTC|GMT) (?P<year>\d{4})"
    ),
    "month": r"(?P<month>[A-Za-z]{3,9}) (?P<year>\d{4})",
    "month-iso": r"(?P<year>\d{4})-(?P<month>\d{2})",
    "year": r"(?P<year>\d{4})",
    "birthday": r"(?P<month>[A-Za-z]{3,9}) (?P<day>\d{1,2})",
    "sentence": (
        r"You (?P<what>[^\n]+) on (?P<month>[A-Za-z]{3,9}) (?P<day>\d{1,2}), (?P<year>\d{4}) at "
        rf"{_CLOCK_12} \((?:GMT|UTC)\)\.?"
    ),
}
_SORTED = {"second": 19, "second-utc": 19, "second-iso": 19, "minute": 16, "minute-utc": 16}
"""Shapes that begin as ISO 8601 has it, and with how many signs."""
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)", re.ASCII)
_SHORT_YEAR = re.compile(r"\d[-/. ](?:\d{1,2}|[^\W\d]{3,9}\.?)[-/. ](\d\d)$")
_PATTERNS = {name: re.compile(shape, re.ASCII) for name, shape in SHAPES.items()}

GROUPS: dict[str, tuple[str, ...]] = {
    "timestamp": (
        *("second-utc", "second", "second-iso", "minute-utc", "minute", "slash-utc", "slash"),
        *("us", "ctime", "rfc-1123", "dots", "day", "day-iso", "day-short", "day-long"),
        *("month", "month-iso"),
    ),
    "date": (
        *("day", "day-iso", "day-short", "day-long", "dots", "month", "month-iso"),
        *("second-utc", "second", "second-iso"),
    ),
    "period": ("month", "month-iso", "year", "day", "day-iso", "day-long"),
}
"""Names for the shapes that columns of one kind use."""


def is_blank(value: str) -> bool:
    """Say whether a date cell holds nothing: empty, or one of LinkedIn's words for it."""
    return value.strip().casefold() in _BLANK


def parse(value: str, shapes: Iterable[str]) -> datetime | None:
    """Return the instant (UTC) that the text says in one of the shapes, else `None`.

    >>> parse("1/29/26, 12:05 AM", ["us"])
    datetime.datetime(2026, 1, 29, 0, 5, tzinfo=datetime.timezone.utc)
    >>> parse("2026-02-30 01:21:47", ["second"]) is None
    True
    """
    return parser(tuple(shapes))(value.strip())


def goes_on(value: str) -> bool:
    """Say whether a cell for an end says that there is none yet.

    >>> goes_on("Present"), goes_on("aujourd’hui"), goes_on("2021")
    (True, True, False)
    """
    return fold(value).strip(" .()") in _GOES_ON


def written_apart(parts: Mapping[str, Any]) -> str:
    """Return the date whose year, month and day are written apart, as far as they are.

    >>> written_apart({"Year": 2019, "Month": "--03"}), written_apart({"month": "--03"})
    ('2019-03', '')
    """
    plain, found = {name.casefold(): value for name, value in parts.items()}, list[str]()
    for name, most in (("year", 2999), ("month", 12), ("day", 31)):
        value = plain.get(name)
        if isinstance(value, dict):  # an element of XML with an attribute of its name
            value = value.get(name)
        number = str(value).strip("- ")
        if not (number.isascii() and number.isdecimal() and 0 < int(number) <= most):
            break
        found.append(f"{int(number):02}")
    return "-".join(found)


def partial_date(value: str) -> str | None:
    """Return the day, month or year that a text says as `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.

    Of a day and a month whose order is open only the year is returned.

    >>> [partial_date(text) for text in ("Jan 2019", "janv. 2019", "01/2019", "2019", "3.12.2019")]
    ['2019-01', '2019-01', '2019-01', '2019', '2019-12-03']
    >>> partial_date("3/12/2019"), partial_date("two years")
    ('2019', None)
    """
    if iso := _ISO.match(value.strip()):
        return _valid(iso["year"], iso["month"], iso["day"])
    plain = _ORDINAL.sub(r"\1", fold(value))
    parts: list[str] = [part for part in _PARTS.findall(plain) if part not in _FILLERS]
    years = [part for part in parts if _YEAR.fullmatch(part)]
    words = [part for part in parts if part.isalpha()]
    numbers = [part for part in parts if part.isdigit() and part not in years]
    if len(years) != 1 or not set(words) <= MONTHS.keys():
        return None
    match words, numbers:
        case [], []:
            return years[0]
        case [month], []:
            return _valid(years[0], MONTHS[month])
        case [], [month]:
            return _valid(years[0], month)
        case [month], [day]:
            return _valid(years[0], MONTHS[month], day)
        case [], [first, second] if "." in value or int(first) > 12:  # the day comes first
            return _valid(years[0], second, first)
        case [], [month, day] if int(day) > 12:
            return _valid(years[0], month, day)
        case [], [_, _]:
            return years[0]
    return None


_ISO = re.compile(
    r"(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)(?:-(?P<day>\d\d))?(?:[T ]\d\d:.*)?$", re.ASCII
)
_PARTS = re.compile(r"[^\W\d_]+|\d+")
_ORDINAL = re.compile(r"\b(\d{1,2})(?:er|st|nd|rd|th)\b")
_FILLERS = frozenset(("de", "of", "le", "the", "年", "月", "日"))


def _valid(year: str, month: str | int, day: str | None = None) -> str | None:
    """Return the parts of a date as ISO 8601 has them, if there is such a day."""
    try:
        valid = date(int(year), int(month), int(day or 1))
    except ValueError:
        return None
    return valid.isoformat() if day else valid.isoformat()[:7]


def last_day(value: str) -> date | None:
    """Return the last day that a period such as `Jun 2026` or `2026` covers.

    Of another text with a year in it, that is the last day of the year.

    >>> last_day("Feb 2024"), last_day("2026")
    (datetime.date(2024, 2, 29), datetime.date(2026, 12, 31))
    """
    text = value.strip()
    start = parse(text, GROUPS["period"])
    if start is None:
        years = _YEAR.findall(text)
        return date(int(years[-1]), 12, 31) if years else None
    if _PATTERNS["year"].fullmatch(text):
        return date(start.year, 12, 31)
    if _PATTERNS["month"].fullmatch(text) or _PATTERNS["month-iso"].fullmatch(text):
        return date(start.year, start.month, monthrange(start.year, start.month)[1])
    return start.date()


def first_day(value: str) -> date | None:
    """Return the first day of a period, else of the year that the text names.

    >>> first_day("août 2024")
    datetime.date(2024, 1, 1)
    """
    start = parse(value, GROUPS["period"])
    years = _YEAR.findall(value)
    return start.date() if start else date(int(years[0]), 1, 1) if years else None


def birth_date(value: str, today: date) -> date | None:
    """Return the latest day of birth that the text allows; `None` without a year.

    A date may be written in any way: where its order or its century is open, the younger person
    is meant, for a guess must not make a minor an adult.

    >>> birth_date("Apr 12, 2010", date(2026, 1, 1)), birth_date("Apr 12", date(2026, 1, 1))
    (datetime.date(2010, 4, 12), None)
    >>> birth_date("4/12/2010", date(2026, 1, 1)), birth_date("12-Apr-85", date(2026, 1, 1))
    (datetime.date(2010, 12, 4), datetime.date(1985, 12, 31))
    """
    exact = parse(value, ("day", "day-iso", "day-long", "second", "second-utc", "second-iso"))
    if exact is not None:
        return exact.date()
    if years := _YEAR.findall(value):
        year = int(years[-1])
    elif short := _SHORT_YEAR.search(value.strip()):
        year = 2000 + int(short[1])
        year -= 100 if year > today.year else 0
    else:
        return None
    numbers = [int(number) for number in re.findall(r"\d+", value)]
    days = list[date]()
    if len(numbers) == 3 and year in (numbers[0], numbers[2]):
        first, second = numbers[1:] if numbers[0] == year else numbers[:2]
        for month, day in ((first, second), (second, first)):
            with suppress(ValueError, OverflowError):
                days.append(date(year, month, day))
    return max(days, default=date(year, 12, 31))


def expand(names: Iterable[str]) -> tuple[str, ...]:
    """Replace the names of groups by the shapes in them, and refuse a name that is neither."""
    shapes = tuple(shape for name in names for shape in GROUPS.get(name, (name,)))
    unknown = [shape for shape in shapes if shape not in SHAPES]
    if unknown:
        raise ValueError(f"no date shape `{unknown[0]}`")
    return shapes


@cache
def parser(shapes: tuple[str, ...]) -> Callable[[str], datetime | None]:
    """Return what reads a text without spaces around it that has one of the shapes.

    Those of a file have one mostly, which comes first: no text has two.
    """
    usual = list(shapes)

    @lru_cache(maxsize=4096)
    def parsed(text: str) -> datetime | None:
        for at, shape in enumerate(usual):
            moment = _read(text, shape)
            if moment is not None:
                usual.insert(0, usual.pop(at))
                return moment
        return None

    return parsed


def _read(text: str, shape: str) -> datetime | None:
    match = _PATTERNS[shape].fullmatch(text)
    if match is None:
        return None
    try:
        if shape in _SORTED:
            return datetime.fromisoformat(text[: _SORTED[shape]]).replace(tzinfo=UTC)
        parts = match.groupdict()
        written, month = parts.get("year") or "2000", parts.get("month") or "1"
        hour, half = int(parts.get("hour") or 0), parts.get("half")
        if half is not None:  # 12 AM is 0, 12 PM is 12, and 0 or 13 of 12 is no hour
            if not 1 <= hour <= 12:
                return None
            hour = hour % 12 + (12 if half == "PM" else 0)
        return datetime(
            int(written) + (2000 if len(written) == 2 else 0),
            int(month) if month.isdigit() else _MONTHS[month.casefold()],
            int(parts.get("day") or 1),
            hour,
            int(parts.get("minute") or 0),
            int(parts.get("second") or 0),
            tzinfo=UTC,
        )
    except (ValueError, KeyError):
        return None
