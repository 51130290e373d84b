"""Import choices from a file into the ledger: all of them, or none and a list of bad rows.

The file is read twice. The first pass checks every row and writes nothing. If there is a bad row,
the import ends, unless the caller wants the good rows. The second pass sorts the good rows once by
the time that the file gives (at equal times, an off after an on), and records them in batches of
10,000. From then on their place in the ledger is their order. Each batch has an idempotency key
made from the file's content and the batch's place. So the same command continues an import that was
killed, and a file that was imported before changes nothing.

A choice of a person who is no member is recorded as an objection, as everywhere. An `on` is a bad
row if the ledger already holds an opt-out at the same time or later: recorded now, the `on` would
undo that opt-out.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from vanne.decide.people import Stand, fold, refuse_misspelt
from vanne.errors import ConflictError, InputError
from vanne.files import sha256_of
from vanne.ids import UNKNOWN, IdIndex
from vanne.ledger import Ledger
from vanne.ledger.kinds import problem_of
from vanne.policy import Policy
from vanne.sources.batches import member_batches
from vanne.sources.choices import BadRow, checked_choices
from vanne.sources.tables import choices_of
from vanne.terms import Choice, MemberId, Purpose

_BATCH = 10_000
_FEW = 2_000
"""Members whose choices are looked up one by one; of more, the ledger is read once."""

Place = tuple[MemberId, Purpose, str, str | None]
"""What one choice decides."""
Tell = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class LoadCheck:
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
    """How many choices are new in the ledger, and how many an earlier import had recorded.

    `unchanged` are those of the new ones that say what held already. Of what the file names, so
    many are on now and so many off.
    """

    new: int = 0
    already: int = 0
    unchanged: int = 0
    on: int = 0
    off: int = 0


def check(
    path: Path,
    ledger: Ledger,
    policy: Policy,
    members: Path,
    now: datetime,
    tell: Tell = lambda _: None,
) -> LoadCheck:
    """Check every row of a file; `tell` hears how many are done.

    Raises:
        InputError, StorageError: the file as a whole cannot be read.
    """
    import pyarrow as pa

    known = member_index(members)
    bad, ons = list[BadRow](), list[tuple[int, Choice]]()
    rows = not_members = other_purposes = 0
    misspelt: dict[Purpose, str] = {}
    for checked in checked_choices(path):
        bad += checked.bad
        people = list[MemberId]()
        for row, choice in zip(checked.numbers.tolist(), choices_of(checked.batch), strict=True):
            if choice.purpose not in misspelt:
                try:
                    refuse_misspelt(choice.purpose, policy, 0)
                    misspelt[choice.purpose] = ""
                except InputError as error:  # whose advice names the purpose that was meant
                    misspelt[choice.purpose] = str(error.todo)
            if todo := misspelt[choice.purpose]:
                bad.append(BadRow(row, "purpose", "is not a purpose of the policy", todo))
            elif choice.at > now:
                bad.append(BadRow(row, "at", "is in the future", "nobody has said it yet"))
            elif problem := problem_of(choice):
                bad.append(BadRow(row, None, problem, "mend that row"))
            else:
                people.append(choice.member_id)
                other_purposes += choice.purpose not in policy.purposes
                if choice.on:
                    ons.append((row, choice))
        rows += len(checked.numbers) + len(checked.bad)
        places = known.find(pa.array(people, pa.string()))
        not_members += int(np.count_nonzero(places == UNKNOWN))
        tell(rows)
    members_on = {choice.member_id for _, choice in ons}
    stands = _stands(ledger, _before(ledger, sha256_of(path)), members_on)
    for row, choice in ons:  # none may undo an opt-out that is no earlier
        stand = stands.get(_place(choice))
        if stand and not stand.on and choice.at <= stand.since:
            todo = "leave it out; if it is meant now, say it anew"
            why = "is not after an opt-out for the same that the ledger holds"
            bad.append(BadRow(row, "at", why, todo))
    return LoadCheck(rows, tuple(sorted(bad, key=lambda row: row.row)), not_members, other_purposes)


def record(
    path: Path,
    ledger: Ledger,
    checked: LoadCheck,
    now: datetime,
    tell: Tell = lambda _: None,
    recorded: Callable[[Sequence[Choice]], None] = lambda _: None,
) -> Imported:
    """Record the good rows of a file that was checked.

    `tell` hears how many are done, and `recorded` each batch that the ledger holds.

    Raises:
        ConflictError: the file was imported before, and other rows of it were good then.
        BusyError, StorageError: the ledger could not be written; what was recorded stays.
    """
    import pyarrow as pa

    begun, digest = ledger.size, sha256_of(path)
    bad = [row.row for row in checked.bad]
    good = [each.batch.filter(pa.array(~np.isin(each.numbers, bad)))
            for each in checked_choices(path)]  # fmt: skip
    table = pa.Table.from_batches(good)
    # In the order of their times; of one time, the offs after the ons.
    order = np.lexsort((~table["on"].to_numpy(), table["at"].to_numpy()))
    rows = table.take(pa.array(order)).combine_chunks()
    members = set(rows["member_id"].unique().to_pylist())
    before = _stands(ledger, _before(ledger, digest), members)
    states = dict[Place, bool]()
    new = already = unchanged = 0
    for batch in rows.to_batches(max_chunksize=_BATCH):
        choices = [replace(c, at=now, claimed_at=c.at) for c in choices_of(batch)]
        try:
            places = ledger.append(choices, key=_key(digest, new + already))
        except ConflictError as error:
            raise ConflictError(
                f"`{path}` was imported before, and is not taken for the same any more "
                f"({error.title})",
                todo="put what is new into a file of its own",
            ) from error
        recorded(choices)
        is_new = places.start >= begun
        for place, choice in zip(map(_place, choices), choices, strict=True):
            stand = before.get(place)
            unchanged += is_new and states.get(place, stand and stand.on) is choice.on
            states[place] = choice.on
        new, already = (new + len(batch), already) if is_new else (new, already + len(batch))
        tell(new + already)
    on = sum(states.values())
    return Imported(new, already, unchanged, on, len(states) - on)


def _before(ledger: Ledger, digest: str) -> int:
    """Return how many entries there were before the file was imported for the first time."""
    first = ledger.recorded(_key(digest, 0))
    return ledger.size if first is None else first.start


def _key(digest: str, place: int) -> str:
    return f"import {digest} {place}"


def _stands(ledger: Ledger, size: int, members: Collection[MemberId]) -> dict[Place, Stand]:
    """Return where some members stood after so many entries."""
    choices: Iterable[Choice]
    if len(members) > _FEW:
        choices = (choice for choice in ledger.choices(size) if choice.member_id in members)
    else:
        histories = ledger.histories(members).values()
        choices = (choice for history in histories for index, choice in history if index < size)
    by_purpose: dict[Purpose, list[Choice]] = {}
    for choice in choices:
        by_purpose.setdefault(choice.purpose, []).append(choice)
    return {
        (member, purpose, *place): stand
        for purpose, history in by_purpose.items()
        for member, stands in fold(history, purpose).items()
        for place, stand in stands.items()
    }


def _place(choice: Choice) -> Place:
    return choice.member_id, choice.purpose, choice.scope, choice.target


def member_index(members: Path) -> IdIndex:
    """Return the ids of a table of members, to look others up in."""
    import pyarrow as pa

    ids = [batch["member_id"] for batch in member_batches(str(members))]
    return IdIndex(pa.chunked_array(ids, pa.string()).combine_chunks())
