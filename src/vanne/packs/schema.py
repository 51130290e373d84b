"""The keys of `pack.toml`, and how what is wrong in a file of a pack is said.

The tables of a pack's files are dataclasses. The annotation of a key describes it for the reference
page, and says what pydantic checks. Nothing here imports
pydantic until something is checked, so that what was checked can be used where pydantic is not.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Literal,
    TypeVar,
    get_args,
    get_type_hints,
)

from annotated_types import MaxLen, MinLen

from vanne.errors import ConfigError, did_you_mean, storing
from vanne.terms import Category
from vanne.toml import line_of
from vanne.words import LANGUAGES

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

T = TypeVar("T")
Language = Literal["fr", "en", "de", "it"]


@dataclass(frozen=True, slots=True)
class Key:
    """What a key means, for people, with an example of its value."""

    description: str
    example: object = True


@dataclass(frozen=True, slots=True)
class Before:
    """What is done to a value before its type is checked; `ValueError` says what is wrong."""

    change: Callable[[Any], Any]

    def __get_pydantic_core_schema__(
        self, source: object, handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        from pydantic_core.core_schema import no_info_before_validator_function

        return no_info_before_validator_function(self.change, handler(source))


@dataclass(frozen=True, slots=True)
class After:
    """What is done to a value of the right type; `ValueError` says what is wrong."""

    change: Callable[[Any], Any]

    def __get_pydantic_core_schema__(
        self, source: object, handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        from pydantic_core.core_schema import no_info_after_validator_function

        return no_info_after_validator_function(self.change, handler(source))


@dataclass(frozen=True, slots=True)
class Strict:
    """No other type is taken for the one that is asked for: `"no"` is not false."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        return {**handler(source), "strict": True}


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


Filled = Annotated[str, MinLen(1), Before(_stripped)]
"""A text that is not blank, without the space around it."""


def _in_each_language(text: dict[Language, str]) -> dict[Language, str]:
    """Return the text with the English one where a language is missing."""
    if "en" not in text:
        raise ValueError("is missing in `en`")
    return {lang: text.get(lang, text["en"]) for lang in get_args(Language)}


Text = Annotated[dict[Language, Filled], After(_in_each_language)]
"""One sentence in each of the four languages, or in English for those that are missing."""
OneOrMore = Annotated[
    tuple[str, ...], Before(lambda value: (value,) if isinstance(value, str) else value)
]
"""A list of texts, or one text alone."""
_MOST = 200


STRICT: Mapping[str, Any] = {"extra": "forbid"}
"""What pydantic is told of a table: no key that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFacts:
    """What `pack.toml` says of a network."""

    __pydantic_config__: ClassVar = STRICT

    name: Annotated[
        str, MinLen(1), MaxLen(60), Key("The network's name, as people read it.", "Example")
    ]
    formerly: Annotated[
        tuple[str, ...],
        MaxLen(_MOST),
        Key("Former and other names by which people look for it.", ["Sample"]),
    ] = ()
    policy: Annotated[
        str | None,
        Key(
            "The policy by which an archive is judged: a file of `policies/` without "
            "`.toml`, or a policy of another pack. A pack without a policy describes a kind of "
            "file that belongs to no network.",
            "example-2026-01-01",
        ),
    ] = None
    judges_cvs: Annotated[
        bool, Key("The policy also judges files of no network, such as a CV. One pack may.")
    ] = False
    servers_differ: Annotated[
        bool,
        Key(
            "Each server has terms of its own, and the policy is that of one. That an item is "
            "not used is then not known."
        ),
    ] = False
    followers: Annotated[
        tuple[Category, ...],
        Key("The kinds of data that only followers see where an account is closed.", ["post"]),
    ] = ()
    limited: Annotated[
        tuple[str, ...],
        MaxLen(_MOST),
        Key(
            "Words by which an archive says that not everybody may see an item, in small letters. "
            "Does the network not say whether it uses such items, that is not known.",
            ["connections"],
        ),
    ] = ()
    private_folders: Annotated[
        tuple[str, ...],
        MaxLen(_MOST),
        Key("Folders of an archive whose pictures were sent in private messages.", ["messages"]),
    ] = ()
    empty_files: Annotated[
        tuple[str, ...],
        MaxLen(_MOST),
        Key("Short files that only say that there is nothing.", ["no-data.txt"]),
    ] = ()
    empty_words: Annotated[
        tuple[str, ...],
        MaxLen(_MOST),
        Key("What a short text says, and nothing else, where there is nothing.", ["No data."]),
    ] = ()
    viewer: Annotated[
        str,
        Key(
            "The page by which the network shows an archive: nothing of it is yours.",
            "Your archive.html",
        ),
    ] = ""
    viewer_files: Annotated[
        tuple[str, ...],
        MaxLen(_MOST),
        Key("What lies beside that page and belongs to it.", ["assets/"]),
    ] = ()
    page_words: Annotated[
        tuple[str, ...],
        MaxLen(_MOST),
        Key(
            "Words in the first bytes of an HTML page of a download that is also sent as "
            "JSON. A page that no reader names is listed with the advice to ask for JSON.",
            ["example.org"],
        ),
    ] = ()
    page_folders: Annotated[
        tuple[str, ...],
        MaxLen(_MOST),
        Key("Parts of the path of such a page. A path begins with `/`.", ["/your_activity/"]),
    ] = ()
    shared_by: Annotated[
        tuple[str, ...],
        MaxLen(_MOST),
        Key(
            "The networks that share these records. What lies in an archive belongs to "
            "the one that the archive names.",
            ["example", "sample"],
        ),
    ] = ()
    words: Annotated[
        Mapping[Category, Text],
        Key(
            "What the network calls a kind of data, in the plural, by language.",
            {"post": {"en": "Chirps"}},
        ),
    ] = field(default_factory=dict)


_ADAPTERS: dict[object, Any] = {}
"""What checks each kind of object: to make one takes a hundred times as long as to use it."""
Faults = Sequence[Any]
"""What pydantic says of a document, as `ValidationError.errors` gives it."""


def validated(kind: type[T], data: object) -> tuple[T | None, Faults]:
    """Return a checked object, or else what is wrong."""
    from pydantic import TypeAdapter, ValidationError

    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    try:
        checked: T = _ADAPTERS[kind].validate_python(data)
        return checked, ()
    except ValidationError as error:
        return None, error.errors(include_url=False, include_input=False)


def settings_in(path: Path, kind: Callable[..., T], known: Iterable[str]) -> T:
    """Read a file of settings, whose names are known, into what checks them.

    Raises:
        ConfigError: it is not TOML, a name is unknown or missing, or a value cannot be used.
        StorageError: it cannot be read.
    """
    from pydantic import ValidationError

    with storing(f"`{path}`"):
        data = path.read_bytes()
    try:
        text = data.decode()
        return kind(**tomllib.loads(text))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"`{path.name}` is not TOML: {error}") from None
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
    what, todo = next(lines_of(faults, text, [*known]))
    raise ConfigError(f"{path.name}: {what}", todo=todo)


def lines_of(
    faults: Faults, text: str, known: Sequence[str] = (), table: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield each fault as what is wrong, with line and key, and what to do.

    `known` are the keys of the table in which the faults lie; without them those of `pack.toml`.
    """
    known = known or keys_of(PackFacts)
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


def keys_of(table: type) -> Sequence[str]:
    """Return the keys of a table."""
    return [each.name for each in fields(table) if each.init]


def described_keys(table: type) -> Iterator[tuple[str, Key]]:
    """Yield the keys of a table that somebody writes, each with what it means."""
    annotated = get_type_hints(table, include_extras=True)
    for name in keys_of(table):
        notes = getattr(annotated[name], "__metadata__", ())
        yield from ((name, note) for note in notes if isinstance(note, Key))


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
