"""A message: a code with parameters, kept as data until a language puts it into a sentence.

The code finds the template in a table that was registered (`vanne.words.register`). A parameter
that is a whole number is a count, and each language writes it in its own way; a number that only
names a place, such as a line or a port, is given as text. A day, a moment and a region are written
as the language does. A parameter may itself be a message. A template may have two forms, for one
and for many; the parameter `n` chooses the form.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

Template = str | tuple[str, str]

TEMPLATES: dict[str, Template] = {}
"""The English template of each code."""


@dataclass(frozen=True, slots=True, init=False)
class Message:
    """A code with its parameters. As text it is the English sentence, on one line.

    >>> str(Message("row-width", n=4, m=1300))
    'row has 4 fields, header has 1,300'
    """

    code: str
    params: "Mapping[str, Param]"

    def __init__(self, code: str, /, **params: "Param") -> None:
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "params", params)

    def __hash__(self) -> int:
        return hash((self.code, frozenset(self.params.items())))

    def __str__(self) -> str:
        params = {name: f"{v:,}" if isinstance(v, int) else v for name, v in self.params.items()}
        template = TEMPLATES[self.code]
        if not isinstance(template, str):
            template = template[self.params["n"] != 1]
        return on_one_line(template % params)

    def document(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        params = {
            name: value if isinstance(value, str | int) else _document(value)
            for name, value in self.params.items()
        }
        return {"code": self.code, "params": params}


@dataclass(frozen=True, slots=True)
class RelativeMoment:
    """A moment as it is read `now`: of today and tomorrow a reader needs no date.

    `in_sentence` says that words of the sentence come right before it.
    """

    at: datetime
    now: datetime
    in_sentence: bool = False

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class RegionCode:
    """A region by its ISO 3166-1 code."""

    code: str

    def __str__(self) -> str:
        return self.code


Param = str | int | date | RelativeMoment | RegionCode | Message


def _document(value: date | RelativeMoment | RegionCode | Message) -> Any:
    if isinstance(value, Message):
        return value.document()
    if isinstance(value, RegionCode):
        return value.code
    return (value.at if isinstance(value, RelativeMoment) else value).isoformat()


def on_one_line(text: str) -> str:
    """Return a text without line breaks: what a file or a person wrote may hold some."""
    return re.sub(r"\s+", " ", text)
