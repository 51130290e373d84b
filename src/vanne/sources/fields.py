"""Finds values in a record by where they lie: `data[].post`, `*.timestamp`, `name|title`.

A dot goes into an object, `[]` to each element of an array, `*` to each value of an object; `|`
parts places of which the first that holds something counts. What is not there is nothing; what is
of another kind than it should be (an array where an object belongs) is a fault of the record, but
after a `?`: there it is nothing too.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

Record = Mapping[str, Any]
_STEP = re.compile(r"\[\]|\*|[^.\[\]*]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR, _LAST_YEAR = 1995, 2100  # no network is older
_X_TIME = "%a %b %d %H:%M:%S %z %Y"


class OddError(Exception):
    """A value is of another kind than its place wants."""


def values(record: Any, place: str) -> Iterator[Any]:
    """Return what lies at a place.

    >>> list(values({"data": [{"post": "a"}, {}, {"post": "b"}]}, "data[].post"))
    ['a', 'b']
    """
    for steps in _steps(place):
        level = [record]
        for step in steps:
            if not level:
                break
            level = _below(level, step, place)
        if found := [value for value in level if value != ""]:
            return iter(found)
    return iter(())


@cache
def _steps(place: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(_STEP.findall(way)) for way in place.split("|"))


def _below(level: list[Any], step: str, place: str) -> list[Any]:
    """Return what lies one step below each of some values, but for null."""
    found: list[Any] = []
    kind: Any = list if step == "[]" else dict
    for value in level:
        if not isinstance(value, kind):
            raise OddError(place)
        if step == "[]":
            found += value
        elif step == "*":
            found += value.values()
        elif not step.endswith("?"):
            found.append(value.get(step))
        elif isinstance(below := value.get(step[:-1]), dict | list):
            found.append(below)
    return [value for value in found if value is not None]


def texts(record: Any, places: Sequence[str], *, numbers: bool = True) -> Iterator[str]:
    """Yield the texts at some places. An object is called by its `name`; `numbers` are texts too.

    Raises:
        OddError: something else is there.
    """
    for place in places:
        for value in values(record, place):
            said = value.get("name") if isinstance(value, dict) else value
            is_number = isinstance(said, int | float) and not isinstance(said, bool)
            if not isinstance(said, str) and not (numbers and is_number):
                raise OddError(place)
            yield str(said)


def joined(record: Any, places: Sequence[str], *, numbers: bool = False) -> str | None:
    """Join what lies at some places, a line for each."""
    found = (text.strip() for text in texts(record, places, numbers=numbers))
    return "\n".join(text for text in found if text) or None


def moment(record: Any, place: str, shape: str) -> datetime | None:
    """Return the time at a place; `None` if there is none.

    Raises:
        OddError: it is not understood.
    """
    value = next(values(record, place), None)
    if value in (None, 0, "0"):
        return None
    found = _read(value, shape)
    if found is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise OddError(place)
    return found.replace(microsecond=0)


def _read(value: Any, shape: str) -> datetime | None:
    try:
        if shape in ("seconds", "milliseconds"):
            number = int(value) if isinstance(value, str) else value
            if isinstance(number, bool) or not isinstance(number, int | float):
                return None
            return _EPOCH + timedelta(seconds=number / (1000 if shape == "milliseconds" else 1))
        if not isinstance(value, str):
            return None
        text = value.strip()
        if shape == "x":
            return datetime.strptime(text, _X_TIME).astimezone(UTC)
        found = datetime.fromisoformat(text.removesuffix(" UTC"))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
