"""Read job postings from files: schema.org's JobPosting, or rows with short column names.

A file is JSON-LD alone or in a page, an array, a `@graph`, or JSON Lines. A value may have each
shape that pages use: a text, an object with a `name` or a `value`, a list of either. HTML in a
description becomes plain text. A posting with an unreadable date is refused, since nobody knows
whether it is still open. Nothing is lost: each row, object or script becomes a posting or is listed
with its reason.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import inf, isfinite
from pathlib import Path
from typing import Any

from vanne.errors import InputError, storing
from vanne.places import locate, place_of
from vanne.screening import without_placeholders
from vanne.sources.markup import linked_data, text_of_html, unescaped
from vanne.terms import LANGUAGES
from vanne_assist.brief.language import language_of
from vanne_assist.brief.text import split

MOST_BYTES = 64 * 1024 * 1024
"""A file is read as a whole: a larger one would take too much memory."""
MOST_LETTERS = 100_000
"""An advert has some thousand letters; a longer row would hold a server up."""
MOST_DIGITS = 15
"""Python reads no whole number of thousands of digits, and no row needs one."""
_MOST_DEPTH = 12
"""How deep a row may be nested: real ones are three or four deep."""
_MOST_MONTHS = 12 * 60
"""No posting asks for more than sixty years of experience."""
_WITHIN = ("@graph", "itemListElement", "item", "mainEntity", "mainEntityOfPage")
_ASKS = ("qualifications", "experienceRequirements", "educationRequirements", "languages")
_BODY = ("description", "text", "responsibilities", "jobBenefits")
_BETWEEN_SKILLS = re.compile(r"[,;•·|\n]")
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
"""Half a sign cannot be written as UTF-8, and a NUL not into every database."""


@dataclass(frozen=True, slots=True)
class Pay:
    """What is paid, with the parts of schema.org's MonetaryAmount; or a `text`, as it was written.

    `least` and `most` are the same where one amount is named. `unit` is `year`, `month`, `week`,
    `day` or `hour`, if it is known.
    """

    text: str = ""
    currency: str = ""
    least: str = ""
    most: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class JobPosting:
    """A job that is offered. `text` is plain, `asks` are requirements that came in own fields.

    `sites` are towns as they were written, `places` those of them that are known (by their values
    in `vanne.places`). `months` are of experience. `expires` is the first moment at
    which it is no longer open. `salary` is for the reader: nothing compares it.
    """

    posting_id: str
    title: str
    employer: str
    text: str
    lang: str
    asks: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    is_remote: bool = False
    months: float | None = None
    posted: date | None = None
    expires: datetime | None = None
    url: str | None = None
    kind: str | None = None
    salary: Pay | None = None

    def is_open(self, as_of: datetime) -> bool:
        """Say whether somebody can still apply at a time."""
        return self.expires is None or as_of < self.expires

    @property
    def workplaces(self) -> tuple[str, ...]:
        """Where one has to be: nowhere if work is remote."""
        return () if self.is_remote else self.places

    @property
    def whole(self) -> str:
        """Everything it says in words."""
        return "\n".join(part for part in (self.title, *self.asks, self.text) if part)


class BadRowError(ValueError):
    """Why a row is no posting that can be used."""


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """A row that is no posting, and why. `row` counts from 1 in its file."""

    file: str
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class PostingFiles:
    """What files hold: `rows` = postings + listed."""

    rows: int
    postings: tuple[JobPosting, ...]
    listed: tuple[UnreadRow, ...]


def read_files(paths: list[Path]) -> PostingFiles:
    """Read files of postings; of two with one id the first counts.

    Raises:
        InputError: a file is too large.
        StorageError: a file cannot be read.
    """
    postings: dict[str, JobPosting] = {}
    listed: list[UnreadRow] = []
    count = 0
    for path in paths:
        for number, row in enumerate(_rows(path), 1):
            count += 1
            try:
                if isinstance(row, BadRowError):
                    raise row
                if not isinstance(row, dict):
                    raise BadRowError("not an object")
                if not _is_posting(row):
                    raise BadRowError("not a job posting")
                posting = read_posting({key: _sound(value) for key, value in row.items()})
                if posting.posting_id in postings:
                    raise BadRowError("same id as another")
                postings[posting.posting_id] = posting
            except BadRowError as error:
                listed.append(UnreadRow(path.name, number, str(error)))
    return PostingFiles(count, tuple(postings.values()), tuple(listed))


def _rows(path: Path) -> Iterator[object]:
    """Yield what a file holds; what cannot be read is an error in its place."""
    with storing(f"`{path}`"):
        if path.stat().st_size > MOST_BYTES:
            mb = MOST_BYTES // 2**20
            raise InputError(f"`{path}` is larger than {mb} MB", todo="split it, as JSON Lines")
        raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    whole = _parsed(raw)
    parts: Iterable[object] = (whole,)
    if raw.lstrip()[:1] == b"<":
        scripts = linked_data(raw.decode("utf-8", "replace"))
        parts = (_parsed(script.encode("utf-8", "replace")) for script in scripts)
    elif isinstance(whole, BadRowError) and raw.strip():
        parts = (_parsed(line) for line in raw.splitlines() if line.strip())
    for part in parts:
        yield from _spread(part)


def _parsed(raw: bytes) -> object:
    try:
        return json.loads(
            raw.decode("utf-8"),
            parse_int=lambda digits: int(digits) if len(digits) <= MOST_DIGITS else inf,
        )
    except UnicodeDecodeError:
        return BadRowError("not UTF-8")
    except (ValueError, RecursionError):
        return BadRowError("broken JSON")


def _spread(value: object, depth: int = 0) -> Iterator[object]:
    """Yield the objects of lists and graphs one by one."""
    inner = value if isinstance(value, list) else None
    if isinstance(value, dict) and not _is_posting(value):
        inner = [value[key] for key in _WITHIN if isinstance(value.get(key), dict | list)] or None
    if inner is None or depth == _MOST_DEPTH:
        yield value
    else:
        for each in inner:
            yield from _spread(each, depth + 1)


def _is_posting(row: dict[str, Any]) -> bool:
    types = row.get("@type")
    if types is None:
        return "title" in row
    names = types if isinstance(types, list) else [types]
    return any(str(name).rpartition("/")[2].rpartition(":")[2] == "JobPosting" for name in names)


def _sound(value: object, depth: int = 0) -> object:
    """Return a value whose texts can be written and whose numbers can be counted with."""
    if isinstance(value, str):
        return _UNWRITABLE.sub("\ufffd", value)
    if isinstance(value, float) and not isfinite(value):
        raise BadRowError("a number is too large")
    if isinstance(value, list | dict) and depth == _MOST_DEPTH:
        raise BadRowError("nested too deep")
    if isinstance(value, list):
        return [_sound(each, depth + 1) for each in value]
    if isinstance(value, dict):
        return {key: _sound(each, depth + 1) for key, each in value.items()}
    return value


def read_posting(row: Mapping[str, Any]) -> JobPosting:
    """Read a posting.

    Raises:
        BadRowError: it has no title, is too long, or a date in it cannot be read.
    """

    def first(*keys: str) -> str:
        return next((text for key in keys for text in _texts(row.get(key))), "")

    title = plain(first("title", "name"))
    if not any(map(str.isalnum, title)):
        raise BadRowError("no title")
    text = "\n".join(filter(None, (plain("\n".join(_texts(row.get(key)))) for key in _BODY)))
    experience = row.get("experienceRequirements")
    asks = [
        plain(ask)
        for key in _ASKS
        # a bare number is of months, which are read below
        if not (key == "experienceRequirements" and isinstance(experience, int | float))
        for ask in _texts(row.get(key))
    ]
    if len(text) + sum(map(len, asks)) > MOST_LETTERS:
        raise BadRowError("too long")
    skills = (
        part.strip()
        for skill in _texts(row.get("skills"))
        for part in _BETWEEN_SKILLS.split(without_placeholders(plain(skill)))
    )
    values = [row.get(key) for key in ("jobLocation", "location", "place", "places")]
    locations = (each for v in values for each in (v if isinstance(v, list) else [v]))
    sites = tuple(dict.fromkeys(site for each in locations if (site := _site(each))))
    named = (place_of(site.strip()) or locate(site).place for site in sites)  # a code, or a name
    lang = first("inLanguage", "lang").split("-")[0].lower()
    posted = first("datePosted", "posted")
    expires = first("validThrough", "valid_through", "expires")
    # a bare day is open until it is over, and the year 9999 stands for never
    day = timedelta(days=1 if len(expires) <= len("2026-01-01") else 0)
    is_endless = not expires or expires.startswith("9999")
    digest = hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()[:16]
    remote = " ".join(_texts(row.get("jobLocationType"))).upper()
    return JobPosting(
        posting_id=first("identifier", "id", "posting_id", "url", "@id") or digest,
        title=title,
        employer=plain(first("hiringOrganization", "employer", "company")),
        text=text,
        lang=lang if lang in LANGUAGES else language_of(split(f"{title}\n{text}")),
        asks=tuple(dict.fromkeys(filter(None, asks))),
        skills=tuple(dict.fromkeys(skill for skill in skills if 1 < len(skill) <= 80)),
        sites=sites,
        places=tuple(dict.fromkeys(place.value for place in named if place)),
        is_remote="TELECOMMUTE" in remote or row.get("remote") is True,
        months=_months(experience, row.get("years")),
        posted=_moment(posted).date() if posted else None,
        expires=None if is_endless else _moment(expires) + day,
        url=first("url") or None,
        kind=", ".join(_texts(row.get("employmentType"))) or None,
        salary=_salary(row.get("baseSalary") or row.get("estimatedSalary") or row.get("salary")),
    )


def _texts(value: object) -> Iterator[str]:
    """Yield the texts of a value: of an object its value or its name."""
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, str | int | float):
        if text := str(value).strip():
            yield text
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        keys = ("value", "@value", "name", "description", "credentialCategory", "@id")
        under = ([*_texts(value.get(key))] for key in keys)
        yield from next(filter(None, under), [])


def plain(text: str) -> str:
    """Return a text without its HTML.

    >>> plain("<p>Cook &amp; baker</p><ul><li>bread</li></ul>")
    'Cook & baker\\nbread'
    """
    if "&lt;" in text and "<" not in text:
        text = unescaped(text)
    return text_of_html(text.replace("\r", "\n")) or ""


def _site(value: object) -> str:
    """Return a place as «town» or «town, country»."""
    if not isinstance(value, dict):
        return next(_texts(value), "")
    name = next(_texts(value.get("name")), "")
    address = value.get("address", value)
    if not isinstance(address, dict):
        return next(_texts(address), name)
    keys = ("addressLocality", "addressRegion", "addressCountry")
    parts = (next(_texts(address.get(key)), "") for key in keys)
    return ", ".join(filter(None, parts)) or name


def _months(experience: object, years: object) -> float | None:
    months = experience.get("monthsOfExperience") if isinstance(experience, dict) else experience
    if isinstance(years, int | float) and not isinstance(years, bool):
        months = years * 12
    try:
        number = float(months) if isinstance(months, int | float | str) else -1.0
    except ValueError:
        return None
    return number if 0 < number <= _MOST_MONTHS else None


def _moment(text: str) -> datetime:
    try:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = datetime.combine(date.fromisoformat(text[:10]), time())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise BadRowError("a date cannot be read") from error


def _salary(value: object) -> Pay | None:
    if not isinstance(value, dict):
        text = next(_texts(value), "")
        return Pay(text=text) if text else None
    amount = value.get("value", value)
    row = amount if isinstance(amount, dict) else {"value": amount}
    exact, least, most, unit = (
        next(_texts(row.get(key)), "") for key in ("value", "minValue", "maxValue", "unitText")
    )
    least, most = least or exact, most or exact
    currency = next(_texts(value.get("currency")), "")
    pay = Pay(currency=currency, least=least or most, most=most or least, unit=unit.lower())
    return pay if pay != Pay() else None
