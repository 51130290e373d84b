"""Checksums of files that were read before: a file is not read again while it looks the same.

A file looks the same while its size, its times of change and its place on the disk are the same,
and these times lay in the past when it was read. What is decided from goes by this; whoever reads
texts, builds or verifies looks at the bytes themselves.
"""

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from vanne.errors import StorageError, storing
from vanne.files import sha256_of, write_whole

_SETTLED_NS = 2_000_000_000
"""A file that changed less than two seconds ago may change again within one tick of the clock."""

Look = tuple[int, int, int, int]


class ChecksumCache:
    """The checksums of files, by their paths; `save` keeps what was learnt."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, tuple[Look, str]] = {}
        self._is_new = False
        if path.exists():
            with storing(f"`{path.name}`"):
                text = path.read_bytes().decode(errors="replace")
            with suppress(ValueError, TypeError, AttributeError):  # damaged: all is read again
                known = json.loads(text).items()
                self._known = {name: (_four(look), str(digest)) for name, (*look, digest) in known}

    def sha256(self, path: Path, *, again: bool = False) -> str:
        """Return the checksum of a file; with `again`, read it whatever it looks like."""
        with storing(f"`{path}`"):
            look = _look(path)
        known = self._known.get(str(path))
        if known and known[0] == look and not again:
            return known[1]
        digest = sha256_of(path)
        if time.time_ns() - max(look[1:3]) > _SETTLED_NS:
            self._known[str(path)] = (look, digest)
            self._is_new = True
        return digest

    def save(self) -> None:
        """Keep what was learnt; what cannot be kept is only read again."""
        if self._is_new:
            known = {name: [*look, digest] for name, (look, digest) in self._known.items()}
            with suppress(StorageError):
                write_whole(self._path, json.dumps(known, sort_keys=True).encode())


def _four(numbers: Sequence[int]) -> Look:
    size, changed, moved, place = map(int, numbers)
    return size, changed, moved, place


def _look(path: Path) -> Look:
    facts = path.stat()
    return facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino
