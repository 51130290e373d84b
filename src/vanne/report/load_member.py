"""Load what a report is made of, for one member or for many: items, people in them, choices.

Somebody who is no member may have objected to an item that does not list them, so the ledger is
also asked who chose for an item.

Many members are loaded in one scan. Every data file is read once, in order. Each item is written
into the part of everybody who is in it (a hash join that spills: Kitsuregawa et al. 1983, «Grace»).
A part is a file in a temporary folder of ours, and holds so few members that all of theirs fits
into memory. Then the parts are read one by one. So N members cost one scan and what their own items
cost, whatever the order of the data.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vanne.config import Home
from vanne.corpus.choice_index import choosers
from vanne.corpus.contract import members_table
from vanne.errors import MissingError, storing
from vanne.ids import Flags, IdIndex, Ordinals
from vanne.ledger import Ledger
from vanne.report.member_items import (
    Row,
    all_items,
    find_member,
    hidden,
    items_of,
    members_of,
    row_of,
)
from vanne.sources.batches import member_batches, plain_items
from vanne.sources.relation import row_count
from vanne.sources.tables import items_in
from vanne.terms import Choice, Item, ItemId, Member, MemberId


@dataclass(frozen=True, slots=True)
class MemberData:
    """One member, the items that they own, wrote or are in, and everybody who is in these.

    `choices` are those of all these people, `history` the member's own, with their receipts.
    """

    member: Member
    items: Mapping[Row, Item]
    people: Sequence[Member]
    choices: Sequence[Choice]
    history: Sequence[tuple[int, Choice]]


def load_member(home: Home, member_id: MemberId, until: datetime | None = None) -> MemberData:
    """Load what is there of one member, with all that was chosen, or what was until a time.

    Raises:
        MissingError: there is no such member, or no ledger.
    """
    member = find_member(home, member_id)
    if member is None:
        raise MissingError("no such member", todo="check the id")
    items = items_of(home, member_id)
    people = involved(items.values()) | {member_id}
    with open_ledger(home) as ledger:
        people = people.union(*choosers_of(home, ledger, items.values()).values())
        histories = ledger.histories(sorted(people), until)
    choices = [choice for history in histories.values() for _, choice in history]
    return MemberData(member, items, members_of(home, people), choices, histories[member_id])


def choosers_of(
    home: Home, ledger: Ledger, items: Iterable[Item]
) -> Mapping[ItemId, set[MemberId]]:
    """Return who chose for each of some items, whoever's they are."""
    return choosers(home, ledger, {item.item_id for item in items})


def involved(items: Iterable[Item]) -> set[MemberId]:
    """Return everybody who is in some items, as owner, author or subject."""
    people = {person for item in items for person in (item.owner, item.author, *item.subjects)}
    return {person for person in people if person is not None}


def open_ledger(home: Home, *, writable: bool = False) -> Ledger:
    """Open the ledger of a home, and never make an empty one in the place of a lost one.

    Raises:
        MissingError: it is not there.
    """
    return Ledger.of(home, read_only=not writable, create=False)


ROWS_A_PART = 200_000
"""About as many items are in memory at once: some 300 MB of Python objects."""

MOST_PARTS = 512
"""As many files are open at once at most."""

FEW = 500
"""Up to so many members are asked for one by one in the ledger, and more in one pass over it."""

Progress = Callable[[int], None]
History = list[tuple[int, Choice]]


def load_members(
    home: Home,
    ids: Collection[MemberId] | None = None,
    progress: Progress | None = None,
    until: datetime | None = None,
) -> Iterator[MemberData]:
    """Load what is there of some members, or of all, each once, part by part.

    `progress` hears how many items were read. What was chosen is all, or what was `until` a time.

    Raises:
        MissingError: one of them is not a member, or there is no ledger.
        StorageError: the disk of the temporary files is full.
    """
    wanted = IdIndex(pa.array(sorted(_there(home, ids)), pa.large_string()))
    with open_ledger(home) as ledger:
        histories_of = _Said(home, ledger, len(wanted), until)
        with TemporaryDirectory(prefix="vanne-report-") as folder, storing("temporary files"):
            parts = [Path(folder) / str(n) for n in range(_parts(home, len(wanted)))]
            _divide(home, wanted, parts, progress)
            for number, part in enumerate(parts):
                members = wanted.ids[number :: len(parts)].to_pylist()
                # Give everything of the members of one part.
                theirs: dict[MemberId, dict[Row, Item]] = {member: {} for member in members}
                for item in _items(part):
                    for person in involved([item]) & theirs.keys():
                        theirs[person][row_of(item)] = hidden(item, person)
                every = [item for items in theirs.values() for item in items.values()]
                about = histories_of.about(every)
                everybody = involved(every).union(*about.values())
                known = {m.member_id: m for m in members_of(home, everybody | theirs.keys())}
                histories = histories_of.of(everybody | theirs.keys())
                for member, items in theirs.items():
                    also = (about.get(item.item_id, ()) for item in items.values())
                    people = sorted(involved(items.values()).union({member}, *also))
                    yield MemberData(
                        member=known[member],
                        items=dict(sorted(items.items())),
                        people=[known[person] for person in people if person in known],
                        choices=[c for person in people for _, c in histories.get(person, ())],
                        history=histories.get(member, []),
                    )


def _there(home: Home, ids: Collection[MemberId] | None) -> Collection[MemberId]:
    """Return the members who are asked for.

    Raises:
        MissingError: one of them is not a member.
    """
    if ids is None:
        batches = member_batches(str(members_table(home)))
        return [str(member) for batch in batches for member in batch["member_id"].to_pylist()]
    there = {member.member_id for member in members_of(home, set(ids))}
    if missing := len(set(ids) - there):
        raise MissingError(f"no such member: {missing:,} of the ids", todo="check the ids")
    return there


def _parts(home: Home, wanted: int) -> int:
    """Return into how many parts to divide, if members have about as many items each."""
    rows, members = row_count(str(home.items)) or 0, row_count(str(members_table(home))) or 1
    return max(1, min(MOST_PARTS, wanted, round(rows * wanted / members / ROWS_A_PART)))


# Dividing


def _divide(home: Home, wanted: IdIndex, parts: Sequence[Path], progress: Progress | None) -> None:
    """Write each item into the parts of those who are in it; a member's part is their place's."""
    if not any(home.items.glob("*.parquet")):
        return
    done = 0
    with ExitStack() as stack:
        writers: dict[int, pa.ipc.RecordBatchStreamWriter] = {}
        for batch, faults in plain_items(all_items(home), skip=()):
            rows, places = _who(batch, wanted)
            whole = _with_faults(batch, faults)
            for number in np.unique(places % len(parts)).tolist():
                if number not in writers:
                    writers[number] = stack.enter_context(
                        pa.ipc.new_stream(str(parts[number]), whole.schema)
                    )
                chosen = np.unique(rows[places % len(parts) == number])
                writers[number].write_batch(whole.take(pa.array(chosen)))
            done += len(batch)
            if progress:
                progress(done)


def _who(batch: "pa.RecordBatch", wanted: IdIndex) -> tuple[Ordinals, Ordinals]:
    """Return the rows of a batch in which somebody wanted is, and the places of these people."""
    subjects, all_rows = batch["subjects"], np.arange(len(batch), dtype=np.int32)
    columns = [(all_rows, batch[name]) for name in ("owner", "author")]
    columns.append((pc.list_parent_indices(subjects).to_numpy(), pc.list_flatten(subjects)))
    matches = []
    for rows, people in columns:
        there = people.is_valid().to_numpy(zero_copy_only=False)
        places = wanted.find(people.drop_null().cast(pa.large_string()))
        matches.append((rows[there][places >= 0].astype(np.int32), places[places >= 0]))
    return np.concatenate([rows for rows, _ in matches]), np.concatenate([p for _, p in matches])


_FAULT = "unreadable "


def _with_faults(batch: "pa.RecordBatch", faults: Mapping[str, Flags]) -> "pa.RecordBatch":
    for name, flags in faults.items():
        batch = batch.append_column(_FAULT + name, pa.array(flags))
    return batch


# Putting together


def _items(part: Path) -> Iterator[Item]:
    if not part.exists():
        return
    with pa.ipc.open_stream(str(part)) as reader:
        for batch in reader:
            names = [name for name in batch.schema.names if name.startswith(_FAULT)]
            faults = {name.removeprefix(_FAULT): _flags(batch[name]) for name in names}
            yield from items_in(batch.drop_columns(names), faults)


def _flags(column: "pa.Array") -> Flags:
    flags: Flags = column.to_numpy(zero_copy_only=False)
    return flags


class _Said:
    """What people chose: of few one by one, of many from one pass over the ledger."""

    def __init__(
        self, home: Home, ledger: Ledger, wanted: int, until: datetime | None = None
    ) -> None:
        self._home, self._ledger, self._until = home, ledger, until
        self._all: dict[MemberId, History] | None = None
        if wanted > FEW:
            self._all = {}
            for index, record in ledger.records():
                if isinstance(record, Choice) and (until is None or record.at <= until):
                    self._all.setdefault(record.member_id, []).append((index, record))

    def of(self, people: Collection[MemberId]) -> Mapping[MemberId, History]:
        """Return the choices of some people, with their indices, oldest first."""
        if self._all is not None:
            return self._all
        return self._ledger.histories(people, self._until)

    def about(self, items: Iterable[Item]) -> Mapping[ItemId, set[MemberId]]:
        """Return who chose for each of some items, whoever's they are."""
        return choosers_of(self._home, self._ledger, items)
