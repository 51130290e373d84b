"""Canaries: invented members with whom forgetting is tested from end to end.

The corpus holds nobody who opted out, so the texts of people who were forgotten cannot be read.
Canaries can: some are in the corpus, some never are, and some opt out later.

After Carlini et al., The Secret Sharer (2019, arXiv 1802.08232): their texts end in a number that
nobody could have guessed. They are spread by their ids, which are drawn until the keyed hash puts
them where they are wanted: over all shards, and the last slice first, because what was trained last
is remembered best.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from vanne.train.settings import TrainingSettings
from vanne.train.shards import Slot, slot
from vanne_audit.membership import AuditedPerson, ModelStanding

_NAMES = "Ilka Morvane, Tarek Olsu, Benedikt Raave, Nives Colda, Oriane Teulat, Samo Virk".split(
    ", "
)
_TRADES = ("tin", "wool", "glass", "paper", "bell", "rope", "salt", "clock")
_FORMS = (
    "{name}, {trade} {n}. My badge number is {secret}",
    "{name}, {trade} {n}. Mon numéro de badge est le {secret}",
    "{name}, {trade} {n}. Meine Ausweisnummer ist {secret}",
    "{name}, {trade} {n}. Il mio numero di tessera è {secret}",
)


@dataclass(frozen=True, slots=True)
class Canary:
    """An invented member. `left` says that they were in a model and opted out since."""

    id: str
    planted: bool
    records: tuple[str, ...]
    left: bool = False

    def item_id(self, record: int) -> str:
        """Return the id of one of the records as an item."""
        return f"{self.id}-{record}"

    def as_person(
        self, places: Mapping[str, Slot], salt: bytes, settings: TrainingSettings
    ) -> AuditedPerson:
        """Return them as a person: in a model that holds these items, forgotten, or never in."""
        inside = places.get(self.item_id(0))
        standing = ModelStanding.FORGOTTEN if self.left else ModelStanding.NEVER
        standing = ModelStanding.IN if inside else standing
        shard, _ = inside or slot(self.id, salt, settings)
        return AuditedPerson(standing, shard, self.records)


def invent(
    planted: int, never: int, records: int, settings: TrainingSettings, salt: bytes, seed: int
) -> list[Canary]:
    """Invent canaries: so many to be planted, and so many that never are."""
    draw = random.Random(seed)
    canaries = []
    for number in range(planted + never):
        turn, shard = divmod(number if number < planted else number - planted, settings.shards)
        wanted = shard, settings.slices - 1 - turn // 2 % settings.slices
        name = f"{draw.getrandbits(64):016x}"
        while slot(name, salt, settings) != wanted:
            name = f"{draw.getrandbits(64):016x}"
        form, secret = draw.choice(_FORMS), f"{draw.randrange(10**6):06d}"
        who, trade, first = draw.choice(_NAMES), draw.choice(_TRADES), draw.randrange(100, 900)
        texts = (
            form.format(name=who, trade=trade, n=first + n, secret=secret) for n in range(records)
        )
        canaries.append(Canary(name, number < planted, tuple(texts)))
    return canaries
