"""The one ledger that an application holds open, for its pages and its API alike.

Opening a ledger costs more than writing to it, and only appends to one open ledger can share a
commit. It is opened when it is first needed and again after it failed, or when its file is another
one than it was: a ledger that was moved away must not be written to as if it still were the one.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from vanne.config import Home
from vanne.errors import StorageError
from vanne.ledger import Ledger
from vanne.report.member import open_ledger

FileId = tuple[int, int] | None
"""Device and inode of the ledger's file; None where it is not a file of the home."""


@dataclass(slots=True)
class _OpenLedger:
    """An open ledger, how many are using it, and whether nobody more may."""

    ledger: Ledger
    file: FileId
    users: int = 0
    is_dropped: bool = False


class SharedLedger:
    """The ledger of a home, held open; may be used from any number of threads."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._current: _OpenLedger | None = None

    @contextmanager
    def use(self) -> Iterator[Ledger]:
        """Give the open ledger; do not close it.

        Raises:
            MissingError: the ledger or its key is not there.
            StorageError: it cannot be opened.
        """
        shared = self._take()
        try:
            yield shared.ledger
        except StorageError:
            with self._lock:
                self._drop(shared)
            raise
        finally:
            with self._lock:
                shared.users -= 1
                self._close_if_unused(shared)

    def close(self) -> None:
        """Let go of the ledger, as soon as nobody uses it; it is opened again if it is needed."""
        with self._lock:
            if self._current:
                self._drop(self._current)

    def _take(self) -> _OpenLedger:
        with self._lock:
            file: FileId = None
            with suppress(OSError):
                status = self._home.ledger.stat()
                file = status.st_dev, status.st_ino
            if self._current and self._current.file != file:
                self._drop(self._current)
            if self._current is None:
                self._current = _OpenLedger(open_ledger(self._home, writable=True), file)
            self._current.users += 1
            return self._current

    def _drop(self, shared: _OpenLedger) -> None:
        shared.is_dropped = True
        if self._current is shared:
            self._current = None
        self._close_if_unused(shared)

    def _close_if_unused(self, shared: _OpenLedger) -> None:
        if shared.is_dropped and shared.users == 0:
            shared.ledger.close()
