"""The documents of the API: what is read, and what is written.

Those that are read are strict: a value of another type, a field too many and a text that cannot be
kept are refused. Those that are written describe what the other rooms make; they check nothing.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from vanne.terms import MAIN_PURPOSE

LONGEST_TEXT = 1024
MOST_ROWS = 1000
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
Index = Annotated[int, Field(ge=0, le=MOST_ENTRIES)]
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
Scope = Literal["all", "category", "item"]


class Read(BaseModel):
    """What is read."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Written(BaseModel):
    """What is written."""

    model_config = ConfigDict(extra="forbid")


class NewChoice(Read):
    """A member's on or off for a purpose: whole, for one category, or for one item."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"member_id": "anna", "on": False},
                {
                    "member_id": "anna",
                    "on": False,
                    "scope": "category",
                    "target": "photo",
                    "at": "2026-11-19T10:30:00+01:00",
                },
                {"member_id": "anna", "on": True, "scope": "item", "target": "a-post-1"},
            ]
        }
    )

    member_id: Annotated[Id, Field(description="The member's id, as it is in the network's data.")]
    on: Annotated[
        bool, Field(description="`true`: what the scope covers may be used; `false`: it may not.")
    ]
    purpose: Annotated[
        Text, Field(description="One of the purposes that the policy in force names.")
    ] = MAIN_PURPOSE
    scope: Annotated[
        Scope,
        Field(
            description="What it is for: `all` the member's items, those of one `category`, or one "
            "`item`. Any off wins over any on."
        ),
    ] = "all"
    target: Annotated[
        Text | None,
        Field(description="The category or the id of the item; absent or `null` for scope `all`."),
    ] = None
    at: Annotated[
        Moment | None,
        Field(
            description="When it was said, as the caller knows it: RFC 3339, with a zone, not in "
            "the future. It is kept as `claimed_at`, in UTC; the order of the ledger decides what "
            "holds."
        ),
    ] = None
    channel: Annotated[
        Text | None,
        Field(
            description="Where it was said, in the caller's words, and none of Vanne's own; "
            "absent: `api`."
        ),
    ] = None
    notice: Annotated[
        Text | None, Field(description="The words that the member was shown, or what names them.")
    ] = None
    objection: Annotated[
        bool,
        Field(
            description="`true`: it is an objection of somebody who is not in the network's table "
            "of members, and `member_id` is how the data names them."
        ),
    ] = False


class NewChoices(Read):
    """Choices that are recorded together: all of them or none."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "choices": [
                        {"member_id": "anna", "on": False},
                        {"member_id": "bruno", "on": True, "scope": "category", "target": "post"},
                    ]
                }
            ]
        }
    )

    choices: Annotated[
        list[NewChoice],
        Field(min_length=1, max_length=MOST_ROWS, description="In order; the first is row 1."),
    ]


class Choice(Written):
    """A choice as it was recorded: every field, `null` where there is nothing."""

    at: Annotated[datetime, Field(description="The time that the ledger gave it, in UTC.")]
    channel: str | None
    claimed_at: Annotated[
        datetime | None,
        Field(description="When it was said, in the words of who recorded it, if another time."),
    ]
    member_id: str
    notice: str | None
    on: bool
    purpose: str
    scope: Scope
    target: str | None


class Objection(Written):
    """An objection as it was recorded: every field, `null` where there is nothing."""

    at: Annotated[datetime, Field(description="The time that the ledger gave it, in UTC.")]
    channel: str | None
    claimed_at: Annotated[
        datetime | None,
        Field(description="When it was said, in the words of who recorded it, if another time."),
    ]
    name: str
    notice: str | None
    on: Annotated[bool, Field(description="`false` objects; `true` takes it back.")]
    profile: str | None
    purpose: str


class IndexedChoice(Choice):
    """A choice with its place in the ledger."""

    index: Annotated[Index, Field(description="The place in the ledger; the first is 0.")]


class Entry(Written):
    """The public part of an entry: it names nobody."""

    v: Literal[1]
    kind: str
    commitment: Base64


class Receipt(BaseModel):
    """What a member holds to show that their choice was recorded; it verifies without us.

    It holds the choice and its salt: give it to the member alone. The parts and the steps that
    check them are told on the page «Receipts: verify one without us».
    """

    model_config = ConfigDict(extra="allow")

    schema_: Annotated[Literal["vanne/receipt/1"], Field(alias="schema")]
    salt: Annotated[Base64, Field(description="32 random bytes.")]
    entry: Entry
    index: Annotated[Index, Field(description="The place in the ledger; the first is 0.")]
    proof: Annotated[
        list[Base64], Field(description="Hashes of 32 bytes, from the entry up to the root.")
    ]
    checkpoint: Annotated[str, Field(description="A C2SP signed note: size and root of the log.")]
    vkey: Annotated[str, Field(description="The log's public key, as C2SP tools write it.")]
    record: Annotated[
        dict[str, Any],
        Field(
            description="The same facts under the names of ISO/IEC TS 27560, for record keepers."
        ),
    ]


class Recorded(Written):
    """A choice is durable."""

    schema_: Annotated[Literal["vanne/recorded/1"], Field(alias="schema")]
    index: Annotated[Index, Field(description="Its place in the ledger; the first is 0.")]
    receipt: Receipt


class Holds(Written):
    """What holds now for what a choice was for."""

    purpose: str
    scope: Scope
    target: str | None
    on: bool
    since: datetime
    changed: Annotated[
        bool, Field(description="`false`: it was so before, and the choice changed nothing.")
    ]
    whole_off: Annotated[
        bool,
        Field(description="`true`: all of the purpose is off, and an on for less permits nothing."),
    ]


class RecordedChoice(Recorded):
    """A choice is durable, and what holds now."""

    holds: Holds


class RecordedBatch(Written):
    """Choices are durable: `count` of them, at `first`, `first` + 1, and so on, in their order."""

    schema_: Annotated[Literal["vanne/recorded-batch/1"], Field(alias="schema")]
    first: Annotated[Index, Field(description="The place of the first row in the ledger.")]
    count: Annotated[int, Field(ge=1, le=MOST_ROWS, description="How many were recorded.")]
    holds: Annotated[list[Holds], Field(description="Of each row, what holds after all of them.")]


class History(Written):
    """One page of a member's choices, oldest first."""

    schema_: Annotated[Literal["vanne/choices/1"], Field(alias="schema")]
    choices: list[IndexedChoice]
    next: Annotated[
        str | None,
        Field(description="Send it as `cursor` for the next page; `null` on the last."),
    ]


class Checked(Written):
    """Whether a receipt holds, and what it proves."""

    schema_: Annotated[Literal["vanne/receipt-verification/1"], Field(alias="schema")]
    verified: bool
    reason: Annotated[
        str | None, Field(description="The step at which it does not hold; `null` if it does.")
    ] = None
    ours: Annotated[
        bool | None,
        Field(
            description="Whether this ledger holds that very entry at that place. A receipt that "
            "holds and is not ours proves only that whoever has its key made it. Of an entry whose "
            "content was erased it is `false`: nothing is left to compare."
        ),
    ] = None
    choice: Choice | None = None
    objection: Objection | None = None
    index: Index | None = None
    origin: Annotated[str | None, Field(description="The log's name.")] = None
    size: Annotated[
        int | None, Field(description="How many entries the log had, by the receipt's checkpoint.")
    ] = None
    root: Annotated[Base64 | None, Field(description="The root of that tree: 32 bytes.")] = None
    vkey: str | None = None


class Ledger(Written):
    """Where the ledger stands: all of it may be published."""

    schema_: Annotated[Literal["vanne/ledger-checkpoint/1"], Field(alias="schema")]
    origin: Annotated[str, Field(description="The log's name.")]
    size: Annotated[int, Field(ge=0, description="How many entries it has.")]
    root: Annotated[Base64, Field(description="The root of the tree (RFC 9162): 32 bytes.")]
    checkpoint: Annotated[str, Field(description="The last checkpoint: a C2SP signed note.")]
    vkey: Annotated[str, Field(description="The public key, as C2SP tools write it.")]


class InclusionProof(Written):
    """The way from an entry up to a root (RFC 9162, section 2.1.3)."""

    schema_: Annotated[Literal["vanne/inclusion-proof/1"], Field(alias="schema")]
    index: Index
    size: Annotated[int, Field(ge=0, description="How many entries the tree has.")]
    root: Base64
    proof: list[Base64]


class ConsistencyProof(Written):
    """That the tree of `new` entries begins with that of `old` (RFC 9162, section 2.1.4)."""

    schema_: Annotated[Literal["vanne/consistency-proof/1"], Field(alias="schema")]
    old: Annotated[int, Field(ge=0)]
    new: Annotated[int, Field(ge=0)]
    old_root: Base64
    new_root: Base64
    proof: list[Base64]


class Health(Written):
    """The server answers."""

    schema_: Annotated[Literal["vanne/health/1"], Field(alias="schema")]
    status: Literal["pass"]


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
