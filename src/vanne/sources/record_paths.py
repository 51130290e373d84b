"""Find values in a record by a path: `data[].post`, `*.timestamp`, `name|title`.

A dot goes into an object, `[]` to each element of an array, `*` to each value of an object. `|`
separates alternative places; the first that holds a value counts. A missing value gives nothing. A
value of the wrong kind (an array where an object belongs) is a fault of the record, except after a
`?`, where it gives nothing too. `[]?` goes to each element, or to the value itself if it is no
array.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

Record = Mapping[str, Any]
_STEP = re.compile(r"\[\]\??|\*|[^.\[\]*]+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR, _LAST_YEAR = 1995, 2100  # no network is older
_WRITTEN = {"x": "%a %b %d %H:%M:%S %z %Y", "slash": "%Y/%m/%d %H:%M:%S"}


class OddError(Exception):
    """A value is of another kind than its place wants."""


def values(record: Any, place: str) -> list[Any]:
    """Return what lies at a place.

    >>> values({"data": [{"post": "a"}, {}, {"post": "b"}]}, "data[].post")
    ['a', 'b']
    >>> [values({"a": a}, "a[]?.b") for a in ({"b": 1}, [{"b": 1}, {"b": 2}])]
    [[1], [1, 2]]
    """
    for first, steps in _ways(place):
        if not first:
            level = [record]
        elif not isinstance(record, dict):
            raise OddError(place)
        elif (value := record.get(first)) is not None:
            if not steps and value != "":
                return [value]
            level = [value]
        else:
            continue
        for step in steps:
            level = _below(level, step, place)
            if not level:
                break
        if "" in level:
            level = [value for value in level if value != ""]
        if level:
            return level
    return []


@cache
def _ways(place: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return for each way to a place the key that it begins with, if it does, and its steps."""
    ways = []
    for way in place.split("|"):
        steps = tuple(_STEP.findall(way))
        has_key = steps[:1] != () and steps[0] not in ("[]", "*") and not steps[0].endswith("?")
        ways.append((steps[0], steps[1:]) if has_key else ("", steps))
    return tuple(ways)


def _below(level: list[Any], step: str, place: str) -> list[Any]:
    """Return what lies one step below each of some values, but for null."""
    if step == "[]?":
        apart = (value if isinstance(value, list) else [value] for value in level)
        return [below for each in apart for below in each if below is not None]
    kind: Any = list if step == "[]" else dict
    for value in level:
        if not isinstance(value, kind):
            raise OddError(place)
    if step == "[]":
        result = level[0] if len(level) == 1 else [below for value in level for below in value]
    elif step == "*":
        result = [below for value in level for below in value.values()]
    elif step.endswith("?"):
        below = (value.get(step[:-1]) for value in level)
        result = [one for one in below if isinstance(one, dict | list)]
    else:
        result = [value.get(step) for value in level]
    return [value for value in result if value is not None] if None in result else result


def texts(record: Any, places: Sequence[str], *, numbers: bool = True) -> Iterator[str]:
    """Yield the texts at some places. An object is called by its `name`; `numbers` are texts too.

    Raises:
        OddError: something else is there.
    """
    for place in places:
        for value in values(record, place):
            text = value.get("name") if isinstance(value, dict) else value
            if isinstance(text, str):
                yield text
            elif numbers and isinstance(text, int | float) and not isinstance(text, bool):
                yield str(text)
            else:
                raise OddError(place)


def joined(record: Any, places: Sequence[str], *, numbers: bool = False) -> str | None:
    """Join what lies at some places, a line for each."""
    lines = (text.strip() for text in texts(record, places, numbers=numbers))
    return "\n".join(text for text in lines if text) or None


def moment(record: Any, place: str, shape: str) -> datetime | None:
    """Return the time at a place; `None` if there is none.

    Raises:
        OddError: it is not understood.
    """
    value = next(iter(values(record, place)), None)
    if value in (None, 0, "0"):
        return None
    try:
        if shape in ("seconds", "milliseconds"):
            number = float(value) if isinstance(value, str) else value
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise OddError(place)
            at = _EPOCH + timedelta(seconds=number / (1000 if shape == "milliseconds" else 1))
        elif not isinstance(value, str):
            raise OddError(place)
        else:
            text = value.strip().removesuffix(" UTC")
            if shape in _WRITTEN:
                at = datetime.strptime(text, _WRITTEN[shape])
            else:
                at = datetime.fromisoformat(text)
            at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise OddError(place) from None
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise OddError(place)
    return at.replace(microsecond=0) if at.microsecond else at
