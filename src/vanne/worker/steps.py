"""What each kind of task does, and when the next one is due.

    at-once   refresh the corpus, serve the part of the model that is clean, delete the rest
    retrain   train again what no checkpoint holds, and serve the result

A task calls what `vanne corpus refresh` and `vanne forget` call, so that a member's choice has the
same effect whether a person or the worker acts on it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from vanne.config import Home
from vanne.corpus import current as current_corpus
from vanne.corpus import refresh
from vanne.errors import MissingError, VanneError
from vanne.forget.backlog import find_backlog
from vanne.forget.requests import Asking
from vanne.forget.runs import Clock, forget, forget_photos
from vanne.ledger import Ledger
from vanne.settings import Settings
from vanne.train.model import current as current_model
from vanne.worker.tasks import enqueue, last_done

Step = Callable[[Home, Settings, Clock], Mapping[str, Any]]

_SAFETY = 2
"""A training begins so many times its expected length before it is due."""


def heard_so_far(home: Home) -> int | None:
    """Return how many entries of the ledger the corpus has heard; None: there is no corpus."""
    try:
        heard = current_corpus(home).ledger_size
    except MissingError:
        return None
    last = last_done(home, "at-once")
    return max(heard, last.facts.get("heard", 0)) if last else heard


def asks_for_something(home: Home, heard: int) -> tuple[int, bool]:
    """Return the size of the ledger, and whether an entry after `heard` changes the corpus."""
    with Ledger.of(home, read_only=True) as ledger:
        size = ledger.size
        later = (record for _, record in ledger.records(min(heard, size), size))
        return size, any(isinstance(each, Asking) for each in later)


def at_once(home: Home, settings: Settings, now: Clock) -> Mapping[str, Any]:
    """Refresh the corpus, and let the clean part of the model serve; return what was done.

    What waits for a training is queued.
    """
    with Ledger.of(home, read_only=True) as ledger:
        facts: dict[str, Any] = {"heard": ledger.size}
    if not _has_model(home):
        return {**facts, "corpus": refresh(home, now()).version}
    run = forget(home, at_once=True, now=now)
    facts |= {"corpus": run.work.after.version, "requests": len(run.work.requests)}
    if run.certificate:
        facts["certificate"] = run.certificate.id
    if home.photo_model.exists():
        photos = forget_photos(home, at_once=True, now=now)
        facts |= {"photo_certificate": photos.id} if photos else {}
    return {**facts, **_queue_training(home, settings, now())}


def _queue_training(home: Home, settings: Settings, now: datetime) -> Mapping[str, Any]:
    """Queue the training of what waits for one; return when it is due, and how long it is."""
    rest = find_backlog(home, now, make_current=False)
    asked = bool(rest.model.waiting or rest.requests or rest.served)
    try:
        costs = rest.plan(home)
    except VanneError:  # such as a base model that is away: the training itself will say why
        due, facts = now, {}
    else:
        due = training_due(settings, now, costs.seconds_expected, rest.due)
        asked = asked or costs.tokens_to_train > 0
        facts = {"tokens_to_train": costs.tokens_to_train}
    if not asked:
        return {}
    enqueue(home, "retrain", due, now)
    return {**facts, "retrain_due": due.isoformat()}


def retrain(home: Home, settings: Settings, now: Clock) -> Mapping[str, Any]:
    """Train again what no checkpoint holds; return what was done."""
    run = forget(home, now=now)
    facts: dict[str, Any] = {"corpus": run.work.after.version}
    if run.certificate:
        facts["certificate"] = run.certificate.id
        if run.certificate.cost:
            facts["tokens"] = run.certificate.cost.tokens
            facts["tokens_full"] = run.certificate.cost.tokens_full
    if home.photo_model.exists():
        photos = forget_photos(home, now=now)
        facts |= {"photo_certificate": photos.id} if photos else {}
    return facts


STEPS: Mapping[str, Step] = {"at-once": at_once, "retrain": retrain}


def next_time(at: str, now: datetime) -> datetime:
    """Return when it is next that time of day (UTC).

    >>> from datetime import UTC
    >>> next_time("02:00", datetime(2026, 11, 29, 13, 5, tzinfo=UTC)).isoformat()
    '2026-11-30T02:00:00+00:00'
    """
    today = datetime.combine(now.date(), time.fromisoformat(at), now.tzinfo)
    return today if today > now else today + timedelta(days=1)


def training_due(
    settings: Settings, now: datetime, seconds: float, due: datetime | None
) -> datetime:
    """Return when a training begins that takes so many seconds and must be done by `due`.

    A short one begins now, a long one at the hour that the settings name; both early enough.
    """
    if seconds <= settings.train_soon_seconds:
        return now
    usual = next_time(settings.train_at, now)
    latest = due - timedelta(seconds=_SAFETY * seconds) if due else usual
    return max(now, min(usual, latest))


def _has_model(home: Home) -> bool:
    try:
        current_model(home.model)
    except MissingError:
        return False
    return True
