"""From when to when a version of the corpus held an item: all versions of a purpose, folded once.

A version is in force from the time as of which it was decided until that of the next one. Of every
data file that is still as it was, one bit a row says what the oldest version with it held, and a
list of flips says which row changed sides in which version: a network of 10M items and 365 versions
fits into 1.25 MB and eight bytes a flip, and one row is looked up without reading the others. What
cannot be known is not guessed: the rows of a data file that has changed or gone, and those of a
version that is damaged, were held or not; nobody knows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Literal

import numpy as np
import numpy.typing as npt

from vanne.config import Home
from vanne.corpus.building import ALLOWED
from vanne.corpus.contract import NEVER_PREFIX
from vanne.corpus.indexes import item_index_of
from vanne.corpus.manifest import DataFile, Manifest, current_version, has_current, load
from vanne.corpus.patch import sidecar_of
from vanne.errors import InputError, VanneError, VerificationError, storing
from vanne.files import sha256_of
from vanne.sources.batches import find_item
from vanne.terms import REASONS, ItemId, Purpose, Reason, is_unicode

Held = Literal["held", "not-held", "not-known"]

_Bits = npt.NDArray[np.uint8]
_Flags = npt.NDArray[np.bool_]
_Places = npt.NDArray[np.int32]


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


@dataclass(frozen=True, slots=True)
class _File:
    """What the versions held of one data file. `states` has 1 where it is in a version and known,
    0 where it is not in it, -1 where that cannot be known."""

    states: npt.NDArray[np.int8]
    first: _Bits
    flipped: _Places
    flipped_in: _Places

    def flips(self, row: int) -> tuple[int, ...]:
        """Return the versions in which a row changed sides."""
        start, end = np.searchsorted(self.flipped, [row, row + 1])
        return tuple(self.flipped_in[start:end].tolist())

    def starts_held(self, row: int) -> bool:
        """Say whether the oldest version with the file held a row."""
        return row >> 3 < len(self.first) and bool(self.first[row >> 3] >> (row & 7) & 1)


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """All versions of a purpose, oldest first; `current` is the place of the one in force."""

    versions: tuple[Version, ...]
    current: int | None
    _files: Mapping[str, _File]

    def place(self, version: str) -> int | None:
        """Return the place of a version in the order of all."""
        names = (place for place, each in enumerate(self.versions) if each.name == version)
        return next(names, None)

    def held(self, file_sha256: str, row: int) -> tuple[Held, ...]:
        """Say of each version whether it held a row of a data file."""
        file = self._files.get(file_sha256)
        if file is None:  # it came after the last version, or is not what it was
            return tuple(
                "not-held" if each.files <= self._files.keys() else "not-known"
                for each in self.versions
            )
        return _held_by_version(file.states.tobytes(), file.starts_held(row), file.flips(row))

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


def lifetimes(home: Home, purpose: Purpose, files: Mapping[str, str]) -> Lifetimes:
    """Fold all versions of a purpose; `files` are today's data files with their checksums.

    What was folded before is kept in memory, as versions never change; a new one is added to it.
    """
    return _keeper(home, purpose).get(frozenset(files.values()))


@lru_cache(maxsize=16)
def _keeper(home: Home, purpose: Purpose) -> "_Keeper":
    return _Keeper(home, purpose)


class _Keeper:
    """Keeps what was folded, for as long as the data files and the versions are the same."""

    def __init__(self, home: Home, purpose: Purpose) -> None:
        self._home, self._purpose, self._lock = home, purpose, Lock()
        self._known: dict[str, Version | None] = {}
        self._folds: dict[str, _Fold] = {}
        self._folded: tuple[object, Lifetimes] | None = None

    def get(self, files: frozenset[str]) -> Lifetimes:
        """Return the lifetimes as they are now; many threads may ask."""
        with self._lock:
            versions = self._versions()
            current = None
            if has_current(self._home, self._purpose):
                current = current_version(self._home, self._purpose)
            state = [each.name for each in versions], files, current
            if self._folded is None or self._folded[0] != state:
                self._folds = {name: self._folds[name] for name in files & self._folds.keys()}
                folded = {sha256: self._file(sha256, versions, files) for sha256 in files}
                places = {each.name: place for place, each in enumerate(versions)}
                now = places.get(current or "")
                self._folded = state, Lifetimes(tuple(versions), now, folded)
            return self._folded[1]

    def _versions(self) -> list[Version]:
        with storing("the versions of the corpus"):
            names = set(_version_names(self._home))
        for name in names - self._known.keys():
            self._known[name] = self._version(name)
        there = [each for name in names if (each := self._known[name]) is not None]
        return sorted(there, key=lambda each: (each.as_of, each.ledger_size, each.name))

    def _version(self, name: str) -> Version | None:
        """Return a version; None for one of another purpose, or whose manifest is damaged."""
        try:
            manifest = load(self._home, name)
        except VanneError:
            return None
        if manifest.purpose != self._purpose:
            return None
        files = frozenset(file.sha256 for file in manifest.files)
        return Version(name, manifest.as_of, manifest.policy_name, manifest.ledger_size, files)

    def _file(self, sha256: str, versions: Sequence[Version], today: frozenset[str]) -> _File:
        """Fold what each version held of a data file, on from what is folded already."""
        names = [each.name for each in versions]
        fold = self._folds.get(sha256)
        if fold is None or fold.names != names[: len(fold.names)]:
            fold = self._folds[sha256] = _Fold()
        for version in versions[len(fold.names) :]:
            fold.add(version.name, self._held(version, sha256))
        states = [
            1 if known else _unless_known(version, sha256, today)
            for version, known in zip(versions, fold.known, strict=True)
        ]
        return fold.file(np.array(states, np.int8))

    def _held(self, version: Version, sha256: str) -> _Flags | None:
        """Say of each row whether a version held it; None if the file is not in it, or damaged."""
        if sha256 not in version.files:
            return None
        try:
            manifest = load(self._home, version.name)
            file = next(file for file in manifest.files if file.sha256 == sha256)
            if file.sidecar is None:
                return np.zeros(file.rows, np.bool_)
            sidecar = sidecar_of(self._home, manifest, file)
            sidecar.check()
        except VanneError:
            return None
        flags: _Flags = np.asarray(sidecar.codes) == ALLOWED
        return flags


class _Fold:
    """What the versions held of one data file, version after version."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.known: list[bool] = []
        self._first = self._last = np.zeros(0, np.uint8)
        self._flipped, self._flipped_in = np.zeros(0, np.int32), np.zeros(0, np.int32)

    def add(self, name: str, held: _Flags | None) -> None:
        """Go on with what the next version held of each row; None if that is not known."""
        if held is not None:
            bits = np.packbits(held, bitorder="little")
            if any(self.known):
                differ = np.unpackbits(bits ^ self._last, bitorder="little")
                rows = np.flatnonzero(differ).astype(np.int32)
                places = np.full(len(rows), len(self.names), np.int32)
                self._flipped = np.concatenate((self._flipped, rows))
                self._flipped_in = np.concatenate((self._flipped_in, places))
            else:
                self._first = bits
            self._last = bits
        self.names.append(name)
        self.known.append(held is not None)

    def file(self, states: npt.NDArray[np.int8]) -> _File:
        """Return it so that a row is found."""
        order = np.argsort(self._flipped, kind="stable")
        return _File(states, self._first, self._flipped[order], self._flipped_in[order])


def _unless_known(version: Version, sha256: str, today: frozenset[str]) -> int:
    """Return 0 if a version surely held nothing of a file that it does not name, else -1.

    Ids are in one file each; so where all the files of a version are still there, and this one is
    not among them, its items were not in it. Another file, changed or gone, may have had them.
    """
    return 0 if sha256 not in version.files and version.files <= today else -1


@lru_cache(maxsize=4096)
def _held_by_version(states: bytes, held: bool, flips: tuple[int, ...]) -> tuple[Held, ...]:
    """Say of each version whether it held a row: most rows have one of a few histories."""
    histories: list[Held] = []
    for place, state in enumerate(np.frombuffer(states, np.int8).tolist()):
        held ^= place in flips
        histories.append(("held" if held else "not-held") if state == 1 else _STATES[state])
    return tuple(histories)


_STATES: Mapping[int, Held] = {0: "not-held", -1: "not-known"}


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
    places, traces, damaged = _ItemPlaces(home, item_id), list[Trace](), 0
    for version in _version_names(home):
        try:
            traces += places.traced(load(home, version))
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


def _version_names(home: Home) -> list[str]:
    """Return the names of all versions that were ever current."""
    with storing(f"`{home.corpus}`"):
        return sorted(path.stem for path in (home.corpus / "manifests").glob("*.json"))


class _ItemPlaces:
    """Where the item is in each data file; data files never change, so each is searched once."""

    def __init__(self, home: Home, item_id: ItemId) -> None:
        self._home, self._item_id = home, item_id
        self._known: dict[str, int | None] = {}

    def traced(self, manifest: Manifest) -> Iterator[Trace]:
        for file in manifest.files:
            if (row := self._row(file)) is not None:
                yield Trace(
                    version=manifest.version,
                    purpose=manifest.purpose,
                    policy=manifest.policy_name,
                    as_of=manifest.as_of,
                    ledger_size=manifest.ledger_size,
                    file=file.path,
                    row=row,
                    reason=self._reason(manifest, file, row),
                )

    def _row(self, file: DataFile) -> int | None:
        import pyarrow as pa

        if file.sha256 not in self._known:
            data = self._home.items / file.path
            index_file = self._home.corpus / "facts" / f"{file.sha256}.arrow"
            row: int | None = None
            if file.path.startswith(NEVER_PREFIX):
                row = find_item(str(data), self._item_id) if data.exists() else None
            elif index_file.exists() or (data.exists() and sha256_of(data) == file.sha256):
                index = item_index_of(self._home, file.path, file.sha256)
                row = int(index.ids.find(pa.array([self._item_id]))[0])
            self._known[file.sha256] = None if row is None or row < 0 else row
        return self._known[file.sha256]

    def _reason(self, manifest: Manifest, file: DataFile, row: int) -> Reason:
        if file.sidecar is None:
            return Reason.CATEGORY_NEVER
        sidecar = sidecar_of(self._home, manifest, file)
        sidecar.check()
        return REASONS[int(sidecar.codes[row])]
