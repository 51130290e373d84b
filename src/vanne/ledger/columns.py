"""The choices of a ledger as columns: what is decided from, a thousand at a time.

Each entry is checked as one that is read alone: its private part must be the one that the public
part commits to, and it must be filed under the member that it names.
"""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING

from vanne.errors import VerificationError
from vanne.ledger.entry import encode_public
from vanne.ledger.kinds import CHOICE
from vanne.ledger.reading import ErasedPositions, open_row
from vanne.ledger.store import REPAIR, Row

if TYPE_CHECKING:
    import pyarrow as pa

NAMES = ("member_id", "purpose", "scope", "target", "on", "at")
_CHOICE_END = b',"kind":"choice","v":1}'


def batch_of(rows: Sequence[Row], erased: ErasedPositions) -> "pa.RecordBatch":
    """Return `NAMES`, `since` and `position` of some choices; times are microseconds since 1970.

    Entries of other kinds are checked and left out.

    Raises:
        VerificationError: an entry does not open; which one.
    """
    choices = []
    for row in rows:
        if row[1].endswith(_CHOICE_END) and row[0] not in erased:
            choices.append(row)
        else:
            open_row(row, erased)
    try:
        return _batch(choices)
    except (ValueError, KeyError, TypeError) as error:
        for row in choices:
            open_row(row, erased)  # says which
        raise VerificationError(f"the ledger: {error}", todo=REPAIR) from error


def _batch(rows: Sequence[Row]) -> "pa.RecordBatch":
    import pyarrow as pa
    import pyarrow.compute as pc

    for _, public, private, salt, _ in rows:
        if private is None or salt is None:
            raise ValueError("a private part is missing")
        if encode_public(CHOICE, sha256(salt + private).digest()) != public:
            raise ValueError("a choice is not the one that was recorded")
    choices = json.loads(b"[" + b",".join(row[2] or b"" for row in rows) + b"]")
    if [choice["member_id"] for choice in choices] != [row[4] for row in rows]:
        raise ValueError("an entry is filed under another member")
    at, claimed = (_times([choice[name] for choice in choices]) for name in ("at", "claimed_at"))
    on = pa.array([choice["on"] for choice in choices], pa.bool_())
    since = pc.if_else(on, at, pc.min_element_wise(at, claimed))  # as `Choice.since` says
    columns = [
        *(pa.array([choice[name] for choice in choices], pa.string()) for name in NAMES[:4]),
        on,
        at,
        since,
        pa.array([row[0] for row in rows], pa.int64()),
    ]
    return pa.record_batch(columns, names=[*NAMES, "since", "position"])


def _times(texts: Sequence[str | None]) -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.cast(pa.array(texts, pa.string()), pa.timestamp("us", "UTC")).cast(pa.int64())
