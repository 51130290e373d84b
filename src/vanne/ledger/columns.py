"""The choices of a ledger as columns: what is decided from, a thousand at a time.

Each entry is checked as one that is read alone: its private part must be the one that the public
part commits to, and it must be filed under the member that it names.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from vanne.ledger import sqlite
from vanne.ledger.entry import encode_public

if TYPE_CHECKING:
    import pyarrow as pa

NAMES = ("member_id", "purpose", "scope", "target", "on", "at")


def batch_of(rows: Sequence[sqlite.Row]) -> "pa.RecordBatch":
    """Return `NAMES` (the time in microseconds since 1970) and `position` of some entries.

    Raises:
        ValueError: an entry does not open; which one, only a look at each can tell.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    for _, public, private, salt, _ in rows:
        if private is None or salt is None:
            raise ValueError("a private part is missing")
        if encode_public(sha256(salt + private).digest()) != public:
            raise ValueError("a choice is not the one that was recorded")
    choices = json.loads(b"[" + b",".join(row[2] or b"" for row in rows) + b"]")
    if [choice["member_id"] for choice in choices] != [row[4] for row in rows]:
        raise ValueError("an entry is filed under another member")
    times = pa.array([choice["at"] for choice in choices], pa.string())
    columns = [
        *(pa.array([choice[name] for choice in choices], pa.string()) for name in NAMES[:4]),
        pa.array([choice["on"] for choice in choices], pa.bool_()),
        pc.cast(times, pa.timestamp("us", "UTC")).cast(pa.int64()),
        pa.array([row[0] for row in rows], pa.int64()),
    ]
    return pa.record_batch(columns, names=[*NAMES, "position"])
