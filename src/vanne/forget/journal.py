"""What a forgetting has begun to do, so that a killed one is finished and said exactly.

    STORE/forgetting.json     there while a model is replaced: a JSON document, mode 0600

It is written before the first file is deleted and holds all that the certificate will say. Whoever
forgets next finishes it first: the same files are gone, and the certificate says the same.
"""

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from vanne.errors import VerificationError, storing
from vanne.files import sync, write_whole
from vanne.forget.certificate import Cost
from vanne.train.store import Store

SCHEMA = "vanne/forgetting/1"


@dataclass(frozen=True, slots=True)
class Journal:
    """The certificate's statement, as far as it is known, and the checkpoints that stay.

    `is_complete` says that all is deleted, and the statement complete.
    """

    statement: dict[str, Any]
    keep: frozenset[str]
    folder: Path
    cost: Cost
    is_complete: bool = False

    @classmethod
    def read(cls, store: Store) -> Self | None:
        """Return what another call has begun; None if there is nothing to finish.

        Raises:
            VerificationError: it cannot be read.
        """
        path = _path(store)
        if not path.exists():
            return None
        with storing("what a forgetting has begun"):
            data = path.read_bytes()
        try:
            said = json.loads(data)
            folder, keep = Path(said["folder"]), frozenset(said["keep"])
            cost = Cost(**said["cost"] | {"shards": tuple(said["cost"]["shards"])})
            return cls(said["statement"], keep, folder, cost, said["is_complete"])
        except (ValueError, KeyError, TypeError):
            raise VerificationError(f"`{path}` is damaged", todo="remove it, then run this again: "
                                    "its certificate will not be written") from None  # fmt: skip

    def write(self, store: Store) -> None:
        """Write it whole, in the place of what was there."""
        document = {
            "schema": SCHEMA,
            "statement": self.statement,
            "keep": sorted(self.keep),
            "folder": str(self.folder.absolute()),
            "cost": asdict(self.cost),
            "is_complete": self.is_complete,
        }
        write_whole(_path(store), json.dumps(document).encode(), mode=0o600)


def remove(store: Store) -> None:
    """Say that there is nothing left to finish."""
    with storing("what a forgetting has begun"):
        _path(store).unlink(missing_ok=True)
        sync(store.root)


def tainted_files(store: Store, version: str, keep: Collection[str]) -> dict[str, list[Path]]:
    """Return the files besides checkpoints that do not belong to a version, by what they are.

    `optimiser_states` are slices that were being trained when a training was killed, `item_lists`
    say which item is in which slice, `curves` are the losses of a training.
    """
    partials = (p for p in _in(store.checkpoints) if ".partial." in p.name)
    lists = (p for p in _in(store.models) if p.name.endswith(".items.parquet"))
    return {
        "optimiser_states": [p for p in partials if _stem(p) not in keep],
        "item_lists": [p for p in lists if _stem(p) != version],
        "curves": [p for p in _in(store.root / "curves") if _stem(p) != version],
    }


def _in(folder: Path) -> list[Path]:
    with storing(f"`{folder.name}`"):
        return sorted(folder.iterdir()) if folder.exists() else []


def _stem(path: Path) -> str:
    return path.name.lstrip(".").split(".")[0]


def _path(store: Store) -> Path:
    return store.root / "forgetting.json"
