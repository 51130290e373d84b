"""Reads one JobPosting object of schema.org, or a plain row with the same things by shorter names.

Values come in every shape that pages use: a text, an object with a `name` or a `value`, a list of
either. HTML in a description becomes plain text. A date that cannot be read refuses the posting:
without it nobody knows whether it is still open.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from vanne.screening import without_placeholders
from vanne.sources.markup import text_of_html, unescaped
from vanne.terms import LANGUAGES
from vanne_assist.brief import places
from vanne_assist.brief.language import language_of
from vanne_assist.brief.text import split
from vanne_assist.jobs.posting import Pay, Posting

Row = Mapping[str, Any]

MOST_LETTERS = 100_000
_MOST_DEPTH = 6
_ASKS = ("qualifications", "experienceRequirements", "educationRequirements", "languages")
_BODY = ("description", "text", "responsibilities", "jobBenefits")
_APART = re.compile(r"[,;•·|\n]")


class BadRowError(ValueError):
    """Why a row is no posting that can be used."""


def read_posting(row: Row) -> Posting:
    """Read a posting.

    Raises:
        BadRowError: it has no title, is too long, or a date in it cannot be read.
    """
    title = plain(first(row, "title", "name"))
    if not any(map(str.isalnum, title)):
        raise BadRowError("no title")
    text = "\n".join(filter(None, (plain("\n".join(texts(row.get(key)))) for key in _BODY)))
    asks = tuple(dict.fromkeys(ask for key in _ASKS for ask in map(plain, _asks(row, key)) if ask))
    if len(text) + sum(map(len, asks)) > MOST_LETTERS:
        raise BadRowError("too long")
    sites = tuple(dict.fromkeys(_sites(row)))
    given = first(row, "inLanguage", "lang").split("-")[0].lower()
    return Posting(
        posting_id=first(row, "identifier", "id", "posting_id", "url", "@id") or _digest(row),
        title=title,
        employer=plain(first(row, "hiringOrganization", "employer", "company")),
        text=text,
        lang=given if given in LANGUAGES else language_of(split(f"{title}\n{text}")),
        asks=asks,
        skills=tuple(dict.fromkeys(_skills(row))),
        sites=sites,
        places=tuple(dict.fromkeys(found for site in sites if (found := _place(site)))),
        is_remote=_is_remote(row),
        months=_months(row),
        posted=_day(first(row, "datePosted", "posted")),
        expires=_end(first(row, "validThrough", "valid_through", "expires")),
        url=first(row, "url") or None,
        kind=", ".join(texts(row.get("employmentType"))) or None,
        salary=_salary(row.get("baseSalary") or row.get("estimatedSalary") or row.get("salary")),
    )


def first(row: Row, *keys: str) -> str:
    """Return the first text that is under one of the keys, else an empty one."""
    return next((text for key in keys for text in texts(row.get(key))), "")


def texts(value: object, depth: int = 0) -> Iterator[str]:
    """Yield the texts of a value: of an object its value or its name."""
    if isinstance(value, bool) or value is None or depth > _MOST_DEPTH:
        return
    if isinstance(value, str | int | float):
        if said := str(value).strip():
            yield said
    elif isinstance(value, list):
        for each in value:
            yield from texts(each, depth + 1)
    elif isinstance(value, dict):
        keys = ("value", "@value", "name", "description", "credentialCategory", "@id")
        yield from list(
            next((found for k in keys if (found := [*texts(value.get(k), depth + 1)])), [])
        )


def plain(text: str) -> str:
    """Return a text without its HTML.

    >>> plain("<p>Cook &amp; baker</p><ul><li>bread</li></ul>")
    'Cook & baker\\nbread'
    """
    if "&lt;" in text and "<" not in text:
        text = unescaped(text)
    return text_of_html(text.replace("\r", "\n")) or ""


def _digest(row: Row) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:16]


def _asks(row: Row, key: str) -> Iterator[str]:
    value = row.get(key)
    if key == "experienceRequirements" and isinstance(value, int | float):
        return  # months, which `_months` reads
    yield from texts(value)


def _skills(row: Row) -> Iterator[str]:
    for text in texts(row.get("skills")):
        for part in _APART.split(without_placeholders(plain(text))):
            if 1 < len(part.strip()) <= 80:
                yield part.strip()


def _sites(row: Row) -> Iterator[str]:
    for key in ("jobLocation", "location", "place", "places"):
        value = row.get(key)
        for each in value if isinstance(value, list) else [value]:
            if site := _site(each):
                yield site


def _site(value: object) -> str:
    """Return a place as «town» or «town, country»."""
    if isinstance(value, dict):
        address = value.get("address", value)
        if not isinstance(address, dict):
            return first(value, "address", "name")
        keys = ("addressLocality", "addressRegion", "addressCountry")
        parts = [part for key in keys if (part := first(address, key))]
        return ", ".join(parts) or first(value, "name")
    return next(texts(value), "")


def _place(site: str) -> str | None:
    """Return the place that a site names: its town, else its region or country."""
    parts = [part.strip() for part in site.split(",")]
    around = {found.value for part in parts[1:] for found in places.named(part)} | set(parts[1:])
    for part in parts:
        found = places.named(part)
        within = [each for each in found if around & set(each.regions)]
        if within or found:
            return (within or list(found))[0].value
    return next((part for part in parts if places.place(part)), None)


def _is_remote(row: Row) -> bool:
    said = " ".join(texts(row.get("jobLocationType"))).upper()
    return "TELECOMMUTE" in said or row.get("remote") is True


def _months(row: Row) -> float | None:
    value = row.get("experienceRequirements")
    months = value.get("monthsOfExperience") if isinstance(value, dict) else value
    if isinstance(years := row.get("years"), int | float) and not isinstance(years, bool):
        months = years * 12
    try:
        number = float(months) if isinstance(months, int | float | str) else -1.0
    except ValueError:
        return None
    return number if 0 < number <= 12 * 60 else None


def _day(said: str) -> date | None:
    return None if not said else _moment(said).date()


def _end(said: str) -> datetime | None:
    """Return when it ends: a bare day is open until it is over, the last year stands for never."""
    if not said or said.startswith("9999"):
        return None
    moment = _moment(said)
    return moment + timedelta(days=1) if len(said) <= len("2026-01-01") else moment


def _moment(said: str) -> datetime:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        try:
            found = datetime.combine(date.fromisoformat(said[:10]), time())
        except ValueError as error:
            raise BadRowError("a date cannot be read") from error
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError as error:
        raise BadRowError("a date cannot be read") from error


def _salary(value: object) -> Pay | None:
    """Return what is paid."""
    if not isinstance(value, dict):
        text = next(texts(value), "")
        return Pay(text=text) if text else None
    amount = value.get("value", value)
    row = amount if isinstance(amount, dict) else {"value": amount}
    least, most = (first(row, key) or first(row, "value") for key in ("minValue", "maxValue"))
    currency, unit = first(value, "currency"), first(row, "unitText").lower()
    pay = Pay(currency=currency, least=least or most, most=most or least, unit=unit)
    return pay if pay != Pay() else None
