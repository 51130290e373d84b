"""The log's private keys: a PEM file (PKCS #8) that only its owner may read.

The file holds one key, and two while the key is being changed. The new key is on the disk before
the log names it; the former key stays until it is retired. The file is replaced whole, so a crash
at any point leaves every key that the log names in it. The log says which key is which.
"""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vanne.errors import InputError, MissingError, storing
from vanne.files import sync, write_whole
from vanne.ledger.checkpoint import Signer, Verifier

_MAX_KEY_BYTES = 10_000  # one has 119
_PEM = re.compile(rb"-----BEGIN [^-]+-----.*?-----END [^-]+-----", re.DOTALL)


def write_new_key(path: Path, name: str) -> Signer:
    """Make a key and write it with mode 0600; never over another one.

    Raises:
        StorageError: there is a file already, or it cannot be written.
    """
    signer = Signer(name, Ed25519PrivateKey.generate())
    with storing(f"the key `{path}`"):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_pem(signer.private))
                file.flush()
                os.fsync(file.fileno())
            sync(path.parent)
        except BaseException:
            path.unlink()
            raise
    return signer


class Keys:
    """The private keys of one ledger, read from their file when they are first needed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: dict[Verifier, Signer] = {}

    def signers(self, verifiers: Iterable[Verifier]) -> tuple[Signer, ...]:
        """Return the private halves of these keys.

        Raises:
            MissingError: one is not there; perhaps the key of another log is.
            InputError: the file holds no Ed25519 key.
            StorageError: it cannot be read.
        """
        verifiers = tuple(verifiers)
        for verifier in verifiers:
            if verifier in self._read:
                continue
            if not self.path.exists():
                raise MissingError(
                    f"the ledger's private key `{self.path}` is missing",
                    todo="put it back from a backup; without it the ledger can only be read",
                )
            signers = (Signer(verifier.name, private) for private in read_keys(self.path))
            self._read |= {signer.verifier: signer for signer in signers}
            if verifier not in self._read:
                raise MissingError(
                    f"`{self.path}` is not the key of this ledger, which is `{verifier.vkey}`",
                    todo="put the ledger's own key back from a backup",
                )
        return tuple(self._read[verifier] for verifier in verifiers)

    def next(self, current: Verifier) -> Verifier:
        """Return a new key that is on the disk beside the current one, which alone signs.

        Raises:
            StorageError: it cannot be written.
        """
        (signer,) = self.signers([current])
        new = Signer(current.name, Ed25519PrivateKey.generate())
        write_whole(self.path, _pem(signer.private) + _pem(new.private))
        return new.verifier

    def tidy(self, verifiers: Sequence[Verifier]) -> None:
        """Keep only the keys that sign: a retired one goes, and one that was never used.

        Raises:
            StorageError: the file cannot be written.
        """
        signers = self.signers(verifiers)
        if len(read_keys(self.path)) > len(signers):
            write_whole(self.path, b"".join(_pem(signer.private) for signer in signers))


def read_keys(path: Path) -> list[Ed25519PrivateKey]:
    """Return the private keys of a file.

    Raises:
        InputError: it holds no Ed25519 key.
        StorageError: it cannot be read.
    """
    with storing(f"the key `{path}`"), path.open("rb") as file:
        blocks = _PEM.findall(file.read(_MAX_KEY_BYTES))
    keys = []
    for block in blocks:
        try:
            keys.append(serialization.load_pem_private_key(block, password=None))
        except (ValueError, TypeError, UnsupportedAlgorithm):
            keys.clear()
            break
    if not keys or not all(isinstance(key, Ed25519PrivateKey) for key in keys):
        todo = "put its own key back from a backup"
        raise InputError(f"`{path}` holds no unencrypted Ed25519 key", todo=todo)
    return [key for key in keys if isinstance(key, Ed25519PrivateKey)]


def _pem(private: Ed25519PrivateKey) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
