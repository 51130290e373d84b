"""The one ledger that an application holds open, for its pages and its API alike.

Opening a ledger costs more than writing to it, and only appends to one open ledger can share a
commit. It is opened when it is first needed and again after it failed, or when its file is another
one than it was: a ledger that was moved away must not be written to as if it still were the one.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from vanne.config import Home
from vanne.errors import StorageError
from vanne.ledger import Ledger
from vanne.report.member import open_ledger

Identity = tuple[int, int] | None
"""Device and inode of the ledger's file; None where it is not a file of the home."""


@dataclass(slots=True)
class _Held:
    """An open ledger, how many are using it, and whether nobody more may."""

    ledger: Ledger
    file: Identity
    users: int = 0
    is_dropped: bool = False


class HeldLedger:
    """The ledger of a home, held open; may be used from any number of threads."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._held: _Held | None = None

    @contextmanager
    def use(self) -> Iterator[Ledger]:
        """Give the open ledger; do not close it.

        Raises:
            MissingError: the ledger or its key is not there.
            StorageError: it cannot be opened.
        """
        held = self._take()
        try:
            yield held.ledger
        except StorageError:
            with self._lock:
                self._drop(held)
            raise
        finally:
            with self._lock:
                held.users -= 1
                self._close_if_unused(held)

    def close(self) -> None:
        """Let go of the ledger, as soon as nobody uses it; it is opened again if it is needed."""
        with self._lock:
            if self._held:
                self._drop(self._held)

    def _take(self) -> _Held:
        with self._lock:
            file = self._file()
            if self._held and self._held.file != file:
                self._drop(self._held)
            if self._held is None:
                self._held = _Held(open_ledger(self._home, writable=True), file)
            self._held.users += 1
            return self._held

    def _file(self) -> Identity:
        try:
            found = self._home.ledger.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _drop(self, held: _Held) -> None:
        held.is_dropped = True
        if self._held is held:
            self._held = None
        self._close_if_unused(held)

    def _close_if_unused(self, held: _Held) -> None:
        if held.is_dropped and held.users == 0:
            held.ledger.close()
