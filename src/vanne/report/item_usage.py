"""What a corpus or a model holds, item by item, read from what was recorded when it was made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from vanne.config import Home
from vanne.corpus import Manifest
from vanne.corpus.manifest import DataFile, current_version, has_current, load, load_for
from vanne.corpus.patch import sidecar_of
from vanne.errors import MissingError
from vanne.report.member_items import Row, digest_of
from vanne.terms import Item, Purpose, Reason


class Holding(Protocol):
    """One version of a corpus or a model. `at` is the time as of which its items were decided."""

    @property
    def version(self) -> str:
        """Its name."""

    @property
    def at(self) -> datetime:
        """As of when its items were decided."""

    def holds(self, row: Row, item: Item) -> bool | None:
        """Say whether it holds an item; None if that cannot be known any more."""


@dataclass(frozen=True, slots=True)
class InCorpus:
    """The codes of each data file of a corpus; None for a file that has changed since."""

    version: str
    at: datetime
    codes: Mapping[str, bytes | None]

    def holds(self, row: Row, item: Item) -> bool | None:
        """Look the row up in its sidecar."""
        name, number = row
        if name not in self.codes:
            return False
        codes = self.codes[name]
        return None if codes is None else codes[number] == Reason.ALLOWED.code


@dataclass(frozen=True, slots=True)
class InModel:
    """The items that a model was trained on."""

    version: str
    at: datetime
    items: frozenset[str]

    def holds(self, row: Row, item: Item) -> bool | None:
        """Look the item up in the list that was kept when the model was trained."""
        return item.item_id in self.items


def in_corpus(home: Home, purpose: Purpose) -> Holding | None:
    """Return what the current corpus holds; None if there is none for that purpose."""
    if not has_current(home, purpose):
        return None
    version = current_version(home, purpose)
    manifest = manifest_of(home, version, purpose)
    codes: dict[str, bytes | None] = {}
    for file in manifest.files:
        if file.sidecar:
            is_same = digest_of(home, home.items / file.path) == file.sha256
            codes[file.path] = _sidecar(home, version, file) if is_same else None
    return InCorpus(version, manifest.as_of, codes)


def in_model(home: Home, purpose: Purpose) -> Holding | None:
    """Return what the current model was trained on; None if there is none for that purpose."""
    from vanne.train.model import current as current_model

    try:
        model = current_model(home.model)
    except MissingError:
        return None
    manifest = load(home, model.corpus_version)
    if manifest.purpose != purpose:
        return None
    return InModel(model.version, manifest.as_of, _items(home.model, model.version))


@lru_cache(maxsize=64)
def manifest_of(home: Home, version: str, purpose: Purpose) -> Manifest:
    """Return the manifest of a version; it never changes, so it is read once."""
    return load_for(home, version, purpose)


@lru_cache(maxsize=64)
def _sidecar(home: Home, version: str, file: DataFile) -> bytes:
    sidecar = sidecar_of(home, load(home, version), file)
    sidecar.check()
    return sidecar.codes.tobytes()


@lru_cache(maxsize=2)
def _items(store: Path, version: str) -> frozenset[str]:
    from vanne.train.model import items_in
    from vanne.train.model import load as load_model

    return frozenset(items_in(store, load_model(store, version)))
