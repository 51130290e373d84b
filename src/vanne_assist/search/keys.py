"""The key of a home's index, and what stands for a name under it."""

import hashlib
import secrets

from vanne.config import Home
from vanne.errors import storing
from vanne.files import make_folder, write_whole
from vanne_assist.search.index import folder

_KEY_BYTES = 32


def read_key(home: Home) -> bytes:
    """Return the key of a home; make it when it is first needed."""
    path = folder(home) / "key"
    if not path.exists():
        make_folder(path.parent)
        write_whole(path, secrets.token_bytes(_KEY_BYTES), mode=0o600)
    with storing("`search/key`"):
        return path.read_bytes()


def keyed(key: bytes, name: str) -> bytes:
    """Return what stands for a name: nobody is first for how they are called."""
    return hashlib.blake2b(name.encode(), key=key, digest_size=16).digest()
