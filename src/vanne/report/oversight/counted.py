"""All counts as of one size of the ledger, and how they are kept while nothing changes.

Counting a large network takes longer than a page may. `Overseer` keeps what was counted for as long
as ledger, corpus, models and copies are the same. If they change, a small network is counted at
once; a large one in the background, while its pages show what is kept and as of when that is.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vanne import plugins
from vanne.config import Home
from vanne.corpus.manifest import Manifest, current, has_current, pointer_of
from vanne.errors import VanneError
from vanne.ledger import Ledger
from vanne.objections import all_waiting
from vanne.plugins import ModelAudit
from vanne.policy import Policy
from vanne.policy.schedule import policy_at
from vanne.report.oversight.choices import ChoiceCounts, count_choices
from vanne.report.oversight.policies import PolicyCounts, count_policies
from vanne.report.oversight.requests import AskedSoFar, RequestCounts, count_requests
from vanne.report.oversight.standing import Standings, standings
from vanne.report.oversight.versions import VersionCounts, count_versions
from vanne.report.tables import CountTable
from vanne.terms import MAIN_PURPOSE, Purpose
from vanne.train.store import ModelStore

log = logging.getLogger("vanne.report")

SLOW_SECONDS = 0.05
"""What takes longer to count (CPU) is counted in the background from then on."""
PAUSE = 20
"""After so many times what a counting took, the next one may begin: 5 % of a processor."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts of a network for one purpose.

    `corpus` and `standing` are None before a corpus is built. `audit` is the last one of the model
    that serves, if there is one.
    """

    as_of: datetime
    entries: int
    purpose: Purpose
    policy: Policy
    choices: ChoiceCounts
    corpus: Manifest | None
    standing: Standings | None
    requests: RequestCounts
    policies: PolicyCounts
    versions: VersionCounts
    objections: CountTable
    kinds: CountTable
    audit: ModelAudit | None

    @property
    def tables(self) -> Mapping[str, CountTable]:
        """Each table by its name, as it may be shown and handed out."""
        choices = self.choices
        every = [
            choices.choices,
            choices.regions,
            choices.weeks,
            choices.categories,
            *([self.standing.table()] if self.standing else []),
            self.requests.requests,
            self.requests.certificates,
            self.policies.policies,
            self.policies.reasons,
            self.versions.versions,
            self.versions.copies,
            self.objections,
            self.kinds,
            *([_audited(self.audit)] if self.audit else []),
        ]
        return {table.name: table.handed_out() for table in every}


def count(home: Home, now: datetime, so_far: AskedSoFar) -> Counted:
    """Count everything, as of the entries that the ledger has now.

    Raises:
        MissingError: there is no network.
        VerificationError: something that is counted does not hold.
    """
    purpose, policy = so_far.purpose, policy_at(home.require(), now)
    with Ledger.of(home, read_only=True) as ledger:
        size = ledger.size
        so_far.go_on(ledger, size)
        choices = count_choices(home, now, purpose, size)
        corpus = current(home, purpose) if has_current(home, purpose) else None
        days = policy.purpose(purpose).forget_days
        serving = ModelStore(home.model).current_version()
        return Counted(
            as_of=now,
            entries=size,
            purpose=purpose,
            policy=policy,
            choices=choices,
            corpus=corpus,
            standing=standings(home, corpus) if corpus else None,
            requests=count_requests(home, ledger, so_far, days, now.date()),
            policies=count_policies(home, so_far.seen, choices, now),
            versions=count_versions(home, purpose),
            objections=_objections(ledger, now),
            kinds=CountTable.of("entries", "kind entries", so_far.kinds.most_common()),
            audit=plugins.hooks().model_audit(home=home, version=serving) if serving else None,
        )


def _objections(ledger: Ledger, now: datetime) -> CountTable:
    """Return the objections of which items wait for a person, oldest first."""
    doubts = all_waiting(ledger)
    items = Counter(doubt.objector.index for doubt in doubts)
    by_index = {doubt.objector.index: doubt.objector.objection for doubt in doubts}
    rows = [
        (index, said.at.date().isoformat(), (now - said.at).days, items[index], said.purpose)
        for index, said in sorted(by_index.items())
    ]
    return CountTable.of("objections", "objection received days items purpose", rows)


def _audited(audit: ModelAudit) -> CountTable:
    rows = [(r.standing, r.people, r.value, r.low, r.high) for r in audit.found]
    return CountTable.of("audit", "who people right low high", rows)


class Overseer:
    """Keeps the counts of a home; may be asked from any number of threads."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._kept: tuple[object, Counted] | None = None
        self._so_far = AskedSoFar(MAIN_PURPOSE)
        self._seconds = 0.0
        self._next = 0.0

    def close(self) -> None:
        """Let go of what is kept."""
        self._kept = None

    def counted(self, now: datetime, size: int) -> Counted:
        """Return the counts: of now, or of a moment ago if they take long.

        `size` is how many entries the ledger has.

        Raises:
            MissingError, VerificationError: as `count`.
        """
        key, kept = self._key(now, size), self._kept
        if kept and kept[0] == key:
            return kept[1]
        if kept and self._seconds > SLOW_SECONDS:
            if not self._lock.locked() and time.monotonic() >= self._next:
                threading.Thread(target=self._in_background, args=(now, key), daemon=True).start()
            return kept[1]
        return self._count(now, key)

    def _count(self, now: datetime, key: object) -> Counted:
        with self._lock:
            if self._kept and self._kept[0] == key:  # another thread was faster
                return self._kept[1]
            began = time.thread_time()
            counted = count(self._home, now, self._so_far)
            if self._kept:  # the first time says nothing: all of the ledger was read
                self._seconds = time.thread_time() - began
                self._next = time.monotonic() + PAUSE * self._seconds
            self._kept = key, counted
            return counted

    def _in_background(self, now: datetime, key: object) -> None:
        try:
            self._count(now, key)
        except VanneError as error:
            log.error("the counts for the auditor stay as they are: %s", error)

    def _key(self, now: datetime, size: int) -> object:
        """Return what the counts depend on."""
        home, files = self._home, []
        places = (pointer_of(home, MAIN_PURPOSE), home.members, *_records(home))
        for path in places:
            try:
                status = path.stat()
                files.append((status.st_mtime_ns, status.st_size))
            except OSError:
                files.append((0, 0))
        return now.date(), size, tuple(files)


def _records(home: Home) -> tuple[Path, ...]:
    store = home.model
    return ModelStore(store).pointer, store / "exports.json", home.certificates, home.root / "audit"
