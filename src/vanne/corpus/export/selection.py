"""Choose the rows of an export: what it holds, what it leaves out, and why. Counts always close.

Every allowed row is kept, or a copy (exact or near) of one that is kept, or has nothing of the kind
that is exported (a photo has no text), or its photo is not where its row says, cannot be read, or
has no headline to go with.
"""

import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vanne.config import Home
from vanne.corpus.export.album import MISSING, NO_HEADLINE, TOO_LARGE, UNREADABLE, Album
from vanne.corpus.export.duplicates import EXACT, KEPT, NEAR, Copies
from vanne.corpus.export.shards import PHOTO_KINDS, Kind
from vanne.corpus.manifest import Manifest
from vanne.corpus.reader import read_batches
from vanne.errors import InputError, VerificationError
from vanne.terms import Category

if TYPE_CHECKING:
    import pyarrow as pa

WITHOUT = 3
LOWEST, USUAL = 0.5, 0.8
SHARD_ROWS = {"parquet": 100_000, "jsonl": 100_000, "webdataset": 10_000, "vision": 1_000}

Progress = Callable[[int, str], None]
Rows = Callable[[Sequence[str]], "Iterator[pa.RecordBatch]"]
"""Gives the allowed rows, those columns of them, in the same order each time."""


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """What an export looks like. `near` is a similarity from 0.5 to 1; None: exact copies only.

    Photos are compared exactly; only texts have near copies.
    """

    kind: Kind = "parquet"
    near: float | None = USUAL
    shard_rows: int | None = None
    with_owner: bool = False

    def __post_init__(self) -> None:
        if self.near is not None and not LOWEST <= self.near <= 1:
            raise InputError(f"a similarity of {self.near} is not between {LOWEST} and 1")
        if self.shard_rows is not None and self.shard_rows < 1:
            raise InputError("a shard has at least one row")

    @property
    def is_photos(self) -> bool:
        """Say whether photos are exported, and not texts."""
        return self.kind in PHOTO_KINDS

    @property
    def rows_per_shard(self) -> int:
        """Return about how many rows a shard has at most."""
        return self.shard_rows or SHARD_ROWS[self.kind]

    @property
    def threshold(self) -> float | None:
        """Return the similarity of near copies, if there are any of this kind."""
        return None if self.is_photos else self.near


@dataclass(frozen=True, slots=True)
class Selection:
    """One state per allowed row, in reading order; the digest of each kept photo's content."""

    states: npt.NDArray[np.uint8]
    photos: tuple[bytes, ...]

    @property
    def kept(self) -> int:
        """How many rows are exported."""
        return self._count(KEPT)

    def counts(self) -> dict[str, int]:
        """Return how many rows have each state: `allowed` is the sum of the others."""
        return {
            "allowed": len(self.states),
            "written": self.kept,
            "exact_duplicates": self._count(EXACT),
            "near_duplicates": self._count(NEAR),
            "without_content": self._count(WITHOUT),
            "missing_photos": self._count(MISSING),
            "unreadable_photos": self._count(UNREADABLE),
            "too_large_photos": self._count(TOO_LARGE),
            "without_headline": self._count(NO_HEADLINE),
        }

    def _count(self, state: int) -> int:
        return int((self.states == state).sum())


def allowed_rows(
    home: Home, manifest: Manifest, columns: Sequence[str]
) -> "Iterator[pa.RecordBatch]":
    """Yield these columns of the allowed rows as texts (a shard may hold 2 GB of them), or null."""
    import pyarrow as pa

    for batch in read_batches(home, manifest, columns):
        arrays = [
            batch[name].cast(pa.large_string())
            if name in batch.schema.names
            else pa.nulls(len(batch), pa.large_string())
            for name in columns
        ]
        yield pa.record_batch(arrays, names=list(columns))


def select(
    rows: Rows, form: ExportFormat, album: Album, scratch: Path, progress: Progress
) -> Selection:
    """Look at every allowed row once; choose what is exported."""
    copies = Copies(scratch, form.threshold)
    states: list[npt.NDArray[np.uint8]] = [np.zeros(0, dtype=np.uint8)]
    photos: list[bytes] = []
    done = 0
    columns = ("item_id", "media", "owner", "category") if form.is_photos else ("item_id", "text")
    for batch in rows(columns):
        has_any = np.array([bool(content) for content in batch[columns[1]].to_pylist()], np.bool_)
        if form.kind == "vision":  # headlines go with photos of people alone
            is_photo = [kind == Category.PHOTO for kind in batch["category"].to_pylist()]
            has_any &= np.array(is_photo, np.bool_)
        there = batch.filter(has_any)
        looks = np.full(len(there), KEPT, dtype=np.uint8)
        if form.is_photos:
            pairs = zip(there["owner"].to_pylist(), there["media"].to_pylist(), strict=True)
            looked = [album.look(*pair) for pair in pairs]
            looks[:] = [state for state, _ in looked]
            digests = [digest for state, digest in looked if state == KEPT]
            copies.add_digests(there["item_id"].filter(looks == KEPT), digests)
            photos += digests
        else:
            copies.add_texts(there["item_id"], there["text"].to_pylist())
        state = np.full(len(batch), WITHOUT, dtype=np.uint8)
        state[has_any] = looks
        states.append(state)
        done += len(batch)
        progress(done, "looking for copies")
    all_states, verdicts = np.concatenate(states), copies.verdicts()
    all_states[all_states == KEPT] = verdicts
    kept = [photo for place, photo in enumerate(photos) if verdicts[place] == KEPT]
    return Selection(all_states, tuple(kept))


def kept_rows(
    rows: Rows, form: ExportFormat, selection: Selection, secret: bytes, progress: Progress
) -> "Iterator[pa.Table]":
    """Yield what is exported of the kept rows, with their keys. Reads a second time.

    Raises:
        VerificationError: the rows are not those that were looked at.
    """
    import pyarrow as pa

    names = ["owner", "text", *(("media",) if form.is_photos else ())]
    start, photos = 0, iter(selection.photos)
    for batch in rows(("item_id", "category", "lang", *names)):
        exported = batch.filter(pa.array(selection.states[start : start + len(batch)] == KEPT))
        start += len(batch)
        hidden = () if form.with_owner or form.is_photos else ("owner",)
        columns = {n: exported[n] for n in ("category", "lang", *names) if n not in hidden}
        content = exported["text"].to_pylist()
        if form.is_photos:
            content = [next(photos) for _ in range(len(exported))]
            columns["digest"] = pa.array(content, pa.binary(32))
        ids = exported["item_id"].to_pylist()
        keys = [item_key(secret, *pair) for pair in zip(ids, content, strict=True)]
        if keys:
            yield pa.table({"key": pa.array(keys, pa.large_string())} | columns)
        progress(start, "putting rows in order")
    if start != len(selection.states):
        raise VerificationError("the corpus gave other rows the second time", todo="run this again")


def item_key(secret: bytes, item_id: str, content: str | bytes) -> str:
    """Return the name of an item in exports: 128 bits that mean nothing without the secret.

    The content is part of it: an edited text is another row, and the old one is named as removed.
    """
    name = item_id.encode()
    data = content.encode() if isinstance(content, str) else content
    return hmac.digest(secret, len(name).to_bytes(4, "big") + name + data, "sha256")[:16].hex()
