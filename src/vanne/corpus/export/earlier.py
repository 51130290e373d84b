"""Name the rows of an export by keys, and say which rows of an earlier export are gone.

The comparison reads the record and the keys of the earlier export, and not its shards. So an
operator can delete the texts that members took back.
"""

import hmac
import json
import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Any

from vanne.config import Home
from vanne.errors import InputError, RefusedError, StorageError, VerificationError, storing
from vanne.files import sha256_of, write_whole

SCHEMA = "vanne/export/1"
DATA, EXPORT, KEYS, REMOVED = "data", "export.json", "keys.txt", "removed.jsonl"


def item_key(secret: bytes, item_id: str, content: bytes) -> str:
    """Return the name of an item in exports: 128 bits that mean nothing without the secret.

    The content is part of it: an edited text is another row, and the old one is named as removed.
    """
    name = item_id.encode()
    return hmac.digest(secret, len(name).to_bytes(4, "big") + name + content, "sha256")[:16].hex()


def export_key(home: Home) -> bytes:
    """Return the secret that names items in exports, making it on first use (mode 0600)."""
    path = home.root / "export.key"
    with storing(f"`{path}`"):
        if not path.exists():
            fresh = path.with_name(f".{path.name}.{os.getpid()}")
            write_whole(fresh, secrets.token_bytes(32), mode=0o600)
            try:
                path.hardlink_to(fresh)  # of two processes, the first one's holds
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        secret = path.read_bytes()
    if len(secret) != 32:
        raise StorageError(f"`{path}` is damaged", todo="restore it from a backup")
    return secret


def key_id(secret: bytes) -> str:
    """Name a secret without telling it: keys of two secrets cannot be compared."""
    return sha256(b"vanne/export-key/1\n" + secret).hexdigest()[:16]


def _record(folder: Path) -> dict[str, Any] | None:
    try:
        document = dict(json.loads((folder / EXPORT).read_text(encoding="utf-8")))
        # Anybody may have edited the record: is everything there that is read of it?
        texts = [document[name] for name in ("key_id", "corpus", "as_of")]
        texts += [each["name"] for name in ("files", "shards") for each in document[name]]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    is_ours = document.get("schema") == SCHEMA and all(isinstance(text, str) for text in texts)
    return document if is_ours else None


def read_earlier(folder: Path, secret: bytes) -> dict[str, Any]:
    """Return the record of an earlier export that this one can be compared with.

    Raises:
        InputError: it is none, or its rows have other keys.
        VerificationError: its keys are not those of its record.
    """
    document = _record(folder)
    if document is None:
        raise InputError(f"`{folder}` is no export", todo="name the folder of an earlier one")
    if document["key_id"] != key_id(secret):
        raise InputError(
            f"`{folder}` was exported with another secret, so its keys mean nothing here",
            todo="restore `export.key`, or have the receiver delete that export whole",
        )
    listed = {file["name"]: file.get("sha256") for file in document["files"]}
    if sha256_of(folder / KEYS) != listed.get(KEYS):
        raise VerificationError(f"`{folder / KEYS}` is not the one that was exported")
    return document


def compared(old: Path, document: dict[str, Any], new: Path, have: set[str]) -> dict[str, Any]:
    """Write which keys are gone; return what a receiver must delete and fetch.

    `have` names the shards of the new one.
    """
    removed = 0
    with (
        (old / KEYS).open(encoding="ascii") as old_keys,
        (new / KEYS).open(encoding="ascii") as new_keys,
        (new / REMOVED).open("w", encoding="ascii", newline="\n") as file,
    ):
        new_key = next(new_keys, None)
        for key in old_keys:  # both are in order
            while new_key is not None and new_key < key:
                new_key = next(new_keys, None)
            if key != new_key:
                file.write(f'{{"key":"{key.strip()}"}}\n')
                removed += 1
    had = {shard["name"] for shard in document["shards"]}
    return {
        "corpus": document["corpus"],
        "as_of": document["as_of"],
        "removed": removed,
        "shards_gone": sorted(had - have),
        "shards_new": sorted(have - had),
    }


def is_whole_export(folder: Path) -> bool:
    """Say whether a folder is an export of ours and holds nothing that is not.

    Raises:
        RefusedError: something was added to it.
    """
    document = _record(folder)
    if document is None:
        return False
    ours = {EXPORT, *(file["name"] for file in document["files"])}
    ours |= {f"{DATA}/{shard['name']}" for shard in document["shards"]}
    there = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}
    if added := there - ours:
        raise RefusedError(
            f"`{folder}` holds {len(added):,} files that no export wrote",
            todo="move them away, or name another folder",
        )
    return True
