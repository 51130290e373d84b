"""Choices from a file into the ledger: all of them, or none and every row that is in the way.

The file is read twice. The first time every row is checked and nothing is written; if there is a
bad row, that is the end of it, unless the rest is wanted. The second time the good ones are
recorded in batches of 10,000. Each batch bears an idempotency key made from the file's content and
its place: an import that was killed is typed again and goes on where it stopped, and a file that
was imported before changes nothing.

A choice of somebody who is no member is recorded as their objection, as everywhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

import numpy as np

from vanne.decide.people import refuse_misspelt
from vanne.errors import ConflictError, InputError
from vanne.files import sha256_of
from vanne.ids import UNKNOWN, IdIndex
from vanne.ledger import Ledger
from vanne.ledger.kinds import problem_of
from vanne.policy import Policy
from vanne.sources.batches import member_batches
from vanne.sources.choices import BadRow, Checked, checked_choices
from vanne.sources.tables import choices_of
from vanne.terms import Choice, Purpose

_BATCH = 10_000
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Found:
    """What the check of a file found."""

    rows: int
    bad: tuple[BadRow, ...]
    not_members: int
    other_purposes: int

    @property
    def good(self) -> int:
        """How many rows can be recorded."""
        return self.rows - len(self.bad)


@dataclass(frozen=True, slots=True)
class Imported:
    """How many choices are new in the ledger, and how many an earlier import had recorded."""

    new: int
    already: int


def check(
    path: Path, policy: Policy, members: Path, now: datetime, tell: Tell = lambda _: None
) -> Found:
    """Check every row of a file; `tell` hears how many are done.

    Raises:
        InputError, StorageError: the file as a whole cannot be read.
    """
    import pyarrow as pa

    known = _index(members)
    bad = list[BadRow]()
    rows = not_members = other_purposes = 0
    for checked in checked_choices(path):
        good, refused = _usable(checked, policy, now)
        bad += sorted([*checked.bad, *refused], key=lambda bad_row: bad_row.row)
        rows += len(checked.numbers) + len(checked.bad)
        people = pa.array([choice.member_id for choice in good], pa.string())
        not_members += int(np.count_nonzero(known.find(people) == UNKNOWN))
        other_purposes += sum(choice.purpose not in policy.purposes for choice in good)
        tell(rows)
    return Found(rows, tuple(bad), not_members, other_purposes)


def record(
    path: Path, ledger: Ledger, policy: Policy, now: datetime, tell: Tell = lambda _: None
) -> Imported:
    """Record the good rows of a file that was checked; `tell` hears how many are done.

    Raises:
        ConflictError: the file was imported before, and other rows of it were good then.
        BusyError, StorageError: the ledger could not be written; what was recorded stays.
    """
    begun, digest = ledger.size, sha256_of(path)
    choices = (
        choice for checked in checked_choices(path) for choice in _usable(checked, policy, now)[0]
    )
    new = already = 0
    while batch := list(islice(choices, _BATCH)):
        try:
            places = ledger.append(batch, key=f"import {digest} {new + already}")
        except ConflictError as error:
            raise ConflictError(
                f"`{path}` was imported before, and is not taken for the same any more "
                f"({error.args[0]})",
                todo="put what is new into a file of its own",
            ) from error
        if places.start >= begun:
            new += len(batch)
        else:
            already += len(batch)
        tell(new + already)
    return Imported(new, already)


def _usable(checked: Checked, policy: Policy, now: datetime) -> tuple[list[Choice], list[BadRow]]:
    """Return the choices that can be recorded, and why others that can be read cannot."""
    good, bad = list[Choice](), list[BadRow]()
    misspelt: dict[Purpose, str] = {}
    for row, choice in zip(checked.numbers.tolist(), choices_of(checked.batch), strict=True):
        if choice.purpose not in misspelt:
            misspelt[choice.purpose] = _misspelt(choice.purpose, policy)
        if todo := misspelt[choice.purpose]:
            bad.append(BadRow(row, "purpose", "is not a purpose of the policy", todo))
        elif choice.at > now:
            todo = "a choice counts from the time it is made"
            bad.append(BadRow(row, "at", "is in the future", todo))
        elif problem := problem_of(choice):
            bad.append(BadRow(row, None, problem[0], problem[1] or "mend that row"))
        else:
            good.append(choice)
    return good, bad


def _misspelt(purpose: Purpose, policy: Policy) -> str:
    """Say what was meant by a purpose that is nearly one of the policy's; else nothing."""
    try:
        refuse_misspelt(purpose, policy, 0)
    except InputError as error:
        return error.todo
    return ""


def _index(members: Path) -> IdIndex:
    import pyarrow as pa

    ids = [batch["member_id"] for batch in member_batches(str(members))]
    return IdIndex(pa.chunked_array(ids, pa.string()).combine_chunks())
