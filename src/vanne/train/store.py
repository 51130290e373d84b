"""Where a model is kept: checkpoints by key, lineages, and the name of the current one.

    STORE/
    ├─ checkpoints/KEY.safetensors, KEY.json   tensors, and the note that holds their digest
    ├─ models/VERSION.json                     a lineage; VERSION.items.parquet beside it is private
    ├─ CURRENT                                 the version that serves
    ├─ salt                                    secret: which member is in which shard and slice
    └─ lock                                    held while something trains or prunes

Every file is written beside its place, synced and renamed. The note is written after the tensors: a
checkpoint without a note, or whose bytes differ from its note, is none and is trained again.
"""

import fcntl
import json
import logging
import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from vanne.errors import BusyError, StorageError, VerificationError, storing
from vanne.files import sha256_of, sync, write_whole

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Note:
    """What is known about a checkpoint. `tokens` counts a token as often as it was trained on."""

    key: str
    sha256: str
    documents: int
    tokens: int
    losses: tuple[float, ...]
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of one model and its predecessors."""

    root: Path

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints."""
        return self.root / "checkpoints"

    @property
    def models(self) -> Path:
        """The folder of the lineages."""
        return self.root / "models"

    @property
    def pointer(self) -> Path:
        """The file that names the current version."""
        return self.root / "CURRENT"

    def checkpoint(self, key: str) -> Path:
        """Return where the tensors of a key are."""
        return self.checkpoints / f"{key}.safetensors"

    def salt(self) -> bytes:
        """Return the secret that places members, making it on first use (mode 0600)."""
        path = self.root / "salt"
        if not path.exists():
            write_whole(path, secrets.token_bytes(32), mode=0o600)
        with storing("the salt of the model store"):
            salt = path.read_bytes()
        if len(salt) != 32:
            raise StorageError(f"`{path}` is damaged", todo="restore it from a backup")
        return salt

    def note(self, key: str) -> Note | None:
        """Return the note of a whole checkpoint; `None` if it is missing or damaged."""
        path = self.checkpoints / f"{key}.json"
        try:
            values = json.loads(path.read_bytes())
            note = Note(**values | {"losses": tuple(values["losses"])})
            whole = sha256_of(self.checkpoint(key)) == note.sha256 and note.key == key
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, StorageError):
            whole = False
        if not whole:
            log.warning("checkpoint %s is damaged and will be trained again", key[:12])
            return None
        return note

    def save(self, tensors: Mapping[str, Any], note: Note) -> Note:
        """Write a checkpoint whole, then its note with the digest of the written bytes."""
        from safetensors.torch import save

        # One entry only: safetensors writes metadata in the random order of a hash map.
        data = save(dict(tensors), {"format": "pt"})
        values = asdict(note) | {"sha256": sha256(data).hexdigest()}
        write_whole(self.checkpoint(note.key), data)
        write_whole(self.checkpoints / f"{note.key}.json", json.dumps(values, indent=1).encode())
        return Note(**values)

    def load(self, key: str, digest: str) -> dict[str, Any]:
        """Return the tensors of a checkpoint, whose bytes must have the given digest.

        Raises:
            VerificationError: they have not.
        """
        from safetensors.torch import load

        with storing(f"checkpoint `{key[:12]}`"):
            data = self.checkpoint(key).read_bytes()
        if sha256(data).hexdigest() != digest:
            raise VerificationError(
                f"checkpoint `{key[:12]}` does not have the digest that its lineage records",
                todo="run `vanne train` again: it trains anew what is damaged",
            )
        return load(data)

    def prune(self, keep: Collection[str]) -> list[str]:
        """Delete every checkpoint, note and leftover that is not to be kept; return their keys."""
        gone = set()
        with storing("the checkpoints"):
            for path in sorted(self.checkpoints.iterdir() if self.checkpoints.exists() else ()):
                if path.name.split(".")[0] not in keep:
                    path.unlink()
                    gone.add(path.name.split(".")[0])
            if gone:
                sync(self.checkpoints)
        return sorted(gone - {""})

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the store for writing.

        Raises:
            BusyError: another process holds it.
        """
        with storing("the model store"):
            self.root.mkdir(parents=True, exist_ok=True)
            file = (self.root / "lock").open("ab")
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BusyError(
                    f"the model in `{self.root}` is being trained by another process",
                    todo="wait until it has ended",
                ) from None
            yield
