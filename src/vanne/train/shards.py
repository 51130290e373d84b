"""Place each member in a shard and name each slice (SISA: Bourtoule et al., arXiv 1912.03817).

A member's place is a keyed hash of the member id and never a position in a list, so nobody moves
when somebody leaves. An item that several people can remove goes to the last slice of the owner's
shard, where removal costs least. A slice's name is the hash of all that its bits depend on:

    key(ground)       = hash(settings, environment, texts of the ground)
    key(shard, slice) = hash(salt, key of the slice before, shard, slice,
                             sorted (item id, content) pairs)

The first slice of a shard follows the ground, and is trained in the ground's environment. A slice
that is trained in another, accepted environment (vanne.train.environment) has the name

    hash(key(shard, slice), environment)

The number of the scheme, which is part of each name, stands for the code of the training itself.
The salt is in the hash so that nobody who reads a lineage can test a guess of what somebody wrote.
A slice without documents trains nothing and passes its predecessor's key on, exactly as if it had
never held any.
"""

import hmac
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from vanne.corpus import Document
from vanne.errors import InputError
from vanne.train.digests import content_of, digest, documents_digest
from vanne.train.environment import environment_digest
from vanne.train.settings import TrainingSettings

SCHEME = 4
"""The number of the training: another training gives other bits, and must have another number."""

GROUND = "ground"
"""The place of what all shards set out from."""

Slot = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SliceStep:
    """One slice of one shard: the checkpoint it starts from, and the one that it makes."""

    shard: int
    slice: int
    previous: str
    key: str
    documents: tuple[Document, ...]

    @property
    def place(self) -> str:
        """What it is called in progress bars, errors and the order of documents."""
        return f"shard {self.shard}, slice {self.slice}"


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps of a model, by shard; `items` says where each item is."""

    ground_key: str
    shards: Mapping[int, tuple[SliceStep, ...]]
    items: Mapping[str, Slot]

    def steps(self) -> list[SliceStep]:
        """Return the steps that train something, in order."""
        return [step for steps in self.shards.values() for step in steps if step.documents]


def slot(member: str, salt: bytes, settings: TrainingSettings) -> Slot:
    """Return the shard and slice of a member: HMAC-SHA256 with the secret salt."""
    sha = hmac.digest(salt, member.encode(), "sha256")
    shard, part = int.from_bytes(sha[:8], "big"), int.from_bytes(sha[8:16], "big")
    return shard % settings.shards, part % settings.slices


def placement_of(salt: bytes) -> str:
    """Return what commits to the secret that places members, and tells nothing of it."""
    return digest("vanne/placement/1", salt)


def ground_key(ground: Sequence[str], settings: TrainingSettings, facts: Mapping[str, str]) -> str:
    """Return the key of the shared start."""
    texts = (content_of(text) for text in ground)
    return digest(f"vanne/ground/{SCHEME}", settings.digest(), environment_digest(facts), *texts)


def make_plan(
    documents: Iterable[Document],
    settings: TrainingSettings,
    start: str,
    salt: bytes,
    only: Collection[int] | None = None,
    called: Callable[[str, Slot], str] = lambda key, _: key,
) -> Plan:
    """Place every document and name every slice, for all shards or only some.

    `called` returns what a slice is called, at this place, that would have this key in the
    environment of the ground (`vanne.train.model.names_in`, `vanne.train.model.Model.plan`).

    Raises:
        InputError: two documents have the same item id.
    """
    slots: dict[Slot, list[Document]] = defaultdict(list)
    items: dict[str, Slot] = {}
    for document in documents:
        if document.item_id in items:
            raise InputError("two documents have the same item id", todo="build the corpus again")
        shard, part = slot(document.owner, salt, settings)
        place = shard, settings.slices - 1 if document.shared else part
        items[document.item_id] = place
        slots[place].append(document)
    shards = {}
    for shard in sorted(range(settings.shards) if only is None else set(only)):
        steps, previous = [], start
        for part in range(settings.slices):
            rows, key = tuple(slots.get((shard, part), ())), previous
            if rows:
                content = documents_digest(rows)
                name = digest(f"vanne/slice/{SCHEME}", salt, previous, shard, part, content)
                key = called(name, (shard, part))
            steps.append(SliceStep(shard, part, previous, key, rows))
            previous = key
        shards[shard] = tuple(steps)
    return Plan(start, shards, items)
