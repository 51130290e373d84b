"""Rows of people, written and taken out; how often each value is held goes with them."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from vanne_assist.search.postgres.server import Connection

Value = tuple[str, str]
"""A kind of fact, or `words`, and what is said of it."""
_COUNT = """
UPDATE search_value AS v SET held = v.held + %(sign)s * counted.held FROM (
    SELECT value, count(*)::integer AS held FROM (
        SELECT value FROM search_fact WHERE profile = ANY(%(rows)s::integer[])
        UNION ALL SELECT value FROM search_posting WHERE profile = ANY(%(rows)s::integer[])
    ) AS had GROUP BY value
) AS counted WHERE v.number = counted.value"""
_SIZES = """
UPDATE search_index AS i SET profiles = i.profiles + %(sign)s * counted.profiles,
    words = i.words + %(sign)s * counted.words
FROM (SELECT count(*) AS profiles, coalesce(sum(words), 0) AS words
      FROM search_profile WHERE id = ANY(%(rows)s::integer[])) AS counted"""
_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"


def count_in(db: "Connection", rows: Sequence[int], sign: int = 1) -> None:
    """Add some people to the statistics: how many have a value, how long texts are."""
    for sql in (_COUNT, _SIZES):
        db.execute(sql, {"sign": sign, "rows": list(rows)})


def take_out(db: "Connection", rows: Sequence[int]) -> None:
    """Take some people out, of the statistics too; then call `drop_unused`."""
    if not rows:
        return
    count_in(db, rows, -1)
    for table in ("fact", "posting", "document"):
        db.execute(f"DELETE FROM search_{table} WHERE profile = ANY(%s::integer[])", [list(rows)])
    db.execute("DELETE FROM search_profile WHERE id = ANY(%s::integer[])", [list(rows)])


def drop_unused(db: "Connection") -> None:
    """Take out every value, stem and title that nobody has any more."""
    db.execute(
        "WITH gone AS (DELETE FROM search_value WHERE held = 0 RETURNING number) "
        "DELETE FROM search_title WHERE value IN (SELECT number FROM gone)"
    )


def numbered(db: "Connection", values: Iterable[Value]) -> dict[Value, int]:
    """Return the number of each value; one that is new gets the next."""
    wanted = sorted(set(values))
    sent = {"kinds": [kind for kind, _ in wanted], "values": [v.encode() for _, v in wanted]}
    asked = "unnest(%(kinds)s::text[], %(values)s::bytea[]) AS asked(kind, value)"
    db.execute(
        f"INSERT INTO search_value (kind, value, held) SELECT kind, value, 0 FROM {asked} "
        "ON CONFLICT (kind, sha256(value)) DO NOTHING",
        sent,
    )
    found = db.execute(
        f"SELECT v.number, v.kind, v.value FROM search_value v JOIN {asked} "
        "ON v.kind = asked.kind AND sha256(v.value) = sha256(asked.value)",
        sent,
    )
    return {(kind, bytes(value).decode()): number for number, kind, value in found}


def known(db: "Connection", kind: str, values: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return of some values of a kind those that are there: the number, and how many have it."""
    found = db.execute(
        "SELECT value, number, held FROM search_value WHERE kind = %s AND sha256(value) = ANY(%s)",
        [kind, [hashlib.sha256(value.encode()).digest() for value in values]],
    )
    return {bytes(value).decode(): (number, held) for value, number, held in found}


def copy_integers(db: "Connection", table: str, rows: Sequence[tuple[int, int, int, int]]) -> None:
    """Write rows of four integers into a table in one COPY, in its binary format."""
    sent = np.empty(len(rows), np.dtype([("columns", ">i2"), ("pairs", ">i4", (4, 2))]))
    sent["columns"] = 4
    sent["pairs"][:, :, 0] = 4  # bytes
    sent["pairs"][:, :, 1] = np.array(rows, np.int64).reshape(-1, 4)
    with (
        db.cursor() as cursor,
        cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.write(_HEADER + sent.tobytes() + _END)


def vector_text(numbers: npt.NDArray[np.float32]) -> str:
    """Return a vector as pgvector reads it, exact to the bit."""
    return f"[{','.join(['%.9g'] * len(numbers))}]" % tuple(numbers.tolist())


def sparse_text(weights: Iterable[tuple[int, float]], width: int) -> str:
    """Return a sparse vector as pgvector reads it; its places count from 1."""
    return f"{{{','.join(f'{at + 1}:{each:.9g}' for at, each in weights)}}}/{width}"
