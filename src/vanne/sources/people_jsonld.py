"""Reads a person who is described with schema.org (JSON-LD): each thing said of them is a row."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from vanne.sources.dates import birth_date
from vanne.sources.jsontext import fault_of
from vanne.sources.parts import Part, Parts
from vanne.sources.people import person_id, plain_name
from vanne.sources.reading import Facts, country_code
from vanne.words import Message

_CATEGORIES = {
    "worksFor": "position",
    "hasOccupation": "position",
    "alumniOf": "education",
    "hasCredential": "education",
    "knowsAbout": "skill",
    "skills": "skill",
    "knowsLanguage": "profile",
    "award": "profile",
    "memberOf": "profile",
    "affiliation": "profile",
    "interactionStatistic": "profile",
    "knows": "contact",
    "colleague": "contact",
    "follows": "contact",
    "parent": "contact",
    "children": "contact",
    "spouse": "contact",
    "sibling": "contact",
    "relatedTo": "contact",
    "sponsor": "contact",
    "email": "account",
    "telephone": "account",
    "faxNumber": "account",
    "address": "account",
    "contactPoint": "account",
    "homeLocation": "account",
    "workLocation": "account",
    "taxID": "identity",
    "vatID": "identity",
    "identifier": "identity",
    "birthPlace": "identity",
    "netWorth": "salary",
    "baseSalary": "salary",
    "salary": "salary",
    "image": "photo",
    "sameAs": "profile",
    "url": "profile",
}
_PROFILE = (
    "name",
    "givenName",
    "familyName",
    "jobTitle",
    "description",
    "disambiguatingDescription",
)
_SILENT = (*_PROFILE, "@type", "@id", "@context", "birthDate", "gender", "nationality")
_PRIVATE = ("account", "identity", "salary")
_NOT_SAID = ("mail", "phone", "ress", "salary")
"""How the names of fields end that hold an address, a number or pay."""
_ORDER = (
    "roleName",
    "name",
    "@value",
    "jobTitle",
    "description",
    "worksFor",
    "startDate",
    "endDate",
)


def persons_of_json(data: bytes) -> Parts:
    """Read the document."""
    try:
        document = json.loads(data.decode("utf-8-sig"), strict=False)
    except (ValueError, RecursionError):
        return Parts(fault=Message("not-json"))
    if fault := fault_of(document):
        return Parts(fault=fault)
    return persons_of([document])


def persons_of(documents: list[Any]) -> Parts:
    """Read some documents that are decoded. The first person is the member."""
    nodes = dict(_nodes(documents))
    found = [_whole(person, nodes, 2) for one in documents for person in _persons(one)]
    if not found:
        return Parts(fault=Message("no-person"))
    first, *others = found
    name = _said(first.get("name")) or ""
    rows = [
        *_rows(first),
        *(Part("contact", _said(one) or "", subjects=_id(one)) for one in others),
    ]
    return Parts(tuple(rows), frozenset({plain_name(name)} if name else ()), _facts(first))


def _id(person: dict[str, Any]) -> tuple[str, ...]:
    found = person_id("", _said(person.get("name")) or json.dumps(person, sort_keys=True))
    return (found,) if found else ()


def _persons(value: Any) -> Iterator[dict[str, Any]]:
    """Find the persons at the top, in a graph, in an array or as what a page is about."""
    if isinstance(value, list):
        for one in value:
            yield from _persons(one)
    elif isinstance(value, dict):
        if "Person" in _types(value):
            yield value
        else:
            for key in ("@graph", "mainEntity", "about", "author"):
                yield from _persons(value.get(key))


def _nodes(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what a document says of the things that it names by `@id`."""
    if isinstance(value, list):
        for one in value:
            yield from _nodes(one)
    elif isinstance(value, dict):
        if len(value) > 1 and isinstance(value.get("@id"), str):
            yield value["@id"], value
        yield from _nodes(value.get("@graph"))


def _whole(value: Any, nodes: dict[str, dict[str, Any]], depth: int) -> Any:
    """Return a value with what it only names by `@id` in its place, so many levels deep."""
    if isinstance(value, list):
        return [_whole(one, nodes, depth) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"@id"} and isinstance(value["@id"], str):
        value = nodes.get(value["@id"], value)
    if not depth:
        return value
    return {key: _whole(one, nodes, depth - 1) for key, one in value.items()}


def _types(value: dict[str, Any]) -> list[str]:
    given = value.get("@type")
    names = given if isinstance(given, list) else [given]
    return [name.rpartition("/")[2] for name in names if isinstance(name, str)]


def _rows(person: dict[str, Any]) -> Iterator[Part]:
    said = [text for key in _PROFILE if (text := _said(person.get(key)))]
    if "name" in person:
        said = [
            text for text in said if text not in (person.get("givenName"), person.get("familyName"))
        ]
    yield Part("profile", "\n".join(said))
    for key, value in person.items():
        if key in _SILENT:
            continue
        category = _CATEGORIES.get(key)
        for one in value if isinstance(value, list) else [value]:
            yield _row(category, one)


def _row(category: str | None, value: Any) -> Part:
    if category is None:
        return Part(fault=Message("unknown-part"))
    if not isinstance(value, str | int | float | dict) or isinstance(value, bool):
        return Part(fault=Message("odd-value"))
    if category == "photo":
        place = value.get("contentUrl") or value.get("url") if isinstance(value, dict) else value
        return (
            Part("photo", media=place)
            if isinstance(place, str)
            else Part(fault=Message("odd-value"))
        )
    if category in _PRIVATE:
        return Part(category, is_withheld=True)
    text = _said(value)
    if not text:
        return Part(fault=Message("empty-row") if value in ("", {}) else Message("odd-value"))
    subjects = _id(value if isinstance(value, dict) else {"name": value})
    return Part(category, text, subjects=subjects if category == "contact" else ())


def _said(value: Any) -> str | None:
    """Say what a value says: a thing by its names, its role and dates."""
    if isinstance(value, dict):
        keys = [*_ORDER, *(key for key in value if key not in _ORDER and not key.startswith("@"))]
        parts = [_said(value.get(key)) for key in keys if not key.lower().endswith(_NOT_SAID)]
        return "\n".join(part for part in parts if part) or None
    if isinstance(value, list):
        return "\n".join(part for one in value if (part := _said(one))) or None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return " ".join(str(value).split()) or None


def _facts(person: dict[str, Any]) -> Facts:
    address = person.get("address")
    place = address.get("addressCountry") if isinstance(address, dict) else None
    country = _said(place) or ""
    code = country_code(country)
    born = person.get("birthDate")
    return Facts(
        location=None if code else country or None,
        country=code,
        birth_date=birth_date(born, date.max) if isinstance(born, str) else None,
    )
