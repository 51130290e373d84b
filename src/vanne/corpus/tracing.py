"""Follow an item through all versions of the corpus: in which it was, and why not in the others."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from vanne.config import Home
from vanne.corpus.contract import NEVER_PREFIX
from vanne.corpus.item_index import item_index_of
from vanne.corpus.manifest import DataFile, Manifest, load
from vanne.corpus.patch import sidecar_of
from vanne.errors import InputError, VerificationError, storing
from vanne.files import sha256_of
from vanne.sources.batches import find_item
from vanne.terms import REASONS, ItemId, Reason, is_unicode


@dataclass(frozen=True, slots=True)
class Trace:
    """What one version of the corpus decided about an item. `row` counts from 0 in the file."""

    version: str
    purpose: str
    policy: str
    as_of: datetime
    ledger_size: int
    file: str
    row: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class History:
    """What each version decided, oldest first; and how many versions are damaged."""

    traces: tuple[Trace, ...]
    damaged: int


def trace(home: Home, item_id: ItemId) -> History:
    """Return what each version decided about an item.

    A version in which the item is not, because its data file had not come or was gone, has none. So
    has one whose data file is gone by now: what was kept of it went with it.

    Raises:
        InputError: no version knows the item.
        VerificationError: nor can it be said, because versions are damaged.
    """
    if not is_unicode(item_id):
        raise InputError("an id that is not UTF-8 is no item's", todo="check its id")
    places, traces, damaged = _Places(home, item_id), list[Trace](), 0
    for version in _versions(home):
        try:
            traces += places.traced(load(home, version))
        except VerificationError:
            damaged += 1
    if damaged and not traces:
        raise VerificationError(
            f"no whole version knows that item; damaged ones: {damaged:,}",
            todo="build the corpus again",
        )
    if not traces:
        raise InputError(
            "no version of the corpus knows that item",
            todo="check its id; what was kept of a data file goes with it",
        )
    traces.sort(key=lambda each: (each.as_of, each.ledger_size, each.version))
    return History(tuple(traces), damaged)


def _versions(home: Home) -> list[str]:
    """Return the names of all versions that were ever current."""
    with storing(f"`{home.corpus}`"):
        return sorted(path.stem for path in (home.corpus / "manifests").glob("*.json"))


class _Places:
    """Where the item is in each data file; data files never change, so each is searched once."""

    def __init__(self, home: Home, item_id: ItemId) -> None:
        self._home, self._item_id = home, item_id
        self._known: dict[str, int | None] = {}

    def traced(self, manifest: Manifest) -> Iterator[Trace]:
        for file in manifest.files:
            if (row := self._row(file)) is not None:
                yield Trace(
                    version=manifest.version,
                    purpose=manifest.purpose,
                    policy=manifest.policy_name,
                    as_of=manifest.as_of,
                    ledger_size=manifest.ledger_size,
                    file=file.path,
                    row=row,
                    reason=self._reason(manifest, file, row),
                )

    def _row(self, file: DataFile) -> int | None:
        import pyarrow as pa

        if file.sha256 not in self._known:
            data = self._home.items / file.path
            kept = self._home.corpus / "facts" / f"{file.sha256}.arrow"
            row: int | None = None
            if file.path.startswith(NEVER_PREFIX):
                row = find_item(str(data), self._item_id) if data.exists() else None
            elif kept.exists() or (data.exists() and sha256_of(data) == file.sha256):
                index = item_index_of(self._home, file.path, file.sha256)
                row = int(index.ids.find(pa.array([self._item_id]))[0])
            self._known[file.sha256] = None if row is None or row < 0 else row
        return self._known[file.sha256]

    def _reason(self, manifest: Manifest, file: DataFile, row: int) -> Reason:
        if file.sidecar is None:
            return Reason.CATEGORY_NEVER
        sidecar = sidecar_of(self._home, manifest, file)
        sidecar.check()
        return REASONS[int(sidecar.codes[row])]
