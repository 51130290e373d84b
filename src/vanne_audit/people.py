"""Who is looked at: a bounded sample of people, with a few texts each.

The sample is the people with the smallest keyed hashes, as many of each shard: nobody chooses them,
it is the same each time, and it needs no more memory than its size.
"""

import hmac
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from vanne.corpus import Document
from vanne.errors import InputError, storing
from vanne.train.settings import TrainingSettings
from vanne.train.shards import Slot, slot


class ModelStanding(StrEnum):
    """How a person stands to a model."""

    IN = "in"
    NEVER = "never"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class AuditedPerson:
    """Somebody whose texts are tried. `shard` and `slice` are where they are, were or would be."""

    standing: ModelStanding
    shard: int
    slice: int
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonSample:
    """How large a sample is: people of each standing, items of each, and the key."""

    people: int
    items: int
    salt: bytes
    settings: TrainingSettings

    def members(
        self, documents: Iterable[Document], places: Mapping[str, Slot], besides: Set[str]
    ) -> list[AuditedPerson]:
        """Return people who are in a model that holds these items, besides the canaries."""
        inside = (d for d in documents if d.item_id in places and d.owner not in besides)
        return self._drawn(ModelStanding.IN, ((d, places[d.item_id]) for d in inside))

    def others(self, documents: Iterable[Document], standing: ModelStanding) -> list[AuditedPerson]:
        """Return people who are not in it; the keyed hash says where they would be."""
        placed = ((d, slot(d.owner, self.salt, self.settings)) for d in documents)
        return self._drawn(standing, placed)

    def _drawn(
        self, standing: ModelStanding, documents: Iterable[tuple[Document, Slot]]
    ) -> list[AuditedPerson]:
        each = -(-self.people // self.settings.shards)
        drawn: dict[int, dict[bytes, _Draft]] = defaultdict(dict)
        for document, place in documents:
            rank, shard = self._rank("person", document.owner), drawn[place[0]]
            if rank not in shard:
                if len(shard) == each and rank > max(shard):
                    continue
                shard[rank] = _Draft(place, {})
                if len(shard) > each:
                    del shard[max(shard)]
            if rank in shard:
                shard[rank].add(self._rank("item", document.item_id), document.text, self.items)
        return [
            AuditedPerson(
                standing, *draft.place, tuple(text for _, text in sorted(draft.texts.items()))
            )
            for _, shard in sorted(drawn.items())
            for _, draft in sorted(shard.items())
        ]

    def _rank(self, what: str, name: str) -> bytes:
        return hmac.digest(self.salt, f"vanne/audit/{what}/{name}".encode(), "sha256")


@dataclass(slots=True)
class _Draft:
    place: Slot
    texts: dict[bytes, str]

    def add(self, rank: bytes, text: str, most: int) -> None:
        self.texts[rank] = text
        if len(self.texts) > most:
            del self.texts[max(self.texts)]


def read_texts(path: Path) -> Iterator[Document]:
    """Yield the texts of a JSON Lines file: `text`, and `owner` where several are one person's.

    Raises:
        InputError: a line is none; the message names the line and nothing of what it says.
    """
    with storing(f"`{path}`"), path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                text, owner = row["text"], str(row.get("owner", f"line {number}"))
                if not isinstance(text, str) or not text:
                    raise ValueError
            except (ValueError, KeyError, TypeError, AttributeError):
                raise InputError(
                    f"`{path}`: line {number}: no JSON object with a `text`",
                    todo="write one JSON object a line, as `vanne corpus read` does",
                ) from None
            yield Document(f"line {number}", owner, text, None, "unknown")
