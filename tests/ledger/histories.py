"""Two histories of one log: what a backup that is restored, or a fork, makes."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


def copied(path: Path, folder: Path) -> Path:
    """Copy a ledger and its key."""
    folder.mkdir()
    shutil.copy(path.with_suffix(".key"), folder)
    with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(folder / path.name)) as copy:
        db.backup(copy)
    return folder / path.name


@contextmanager
def restored(path: Path) -> Iterator[None]:
    """Bring back afterwards what the ledger is now: an old backup."""
    backup = copied(path, path.with_name("backup"))
    yield
    for file in path.parent.glob(path.name + "*"):
        file.unlink()
    shutil.copy(backup, path)
