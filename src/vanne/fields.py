"""The fields of an item, by its category: a position has a title, an employer, a start.

The names are those of JSON Resume, and for a job posting those of schema.org's JobPosting. Values
are strings. A date is `YYYY`, `YYYY-MM` or `YYYY-MM-DD`. A missing end date means that the position
goes on, or that the end is not known. An item without a text of its own gets one that is rendered
from its fields; only `text_of` renders it.
"""

import json
import re
from collections.abc import Iterable, Mapping

from vanne.terms import Category, Fields, is_unicode

_CATEGORIES = frozenset(Category)

_LANGUAGE = ("name", "level")
_JOB = ("title", "hiringOrganization", "jobLocation", "datePosted", "description")
NAMES: dict[Category, tuple[tuple[str, ...], ...]] = {
    Category.PROFILE: (
        ("given_name", "family_name", "full_name", "headline", "summary", "place", "industry"),
        _LANGUAGE,
    ),
    Category.POSITION: (("title", "employer", "place", "start", "end", "description"),),
    Category.EDUCATION: (("school", "degree", "field", "start", "end", "description"),),
    Category.SKILL: (("name",),),
    Category.JOB_SEARCH: (_JOB,),
    Category.JOB_APPLICATION: (_JOB,),
}
"""The names of the fields of a category, in the order of its text; some categories have two shapes.

A language is an item of the category `profile` with a name and a level. `full_name` is the name of
a person whose source does not say which part of it is the family's.
"""
DATES = frozenset(("start", "end", "datePosted"))
_DATE = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01]))?)?")


def is_language(fields: Fields) -> bool:
    """Say whether the fields of a profile item are those of a language somebody speaks.

    >>> is_language({"name": "Deutsch", "level": "C1"}), is_language({"headline": "Nurse"})
    (True, False)
    """
    return "name" in fields


def full_name(fields: Fields) -> str:
    """Return the name of the person of a profile, or an empty text.

    >>> full_name({"given_name": "Ana", "family_name": "Lac"})
    'Ana Lac'
    """
    both = " ".join(fields[name] for name in ("given_name", "family_name") if name in fields)
    return both or fields.get("full_name", "")


def fault_of(category: str | None, fields: Mapping[object, object]) -> str | None:
    """Say what is wrong with the fields of an item of a category, or None.

    Nothing is asked of the fields of an unknown category: its item is denied for the category.

    >>> fault_of("position", {"title": "Nurse", "start": "2019-03"})
    >>> fault_of("position", {"titel": "Nurse"})
    'has `titel`, which is no field of a `position`'
    >>> fault_of("position", {"start": "March 2019"})
    'has a `start` that is no `YYYY`, `YYYY-MM` or `YYYY-MM-DD`'
    """
    if category not in _CATEGORIES:
        return None
    shapes = NAMES.get(Category(category), ())
    for name, value in fields.items():
        if not any(name in shape for shape in shapes):
            return f"has `{name}`, which is no field of a `{category}`"
        if not isinstance(value, str) or not is_unicode(value):
            return f"has a `{name}` that is no text"
        if name in DATES and not _DATE.fullmatch(value):
            return f"has a `{name}` that is no `YYYY`, `YYYY-MM` or `YYYY-MM-DD`"
    if not any(set(fields) <= set(shape) for shape in shapes or ((),)):
        return "has fields of a profile and of a language"
    return None


def parsed(category: str | None, text: str) -> dict[str, str]:
    """Return the fields that a JSON object says, in the order of their text, empty ones left out.

    Raises:
        ValueError: it is no such object; the message goes on from the column's name.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ValueError("is no JSON object")
    values = {name: value for name, value in document.items() if value not in (None, "")}
    if fault := fault_of(category, values):
        raise ValueError(fault)
    return ordered(category, values)


def ordered(category: str | None, fields: Fields) -> dict[str, str]:
    """Return fields in the order of the text of their category."""
    shapes = NAMES.get(Category(category), ()) if category in _CATEGORIES else ()
    names: Iterable[str] = (name for shape in shapes for name in shape) if shapes else fields
    return {name: fields[name] for name in names if name in fields}


def as_json(fields: Fields) -> str | None:
    """Return fields as tables hold them; None if there are none."""
    return json.dumps(dict(fields), ensure_ascii=False) if fields else None


def text_of(fields: Fields) -> str | None:
    """Render the text of an item from its fields, which are in order: a line for each.

    The parts of a name share a line, and so do a start and an end.

    >>> print(text_of({"title": "Nurse", "employer": "3M", "start": "2019-03", "end": "2021"}))
    Nurse
    3M
    2019-03 – 2021
    """
    lines = {}
    for name, value in fields.items():
        if name == "end":
            lines["start"] = f"{fields.get('start', '')} – {value}".strip()
        elif name == "start":
            lines[name] = f"{value} –"
        elif name == "family_name" and "given_name" in lines:
            lines["given_name"] += f" {value}"
        else:
            lines[name] = value
    return "\n".join(lines.values()) or None
