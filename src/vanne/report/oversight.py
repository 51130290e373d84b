"""What an auditor asks about a whole network, answered by counts, without a name.

Each table is made by one function from the records of the network: the ledger, the sidecars of the
corpus, the certificates, the notices, the models and their copies. What a page draws, what stands
under «Table», and what is downloaded as CSV and JSON are the same rows.

INVARIANT: no table holds a name or an id of a person, and every count of people, of their requests
and of their items is a multiple of five. `choice_tables` sorts the members by what is counted of
them, takes the last of each five, and counts it as five. So the pages are those of a network in
which each of these members is there five times: no sum and no difference of what they say can show
a group of 1 to 4. What is counted in another way is rounded down to a multiple of five (`fives`).
Method: systematic sampling of a sorted list, which is controlled rounding to a base; see chapters
4 and 5 of A. Hundepool et al., Statistical Disclosure Control, Wiley 2012.
"""

import io
import json
import logging
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
from sqlalchemy import select

from vanne import plugins
from vanne.config import Home
from vanne.corpus.choice_index import kept_segments
from vanne.corpus.contract import members_table
from vanne.corpus.indexes import item_index_of, member_table_of
from vanne.corpus.manifest import Manifest, current, current_version, has_current, load, pointer_of
from vanne.corpus.patch import sidecar_of
from vanne.corpus.simulation import Simulation, simulate
from vanne.database import Database, upsert
from vanne.database.tables import staff_look
from vanne.decide.difference import with_purpose
from vanne.decide.item_columns import NOBODY
from vanne.errors import MissingError, VanneError, storing
from vanne.files import write_whole
from vanne.forget.certificate import Certificate, opening_of
from vanne.forget.history import TEXTS, known_in, served_models
from vanne.forget.requests import asks_to_remove
from vanne.ids import IdIndex
from vanne.ledger import Erasure, Ledger, ModelServed
from vanne.ledger.checks import LedgerCheck, checks
from vanne.objections import all_waiting
from vanne.plugins import ModelAudit
from vanne.policy import Policy
from vanne.policy.schedule import PublishedNotice, notices, policies, policy_at
from vanne.report.tables import Cell, CountTable
from vanne.sources.scan import connected
from vanne.terms import MAIN_PURPOSE, Choice, Purpose, Reason, Seen
from vanne.train.exports import recorded
from vanne.train.model import load as load_model
from vanne.train.store import ModelStore

log = logging.getLogger("vanne.report")

WEEKS, NIGHTS, SHORT = 26, 30, 16
STANDS = ("off", "partly", "on", "never")
OFF_AFTER = timedelta(days=14)  # an opt-out within two weeks of a change is counted with it
FRESH = timedelta(hours=36)  # a nightly check is late after one and a half days
SAME_LOOK, NOTED = timedelta(minutes=30), timedelta(minutes=1)
SLOW_SECONDS = 0.05
"""What takes longer to count (CPU) is counted in the background from then on."""
PAUSE = 20
"""After so many times what a counting took, the next one may begin: 5 % of a processor."""


FIVE = 5


def fives(count: int) -> int:
    """Return a count rounded down to a multiple of five."""
    return count - count % FIVE


def of(name: str, columns: str, rows: Any) -> dict[str, CountTable]:
    return {name: CountTable.of(name, columns, rows)}


@dataclass(frozen=True, slots=True)
class Sample:
    """The people who count for five, and when those of them who are members turned it off.

    `turned_off` are places in the ledger, ascending, with the time.
    """

    people: frozenset[str]
    turned_off: tuple[tuple[int, datetime], ...] = ()


def kept(path: Path, is_valid: Callable[[Any], bool], compute: Callable[[], Any]) -> Any:
    """Return the JSON in a file if it is valid, else compute it and keep it there."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        document = json.loads(path.read_bytes())
        if is_valid(document):
            return document
    document = compute()
    write_whole(path, json.dumps(document).encode())
    return document


@dataclass(frozen=True, slots=True)
class Counted:
    """All tables of a network for one purpose, as of one size of the ledger.

    `alarms` says since when something is late or waits, whatever the counts are: `late` requests,
    `objections`, and `memory` of a model.
    """

    as_of: datetime
    entries: int
    purpose: Purpose
    policy: Policy
    corpus: Manifest | None
    tables: Mapping[str, CountTable]
    turned_off: tuple[tuple[int, datetime], ...]
    alarms: Mapping[str, str]
    documents_differ: bool
    audit: ModelAudit | None

    def sum(self, table: str, column: str, **conditions: str) -> int:
        """Return the sum of a column of the rows that say so; 0 if there is no such table."""
        known = self.tables.get(table)
        return known.where(conditions).total(column) if known else 0

    def stands(self, *stands: str) -> int:
        """Return how many members are `off`, `partly`, `on`, or `never` chose; all by default."""
        return sum(self.sum("choices", "members", stands=each) for each in stands or STANDS)

    def requests(self, *states: str) -> int:
        """Return how many requests are `done`, `done-late`, `waiting` or `late`."""
        return sum(self.sum("requests", "requests", state=each) for each in states)

    @property
    def next_due(self) -> Mapping[str, Cell] | None:
        """The first day on which requests are due that wait."""
        return min(self.tables["requests"].where({"state": "waiting"}),
                   key=lambda row: str(row["due"]), default=None)  # fmt: skip

    @property
    def not_reached(self) -> int:
        """How many copies of a replaced model still lie somewhere."""
        return len(self.tables["copies"].where({"state": "not-reached"}))


def count(home: Home, now: datetime, scan: "LedgerScan") -> Counted:
    """Count everything, as of the entries that the ledger has now.

    Raises:
        MissingError: there is no network.
        VerificationError: something that is counted does not hold.
    """
    purpose, policy = scan.purpose, policy_at(home.require(), now)
    with Ledger.of(home, read_only=True) as ledger:
        size = ledger.size
        scan.go_on(ledger, size)
        corpus = current(home, purpose) if has_current(home, purpose) else None
        standing = standings(home, corpus) if corpus else None
        tables, sample = choice_tables(home, now, purpose, size, standing)
        requests, late = request_tables(
            home, ledger, scan, policy.purpose(purpose).forget_days, now.date(), sample
        )
        tables |= requests | policy_tables(home, scan.seen, sample, purpose, now)
        inside = tables["standing"].where({"standing": IN}).total("members") if standing else 0
        tables |= version_tables(home, purpose, inside)
        objections, waiting = objection_table(ledger)
        serving = ModelStore(home.model).current_version()
        audit = plugins.hooks().model_audit(home=home, version=serving) if serving else None
    alarms = {"late": late, "objections": waiting}
    if audit:
        alarms["memory"] = _day(audit.at) if any(r.is_memory for r in audit.found) else None
        audit = replace(audit, found=[r for r in audit.found if r.people >= FIVE])
        found = [(r.standing, fives(r.people), r.value, r.low, r.high) for r in audit.found]
        tables |= of("audit", "who people right low high", found)
    differ = bool(standing and corpus and standing.documents != corpus.documents)
    return Counted(
        now, size, purpose, policy, corpus, tables | objections, sample.turned_off,
        {name: day for name, day in alarms.items() if day}, differ, audit,
    )  # fmt: skip


# Who is on and off, where, for what and since when

_CHOICES = {
    "choices": ("stands members", "SELECT stands, 5 * count(*) FROM counting GROUP BY 1"),
    "regions": ("region members off partly chose", """
        SELECT region, 5 * count(*), 5 * count(*) FILTER (stands = 'off'),
            5 * count(*) FILTER (stands = 'partly'), 5 * count(*) FILTER (stands <> 'never')
        FROM counting GROUP BY region ORDER BY 2 DESC, region"""),
    "weeks": ("region week off", """
        SELECT region, strftime(date_trunc('week', make_timestamp(since)), '%Y-%m-%d'), 5 * count(*)
        FROM turned JOIN counting USING (member_id) WHERE since >= getvariable('first')
        GROUP BY 1, 2 ORDER BY 1, 2"""),
    "categories": ("category members", """
        SELECT target, 5 * count(*) FROM latest JOIN counting USING (member_id)
        WHERE scope = 'category' AND NOT "on" AND stands = 'partly' GROUP BY 1
        ORDER BY 2 DESC, 1"""),
    "standing": ("standing members", """
        SELECT standing, 5 * count(*) FROM counting WHERE standing >= 0 GROUP BY 1"""),
}  # fmt: skip
_STAND = """
SET VARIABLE purpose = $purpose; SET VARIABLE first = $first;
CREATE TEMP TABLE latest AS
    SELECT member_id, scope, target, "on"  -- the index has '' where there is no target
    FROM choices WHERE purpose = getvariable('purpose')
    QUALIFY row_number() OVER (
        PARTITION BY member_id, scope, coalesce(target, '') ORDER BY position DESC) = 1;
CREATE TEMP TABLE turned AS  -- off now, and not off before
    SELECT member_id, position, since FROM choices
    WHERE purpose = getvariable('purpose') AND scope = 'all'
    QUALIFY NOT "on" AND lag("on") OVER (PARTITION BY member_id ORDER BY position)
        IS DISTINCT FROM false;
CREATE TEMP TABLE everybody AS  -- also those who chose and are no members now
    SELECT member_id, region, standing, true AS is_member FROM members
    UNION ALL SELECT DISTINCT member_id, NULL, -1, false
    FROM latest ANTI JOIN members USING (member_id);
CREATE TEMP TABLE stand AS
    SELECT e.member_id, e.region, e.standing, e.is_member, CASE
        WHEN bool_or(l.scope = 'all' AND NOT l."on") THEN 'off'
        WHEN bool_or(NOT l."on") THEN 'partly'
        WHEN count(l.member_id) > 0 THEN 'on' ELSE 'never' END AS stands
    FROM everybody e LEFT JOIN latest l USING (member_id) GROUP BY ALL;
CREATE TEMP TABLE sample AS  -- the last of each five who are alike
    SELECT s.*, since.position FROM stand s LEFT JOIN (
        SELECT member_id, max(position) AS position FROM turned GROUP BY 1
    ) since USING (member_id)
    QUALIFY row_number() OVER (PARTITION BY is_member ORDER BY
        list_position(['off', 'partly', 'on', 'never'], stands), standing, region NULLS LAST,
        since.position NULLS LAST, s.member_id) % 5 = 0;
CREATE TEMP TABLE counting AS SELECT * FROM sample WHERE is_member;
"""


def choice_tables(
    home: Home,
    as_of: datetime,
    purpose: Purpose = MAIN_PURPOSE,
    size: int | None = None,
    standing: "Standings | None" = None,
) -> tuple[dict[str, CountTable], Sample]:
    """Count members by how they stand, by region, week, category and standing in the corpus.

    Each table counts the same sample, in which one member in five counts for five.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    text, number = pa.string(), pa.int64()
    fields = {"member_id": text, "purpose": text, "scope": text, "target": text, "on": pa.bool_()}
    schema = pa.schema({**fields, "since": number, "position": number})
    with Ledger.of(home, read_only=True) as ledger:
        size = ledger.size if size is None else size
        index = [e for e in kept_segments(home.corpus / "choices", ledger) if e.end <= size]
        later = ledger.batches(index[-1].end if index else 0, size)
        batches = [*(each.batch for each in index), *later]
    parts = [pa.table(each.select(schema.names)).cast(schema) for each in batches]
    members = pq.read_table(members_table(home), columns=["member_id", "region"])
    ids = pa.chunked_array(members["member_id"]).cast(pa.large_string()).combine_chunks()
    codes = standing.of(ids) if standing else np.full(len(ids), -1)
    members = members.append_column("standing", pa.array(codes, pa.int32()))
    first = datetime.combine(weeks_of(as_of)[0], datetime.min.time(), UTC).timestamp()
    with connected(1) as db:
        db.register("choices", pa.concat_tables([schema.empty_table(), *parts]))
        db.register("members", members)
        values = {"purpose": purpose, "first": int(first * 1e6)}
        for sql in filter(str.strip, _STAND.split(";")):
            db.execute(sql, {name: v for name, v in values.items() if f"${name}" in sql})
        rows = {name: db.execute(sql).fetchall() for name, (_, sql) in _CHOICES.items()}
        people = db.execute("SELECT member_id FROM sample").fetchall()
        turned = db.execute("""
            SELECT turned.position, since FROM turned JOIN counting USING (member_id) ORDER BY 1
        """).fetchall()
    counts, stood = dict(rows["choices"]), dict(rows.pop("standing"))
    rows["choices"] = [(each, counts.get(each, 0)) for each in STANDS]
    if standing:
        named = {name: stood.get(code, 0) for code, name in enumerate(_NAMES)}
        rows["standing"] = [(n, named[n]) for n in STANDINGS if named[n] or n == IN]
    tables = {name: CountTable.of(name, _CHOICES[name][0], rows[name]) for name in rows}
    when = ((place, datetime.fromtimestamp(since / 1e6, UTC)) for place, since in turned)
    return tables, Sample(frozenset(who for (who,) in people), tuple(when))


def weeks_of(as_of: datetime) -> list[date]:
    """Return the Mondays of the weeks that are counted, oldest first; the last is not over."""
    monday = as_of.date() - timedelta(days=as_of.weekday())
    return [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]


# Who is in the training set, and what keeps the others out

IN, NOTHING = "in", "nothing-usable"
GROUPS: Mapping[str, tuple[Reason, ...]] = {
    "off": (Reason.OFF, Reason.OFF_CATEGORY, Reason.OFF_ITEM),
    "off-by-default": (Reason.OFF_BY_DEFAULT,),
    "age": (Reason.MINOR, Reason.AGE_UNKNOWN, Reason.MADE_AS_MINOR),
    "region": (Reason.MEMBER_UNKNOWN, Reason.REGION_UNKNOWN, Reason.REGION_NOT_STARTED),
}
"""The reasons that are about the member, in the order in which they count; all others are about
items, and leave nothing that may be used."""
STANDINGS = ("off", "off-by-default", NOTHING, "age", "region", IN)
"""In the order in which a page tells of them."""
_NAMES = [NOTHING, *reversed([*GROUPS]), IN]  # a later one outweighs an earlier one


@dataclass(frozen=True, slots=True)
class Standings:
    """Where each member of a version of the corpus stands (a place in `_NAMES`), by its members.

    `documents` is how many documents the sidecars have: the manifest should say the same.
    """

    index: IdIndex
    codes: np.typing.NDArray[np.uint8]
    documents: int

    def of(self, ids: Any) -> np.typing.NDArray[np.int32]:
        """Return the code of each member; -1 of those whom the version did not know."""
        places = np.asarray(self.index.find(ids))
        return np.where(places < 0, -1, np.append(self.codes, 0)[places].astype(np.int32))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many members stand so; not for a page."""
        counts = np.bincount(self.codes, minlength=len(_NAMES)).tolist()
        return dict(zip(_NAMES, counts, strict=True))


def standings(home: Home, manifest: Manifest) -> Standings:
    """Return one standing for each member of a version; find it if nobody did before.

    A member is in if one of their items is a document. Of all others the reason counts that was the
    last to leave an item out, in the order of the rules: without it, a document might be there.

    Raises:
        VerificationError: a sidecar or an index is damaged.
    """
    if (known := kept_standings(home, manifest)) is not None:
        return known
    found, file = _find_standings(home, manifest), io.BytesIO()
    np.savez(file, codes=found.codes, documents=found.documents)
    with storing("what is counted of a corpus"):
        write_whole(_standing_path(home, manifest), file.getvalue())
    return found


def kept_standings(home: Home, manifest: Manifest) -> Standings | None:
    """Return what was found of a version before; None if nothing was."""
    with suppress(OSError, ValueError, KeyError):
        table = member_table_of(home, manifest.members_sha256)
        with np.load(_standing_path(home, manifest)) as kept_arrays:
            codes, documents = kept_arrays["codes"], int(kept_arrays["documents"])
        if len(codes) == len(table):
            return Standings(table.index, codes, documents)
    return None


def _standing_path(home: Home, manifest: Manifest) -> Path:
    return home.corpus / "standing" / f"{manifest.version}.npz"


def _find_standings(home: Home, manifest: Manifest) -> Standings:
    table = member_table_of(home, manifest.members_sha256)
    group_of = np.zeros(256, np.uint8)
    for name, reasons in GROUPS.items():
        group_of[[reason.code for reason in reasons]] = _NAMES.index(name)
    best, documents = np.zeros(len(table), np.uint8), 0
    for file in manifest.files:
        if file.sidecar is None:
            continue
        index = item_index_of(home, file.path, file.sha256)
        codes = np.asarray(sidecar_of(home, manifest, file).codes)
        is_document = (codes == Reason.ALLOWED.code) & index.has_text
        group = np.where(is_document, np.uint8(_NAMES.index(IN)), group_of[codes])
        documents += int(is_document.sum())
        rows = np.flatnonzero((group > 0) & (index.items.owner != NOBODY))
        places = np.asarray(table.index.find(index.items.people))[index.items.owner[rows]]
        np.maximum.at(best, places[places >= 0], group[rows][places >= 0])
    return Standings(table.index, best, documents)


# What is to be forgotten and by which day, and which certificate says that it was


@dataclass(slots=True)
class LedgerScan:
    """What the first entries of a ledger say; to go on costs what the ledger has grown by.

    `asked` are the requests to forget, by entry: what the receipt opens, when it was made, and by
    which member (None of an objection and of an erasure). `seen` are those who saw each notice.
    """

    purpose: Purpose
    size: int = 0
    asked: dict[int, tuple[str, datetime, str | None]] = field(default_factory=dict)
    seen: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def go_on(self, ledger: Ledger, size: int) -> None:
        """Read up to so many entries; all again after an erasure, or where another ledger lies.

        Raises:
            VerificationError: an entry is missing or does not open.
        """
        start = self.size if size >= self.size else self._start_over()
        for index, record, leaf, salt in ledger.sealed(start, size):
            if isinstance(record, Erasure) and min(record.positions, default=index) < start:
                self._start_over()
                return self.go_on(ledger, size)
            if asks_to_remove(record, self.purpose):
                who = record.member_id if isinstance(record, Choice) else None
                self.asked[index] = opening_of(salt, leaf), record.at, who
            elif isinstance(record, Seen):
                self.seen[record.notice].add(record.member_id)
        self.size = size
        return None

    def _start_over(self) -> int:
        self.size = 0
        self.asked.clear()
        self.seen.clear()
        return 0


def request_tables(
    home: Home, ledger: Ledger, scan: LedgerScan, forget_days: int, today: date, sample: Sample
) -> tuple[dict[str, CountTable], str | None]:
    """Count the requests by the day they are due, and list the certificates, the last one first.

    A request is done when a certificate holds what its receipt opens, and by nothing else. It is
    late by its due day, whatever state a run is in. Of those by no member each fifth counts for
    five. Return the first due day of all that are late, too, also of those that do not count.
    """
    start = _first_model(home, ledger)
    signed = sorted(known_in(home).values(), key=lambda each: (each.day, len(each.steps)))
    done = {opening: each for each in reversed(signed) for opening in each.requests}
    days, held, late = Counter[tuple[str, str]](), Counter[str](), Counter[str]()
    others, late_since = 0, None
    for index, (opening, at, who) in scan.asked.items():
        others += who is None
        if start is None or index < start:
            continue
        due = (at + timedelta(days=forget_days)).date()
        certificate = done.get(opening)
        is_late = (certificate.day if certificate else today) > due
        if is_late and not certificate:
            late_since = min(late_since or due, due)
        if who not in sample.people and (who or others % FIVE):
            continue
        if certificate:
            held[certificate.id] += FIVE
            late[certificate.id] += FIVE * is_late
            state = "done-late" if is_late else "done"
        else:
            state = "late" if is_late else "waiting"
        days[due.isoformat(), state] += FIVE
    rows = [
        (e.id[:SHORT], e.day.isoformat(), e.phase, held[e.id], late[e.id], _not_reached(e))
        for e in sorted(signed, key=lambda each: (each.day, len(each.steps)), reverse=True)
    ]
    columns = "certificate day phase requests late copies_not_reached"
    requests = [(*key, n) for key, n in sorted(days.items())]
    tables = of("requests", "due state requests", requests) | of("certificates", columns, rows)
    return tables, late_since.isoformat() if late_since else None


def _not_reached(certificate: Certificate) -> int:
    copies = certificate.document["deleted"].get("exports", ())
    return sum(copy.get("outcome") != "deleted" for copy in copies if isinstance(copy, dict))


def _first_model(home: Home, ledger: Ledger) -> int | None:
    """Return from which entry on there is something to forget; None before any model."""
    for index, record in ledger.models():
        if isinstance(record, ModelServed) and record.series == TEXTS:
            manifest = _manifest(home, record.corpus)
            return manifest.ledger_size if manifest else index
    return None


def _manifest(home: Home, version: str | None) -> Manifest | None:
    with suppress(VanneError):
        return load(home, version) if version else None
    return None


# What each change of policy did, and to whom


def policy_tables(
    home: Home,
    seen: Mapping[str, set[str]],
    sample: Sample,
    purpose: Purpose,
    now: datetime,
) -> dict[str, CountTable]:
    """List each policy that was, is or will be in force, the newest first, and what it changed."""
    every, in_force = policies(home), policy_at(home, now).digest
    rows: list[tuple[Cell, ...]] = [(every[0].version, _state(every[0], in_force), *(None,) * 9)]
    reasons = list[tuple[Cell, ...]]()
    for before, policy, notice in zip(every, every[1:], notices(home), strict=False):
        effect = _effect(home, before, policy, purpose, notice, now)
        start, planned = notice.effective_at, notice.effective_at > now
        rows.append((
            policy.version,
            "planned" if planned else _state(policy, in_force),
            notice.published_at.date().isoformat(),
            start.date().isoformat(),
            (start - notice.published_at).days,
            FIVE * len(sample.people & seen.get(notice.notice, set())),
            None if planned else FIVE * sum(
                start <= at < start + OFF_AFTER for _, at in sample.turned_off
            ),
            *_touched(effect),
        ))  # fmt: skip
        items = Counter[tuple[str, str]]()
        for group in effect.groups if effect else ():
            if group.members >= FIVE:
                items[group.before, group.after] += group.items
        reasons += [(policy.version, *pair, fives(n)) for pair, n in items.most_common()]
    columns = "policy state published effective notice_days seen off_within_14_days "
    touched = "opened_members opened_items closed_members closed_items"
    return of("policies", columns + touched, rows[::-1]) | of(
        "policy-reasons", "policy before after items", reasons
    )


def _touched(effect: Simulation | None) -> tuple[Cell, ...]:
    if effect is None:
        return (None,) * 4
    opened, closed = (fives(n) for n in (effect.opened_members, effect.closed_members))
    items = fives(effect.opened_items), fives(effect.closed_items)
    return opened, items[0] if opened else 0, closed, items[1] if closed else 0


def _state(policy: Policy, in_force: str) -> str:
    return "in-force" if policy.digest == in_force else "ended"


def _effect(
    home: Home, before: Policy, after: Policy, purpose: Purpose, notice: PublishedNotice,
    now: datetime,
) -> Simulation | None:  # fmt: skip
    """Decide every item by both policies; a change that still waits is counted again each day."""
    since = min(notice.effective_at, now - timedelta(days=1))

    def compute() -> dict[str, Any]:
        old, new = (with_purpose(policy, purpose) for policy in (before, after))
        effect = simulate(home, old, new, purpose, max(notice.effective_at, now)).as_json()
        return {"digest": after.digest, "counted_at": now.isoformat(), "effect": effect}

    def is_valid(known: Any) -> bool:
        is_new = datetime.fromisoformat(known["counted_at"]) >= since
        return is_new and known["digest"] == after.digest

    try:
        path = home.corpus / "effects" / f"{notice.notice}-{purpose}.json"
        return Simulation.of_json(kept(path, is_valid, compute)["effect"])
    except VanneError as error:
        log.error("what a change of policy does was not counted: %s", error)
        return None


# Which corpora, models and copies are alive


def version_tables(home: Home, purpose: Purpose, inside: int) -> dict[str, CountTable]:
    """List corpora, models (also those that were replaced) and the copies outside the store.

    `inside` is how many members have documents in the current corpus, as a page says it.
    """
    models = served_models(home.model, known_in(home))
    serving = next((each.version for each in models if each.is_current), None)
    now = current_version(home, purpose) if has_current(home, purpose) else None

    def documents(manifest: Manifest, waiting: int = 0) -> int | None:
        """Return how many documents there are, where they are of five members or more."""
        if manifest.version == now:
            members = inside
        elif known := kept_standings(home, manifest):
            members = fives(known.counts[IN])
        else:
            return None
        return max(fives(manifest.documents - waiting), 0 if waiting else members) * (members > 0)

    rows: list[tuple[Cell, ...]] = []
    for name in dict.fromkeys([now, *(m.corpus for m in reversed(models) if not m.until)]):
        if manifest := _manifest(home, name):
            standings(home, manifest)
            state, since = "current" if name == now else "learned-from", _day(manifest.as_of)
            rows.append((manifest.version[:SHORT], "corpus", state, since, None,
                         documents(manifest), None))  # fmt: skip
    for model in reversed(models):
        manifest = _manifest(home, model.corpus)
        waiting = _waiting(home, model.version) if model.is_current else 0
        rows.append((
            model.version[:SHORT],
            "model",
            "serves" if model.is_current else "replaced",
            _day(model.since),
            _day(model.until),
            documents(manifest, waiting) if manifest and waiting is not None else None,
            model.certificate.id[:SHORT] if model.certificate else None,
        ))  # fmt: skip
    copies = [
        (c.kind, c.model[:SHORT], _day(c.at), "serves" if c.model == serving else "not-reached")
        for c in recorded(home.model)
    ]
    columns = "version kind state since until documents certificate"
    return of("versions", columns, rows) | of("copies", "kind model since state", copies)


def _waiting(home: Home, version: str) -> int | None:
    """Return how many documents wait to be trained again; None if another Vanne made the model."""
    try:
        return load_model(home.model, version).waiting
    except MissingError as error:
        log.error("how many documents wait is not known: %s", error)
        return None


def _day(at: datetime | None) -> str | None:
    return at.date().isoformat() if at else None


def objection_table(ledger: Ledger) -> tuple[dict[str, CountTable], str | None]:
    """Count the objections of which items wait for a person; return the day of the oldest, too."""
    waiting = {each.objector.index: each.objector.objection for each in all_waiting(ledger)}
    purposes = Counter(each.purpose for each in waiting.values())
    rows = [(purpose, fives(n)) for purpose, n in purposes.most_common() if n >= FIVE]
    oldest = _day(min((each.at for each in waiting.values()), default=None))
    return of("objections", "purpose objections", rows), oldest


# The ledger: its checks, its last 30 nights, its witnesses


@dataclass(frozen=True, slots=True)
class LogState:
    """What is known of the ledger: `about` is what anybody may see of it, `last` its last check."""

    about: Mapping[str, Any]
    last: LedgerCheck | None
    tables: dict[str, CountTable]
    witnesses: tuple[str, ...]
    is_fresh: bool


def log_state(home: Home, ledger: Ledger, now: datetime) -> LogState:
    """Return who checked the ledger and what was found, and who else signed it.

    Raises:
        StorageError: the database cannot be read.
    """
    about, done = ledger.describe(), checks(home, since=now - timedelta(days=NIGHTS + 1))
    last = next(iter(done or checks(home, most=1)), None)
    by_day = dict[str, bool]()
    for each in done:  # of several checks on a day, one that failed outweighs the others
        day = each.at.date().isoformat()
        by_day[day] = by_day.get(day, True) and each.ok
    days = [(now - timedelta(days=back)).date().isoformat() for back in reversed(range(NIGHTS))]
    state = {None: "not-run", True: "sound", False: "failed"}
    rows = [
        (e.at.isoformat(timespec="minutes"), e.actor, e.entries, len(e.problems),
         round(e.seconds, 1)) for e in done
    ]  # fmt: skip
    tables = of("nights", "night state", [(day, state[by_day.get(day)]) for day in days])
    tables |= of("checks", "checked actor entries problems seconds", rows)
    # a checkpoint is a C2SP signed note: its signatures are lines `— NAME BASE64`
    signed = (each.split(" ") for each in str(about["checkpoint"]).splitlines())
    names = dict.fromkeys(s[1] for s in signed if s[0] == "—" and len(s) > 2)
    witnesses = tuple(name for name in names if name != about["origin"])
    return LogState(about, last, tables, witnesses, last is not None and now - last.at <= FRESH)


# What needs a person first


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for a person: how many, since when, and where the rows are.

    `count` is 0 of requests and objections that are too few to be counted.
    """

    concern: str
    kind: Literal["late", "wait"]
    count: int
    since: str | None
    href: str


def needs(counted: Counted, log: LogState) -> list[Need]:
    """Return what waits for a person; what is late or failed comes first."""
    return sorted(_needs(counted, log), key=lambda each: each.kind != "late")


def _needs(counted: Counted, log: LogState) -> Iterator[Need]:
    if late := counted.alarms.get("late"):
        rows = "/auditor/requests?state=late"
        yield Need("requests-late", "late", counted.requests("late"), late, rows)
    if counted.documents_differ:
        yield Need("documents", "late", 1, None, "/auditor/versions")
    checked = _day(log.last.at) if log.last else None
    if log.last and not log.last.ok:
        yield Need("log-failed", "late", len(log.last.problems), checked, "/auditor/checks")
    if log.last is None:
        yield Need("log-never", "wait", 1, None, "/auditor/checks")
    elif not log.is_fresh:
        yield Need("log-old", "wait", 1, checked, "/auditor/checks")
    if memory := counted.alarms.get("memory"):
        yield Need("memory", "late", 1, memory, "/auditor/audit")
    if copies := counted.not_reached:
        yield Need("copies", "wait", copies, None, "/auditor/copies?state=not-reached")
    if waiting := counted.alarms.get("objections"):
        wait = counted.sum("objections", "objections")
        yield Need("objections", "wait", wait, waiting, "/auditor/objections")


# What is new since an account of the staff last looked


@dataclass(frozen=True, slots=True)
class Look:
    """When the look before this one ended, and how many entries the ledger had then."""

    at: datetime
    entries: int


def look(home: Home, account: str, now: datetime, entries: int) -> Look | None:
    """Note that an account looks now; return its look before this one, None if there was none.

    Opening a page again within half an hour is the same look. `account` is a digest that only this
    home can make, and that names nobody.

    Raises:
        StorageError: the database cannot be read or written.
    """
    database = Database.of(home)
    with database.reading() as db:
        row = db.execute(select(staff_look).where(staff_look.c.account == account)).first()
    before = (row.since, row.since_entries) if row else (None, None)
    if row and now - row.seen > SAME_LOOK:
        before = (row.seen, row.seen_entries)
    if row is None or now - row.seen > NOTED:
        seen = {
            "seen": now,
            "seen_entries": entries,
            "since": before[0],
            "since_entries": before[1],
        }
        with database.writing() as db:
            new = upsert(db, staff_look).values(account=account, **seen)
            db.execute(new.on_conflict_do_update(index_elements=["account"], set_=seen))
    return Look(*before) if before[0] is not None else None


class Overseer:
    """Keeps the counts of a home while nothing changes; any number of threads may ask.

    Counting a large network takes longer than a page may. If something changed, a small network is
    counted at once; a large one in the background, while its pages show what is kept.
    """

    def __init__(self, home: Home) -> None:
        self._home, self._lock, self._scan = home, threading.Lock(), LedgerScan(MAIN_PURPOSE)
        self._kept: tuple[object, Counted] | None = None
        self._seconds = self._next = 0.0

    def close(self) -> None:
        """Let go of what is kept."""
        self._kept = None

    def counted(self, now: datetime, size: int) -> Counted:
        """Return the counts: of now, or of a moment ago if they take long.

        `size` is how many entries the ledger has.

        Raises:
            MissingError, VerificationError: as `count`.
        """
        key, known = self._key(now, size), self._kept
        if known and known[0] == key:
            return known[1]
        if known and self._seconds > SLOW_SECONDS:
            if not self._lock.locked() and time.monotonic() >= self._next:
                threading.Thread(target=self._in_background, args=(now, key), daemon=True).start()
            return known[1]
        return self._count(now, key)

    def _count(self, now: datetime, key: object) -> Counted:
        with self._lock:
            if self._kept and self._kept[0] == key:  # another thread was faster
                return self._kept[1]
            began = time.thread_time()
            counted = count(self._home, now, self._scan)
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
        """Return what the counts depend on: the day, the ledger and when these files changed."""
        home, files = self._home, list[tuple[int, int]]()
        for path in (
            pointer_of(home, MAIN_PURPOSE), home.members, ModelStore(home.model).pointer,
            home.model / "exports.json", home.certificates, home.root / "audit",
        ):  # fmt: skip
            try:
                status = path.stat()
                files.append((status.st_mtime_ns, status.st_size))
            except OSError:
                files.append((0, 0))
        return now.date(), size, tuple(files)
