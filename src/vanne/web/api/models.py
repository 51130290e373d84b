"""The types that documents of the API are made of: texts, ids, times, and the two base models.

A document that is read is strict (`Read`): a value of another type, an unknown field, and a text
that cannot be stored are refused. A document that is written (`Written`) is described for the
OpenAPI document only; nothing checks it.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

LONGEST_TEXT = 1024
LARGEST_BYTES = 2**21
MOST_ENTRIES = 2**53 - 1
"""The largest number that JSON readers agree on."""

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
NO_NUL = r"^[^\x00]+$"


def _moment(value: object) -> datetime:
    """Read a time with a zone, and say it in UTC."""
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError("it is not a time with a zone, like `2026-11-25T09:30:00Z`")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("there is no such time") from error


def _no_space_around(value: str) -> str:
    if value != value.strip():
        raise ValueError("it has space around it")
    return value


Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT, pattern=NO_NUL)]
Id = Annotated[Text, AfterValidator(_no_space_around)]
Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
Index = Annotated[
    int, Field(ge=0, le=MOST_ENTRIES, description="The place in the ledger; the first is 0.")
]
Base64 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$")]
MemberInPath = Annotated[
    str,
    Path(
        min_length=1,
        max_length=LONGEST_TEXT,
        pattern=NO_NUL,
        description="The member's id, percent-encoded UTF-8; a slash may be written as it is.",
        examples=["anna"],
    ),
]
JsonObject = dict[str, Any]
"""A document whose fields a page of the reference tells."""


class Read(BaseModel):
    """What is read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Written(BaseModel):
    """What is written."""

    model_config = ConfigDict(extra="forbid")


class Fault(Written):
    """One thing that is wrong with what was sent."""

    row: Annotated[int | None, Field(ge=1, description="The row of a batch; the first is 1.")]
    field: Annotated[
        str | None, Field(description="The field; `null` if it is one that is not known.")
    ]
    problem: Annotated[str, Field(description="What is wrong, without the value.")]


class OpenAIError(Written):
    """The same as clients of OpenAI's API read it."""

    message: Annotated[str, Field(description="What is wrong, and what to do about it.")]
    type: Annotated[str, Field(description="Such as `invalid_request_error`.")]
    param: Annotated[str | None, Field(description="The field that is to blame.")]
    code: Annotated[str, Field(description="The end of the problem's `type`, with `_` for `-`.")]


class Problem(Written):
    """What went wrong (RFC 9457). It never repeats a value that was sent."""

    schema_: Annotated[Literal["vanne/problem/1"], Field(alias="schema")]
    type: Annotated[
        str,
        Field(
            pattern="^urn:vanne:problem:[a-z0-9-]+$",
            description="What kind of problem it is: the page on the API lists them.",
        ),
    ]
    title: Annotated[str, Field(description="What is wrong.")]
    detail: Annotated[str, Field(description="What to do about it.")]
    status: Annotated[int, Field(ge=400, le=599)]
    errors: Annotated[
        list[Fault], Field(description="Each fault, if fields are to blame; else absent.")
    ] = []
    error: Annotated[
        OpenAIError | None,
        Field(description="Only on the addresses of the tag `model`; else absent."),
    ] = None
