"""Copy a network into a folder from which it can be begun again.

Nobody has to stop: versions are made by one process at a time, and this waits its turn. The ledger
is copied last, so that it has heard everything that the copied corpus has. What can be derived is
left out, and so is every secret (`vanne.secrets`): who finds a copy can sign nothing and is nobody.
A database in PostgreSQL is backed up by its own tools.
"""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from shutil import copy2, rmtree

from vanne.config import Home
from vanne.corpus.building import locked
from vanne.errors import RefusedError, storing
from vanne.files import PRIVATE, make_folder, sync
from vanne.secrets import secret_files

DERIVED = ("facts", "choices", "seen.json")
"""What a refresh makes again of the data files, the members and the ledger."""
_DATABASES = ("database.sqlite", "ledger.sqlite")
_LIVE = ("-wal", "-shm", "-journal")


def back_up(home: Home, out: Path, *, with_key: bool = False) -> dict[str, int]:
    """Copy a home into a new folder; return how many files and bytes there are.

    Raises:
        RefusedError: the folder is there already, or in the home.
        StorageError: it cannot be written; the copy is not whole then.
    """
    if out.exists() or out.resolve().is_relative_to(home.root.resolve()):
        raise RefusedError(f"`{out}` is there, or lies in the home", todo="name a new folder")
    partial = out.with_name(f".{out.name}.partial")
    with storing(f"`{out}`"):
        rmtree(partial, ignore_errors=True)  # of one that was killed
        make_folder(partial)
        _copy_files(home, partial, with_key=with_key)  # most of it, while others go on
        with locked(home):
            _copy_files(home, partial, with_key=with_key)
            for path in (home.database, home.ledger):
                if path.exists():
                    _copy_database(path, partial / path.name)
        partial.rename(out)
        sync(out.parent)
    files = [path for path in out.rglob("*") if path.is_file()]
    return {"files": len(files), "bytes": sum(path.stat().st_size for path in files)}


def _copy_files(home: Home, to: Path, *, with_key: bool) -> None:
    """Copy what is not there yet or has changed; remove what is gone."""
    names = [path.relative_to(home.root) for path in home.root.rglob("*") if path.is_file()]
    kept = {name for name in names if _is_kept(name)}
    kept -= set() if with_key else secret_files(home)
    for path in [path for path in to.rglob("*") if path.is_file()]:
        if path.relative_to(to) not in kept:
            path.unlink()
    for name in sorted(kept):
        with suppress(FileNotFoundError):  # a version was replaced meanwhile
            now, copy = (home.root / name).stat(), to / name
            if not copy.exists() or _look(copy.stat()) != _look(now):
                make_folder(copy.parent)
                copy2(home.root / name, copy)
                sync(copy)


def _look(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_size, facts.st_mtime_ns


def _is_kept(name: Path) -> bool:
    if name.name.endswith(_LIVE) or name.name.startswith(".") or name.name in _DATABASES:
        return False
    return name.parts[:1] != ("corpus",) or name.parts[1] not in DERIVED


def _copy_database(path: Path, to: Path) -> None:
    """Copy a database that is in use, as of one moment (SQLite's online backup)."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA secure_delete = ON")
        with suppress(sqlite3.OperationalError):  # the ledger has no such table
            copy.execute("DELETE FROM session")
            copy.commit()
    to.chmod(PRIVATE)
    sync(to)
