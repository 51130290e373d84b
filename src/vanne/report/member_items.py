"""Load a member's items, the people in these items, and their choices, for a report.

A person who is no member may have objected to an item that does not list them. So the ledger is
also asked for choices about each item.

The corpus keeps an index of the people in each row of its data files, and rows are looked up there.
Files without an index (new ones, changed ones, those that are never used) are read by one query.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vanne.config import Home
from vanne.corpus.arrays import ChecksumCache
from vanne.corpus.choice_index import choosers
from vanne.corpus.contract import NEVER_PREFIX, data_files, deleted_rows, members_table
from vanne.corpus.contract import load as load_contract
from vanne.corpus.indexes import ItemIndex, load
from vanne.corpus.living import Row, living_items
from vanne.corpus.photos import photo_path, require_pillow
from vanne.decide.item_columns import NOBODY, UNDATED, ItemColumns
from vanne.decide.loader import member_index
from vanne.errors import MissingError, StorageError, VanneError, VerificationError, storing
from vanne.fields import full_name, parsed, text_of
from vanne.ids import UNKNOWN, IdIndex
from vanne.ledger import Ledger
from vanne.report.grouped_items import MemberItems
from vanne.sources.batches import member_batches
from vanne.sources.relation import literal
from vanne.sources.tables import members_in, read_members, unnamed
from vanne.terms import Category, Choice, Item, ItemId, Member, MemberId

Look = tuple[str, int, int]
"""How a file looks: while name, time of change and size are the same, it is not read again."""

_MOST_MEMBERS = 50_000  # are remembered at most, so that a server's memory has a bound
_MOST_NAMED = 50  # in one query at most: more make it long, and the table is read once


@dataclass(frozen=True, slots=True)
class MemberData:
    """One member, the items that they own, wrote or are in, and everybody who is in these.

    `choices` are those of all these people, `history` the member's own, with their receipts.
    """

    member: Member
    items: MemberItems
    people: Sequence[Member]
    choices: Sequence[Choice]
    history: Sequence[tuple[int, Choice]]


def load_member(home: Home, member_id: MemberId) -> MemberData:
    """Load what is there of one member, with all that was chosen.

    Raises:
        MissingError: there is no such member, or no ledger.
    """
    member = find_member(home, member_id)
    if member is None:
        raise MissingError("no such member", todo="check the id")
    items = items_of(home, member_id)
    people = items.people | {member_id}
    with open_ledger(home) as ledger:
        people = people.union(*choosers(home, ledger, items.ids.keys(), items.hashes).values())
        histories = ledger.histories(sorted(people))
    choices = [choice for history in histories.values() for _, choice in history]
    return MemberData(member, items, members_of(home, people), choices, histories[member_id])


def involved(items: Iterable[Item]) -> set[MemberId]:
    """Return everybody who is in some items, as owner, author or subject."""
    people = {person for item in items for person in (item.owner, item.author, *item.subjects)}
    return {person for person in people if person is not None}


def open_ledger(home: Home, *, writable: bool = False) -> Ledger:
    """Open the ledger of a home, and never make an empty one in the place of a lost one.

    Raises:
        MissingError: it is not there.
    """
    return Ledger.of(home, read_only=not writable)


def find_member(home: Home, member_id: MemberId) -> Member | None:
    """Return a member by id, or None.

    Raises:
        StorageError: the table of members cannot be read.
    """
    return next(iter(members_of(home, [member_id])), None)


def members_of(home: Home, ids: Collection[MemberId]) -> list[Member]:
    """Return the members among some ids; who was looked up before is not read again.

    Raises:
        StorageError: the table of members cannot be read.
    """
    table = members_table(home)
    known = _known_members(table, _look(table))
    members = {person: known[person] for person in ids if person in known}
    if missing := [person for person in ids if person not in members]:
        if len(missing) > _MOST_NAMED:
            wanted, read = pa.array(sorted(missing), pa.large_string()), list[Member]()
            for batch in member_batches(str(table)):
                chosen = pc.is_in(batch["member_id"].cast(pa.large_string()), value_set=wanted)
                read += members_in(batch.filter(chosen))
        else:
            listed = ", ".join(map(literal, sorted(missing)))
            source = f"read_parquet({literal(str(table))})"
            with unnamed("the table of members"):
                query = f"SELECT * FROM {source} WHERE member_id IN ({listed})"
                read = list(read_members(query))
        members |= dict.fromkeys(missing) | {member.member_id: member for member in read}
        if len(known) < _MOST_MEMBERS:
            known |= members
    return [member for _, member in sorted(members.items()) if member]


def some_members(home: Home, prefix: str, most: int) -> list[Member]:
    """Return some members whose id begins so, of as many regions as there are.

    Raises:
        StorageError: the table of members cannot be read.
    """
    table = f"read_parquet({literal(str(members_table(home)))})"
    with unnamed("the table of members"):
        return list(
            read_members(
                "SELECT * EXCLUDE nth FROM (SELECT *, "
                f"row_number() OVER (PARTITION BY region ORDER BY member_id) AS nth FROM {table} "
                f"WHERE starts_with(lower(member_id), lower({literal(prefix)})) "
                f"ORDER BY nth, region, member_id LIMIT {most}) ORDER BY region, member_id"
            )
        )


def strangers_among(home: Home, ids: Collection[MemberId]) -> set[MemberId]:
    """Return the ids that no member has. All ids of a table are read once, and no member's row.

    Raises:
        StorageError: the table of members cannot be read.
    """
    table, wanted = members_table(home), sorted(ids)
    places = _all_ids(table, _look(table)).find(pa.array(wanted, pa.string()))
    return {person for person, place in zip(wanted, places, strict=True) if place == UNKNOWN}


@lru_cache(maxsize=4)
def _all_ids(table: Path, look: Look) -> IdIndex:
    return member_index(table)


def items_of(home: Home, member_id: MemberId) -> MemberItems:
    """Return the items that a member owns, wrote or is in.

    While the data files look the same, those of the members who asked last are not read again. Of
    somebody else's item the text is not given, only whether there is one (`HIDDEN`).
    """
    paths, deleted = tuple(data_files(home)), tuple(load_contract(home).deleted.items())
    return _items_of(home, (*map(_look, paths), *deleted), paths, member_id)


def name_of(home: Home, member_id: MemberId) -> str | None:
    """Return the name that a member's own profile has, to show it to them alone.

    Without one, or where the items cannot be read now, it is None.
    """
    with suppress(VanneError):
        items = items_of(home, member_id)
        profiles = (items.each[place] for place in items.of_category(Category.PROFILE))
        names = (full_name(item.fields) for item in profiles if item.owner == member_id)
        return next(filter(None, names), None)
    return None


def picture_of(home: Home, member_id: MemberId) -> str | None:
    """Return the name of a member's picture in the folder of media: their first of nobody else.

    Without one, or where it or the items cannot be read now, it is None.
    """
    with suppress(VanneError):
        require_pillow()
        items = items_of(home, member_id)
        for place in items.of_category(Category.PHOTO):
            item = items.each[place]
            if item.owner == member_id and set(item.subjects) <= {member_id}:
                file, row = items.row(place)
                name = item.media or _media_of(home.items / file, row)
                return name if name and photo_path(home.media, name) else None
    return None


def _media_of(path: Path, row: int) -> str | None:
    """Read the one cell of a data file that names a photo, which no index keeps."""
    with storing(f"`{path.name}`"), path.open("rb") as data:
        file = pq.ParquetFile(data)
        if "media" not in file.schema_arrow.names:
            return None
        for group in range(file.num_row_groups):
            size = file.metadata.row_group(group).num_rows
            if row < size:
                cell = file.read_row_group(group, columns=["media"])["media"][row]
                return str(cell) if cell.is_valid else None
            row -= size
    return None


@lru_cache(maxsize=256)
def _items_of(
    home: Home,
    looks: tuple[Look | tuple[str, str], ...],
    paths: tuple[Path, ...],
    member_id: MemberId,
) -> MemberItems:
    items_by_row: dict[Row, Item] = {}
    others = list[Path]()
    for path in paths:
        items = indexed_items(home, path, member_id)
        if items is None:
            others.append(path)
        else:
            items_by_row |= {(path.name, row): item for row, item in items.items()}
    wanted = literal(member_id)

    def is_theirs(types: Mapping[str, str]) -> str:
        # No item of the member escapes this. Where `subjects` is text, one with a backslash may
        # spell the id otherwise (JSON): it is taken along, and what was understood is looked at.
        conditions = [f"{column} = {wanted}" for column in ("owner", "author") if column in types]
        if types.get("subjects", "").startswith("list"):
            conditions.append(f"list_contains(subjects, {wanted})")
        elif "subjects" in types:
            conditions.append(f"contains(subjects, {wanted}) OR contains(subjects, '\\')")
        return " OR ".join(conditions)

    for row, item in living_items(home, others, is_theirs) if others else ():
        if member_id in (item.owner, item.author, *item.subjects):
            items_by_row[row] = hidden(item, member_id)
    return MemberItems(member_id, dict(sorted(items_by_row.items())))


def hidden(item: Item, member_id: MemberId) -> Item:
    """Return an item as a member may have it: without the text if it is somebody else's."""
    if item.owner == member_id or not (item.text or item.fields):
        return item
    return replace(item, text=HIDDEN, fields={})


def find_item(home: Home, item_id: ItemId) -> Item | None:
    """Return an item by id, or None; files of what is never used are not opened.

    Raises:
        StorageError: a data file cannot be read.
    """
    for path in data_files(home):
        if path.name.startswith(NEVER_PREFIX):
            continue
        matches = indexed_item(home, path, item_id)
        if matches is None:
            rows = living_items(home, [path], lambda types: f"item_id = {literal(item_id)}")
            matches = [item for _, item in rows if item.item_id == item_id]
        if matches:
            return matches[0]
    return None


def _look(path: Path) -> Look:
    with storing(f"`{path.name}`"):
        facts = path.stat()
    return path.name, facts.st_mtime_ns, facts.st_size


@lru_cache(maxsize=2)
def _known_members(path: Path, look: Look) -> dict[MemberId, Member | None]:
    """Begin to remember who is who, for as long as the table looks the same."""
    return {}


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def files_of(home: Home) -> dict[str, str]:
    """Return today's data files with their checksums, by name."""
    return {path.name: digest for path in data_files(home) if (digest := digest_of(home, path))}


def digest_of(home: Home, path: Path) -> str | None:
    """Return a file's checksum, or None if there is no such file; read only if it looks new."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return None
    return _digest(home, path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=256)
def _digest(home: Home, path: Path, changed_ns: int, size_bytes: int) -> str | None:
    try:
        return ChecksumCache(home.corpus / "seen.json").sha256(path)
    except StorageError:
        return None


def indexed_items(home: Home, path: Path, member_id: MemberId) -> dict[int, Item] | None:
    """Return the items of a data file that a member owns, wrote or is in, by row, ascending.

    They are found by the index that the corpus keeps of who is in which row; None if it keeps none
    of this file. Texts are read of those rows alone that the member owns; an item of somebody else
    has the text `HIDDEN` if it has one. What is unreadable of an item is not said, only that it is.
    """
    index = _index(home, path)
    if index is None:
        return None
    rows = index.rows_of(pa.array([member_id], pa.large_string()))
    rows = np.setdiff1d(rows, deleted_rows(home, path.name))
    items = dict(zip(rows.tolist(), _items(index.items.at(rows)), strict=True))
    own = [row for row, item in items.items() if item.owner == member_id and index.has_text[row]]
    texts = _texts_of(path, own)
    for row in items:
        if index.has_text[row]:
            items[row] = replace(items[row], **texts.get(row, {"text": HIDDEN}))
    return items


def indexed_item(home: Home, path: Path, item_id: ItemId) -> list[Item] | None:
    """Return the item of that id, with its text, or none; None if no index is kept of this file."""
    index = _index(home, path)
    if index is None:
        return None
    places = index.ids.find(pa.array([item_id], pa.large_string()))
    rows = np.setdiff1d(places[places >= 0].astype(np.int64), deleted_rows(home, path.name))
    texts = _texts_of(path, [int(row) for row in rows if index.has_text[row]])
    items = zip(rows.tolist(), _items(index.items.at(rows)), strict=True)
    return [replace(item, **texts.get(row, {})) for row, item in items]


HIDDEN = "…"
"""What stands for a text that was not read, because it is not the member's to see."""


def _index(home: Home, path: Path) -> ItemIndex | None:
    index = home.corpus / "facts" / f"{digest_of(home, path)}.arrow"
    return _mapped(index) if index.exists() else None


@lru_cache(maxsize=128)
def _mapped(path: Path) -> ItemIndex | None:
    """Map the index of a file: it is named by the file's checksum, so that it never changes."""
    try:
        return load(path)
    except VerificationError:
        return None


def _items(facts: ItemColumns) -> Iterator[Item]:
    """Give the items that some facts are of, but for their texts and the languages of these."""
    people = [str(person) for person in facts.people.to_pylist()]
    starts = np.searchsorted(facts.other_row, np.arange(len(facts) + 1))
    for n, item_id in enumerate(facts.item_ids.to_pylist()):
        others = range(starts[n], starts[n + 1])
        named = [(people[facts.other[k]], bool(facts.is_author[k])) for k in others]
        coded = {
            name: getattr(facts, name).values[getattr(facts, name).codes[n]]
            for name in ("category", "visibility", "tags", "reservation")
        }
        micros = int(facts.created_at[n])
        yield Item(
            item_id=item_id,
            owner=None if facts.owner[n] == NOBODY else people[facts.owner[n]],
            author=next((person for person, is_author in named if is_author), None),
            subjects=tuple(person for person, is_author in named if not is_author),
            created_at=None if micros == UNDATED else _EPOCH + timedelta(microseconds=micros),
            unreadable=("a value",) if facts.unreadable[n] else (),
            **coded,
        )


def _texts_of(path: Path, rows: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Read what some items say: text, language and fields, in the groups of rows where they are."""
    texts: dict[int, dict[str, Any]] = {}
    with storing(f"`{path.name}`"), path.open("rb") as data:
        file, start = pq.ParquetFile(data), 0
        wanted = ("category", "fields", "text", "lang")
        columns = [name for name in wanted if name in file.schema_arrow.names]
        for group in range(file.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            if there := [row for row in rows if start <= row < end]:
                table = file.read_row_group(group, columns=columns)
                rows_of_group = table.take([row - start for row in there]).to_pylist()
                for number, row in zip(there, rows_of_group, strict=True):
                    raw = row.get("fields") or {}  # JSON, a struct or a map
                    plain = raw if isinstance(raw, str) else json.dumps(dict(raw))
                    fields = parsed(row["category"], plain)
                    text = row.get("text") or text_of(fields)  # a missing text is rendered
                    texts[number] = {"text": text, "lang": row.get("lang"), "fields": fields}
            start = end
    return texts
