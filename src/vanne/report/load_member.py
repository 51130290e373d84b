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
    table = str(members_table(home))
    if ids is None:
        batches = member_batches(table)
        known = [str(member) for batch in batches for member in batch["member_id"].to_pylist()]
    else:
        known = [member.member_id for member in members_of(home, set(ids))]
        if missing := len(set(ids) - {*known}):
            raise MissingError(f"no such member: {missing:,} of the ids", todo="check the ids")
    wanted = IdIndex(pa.array(sorted(known), pa.large_string()))
    # Members have about as many items each.
    rows, members = row_count(str(home.items)) or 0, row_count(table) or 1
    parts = round(rows * len(wanted) / members / ROWS_A_PART)
    parts = max(1, min(MOST_PARTS, len(wanted), parts))
    with (
        open_ledger(home) as ledger,
        TemporaryDirectory(prefix="vanne-report-") as folder,
        storing("temporary files"),
    ):
        all_histories: dict[MemberId, History] | None = None
        if len(wanted) > FEW:
            all_histories = {}
            for index, record in ledger.records():
                if isinstance(record, Choice) and (until is None or record.at <= until):
                    all_histories.setdefault(record.member_id, []).append((index, record))
        files = [Path(folder) / str(number) for number in range(parts)]
        _divide(home, wanted, files, progress)
        for number, file in enumerate(files):
            # Give everything of the members of one part.
            theirs: dict[MemberId, dict[Row, Item]]
            theirs = {member: {} for member in wanted.ids[number::parts].to_pylist()}
            for item in _items(file):
                for person in involved([item]) & theirs.keys():
                    theirs[person][row_of(item)] = hidden(item, person)
            every = [item for items in theirs.values() for item in items.values()]
            about = choosers_of(home, ledger, every)
            everybody = involved(every).union(theirs, *about.values())
            people_by_id = {m.member_id: m for m in members_of(home, everybody)}
            histories: Mapping[MemberId, History] = all_histories or {}
            if all_histories is None:
                histories = ledger.histories(everybody, until)
            for member, items in theirs.items():
                also = (about.get(item.item_id, ()) for item in items.values())
                people = sorted(involved(items.values()).union({member}, *also))
                yield MemberData(
                    member=people_by_id[member],
                    items=dict(sorted(items.items())),
                    people=[people_by_id[each] for each in people if each in people_by_id],
                    choices=[c for each in people for _, c in histories.get(each, ())],
                    history=histories.get(member, []),
                )


def _divide(home: Home, wanted: IdIndex, parts: Sequence[Path], progress: Progress | None) -> None:
    """Write each item into the parts of those who are in it; a member's part is their place's."""
    if not any(home.items.glob("*.parquet")):
        return
    done = 0
    with ExitStack() as stack:
        writers: dict[int, pa.ipc.RecordBatchStreamWriter] = {}
        for batch, faults in plain_items(all_items(home), skip=()):
            # The rows in which somebody wanted is, and the places of these people.
            subjects, all_rows = batch["subjects"], np.arange(len(batch), dtype=np.int32)
            columns = [(all_rows, batch[name]) for name in ("owner", "author")]
            columns.append((pc.list_parent_indices(subjects).to_numpy(), pc.list_flatten(subjects)))
            rows, places = list[Ordinals](), list[Ordinals]()
            for row_of_person, people in columns:
                there = people.is_valid().to_numpy(zero_copy_only=False)
                found = wanted.find(people.drop_null().cast(pa.large_string()))
                rows.append(row_of_person[there][found >= 0].astype(np.int32))
                places.append(found[found >= 0])
            all_places, places_rows = np.concatenate(places) % len(parts), np.concatenate(rows)
            whole = batch
            for name, flags in faults.items():
                whole = whole.append_column(_FAULT + name, pa.array(flags))
            for number in np.unique(all_places).tolist():
                if number not in writers:
                    writers[number] = stack.enter_context(
                        pa.ipc.new_stream(str(parts[number]), whole.schema)
                    )
                chosen = np.unique(places_rows[all_places == number])
                writers[number].write_batch(whole.take(pa.array(chosen)))
            done += len(batch)
            if progress:
                progress(done)


_FAULT = "unreadable "  # before the name of a column: its flags of values that cannot be read


def _items(part: Path) -> Iterator[Item]:
    if not part.exists():
        return
    with pa.ipc.open_stream(str(part)) as reader:
        for batch in reader:
            names = [name for name in batch.schema.names if name.startswith(_FAULT)]
            faults: dict[str, Flags] = {
                name.removeprefix(_FAULT): batch[name].to_numpy(zero_copy_only=False)
                for name in names
            }
            yield from items_in(batch.drop_columns(names), faults)
