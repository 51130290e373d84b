"""The log's private key: a PKCS #8 PEM file beside the ledger that only its owner may read."""

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from vanne.errors import InputError, MissingError, storing
from vanne.files import sync
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


def read_key(path: Path, verifier: Verifier) -> Signer:
    """Read the key that belongs to a log.

    Raises:
        MissingError: the file is not there, or holds the key of another log.
        InputError: the file holds no Ed25519 key.
        StorageError: it cannot be read.
    """
    if not path.exists():
        raise MissingError(
            f"the ledger's private key `{path}` is missing",
            todo="put it back from a backup; without it the ledger can be read, not written",
        )
    with storing(f"the key `{path}`"), path.open("rb") as file:
        pem = file.read(_MAX_KEY_BYTES)
    signer = Signer(verifier.name, _parse(pem, path))
    if signer.verifier != verifier:
        raise MissingError(
            f"`{path}` is not the key of this ledger, which is `{verifier.vkey}`",
            todo="put the ledger's own key back from a backup",
        )
    return signer


def _parse(pem: bytes, path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        todo = "put the ledger's own key back from a backup"
        raise InputError(f"`{path}` holds no unencrypted Ed25519 key", todo=todo)
    return key
