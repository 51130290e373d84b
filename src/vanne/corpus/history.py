"""Tell which versions of the corpus held an item, and from when to when.

A version is in force from its *as of* time until that of the next version. All versions of a
purpose are folded into one structure. For every data file that is unchanged, one bit per row says
whether the oldest version with that file held the row, and a list of flips says which row changed
in which version. A network of 10M items and 365 versions takes 1.25 MB and eight bytes a flip, and
a look-up of one row reads no other. Unknown stays unknown: for rows of a data file that has changed
or gone, and for a damaged version, the answer is that nobody knows.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Literal

import numpy as np
import numpy.typing as npt

from vanne.config import Home
from vanne.corpus import moves
from vanne.corpus.building import ALLOWED
from vanne.corpus.contract import NEVER_PREFIX, data_files, deleted_rows
from vanne.corpus.indexes import item_index_of
from vanne.corpus.manifest import DataFile, current_version, has_current, load
from vanne.corpus.patch import sidecar_of
from vanne.corpus.sidecar import GONE
from vanne.decide.item_columns import SIDES, Rows, firsts, ranges, refined
from vanne.errors import InputError, VanneError, VerificationError, storing
from vanne.files import sha256_of
from vanne.ids import hashes_of
from vanne.sources.batches import find_item
from vanne.terms import REASONS, ItemId, MemberId, Purpose, Reason, is_unicode

Held = Literal["held", "not-held", "not-known"]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the corpus: as of when it was decided, by which policy, of which files."""

    name: str
    as_of: datetime
    policy: str
    ledger_size: int
    files: frozenset[str]
    """The checksums of its data files."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A run of versions that held an item, by their places in the order of all versions.

    `until` is None while the last one is in force, and where it is not known what the next held.
    """

    first: int
    last: int
    since: datetime
    until: datetime | None
    is_open: bool


@dataclass(slots=True)
class _FileHistory:
    """What the versions, in their order, held of one data file; `known` says of which it is known.

    `first` has one bit a row; row `flips[0][i]` (ascending) changed sides in version `flips[1][i]`.
    """

    names: list[str] = field(default_factory=list)
    known: list[bool] = field(default_factory=list)
    first: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    last: npt.NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, np.uint8))
    flips: npt.NDArray[np.int32] = field(default_factory=lambda: np.zeros((2, 0), np.int32))

    def add(self, name: str, held: npt.NDArray[np.bool_] | None) -> None:
        """Go on with what the next version held of each row; None if that is not known."""
        if held is not None:
            bits = np.packbits(held, bitorder="little")
            if any(self.known):
                size = max(len(bits), len(self.last))
                bits, last = (np.pad(b, (0, size - len(b))) for b in (bits, self.last))
                rows = np.flatnonzero(np.unpackbits(bits ^ last, bitorder="little"))
                new = np.stack((rows, np.full(len(rows), len(self.names)))).astype(np.int32)
                flips = np.concatenate((self.flips, new), axis=1)
                self.flips = flips[:, np.argsort(flips[0], kind="stable")]
            else:
                self.first = bits
            self.last = bits
        self.names.append(name)
        self.known.append(held is not None)

    def histories(self, rows: Rows) -> tuple[Rows, list[tuple[bool, tuple[int, ...]]]]:
        """Group rows with one history; say of each group whether the oldest version held it, and in
        which versions it changed sides.
        """
        is_there = rows >> 3 < len(self.first)
        bits = self.first[np.where(is_there, rows >> 3, 0)] if len(self.first) else rows * 0
        held = is_there & (bits >> (rows & 7) & 1).astype(np.bool_)
        starts, ends = (np.searchsorted(self.flips[0], rows, side) for side in SIDES)
        changed = np.repeat(np.arange(len(rows)), ends - starts)
        versions = self.flips[1, ranges(starts, ends)]
        groups = refined(rows * 0, held.astype(np.int64))
        for version in np.unique(versions):
            has_changed = np.zeros(len(rows), np.int64)
            has_changed[changed[versions == version]] = 1
            groups = refined(groups, has_changed)
        return groups, [
            (bool(held[n]), tuple(self.flips[1, starts[n] : ends[n]].tolist()))
            for n in firsts(groups)
        ]


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """All versions of a purpose, oldest first; `current` is the place of the one in force."""

    versions: tuple[Version, ...]
    current: int | None
    _files: Mapping[str, "tuple[tuple[Held | None, ...], _FileHistory]"]
    """Each data file with what is sure of it in each version whatever the row; None: see there."""
    _elsewhere: tuple[Held, ...]
    """What is sure of the rows of a data file that is not what it was, or came later."""
    lost: frozenset[int]
    """The places of the versions that had rows of which it is not known whose they were."""
    damaged: int
    """How many versions cannot be read: what they held, and for which purpose, is not known."""

    def place(self, version: str) -> int | None:
        """Return the place of a version in the order of all."""
        names = (place for place, each in enumerate(self.versions) if each.name == version)
        return next(names, None)

    def held_of(self, sha256: str, rows: Rows) -> tuple[Rows, list[tuple[Held, ...]]]:
        """Group rows of a file, by its checksum; say of each group which versions held it."""
        if sha256 not in self._files:
            return rows * 0, [self._elsewhere]
        states, file = self._files[sha256]
        groups, histories = file.histories(rows)
        return groups, [_by_version(states, *history) for history in histories]

    def stays(self, held: Sequence[Held]) -> tuple[Inclusion, ...]:
        """Return from when to when that was, oldest first."""
        stays, start = list[Inclusion](), None
        for place, (now, after) in enumerate(zip(held, [*held, None][1:], strict=True)):
            if now == "held" and start is None:
                start = place
            if start is not None and after != "held":
                until = self.versions[place + 1].as_of if after == "not-held" else None
                is_current = self.current is not None and start <= self.current <= place
                since, is_open = self.versions[start].as_of, after is None and is_current
                stays.append(Inclusion(start, place, since, until, is_open))
                start = None
        return tuple(stays)


def _by_version(
    states: tuple[Held | None, ...], held: bool, flips: tuple[int, ...]
) -> tuple[Held, ...]:
    """Say of each version whether it held a row: most rows have one of a few histories."""
    histories: list[Held] = []
    for place, state in enumerate(states):
        held ^= place in flips
        histories.append(state or ("held" if held else "not-held"))
    return tuple(histories)


def lifetimes(
    home: Home, purpose: Purpose, files: Mapping[str, str], gone: Collection[str] = ()
) -> Lifetimes:
    """Fold all versions of a purpose; `files` are today's data files with their checksums.

    `gone` are the checksums of compacted files whose deleted rows are asked for, too.
    What was folded before is kept in memory, as versions never change; a new one is added to it.
    """
    past, kept = _past(home, purpose), moves.noted(home)
    with past.lock:  # many threads may ask
        for name in set(_version_names(home)) - past.versions.keys():
            try:
                past.versions[name] = _version(home, name, purpose)
            except VanneError:
                past.versions[name] = None
                past.damaged.add(name)
        there = (each for each in past.versions.values() if each is not None)
        versions = sorted(there, key=lambda each: (each.as_of, each.ledger_size, each.name))
        names = [each.name for each in versions]
        wanted = {*files.values(), *gone}
        past.files = {
            sha256: past.files.get(sha256, _FileHistory())
            for sha256 in wanted | (past.files.keys() & set(kept))
        }
        links, never = (
            moves.links(home, files),
            {sha256 for name, sha256 in files.items() if name.startswith(NEVER_PREFIX)},
        )
        for sha256 in wanted:
            file = past.files[sha256]
            if file.names != names[: len(file.names)]:  # one came between those that were folded
                file = past.files[sha256] = _FileHistory()
            for version in versions[len(file.names) :]:
                is_used = sha256 not in never
                file.add(version.name, _held(home, version, sha256, links) if is_used else None)
        now = current_version(home, purpose) if has_current(home, purpose) else ""
        place = names.index(now) if now in names else None
        # A version surely held nothing of a row that none of its files leads to, if of each of them
        # it is known where its items are now. A file that changed may have had the item.
        elsewhere: tuple[Held, ...] = tuple(
            "not-held" if each.files <= links.keys() else "not-known" for each in versions
        )
        folded = {}
        for sha256 in wanted:
            file = past.files[sha256]
            unknown: Held = "not-held" if sha256 in never else "not-known"
            states = tuple(None if is_known else unknown for is_known in file.known)
            folded[sha256] = states, file
        unowned = {name for name in kept if moves.departed_from(home, name) is None}
        lost = frozenset(
            place
            for place, each in enumerate(versions)
            if elsewhere[place] == "not-known" or each.files & unowned
        )
        return Lifetimes(tuple(versions), place, folded, elsewhere, lost, len(past.damaged))


@dataclass(slots=True)
class _PastVersions:
    """What was folded of a purpose: its files, and versions by name; None is one of another."""

    lock: Lock = field(default_factory=Lock)
    versions: dict[str, Version | None] = field(default_factory=dict)
    damaged: set[str] = field(default_factory=set)
    files: dict[str, _FileHistory] = field(default_factory=dict)


@lru_cache(maxsize=16)
def _past(home: Home, purpose: Purpose) -> _PastVersions:
    return _PastVersions()


def _version(home: Home, name: str, purpose: Purpose) -> Version | None:
    """Return a version; None for one of another purpose."""
    manifest = load(home, name)
    if manifest.purpose != purpose:
        return None
    files = frozenset(file.sha256 for file in manifest.files)
    return Version(name, manifest.as_of, manifest.policy_name, manifest.ledger_size, files)


def _held(
    home: Home, version: Version, sha256: str, links: moves.Links
) -> npt.NDArray[np.bool_] | None:
    """Say of each row of a file whether a version held its item; None if that is not known."""
    if sha256 not in version.files and not version.files <= links.keys():
        return None
    held = np.zeros(0, np.bool_)
    try:
        manifest = load(home, version.name)
        for file in manifest.files:
            for link in links.get(file.sha256, ()) if file.sidecar else ():
                if link.file == sha256:
                    sidecar = sidecar_of(home, manifest, file)
                    sidecar.check()
                    is_allowed = np.asarray(np.asarray(sidecar.codes) == ALLOWED)
                    held = _joined(held, is_allowed, link)
    except VanneError:
        return None
    return held


def _joined(
    held: npt.NDArray[np.bool_], is_allowed: npt.NDArray[np.bool_], link: moves.Link
) -> npt.NDArray[np.bool_]:
    """Add to what was held of a file what a link brings from another file, or from itself."""
    if link.rows is None or link.rows_now is None:
        rows, allowed = np.arange(len(is_allowed)), is_allowed
    else:
        rows, allowed = link.rows_now, is_allowed[link.rows]
    larger = np.zeros(max(len(held), int(rows.max(initial=-1)) + 1), np.bool_)
    larger[: len(held)] = held
    larger[rows] |= allowed
    return larger


def departed(
    home: Home, owner: MemberId, living: Collection[ItemId], files: Mapping[str, str]
) -> list[moves.Departed]:
    """Return the deleted rows of the items that a member owned and that are no longer theirs.

    `living` are the items that they own now, `files` today's data files with their checksums.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted, parts = pa.array([owner], pa.large_string()), list[moves.Departed]()
    for name, sha256 in files.items():
        rows = deleted_rows(home, name)
        if not len(rows) or name.startswith(NEVER_PREFIX):
            continue
        index = item_index_of(home, name, sha256)
        person = int(index.people.find(wanted)[0])
        rows = rows[index.items.owner[rows] == person] if person >= 0 else rows[:0]
        ids = index.items.item_ids.take(pa.array(rows))
        is_gone = np.array([item_id not in living for item_id in ids.to_pylist()], np.bool_)
        rows, ids = rows[is_gone], ids.filter(pa.array(is_gone))
        about = hashes_of(ids), np.asarray(index.has_text[rows])
        owners = pa.array([owner] * len(rows), pa.large_string())
        parts.append(moves.Departed(sha256, owners, rows, *about, ids.to_pylist()))
    again = set(hashes_of(pa.array(sorted(living), pa.large_string())).tolist())
    for sha256 in moves.noted(home):
        each = moves.departed_from(home, sha256)
        if each is None or not len(each.rows):
            continue
        is_theirs = pc.equal(each.owners, owner).to_numpy(zero_copy_only=False)
        is_theirs &= ~np.isin(each.hashes, list(again))
        owners = each.owners.filter(pa.array(is_theirs))
        rest = each.rows[is_theirs], each.hashes[is_theirs], each.has_text[is_theirs]
        parts.append(moves.Departed(sha256, owners, *rest))
    return [part for part in parts if len(part.rows)]


def _version_names(home: Home) -> list[str]:
    """Return the names of all versions that were ever current."""
    with storing(f"`{home.corpus}`"):
        return sorted(path.stem for path in (home.corpus / "manifests").glob("*.json"))


# One item through all versions: in which it was, and why not in the others


@dataclass(frozen=True, slots=True)
class Trace:
    """What one version of the corpus decided about an item. `row` counts from 0 in the file."""

    version: str
    purpose: str
    policy: str
    as_of: datetime
    ledger_size: int
    file: str
    row: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class ItemHistory:
    """What each version decided, oldest first; and how many versions are damaged."""

    traces: tuple[Trace, ...]
    damaged: int


def trace(home: Home, item_id: ItemId) -> ItemHistory:
    """Return what each version decided about an item.

    A version in which the item is not, because its data file had not come or was gone, has none. So
    has one whose data file is gone by now: what was kept of it went with it.

    Raises:
        InputError: no version knows the item.
        VerificationError: nor can it be said, because versions are damaged.
    """
    if not is_unicode(item_id):
        raise InputError("an id that is not UTF-8 is no item's", todo="check its id")
    rows: dict[str, int | None] = {}  # data files never change, so each is searched once
    links = moves.links(home, {path.name: sha256_of(path) for path in data_files(home)})
    traces, damaged = list[Trace](), 0
    for version in _version_names(home):
        try:
            manifest = load(home, version)
            for file in manifest.files:
                if file.sha256 not in rows:
                    rows[file.sha256] = _row_of(home, file, item_id, links)
                if (row := rows[file.sha256]) is None:
                    continue
                reason = Reason.CATEGORY_NEVER
                if file.sidecar is not None:
                    sidecar = sidecar_of(home, manifest, file)
                    sidecar.check()
                    if (code := int(sidecar.codes[row])) == GONE:
                        continue
                    reason = REASONS[code]
                about = manifest.purpose, manifest.policy_name, manifest.as_of, manifest.ledger_size
                traces.append(Trace(version, *about, file.path, row, reason))
        except VerificationError:
            damaged += 1
    if damaged and not traces:
        raise VerificationError(
            f"no whole version knows that item; damaged ones: {damaged:,}",
            todo="build the corpus again",
        )
    if not traces:
        raise InputError(
            "no version of the corpus knows that item",
            todo="check its id; what was kept of a data file goes with it",
        )
    traces.sort(key=lambda each: (each.as_of, each.ledger_size, each.version))
    return ItemHistory(tuple(traces), damaged)


def _row_of(home: Home, file: DataFile, item_id: ItemId, links: moves.Links) -> int | None:
    """Return the row of an item in a data file, if that is known: now, or by where it moved."""
    import pyarrow as pa

    data, wanted = home.items / file.path, pa.array([item_id], pa.large_string())
    if file.path.startswith(NEVER_PREFIX):
        return find_item(str(data), item_id) if data.exists() else None
    is_indexed = (home.corpus / "facts" / f"{file.sha256}.arrow").exists()
    if is_indexed or (data.exists() and sha256_of(data) == file.sha256):
        row = int(item_index_of(home, file.path, file.sha256).ids.find(wanted)[0])
        return row if row >= 0 else None
    for path in data_files(home):
        for link in links.get(file.sha256, ()):
            if link.rows is None or link.rows_now is None:
                continue
            if link.file == sha256_of(path):
                row_now = item_index_of(home, path.name, link.file).ids.find(wanted)
                if len(then := link.rows[np.isin(link.rows_now, row_now)]):
                    return int(then[0])
    return None
