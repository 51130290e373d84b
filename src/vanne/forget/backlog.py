"""List what a home has to forget and by when, and do it: refresh, forget, certify.

A request is due `forget_days` after it was made, as the policy says. An item that leaves without a
request (its owner came of age or moved, a window ended, a file was removed) is due as long after
the first version of the corpus that may have lacked it. The earliest date holds for all: one run
brings the model to the whole of the new corpus, and costs less than one run for each.
"""

import logging
import shutil
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from vanne.config import Home
from vanne.corpus import Document, Manifest, read, refresh
from vanne.corpus.indexes import item_index_of
from vanne.corpus.manifest import load
from vanne.corpus.parts import Each, in_turn
from vanne.corpus.patch import sidecar_of
from vanne.corpus.sidecar import GONE as DELETED
from vanne.errors import BusyError, MissingError, StorageError, VerificationError, storing
from vanne.files import PRIVATE, locked, make_folder
from vanne.forget.certificate import Certificate, ForgetRequest, led_to
from vanne.forget.fallback_model import fallback, place
from vanne.forget.forgetting import at_once, forget
from vanne.forget.history import known_in, register
from vanne.forget.requests import RemovalRequest, requests_between, time_to_forget
from vanne.ledger import Ledger
from vanne.terms import REASONS, ItemId, MemberId, Reason
from vanne.train.base import Base, find_base
from vanne.train.environment import Facts, changed, differences, environment
from vanne.train.exports import ExportedCopy, recorded
from vanne.train.fit import Progress
from vanne.train.model import Model, current, items_in, live
from vanne.train.shards import Slot
from vanne.train.store import ModelStore
from vanne.train.tokens import BaseTokenizer, read_ground

log = logging.getLogger(__name__)

ASKED = frozenset(
    {
        Reason.OFF,
        Reason.OFF_CATEGORY,
        Reason.OFF_ITEM,
        Reason.AUTHOR_REFUSES,
        Reason.SUBJECT_REFUSES,
        Reason.OBJECTION,
    }
)
"""The reasons for which an item leaves because somebody asked; for others it leaves by itself."""


BY_OTHERS = frozenset({Reason.AUTHOR_REFUSES, Reason.SUBJECT_REFUSES, Reason.OBJECTION})
"""The reasons for which an item leaves because somebody besides its owner asked."""
SOON = timedelta(days=2)
"""What is due sooner waits for nobody. A training that takes longer is planned with `--hours`."""
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
    import pyarrow as pa

    wanted, by_id = pa.array(sorted(items), pa.large_string()), dict[ItemId, RemovedItem]()
    for file in manifest.files:
        if file.sidecar is None:
            continue
        index = item_index_of(home, file.path, file.sha256)
        codes = sidecar_of(home, manifest, file).codes
        for row in index.rows_with(wanted).tolist():
            if codes[row] == DELETED:
                continue
            item, owner = index.items.item_ids[row].as_py(), int(index.items.owner[row])
            member = index.items.people[owner].as_py() if owner >= 0 else None
            reason = REASONS[int(codes[row])].value if codes[row] else NO_TEXT
            by_id[item] = RemovedItem(item, member, reason)
    return [by_id.get(item) or RemovedItem(item, None, GONE) for item in sorted(items)]


def leavers_of(left: Collection[RemovedItem]) -> int:
    """Return how many people leave with some items; the owners of what is gone count as one.

    Whose item leaves since somebody else is in it does not leave.
    """
    return len({each.owner for each in left if each.reason not in BY_OTHERS})


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
    environment_differences: tuple[str, ...]
    tokens_if_accepted: int
    is_tainted: bool
    waiting: int
    members: int
    tokens_each: int
    exports: tuple[ExportedCopy, ...]
    bytes_freed: int
    bytes_needed: int
    bytes_there: int

    @property
    def shards(self) -> tuple[int, ...]:
        """The shards that are touched."""
        return tuple(sorted({shard for shard, _ in self.slices}))

    @property
    def share(self) -> float:
        """Tokens to train as a share of a full training on the same documents."""
        return self.tokens_to_train / self.tokens_full if self.tokens_full else 0.0


@dataclass(frozen=True, slots=True)
class Backlog:
    """What has to be done to bring a home's model to a version of its corpus.

    `before` is the version of the corpus that the model is of, and `requests` are those since then.
    What `served` asked for has left the serving model already and waits for the training. `left`
    are the items that the model holds and the corpus does not. `due_unasked` is the day by which
    those must be gone that nobody asked for, or a fallback model must be replaced.
    """

    model: Model
    before: Manifest
    after: Manifest
    documents: tuple[Document, ...]
    requests: tuple[RemovalRequest, ...]
    served: tuple[RemovalRequest, ...]
    left: tuple[RemovedItem, ...]
    due_unasked: datetime | None

    @property
    def due(self) -> datetime | None:
        """By when all must be done: the earliest of all; None if nothing has to be."""
        times = [each.due for each in (*self.served, *self.requests)]
        return min([*times, *([self.due_unasked] if self.due_unasked else [])], default=None)

    @property
    def leavers(self) -> int:
        """How many people leave, wholly or in part."""
        return leavers_of(self.left)

    def may_wait(self, enough: int, now: datetime) -> bool:
        """Say whether others should leave together with these people, and nothing is due soon."""
        is_alone = 0 < self.leavers < enough and not self.model.waiting
        return is_alone and self.due is not None and self.due - now > SOON

    @property
    def openings(self) -> list[str]:
        """What a certificate holds of all who asked since the last whole model."""
        return [each.opening for each in (*self.served, *self.requests)]

    def plan(self, home: Home) -> ForgetPlan:
        """Say what it would cost."""
        return plan(home.model, self.model, self.documents, self.left)


@contextmanager
def one_at_a_time(home: Home, *, trains: bool = True) -> Iterator[None]:
    """Hold a home for one training or forgetting, from reading the corpus to the last certificate.

    What trains nothing (`forget_at_once`) goes ahead beside a training, and waits for its like.

    Raises:
        BusyError: another process is training here.
    """
    path = home.certificates / ("lock" if trains else "at-once.lock")
    with storing(f"`{path}`"):
        make_folder(path.parent)
        path.touch(PRIVATE)
    busy = BusyError(
        f"another `vanne train` or `vanne forget` of `{home.root}` is running",
        todo="wait until it has ended",
    )
    with locked(path, busy=busy if trains else None):
        yield


def _serving(store: Path) -> tuple[Model, Mapping[ItemId, Slot]]:
    """Return the model that serves and what it holds; if another replaces it meanwhile, that."""
    while True:
        model = current(store)
        try:
            return model, items_in(store, model)
        except MissingError:
            if current(store).version == model.version:
                raise


def find_backlog(
    home: Home, moment: datetime, *, make_current: bool = True, each: Each = in_turn
) -> Backlog:
    """Refresh the corpus and say what the model has not heard yet.

    With `make_current` false the refreshed version is only looked at. `each` is as for `refresh`.

    Raises:
        MissingError: no network is here, or no model has been trained.
    """
    model, held = _serving(home.require().model)
    # What the oldest corpus of the models that are there had not heard is open.
    versions = {model.corpus_version, *(each.corpus_version for each in live(home.model))}
    before = min((load(home, each) for each in versions), key=lambda each: each.ledger_size)
    after = refresh(home, moment, purpose=before.purpose, make_current=make_current, each=each)
    documents = tuple(read(home, after))
    gone = held.keys() - {each.item_id for each in documents}
    left = tuple(removed_items(home, after, gone))
    requests = tuple(requests_between(home, before, after))
    step = led_to([model], known_in(home).values())
    whole = load(home, step.corpus_before) if step else before
    since = requests_between(home, whole, after) if step else requests
    days, unasked = time_to_forget(home, after), []
    if model.waiting and model.since:
        unasked.append(model.since + days)
    if any(each.reason not in ASKED for each in left):
        unasked.append(min(_later_than(home, before), default=after.as_of) + days)
    return Backlog(
        model=model,
        before=before,
        after=after,
        documents=documents,
        requests=requests,
        served=tuple(each for each in since if each not in requests),
        left=left,
        due_unasked=min(unasked, default=None),
    )


def forget_at_once(
    home: Home, work: Backlog, clock: Callable[[], datetime], *, is_partial: bool = False
) -> Certificate | None:
    """Serve what is clean, without a training; None if nothing has left and nobody asked.

    With `is_partial`, what an unfinished training has made serves as well.
    """
    register(home, clock)
    request = _request(home, work, clock, 1)
    done = at_once(work.documents, home.model, request, only_if_asked=True, is_partial=is_partial)
    register(home, clock)
    return done


def _request(
    home: Home, work: Backlog, clock: Callable[[], datetime], enough: int
) -> ForgetRequest:
    before, after = work.model.corpus_version, work.after.version
    with Ledger.of(home, read_only=True) as ledger:
        last = ledger.last_time()

    def ledger_clock() -> datetime:
        """Tell the time as the ledger does, which is never before its last entry."""
        return max(clock(), last or clock())

    if last and last - clock() > timedelta(days=1):
        log.warning("the clock is behind the ledger: the certificate bears the ledger's day")
    together = enough if work.leavers >= enough else 1
    openings, folder = tuple(work.openings), home.certificates
    return ForgetRequest(before, after, ledger_clock, openings, folder, together)


def forget_backlog(
    home: Home,
    work: Backlog,
    clock: Callable[[], datetime],
    progress: Progress | None = None,
    *,
    accept: bool = False,
    retrain_all: bool = False,
    at_once_first: bool = False,
    leavers: int = 1,
) -> Certificate:
    """Train again what is pending, then replace the model; return the last certificate.

    With `at_once_first`, what is clean serves until then. With `accept`, what another environment
    trained is kept where nothing has left it; with `retrain_all` it is trained again here. If so
    many `leavers` leave together, the certificate says it.
    """
    register(home, clock)
    done = forget(
        work.documents,
        home.model,
        _request(home, work, clock, leavers),
        ground=read_ground(home.ground),
        progress=progress,
        accept=work.model.environments if accept else (),
        retrain_all=retrain_all,
        at_once_first=at_once_first,
    )
    register(home, clock)
    return done


def _later_than(home: Home, before: Manifest) -> Iterator[datetime]:
    """Yield as of when each version of the corpus is that came after one."""
    for path in (home.corpus / "manifests").glob("*.json"):
        with suppress(VerificationError, StorageError):
            each = load(home, path.stem)
            if each.purpose == before.purpose and each.as_of > before.as_of:
                yield each.as_of


# What it would cost


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
    tokens = BaseTokenizer(base, settings.max_tokens, settings.instruction)
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
        bytes_needed=len(work) * shelf.sizes(model.ground.key)[0],
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
