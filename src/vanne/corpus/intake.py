"""Take in a network: make its home, store its members, and write its items into data files.

Members are sorted by a hash of their id that any engine can compute (MD5, read as hex), so every
engine, version and machine lays the same items out in the same way. A data file holds the members
whose hashes begin alike, and the items of each member are together, in the order of their ids. So a
choice of one member touches one place in one file, and an opt-in costs as little as an opt-out.
Items of categories that are never used go into files of their own, which no reader opens.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING

import numpy as np

from vanne.config import Home
from vanne.corpus import contract as contracts
from vanne.corpus import deletions
from vanne.corpus.arrays import ChecksumCache
from vanne.corpus.building import ADDED, finish_adding, locked
from vanne.corpus.contract import NEVER_PREFIX, Accepting, Contract
from vanne.corpus.indexes import id_index_of, item_index_of
from vanne.corpus.sidecar import Rows
from vanne.decide.item_columns import NOBODY
from vanne.decide.member_columns import CATEGORIES, member_columns, member_table
from vanne.decide.request import EvaluationRequest
from vanne.errors import BusyError, InputError, MissingError, RefusedError, storing
from vanne.files import PRIVATE, make_folder, sha256_of, sync, write_whole
from vanne.ids import UNKNOWN, IdIndex, Ordinals
from vanne.ledger import Ledger
from vanne.policy import Policy
from vanne.policy.load import parse, text_of
from vanne.policy.schedule import policies, policy_at
from vanne.sources.batches import UNCHECKED, member_batches, plain_items
from vanne.sources.changes import CHANGED_AT, UNTIMED, read_changes
from vanne.sources.relation import literal
from vanne.sources.scan import opened, plain_sql, shape_of
from vanne.sources.schema import ITEMS, MEMBERS
from vanne.sources.tables import write_plain_members
from vanne.sources.tagging import sql_of_tags
from vanne.terms import REGIONS, PolicyInForce, Reason

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

ROWS_PER_FILE = 4_000_000
"""About as many items lie in one file: what is kept beside it fits into little memory."""
_MEMORY = "1500MB"
_ADDING = ".adding-"
_COLUMNS = [column.name for column in ITEMS]
_FIELDS = next(column for column in ITEMS if column.name == "fields")

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Added:
    """The data files that a table became, by name with their rows.

    `tagged` says how many items were tagged by their texts, None if the table has its own tags.
    `missing` names the columns that can carry an opt-out and that the table does not have.
    `unknown_category` counts the items of a category that Vanne does not know, or of none;
    `first_unknown` is the row (from 1) of the first of them.
    """

    files: dict[str, int]
    tagged: int | None = None
    missing: tuple[str, ...] = ()
    unknown_category: int = 0
    first_unknown: int | None = None

    @property
    def rows(self) -> int:
        """The number of items in them."""
        return sum(self.files.values())


def add(
    home: Home,
    source: str,
    progress: Progress | None = None,
    *,
    tag: bool = True,
    accepting: Accepting | None = None,
) -> Added:
    """Write the items of a table into data files; return them. The table is not changed.

    Nothing is decided: the files are in the corpus from the next build or refresh on. With `tag`,
    a table without a column `tags` gets one: what the texts reveal (`vanne.sources.sensitive`).

    Raises:
        InputError: the table cannot be read as items, an item of that id is there already, or its
            shape is not that of the tables before it (unless accepted).
        StorageError: the disk is full. No file was added then.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    categories = pa.array(CATEGORIES, pa.large_string())
    with adding(home, accepting) as (before, files, folder):
        ids = {name: id_index_of(home, name, sha256) for name, sha256 in files.items()}
        deleted = {name: contracts.deleted_rows(home, name) for name in before.deleted}
        rows, unreadable = 0, dict[str, int]()
        unknown, first_unknown = 0, None
        for batch, faults in plain_items(source, skip=UNCHECKED):
            contracts.count_unreadable(unreadable, faults, len(batch))
            is_known = pc.is_in(batch["category"], value_set=categories)
            if first_unknown is None and (place := pc.index(is_known, False).as_py()) >= 0:
                first_unknown = rows + place + 1
            unknown += len(batch) - is_known.true_count
            for name, index in ids.items():
                places = index.find(batch["item_id"])
                there = (places >= 0) & ~np.isin(places, deleted.get(name, ()))
                if there.any():
                    row = rows + int(there.argmax()) + 1
                    raise InputError(
                        f"{source}: row {row}: an item with that `item_id` is in `{name}` already",
                        todo="add new items alone, or give changes to `vanne corpus apply`",
                    )
            rows += len(batch)
            if progress:
                progress(rows)
        contract = contracts.held_items(before, source, unreadable, accepting)
        parts, tagged = _laid_out(source, folder, never_used(policies(home)), tag=tag)
        if sum(parts.values()) != rows:
            raise BusyError(f"{source} changed while it was read", todo="run this again")
        named, _ = placed(home, parts, files)
        commit(home, folder, contract, named, {})
        missing = (c.name for c in ITEMS if c.denies and c.name not in contract.items)
        return Added(
            files=named,
            tagged=tagged,
            missing=() if before.items else tuple(missing),
            unknown_category=unknown,
            first_unknown=first_unknown,
        )


@contextmanager
def adding(
    home: Home, accepting: Accepting | None
) -> "Iterator[tuple[Contract, dict[str, str], Path]]":
    """Lock a home; give its contract, its data files with their checksums, and a folder to fill.

    What is not committed is lost.
    """
    with locked(home):
        for stale in home.items.glob(f"{_ADDING}*"):  # of a run that was killed
            rmtree(stale, ignore_errors=True)
        cache = ChecksumCache(home.corpus / "seen.json")
        files = {path.name: cache.sha256(path) for path in contracts.data_files(home)}
        before = contracts.admit(home, files, cache.sha256(home.members), accepting)
        cache.save()
        folder = home.items / f"{_ADDING}{os.getpid()}"
        try:
            with storing(f"`{home.items}`"):
                make_folder(folder)
                yield before, files, folder
        finally:
            rmtree(folder, ignore_errors=True)


def commit(
    home: Home, folder: Path, contract: Contract, named: Collection[str], deleted: Mapping[str, str]
) -> None:
    """Put the named files of a folder, and the lists of deleted rows in it, into the home."""
    for other in set(folder.iterdir()) - {folder / name for name in named}:
        if other.is_dir():
            rmtree(other)
        elif other.suffix != ".npy":
            other.unlink()
    pins = {name: sha256_of(folder / name) for name in named}
    contract = replace(
        contract, files={**contract.files, **pins}, deleted={**contract.deleted, **deleted}
    )
    write_whole(folder / home.contract.name, contracts.document_of(contract))
    sync(folder)
    folder.rename(home.items / f"{ADDED}{os.getpid()}")  # from here on they are added
    finish_adding(home)


# Changes: what is deleted, or replaced by a newer version, is listed beside its data file


@dataclass(frozen=True, slots=True)
class Applied:
    """What a table of changes did: the new data files with their rows, and counts of items.

    `absent` are deletions of which nothing is here: of an item, or of all items of a member.
    `superseded` are the rows (from 1) of the table to which it has a newer one, or the home:
    `older` says of how many the home has.
    """

    files: Mapping[str, int]
    inserted: int
    updated: int
    deleted: int
    absent: int
    superseded: tuple[int, ...]
    older: int
    tagged: int | None


def apply(
    home: Home, source: str, *, tag: bool = True, accepting: Accepting | None = None
) -> Applied:
    """Insert, update and delete the items that a table of changes names (`sources.changes`).

    No data file is written again: the rows that go are listed beside it. All of it takes effect at
    once, with the next build or refresh; until then readers have the version that they had. A
    change that does not say when it was is now.

    Raises:
        InputError: the table is not one of changes, or its items are not those of the tables before
            it (unless accepted).
        StorageError: the disk is full. Nothing is changed then.
    """
    import pyarrow as pa

    with adding(home, accepting) as (before, files, folder):
        changes = read_changes(source, folder, accepting.at if accepting else datetime.now(UTC))
        table = str(changes.puts)
        places = {n: id_index_of(home, n, sha256).find(changes.ids) for n, sha256 in files.items()}
        there = {n: contracts.deleted_at(home, n) for n in files}
        is_late = np.zeros(len(changes.ids), np.bool_)
        for name, found in places.items():
            if changes.is_timed:
                is_late |= changes.at < _changed_at(home, name, found, *there[name])
        late_puts = np.flatnonzero(is_late & changes.is_put)
        if len(late_puts):
            _leave_out(changes.puts, changes.ids.take(pa.array(late_puts)))
        put_rows = changes.put_rows - len(late_puts)
        gone, known, of_owners = dict[str, str](), np.zeros(len(changes.ids), np.bool_), 0
        owners_here = set[int]()
        owners_at = np.array(list(changes.owners.values()), np.int64)
        for name, found in places.items():
            earlier, earlier_at = there[name]
            is_here = (found != UNKNOWN) & ~np.isin(found, earlier) & ~is_late
            known |= is_here
            owned, owner = _owned(home, name, files[name], changes.owners)
            is_there = ~np.isin(owned, earlier)
            owners_here |= set(owner[is_there].tolist())
            if changes.is_timed:
                changed_at = _changed_at(home, name, owned.astype(np.int32), *there[name])
                is_there &= owners_at[owner] >= changed_at
            is_new = is_there & ~np.isin(owned, found[is_here])
            of_owners += int(np.count_nonzero(is_new))
            if is_here.any() or is_new.any():
                rows = np.concatenate((earlier, found[is_here], owned[is_new]))
                at = np.concatenate((earlier_at, changes.at[is_here], owners_at[owner[is_new]]))
                gone[name] = deletions.write(folder, name, rows, at)
        contract, parts, tagged = before, dict[Path, int](), None
        updated = 0
        if put_rows:
            unreadable, updated = dict[str, int](), int(np.count_nonzero(known & changes.is_put))
            try:
                for batch, faults in plain_items(table, skip=UNCHECKED):
                    contracts.count_unreadable(unreadable, faults, len(batch))
            except InputError as error:  # it counts the rows that stay
                what = error.title.replace(table, f"{source}, of the items that it puts")
                raise InputError(what, todo=error.todo) from error
            contract = contracts.held_items(before, table, unreadable, accepting, name=source)
            parts, tagged = _laid_out(table, folder, never_used(policies(home)), tag=tag)
        new, same = placed(home, parts, files)
        gone = {name: pin for name, pin in gone.items() if name not in same}
        if new or gone:
            commit(home, folder, contract, new, gone)
        older = changes.row[is_late].tolist()
        return Applied(
            files=new,
            inserted=put_rows - updated,
            updated=updated,
            deleted=int(np.count_nonzero(known & ~changes.is_put)) + of_owners,
            absent=int(np.count_nonzero(~known & ~is_late & changes.is_deleted))
            + len(changes.owners)
            - len(owners_here),
            superseded=tuple(sorted((*changes.superseded, *older))),
            older=len(older),
            tagged=tagged,
        )


def _changed_at(home: Home, name: str, places: Ordinals, deleted: Rows, deleted_at: Rows) -> Rows:
    """Return when some rows of a data file became what they are, or were deleted.

    Where that is not known, and where there is no row, it is before everything.
    """
    import pyarrow.parquet as pq

    result = np.full(len(places), UNTIMED)
    there = places != UNKNOWN
    with storing(f"`{name}`"):
        if there.any() and CHANGED_AT in pq.read_schema(home.items / name).names:
            column = pq.read_table(home.items / name, columns=[CHANGED_AT])[CHANGED_AT]
            result[there] = column.fill_null(UNTIMED).to_numpy()[places[there]]
    if len(deleted):
        near = np.minimum(np.searchsorted(deleted, places), len(deleted) - 1)
        is_deleted = there & (deleted[near] == places)
        result[is_deleted] = np.maximum(result, deleted_at[near])[is_deleted]
    return result


def _leave_out(puts: Path, ids: "pa.Array") -> None:
    """Take the items of which a newer version is here out of those that a table puts."""
    import duckdb
    import pyarrow as pa

    rest = puts.with_name("rest.parquet")
    with duckdb.connect(config=settings_of(puts.parent)) as connection:
        connection.register("late", pa.table({"id": ids}))
        join = f"read_parquet({literal(puts)}) ANTI JOIN late ON id = CAST(item_id AS VARCHAR)"
        connection.execute(f"COPY (FROM {join}) TO {literal(rest)} (FORMAT parquet)")
    rest.replace(puts)


def _owned(home: Home, name: str, sha256: str, owners: Collection[str]) -> tuple[Rows, Rows]:
    """Return the rows of a data file that some members own, and which of the members each."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if not owners:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    wanted = pa.array(list(owners), pa.large_string())
    if name.startswith(NEVER_PREFIX):
        column = pq.read_table(home.items / name, columns=["owner"])["owner"]
        place = pc.index_in(column.cast(wanted.type), value_set=wanted).fill_null(-1).to_numpy()
    else:
        index = item_index_of(home, name, sha256)
        of_person = IdIndex(wanted).find(index.items.people)
        owner = index.items.owner
        place = np.where(owner == NOBODY, -1, np.append(of_person, -1)[owner])
    rows = np.flatnonzero(place >= 0)
    return rows, place[rows].astype(np.int64)


def placed(
    home: Home, parts: Mapping[Path, int], files: Collection[str]
) -> tuple[dict[str, int], list[str]]:
    """Name new files by what is in them; return those to add, and those that are there already.

    What is there and lives whole stays as it is: the same changes may come again. Where some of it
    was deleted, the same rows come back under another name.
    """
    new, same = dict[str, int](), list[str]()
    for part, rows in parts.items():
        name = named_by_content(part)
        if name in files and not len(contracts.deleted_rows(home, name)):
            same.append(name)
            continue
        while (home.items / name).exists():
            again = name.replace(".parquet", "-again.parquet")
            part.with_name(name).rename(part.with_name(again))
            name = again
        new[name] = rows
    return new, same


def named_by_content(part: Path) -> str:
    """Name a file by what is in it."""
    prefix = NEVER_PREFIX if part.name.startswith(NEVER_PREFIX) else "items-"
    path = part.with_name(f"{prefix}{sha256_of(part)[:16]}.parquet")
    part.chmod(PRIVATE)
    sync(part)
    part.replace(path)
    return path.name


def never_used(known: Sequence[Policy]) -> list[str]:
    """Return the categories that no purpose of any policy that was announced ever uses."""
    never = [rules.never for policy in known for rules in policy.purposes.values()]
    return sorted(category.value for category in frozenset.intersection(*never))


def _laid_out(
    source: str, folder: Path, never: Sequence[str], *, tag: bool
) -> tuple[dict[Path, int], int | None]:
    """Write the table into files below `folder`; return them with their rows, and the tagged."""
    with opened(source, ITEMS, "items", threads=2) as (connection, relation, types):
        for name, value in settings_of(folder).items():
            connection.execute(f"SET {name} = {literal(value)}")
        there = {name: f'"{name}"' for name in (*_COLUMNS, CHANGED_AT) if name in types}
        if "fields" in types:
            there["fields"] = f'{plain_sql(_FIELDS, types["fields"])} AS "fields"'
        if is_tagging := tag and "tags" not in types and bool({"text", "fields"} & set(types)):
            there["tags"] = sql_of_tags(connection, types)
        apart = f"category IN ({', '.join(map(literal, never))})" if never else "false"
        apart, owner = f"COALESCE({apart}, false)", "COALESCE(CAST(owner AS VARCHAR), '')"
        items = f"SELECT {', '.join(there.values())} FROM {relation}"
        owners = (
            f"SELECT {apart} AS apart, {owner} AS owner, count(*) AS rows FROM {relation} "
            "GROUP BY ALL"
        )
        query = (
            f"SELECT apart, md5(owner)[1:2], sum(rows) FROM ({owners}) GROUP BY ALL ORDER BY ALL"
        )
        sizes, written = connection.sql(query).fetchall(), dict[Path, int]()
        for prefix, is_apart in (("items-", False), (NEVER_PREFIX, True)):
            chosen = f"{items} WHERE {apart} = {is_apart}"
            cells = [(cell, rows) for each, cell, rows in sizes if each == is_apart]
            written |= _files(connection, chosen, cells, folder / prefix)
        if not is_tagging:
            return written, None
        if not written:
            return written, 0
        paths = ", ".join(map(literal, written))
        query = f"SELECT count(*) FROM read_parquet([{paths}]) WHERE len(tags) > 0"
        return written, int(connection.execute(query).fetchall()[0][0])


def settings_of(folder: Path) -> dict[str, "str | bool | int | float | list[str]"]:
    """Return with what DuckDB writes data files: what does not fit into memory goes to a folder."""
    return {"memory_limit": _MEMORY, "temp_directory": str(folder), "threads": 2}


def _files(
    connection: "duckdb.DuckDBPyConnection",
    items: str,
    cells: Sequence[tuple[str, int]],
    prefix: Path,
) -> dict[Path, int]:
    """Write one file for each range of members' hashes; return them with their rows.

    `cells` are the beginnings of these hashes, with the rows of each.
    """
    key = "md5(COALESCE(CAST(owner AS VARCHAR), ''))"
    written: dict[Path, int] = {}
    ranges: list[tuple[str, str]] = []  # the first and last cell of each file
    rows = ROWS_PER_FILE
    for each, size in cells:
        if rows + size > ROWS_PER_FILE:
            ranges.append((each, each))
            rows = 0
        ranges[-1] = (ranges[-1][0], each)
        rows += size
    for number, (first, last) in enumerate(ranges):
        path = prefix.with_name(f"{prefix.name}{number}.parquet")
        some = f"WHERE {key}[1:2] BETWEEN '{first}' AND '{last}' " if len(ranges) > 1 else ""
        done = connection.execute(
            f"COPY (SELECT * FROM ({items}) {some}ORDER BY {key}, item_id) "
            f"TO {literal(path)} (FORMAT parquet, COMPRESSION zstd)"
        )
        written[path] = int(done.fetchall()[0][0])
    return written


# Begin a network: its members, its policy and a ledger that says which one, in a new home


def init(
    home: Home, policy: str, members: str, at: datetime, *, accept_schema: bool = False
) -> int:
    """Make a home of a policy and a table of members; return the number of members.

    The first entry of the ledger says that the policy is in force from that time on.

    The members are written last: with them the network is there, and without them this may be run
    again.

    Raises:
        RefusedError: there is a network already, or another policy.
        ConfigError: the policy is wrong.
        InputError: the members cannot be read, or one is listed twice.
    """
    if home.members.exists():
        raise RefusedError(
            f"`{home.root}` holds a network already",
            todo="name another --home, or replace them with `vanne corpus add --members`",
        )
    text = text_of(policy)
    read = parse(text, file=policy)
    if home.policy.exists() and home.policy.read_bytes() != text.encode():
        raise RefusedError(
            f"`{home.policy}` is there and is another policy",
            todo="name it with --policy, or take it away",
        )
    refuse_repeated(members)
    write_whole(home.policy, text.encode())
    with _begun(home) as ledger:
        if not ledger.size:  # else an earlier run was cut short after this
            ledger.append([in_force(read, at)])
    return put_members(home, members, Accepting(at, schema=accept_schema))


def _begun(home: Home) -> Ledger:
    """Return the ledger that an earlier run has begun, or begin it."""
    with suppress(MissingError):
        return Ledger.of(home)
    return Ledger.create(home)


def in_force(policy: Policy, at: datetime) -> PolicyInForce:
    """Return the entry with which a network's ledger begins: which policy holds from now on."""
    return PolicyInForce(policy.name, policy.version, policy.digest, at, at)


def refuse_repeated(members: str) -> None:
    """Read a table of members, and do nothing with it.

    Raises:
        InputError: it cannot be read, or lists a member twice.
    """
    member_table(member_batches(members))


def put_members(home: Home, source: str, accepting: Accepting | None = None) -> int:
    """Put a table of members in the place of the one that is there; return their number.

    The corpus hears of it at the next build or refresh. The home pins the table by its checksum.

    Raises:
        InputError: it cannot be read, a member is listed twice, or its shape is not that of the
            tables before it (unless accepted). The old one stays then.
    """
    partial = home.root / f".members-{os.getpid()}.parquet"
    with locked(home), storing(f"`{home.members.name}`"):
        try:
            count = write_plain_members(member_batches(source), partial)
            refuse_repeated(str(partial))
            contract = contracts.load(home, accepting)
            shape = shape_of(source, MEMBERS, "members")
            plain = shape_of(str(partial), MEMBERS, "members")
            contract = contracts.held_members(contract, source, shape, plain, accepting)
            partial.chmod(PRIVATE)
            sync(partial)
            # A crash at any point leaves a table that is pinned.
            new = sha256_of(partial)
            both = (*contract.members_sha256[-1:], new)
            contracts.save(home, replace(contract, members_sha256=both))
            partial.replace(home.members)
            sync(home.root)
            contracts.save(home, replace(contract, members_sha256=(new,)))
        finally:
            partial.unlink(missing_ok=True)
    return count


def unknown_members(home: Home, at: datetime) -> dict[Reason, int]:
    """Count the members of whom nothing may be used because their region or age is not known.

    The policy in force says so. A member without both is counted for both: the age is decided as
    if the purpose had started in each region that is not known.
    """
    table = member_table(member_batches(str(home.members)))
    policy = policy_at(home, at)
    is_denied = {why: np.zeros(len(table), np.bool_) for why in _NOT_KNOWN}
    for purpose, rules in policy.purposes.items():
        question = EvaluationRequest(policy, purpose, at)
        started = next((r for r in sorted(REGIONS) if rules.rollout(r, at)), None)
        regions = [region if region in REGIONS else started for region in table.regions]
        for each in (table, replace(table, regions=regions)):
            code = member_columns(each, (), question).code[: len(table)]
            for why, mask in is_denied.items():
                mask |= code == why.code
    return {why: int(np.count_nonzero(mask)) for why, mask in is_denied.items()}


_NOT_KNOWN = (Reason.REGION_UNKNOWN, Reason.AGE_UNKNOWN)
