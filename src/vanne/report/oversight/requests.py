"""What is to be forgotten and by which day, and which certificate says that it was.

A request is an entry of the ledger that asks for something to be left out, once a model had been
trained (`vanne.forget.requests`). It is done when a certificate holds what its receipt opens, and
by nothing else. It is late by its due day, whatever state a run is in.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from vanne.config import Home
from vanne.corpus.manifest import load
from vanne.errors import VanneError
from vanne.forget.certificate import Certificate, opening_of
from vanne.forget.history import TEXTS, known_in
from vanne.forget.requests import asks_to_remove
from vanne.ledger import Erasure, Ledger, ModelServed
from vanne.ledger.kinds import kind_of
from vanne.report.tables import CountTable
from vanne.terms import Purpose, Seen

State = Literal["done", "done-late", "waiting", "late"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its place in the ledger, what its receipt opens, and when it was made."""

    index: int
    opening: str
    at: datetime


@dataclass(slots=True)
class AskedSoFar:
    """The requests among the first entries of a ledger, and those entries by kind.

    Going on costs what the ledger has grown by.
    """

    purpose: Purpose
    size: int = 0
    asked: dict[int, Asked] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    """How many members were shown each notice."""

    def go_on(self, ledger: Ledger, size: int) -> None:
        """Read what the ledger has grown by, up to so many entries.

        After an erasure, or where another ledger lies there, all is read again.

        Raises:
            VerificationError: an entry is missing or does not open.
        """
        if size < self.size:
            self._start_over()
        start, self.size = self.size, size
        for index, record, leaf, salt in ledger.sealed(start, size):
            if isinstance(record, Erasure) and min(record.positions, default=index) < start:
                self._start_over()
                return self.go_on(ledger, size)
            self.kinds[kind_of(record).name if record else "erased"] += 1
            if asks_to_remove(record, self.purpose):
                self.asked[index] = Asked(index, opening_of(salt, leaf), record.at)
            elif isinstance(record, Seen):
                self.seen[record.notice] += 1
        return None

    def _start_over(self) -> None:
        self.size = 0
        for each in (self.asked, self.kinds, self.seen):
            each.clear()


@dataclass(frozen=True, slots=True)
class RequestCounts:
    """The requests by the day they are due, and the certificates.

    `requests` has one row a day and state; `certificates` one a certificate, the last one first.
    """

    requests: CountTable
    certificates: CountTable

    def counted(self, *states: State) -> int:
        """Say how many requests are in one of these states."""
        return sum(int(r["requests"] or 0) for r in self.requests if r["state"] in states)

    def next_due(self) -> tuple[str, int] | None:
        """Return the first day on which requests are due that wait, and how many."""
        waiting = [row for row in self.requests if row["state"] == "waiting"]
        first = min(waiting, key=lambda row: str(row["due"]), default=None)
        return (str(first["due"]), int(first["requests"] or 0)) if first else None


def count_requests(
    home: Home, ledger: Ledger, so_far: AskedSoFar, forget_days: int, today: date
) -> RequestCounts:
    """Count what is to be forgotten, as of a day.

    Raises:
        VerificationError: the ledger cannot be read.
    """
    start = _first_model(home, ledger)
    known = known_in(home)
    done = _done_by(known)
    by_day, by_certificate = Counter[tuple[str, State]](), Counter[str]()
    late_in = Counter[str]()
    for each in so_far.asked.values():
        if start is None or each.index < start:
            continue
        due = (each.at + timedelta(days=forget_days)).date()
        certificate = done.get(each.opening)
        state: State
        if certificate:
            is_late = certificate.day > due
            state = "done-late" if is_late else "done"
            by_certificate[certificate.id] += 1
            late_in[certificate.id] += is_late
        else:
            state = "late" if due < today else "waiting"
        by_day[due.isoformat(), state] += 1
    rows = [(due, state, count) for (due, state), count in sorted(by_day.items())]
    signed = sorted(known.values(), key=lambda each: (each.day, len(each.steps)), reverse=True)
    return RequestCounts(
        CountTable.of("requests", "due state requests", rows),
        CountTable.of(
            "certificates",
            "certificate day phase requests late copies_not_reached",
            [
                (
                    each.id[:16],
                    each.day.isoformat(),
                    each.phase,
                    by_certificate[each.id],
                    late_in[each.id],
                    _not_reached(each),
                )
                for each in signed
            ],
        ),
    )


def _done_by(known: Mapping[str, Certificate]) -> dict[str, Certificate]:
    """Return with which certificate what a receipt opens first left the model."""
    first: dict[str, Certificate] = {}
    for each in sorted(known.values(), key=lambda each: (each.day, len(each.steps))):
        for opening in each.requests:
            first.setdefault(opening, each)
    return first


def _not_reached(certificate: Certificate) -> int:
    """Count the copies that were not where they were written, or not what was written."""
    copies = certificate.document["deleted"].get("exports", ())
    return sum(copy.get("outcome") != "deleted" for copy in copies if isinstance(copy, dict))


def _first_model(home: Home, ledger: Ledger) -> int | None:
    """Return from which entry on there is something to forget; None before any model."""
    for index, record in ledger.models():
        if isinstance(record, ModelServed) and record.series == TEXTS:
            try:
                return load(home, record.corpus).ledger_size
            except VanneError:  # its manifest is gone: what came after the model was trained
                return index
    return None
