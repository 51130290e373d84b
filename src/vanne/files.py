"""Write files atomically, make them durable, lock them, and compute their SHA-256.

Only its owner can read a new file (mode 0600; folders 0700), whatever the umask, because nearly
every file holds personal data. For a file that is to be published the caller gives another mode.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from stat import S_ISREG

from vanne.errors import BusyError, InputError, storing
from vanne.words import Message

PRIVATE, PUBLIC = 0o600, 0o644
"""The modes of files that are for their owner, and for everybody."""


def make_folder(path: Path, *, mode: int = 0o700) -> None:
    """Make a folder and those above it that are missing, each with that mode; others stay."""
    if not path.is_dir():
        make_folder(path.parent, mode=mode)
        with suppress(FileExistsError):  # somebody else made it meanwhile
            path.mkdir(mode=0o700)
            path.chmod(mode)


def write_whole(path: Path, data: bytes, *, mode: int = PRIVATE, durable: bool = True) -> None:
    """Write a file so that a crash at any point leaves the old one or the new one, never a part.

    With `durable=False` it waits for no disk: of many files, all are made durable at once.

    Raises:
        StorageError: the disk is full, or the folder cannot be written; the old file is untouched.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with storing(f"`{path.name}`"):
        try:
            make_folder(path.parent)
            with os.fdopen(
                os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "wb"
            ) as file:
                os.fchmod(file.fileno(), mode)
                file.write(data)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
            partial.replace(path)
            if durable:
                sync(path.parent)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a file to write into that gets its name when all of it is written.

    Raises:
        InputError: there is a file of that name.
        StorageError: the file cannot be written; nothing is left of it.
    """
    if path.exists() or path.is_symlink():
        there = Message("file-already", file=str(path))
        raise InputError(there, todo=Message("name-another-file"))
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with storing(f"`{path}`"):
            make_folder(path.parent)
            partial.touch(PRIVATE)
        yield partial
        with storing(f"`{path}`"):
            sync(partial)
            partial.replace(path)
            sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Make a file, or a rename in a folder, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(path: Path, *, busy: BusyError | None = None) -> Iterator[None]:
    """Hold a folder or a file: one process at a time, until the block ends.

    Whoever comes meanwhile waits; with `busy`, they are refused by it.

    Raises:
        BusyError: `busy`, as another process holds it, or has just removed it.
        StorageError: it cannot be opened.
    """
    import fcntl  # Windows has none; what only reads needs no lock

    with storing(f"`{path}`"):
        handle = os.open(path, os.O_RDONLY)
    try:
        with storing(f"`{path}`"):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
            except BlockingIOError:
                assert busy is not None  # a lock that waits does not say this
                raise busy from None
            # a holder that removes what it held may have done so between our two steps
            if busy and not (path.exists() and os.path.samestat(os.fstat(handle), path.stat())):
                raise busy
        yield
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, in hex.

    Raises:
        StorageError: it cannot be read.
    """
    with storing(f"`{path}`"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_bytes(root: Path, seconds: float) -> dict[str, int]:
    """Return how large each thing in a folder is, in bytes; what is not counted in time has none.

    A file counts by the first word of its name: `ledger.sqlite` and `ledger.key` are `ledger`.
    """
    sizes, until = dict[str, int](), time.monotonic() + seconds
    for each in sorted(root.iterdir()) if root.is_dir() else ():
        name, size = each.name.strip(".").split(".")[0], 0
        for file in each.rglob("*") if each.is_dir() else [each]:
            if time.monotonic() > until:
                sizes.pop(name, None)
                return sizes
            with suppress(OSError):  # somebody removed it meanwhile
                status = file.lstat()
                size += status.st_size if S_ISREG(status.st_mode) else 0
        sizes[name] = sizes.get(name, 0) + size
    return sizes
