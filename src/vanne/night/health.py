"""How a network is: the last good night, what waits, and opt-outs that the corpus has not heard.

The same facts are printed by `vanne status`, answered at `/v1/ready` and written as metrics.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from vanne.config import Home
from vanne.corpus.manifest import Manifest, current, load
from vanne.errors import MissingError, VerificationError
from vanne.forget.leaving import Leaving, leaving_by
from vanne.forget.requests import OpenRequest, open_since
from vanne.ledger import Ledger
from vanne.ledger.seen import Sighting
from vanne.settings import Settings
from vanne.train.model import current as current_model
from vanne.worker import Task, next_for
from vanne.worker.tasks import last_done, last_ended

HEARD_WITHIN = timedelta(minutes=15)
"""An opt-out that the corpus has not heard for longer needs a person."""
NIGHT_WITHIN = timedelta(hours=36)
"""A night that was good longer ago was missed. Where none ever ran, none is missed."""

Problem = Literal[
    "ledger-behind",
    "no-corpus",
    "corpus-ahead",
    "unheard",
    "night-failed",
    "night-late",
    "night-alert",
    "forget-late",
    "too-many-leave",
]


@dataclass(frozen=True, slots=True)
class NetworkHealth:
    """The state of a network as of a time. `good` is the last good night, `last` the last one.

    `due` is by when the model must have forgotten; None if nothing waits for it.
    """

    as_of: datetime
    entries: int
    corpus: Manifest | None
    unheard: Sequence[OpenRequest]
    good: Task | None
    last: Task | None
    waits: Mapping[str, Task]
    due: datetime | None
    leaving: Leaving | None
    lost: Sequence[Sighting] = ()
    """What others have seen of the ledger, and it lacks."""

    @property
    def problems(self) -> Mapping[Problem, str]:
        """What needs a person, each with one line."""
        return dict(self._problems())

    def _problems(self) -> Iterator[tuple[Problem, str]]:
        if self.lost:
            yield "ledger-behind", f"{self.lost[0].line(self.entries)}: nothing can be recorded"
        if self.corpus and self.corpus.as_of - self.as_of > HEARD_WITHIN:
            at = f"{self.corpus.as_of:%Y-%m-%d %H:%M} UTC"
            yield "corpus-ahead", f"the corpus is as of {at}: until then it is not read or exported"
        if self.corpus is None:
            yield "no-corpus", "no corpus was built, or it is damaged"
        if self.unheard and self.as_of - self.unheard[0].at > HEARD_WITHIN:
            since = f"{self.unheard[0].at:%Y-%m-%d %H:%M} UTC"
            count = f"{len(self.unheard):,} opt-outs"
            yield "unheard", f"the corpus has not heard {count}, the first of {since}"
        if self.last and self.last.state == "failed":
            yield "night-failed", f"the last night failed: {self.last.error}"
        if self.last and (not self.good or self.as_of - self.night_at > NIGHT_WITHIN):
            yield "night-late", "the last good night is too long ago"
        if self.last and (alerts := self.last.facts.get("alerts")):
            yield "night-alert", f"look at the last night: {'; '.join(alerts)}"
        if self.due and self.due < self.as_of:
            yield "forget-late", f"the model should have forgotten by {self.due:%Y-%m-%d %H:%M} UTC"
        if self.leaving and self.leaving.is_over:
            yield "too-many-leave", self.leaving.line

    @property
    def night_at(self) -> datetime:
        """When the last good night ended; the beginning of time if there was none."""
        ended = self.good.ended if self.good else None
        return ended or datetime.min.replace(tzinfo=self.as_of.tzinfo)

    def as_json(self) -> dict[str, object]:
        """Return it for a JSON document."""
        corpus = self.corpus and {
            "version": self.corpus.version,
            "as_of": self.corpus.as_of.isoformat(),
            "ledger_entries": self.corpus.ledger_size,
            "documents": self.corpus.documents,
        }
        return {
            "schema": "vanne/status/1",
            "as_of": self.as_of.isoformat(),
            "ok": not self.problems,
            "problems": list(self.problems),
            "ledger_entries": self.entries,
            "corpus": corpus,
            "unheard": len(self.unheard),
            "unheard_since": self.unheard[0].at.isoformat() if self.unheard else None,
            "night": {
                "good": self.good.as_json() if self.good else None,
                "last": self.last.as_json() if self.last else None,
            },
            "waits": {kind: task.as_json() for kind, task in self.waits.items()},
            "forget_due": self.due.isoformat() if self.due else None,
        }


def health(home: Home, now: datetime) -> NetworkHealth:
    """Look at a network.

    Raises:
        VanneError: its ledger or its database cannot be read.
    """
    with Ledger.of(home, read_only=True) as ledger:
        entries, lost = ledger.size, ledger.lacking()
    corpus, due = None, None
    with suppress(MissingError, VerificationError):
        corpus = current(home)
    with suppress(MissingError, VerificationError):
        learnt = load(home, current_model(home.model).corpus_version)
        due = min((each.due for each in requests_after(home, learnt, entries)), default=None)
    return NetworkHealth(
        as_of=now,
        entries=entries,
        corpus=corpus,
        unheard=requests_after(home, corpus, entries) if corpus else (),
        good=last_done(home, "night"),
        last=last_ended(home, "night"),
        waits=next_for(home),
        due=due,
        leaving=leaving_by(home, now.date(), entries, Settings.of(home).train_hours),
        lost=lost,
    )


def requests_after(home: Home, known: Manifest, entries: int) -> Sequence[OpenRequest]:
    """Return the requests after a version; the same entries are read once in a process."""
    return _known_after(home, known.version, entries) if entries > known.ledger_size else ()


@lru_cache(maxsize=8)
def _known_after(home: Home, version: str, entries: int) -> tuple[OpenRequest, ...]:
    with Ledger.of(home, read_only=True) as ledger:
        return tuple(open_since(home, ledger, load(home, version)))
