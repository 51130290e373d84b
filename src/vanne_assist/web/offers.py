"""The job postings that the pages and the API hold ready, whichever lie on the disk by now."""

import threading

from vanne.config import Home
from vanne.errors import storing
from vanne.report.switches import PurposeSwitch
from vanne.terms import Member
from vanne_assist.jobs.board import Board, folder, open_board
from vanne_assist.jobs.digest import Digest, Wish, nothing_to_read, opportunities
from vanne_assist.report.own import passages_of

Look = tuple[int, int, int]
"""How the file of postings looks: as long as it is the same, it is not read again."""


class Offers:
    """Holds the postings of a home."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._held: tuple[Look | None, Board] | None = None

    def close(self) -> None:
        """Let go of the postings."""
        with self._lock:
            self._held = None

    def digest(self, member: Member, switch: PurposeSwitch, wish: Wish) -> Digest:
        """Return what fits a member, by what the purpose of the switch may read of them now.

        Raises:
            InputError, StorageError, BusyError: postings or what was muted cannot be read.
            MissingError: a package that matching needs is not installed.
        """
        passages = passages_of(self._home, member, switch)
        if not passages:
            return nothing_to_read(self._home, member.member_id, wish)
        return opportunities(self._home, self.board(), member.member_id, wish, passages)

    def board(self) -> Board:
        """Return the postings, ready to be matched.

        Raises:
            InputError, StorageError: they cannot be read.
            MissingError: a package that matching needs is not installed.
        """
        with self._lock:
            look = self._look()
            if self._held is None or self._held[0] != look:
                self._held = look, open_board(self._home) if look and look[2] else Board.of(())
            return self._held[1]

    def _look(self) -> Look | None:
        path = folder(self._home) / "postings.jsonl"
        if not path.exists():
            return None
        with storing(f"`{path.name}`"):
            seen = path.stat()
        return seen.st_ino, seen.st_mtime_ns, seen.st_size
