"""Put what a source brought into the ledger or the home, or hold back what it would open.

Each item of a batch is decided before it is let in, and compared with its own verdict in the home.
What closes an item takes effect at once: a deletion, an item made private. Where many items at once
would open that may not be used now, something has changed at the source: a unit, a category, a
column. Then what would open is held back until a person accepts it, and the rest is taken. A new
item has no verdict before: the share of those that are denied is compared with all that its source
brought.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from vanne.config import Home
from vanne.corpus.arrays import ChecksumCache
from vanne.corpus.building import locked
from vanne.corpus.choice_index import segments
from vanne.corpus.contract import (
    HALF,
    NEVER_PREFIX,
    Accepting,
    data_files,
    deleted_rows,
    is_no_chance,
    members_table,
)
from vanne.corpus.indexes import id_index_of, item_index_of, member_table_of
from vanne.corpus.intake import apply, put_members
from vanne.corpus.manifest import Manifest, current
from vanne.corpus.sidecar import GONE, Codes
from vanne.decide.item_columns import columns_of
from vanne.decide.kernel import ALLOWED, codes_of
from vanne.decide.loader import check, record
from vanne.decide.member_columns import MemberColumns, member_columns
from vanne.decide.request import EvaluationRequest
from vanne.errors import (
    BusyError,
    ConflictError,
    HeldError,
    InputError,
    MissingError,
    VanneError,
    VerificationError,
)
from vanne.files import sha256_of
from vanne.ledger import Ledger
from vanne.night.intake import OURS, SourceBatch, reconcile, remember, taken_of
from vanne.night.plan import Kind, NightSource
from vanne.plugins import tell_choices
from vanne.policy.schedule import policy_at
from vanne.sources.batches import map_items
from vanne.terms import MAIN_PURPOSE, REASONS, Choice, Reason

if TYPE_CHECKING:
    import pyarrow as pa

State = Literal["taken", "nothing-new", "held", "failed", "waits", "would-take"]
FEWER = 0.5
"""A table of members with less than this share of those before was cut off."""
FIFTH = Fraction(1, 5)
"""If more of the items that a reason denies open in a night, or of a whole source are absent, a
person looks first."""
OF_THE_SOURCE = (
    Reason.ALLOWED,
    Reason.CATEGORY_NEVER,
    Reason.CATEGORY_NOT_LISTED,
    Reason.CATEGORY_UNKNOWN,
    Reason.MEMBER_UNKNOWN,
    Reason.REGION_UNKNOWN,
    Reason.AGE_UNKNOWN,
    Reason.VISIBILITY_NOT_LISTED,
    Reason.SENSITIVE,
    Reason.RESERVATION,
    Reason.UNREADABLE,
)
"""What a source says of its items makes these verdicts. Others come of choices, ages and time: in
them new items differ from those before without any fault of the source."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What became of one source.

    `rows` are those to take, `tally` counts the rows of the source by what they are. `counts` says,
    of items, how many each reason decided. `changes` says how many items were inserted, updated,
    deleted and `held` back. `alert` is what a person should know though nothing was held back.
    """

    name: str
    kind: Kind
    state: State = "failed"
    rows: int = 0
    tally: Mapping[str, int] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    changes: Mapping[str, int] = field(default_factory=dict)
    snapshots: Mapping[str, str] = field(default_factory=dict)
    """Which versions of its tables were read, by address."""
    alert: str | None = None
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


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts of the items that a batch puts: their rows in it, as it is here, as it would be.

    An item that is not here has the code `GONE`. An item `is_new` if its source had it never.
    """

    rows: "np.ndarray[Any, np.dtype[np.int64]]"
    is_new: "np.ndarray[Any, np.dtype[np.bool_]]"
    before: Codes
    after: Codes

    @property
    def opening(self) -> "np.ndarray[Any, np.dtype[np.bool_]]":
        """Say which items may be used then, and may not now."""
        return np.asarray((self.after == ALLOWED) & (self.before != ALLOWED))

    @property
    def closing(self) -> "np.ndarray[Any, np.dtype[np.bool_]]":
        """Say which items may be used now, and may not then."""
        return np.asarray((self.after != ALLOWED) & (self.before == ALLOWED))


def take(
    home: Home,
    source: NightSource,
    now: datetime,
    *,
    is_accepted: bool = False,
    dry: Path | None = None,
) -> SourceReport:
    """Take what is new of a source. What is held back or wrong is read again the next night.

    With a folder `dry` the batch is written there, nothing is taken, and the report says what would
    be.

    Raises:
        BusyError, StorageError: it could not be written; the same rows are taken the next time.
    """
    report, batch = SourceReport(source.name, source.kind), None
    try:
        batch = reconcile(home, source, now, dry)
        state: State = "would-take" if dry and batch.rows else "nothing-new"
        report = replace(report, state=state, rows=batch.rows, tally=batch.tally)
        report = replace(report, snapshots=batch.about["snapshots"])
        report, batch = _looked_at(home, source, report, batch, now, is_accepted)
        if not dry:
            report, batch = _put(home, source, report, batch, now, is_accepted)
            remember(home, source, batch)
    except (ConflictError, HeldError, InputError) as error:
        report = failed(report, error)
        if batch and batch.rows and source.kind == "items" and not dry:
            report = replace(report, changes={"deleted": _close(home, batch, now)})
    if batch and not dry:
        batch.remove()
    if report.error is None and (moved := report.tally.get("moved")):
        changed = f"`{source.name}`: {moved:,} rows changed while they were read"
        report = replace(report, error=BusyError(changed, todo="run this again: it takes them"))
    return report


def failed(report: SourceReport, error: VanneError) -> SourceReport:
    """Say that a source was held back, or could not be taken."""
    state: State = "held" if isinstance(error, HeldError) else "failed"
    if f"`{report.name}`" not in error.title:
        error = type(error)(f"`{report.name}`: {error.title}", todo=error.todo)
    return replace(report, state=state, error=error)


def _looked_at(
    home: Home,
    source: NightSource,
    report: SourceReport,
    batch: SourceBatch,
    now: datetime,
    is_accepted: bool,
) -> tuple[SourceReport, SourceBatch]:
    """Decide what a batch brings; return the report, and the batch without what is held back.

    Raises:
        HeldError: nothing of it can be taken.
    """
    import pyarrow.parquet as pq

    if not batch.rows or source.kind == "choices":
        return report, batch
    if source.kind == "members":
        before = pq.read_metadata(members_table(home)).num_rows
        if not is_accepted and batch.rows < FEWER * before:
            raise _held(source, f"{batch.rows:,} members, and there were {before:,}")
        return replace(report, counts={"members": batch.rows}), batch
    judged, usual = _judged(home, batch, now), dict(taken_of(home, source).counts)
    fewer, more = _unlike(judged, usual)
    report = replace(report, counts=_by_reason(judged.after), alert=fewer)
    left, odd = np.zeros(0, np.int64), list(_opened_at_once(judged, corpus_of(home)))
    odd += [more] if more else []
    if odd and not is_accepted:
        left = judged.rows[judged.opening]
    absent, there = batch.tally.get("gone", 0), sum(map(batch.tally.get, _THERE, (0,) * 4))
    if _is_wave(absent, there + absent) and not is_accepted:
        odd.append(f"{absent:,} of {there + absent:,} items are absent")
        left = np.concatenate((left, np.flatnonzero(_column(batch, "vanne_what") == "gone")))
    if fewer or more:  # what is odd is not usual; if it is accepted, the counting begins anew
        counts = {} if is_accepted else usual
    else:
        taken = judged.is_new & ~np.isin(judged.rows, left)
        counts = dict(Counter(usual) + Counter(_of_the_source(judged.after[taken])))
    batch = replace(batch, about={**batch.about, "counts": counts})
    if not odd or is_accepted:
        return report, batch
    report = failed(report, _held(source, "; ".join(odd)))
    return replace(report, changes={"held": len(left)}), batch.without(left)


_THERE = ("new", "changed", "known", "older")


def _held(source: NightSource, what: str) -> HeldError:
    todo = f"look at the source; if it is meant so, `vanne run --accept {source.name}`"
    return HeldError(f"`{source.name}` is held back: {what}", todo=todo)


def _is_wave(count: int, of: int) -> bool:
    """Say whether so many items at once are too many to be chance."""
    return count > FIFTH * of and is_no_chance(of - count, of, 1.0, of)


def _opened_at_once(judged: Judged, corpus: Manifest | None) -> Iterator[str]:
    """Say which reasons would open more than a few of the items that they deny."""
    counts = corpus.counts if corpus else {}
    for reason, opened in _by_reason(judged.before[judged.opening]).items():
        denied = max(opened, counts.get(reason, 0))
        if _is_wave(opened, denied):
            yield f"{opened:,} of {denied:,} items that `{reason}` denies would be opened"


def _unlike(judged: Judged, usual: Mapping[str, int]) -> tuple[str | None, str | None]:
    """Compare the new items with all that the source brought before.

    Returns:
        That far fewer of them may be used; or that far fewer of them are denied.
    """
    counts = _of_the_source(judged.after[judged.is_new])
    new, before = sum(counts.values()), sum(usual.values())
    allowed, share = counts.get("allowed", 0), Fraction(usual.get("allowed", 0), max(1, before))
    if not new or not before or not is_no_chance(allowed, new, float(share), before):
        return None, None
    line = f"{allowed:,} of {new:,} new items may be used, and {float(share):.0%} before"
    return (
        line if allowed < HALF * (share * new) else None,
        line if new - allowed < HALF * ((1 - share) * new) else None,
    )


def _of_the_source(codes: Codes) -> dict[str, int]:
    counts = _by_reason(codes)
    return {reason: counts[reason] for reason in OF_THE_SOURCE if reason in counts}


def _judged(home: Home, batch: SourceBatch, now: datetime) -> Judged:
    """Decide the items that a batch puts, with the policy, members and choices of the home."""
    import pyarrow as pa

    question = EvaluationRequest(policy_at(home, now), MAIN_PURPOSE, now)
    with locked(home):
        with Ledger.of(home, read_only=True) as ledger:
            members = member_table_of(home, sha256_of(members_table(home)))
            parts = segments(home.corpus / "choices", ledger, ledger.size)
            people = member_columns(members, [part.batch for part in parts], question)
        ids, codes = [pa.array([], pa.large_string())], [np.zeros(0, np.uint8)]
        for columns in map_items(changes(batch, PUTS), columns_of):
            ids.append(columns.item_ids.cast(pa.large_string()))
            codes.append(codes_of(columns, people, question))
        before = _codes_here(home, pa.concat_arrays(ids), people, question)
    rows = np.flatnonzero(_column(batch, "op") != "delete")
    is_new = _column(batch, "vanne_what")[rows] == "new"
    return Judged(rows, is_new, before, np.concatenate(codes).astype(np.uint8))


def _column(batch: SourceBatch, name: str) -> "np.ndarray[Any, Any]":
    import pyarrow.parquet as pq

    return np.array(pq.read_table(batch.path, columns=[name])[name].to_pylist())


def _codes_here(
    home: Home, ids: "pa.Array", people: MemberColumns, question: EvaluationRequest
) -> Codes:
    """Decide items as they are in the home; the code of one that is not here is `GONE`."""
    codes = np.full(len(ids), GONE, np.uint8)
    cache = ChecksumCache(home.corpus / "seen.json")
    for path in data_files(home):
        sha256 = cache.sha256(path)
        found = id_index_of(home, path.name, sha256).find(ids)
        there = np.flatnonzero((found >= 0) & ~np.isin(found, deleted_rows(home, path.name)))
        if not len(there):
            continue
        if path.name.startswith(NEVER_PREFIX):
            codes[there] = Reason.CATEGORY_NEVER.code
            continue
        rows, place = np.unique(found[there].astype(np.int64), return_inverse=True)
        items = item_index_of(home, path.name, sha256).items.at(rows)
        codes[there] = codes_of(items, people, question)[place]
    cache.save()
    return codes


def _by_reason(codes: Codes) -> dict[str, int]:
    counts = np.bincount(codes.astype(np.int64), minlength=len(REASONS))[: len(REASONS)]
    return {REASONS[code].value: int(count) for code, count in enumerate(counts) if count}


def corpus_of(home: Home) -> Manifest | None:
    """Return the version of the corpus that is in force, if there is one that can be read."""
    with suppress(MissingError, VerificationError):  # the first night; a refresh mends it
        return current(home)
    return None


def _put(
    home: Home,
    source: NightSource,
    report: SourceReport,
    batch: SourceBatch,
    now: datetime,
    is_accepted: bool,
) -> tuple[SourceReport, SourceBatch]:
    """Put a batch where it belongs; return the report, and the batch without what was left."""
    accepting = Accepting(now, schema=is_accepted or source.is_loose)
    if not batch.rows:
        return report, batch
    if report.error is None:
        report = replace(report, state="taken")
    if source.kind == "members":
        put_members(home, str(batch.path), accepting)
    elif source.kind == "choices":
        return _record(home, report, batch, now, is_accepted)
    else:
        done = apply(home, changes(batch), accepting=accepting)
        counts = {name: getattr(done, name) for name in ("inserted", "updated", "deleted")}
        if done.older:
            counts["older"] = done.older
            older = f"{done.older:,} rows are older than the items that are here"
            report = replace(report, alert="; ".join(filter(None, (report.alert, older))))
        report = replace(report, changes={**counts, **report.changes})
    return report, batch


def _record(
    home: Home, report: SourceReport, batch: SourceBatch, now: datetime, is_accepted: bool
) -> tuple[SourceReport, SourceBatch]:
    """Record choices: a row that cannot be used keeps no other from being heard."""

    def tell(choices: "list[Choice] | Any") -> None:
        tell_choices(home, choices, now)

    with Ledger.of(home) as ledger:
        checked = check(batch.path, ledger, policy_at(home, now), members_table(home), now)
        if checked.good:
            record(batch.path, ledger, checked, now, recorded=tell)
    if not checked.bad or is_accepted:
        return report, batch
    first = checked.bad[0]
    error = InputError(
        f"`{report.name}`: {len(checked.bad):,} of {checked.rows:,} rows cannot be used, "
        f"and may be opt-outs ({first.column or 'row'}: {first.problem})",
        todo=f"mend them in the source; or leave them out: `vanne run --accept {report.name}`",
    )
    left = [row.row - 1 for row in checked.bad]
    return replace(report, state="failed", error=error), batch.without(left)


def _close(home: Home, batch: SourceBatch, now: datetime) -> int:
    """Take out at once what a batch that is refused deletes or denies; return how many items."""
    batch = replace(batch, left=None)
    closing = [changes(batch, "op = 'delete' AND vanne_what != 'gone'")]
    with suppress(InputError):  # what cannot be decided closes nothing; what it deletes goes
        judged = _judged(home, batch, now)
        others = np.setdiff1d(np.arange(batch.rows), judged.rows[judged.closing])
        rows = batch.without(others).select("item_id, 'delete' AS op, updated_at")
        closing.append(rows)
    closed = 0
    for rows in closing:
        with suppress(InputError):
            closed += apply(home, rows).deleted
    return closed


PUTS = "op IS DISTINCT FROM 'delete'"


def changes(batch: SourceBatch, only: str = "true") -> str:
    """Return a batch of items as a table of changes."""
    ours = ", ".join((*OURS, "file_row_number"))
    return f"{batch.select(f'* EXCLUDE ({ours})')} AND {only}"
