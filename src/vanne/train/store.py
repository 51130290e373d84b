"""Where a model is kept: checkpoints by key, lineages, and the name of the current one.

    STORE/
    ├─ checkpoints/KEY.safetensors, KEY.json   what was learnt, and the note with its digest
    │              KEY.snapshot.safetensors    a slice that is being trained: see `save_snapshot`
    ├─ models/VERSION.json                     a lineage; VERSION.items.parquet beside it is private
    ├─ CURRENT                                 the version that serves
    ├─ proof-*/                                 the empty store of a proof (vanne.forget) that runs
    ├─ salt                                    secret: which member is in which shard and slice
    ├─ lock                                    held while something is written or pruned
    └─ training.lock, TRAINING                 held while something trains; on which corpus. A job
                                               that trains some shards alone adds their numbers

A training holds the lock of the store only while it writes. So an opt-out can leave the model while
a training runs: `revoke` then ends the training, which may hold what has left.

Every file is written beside its place, synced and renamed. The note is written after the tensors. A
checkpoint counts only if its bytes match its note; any other is trained again.
"""

import json
import logging
import secrets
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from vanne.errors import BusyError, ConflictError, StorageError, VerificationError, storing
from vanne.files import PRIVATE, locked, make_folder, sha256_of, sync, write_whole

log = logging.getLogger(__name__)

TRAINING = "TRAINING"
"""The file that names the corpus that a training is of."""
PROOF = "proof-"
"""How the folders begin in which proofs train; none outlasts a change of the model."""


@dataclass(frozen=True, slots=True)
class CheckpointMeta:
    """What is known about a checkpoint. `tokens` counts a token as often as it was trained on.

    `losses` holds the mean loss (nats per token) of every `loop.STRIDE` optimizer steps. `cut` is
    the number of documents that were longer than `max_tokens`. `environment` is where it was made,
    if that is not the environment of the ground.
    """

    key: str
    sha256: str
    documents: int
    tokens: int
    losses: tuple[float, ...]
    seconds: float
    cpu_seconds: float
    cut: int = 0
    environment: Mapping[str, str] | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the note that a JSON document holds."""
        return cls(**{**values, "losses": tuple(values["losses"])})

    def passed_on(self) -> Self:
        """Return the note of a slice that holds nothing: it passes this checkpoint on."""
        return type(self)(self.key, self.sha256, 0, 0, (), 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class ModelStore:
    """The folder of one model and its predecessors.

    `training_on` is the corpus that this process trains on (`training`): None if it trains nothing.
    `part` names the shards of which it trains no others.
    """

    root: Path
    training_on: str | None = None
    part: str = ""

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

    def current_version(self) -> str | None:
        """Return the version of the model that serves; None if nothing has been trained."""
        if not self.pointer.exists():
            return None
        with storing("the name of the current model"):
            return self.pointer.read_text().strip()

    def checkpoint(self, key: str) -> Path:
        """Return where the tensors of a key are."""
        return self.checkpoints / f"{key}.safetensors"

    def snapshot(self, key: str) -> Path:
        """Return where the snapshot of a slice lies that is being trained."""
        return self.checkpoints / f"{key}.snapshot.safetensors"

    @property
    def has_salt(self) -> bool:
        """Whether the secret that places members was made."""
        return (self.root / "salt").exists()

    def salt(self) -> bytes:
        """Return the secret that places members, making it on first use (mode 0600).

        Whoever may be the first to use it holds the lock.

        Raises:
            StorageError: it is lost or damaged: a new one would place every member elsewhere.
        """
        path = self.root / "salt"
        if not self.has_salt:
            if self.pointer.exists():
                raise StorageError(
                    f"`{path}` is lost, and it says which member is in which shard of the model",
                    todo="bring it back from a copy; without one, take the folder away and train"
                    " everything again with `vanne train`",
                )
            write_whole(path, secrets.token_bytes(32), mode=0o600)
        with storing("the salt of the model store"):
            salt = path.read_bytes()
        if len(salt) != 32:
            raise StorageError(f"`{path}` is damaged", todo="restore it from a backup")
        return salt

    def note(self, key: str) -> CheckpointMeta | None:
        """Return the note of a whole checkpoint; `None` if it is missing or damaged."""
        path = self.checkpoints / f"{key}.json"
        try:
            values = json.loads(path.read_bytes())
            note = CheckpointMeta.of(values)
            whole = sha256_of(self.checkpoint(key)) == note.sha256 and note.key == key
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError, StorageError):
            whole = False
        if not whole:
            log.warning("checkpoint %s is damaged and will be trained again", key[:12])
            return None
        return note

    def sizes(self, ground: str) -> tuple[int, int]:
        """Return how many bytes of tensors a slice has, and the ground that it begins from."""
        with storing(f"checkpoint `{ground[:12]}`"), self.checkpoint(ground).open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        spans = {k: t["data_offsets"] for k, t in header.items() if k != "__metadata__"}
        each: dict[str, int] = {name: end - begin for name, (begin, end) in spans.items()}
        return sum(size for name, size in each.items() if is_learnt(name)), sum(each.values())

    def save(self, tensors: Mapping[str, Any], note: CheckpointMeta) -> CheckpointMeta:
        """Write a checkpoint whole, then its note with the digest of the written bytes."""
        from safetensors.torch import save

        # One entry only: safetensors writes metadata in the random order of a hash map.
        data = save(dict(tensors), {"format": "pt"})
        return self.keep(data, replace(note, sha256=sha256(data).hexdigest()))

    def keep(self, data: bytes, note: CheckpointMeta) -> CheckpointMeta:
        """Write the bytes of a checkpoint whole, then its note.

        Raises:
            ConflictError: the training that made it was revoked.
        """
        with self.locked():
            write_whole(self.checkpoint(note.key), data)
            text = json.dumps(asdict(note), indent=1).encode()
            write_whole(self.checkpoints / f"{note.key}.json", text)
        return note

    def load(self, ground: CheckpointMeta, note: CheckpointMeta) -> dict[str, Any]:
        """Return the adapter of a slice: the A of the ground, and its own B."""
        state = self.load_state(ground, note)
        return {name: tensor for name, tensor in state.items() if "/" not in name}

    def load_state(self, ground: CheckpointMeta, note: CheckpointMeta) -> dict[str, Any]:
        """Return what the slice after this one starts from (vanne.train.loop).

        The bytes of the checkpoints must have the digests of their notes.

        Raises:
            VerificationError: they have not.
        """
        from safetensors.torch import load

        state = dict[str, Any]()
        for key, digest in dict.fromkeys((each.key, each.sha256) for each in (ground, note)):
            with storing(f"checkpoint `{key[:12]}`"):
                data = self.checkpoint(key).read_bytes()
            if sha256(data).hexdigest() != digest:
                raise VerificationError(
                    f"checkpoint `{key[:12]}` does not have the digest that its lineage records",
                    todo="run `vanne train` again: it trains anew what is damaged",
                )
            state |= load(data)
        return state

    def save_snapshot(self, key: str, tensors: Mapping[str, Any]) -> None:
        """Write what a killed run can go on from: whole, with the digest of the tensors inside.

        Raises:
            ConflictError: the training was revoked.
        """
        from safetensors.torch import save

        digest = sha256(save(dict(tensors))).hexdigest()
        data = save(dict(tensors), {"sha256": digest})
        with self.locked():
            write_whole(self.snapshot(key), data)

    def load_snapshot(self, key: str) -> dict[str, Any] | None:
        """Return what a killed run left of a slice; `None` if nothing, or it is damaged."""
        from safetensors import SafetensorError
        from safetensors.torch import load, save

        try:
            data = self.snapshot(key).read_bytes()
            tensors = load(data)
            header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
            whole = header["__metadata__"]["sha256"] == sha256(save(tensors)).hexdigest()
        except FileNotFoundError:
            return None
        except (SafetensorError, OSError, ValueError, KeyError):
            whole = False
        if not whole:
            log.warning("what was trained of checkpoint %s is damaged and left out", key[:12])
        return tensors if whole else None

    def drop_snapshot(self, key: str) -> None:
        """Delete what was kept of a slice while it was trained."""
        with storing("a snapshot"):
            self.snapshot(key).unlink(missing_ok=True)

    def prune(self, keep: Collection[str]) -> list[str]:
        """Delete every checkpoint, note and leftover that is not to be kept; return their keys.

        Snapshots go with the keys that are not kept, and with those whose checkpoint is there, from
        which alone the next slice sets out. What a proof trains goes, too: one that still runs ends
        with an error.
        """
        gone = set()
        with storing("the checkpoints"):
            for folder in self.root.glob(f"{PROOF}*/"):
                shutil.rmtree(folder)
            for path in sorted(self.checkpoints.iterdir() if self.checkpoints.exists() else ()):
                key = path.name.split(".")[0]
                is_done = path == self.snapshot(key) and self.checkpoint(key).exists()
                if key not in keep or is_done:
                    path.unlink()
                    gone |= {key} - set(keep)
            if self.checkpoints.exists():
                sync(self.checkpoints)
        return sorted(gone - {""})

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the store for writing; who comes meanwhile waits, for nobody holds it long.

        Raises:
            ConflictError: the training that wants to write was revoked.
        """
        with locked(self._lock_file("lock")):
            self.require_unrevoked()
            yield

    @contextmanager
    def training(self, corpus: str, part: str = "") -> Iterator[Self]:
        """Hold the store for one training on a version of the corpus; give the store to train in.

        Trainings of other parts may run beside it: each finds what it needs by its key.

        Raises:
            BusyError: another process trains here.
        """
        path = self.root / f"{TRAINING}{part}"
        busy = BusyError(
            f"the model in `{self.root}` is being trained by another process",
            todo="wait until it has ended",
        )
        with locked(self._lock_file(f"training{part}.lock"), busy=busy):
            with self.locked():
                write_whole(path, corpus.encode())
            try:
                yield replace(self, training_on=corpus, part=part)
            finally:
                path.unlink(missing_ok=True)

    def revoke(self, corpus: str) -> None:
        """End a training on another version of the corpus: it may hold what has left this one.

        From then on it writes nothing. Whoever calls this holds the lock.
        """
        with storing("the model store"):
            for path in self.root.glob(f"{TRAINING}*"):
                if path.read_text() != corpus:
                    path.unlink(missing_ok=True)

    def require_unrevoked(self) -> None:
        """Go on only if nobody has revoked this training.

        Raises:
            ConflictError: somebody has.
        """
        if self.training_on not in (None, self._trained_corpus()):
            raise ConflictError(
                "something has left the model while it was trained",
                todo="run this again: what it did not touch is kept",
            )

    def _trained_corpus(self) -> str | None:
        try:
            return (self.root / f"{TRAINING}{self.part}").read_text()
        except FileNotFoundError:
            return None

    def _lock_file(self, name: str) -> Path:
        with storing("the model store"):
            make_folder(self.root)
            (self.root / name).touch(PRIVATE)
        return self.root / name


def is_learnt(name: str) -> bool:
    """Say whether a slice learns a tensor of a state: B, but not what AdamW keeps of it."""
    return ".lora_B." in name and "/" not in name
