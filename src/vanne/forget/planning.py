"""What has left the corpus and is still in the model, and what forgetting it would cost."""

import shutil
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vanne.config import Home
from vanne.corpus import Document, Manifest
from vanne.corpus.indexes import item_index_of
from vanne.corpus.patch import sidecar_of
from vanne.forget.fallback_model import fallback, place
from vanne.terms import REASONS, ItemId, MemberId
from vanne.train.base import Base, find_base
from vanne.train.environment import Facts, changed, differences, environment
from vanne.train.exports import ExportedCopy, recorded
from vanne.train.model import Model, items_in, live
from vanne.train.shards import Slot
from vanne.train.store import ModelStore
from vanne.train.tokens import BaseTokenizer

GONE = "gone"
"""The reason of an item that no data file holds any more."""
NO_TEXT = "no-text"
"""The reason of an item that may be used and of which no text is left."""


@dataclass(frozen=True, slots=True)
class RemovedItem:
    """An item that a model holds and its corpus no longer does. `owner` is None if it is gone."""

    item_id: ItemId
    owner: MemberId | None
    reason: str


def removed_items(home: Home, manifest: Manifest, items: Collection[ItemId]) -> list[RemovedItem]:
    """Say of each of some items, which are no documents of a corpus, why they are not.

    Raises:
        VerificationError: a sidecar is damaged.
    """
    if not items:
        return []
    by_id = {each.item_id: each for each in _found(home, manifest, items)}
    return [by_id.get(item) or RemovedItem(item, None, GONE) for item in sorted(items)]


def _found(home: Home, manifest: Manifest, items: Collection[ItemId]) -> Iterator[RemovedItem]:
    import pyarrow as pa

    wanted = pa.array(sorted(items), pa.large_string())
    for file in manifest.files:
        if file.sidecar is None:
            continue
        index = item_index_of(home, file.path, file.sha256)
        codes = sidecar_of(home, manifest, file).codes
        for row in index.rows_with(wanted).tolist():
            place = int(index.items.owner[row])
            owner = index.items.people[place].as_py() if place >= 0 else None
            reason = REASONS[int(codes[row])].value if codes[row] else NO_TEXT
            yield RemovedItem(index.items.item_ids[row].as_py(), owner, reason)


def counted(left: Collection[RemovedItem]) -> dict[str, int]:
    """Return how many items left for each reason, by name."""
    return dict(sorted(Counter(each.reason for each in left).items()))


@dataclass(frozen=True, slots=True)
class ForgetPlan:
    """Which slices will be trained again, and what share of a full training that is.

    `environment_changed` names what differs from the machine that trained the model
    (`environment_differences` also says how): then the old
    checkpoints have other keys and everything is trained again, the ground included, unless it is
    accepted: `tokens_if_accepted` is what is trained then. `waiting` is how many documents the
    fallback model would not hold; `tokens_each` what it would take to do this for one member after
    the other, of whom `members` have something in the model. `exports` are copies outside the store
    that would be deleted. Sizes are in bytes.
    """

    slices: tuple[Slot, ...]
    tokens_to_train: int
    tokens_full: int
    seconds_expected: float
    dropped: tuple[str, ...]
    environment_changed: tuple[str, ...]
    environment_differences: tuple[str, ...] = ()
    tokens_if_accepted: int = 0
    is_tainted: bool = False
    waiting: int = 0
    members: int = 0
    tokens_each: int = 0
    exports: tuple[ExportedCopy, ...] = ()
    bytes_freed: int = 0
    bytes_needed: int = 0
    bytes_there: int = 0

    @property
    def shards(self) -> tuple[int, ...]:
        """The shards that are touched."""
        return tuple(sorted({shard for shard, _ in self.slices}))

    @property
    def share(self) -> float:
        """Tokens to train as a share of a full training on the same documents."""
        return self.tokens_to_train / self.tokens_full if self.tokens_full else 0.0


def plan(
    store: Path,
    model: Model,
    documents_after: Iterable[Document],
    left: Sequence[RemovedItem] = (),
) -> ForgetPlan:
    """Say what bringing the model to these documents would do, without doing any of it.

    `left` are the items that the model holds and the documents no longer do.
    """
    shelf, settings, documents = ModelStore(store), model.settings, list(documents_after)
    clean = fallback(shelf, model, documents, model.corpus_version)
    base = find_base(settings)
    changes = environment_changed(model, base)
    steps = place(shelf, model, documents).steps()
    known = {step.key: shelf.note(step.key) for step in steps}
    tokens = BaseTokenizer(base, settings.max_tokens)
    sizes = {}
    for step in steps:
        note = known[step.key]
        rows = () if note else tokens.examples(step.documents)
        trained = settings.epochs * sum(len(row.tokens) for row in rows)
        sizes[step.key] = note.tokens if note else trained
    missing = [step for step in steps if known[step.key] is None]
    work = steps if changes else missing
    to_train = sum(sizes[step.key] for step in work)
    keep = {step.key for step in steps} - {step.key for step in work}
    keep |= set() if changes else {model.ground.key}
    dropped = {key for each in live(store) for key in each.keys} - keep
    by_slot = {(step.shard, step.slice): sizes[step.key] for step in steps}
    places, owners = items_in(store, model), dict[str, set[Slot]]()
    for each in left:
        owners.setdefault(each.owner or "", set()).add(places[each.item_id])
    # What a token took when the model was trained; the ground tells for an empty one.
    seconds_a_token = model.ground.seconds / max(model.ground.tokens, 1)
    if model.tokens_total:
        seconds_a_token = model.seconds_total / model.tokens_total
    files = [shelf.checkpoint(key) for key in dropped]
    return ForgetPlan(
        slices=tuple((step.shard, step.slice) for step in work),
        tokens_to_train=to_train,
        tokens_full=sum(sizes.values()),
        seconds_expected=to_train * seconds_a_token,
        dropped=tuple(sorted(dropped)),
        environment_changed=changes,
        environment_differences=environment_differences(model, base),
        tokens_if_accepted=sum(sizes[step.key] for step in missing),
        is_tainted=clean.is_tainted,
        waiting=clean.model.waiting,
        members=len(owners),
        tokens_each=sum(tokens_from(slots, by_slot) for slots in owners.values()),
        exports=tuple(recorded(store)),
        bytes_freed=sum(path.stat().st_size for path in files if path.exists()),
        bytes_needed=len(work) * shelf.slice_bytes(model.ground.key),
        bytes_there=shutil.disk_usage(store).free,
    )


def environment_changed(model: Model, base: Base | None = None) -> tuple[str, ...]:
    """Return the names of the facts in which this machine differs from any that trained a model."""
    here = _here(model, base)
    return tuple(sorted({name for facts in model.environments for name in changed(facts, here)}))


def environment_differences(model: Model, base: Base | None = None) -> tuple[str, ...]:
    """Say in what this machine differs from any that trained a model, a fact at a time."""
    here = _here(model, base)
    return tuple(
        sorted({each for facts in model.environments for each in differences(facts, here)})
    )


def _here(model: Model, base: Base | None) -> Facts:
    return environment(model.settings, (base or find_base(model.settings)).digest)


def tokens_from(slots: Iterable[Slot], sizes: Mapping[Slot, int]) -> int:
    """Return the tokens of all slices from the first one that is touched on, in each shard."""
    first: dict[int, int] = {}
    for shard, part in slots:
        first[shard] = min(part, first.get(shard, part))
    return sum(
        size for (shard, part), size in sizes.items() if shard in first and part >= first[shard]
    )
