"""Compare an export with an earlier one: which rows its receiver must delete.

That takes the record and the keys of the earlier one, not its shards: an operator need not keep
texts that members have taken back.
"""

import json
import os
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from vanne.config import Home
from vanne.corpus.export.selection import ExportFormat
from vanne.corpus.export.shards import DATA, KEYS, PHOTO_KINDS, Shard
from vanne.errors import InputError, RefusedError, StorageError, VerificationError, storing
from vanne.files import sha256_of, write_whole

SCHEMA = "vanne/export/1"
EXPORT, README, CROISSANT, REMOVED = "export.json", "README.md", "croissant.json", "removed.jsonl"


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier export: its record and its keys. Its shards need not be there any more."""

    folder: Path
    document: dict[str, Any]

    @classmethod
    def read(cls, folder: Path, secret: bytes, form: ExportFormat) -> "Earlier":
        """Read the record of an earlier export that this one can be compared with.

        Raises:
            InputError: it is none, or its rows have other keys or are of another kind.
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
        if _rows_of(document["kind"]) != _rows_of(form.kind):
            raise InputError(
                f"`{folder}` holds another kind of rows: texts, photos and photos with headlines "
                "have keys of their own"
            )
        listed = {file["name"]: file.get("sha256") for file in document["files"]}
        if sha256_of(folder / KEYS) != listed.get(KEYS):
            raise VerificationError(f"`{folder / KEYS}` is not the one that was exported")
        return cls(folder, document)

    def compare(self, new: Path, shards: tuple[Shard, ...]) -> dict[str, Any]:
        """Write which keys are gone; return what a receiver must delete and fetch."""
        removed = 0
        with (
            (self.folder / KEYS).open(encoding="ascii") as old_keys,
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
        had = {shard["name"] for shard in self.document["shards"]}
        have = {shard.name for shard in shards}
        return {
            "corpus": self.document["corpus"],
            "as_of": self.document["as_of"],
            "removed": removed,
            "shards_gone": sorted(had - have),
            "shards_new": sorted(have - had),
        }


def _rows_of(kind: str) -> str:
    return kind if kind in PHOTO_KINDS else "texts"


def _record(folder: Path) -> dict[str, Any] | None:
    try:
        document = json.loads((folder / EXPORT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        return None
    # Anybody may have edited the record: is everything there that is read of it?
    texts = ("key_id", "kind", "corpus", "as_of")
    is_complete = all(isinstance(document.get(name), str) for name in texts) and all(
        isinstance(files, list)
        and all(isinstance(f, dict) and isinstance(f.get("name"), str) for f in files)
        for files in (document.get("files"), document.get("shards"))
    )
    return document if is_complete else None


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


# Keys


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
