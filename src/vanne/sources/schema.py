"""The public tables: their columns, which are required, and how each is stored in Parquet.

A change of this schema needs a changelog entry. `docs/reference/tables.md` says the same in
sentences.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "time", "date", "list", "flag", "object"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a public table. A required one must be there; an optional one may be absent.

    One that `denies` can only take something out: to lose it under a misspelt name would let it in.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    denies: bool = False


ITEMS = (
    Column("item_id", required=True),
    Column("owner", required=True),
    Column("author", denies=True),
    Column("subjects", "list", denies=True),
    Column("category", required=True),
    Column("created_at", "time", required=True),
    Column("visibility", denies=True),
    Column("tags", "list", denies=True),
    Column("reservation", denies=True),
    Column("lang"),
    Column("fields", "object"),
    Column("text"),
    Column("media"),
    Column("source"),
)

MEMBERS = (
    Column("member_id", required=True),
    Column("region", required=True),
    Column("birth_date", "date", required=True),
    Column("signs", "list", denies=True),
    Column("joined_at", "time"),
)

CHOICES = (
    Column("member_id", required=True),
    Column("purpose", required=True),
    Column("scope", required=True),
    Column("target", denies=True),
    Column("on", "flag", required=True),
    Column("at", "time", required=True),
    Column("channel"),
    Column("notice"),
)
