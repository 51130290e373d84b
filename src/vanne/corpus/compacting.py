"""Keep a corpus small: merge its data files, take deleted rows out of them, forget old versions.

`compact` writes new data files and a new version of each purpose; then it removes the old files.
Readers that have begun keep the files that they opened. Of the files that lie together, a smaller
one is merged with those that are not much larger (the logarithmic method, Bentley and Saxe 1980):
files stay few, and an item is written again a few times in years of nights.

What was found in the texts is carried over, so that no text is screened again. For each file that
is gone, `corpus/moved` says in which row of which file its items are now: the pages go on telling
in which versions an item was.

`prune` removes versions that were replaced long ago, except those that something names.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vanne.config import Home
from vanne.corpus import arrays
from vanne.corpus import contract as contracts
from vanne.corpus.building import locked, tidy
from vanne.corpus.contract import NEVER_PREFIX, deleted_rows
from vanne.corpus.indexes import ItemIndex, id_index_of, item_index_of
from vanne.corpus.intake import ROWS_PER_FILE, adding, commit, named_by_content, settings_of
from vanne.corpus.manifest import Manifest, currents, load
from vanne.corpus.moves import Departed, Link
from vanne.corpus.moves import save as save_moves
from vanne.corpus.moves import sweep as sweep_moves
from vanne.corpus.patch import patches_of
from vanne.corpus.redaction import carry
from vanne.corpus.refreshing import refresh
from vanne.decide.item_columns import NOBODY, Rows
from vanne.decide.loader import member_index
from vanne.errors import BusyError, VanneError, storing
from vanne.files import sha256_of
from vanne.ids import UNKNOWN, hashes_of
from vanne.sources.relation import literal

LARGER = 2
"""A file is merged with smaller ones if it is not more than this many times as large as they."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """What became of the data files: how many there were and are, and the rows taken out."""

    files_before: int
    files_after: int
    rows_removed: int


@dataclass(frozen=True, slots=True)
class _Living:
    """A data file: its rows that live, those that are deleted, and its columns."""

    name: str
    sha256: str
    rows: int
    deleted: int
    columns: str


def compact(home: Home, *, merge_only: bool = False) -> Compacted:
    """Merge small data files, and write those with deleted rows again without them.

    The bytes of deleted items are gone afterwards; with `merge_only` they stay in the files that
    are not merged. Each purpose that has a corpus has a new version of it, as of the same time.

    Raises:
        StorageError: the disk is full. Nothing is changed then, or what was begun is ended by the
            next refresh.
    """
    with adding(home, None) as (contract, files, folder):
        there = [_living(home, name, sha256) for name, sha256 in files.items()]
        groups = list(_groups(there, merge_only=merge_only))
        written = {_merged(home, group, folder, n): group for n, group in enumerate(groups)}
        if groups:
            new = {name: sha256_of(folder / name) for name in written if name}
            old = {file.name for group in groups for file in group}
            for name, group in written.items():
                _carried(home, folder, name, group, new)
            for file in (file for group in groups for file in group):
                save_moves(home, *_moved(home, folder, file, files, new, old))
            superseded = (*contract.superseded, *sorted(old))
            commit(home, folder, replace(contract, superseded=superseded), new, {})
    for manifest in currents(home) if groups else ():
        refresh(home, manifest.as_of, purpose=manifest.purpose)
    with locked(home):
        tidy(home)
    removed = sum(file.deleted for group in groups for file in group)
    return Compacted(len(files), len(contracts.data_files(home)), removed)


def _living(home: Home, name: str, sha256: str) -> _Living:
    import pyarrow.parquet as pq

    with storing(f"`{name}`"):
        metadata = pq.read_metadata(home.items / name)
    deleted = len(deleted_rows(home, name))
    columns = str(metadata.schema.to_arrow_schema().remove_metadata())
    return _Living(name, sha256, metadata.num_rows - deleted, deleted, columns)


def _groups(files: Sequence[_Living], *, merge_only: bool) -> Iterator[list[_Living]]:
    """Yield the files that become one: those with the same columns, from the smallest on."""
    kinds: dict[tuple[bool, str], list[_Living]] = {}
    for file in files:
        kinds.setdefault((file.name.startswith(NEVER_PREFIX), file.columns), []).append(file)
    for alike in kinds.values():
        group: list[_Living] = []
        for file in sorted(alike, key=lambda each: (each.rows, each.name)):
            total = sum(each.rows for each in group)
            if group and (file.rows > LARGER * total > 0 or total + file.rows > ROWS_PER_FILE):
                yield from _worth(group, merge_only=merge_only)
                group = []
            group.append(file)
        yield from _worth(group, merge_only=merge_only)


def _worth(group: list[_Living], *, merge_only: bool) -> Iterator[list[_Living]]:
    if len(group) > 1 or (group[0].deleted and not merge_only):
        yield group


def _merged(home: Home, group: Sequence[_Living], folder: Path, number: int) -> str:
    """Write the living rows of some files into one, in the order of `add`; return its name."""
    import duckdb
    import pyarrow as pa

    if not (rows := sum(file.rows for file in group)):
        return ""
    prefix = NEVER_PREFIX if group[0].name.startswith(NEVER_PREFIX) else "items-"
    path = folder / f"{prefix}merged-{number}.parquet"
    lists = [(str(home.items / f.name), deleted_rows(home, f.name)) for f in group]
    names = [name for name, deleted in lists for _ in deleted.tolist()]
    numbers = np.concatenate([deleted for _, deleted in lists])
    gone = pa.table({"data_file": pa.array(names, pa.string()), "data_row": numbers})
    files = ", ".join(literal(name) for name, _ in lists)
    source = (
        f"SELECT *, filename AS data_file, file_row_number AS data_row "
        f"FROM read_parquet([{files}], filename = true, file_row_number = true)"
    )
    query = (
        f"SELECT * EXCLUDE (filename, file_row_number, data_file, data_row) FROM ({source}) "
        f"ANTI JOIN gone USING (data_file, data_row) "
        f"ORDER BY md5(COALESCE(CAST(owner AS VARCHAR), '')), item_id"
    )
    with duckdb.connect(config=settings_of(folder)) as connection:
        connection.register("gone", gone)
        done = connection.execute(
            f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )
        if int(done.fetchall()[0][0]) != rows:
            raise BusyError("a data file changed while it was read", todo="run this again")
    return named_by_content(path)


def _carried(
    home: Home, folder: Path, name: str, group: Sequence[_Living], new: Mapping[str, str]
) -> None:
    """Keep of the texts of a new file what was found in those that it was merged from."""
    if not name or name.startswith(NEVER_PREFIX):
        return
    index = id_index_of(home, name, new[name], folder=folder)
    living = []
    for file in group:
        rows = np.array(index.find(id_index_of(home, file.name, file.sha256).ids))
        rows[deleted_rows(home, file.name)] = -1
        living.append((file.sha256, rows))
    carry(home, living, new[name], len(index))


def _moved(
    home: Home,
    folder: Path,
    file: _Living,
    files: Mapping[str, str],
    new: Mapping[str, str],
    old: Collection[str],
) -> tuple[list[Link], Departed]:
    """Return in which files the items of one are afterwards, those that were updated, too; and
    which have departed: they are deleted, or belong to another member now.
    """
    ids = id_index_of(home, file.name, file.sha256).ids
    links, passed_on = list[Link](), [np.zeros(0, np.int64)]
    left, deleted = np.arange(len(ids)), deleted_rows(home, file.name)
    others = {name: sha256 for name, sha256 in files.items() if name not in old}
    for name, sha256 in {**new, **others}.items():
        wanted = ids if len(left) == len(ids) else ids.take(left)
        where = folder if name in new else None
        places = id_index_of(home, name, sha256, folder=where).find(wanted)
        if name in others:
            places[np.isin(places, deleted_rows(home, name))] = -1
        if (there := places >= 0).any():
            links.append(Link(sha256, left[there], places[there].astype(np.int64)))
            updated = there & np.isin(left, deleted)
            if updated.any() and not name.startswith(NEVER_PREFIX):
                now = item_index_of(home, name, sha256, folder=where)
                was = item_index_of(home, file.name, file.sha256)
                is_other = _owners_of(was, left[updated]) != _owners_of(
                    now, places[updated].astype(np.int64)
                )
                passed_on.append(left[updated][is_other])
            left = left[~there]
        if not len(left):
            break
    return links, _departed(home, file, np.concatenate((left, *passed_on)))


def _owners_of(index: ItemIndex, rows: Rows) -> npt.NDArray[np.object_]:
    """Return the owner of each row, None where it has none."""
    names = index.items.people.to_pylist()
    return np.array([None if n == NOBODY else names[n] for n in index.items.owner[rows]], object)


def _departed(home: Home, file: _Living, rows: Rows) -> Departed:
    """Return what is kept of the rows that their owners lost: those of who is a member still."""
    import pyarrow as pa

    if file.name.startswith(NEVER_PREFIX) or not len(rows):  # no version holds what is never used
        return Departed.none(file.sha256)
    index = item_index_of(home, file.name, file.sha256)
    owners = pa.array(_owners_of(index, rows), pa.large_string())
    known = member_index(contracts.members_table(home))
    is_here = owners.is_valid().to_numpy(zero_copy_only=False)
    is_here &= known.find(owners.fill_null("")) != UNKNOWN
    rows = rows[is_here]
    hashes = hashes_of(index.items.item_ids.take(pa.array(rows)))
    has_text = np.asarray(index.has_text[rows])
    return Departed(file.sha256, owners.filter(pa.array(is_here)), rows, hashes, has_text)


# Old versions


_NAMED = re.compile(rb"[0-9a-f]{64}")
_LARGEST_NAMING = 2**24
"""Of larger files nobody makes documents that name a version."""


def prune(home: Home, keep: timedelta, now: datetime) -> int:
    """Remove the versions that were replaced longer ago than `keep`; return how many.

    What is current stays, and what a certificate, a model, an export or an index names: any version
    whose name is in a JSON or TOML file of the home.

    Raises:
        VerificationError: a current version is damaged.
    """
    with locked(home), storing(f"`{home.corpus}`"):
        versions = _versions(home)
        kept = {each.version for each in currents(home)} | _named(home)
        for purpose in {each.purpose for each in versions.values()}:
            ours = [(each.as_of, each.ledger_size, name) for name, each in versions.items()
                    if each.purpose == purpose]  # fmt: skip
            kept |= {name for (*_, name), (end, *_) in pairwise(sorted(ours)) if end > now - keep}
        kept |= {p.base for name in kept & versions.keys() for p in patches_of(home, name).values()}
        gone = versions.keys() - kept
        for name in gone:
            (home.corpus / "manifests" / f"{name}.json").unlink(missing_ok=True)
            for kind in ("npz", "json"):  # up to version 0.2 counts were kept as JSON
                (home.corpus / "standing" / f"{name}.{kind}").unlink(missing_ok=True)
            arrays.remove(home.corpus / "patches" / f"{name}.arrow")
        _swept(home, {name: each for name, each in versions.items() if name in kept})
        return len(gone)


def _swept(home: Home, versions: Mapping[str, Manifest]) -> None:
    """Remove what no version has: sidecars, patches, and where items of its files moved."""
    files = [file for each in versions.values() for file in each.files]
    sidecars = {file.sidecar for file in files}
    for path in (home.corpus / "sidecars").glob("[!.]*"):
        if path.name not in sidecars:
            path.unlink(missing_ok=True)
    for path in (home.corpus / "patches").glob("*.arrow"):
        if path.stem not in versions:
            arrays.remove(path)
    sweep_moves(home, {file.sha256 for file in files})


def _versions(home: Home) -> dict[str, Manifest]:
    """Return all versions by name; damaged ones are left where they are."""
    versions = dict[str, Manifest]()
    for path in (home.corpus / "manifests").glob("*.json"):
        with suppress(VanneError):
            versions[path.stem] = load(home, path.stem)
    return versions


def _named(home: Home) -> set[str]:
    """Return everything in the documents of the home that may be the name of a version."""
    names = set[bytes]()
    for path in (*home.root.rglob("*.json"), *home.root.rglob("*.toml")):
        is_ours = path.is_relative_to(home.corpus) or path.is_relative_to(home.items)
        if not is_ours and path.stat().st_size < _LARGEST_NAMING:
            names.update(_NAMED.findall(path.read_bytes()))
    exported = home.corpus / "exported"
    return {name.decode() for name in names} | {path.name for path in exported.glob("*")}
