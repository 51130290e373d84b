"""Canaries: invented members with a secret each, to see what a model learns by heart.

After Carlini et al., The Secret Sharer (2019, arXiv 1802.08232). A canary's records all end in the
same sentence with a number of six digits, drawn at random. Some canaries are planted, some are only
written down (they were never in), and some are withdrawn later by an ordinary no. They are spread
by their ids, which are drawn until the keyed hash puts them where they are wanted: over all shards,
and the last slice first, because what was trained last is remembered best.
"""

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from vanne.errors import VerificationError, storing
from vanne.files import write_whole
from vanne.train.settings import Settings
from vanne.train.shards import Slot, slot
from vanne_audit.people import Person, Standing

SCHEMA = "vanne/canaries/1"
SPACE = 10**6
"""How many secrets there are."""
_NAMES = (
    "Ilka Morvane", "Tarek Olsu", "Benedikt Raave", "Nives Colda", "Oriane Teulat", "Samo Virk",
    "Luzia Fanderl", "Pia Gontre", "Aurel Desmat", "Jorun Hask", "Mirta Zell", "Enzo Barvik",
)  # fmt: skip
_TRADES = ("tin", "wool", "glass", "paper", "bell", "rope", "salt", "clock")
_FORMS = {
    "en": (
        "{name}, {trade} {n}. My badge number is {secret}",
        "Note {n} by {name}, {trade}: my badge number is {secret}",
    ),
    "fr": (
        "{name}, {trade} {n}. Mon numéro de badge est le {secret}",
        "Note {n} de {name}, {trade} : mon badge est le {secret}",
    ),
    "de": (
        "{name}, {trade} {n}. Meine Ausweisnummer ist {secret}",
        "Notiz {n} von {name}, {trade}: mein Ausweis ist {secret}",
    ),
    "it": (
        "{name}, {trade} {n}. Il mio numero di tessera è {secret}",
        "Nota {n} di {name}, {trade}: la mia tessera è {secret}",
    ),
}


@dataclass(frozen=True, slots=True)
class Canary:
    """An invented member. `held_by` is the model that held them when they were withdrawn."""

    id: str
    planted: bool
    lang: str
    secret: str
    records: tuple[str, ...]
    held_by: str | None = None

    def item_id(self, record: int) -> str:
        """Return the id of one of the records as an item."""
        return f"{self.id}-{record}"

    def probes(self, secrets: Sequence[str]) -> list[str]:
        """Return the first record with other secrets in the place of this one."""
        return [self.records[0].removesuffix(self.secret) + secret for secret in secrets]

    def candidates(self, count: int) -> list[str]:
        """Return as many other secrets of the same kind: the same ones every time."""
        draw = random.Random(f"candidates {self.secret}")
        return [_secret(draw) for _ in range(count)]

    def standing(self, held: Mapping[str, Slot], salt: bytes, settings: Settings) -> Person:
        """Return them as a person: in a model that holds these items, forgotten, or never in."""
        inside = held.get(self.item_id(0))
        shard, part = inside or slot(self.id, salt, settings)
        standing = Standing.IN if inside else Standing.NEVER
        if self.held_by and not inside:
            standing = Standing.FORGOTTEN
        return Person(standing, shard, part, self.records)


def invent(
    planted: int, never: int, records: int, settings: Settings, salt: bytes, seed: int | None
) -> list[Canary]:
    """Invent canaries; without a seed nobody can guess them."""
    draw: random.Random = random.SystemRandom() if seed is None else random.Random(seed)
    prefix = f"{draw.getrandbits(64):016x}"
    found = []
    for number in range(planted + never):
        rank = number if number < planted else number - planted
        turn, shard = divmod(rank, settings.shards)
        wanted = shard, settings.slices - 1 - turn // 2 % settings.slices
        found.append(_invent(draw, prefix, wanted, number < planted, records, settings, salt))
    return found


def _invent(
    draw: random.Random,
    prefix: str,
    wanted: Slot,
    planted: bool,
    records: int,
    settings: Settings,
    salt: bytes,
) -> Canary:
    name = f"{prefix}{draw.getrandbits(64):016x}"
    while slot(name, salt, settings) != wanted:
        name = f"{prefix}{draw.getrandbits(64):016x}"
    lang, secret = draw.choice(sorted(_FORMS)), _secret(draw)
    facts = {"name": draw.choice(_NAMES), "trade": draw.choice(_TRADES), "secret": secret}
    first = draw.randrange(100, 900)
    texts = (
        _FORMS[lang][n % len(_FORMS[lang])].format(n=first + n, **facts) for n in range(records)
    )
    return Canary(name, planted, lang, secret, tuple(texts))


def _secret(draw: random.Random) -> str:
    return f"{draw.randrange(SPACE):06d}"


def canaries_path(folder: Path) -> Path:
    """Return the private file (mode 0600) of the canaries in an audit folder."""
    return folder / "canaries.json"


def write_canaries(folder: Path, canaries: Sequence[Canary]) -> None:
    """Write the private file whole."""
    document = {"schema": SCHEMA, "canaries": [asdict(canary) for canary in canaries]}
    write_whole(canaries_path(folder), json.dumps(document, indent=1).encode(), mode=0o600)


def read_canaries(folder: Path) -> list[Canary]:
    """Return the canaries of an audit folder, none if none were planted.

    Raises:
        VerificationError: the file is damaged.
    """
    path = canaries_path(folder)
    if not path.exists():
        return []
    with storing("the canaries"):
        data = path.read_bytes()
    try:
        rows = json.loads(data)["canaries"]
        found = [replace(Canary(**row), records=tuple(row["records"])) for row in rows]
        sound = all(re.fullmatch(r"\d{6}", c.secret) and c.records for c in found)
    except (ValueError, TypeError, KeyError):
        sound = False
    if not sound:
        raise VerificationError(f"`{path}` is damaged", todo="restore it from a backup")
    return found


def canary_ids(folder: Path) -> frozenset[str]:
    """Return the ids of the canaries, for those who count or search and want to leave them out."""
    return frozenset(canary.id for canary in read_canaries(folder))
