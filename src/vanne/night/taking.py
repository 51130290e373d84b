"""Put what a source brought into the ledger or the home, or hold it back.

A batch of items is decided before it is let in. If the share of a reason is far from that of the
nights before, and chance does not explain it, something has changed at the source: a unit of time,
a category, a column. The batch is held back until somebody looks. Nothing else waits for it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vanne.config import Home
from vanne.corpus.building import locked
from vanne.corpus.choice_index import segments
from vanne.corpus.contract import Accepting, is_no_chance, members_table
from vanne.corpus.indexes import member_table_of
from vanne.corpus.intake import apply, put_members
from vanne.decide.item_columns import columns_of
from vanne.decide.kernel import codes_of
from vanne.decide.loader import check, record
from vanne.decide.member_columns import member_columns
from vanne.decide.request import EvaluationRequest
from vanne.errors import ConflictError, HeldError, InputError, VanneError
from vanne.files import sha256_of
from vanne.ledger import Ledger
from vanne.night.batch import (
    ROW,
    Taken,
    after,
    rows_in,
    save_taken,
    snapshots_in,
    taken_of,
    waiting,
)
from vanne.night.plan import Kind, NightSource
from vanne.plugins import tell_choices
from vanne.policy.schedule import policy_at
from vanne.sources.batches import map_items
from vanne.sources.relation import literal, quoted
from vanne.terms import MAIN_PURPOSE, REASONS, Choice

State = Literal["taken", "nothing-new", "held", "failed", "waits", "would-take"]
FEWER = 0.5
"""A table of members with less than this share of those before was cut off."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What became of one source. `counts` says, of items, how many rows each reason decided."""

    name: str
    kind: Kind
    state: State
    rows: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    changes: Mapping[str, int] = field(default_factory=dict)
    """How many items were inserted, updated and deleted."""
    snapshots: Mapping[str, str] = field(default_factory=dict)
    """Which versions of its tables were read, by address."""
    began: datetime | None = None
    ended: datetime | None = None
    error: VanneError | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for a JSON document."""
        problem = self.error and {"code": self.error.exit_code, "line": str(self.error)}
        times = {
            name: at and at.isoformat()
            for name in ("began", "ended")
            for at in [getattr(self, name)]
        }
        return {**asdict(replace(self, error=None)), **times, "error": problem}


def look(
    home: Home, source: NightSource, now: datetime, folder: Path | None = None
) -> tuple[Path | None, SourceReport]:
    """Read what a source has that was not taken; say what it is, and return the file of it.

    Raises:
        InputError, StorageError: the source cannot be read.
    """
    path = waiting(home, source, now, folder)
    taken = taken_of(home, source.name)
    report = SourceReport(source.name, source.kind, "nothing-new", snapshots=taken.snapshots)
    if path is None:
        return None, report
    rows, report = rows_in(path), replace(report, snapshots=snapshots_in(path))
    if sha256_of(path) == taken.batch or (source.watermark and not rows):
        path.unlink()
        return None, report
    report = replace(report, state="would-take", rows=rows)
    if source.kind == "choices":
        return path, report
    if source.kind == "items":
        report = replace(
            report, counts=reasons_of(home, _changes(path, source, only="NOT IN"), now)
        )
    else:
        report = replace(report, counts={"members": rows})
    return path, report


def refuse_unlike(report: SourceReport, taken: Taken, share: int) -> None:
    """Refuse a batch that is unlike those before.

    Raises:
        HeldError: it is.
    """
    unlike: list[str] = []
    if report.kind == "items":
        unlike = changed_shares(report.counts, taken.nights, share)
    elif report.kind == "members" and taken.nights:
        before = taken.nights[-1]["members"]
        if report.rows < FEWER * before:
            unlike = [f"{report.rows:,} members, and there were {before:,}"]
    if unlike:
        todo = f"look at the source; if it is meant so, `vanne run --accept {report.name}`"
        raise HeldError(f"`{report.name}` is held back: {'; '.join(unlike)}", todo=todo)


def changed_shares(
    counts: Mapping[str, int], nights: Sequence[Mapping[str, int]], share: int
) -> list[str]:
    """Say which reasons have a share that is further from the usual one than so many points of 100.

    >>> usual = [{"allowed": 900, "unreadable": 100}]
    >>> changed_shares({"allowed": 60, "unreadable": 40}, usual, 20)
    ['`allowed` is 60% of the rows, and was 90%', '`unreadable` is 40% of the rows, and was 10%']
    >>> changed_shares({"allowed": 1, "unreadable": 1}, usual, 20)
    []
    """
    before = Counter[str]()
    for night in nights:
        before.update(night)
    rows, earlier = sum(counts.values()), before.total()
    if not rows or not earlier:
        return []
    found = []
    for reason in sorted({*counts, *before}):
        now, usual = counts.get(reason, 0) / rows, before[reason] / earlier
        is_far = abs(now - usual) > share / 100
        if is_far and is_no_chance(counts.get(reason, 0), rows, usual, earlier):
            found.append(f"`{reason}` is {now:.0%} of the rows, and was {usual:.0%}")
    return found


def reasons_of(home: Home, items: str, now: datetime) -> dict[str, int]:
    """Decide a table of items against the home's policy, members and choices; count the reasons."""
    question = EvaluationRequest(policy_at(home, now), MAIN_PURPOSE, now)
    with locked(home), Ledger.of(home, read_only=True) as ledger:
        members = member_table_of(home, sha256_of(members_table(home)))
        parts = segments(home.corpus / "choices", ledger, ledger.size)
        people = member_columns(members, [part.batch for part in parts], question)
    codes = np.zeros(len(REASONS), np.int64)
    for each in map_items(items, lambda b: codes_of(columns_of(b), people, question)):
        codes += np.bincount(each, minlength=len(REASONS))
    return {REASONS[code].value: int(count) for code, count in enumerate(codes) if count}


def take(
    home: Home, source: NightSource, share: int, now: datetime, *, is_accepted: bool = False
) -> SourceReport:
    """Take what is new of a source. What is held back or wrong is read again the next night.

    Raises:
        BusyError, StorageError: it could not be written; the same rows are taken the next time.
    """
    report = SourceReport(source.name, source.kind, "failed")
    batch = home.night / f"{source.name}.parquet"
    try:
        path, report = look(home, source, now)
        if path is None:
            return report
        if not is_accepted:
            refuse_unlike(report, taken_of(home, source.name), share)
        report, left = _put(home, source, report, path, now, is_accepted)
    except (ConflictError, HeldError, InputError) as error:
        if report.kind == "items" and batch.exists():
            with suppress(InputError):  # there is none, or it says nothing of what is deleted
                apply(home, _changes(batch, source, only="IN"))
        batch.unlink(missing_ok=True)
        return failed(report, error)
    taken = after(home, source, path, report.counts, left)
    save_taken(home, source.name, taken)
    path.unlink()
    return report


def failed(report: SourceReport, error: VanneError) -> SourceReport:
    """Say that a source was held back, or could not be taken."""
    state: State = "held" if isinstance(error, HeldError) else "failed"
    if f"`{report.name}`" not in error.title:
        error = type(error)(f"`{report.name}`: {error.title}", todo=error.todo)
    return replace(report, state=state, error=error)


def _put(
    home: Home,
    source: NightSource,
    report: SourceReport,
    path: Path,
    now: datetime,
    is_accepted: bool,
) -> tuple[SourceReport, Sequence[int]]:
    """Put a batch where it belongs; return the rows that were left for another night."""
    accepting = Accepting(now, schema=is_accepted or source.is_loose)
    done = replace(report, state="taken")
    if report.kind == "members":
        put_members(home, str(path), accepting)
    elif report.kind == "choices":
        return _record(home, done, path, now, is_accepted)
    else:
        changed = apply(home, _changes(path, source), accepting=accepting)
        counts = {name: getattr(changed, name) for name in ("inserted", "updated", "deleted")}
        return replace(done, changes=counts), ()
    return done, ()


def _record(
    home: Home, report: SourceReport, path: Path, now: datetime, is_accepted: bool
) -> tuple[SourceReport, Sequence[int]]:
    """Record choices: a row that cannot be used keeps no other from being heard."""

    def tell(choices: Sequence[Choice]) -> None:
        tell_choices(home, choices, now)

    with Ledger.of(home) as ledger:
        checked = check(path, ledger, policy_at(home, now), members_table(home), now)
        if checked.good:
            record(path, ledger, checked, now, recorded=tell)
    if not checked.bad or is_accepted:
        return report, ()
    first = checked.bad[0]
    todo = f"mend them in the source; or leave them out: `vanne run --accept {report.name}`"
    error = InputError(
        f"`{report.name}`: {len(checked.bad):,} of {checked.rows:,} rows cannot be used, "
        f"and may be opt-outs ({first.column or 'row'}: {first.problem})",
        todo=todo,
    )
    return replace(report, state="failed", error=error), [row.row for row in checked.bad]


def _changes(path: Path, source: NightSource, only: str = "") -> str:
    """Return a batch of items as a table of changes; `only` those that delete, or that do not.

    Raises:
        InputError: those that delete are asked for, and there can be none.
    """
    import pyarrow.parquet as pq

    names, mark = pq.read_schema(path).names, source.watermark or ""
    extra = "" if mark == "updated_at" else f", {quoted(mark)} AS updated_at"
    rows = f"SELECT * EXCLUDE ({ROW}){extra} FROM read_parquet({literal(path.absolute())})"
    op = next((name for name in ("op", "_change_type") if name in names), None)
    if op and only:
        return f"{rows} WHERE lower(CAST({op} AS VARCHAR)) {only} ('delete', 'd')"
    if only == "IN":
        raise InputError("nothing is deleted")
    return rows
