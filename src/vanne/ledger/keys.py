"""The log's private keys: PKCS #8 PEM files that only their owner may read.

`ledger.key` is the key. While it is changed there are two more: `ledger.next.key`, which is on the
disk before the log names it, and `ledger.former.key`, which signs too until it is retired. Which
file holds which key is never believed: a key is looked for in all three, in the order in which one
moves, so that it is found at any moment of a change.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vanne.errors import InputError, MissingError, storing
from vanne.files import locked, sync
from vanne.ledger.checkpoint import Signer, Verifier

_MAX_KEY_BYTES = 10_000  # a real one has 119


def write_new_key(path: Path, name: str) -> Signer:
    """Make a key and write it with mode 0600; never over another one.

    Raises:
        StorageError: there is a file already, or it cannot be written.
    """
    signer = Signer(name, Ed25519PrivateKey.generate())
    pem = signer.private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with storing(f"the key `{path}`"):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
            sync(path.parent)
        except BaseException:
            path.unlink()
            raise
    return signer


def key_files(path: Path) -> tuple[Path, Path, Path]:
    """Return where a ledger's keys may be: the next one, its own, the former one."""
    return path.with_suffix(".next.key"), path, path.with_suffix(".former.key")


class Keys:
    """The private keys of one ledger, each read from its file when it is first needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[Verifier, Signer] = {}

    def signers(self, verifiers: Iterable[Verifier]) -> tuple[Signer, ...]:
        """Return the private halves of these keys.

        Raises:
            MissingError: one is not there.
            InputError, StorageError: a file holds no key, or cannot be read.
        """
        verifiers = tuple(verifiers)
        for verifier in verifiers:
            if verifier not in self._read:
                self._read[verifier] = read_key(self.path, verifier)
        return tuple(self._read[verifier] for verifier in verifiers)

    def next(self, current: Verifier) -> Verifier:
        """Return a new key that is on the disk: one that a crash left unused, or a fresh one.

        Raises:
            StorageError: it cannot be written.
        """
        path, _, _ = key_files(self.path)
        if not path.exists():
            return write_new_key(path, current.name).verifier
        return Signer(current.name, load_key(path)).verifier

    def tidy(self, verifiers: Sequence[Verifier]) -> None:
        """Give the files the names that go with the keys that sign, and remove a retired key.

        Raises:
            StorageError: a file cannot be renamed.
        """
        following, own, former = key_files(self.path)
        with storing(f"the key `{own}`"), locked(own.parent):
            if _holds(following, verifiers[0]):
                if _holds(own, *verifiers[1:]):
                    own.replace(former)
                if not own.exists():
                    following.replace(own)
            if len(verifiers) == 1 and _holds(own, verifiers[0]):
                former.unlink(missing_ok=True)
            sync(own.parent)


def _holds(path: Path, *verifiers: Verifier) -> bool:
    """Tell whether a file holds one of these keys."""
    if not path.exists():
        return False
    private = load_key(path)
    return any(Signer(verifier.name, private).verifier == verifier for verifier in verifiers)


def read_key(path: Path, verifier: Verifier) -> Signer:
    """Read the key that belongs to a log, from whichever of its files holds it.

    Raises:
        MissingError: it is not there; perhaps the key of another log is.
        InputError: a file holds no Ed25519 key.
        StorageError: it cannot be read.
    """
    files = [file for file in key_files(path) if file.exists()]
    for file in files:
        signer = Signer(verifier.name, load_key(file))
        if signer.verifier == verifier:
            return signer
    if path not in files:
        raise MissingError(
            f"the ledger's private key `{path}` is missing",
            todo="put it back from a backup; without it the ledger can be read, not written",
        )
    raise MissingError(
        f"`{path}` is not the key of this ledger, which is `{verifier.vkey}`",
        todo="put the ledger's own key back from a backup",
    )


def load_key(path: Path) -> Ed25519PrivateKey:
    """Return the key in a file.

    Raises:
        InputError: the file holds no Ed25519 key.
        StorageError: it cannot be read.
    """
    with storing(f"the key `{path}`"), path.open("rb") as file:
        pem = file.read(_MAX_KEY_BYTES)
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        todo = "put the ledger's own key back from a backup"
        raise InputError(f"`{path}` holds no unencrypted Ed25519 key", todo=todo)
    return key
