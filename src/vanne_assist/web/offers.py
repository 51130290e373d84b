"""The job postings that the pages and the API hold ready, as the database has them by now."""

import threading

from vanne.config import Home
from vanne_assist.jobs.board import Board, Version, read, version


class Offers:
    """Holds the postings of a home, and reads them again when they have changed."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._board: tuple[Version, Board] | None = None

    def close(self) -> None:
        """Let go of the postings."""
        with self._lock:
            self._board = None

    def board(self) -> Board:
        """Return the postings, ready to be matched.

        Raises:
            BusyError, StorageError: they cannot be read.
            MissingError: a package that matching needs is not installed.
        """
        with self._lock:
            newest = version(self._home)
            if self._board is None or self._board[0] != newest:
                self._board = newest, Board.of(read(self._home))
            return self._board[1]
