"""Changes criteria: adds what must, would better or must not be, sets a distance, reads a file.

What is added is read as a brief of its own; what nothing reads is looked for as words. It takes the
place of a criterion about the same.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, get_args

from vanne.errors import InputError
from vanne_assist.brief.criteria import Brief, Criterion, Force, Kind, renumbered
from vanne_assist.brief.levels import LANGUAGE_LEVELS
from vanne_assist.brief.lexicon import order_of
from vanne_assist.brief.parse import read_brief
from vanne_assist.brief.places import place
from vanne_assist.brief.text import folded_phrase

MOST_CRITERIA = 100
_FORM = "as `vanne find --json` prints them"


def added(brief: Brief, texts: Iterable[str], force: Force) -> Brief:
    """Return a brief with what the texts ask, all of it with one force.

    Raises:
        InputError: one of them says nothing, or too much.
    """
    for text in texts:
        if not any(letter.isalnum() for letter in text):
            raise InputError("a criterion that is added is empty", todo="say what it asks")
        read = read_brief(text, brief.lang).criteria
        words = Criterion(Kind.WORDS, folded_phrase(text), text.strip())
        taken = [each.either for each in brief.criteria if each.either is not None]
        new = [
            replace(each, force=force, span=None, either=None if force == "not" else each.either)
            for each in renumbered(read or (words,), 1 + max(taken, default=-1))
        ]
        about = {(each.kind, each.value) for each in new}
        kept = [each for each in brief.criteria if (each.kind, each.value) not in about]
        brief = replace(brief, criteria=(*kept, *new))
    return brief


def within(brief: Brief, km: float) -> Brief:
    """Return a brief whose towns reach that far."""
    towns = [
        replace(each, within_km=km) if each.kind is Kind.PLACE and _is_town(each) else each
        for each in brief.criteria
    ]
    return replace(brief, criteria=tuple(towns))


def _is_town(criterion: Criterion) -> bool:
    found = place(criterion.value)
    return found is not None and found.lat is not None


def criteria_of(document: str) -> tuple[Criterion, ...]:
    """Read criteria from a JSON document: a list of them, or an object with a list `criteria`.

    Raises:
        InputError: it is none.
    """
    try:
        read = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise InputError("the criteria are no JSON document", todo=f"write them {_FORM}") from error
    rows = read.get("criteria") if isinstance(read, dict) else read
    if not isinstance(rows, list) or len(rows) > MOST_CRITERIA:
        raise InputError(
            f"the criteria are no list of at most {MOST_CRITERIA}", todo=f"write them {_FORM}"
        )
    return tuple(_criterion(row, number) for number, row in enumerate(rows, 1))


def _criterion(row: object, number: int) -> Criterion:
    names = {field.name for field in fields(Criterion)}
    if not isinstance(row, dict) or not {"kind", "value"} <= set(row) <= names:
        raise InputError(f"criterion {number} is not one", todo=f"write it {_FORM}")
    span = row.get("span")
    is_span = isinstance(span, list) and len(span) == 2 and all(isinstance(n, int) for n in span)
    try:
        read = Criterion(
            Kind(row["kind"]),
            **{
                "said": str(row["value"]),
                **{k: v for k, v in row.items() if k not in ("kind", "span")},
            },
            span=(span[0], span[1]) if is_span and span else None,
        )
    except ValueError as error:
        kinds = ", ".join(f"`{each.value}`" for each in Kind)
        raise InputError(f"criterion {number} has no known kind", todo=f"use {kinds}") from error
    if wrong := _wrong(read, row):
        raise InputError(f"criterion {number} has no usable `{wrong}`", todo=f"write it {_FORM}")
    return read


def _wrong(read: Criterion, row: Mapping[str, Any]) -> str | None:
    """Return the field of a criterion that cannot be used."""
    checks = {
        "value": isinstance(read.value, str) and bool(read.value) and _is_known(read),
        "said": isinstance(read.said, str),
        "force": read.force in get_args(Force),
        "level": read.level is None or read.level in LANGUAGE_LEVELS,
        "is_past": read.is_past in (None, True, False),
        "either": read.either is None or type(read.either) is int,
    }
    for name in ("least", "most", "within_km"):
        number = getattr(read, name)
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        checks[name] = number is None or (is_number and 0 <= number < 1e6)
    return next((name for name, fine in checks.items() if not fine), None)


def _is_known(read: Criterion) -> bool:
    if read.kind is Kind.PLACE:
        return place(read.value) is not None
    if read.kind is Kind.SENIORITY:
        return read.value in order_of("seniority")
    return read.kind is not Kind.YEARS or read.value in ("experience", "tenure")
