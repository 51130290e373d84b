"""The kinds of file in a LinkedIn archive, from `linkedin.toml`, and how to recognise each."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any, Literal

from vanne.sources.csvtext import Dialect, normal
from vanne.sources.dates import expand
from vanne.terms import Category

NO_READER = "none"
_SUFFIX = re.compile(r"(?:[ _]\d+|(?<!\s)\s*\(\d+\)){1,9}$")
"""A member's id, a part's number, a second download: one of them or several."""
_MEMBER_NUMBER = re.compile(r"_(\d{6,})(?=[ _(]|$)")


@dataclass(frozen=True, slots=True)
class PersonColumns:
    """The columns that say who somebody is: a profile's address, several, or a name."""

    url: str = ""
    urls: str = ""
    name: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.url or self.urls or self.name)

    @property
    def all(self) -> tuple[str, ...]:
        """The columns that are set."""
        return tuple(column for column in (self.url, self.urls, *self.name) if column)


@dataclass(frozen=True, slots=True)
class PayColumns:
    """The columns that may speak of pay: what was asked, what was answered, a bare amount."""

    question: tuple[str, ...] = ()
    answer: tuple[str, ...] = ()
    amount: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.question or self.answer or self.amount)

    @property
    def all(self) -> tuple[str, ...]:
        """The columns that are set."""
        return (*self.question, *self.answer, *self.amount)


@dataclass(frozen=True, slots=True)
class LinkedInKind:
    """One kind of file; the comments in `linkedin.toml` say what each field means."""

    name: str
    stems: tuple[str, ...]
    category: Category
    needs: tuple[tuple[str, ...], ...]
    domains: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    text: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    open: bool = False
    created: str = ""
    state: bool = False
    dates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    author: PersonColumns = PersonColumns()
    subjects: PersonColumns = PersonColumns()
    visibility: str = ""
    media: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    in_group: Category | None = None
    pay: PayColumns = PayColumns()
    message: str = ""
    tags: tuple[str, ...] = ()
    needs_text: bool = False
    unwrap: tuple[str, ...] = ()
    dialect: Dialect = "rfc4180"
    special: Literal["", "message", "assistant", "education", "review"] = ""

    @property
    def reader(self) -> str:
        """The name of the reader, as the inspection shows it."""
        return f"linkedin/{self.name}"

    @property
    def word_columns(self) -> tuple[str, ...]:
        """The columns whose words are in the item: those of its fields, and of its text alone."""
        return (*(column for columns in self.fields.values() for column in columns), *self.text)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that a row must reach, however short it is: it can then be judged.

        They are those that the header needs and those that can forbid a use. Who may see it is none
        of them: where that is not said, no policy is wider than where it is.
        """
        needed = (column for need in self.needs for column in need)
        more = (self.created, self.message, *self.author.all, *self.pay.all, *self.links)
        return tuple(column for column in (*needed, *more) if column)

    def knows(self, column: str) -> bool:
        """Say whether a column of that name was expected."""
        name = re.sub(r" \(\d+\)$", "", column)
        return self.open or normal(name) in _known(self.name)


def kind_of(path: str) -> LinkedInKind | None:
    """Recognise a file by its name, at any depth.

    >>> kind_of("export/Job Applications_1.csv").name, kind_of("Shares_52.CSV").name
    ('job-applications', 'shares')
    """
    place = PurePosixPath(path)
    suffix = place.suffix.lower()
    if suffix in (".html", ".htm"):
        is_article = any(part.casefold() == "articles" for part in place.parts[:-1])
        return kinds()["articles"] if is_article else None
    stem = stem_of(place.name) if suffix == ".csv" else ""
    return next((kind for kind in kinds().values() if stem in kind.stems), None)


def stem_of(name: str) -> str:
    """Return a file's name as it is compared.

    >>> stem_of("Recommendations_Received.csv"), stem_of("Saved_Items_1234567.csv")
    ('recommendations received', 'saved items')
    """
    stem = _SUFFIX.sub("", PurePosixPath(name).stem)
    return normal(stem.replace("_", " "))


def member_number(path: str) -> str | None:
    """Return the member's number in a file's name, if it has one.

    >>> member_number("Shares_34875879_1.csv"), member_number("Job Applications_1.csv")
    ('34875879', None)
    """
    match = _MEMBER_NUMBER.search(PurePosixPath(path).stem)
    return match[1] if match else None


@cache
def kinds() -> dict[str, LinkedInKind]:
    """Return every kind by its name."""
    text = files("vanne.sources").joinpath("linkedin.toml").read_text("utf-8")
    all_kinds: dict[str, LinkedInKind] = {}
    for name, entry in tomllib.loads(text).items():
        values = _tuples(entry)
        values["category"] = Category(entry["category"])
        values["fields"] = {
            field: tuple(at) if isinstance(at, list) else (at,)
            for field, at in entry.get("fields", {}).items()
        }
        values["needs"] = tuple(tuple(need) for need in entry["needs"])
        dates = entry.get("dates", {})
        values["dates"] = {column: expand(names) for column, names in dates.items()}
        for key in ("author", "subjects"):
            values[key] = PersonColumns(**_tuples(entry.get(key, {})))
        values["pay"] = PayColumns(**_tuples(entry.get("pay", {})))
        if "in_group" in entry:
            values["in_group"] = Category(entry["in_group"])
        all_kinds[name] = LinkedInKind(name=name, **values)
    return all_kinds


@cache
def _known(name: str) -> frozenset[str]:
    kind = kinds()[name]
    columns = (*kind.required, *kind.word_columns, *kind.withheld, *kind.dates, *kind.subjects.all)
    return frozenset(map(normal, (*columns, kind.visibility, *kind.media, "")))


def _tuples(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in entry.items()}
