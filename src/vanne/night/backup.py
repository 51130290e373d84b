"""Copy a network into a folder, and begin it again from there.

Nobody has to stop: versions are made by one process at a time, and this waits its turn. The ledger
is copied last, so that it has heard everything that the copied corpus has. What can be derived is
left out, and so is every secret (`vanne.secrets`): who finds a copy can sign nothing and is nobody.
With a passphrase the secrets are one encrypted file. A database in PostgreSQL is backed up by its
own tools.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import copy2, rmtree

from vanne.config import Home
from vanne.corpus.building import locked
from vanne.errors import MissingError, RefusedError, StorageError, storing
from vanne.files import PRIVATE, make_folder, sync, write_whole
from vanne.ledger import FsckReport, Ledger
from vanne.ledger.checkpoint import Verifier, signer_of, verify_checkpoint
from vanne.ledger.seen import Sighting, keep, sightings
from vanne.secrets import SEALED, SECRETS, seal, secret_files, unseal

DERIVED = ("facts", "choices", "seen.json")
"""What a refresh makes again of the data files, the members and the ledger."""
_DATABASES = ("database.sqlite", "ledger.sqlite")
_LIVE = ("-wal", "-shm", "-journal")


def back_up(home: Home, out: Path, *, passphrase: str | None = None) -> dict[str, int]:
    """Copy a home into a new folder; return how many files and bytes there are.

    With a passphrase its secrets are copied, too, encrypted with it.

    Raises:
        RefusedError: the folder is there already, or in the home.
        ConfigError: the passphrase is too short.
        StorageError: it cannot be written, or a database is damaged; the copy is not there then.
    """
    if out.exists() or out.resolve().is_relative_to(home.root.resolve()):
        raise RefusedError(f"`{out}` is there, or lies in the home", todo="name a new folder")
    with _new(out) as partial:
        _copy_files(home, partial)  # most of it, while others go on
        with locked(home):
            _copy(home, partial)
            if passphrase is not None:
                names = secret_files(home)
                contents = {str(name): (home.root / name).read_bytes() for name in sorted(names)}
                write_whole(partial / SEALED, seal(contents, passphrase))
    files = [path for path in out.rglob("*") if path.is_file()]
    return {"files": len(files), "bytes": sum(path.stat().st_size for path in files)}


@dataclass(frozen=True, slots=True)
class Restored:
    """The check of the ledger that was put back, and who has seen it.

    `missing` are the secrets that were neither in the copy nor put into it.
    """

    ledger: FsckReport
    seen: tuple[Sighting, ...]
    missing: tuple[str, ...]


def restore(
    backup: Path, home: Home, *, passphrase: str | None = None, note: str | None = None
) -> Restored:
    """Begin a network again from a copy of it.

    The ledger is compared with what others have seen of it, and with the checkpoint in `note`. If
    it lacks something, it signs nothing until that is solved (`vanne.ledger.seen`).

    Raises:
        RefusedError: the home is there already.
        MissingError: there is no network in the copy, or not all of one.
        VerificationError: the passphrase is another one, or the checkpoint is not of this log.
        StorageError: it cannot be read or written, or a database is damaged; the home is not there
            then.
    """
    if home.root.exists():
        raise RefusedError(f"`{home.root}` is there", todo="move it away, or name another home")
    copied = Home(backup, home.database_url).require()
    if not (home.database_url or copied.database.exists()):
        todo = "take a whole copy of the backup"
        raise MissingError(f"`{copied.database}` is missing", todo=todo)
    with _new(home.root) as partial:
        _copy(copied, partial)
        (partial / SEALED).unlink(missing_ok=True)
        given = {str(name): (backup / name).read_bytes() for name in secret_files(copied)}
        if (sealed := backup / SEALED).exists():
            given |= unseal(sealed.read_bytes(), passphrase or "")
        for name, data in given.items():
            write_whole(partial / name, data)
        for path in partial.rglob("*"):
            path.chmod(0o700 if path.is_dir() else PRIVATE)
        made = Home(partial, home.database_url)
        with Ledger.of(made, read_only=True) as ledger:
            if note is not None:
                keys = [Verifier.parse(vkey) for vkey in ledger.vkeys]
                verify_checkpoint(note, signer_of(note, keys))
                if ledger.lacking([Sighting.of_note("witness", "", note)]):
                    keep(made, note)  # so that nothing is signed until the loss is dealt with
        missing = [name for name in SECRETS if not any(partial.glob(name))]
    with Ledger.of(home, read_only=True) as ledger:
        return Restored(ledger.fsck(), tuple(sightings(home)), tuple(missing))


@contextmanager
def _new(folder: Path) -> Iterator[Path]:
    """Give a folder to write into that gets its name when all of it is written."""
    partial = folder.with_name(f".{folder.name}.partial")
    with storing(f"`{folder}`"):
        rmtree(partial, ignore_errors=True)  # of one that was killed
        make_folder(partial)
        try:
            yield partial
            partial.rename(folder)
        except BaseException:
            rmtree(partial, ignore_errors=True)  # secrets may be in it
            raise
        sync(folder.parent)


def _copy(home: Home, to: Path) -> None:
    """Copy the files, and then the databases."""
    _copy_files(home, to)
    for path in (home.database, home.ledger):
        if path.exists():
            _copy_database(path, to / path.name)


def _copy_files(home: Home, to: Path) -> None:
    """Copy what is not there yet or has changed; remove what is gone."""
    names = [path.relative_to(home.root) for path in home.root.rglob("*") if path.is_file()]
    kept = {name for name in names if _is_kept(name)} - secret_files(home)
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
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(to)) as copy:
            source.backup(copy)
            ((problem,),) = copy.execute("PRAGMA quick_check(1)")
            copy.execute("PRAGMA secure_delete = ON")
            with suppress(sqlite3.OperationalError):  # the ledger has no such table
                copy.execute("DELETE FROM session")
                copy.commit()
    except sqlite3.DatabaseError as error:
        problem = str(error)
    if problem != "ok":
        todo = "use an older backup, or another copy of this one"
        raise StorageError(f"`{path}` is damaged: {problem}", todo=todo)
    to.chmod(PRIVATE)
    sync(to)
