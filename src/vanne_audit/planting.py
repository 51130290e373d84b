"""Plant canaries in a network by the ordinary path, and withdraw some by an ordinary choice.

To everything else they are members: a row in the table of members, a yes in the ledger, a data file
of their own (`items/canaries.parquet`). Who they are lies in `audit/canaries.json` alone (mode
0600). That file is written first; a run that was cut short is finished by running it again.
"""

import os
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from vanne.config import Home
from vanne.corpus import Manifest, current, read
from vanne.corpus.building import locked, readable_files
from vanne.corpus.contract import members_table, pin
from vanne.corpus.network import put_members
from vanne.errors import MissingError, RefusedError
from vanne.files import sha256_of
from vanne.ledger import Ledger
from vanne.sources.tables import read_items, read_members, write_items, write_members
from vanne.terms import Channel, Choice, Item, Member
from vanne.train.model import current as current_model
from vanne.train.model import items_in
from vanne.train.settings import Settings
from vanne.train.store import Store
from vanne_audit.canaries import Canary, invent, read_canaries, write_canaries

_BORN = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Planting:
    """How many canaries are planted, how many are only written down, and records of each."""

    planted: int
    never: int
    records: int
    seed: int | None = None


def plant(home: Home, wish: Planting, at: datetime) -> list[Canary]:
    """Plant canaries; they are in the corpus from the next refresh on, in the model from then.

    They resemble an item that is allowed now, so that they are allowed too.

    Raises:
        MissingError: no corpus has been built, or nothing in it is allowed.
        RefusedError: canaries were planted before.
    """
    manifest, canaries = current(home), read_canaries(home.audit)
    if canaries and _items_path(home).exists():
        raise RefusedError(
            "canaries are planted here already",
            todo="`vanne audit withdraw --all` and `vanne forget` take them out; then remove "
            f"`{home.audit / 'canaries.json'}` and `{_items_path(home)}`",
        )
    like, member = _model_item(home, manifest)
    if not canaries:
        store = Store(home.model)
        canaries = invent(
            wish.planted, wish.never, wish.records, _settings(home), store.salt(), wish.seed
        )
        write_canaries(home.audit, canaries)
    planted = [canary for canary in canaries if canary.planted]
    _add_members(home, [replace(member, member_id=canary.id) for canary in planted])
    with Ledger.of(home) as ledger:
        ledger.append([_choice(canary, manifest, True, at) for canary in planted])
    with locked(home):
        write_items(
            (item for canary in planted for item in _items(canary, like)), _items_path(home)
        )
        pin(home, {_items_path(home).name: sha256_of(_items_path(home))})
    return canaries


def withdraw(home: Home, at: datetime, *, everybody: bool = False) -> int:
    """Let half of the canaries that are in the model say no, or all; return how many did.

    Raises:
        MissingError: no canary is in the model.
    """
    model, canaries = current_model(home.model), read_canaries(home.audit)
    held = items_in(home.model, model)
    inside = [c for c in canaries if not c.held_by and c.item_id(0) in held]
    if not inside:
        raise MissingError(
            "no canary is in the model", todo="`vanne audit plant`, then refresh and train"
        )
    # Every second one of each shard, the last slice's first.
    inside.sort(key=lambda canary: (held[canary.item_id(0)][0], -held[canary.item_id(0)][1]))
    leaving = {canary.id for canary in (inside if everybody else inside[::2])}
    changed = [replace(c, held_by=model.version) if c.id in leaving else c for c in canaries]
    write_canaries(home.audit, changed)
    with Ledger.of(home) as ledger:
        manifest = current(home)
        ledger.append([_choice(c, manifest, False, at) for c in changed if c.id in leaving])
    return len(leaving)


def _items_path(home: Home) -> Path:
    return home.items / "canaries.parquet"


def _settings(home: Home) -> Settings:
    """Return the settings of the current model, so that its shards all have canaries."""
    try:
        return current_model(home.model).settings
    except MissingError:
        return Settings()


def _model_item(home: Home, manifest: Manifest) -> tuple[Item, Member]:
    """Return an item that is allowed and concerns its owner alone, and that owner."""
    found = next((d for d in read(home, manifest) if not d.shared), None)
    if found is None:
        raise MissingError(
            "nothing in the corpus is allowed", todo="see `vanne corpus build` for the reasons"
        )
    items = (i for p in readable_files(home) for i in read_items(str(p), with_text=False))
    item = next(item for item in items if item.item_id == found.item_id)
    members = read_members(str(members_table(home)))
    return item, next(member for member in members if member.member_id == found.owner)


def _items(canary: Canary, like: Item) -> list[Item]:
    return [
        Item(
            item_id=canary.item_id(number),
            owner=canary.id,
            category=like.category,
            created_at=like.created_at,
            visibility=like.visibility,
            lang=canary.lang,
            text=text,
        )
        for number, text in enumerate(canary.records)
    ]


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
