"""A model version is a lineage: the last checkpoint of every shard, and how it was trained.

The lineage is public and names no member and no item. A private Parquet file beside it says which
item is in which slice. When forgetting replaces a model, a tombstone takes the place of its
lineage. The tombstone says on which corpus the model was trained and since when it served; the
certificate says until when.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import rfc8785

from vanne.corpus import Document
from vanne.errors import MissingError, VerificationError, storing
from vanne.files import write_whole
from vanne.train.digests import digest
from vanne.train.environment import Facts, environment_digest, names_of
from vanne.train.settings import TrainingSettings
from vanne.train.shards import GROUND, Plan, Slot, ground_key, make_plan, placement_of
from vanne.train.store import CheckpointMeta, ModelStore

SCHEMA = "vanne/model/1"
TOMBSTONE = "vanne/tombstone/1"
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Run:
    """What one call of `fit` did: tokens of members' slices, tokens of the ground, and its time."""

    tokens: int
    ground_tokens: int
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Model:
    """One version of the model. `shards` holds each shard's slices in order.

    `since` is when it began to serve: None where that was not recorded. `waiting` counts the
    documents of its corpus that it does not hold yet: a fallback model serves the last clean
    checkpoints until the slices after them are trained again. `placement` commits to the secret
    that places members (vanne.train.shards).
    """

    corpus_version: str
    settings: TrainingSettings
    environment: Mapping[str, str]
    ground: CheckpointMeta
    shards: Mapping[int, tuple[CheckpointMeta, ...]]
    run: Run
    placement: str
    since: datetime | None = None
    waiting: int = 0

    @cached_property
    def version(self) -> str:
        """The sha256 of all that the model is, but not of the time it took or where files lie."""
        slices = [
            [shard, *identity(note)] for shard, notes in self.shards.items() for note in notes
        ]
        parts: list[Any] = [
            self.corpus_version,
            self.placement,
            dict(self.environment),
            identity(self.ground),
            slices,
        ]
        return digest(SCHEMA, self.settings.digest(), rfc8785.dumps(parts))

    @property
    def notes(self) -> list[CheckpointMeta]:
        """The notes of all slices, shard by shard."""
        return [note for notes in self.shards.values() for note in notes]

    @property
    def environments(self) -> tuple[Mapping[str, str], ...]:
        """Where its checkpoints were made, the ground first: several where that was accepted."""
        places = [self.environment]
        for note in self.notes:
            if (facts := self.environment_of(note)) not in places:
                places.append(facts)
        return tuple(places)

    def environment_of(self, note: CheckpointMeta) -> Facts:
        """Return where a checkpoint was made: where the ground was, if its note names no other."""
        return note.environment or self.environment

    @property
    def cut(self) -> int:
        """How many documents were longer than `max_tokens`, and were cut."""
        return sum(note.cut for note in self.notes)

    @property
    def digests(self) -> dict[int, str]:
        """The sha256 of each shard's final adapter file."""
        return {shard: notes[-1].sha256 for shard, notes in self.shards.items()}

    @property
    def weights(self) -> dict[int, int]:
        """What each shard that learnt something counts in the mean that serves.

        Whole shards count the same. While documents wait, a shard counts by the tokens that serve
        in it: one that fell back to the ground would only dilute the others. Both are functions of
        what serves, never of what has left.
        """
        tokens = {shard: sum(note.tokens for note in notes) for shard, notes in self.shards.items()}
        if not self.waiting or not any(tokens.values()):
            return dict.fromkeys(self.shards, 1)
        return {shard: count for shard, count in tokens.items() if count}

    @property
    def keys(self) -> dict[str, str]:
        """Every checkpoint that the model needs, with its digest."""
        notes = [self.ground, *(note for chain in self.shards.values() for note in chain)]
        return {note.key: note.sha256 for note in notes}

    @property
    def tokens_total(self) -> int:
        """Tokens x epochs of a full training of all slices; the ground is counted apart."""
        return sum(note.tokens for note in self.notes)

    @property
    def seconds_total(self) -> float:
        """The time of a full training: the sum of what each slice took when it was trained."""
        return sum(note.seconds for note in self.notes)

    @property
    def slot_tokens(self) -> dict[Slot, int]:
        """Tokens x epochs of each slice of each shard."""
        return {
            (shard, part): note.tokens
            for shard, notes in self.shards.items()
            for part, note in enumerate(notes)
        }

    @property
    def documents(self) -> int:
        """How many documents the model was trained on."""
        return sum(note.documents for note in self.notes)

    def plan(self, documents: Iterable[Document], salt: bytes) -> Plan:
        """Return which slices hold documents, each called by where its note says it was trained.

        Which checkpoints must be there, and of how many documents each, follows from this alone.
        """

        def called(key: str, slot: Slot) -> str:
            chain = self.shards.get(slot[0], ())
            facts = chain[slot[1]].environment if slot[1] < len(chain) else None
            return name_elsewhere(key, environment_digest(facts) if facts else "")

        start = self.ground.key
        return make_plan(documents, self.settings, start, salt, None, called)

    def starts_from(self, ground: Sequence[str]) -> bool:
        """Say whether its shared start is named by these texts."""
        return ground_key(ground, self.settings, self.environment) == self.ground.key

    def trained(self, plan: Plan) -> dict[str, CheckpointMeta]:
        """Return the notes of all that a plan trains, the ground too, by their places."""
        notes = {step.place: self.shards[step.shard][step.slice] for step in plan.steps()}
        return {GROUND: self.ground} | notes

    def as_dict(self) -> dict[str, Any]:
        """Return the lineage as a JSON document."""
        totals = {"documents": self.documents, "tokens": self.tokens_total}
        return {
            "schema": SCHEMA,
            "version": self.version,
            "corpus_version": self.corpus_version,
            "settings": self.settings.as_dict(),
            "environment": dict(self.environment),
            "placement": self.placement,
            "ground": asdict(self.ground),
            "shards": [[asdict(note) for note in notes] for notes in self.shards.values()],
            "totals": totals | {"seconds": round(self.seconds_total, 3)},
            "waiting": self.waiting,
            "run": asdict(self.run),
            "since": self.since.isoformat() if self.since else None,
        }


def publish(store: ModelStore, model: Model, items: Mapping[str, Slot]) -> None:
    """Write who is in, the lineage, and last the pointer: readers see the old model or the new."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [(item, *slot) for item, slot in sorted(items.items())]
    columns = {"item_id": pa.string(), "shard": pa.int32(), "slice": pa.int32()}
    table = pa.table(
        {
            name: pa.array([row[place] for row in rows], kind)
            for place, (name, kind) in enumerate(columns.items())
        }
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    data = sink.getvalue().to_pybytes()
    write_whole(items_path(store, model.version), data, mode=0o600)
    write_whole(lineage_path(store, model.version), json.dumps(model.as_dict(), indent=1).encode())
    write_whole(store.pointer, model.version.encode())


def live_keys(store: ModelStore) -> set[str]:
    """Return the checkpoints that some lineage names which was not replaced.

    Also those of one that this program cannot use, say since its settings are of another version.
    """
    keys = set[str]()
    for path in store.models.glob("*.json"):
        with suppress(MissingError, VerificationError, KeyError, TypeError):  # unreadable
            lineage = read_lineage(store, path.stem)
            if lineage.get("schema") == SCHEMA:
                chains = [[lineage["ground"]], *lineage["shards"]]
                keys |= {note["key"] for chain in chains for note in chain}
    return keys


def name_elsewhere(key: str, environment: str) -> str:
    """Return what a slice is called that an environment trained: by its digest, empty at home."""
    return digest("vanne/elsewhere/1", key, environment) if environment else key


def names_in(
    store: ModelStore, places: Sequence[Facts], here: Facts | None = None
) -> Callable[[str, Slot], str]:
    """Return how slices are called that were made in some environments (`shards.make_plan`).

    A slice is called by the first in which it is stored, else by `here`, the environment in which
    the others will be made, if any will.
    """
    names, note = names_of(places, here or places[-1]), cache(store.note)

    def called(key: str, _: Slot) -> str:
        keys = [name_elsewhere(key, name) for name in names]
        return next((each for each in keys[:-1] if note(each)), keys[-1])

    return called


def salt_of(store: ModelStore) -> bytes:
    """Return the secret that places members: the one with which the model that serves was made.

    Raises:
        VerificationError: it is another one, by which nobody is where their texts were trained.
        StorageError: it is lost or damaged.
    """
    salt = store.salt()
    if version := store.current_version():
        lineage: dict[str, Any] = {}
        with suppress(MissingError, VerificationError):  # damaged: said by who loads it
            lineage = read_lineage(store, version)
        if lineage.get("placement") not in (None, placement_of(salt)):
            raise VerificationError(
                f"`{store.root / 'salt'}` is not the secret with which the model was made",
                todo="bring that back from a copy: it says which member is in which shard",
            )
    return salt


def current(store: Path) -> Model:
    """Return the model that serves.

    Raises:
        MissingError: nothing has been trained here.
    """
    while version := ModelStore(store).current_version():
        try:
            return load(store, version)
        except MissingError:
            if ModelStore(store).current_version() == version:  # else it was replaced just now
                raise
    raise MissingError(f"no model has been trained in `{store}`", todo="run `vanne train`")


def load(store: Path, version: str) -> Model:
    """Return one version of the model.

    Raises:
        MissingError: there is no such version, its data was forgotten, or another version of Vanne
            made it, with other settings.
        VerificationError: the lineage does not have the digest that its name says.
    """
    document = read_lineage(ModelStore(store), version)
    if document.get("schema") == TOMBSTONE:
        raise MissingError(
            f"model `{version[:12]}` was replaced so that it forgets", todo="use CURRENT"
        )
    settings = document.get("settings")
    if isinstance(settings, dict) and settings.get("processes") == 1:
        del settings["processes"]  # a setting of version 0.2
    names = {field.name for field in fields(TrainingSettings)}
    if document.get("schema") != SCHEMA or (isinstance(settings, dict) and set(settings) != names):
        raise MissingError(
            f"model `{version[:12]}` was made by another version of Vanne",
            todo="`vanne train` trains it again",
        )
    model, is_whole = None, False
    with suppress(KeyError, TypeError, AttributeError, ValueError, IndexError):
        model = Model(
            corpus_version=document["corpus_version"],
            settings=TrainingSettings.of(document["settings"]),
            environment=document["environment"],
            ground=CheckpointMeta.of(document["ground"]),
            shards=dict(
                enumerate(tuple(map(CheckpointMeta.of, notes)) for notes in document["shards"])
            ),
            run=Run(**document["run"]),
            placement=document["placement"],
            since=datetime.fromisoformat(since) if (since := document["since"]) else None,
            waiting=document["waiting"],
        )
        is_whole = _is_sound(model) and model.version == version
    if model is None or not is_whole:
        raise VerificationError(
            f"lineage `{version[:12]}` is damaged", todo="run `vanne train` again"
        )
    return model


def _is_sound(model: Model) -> bool:
    """Say whether names are digests, counts whole numbers, and facts words: others wrote them."""
    notes = [model.ground, *model.notes]
    words = [each for facts in model.environments for pair in facts.items() for each in pair]
    counts = [model.waiting, *(n for note in notes for n in (note.documents, note.tokens))]
    return (
        all(_DIGEST.fullmatch(name) for note in notes for name in (note.key, note.sha256))
        and all(type(each) is str for each in words)
        and all(type(each) is int and each >= 0 for each in counts)
        and all("base" in facts for facts in model.environments)
        and all(model.shards.values())
    )


def live(store: Path) -> list[Model]:
    """Return every model that no tombstone has replaced, the one that served last at the end.

    Besides the current one these are what an interrupted forgetting or another training left. A
    lineage that is damaged is none.
    """
    models = []
    for path in (store / "models").glob("*.json"):
        with suppress(MissingError, VerificationError):
            models.append(load(store, path.stem))
    return sorted(
        models, key=lambda each: (each.since.timestamp() if each.since else 0.0, each.version)
    )


def read_lineage(store: ModelStore, version: str) -> dict[str, Any]:
    """Return the JSON document of a version: a lineage or a tombstone."""
    path = lineage_path(store, version)
    if not path.exists():
        raise MissingError(f"there is no model `{version[:12]}` in `{store.root}`")
    with storing("the lineage"):
        try:
            document = json.loads(path.read_bytes())
        except ValueError:
            document = None
    if not isinstance(document, dict):
        raise VerificationError(
            f"lineage `{version[:12]}` is damaged", todo="run `vanne train` again"
        )
    return document


def load_mean(store: Path, model: Model) -> dict[str, Any]:
    """Return what serves: the mean of the shards' adapters, as one of them.

    All have the same A, so the mean of the Bs gives the mean of the products.

    Raises:
        VerificationError: a checkpoint does not have the digest that the lineage records.
    """
    place, weights, mean = ModelStore(store), model.weights, dict[str, Any]()
    whole = sum(weights.values())
    for shard, weight in weights.items():
        for name, tensor in place.load(model.ground, model.shards[shard][-1]).items():
            if ".lora_A." in name:
                mean[name] = tensor
            else:
                mean[name] = mean.get(name, 0) + tensor * (weight / whole)
    return mean


def items_in(store: Path, model: Model) -> dict[str, Slot]:
    """Return which items the model was trained on, each with its shard and slice.

    Raises:
        MissingError: the list of them is missing.
        VerificationError: it is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = items_path(ModelStore(store), model.version)
    if not path.exists():
        raise MissingError(f"the list of items of model `{model.version[:12]}` is missing")
    with storing("the list of items"):
        try:
            columns = pq.read_table(path).to_pydict()
        except pa.ArrowInvalid as error:
            raise VerificationError(
                f"the list of items of model `{model.version[:12]}` is damaged",
                todo="bring it back from a copy, or run `vanne train` again",
            ) from error
    places = zip(columns["shard"], columns["slice"], strict=True)
    return dict(zip(columns["item_id"], places, strict=True))


def lineage_path(store: ModelStore, version: str) -> Path:
    """Return where the lineage of a version lies."""
    return store.models / f"{version}.json"


def items_path(store: ModelStore, version: str) -> Path:
    """Return where the private list of items of a version lies."""
    return store.models / f"{version}.items.parquet"


def identity(note: CheckpointMeta) -> list[str | int]:
    """Return what is certified of a checkpoint."""
    return [note.key, note.sha256, note.documents, note.tokens]
