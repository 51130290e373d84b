"""The keys of `pack.toml`, and how what is wrong in a file of a pack is said.

The description of a key is what the reference page and the comments of a new pack say of it.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from vanne.errors import did_you_mean
from vanne.terms import Category
from vanne.toml import line_of
from vanne.words import LANGUAGES

T = TypeVar("T")
Language = Literal["fr", "en", "de", "it"]
Filled = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def _in_each_language(text: dict[Language, str]) -> dict[Language, str]:
    """Return the text with the English one where a language is missing."""
    if "en" not in text:
        raise ValueError("is missing in `en`")
    return {lang: text.get(lang, text["en"]) for lang in get_args(Language)}


Text = Annotated[dict[Language, Filled], AfterValidator(_in_each_language)]
"""One sentence in each of the four languages, or in English for those that are missing."""
OneOrMore = Annotated[
    tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
]
"""A list of texts, or one text alone."""
_MOST = 200


class PackFacts(BaseModel):
    """What `pack.toml` says of a network."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        min_length=1,
        max_length=60,
        description="The network's name, as people read it.",
        examples=["Example"],
    )
    formerly: tuple[str, ...] = Field(
        (),
        max_length=_MOST,
        description="Former and other names by which people look for it.",
        examples=[["Sample"]],
    )
    policy: str | None = Field(
        None,
        description="The policy by which an archive is judged: a file of `policies/` without "
        "`.toml`, or a policy of another pack. A pack without a policy describes a kind of file "
        "that belongs to no network.",
        examples=["example-2026-01-01"],
    )
    judges_cvs: bool = Field(
        False, description="The policy also judges files of no network, such as a CV. One pack may."
    )
    followers: tuple[Category, ...] = Field(
        (),
        description="The kinds of data that only followers see where an account is closed.",
        examples=[["post"]],
    )
    private_folders: tuple[str, ...] = Field(
        (),
        max_length=_MOST,
        description="Folders of an archive whose pictures were sent in private messages.",
        examples=[["messages"]],
    )
    empty_files: tuple[str, ...] = Field(
        (),
        max_length=_MOST,
        description="Short files that only say that there is nothing.",
        examples=[["no-data.txt"]],
    )
    viewer: str = Field(
        "",
        description="The page by which the network shows an archive: nothing of it is yours.",
        examples=["Your archive.html"],
    )
    viewer_files: tuple[str, ...] = Field(
        (),
        max_length=_MOST,
        description="What lies beside that page and belongs to it.",
        examples=[["assets/"]],
    )
    page_words: tuple[str, ...] = Field(
        (),
        max_length=_MOST,
        description="Words in the first bytes of an HTML page of a download that is also sent as "
        "JSON. Such a page is listed with the advice to ask for JSON.",
        examples=[["example.org"]],
    )
    page_folders: tuple[str, ...] = Field(
        (),
        max_length=_MOST,
        description="Parts of the path of such a page. A path begins with `/`.",
        examples=[["/your_activity/"]],
    )
    shared_by: tuple[str, ...] = Field(
        (),
        max_length=_MOST,
        description="The networks that share these records. What lies in an archive belongs to "
        "the one that the archive names.",
        examples=[["example", "sample"]],
    )
    words: dict[Category, Text] = Field(
        {},
        description="What the network calls a kind of data, in the plural, by language.",
        examples=[{"post": {"en": "Chirps"}}],
    )


_ADAPTERS: dict[object, TypeAdapter[Any]] = {}
"""What checks each kind of object: to make one takes a hundred times as long as to use it."""
Faults = Sequence[Any]
"""What pydantic says of a document, as `ValidationError.errors` gives it."""


def validated(kind: type[T], data: object) -> tuple[T | None, Faults]:
    """Return a checked object, or else what is wrong."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    try:
        checked: T = _ADAPTERS[kind].validate_python(data)
        return checked, ()
    except ValidationError as error:
        return None, error.errors(include_url=False, include_input=False)


def lines_of(
    faults: Faults, text: str, known: Sequence[str] = (), table: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield each fault as what is wrong, with line and key, and what to do.

    `known` are the keys of the table in which the faults lie; without them those of `pack.toml`.
    """
    known = known or tuple(PackFacts.model_fields)
    for fault in faults:
        place = ".".join(filter(None, (table, *map(str, fault["loc"]))))
        where = [part for part in fault["loc"] if isinstance(part, str)]
        path, key = ".".join(filter(None, (table, *where[:-1]))), where[-1] if where else ""
        nth = next((part for part in fault["loc"] if isinstance(part, int)), 0)
        what, todo = fault["msg"].removeprefix("Value error, "), "mend it"
        if fault["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
            what = "is not a key of this table"
            todo = str(did_you_mean(key, list(known))) if len(where) == 1 else "take it out"
        elif fault["type"] in ("missing", "missing_argument"):
            what, todo = "is missing", "add it"
        elif fault["type"] in ("enum", "literal_error"):
            expected = fault["ctx"]["expected"].replace("'", "`")
            what, todo = "is not one of the words here", f"use one of {expected}"
        elif fault["type"].endswith(("_type", "_parsing", "_float")):
            what, todo = _KINDS.get(fault["type"].partition("_")[0], (what, todo))
        yield f"line {line_of(text, path, key, nth)}: `{place}` {_lowered(what)}", todo


_KINDS = {
    "tuple": ("must be a list", "write `[...]`"),
    "string": ("must be a string", "put it in quotes"),
    "bool": ("must be true or false", "write `true` or `false`"),
    "int": ("must be a whole number", "write it without quotes and without a point"),
    "date": ("must be a day", "write it without quotes, such as `2026-06-01`"),
    "dict": ("must be a table", "write `{ ... }`"),
    "model": ("must be a table", "write `{ ... }`"),
    "dataclass": ("must be a table", "write `{ ... }`"),
}
"""What a value of the wrong kind must be, and how that is written, by how the fault is called."""


def _lowered(what: str) -> str:
    return what[:1].lower() + what[1:]


def missing_languages(data: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield each text that is not given in all languages, with its place and what is missing.

    >>> list(missing_languages({"title": {"en": "Opt out", "fr": "Refuser"}}))
    [('title', ['de', 'it'])]
    """
    if isinstance(data, list):
        for row in data:
            yield from missing_languages(row)
    elif isinstance(data, dict):
        for key, value in data.items():
            if key == "labels":  # they are written as they were seen, and never translated
                continue
            if isinstance(value, dict) and value and value.keys() <= set(LANGUAGES):
                if missing := [lang for lang in LANGUAGES if lang not in value]:
                    yield key, missing
            else:
                yield from missing_languages(value)
