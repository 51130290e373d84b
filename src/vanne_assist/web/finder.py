"""The search index that the pages and the API hold open, whichever is current by now."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from vanne.config import Home
from vanne_assist.search.index import Index


class Finder:
    """Holds the index of a home open; one question at a time, as each takes milliseconds."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._held: Index | None = None

    @contextmanager
    def use(self) -> Iterator[Index]:
        """Give the current index; do not close it.

        Raises:
            MissingError: none has been made, or a package that it needs is not installed.
            VerificationError: it is damaged, or another ledger's.
        """
        with self._lock:
            if self._held is None or not self._held.is_current():
                self._drop()
                self._held = Index.open(self._home)
            try:
                yield self._held
            except Exception:
                self._drop()  # it is opened again, in case the ledger went away
                raise

    def close(self) -> None:
        """Let go of the index."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._held:
            self._held.close()
            self._held = None
