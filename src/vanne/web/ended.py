"""Sessions that were signed out before their end, so that a copy of their cookie is worth nothing.

A line per session, of its random number and when it would have expired; several processes may add
to the file, and each reads it again when it has changed.
"""

import os
from datetime import datetime
from pathlib import Path

from vanne.errors import storing
from vanne.files import write_whole

FILE = "web.ended"


class Ended:
    """The sessions of a home that have ended by signing out."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self._path = folder / FILE
        self._facts: tuple[int, int, int] | None = None
        self._ids: frozenset[str] = frozenset()
        self._forget(now)

    def __contains__(self, session_id: str) -> bool:
        self._look()
        return session_id in self._ids

    def add(self, session_id: str, expires: int) -> None:
        """End a session.

        Raises:
            StorageError: it cannot be written.
        """
        with storing(f"`{FILE}`"):
            line = f"{expires} {session_id}\n".encode()
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "wb", buffering=0) as file:
                file.write(line)

    def _look(self) -> None:
        with storing(f"`{FILE}`"):
            try:
                seen = self._path.stat()
            except FileNotFoundError:
                return
            facts = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
            if facts != self._facts:
                self._ids = frozenset(line.split(" ")[-1] for line in self._lines())
                self._facts = facts

    def _forget(self, now: datetime) -> None:
        """Leave out, at the start, the sessions that have expired by themselves."""
        with storing(f"`{FILE}`"):
            lines = self._lines() if self._path.exists() else []
        kept = [line for line in lines if int(line.split(" ")[0]) > now.timestamp()]
        if len(kept) < len(lines):
            text = "".join(f"{line}\n" for line in kept)
            write_whole(self._path, text.encode(), mode=0o600)

    def _lines(self) -> list[str]:
        lines = self._path.read_text().splitlines()
        return [line for line in lines if line.split(" ")[0].isdigit()]
