"""`forget`: train again without what has left, then replace the model, and certify it.

    retrain     fit on what is left, publish, delete what is no longer named, certify
    at once     publish the fallback model, delete every checkpoint with a removed item, certify

`retrain` alone is a swap: the model before serves until the new one is there, so that those who
stay lose nothing. `at_once` needs no training: what has left is out in seconds, and what was
trained after it waits. It ends a training that may hold what has left. Both replace one model by
another in the same steps: the journal, the pointer, the deletions, the certificate, and last a
tombstone in the place of each old lineage.

    STORE/forgetting.json     the journal, there while a model is replaced: JSON, mode 0600

The journal is written before the first file is deleted, and holds all that the certificate will
say. After a kill, the next call first finishes the journal: it deletes the same files and writes
the same certificate. A call with more documents lets items in again: nothing is removed then, and
the old model serves until the new one is there.
"""

import json
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from vanne.corpus import Document
from vanne.errors import ConflictError, MissingError, VerificationError, storing
from vanne.files import sync, write_whole
from vanne.forget.certificate import (
    AT_ONCE,
    RETRAINED,
    Certificate,
    Cost,
    ForgetRequest,
    cost_of,
    led_to,
    public_key,
    sign,
    statement,
)
from vanne.forget.fallback_model import fallback
from vanne.forget.history import certificates
from vanne.train.environment import Facts
from vanne.train.exports import delete_replaced, settle
from vanne.train.fit import FitOptions, Progress, fit
from vanne.train.model import TOMBSTONE, current, lineage_path, live, live_keys, publish
from vanne.train.store import ModelStore

JOURNAL = "forgetting.json"


@dataclass(frozen=True, slots=True)
class Journal:
    """The certificate's statement, as far as it is known, and the checkpoints that stay.

    `is_complete` says that all is deleted, and the statement complete.
    """

    statement: dict[str, Any]
    keep: frozenset[str]
    folder: Path
    cost: Cost
    is_complete: bool = False

    @classmethod
    def read(cls, store: ModelStore) -> Self | None:
        """Return what another call has begun; None if there is nothing to finish.

        Raises:
            VerificationError: it cannot be read.
        """
        path = store.root / JOURNAL
        if not path.exists():
            return None
        with storing("what a forgetting has begun"):
            data = path.read_bytes()
        try:
            return TypeAdapter(cls).validate_json(data)
        except ValidationError:
            raise VerificationError(f"`{path}` is damaged", todo="remove it, then run this again: "
                                    "its certificate will not be written") from None  # fmt: skip

    def write(self, store: ModelStore) -> None:
        """Write it whole, in the place of what was there."""
        write_whole(store.root / JOURNAL, TypeAdapter(Journal).dump_json(self), mode=0o600)


def is_begun(store: Path) -> bool:
    """Say whether a killed call has left something to finish."""
    return (store / JOURNAL).exists()


def _remove_journal(store: ModelStore) -> None:
    """Say that there is nothing left to finish."""
    with storing("what a forgetting has begun"):
        (store.root / JOURNAL).unlink(missing_ok=True)
        sync(store.root)


def tainted_files(store: ModelStore, version: str, keep: Collection[str]) -> dict[str, list[Path]]:
    """Return the files besides checkpoints that do not belong to a version, by what they are.

    `optimiser_states` are slices that were being trained when a training was killed, `item_lists`
    say which item is in which slice.
    """
    snapshots = (p for p in _in(store.checkpoints) if ".snapshot." in p.name)
    lists = (p for p in _in(store.models) if p.name.endswith(".items.parquet"))
    return {
        "optimiser_states": [p for p in snapshots if _stem(p) not in keep],
        "item_lists": [p for p in lists if _stem(p) != version],
    }


def _in(folder: Path) -> list[Path]:
    with storing(f"`{folder.name}`"):
        return sorted(folder.iterdir()) if folder.exists() else []


def _stem(path: Path) -> str:
    return path.name.lstrip(".").split(".")[0]


def forget(
    documents_after: Iterable[Document],
    store: Path,
    request: ForgetRequest,
    *,
    ground: Sequence[str],
    progress: Progress | None = None,
    accept: Sequence[Facts] = (),
    retrain_all: bool = False,
    at_once_first: bool = False,
) -> Certificate:
    """Bring the model to what is left of the corpus; return the last certificate.

    The model before serves until the training has ended; with `at_once_first`, the fallback model
    serves meanwhile. What was trained in the environments `accept` is kept, as `fit` says; with
    `retrain_all`, what another one trained is trained again here even where nothing waits.

    Raises:
        MissingError: no model of the corpus before is there.
        BusyError: another process trains in this store.
        ConflictError: something has left the model during the training.
    """
    documents = list(documents_after)
    finished = finish_killed(store, request.clock)
    if finished and not finished.waiting and finished.corpus_after == request.corpus_after:
        return finished
    # A killed call may have left a model of the corpus after.
    before, after = request.corpus_before, request.corpus_after
    if finished is None and not {before, after} & {m.corpus_version for m in live(store)}:
        raise MissingError(
            f"no model of corpus `{before[:12]}` is in `{store}`", todo="run `vanne train` first"
        )
    done = None
    if at_once_first or not _waits(documents, store, request):
        done = at_once(documents, store, request)
        if done and not (done.waiting or retrain_all):
            return done
    last = retrain(documents, store, request, ground=ground, progress=progress, accept=accept)
    if last is None:
        last = done or at_once(documents, store, request)
        assert last is not None
        return last
    if done and done.cost and last.cost:
        last = replace(last, cost=replace(last.cost, seconds_at_once=done.cost.seconds))
    return last


def _waits(documents: Sequence[Document], store: Path, request: ForgetRequest) -> bool:
    """Say whether something must be trained: without that, neither torch nor a base is needed."""
    place = ModelStore(store)
    return fallback(place, current(store), documents, request.corpus_after).model.waiting > 0


def at_once(
    documents: Sequence[Document],
    store: Path,
    request: ForgetRequest,
    *,
    only_if_asked: bool = False,
    is_partial: bool = False,
) -> Certificate | None:
    """Serve nothing but clean checkpoints from now on, and delete the others; train nothing.

    With `is_partial`, what a training has made that has not ended serves as well, even where
    nothing has left. A training on another corpus is revoked.

    Returns None where nothing has left the model and something is to be added to it, so that there
    is nothing to do before the training (what a killed one may have learnt from what left is
    deleted); with `only_if_asked` also where nobody asked for anything.
    A certificate with nothing `waiting` needs no training after it.

    Raises:
        MissingError: nothing has been trained here.
    """
    place, started = ModelStore(store), _now()
    with place.locked():
        before = current(store)
        clean = fallback(place, before, documents, request.corpus_after)
        model, others = clean.model, live(store)
        serves_more = is_partial and clean.is_grown
        if not (clean.is_tainted or serves_more) and (model.waiting or len(others) > 1):
            if before.corpus_version != request.corpus_after:  # a training may hold what left
                place.revoke(request.corpus_after)
                place.prune(clean.keys | live_keys(place))
            return None
        if not (clean.is_tainted or serves_more) and only_if_asked and not request.openings:
            return None
        place.revoke(request.corpus_after)
        earlier = led_to(
            others, certificates(request.folder(store), [public_key(ModelStore(store))]).values()
        )
        body = statement(model, before, others, request, earlier, phase=AT_ONCE)
        model = replace(model, since=request.clock())
        begun = _begin(place, body, clean.keys, request, cost_of(model, body, ()))
        publish(place, model, clean.items)
        return _finish(place, begun, started, request.clock)


def retrain(
    documents: Sequence[Document],
    store: Path,
    request: ForgetRequest,
    *,
    ground: Sequence[str],
    progress: Progress | None = None,
    accept: Sequence[Facts] = (),
) -> Certificate | None:
    """Train what no checkpoint holds yet, serve the result, and delete what it does not name.

    Returns None where that is the very model that serves already.

    Raises:
        MissingError: nothing has been trained here.
        BusyError: another process trains in this store.
        ConflictError: something has left the model meanwhile, or another model was published.
    """
    place, started, before = ModelStore(store), _now(), current(store)
    after = fit(
        documents,
        store,
        before.settings,
        corpus_version=request.corpus_after,
        ground=ground,
        progress=progress,
        at=request.clock,
        options=FitOptions(accept=accept),
    )
    with place.locked():
        if current(store).version != after.version:  # its checkpoints must not be pruned
            raise ConflictError(
                "another process has changed the model in the meantime", todo="run this again"
            )
        others = [each for each in live(store) if each.version != after.version]
        if before.version == after.version and others:
            before = others[-1]  # a killed call has published it
        replaced = others or [before]
        if replaced == [after]:
            return None
        earlier = led_to(
            replaced, certificates(request.folder(store), [public_key(ModelStore(store))]).values()
        )
        body = statement(after, before, replaced, request, earlier, phase=RETRAINED)
        cost = cost_of(after, body, body["keys"]["made"])
        begun = _begin(place, body, frozenset(after.keys), request, cost)
        return _finish(place, begun, started, request.clock)


def finish_killed(store: Path, clock: Callable[[], datetime]) -> Certificate | None:
    """Finish what a killed call has begun; return its certificate, None if there is nothing.

    It bears the day on which it is finished, as `clock` says.
    """
    place = ModelStore(store)
    if Journal.read(place) is None:
        return None
    with place.locked():
        begun = Journal.read(place)
        if begun and current(store).version == begun.statement["model"]["after"]:
            return _finish(place, begun, _now(), clock)
        _remove_journal(place)  # killed before anything was published or deleted
    return None


# The steps that replace a model


def _begin(
    store: ModelStore,
    body: dict[str, Any],
    keep: frozenset[str],
    request: ForgetRequest,
    cost: Cost,
) -> Journal:
    """Write down what will be deleted, before anything is."""
    for kind, paths in tainted_files(store, body["model"]["after"], keep).items():
        names = {path.name.lstrip(".").split(".")[0] for path in paths}
        body["deleted"][kind] = sorted({*body["deleted"][kind], *names})
    begun = Journal(body, keep, request.folder(store.root).absolute(), cost)
    begun.write(store)
    return begun


def _finish(
    store: ModelStore, begun: Journal, started: tuple[float, float], clock: Callable[[], datetime]
) -> Certificate:
    """Delete, certify, bury: each step may have been done before."""
    body, version = begun.statement, begun.statement["model"]["after"]
    if not begun.is_complete:
        prune(store, version, begun.keep)
        gone = [asdict(each) for each in delete_replaced(store.root, version)]
        body["deleted"]["exports"] += gone
        body["day"] = max(body["day"], clock().date().isoformat())
        seconds, cpu = (round(now - then, 3) for now, then in zip(_now(), started, strict=True))
        cost = replace(begun.cost, seconds=seconds, cpu_seconds=cpu)
        begun = replace(begun, cost=cost, is_complete=True)
        begun.write(store)
    settle(store.root)
    certificate = replace(sign(body, store), cost=begun.cost)
    certificate.write(begun.folder)
    bury(store, certificate)
    _remove_journal(store)
    return certificate


def prune(store: ModelStore, version: str, keep: frozenset[str]) -> None:
    """Delete every checkpoint that is not to be kept, and every file of another version."""
    with storing("what belongs to replaced models"):
        for paths in tainted_files(store, version, keep).values():
            for path in paths:
                path.unlink(missing_ok=True)
        for path in store.models.glob(".*.partial"):
            path.unlink()
        if store.models.exists():
            sync(store.models)
    store.prune(keep)


def bury(store: ModelStore, certificate: Certificate) -> None:
    """Replace every lineage but the new model's own by a tombstone that names the certificate.

    Of the lineage it keeps what members are told: of which corpus it was, and since when it served.
    """
    for path in store.models.glob("*.json"):
        lineage: dict[str, Any] = {}
        with suppress(ValueError), storing("a lineage"):
            lineage = json.loads(path.read_bytes())
        if path.stem != certificate.after and lineage.get("schema") != TOMBSTONE:
            stone: dict[str, Any] = {"schema": TOMBSTONE, "version": path.stem}
            stone |= {"replaced_by": certificate.after}
            stone |= {name: lineage.get(name) for name in ("corpus_version", "since")}
            stone["certificate"] = certificate.id
            data = json.dumps(stone, indent=1).encode()
            write_whole(lineage_path(store, path.stem), data)


def _now() -> tuple[float, float]:
    """Return wall and processor time in seconds."""
    return time.perf_counter(), time.process_time()
