"""Look verdicts up in the sidecars of a version, one or thousands, without deciding again.

An index from ids to rows is stored beside the corpus and memory-mapped. With one data file it is
the index of that file. With several files, an index of all their ids is made at the first look-up,
and again when the files change. For files that are never used only the ids are read. No id is in
two places: a build refuses repeated ids.
"""

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vanne.config import Home
from vanne.corpus import arrays, deletions
from vanne.corpus.indexes import id_index_of, item_index_of
from vanne.corpus.manifest import Manifest, current, pointer_of
from vanne.corpus.patch import sidecar_of
from vanne.corpus.sidecar import GONE, Codes
from vanne.errors import VerificationError
from vanne.ids import IdIndex
from vanne.terms import MAIN_PURPOSE, REASONS, Purpose, Reason

if TYPE_CHECKING:
    import pyarrow as pa

NO_ITEM = GONE
"""The code of an id that no data file holds, or that was deleted."""

SCHEMA = "vanne/ids/2"
_PARTS = ("order", "hashes", "starts")


@dataclass(frozen=True, slots=True)
class Lookup:
    """The verdicts of one version of the corpus: for its purpose, as of its time."""

    version: str
    purpose: str
    as_of: datetime
    data: str
    """What names its data files."""
    ids: IdIndex
    _codes: Codes
    _one: "_One"

    @classmethod
    def open(cls, home: Home, manifest: Manifest, before: "Lookup | None" = None) -> "Lookup":
        """Map the files of a version; every code of it is checked against its sidecar's digests.

        The index of an earlier look-up is used again if the data files are the same.

        Raises:
            VerificationError: a sidecar or a file of facts is damaged.
            InputError: the ids of a data file that is never used cannot be read.
        """
        is_same = before is not None and before.data == manifest.data
        ids = before.ids if before and is_same else _ids_of(home, manifest)
        parts = [np.zeros(0, np.uint8)]
        for file in manifest.files:
            if file.sidecar is None:
                codes = np.full(file.rows, Reason.CATEGORY_NEVER.code, np.uint8)
                codes[deletions.read(home.items, file.path, file.deleted)] = NO_ITEM
                parts.append(codes)
            else:
                sidecar = sidecar_of(home, manifest, file)
                sidecar.check()
                parts.append(sidecar.codes)
        # A plain array, of one file where it lies: numpy is slower with its memmap.
        codes = np.asarray(parts[1]) if len(parts) == 2 else np.concatenate(parts)
        if len(codes) != len(ids):
            raise VerificationError(
                "the ids that are kept are not those of the sidecars",
                todo="remove the folder `corpus/facts` and run `vanne corpus refresh`",
            )
        about = manifest.version, manifest.purpose, manifest.as_of, manifest.data
        return cls(*about, ids, codes, _One(ids, codes))

    def reason(self, item_id: str) -> Reason | None:
        """Return the reason of an item; None if there is no such item."""
        try:
            code = self.code(item_id.encode())
        except UnicodeEncodeError:  # half of a surrogate pair: no file holds such an id
            return None
        return None if code == NO_ITEM else REASONS[code]

    def code(self, item_id: bytes) -> int:
        """Return the code of an item, whose id is given in UTF-8, or `NO_ITEM`."""
        return self._one.code(item_id)

    def codes(self, ids: "pa.Array") -> Codes:
        """Return the code of each id of a string array without nulls, or `NO_ITEM`."""
        places = self.ids.find(ids)
        if not len(self._codes):
            return np.full(len(ids), NO_ITEM, np.uint8)
        codes = self._codes[places]
        codes[places < 0] = NO_ITEM
        for place in np.flatnonzero((codes == NO_ITEM) & (places >= 0)):  # it may live elsewhere
            codes[place] = self.code(ids[int(place)].as_py().encode())
        return codes


# The index


def _ids_of(home: Home, manifest: Manifest) -> IdIndex:
    """Return the ids of all rows, one data file after the other: take the index up, or make it."""
    import pyarrow as pa

    files = manifest.files
    if len(files) == 1 and files[0].sidecar is not None:
        return item_index_of(home, files[0].path, files[0].sha256).ids
    path = home.corpus / "facts" / f"all-{manifest.data}.ids.arrow"
    if path.exists():
        with suppress(VerificationError):  # it is made again
            return _loaded(path)
    parts = [id_index_of(home, file.path, file.sha256).ids for file in files]
    index = IdIndex(pa.concat_arrays([pa.array([], pa.large_string()), *parts]))
    arrays.save(path, {"schema": SCHEMA}, {"item_ids": index.ids, **index.parts})
    return _loaded(path)


def _loaded(path: Path) -> IdIndex:
    _, saved = arrays.load(path, schema=SCHEMA)
    return IdIndex(saved["item_ids"], {part: saved[part] for part in _PARTS})


# One at a time


class _One:
    """Finds one id at a time: an array of one costs numpy fifty times what plain numbers do."""

    __slots__ = ("_codes", "_hashes", "_ids", "_order", "_rows", "_shift", "_starts", "_text")

    def __init__(self, index: IdIndex, codes: Codes) -> None:
        self._rows = len(index)
        self._order, self._hashes = index.order.data, index.hashes.data
        self._starts = index.starts.data
        self._shift = 65 - (len(index.starts) - 1).bit_length()  # one start more than beginnings
        _, offsets, data = index.ids.buffers()
        first = index.ids.offset
        self._ids = memoryview(offsets).cast("b").cast("q")[first : first + self._rows + 1]
        self._text = memoryview(data or b"")
        self._codes = codes.data

    def code(self, item_id: bytes) -> int:
        """Return the code of an id, or `NO_ITEM`."""
        hash_, hashes = hash_of(item_id), self._hashes
        place = self._starts[hash_ >> self._shift]
        while hashes[place] < hash_:
            place += 1
        while hashes[place] == hash_ and place < self._rows:
            row: int = self._order[place]
            is_it = self._text[self._ids[row] : self._ids[row + 1]].tobytes() == item_id
            if is_it and self._codes[row] != NO_ITEM:  # else it was deleted here
                return self._codes[row]
            place += 1
        return NO_ITEM


_FNV_OFFSET, _FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3
_MIX_1, _MIX_2 = 0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53
_64_BITS = 2**64 - 1


def hash_of(item_id: bytes) -> int:
    """Return the hash of one id: the one that `vanne.ids` gives to many.

    >>> f"{hash_of(b'ada'):016x}"
    'd918f85f96631a54'
    """
    hash_ = _FNV_OFFSET
    for first in range(0, len(item_id), 8):
        word = int.from_bytes(item_id[first : first + 8], "little")
        hash_ = (hash_ ^ word) * _FNV_PRIME & _64_BITS
    hash_ ^= len(item_id)
    hash_ = (hash_ ^ hash_ >> 33) * _MIX_1 & _64_BITS
    hash_ = (hash_ ^ hash_ >> 33) * _MIX_2 & _64_BITS
    return hash_ ^ hash_ >> 33


# The current version


class Current:
    """The look-up of the version that is current for a purpose, whichever that is by now.

    The file `CURRENT` names it and is read each time, which costs some microseconds. Many threads
    may ask at the same time.
    """

    def __init__(self, home: Home, purpose: Purpose = MAIN_PURPOSE) -> None:
        self._home, self._purpose = home, purpose
        self._path = str(pointer_of(home, purpose))
        self._lock = threading.Lock()
        self._lookup: Lookup | None = None

    def fresh(self) -> Lookup | None:
        """Return the look-up that is open if it is the current one: this never waits."""
        lookup = self._lookup
        if lookup is None:
            return None
        try:
            handle = os.open(self._path, os.O_RDONLY)  # a third of the time of Path.read_bytes
        except OSError:
            return None
        try:
            return lookup if os.read(handle, 100) == lookup.version.encode() else None
        finally:
            os.close(handle)

    def get(self) -> Lookup:
        """Return the look-up of the current version; open it if it is a new one.

        Raises:
            MissingError: no corpus has been built here for the purpose.
            VerificationError: the version is damaged: it answers nothing, and no other does.
        """
        if lookup := self.fresh():
            return lookup
        with self._lock:
            if lookup := self.fresh():
                return lookup
            manifest = current(self._home, self._purpose)
            self._lookup = Lookup.open(self._home, manifest, self._lookup)
            return self._lookup
