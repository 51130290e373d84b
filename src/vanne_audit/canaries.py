"""Canaries: invented members with which an auditor tests forgetting from end to end.

The corpus holds nobody who opted out, so the texts of people who were forgotten cannot be read.
Canaries can: some are planted, some are only written down (they were never in), and some are
withdrawn later by an ordinary opt-out. To everything else the planted ones are members: a row in
the table of members, an opt-in in the ledger, a data file of their own (`items/canaries.parquet`).
Who they are lies in `audit/canaries.json` alone (mode 0600). That file is written first; a planting
that was cut short is finished by running it again.

After Carlini et al., The Secret Sharer (2019, arXiv 1802.08232): their records end in a number that
nobody could have guessed. They are spread by their ids, which are drawn until the keyed hash puts
them where they are wanted: over all shards, and the last slice first, because what was trained last
is remembered best.
"""

import json
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path

from vanne.config import Home
from vanne.corpus import Manifest, current, read
from vanne.corpus.building import locked, readable_files
from vanne.corpus.contract import members_table, pin
from vanne.corpus.network import put_members
from vanne.errors import MissingError, RefusedError, VerificationError, storing
from vanne.files import sha256_of, write_whole
from vanne.ledger import Ledger
from vanne.sources.tables import read_items, read_members, write_items, write_members
from vanne.terms import Channel, Choice, Item, Member
from vanne.train.model import current as current_model
from vanne.train.model import items_in
from vanne.train.settings import TrainingSettings
from vanne.train.shards import Slot, slot
from vanne.train.store import ModelStore
from vanne_audit.people import AuditedPerson, ModelStanding

SCHEMA = "vanne/canaries/1"
_BORN = date(1970, 1, 1)  # an adult by every policy
_NAMES = (
    "Ilka Morvane", "Tarek Olsu", "Benedikt Raave", "Nives Colda", "Oriane Teulat", "Samo Virk",
    "Luzia Fanderl", "Pia Gontre", "Aurel Desmat", "Jorun Hask", "Mirta Zell", "Enzo Barvik",
)  # fmt: skip
_TRADES = ("tin", "wool", "glass", "paper", "bell", "rope", "salt", "clock")
_FORMS = {
    "en": "{name}, {trade} {n}. My badge number is {secret}",
    "fr": "{name}, {trade} {n}. Mon numéro de badge est le {secret}",
    "de": "{name}, {trade} {n}. Meine Ausweisnummer ist {secret}",
    "it": "{name}, {trade} {n}. Il mio numero di tessera è {secret}",
}


@dataclass(frozen=True, slots=True)
class Canary:
    """An invented member. `held_by` is the model that held them when they were withdrawn."""

    id: str
    planted: bool
    lang: str
    records: tuple[str, ...]
    held_by: str | None = None

    def item_id(self, record: int) -> str:
        """Return the id of one of the records as an item."""
        return f"{self.id}-{record}"

    def as_person(
        self, places: Mapping[str, Slot], salt: bytes, settings: TrainingSettings
    ) -> AuditedPerson:
        """Return them as a person: in a model that holds these items, forgotten, or never in."""
        inside = places.get(self.item_id(0))
        shard, part = inside or slot(self.id, salt, settings)
        standing = ModelStanding.IN if inside else ModelStanding.NEVER
        if self.held_by and not inside:
            standing = ModelStanding.FORGOTTEN
        return AuditedPerson(standing, shard, part, self.records)


def invent(
    planted: int,
    never: int,
    records: int,
    settings: TrainingSettings,
    salt: bytes,
    seed: int | None,
) -> list[Canary]:
    """Invent canaries; without a seed nobody can guess them."""
    draw: random.Random = random.SystemRandom() if seed is None else random.Random(seed)
    prefix = f"{draw.getrandbits(64):016x}"
    canaries = []
    for number in range(planted + never):
        rank = number if number < planted else number - planted
        turn, shard = divmod(rank, settings.shards)
        wanted = shard, settings.slices - 1 - turn // 2 % settings.slices
        name = f"{prefix}{draw.getrandbits(64):016x}"
        while slot(name, salt, settings) != wanted:
            name = f"{prefix}{draw.getrandbits(64):016x}"
        lang, secret = draw.choice(sorted(_FORMS)), f"{draw.randrange(10**6):06d}"
        who, trade = draw.choice(_NAMES), draw.choice(_TRADES)
        first = draw.randrange(100, 900)
        texts = (
            _FORMS[lang].format(name=who, trade=trade, n=first + n, secret=secret)
            for n in range(records)
        )
        canaries.append(Canary(name, number < planted, lang, tuple(texts)))
    return canaries


def folder_of(home: Home) -> Path:
    """Return the folder of what audits of the model found, and of the private file of canaries."""
    return home.root / "audit"


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
        canaries = [replace(Canary(**row), records=tuple(row["records"])) for row in rows]
        is_sound = all(canary.records for canary in canaries)
    except (ValueError, TypeError, KeyError):
        is_sound = False
    if not is_sound:
        raise VerificationError(f"`{path}` is damaged", todo="restore it from a backup")
    return canaries


def plant(
    home: Home, planted: int, records: int, at: datetime, seed: int | None = None
) -> list[Canary]:
    """Plant canaries, and write half as many more down that are never in.

    They are in the corpus from the next refresh on, in the model from then. They resemble an item
    that is allowed now, so that they are allowed too.

    Raises:
        MissingError: no corpus has been built, or nothing in it is allowed.
        RefusedError: canaries were planted before.
    """
    manifest, canaries = current(home), read_canaries(folder_of(home))
    if canaries and _items_path(home).exists():
        raise RefusedError(
            "canaries are planted here already",
            todo="`vanne audit withdraw --all` and `vanne forget` take them out; then remove "
            f"`{canaries_path(folder_of(home))}` and `{_items_path(home)}`",
        )
    like, member = _allowed_item(home, manifest)
    if not canaries:
        try:  # the settings of the current model, so that each of its shards has canaries
            settings = current_model(home.model).settings
        except MissingError:
            settings = TrainingSettings()
        never, salt = max(planted // 2, 1), ModelStore(home.model).salt()
        canaries = invent(planted, never, records, settings, salt, seed)
        write_canaries(folder_of(home), canaries)
    in_corpus = [canary for canary in canaries if canary.planted]
    _add_members(home, [replace(member, member_id=canary.id) for canary in in_corpus])
    with Ledger.of(home) as ledger:
        ledger.append([_choice(canary, manifest, True, at) for canary in in_corpus])
    items = (
        Item(
            item_id=canary.item_id(number),
            owner=canary.id,
            category=like.category,
            created_at=like.created_at,
            visibility=like.visibility,
            lang=canary.lang,
            text=text,
        )
        for canary in in_corpus
        for number, text in enumerate(canary.records)
    )
    with locked(home):
        write_items(items, _items_path(home))
        pin(home, {_items_path(home).name: sha256_of(_items_path(home))})
    return canaries


def withdraw(home: Home, at: datetime, *, everybody: bool = False) -> int:
    """Let half of the canaries that are in the model opt out, or all; return how many did.

    Raises:
        MissingError: no canary is in the model.
    """
    model, canaries = current_model(home.model), read_canaries(folder_of(home))
    places = items_in(home.model, model)
    inside = [c for c in canaries if not c.held_by and c.item_id(0) in places]
    if not inside:
        raise MissingError(
            "no canary is in the model", todo="`vanne audit plant`, then refresh and train"
        )
    # Every second one of each shard, the last slice's first.
    inside.sort(key=lambda canary: (places[canary.item_id(0)][0], -places[canary.item_id(0)][1]))
    leaving = {canary.id for canary in (inside if everybody else inside[::2])}
    changed = [replace(c, held_by=model.version) if c.id in leaving else c for c in canaries]
    write_canaries(folder_of(home), changed)
    with Ledger.of(home) as ledger:
        manifest = current(home)
        ledger.append([_choice(c, manifest, False, at) for c in changed if c.id in leaving])
    return len(leaving)


def _items_path(home: Home) -> Path:
    return home.items / "canaries.parquet"


def _allowed_item(home: Home, manifest: Manifest) -> tuple[Item, Member]:
    """Return an item that is allowed and concerns its owner alone, and that owner."""
    document = next((d for d in read(home, manifest) if not d.shared), None)
    if document is None:
        raise MissingError(
            "nothing in the corpus is allowed", todo="see `vanne corpus build` for the reasons"
        )
    items = (i for p in readable_files(home) for i in read_items(str(p), with_text=False))
    item = next(item for item in items if item.item_id == document.item_id)
    members = read_members(str(members_table(home)))
    return item, next(member for member in members if member.member_id == document.owner)


def _add_members(home: Home, members: list[Member]) -> None:
    """Put members into the table who are not in it yet."""
    known = list(read_members(str(members_table(home))))
    there = {member.member_id for member in known}
    more = [replace(m, birth_date=_BORN, signs=()) for m in members if m.member_id not in there]
    partial = home.root / f".canaries-{os.getpid()}.parquet"
    try:
        write_members([*known, *more], partial)
        put_members(home, str(partial), is_ours=True)
    finally:
        partial.unlink(missing_ok=True)


def _choice(canary: Canary, manifest: Manifest, on: bool, at: datetime) -> Choice:
    return Choice(canary.id, manifest.purpose, "all", on, at, channel=Channel.AUDIT)
