"""Where a ledger is kept and where its keys are: a file, or a database that an address names."""

from pathlib import Path

from vanne.config import Home
from vanne.errors import InputError, MissingError, StorageError
from vanne.ledger.checkpoint import is_key_name
from vanne.ledger.keys import Keys
from vanne.ledger.postgres import PostgresStore
from vanne.ledger.postgres import create_if_absent as create_tables
from vanne.ledger.sqlite import SqliteStore, refuse_damage
from vanne.ledger.sqlite import create_if_absent as create_file
from vanne.ledger.store import Store, read_head

DEFAULT_ORIGIN = "vanne.local/ledger"


def refuse_lost(home: Home) -> None:
    """Refuse to go on when the file of a ledger that there was is not there.

    Raises:
        MissingError: it is not there.
    """
    if home.database_url is None and not home.ledger.exists():
        todo = f"restore `{home.ledger.name}` and its key"
        raise MissingError("the ledger is not there", todo=todo)


def open_file(path: Path, origin: str, writable: bool, patience_s: float) -> tuple[Store, Keys]:
    """Open the ledger in a file; make one with a fresh key if it is to be written and not there."""
    if not writable and not path.exists():
        raise MissingError(f"there is no ledger `{path}`", todo="check the path")
    if path.is_dir():
        raise StorageError(f"`{path}` is a folder, and no ledger", todo="name the file of a ledger")
    keys = Keys(path.with_suffix(".key"))
    if writable:
        _check_origin(origin)
        create_file(path, keys.path, origin)
        refuse_damage(path)
    store = SqliteStore(path, writable=writable, patience_s=patience_s)
    return _checked(store, keys, writable)


def open_database(
    url: str, key_path: Path, origin: str, writable: bool, create: bool, patience_s: float
) -> tuple[Store, Keys]:
    """Open the ledger in a database; with `create`, make one if it is not there."""
    if create:
        _check_origin(origin)
        create_tables(url, key_path, origin, patience_s)
    store = PostgresStore(url, writable=writable, patience_s=patience_s)
    return _checked(store, Keys(key_path), writable)


def _checked(store: Store, keys: Keys, writable: bool) -> tuple[Store, Keys]:
    """Check that a ledger is there, and the keys that it needs to be written."""
    try:
        store.require()
        with store.reading() as db:
            head = read_head(db)
        if writable:
            keys.signers(head.verifiers)
    except BaseException:
        store.close()
        raise
    return store, keys


def _check_origin(origin: str) -> None:
    if not is_key_name(origin):
        todo = "use a name like `example.org/ledger`, without spaces and plus signs"
        raise InputError("the ledger's origin is not a name that C2SP allows", todo=todo)
