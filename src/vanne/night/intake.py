"""Compare a source with what was taken of it, and write down what is new as one file: a batch.

Each row of a source is, each night, one of five: `new`, `changed`, `known`, `older` than what was
taken for the same key, or `repeated` (the source has a newer row of the key, or the same again).
Their sum is the number of rows. No row is left out for its age.

The key of an item is its id, that of a choice what it decides. Of items the newest row counts, by
the watermark. Without a watermark the source has one row of each item, and it says how the item is
now. Of choices each row is recorded in the order of their times, unless a later choice of the same
key is recorded already. Where a source is `whole`, an item that it had and has no more is `gone`.

The batch stays until all of it is taken, so that a night that was killed goes on with the same
rows, whatever the source has meanwhile. What was taken is in files `known` (a digest for each key)
that `state.json` names. That file is replaced as a whole.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vanne.config import Home
from vanne.corpus.contract import data_files, deleted_at
from vanne.errors import InputError, VerificationError, storing
from vanne.files import make_folder, sha256_of, sync, write_whole
from vanne.ledger import Ledger
from vanne.night.plan import NightSource
from vanne.sources.changes import CHANGED_AT, UNTIMED
from vanne.sources.lake import pin
from vanne.sources.relation import literal, named, quoted
from vanne.sources.scan import connected, opened
from vanne.sources.schema import CHOICES, ITEMS, MEMBERS

if TYPE_CHECKING:
    import duckdb

SCHEMA = "vanne/night-state/2"
COLUMNS = {"members": MEMBERS, "choices": CHOICES, "items": ITEMS}
AHEAD = timedelta(days=1)
"""A time that is further ahead would keep out what is written until then."""
OURS = ("vanne_key", "vanne_row", "vanne_at", "vanne_what")
"""Columns of a batch: digests of key and row, when it was, and whether it is new to the source."""
STATES = ("new", "changed", "known", "older", "repeated")
_PROBE = "hash('a', NULL, 1, ['a'], TIMESTAMP '2026-01-01')"
"""DuckDB may hash otherwise in another version: then no digest of a row says anything."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken of a source so far.

    `known` names the file of digests, made by a hash that the `probe` tells. `type` is that of the
    watermark, `batch` the checksum of what was taken last, `snapshots` the versions that the
    `query` read, by address. `counts` says what items were decided when they were new. `high` is in
    a state of version 0.2 alone, which knew nothing but the highest watermark.
    """

    known: str | None = None
    probe: str | None = None
    type: str | None = None
    batch: str | None = None
    snapshots: Mapping[str, str] = field(default_factory=dict)
    query: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    high: str | None = None


@dataclass(frozen=True, slots=True)
class SourceBatch:
    """What a source has that was not taken.

    `tally` counts the rows of the source, `about` goes into `Taken`, and `left` is a file with the
    rows of the batch (`n`, from 0) that are not taken this time.
    """

    path: Path
    rows: int
    tally: Mapping[str, int]
    about: Mapping[str, Any]
    left: Path | None = None

    def select(self, columns: str) -> str:
        """Return the SQL of the rows that are taken."""
        table = f"read_parquet({literal(self.path.absolute())}, file_row_number = true)"
        rows = f"SELECT {columns} FROM {table}"
        if self.left is None:
            return f"{rows} WHERE true"
        left = f"SELECT n FROM read_parquet({literal(self.left.absolute())})"
        return f"{rows} WHERE file_row_number NOT IN ({left})"

    def without(self, rows: "Sequence[int] | np.ndarray[Any, Any]") -> "SourceBatch":
        """Return the batch without some rows, which are counted from 0."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if not len(rows):
            return replace(self, left=None)
        left = self.path.with_name(f".{self.path.stem}.left.parquet")
        pq.write_table(pa.table({"n": np.asarray(rows, np.int64)}), left)
        return replace(self, left=left)

    def remove(self) -> None:
        """Remove the files of the batch."""
        for path in filter(None, (self.path, self.left)):
            path.unlink(missing_ok=True)


def all_taken(home: Home) -> dict[str, Taken]:
    """Return what was taken so far, by source.

    Raises:
        VerificationError: the file that says so cannot be read.
    """
    path = home.night / "state.json"
    if not path.exists():
        return {}
    with storing("`night/state.json`"):
        data = path.read_bytes()
    names = {each.name for each in fields(Taken)}
    try:
        return {
            name: Taken(**{key: value for key, value in each.items() if key in names})
            for name, each in json.loads(data)["sources"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        todo = "restore it from a backup; or remove it: each source is then read from its beginning"
        raise VerificationError("`night/state.json` is damaged", todo=todo) from error


def taken_of(home: Home, source: NightSource) -> Taken:
    """Return what was taken of a source so far."""
    return all_taken(home).get(source.name, Taken())


def reconcile(
    home: Home, source: NightSource, now: datetime, to: Path | None = None
) -> SourceBatch:
    """Return what a source has that was not taken; write it down if it is not yet.

    Raises:
        InputError: the source cannot be read, or does not say which row of an item is the newest.
        StorageError: the disk is full.
    """
    taken, folder = taken_of(home, source), to or home.night
    path = folder / f"{source.name}.parquet"
    if path.exists():
        waiting = _batch(path)
        if waiting and sha256_of(path) != taken.batch:
            return waiting  # of a night that was killed
        path.unlink()
    with storing(f"`{folder}`"):
        make_folder(folder)
        for part in folder.glob(f".{source.name}.*"):
            part.unlink()
    pinned = pin(source.query, taken.snapshots)
    if pinned.is_whole and (pinned.snapshots, source.query) == (taken.snapshots, taken.query):
        return SourceBatch(path, 0, {}, {"snapshots": taken.snapshots})
    about: dict[str, Any] = {"snapshots": dict(pinned.snapshots)}
    tally, part = dict[str, int](), path.with_name(f".{source.name}.partial")
    columns = COLUMNS[source.kind]
    with opened(pinned.query, columns, source.kind, threads=2) as (db, relation, types):
        db.execute(f"SET temp_directory = {literal(folder / '.spill')}")
        rows = f"SELECT * FROM {relation}"
        if source.kind == "choices":
            rows, tally, more = _new_choices(db, home, source, taken, folder, relation, types)
            about |= more
        elif source.kind == "items":
            rows, tally, more = _new_items(db, home, source, taken, folder, relation, types, now)
            about |= more
        facts = literal(json.dumps({"tally": tally, "about": about}))
        (copied,) = db.execute(
            f"COPY ({rows}) TO {literal(part)} "
            f"(FORMAT parquet, COMPRESSION zstd, KV_METADATA {{vanne: {facts}}})"
        ).fetchall()[0]
    sync(part)
    part.replace(path)
    sync(folder)
    is_new = bool(copied) if source.kind != "members" else sha256_of(path) != taken.batch
    batch = _batch(path) if is_new or tally.get("new") or tally.get("changed") else None
    if batch is None:
        path.unlink()
        return SourceBatch(path, 0, tally, about)
    return batch


def _batch(path: Path) -> SourceBatch | None:
    """Return the batch in a file; None if it is of version 0.2, and is read anew."""
    import pyarrow.parquet as pq

    file = pq.read_metadata(path)
    facts = (file.metadata or {}).get(b"vanne")
    if facts is None:
        return None
    batch = SourceBatch(path, file.num_rows, **json.loads(facts))
    counted = sum(batch.tally.get(each, 0) for each in ("new", "changed", "gone"))
    if batch.tally and counted != batch.rows:  # the source changed between its two scans
        batch = replace(batch, tally={**batch.tally, "moved": counted - batch.rows})
    return batch


def _probe(db: "duckdb.DuckDBPyConnection") -> str:
    return str(db.sql(f"SELECT {_PROBE}").fetchall()[0][0])


def _known(folder: Path, name: str | None) -> str:
    """Return the SQL of the digests of what was taken."""
    if name:
        return f"read_parquet({literal((folder / name).absolute())})"
    return "(SELECT uuid() AS k, CAST(0 AS UBIGINT) AS h, 0 AS t WHERE false)"


def _write_known(
    db: "duckdb.DuckDBPyConnection", folder: Path, source: NightSource, rows: str
) -> str:
    """Write digests into a file that is named by its content; return the name."""
    part = folder / f".{source.name}.known"
    query = f"SELECT k, h, t FROM ({rows}) ORDER BY k, h"
    db.execute(f"COPY ({query}) TO {literal(part)} (FORMAT parquet, COMPRESSION zstd)")
    name = f"{source.name}.known-{sha256_of(part)[:16]}.parquet"
    sync(part)
    part.replace(folder / name)
    return name


def _new_items(
    db: "duckdb.DuckDBPyConnection",
    home: Home,
    source: NightSource,
    taken: Taken,
    folder: Path,
    relation: str,
    types: Mapping[str, str],
    now: datetime,
) -> tuple[str, dict[str, int], dict[str, Any]]:
    """Compare each row with what is known; return the SQL of those to take, counts, and facts.

    Raises:
        InputError: a row has no time, or one that is ahead; or nothing says which one is newer.
    """
    mark, time, is_time = _time(source, taken, types)
    at = time.format(quoted(mark or ""))
    where = f"{named(source.query)}: `{mark}`"
    this = f"TIMESTAMP '{now.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"
    op, stamp = _op(types), quoted(mark) if mark and is_time else this
    digest = ", ".join(quoted(each.name) if each.name in types else "NULL" for each in ITEMS)
    # INVARIANT: columns are named one by one, so that no column of a source hides another
    picked = ", ".join(quoted(each.name) for each in ITEMS if each.name in types)
    digests = f"{_item_key(types)} AS vanne_key, hash({digest}, {op}) AS vanne_row"
    rows = f"SELECT {picked}, {op} AS op, {stamp} AS updated_at, {digests}, {at} AS vanne_at"
    rows += f" FROM {relation} AS vanne_source"
    # in one commit of Delta an item that is replaced is deleted before it is inserted
    last = 0 if "_change_type" in types else 2
    rank = f"CASE op WHEN 'update_preimage' THEN -1 WHEN 'delete' THEN {last} ELSE 1 END"
    db.execute(
        f"CREATE TEMP TABLE seen AS SELECT vanne_key AS k, vanne_row AS h, vanne_at AS t, "
        f"{rank} AS rank FROM ({rows}) AS vanne_rows"
    )
    ahead = int((now + AHEAD).timestamp() * 1_000_000) if is_time else 2**63 - 1
    total, missing, later, keys = db.sql(
        f"SELECT count(*), count(*) - count(t), count(*) FILTER (t > {ahead}), "
        "count(DISTINCT k) FILTER (rank >= 0) FROM seen"
    ).fetchall()[0]
    if missing:
        raise InputError(f"{where} is missing in {missing:,} rows", todo="give each row one")
    if later:
        raise InputError(f"{where} is in the future in {later:,} rows", todo="mend their times")
    newest, is_single = "(SELECT k, h, t, h AS d FROM seen)", keys == total
    if not is_single:  # of a key's rows that have the last time, all are in the digest
        db.execute(
            "CREATE TEMP TABLE twice AS SELECT k, max(t) AS t, count(DISTINCT h) AS n FROM seen "
            "WHERE rank >= 0 GROUP BY k HAVING count(*) > 1"
        )
        several = db.sql("SELECT count(*) FROM twice WHERE n > 1").fetchall()[0][0]
        if several and not mark:
            what = f"{named(source.query)}: {several:,} items have several rows"
            todo = "name the column of their times: `watermark`"
            raise InputError(f"{what}, and nothing says which one is newer", todo=todo)
        newest = (
            "(SELECT k, h, t, h AS d FROM seen ANTI JOIN twice USING (k) WHERE rank >= 0 "
            "UNION ALL SELECT k, arg_max(h, (rank, h)), t, bit_xor(DISTINCT h) "
            "FROM seen JOIN twice USING (k, t) WHERE rank >= 0 GROUP BY k, t)"
        )
    facts = {"type": types.get(mark or ""), "probe": _probe(db), "high": None}
    known = _known(home.night, taken.known)
    read = known
    if taken.high is not None:
        high = time.format(f"CAST({literal(taken.high)} AS {taken.type})")
        read = f"(SELECT k, t FROM {newest} WHERE t <= {high})"
    if taken.high is not None or (taken.known and taken.probe != facts["probe"]):
        _put_here(db, home)
        facts["known"] = _write_known(db, folder, source, _REREAD.format(read=read, newest=newest))
        known = _known(folder, facts["known"])
    db.execute(
        "CREATE TEMP TABLE news AS SELECT n.*, CASE WHEN o.k IS NULL THEN 'new' "
        "WHEN o.h = n.d AND o.t = n.t THEN 'known' WHEN n.t < o.t THEN 'older' "
        f"ELSE 'changed' END AS what FROM {newest} AS n LEFT JOIN {known} AS o USING (k)"
    )
    tally = _tally(db, source, total, keys)
    # a row may say again what an older one of the item said: the time tells them apart
    same = "PARTITION BY vanne_key, vanne_row, vanne_at"
    one = "" if is_single else f"QUALIFY row_number() OVER ({same}) = 1"
    chosen = (
        "SELECT r.* EXCLUDE (vanne_row), d AS vanne_row, what AS vanne_what "
        f"FROM (SELECT * FROM ({rows}) AS vanne_rows {one}) AS r "
        "JOIN news AS n ON r.vanne_key = n.k AND r.vanne_row = n.h AND r.vanne_at = n.t "
        "WHERE what IN ('new', 'changed')"
    )
    if source.is_whole:
        _put_here(db, home)
        gone = f"FROM here JOIN {known} AS o USING (k) ANTI JOIN seen USING (k)"
        tally["gone"] = db.sql(f"SELECT count(*) {gone}").fetchall()[0][0]
        # the time of the last row, so that the item may come back as it was
        when = "make_timestamp(greatest(o.t, here.changed_at))" if is_time else this
        chosen += (
            f" UNION ALL BY NAME SELECT CAST(item_id AS {types['item_id']}) AS item_id, "
            f"'delete' AS op, {when} AS updated_at, k AS vanne_key, "
            f"CAST(0 AS UBIGINT) AS vanne_row, o.t AS vanne_at, 'gone' AS vanne_what {gone}"
        )
    return f"{chosen} ORDER BY vanne_at, vanne_key", tally, facts


_REREAD = """
SELECT o.k, CASE WHEN o.k IN (SELECT k FROM here) THEN 0 ELSE COALESCE(n.d, 0) END AS h, o.t
FROM {read} AS o LEFT JOIN {newest} AS n ON n.k = o.k AND n.t <= o.t
"""
"""What was read before, where no digest of it can be compared.

Items that are here are taken again. Others were deleted since, and no row of before the deletion
may bring them back.
"""


def _op(types: Mapping[str, str]) -> str:
    """Return the SQL of what a row does, in small letters."""
    name = next((name for name in ("_change_type", "op") if name in types), None)
    if name is None:
        return "'upsert'"
    word = f"lower(trim(CAST({quoted(name)} AS VARCHAR)))"
    return f"CASE {word} WHEN 'd' THEN 'delete' ELSE {word} END"


def _item_key(types: Mapping[str, str]) -> str:
    """Return the SQL of the digest of an item's id, or of the owner whose items all go."""
    ids = [f"'{name[0]}' || NULLIF(CAST({name} AS VARCHAR), '')" for name in ("item_id", "owner")
           if name in types]  # fmt: skip
    return f"CAST(md5(COALESCE({', '.join(ids)}, '')) AS UUID)"


def _put_here(db: "duckdb.DuckDBPyConnection", home: Home) -> None:
    """Make a table of the items that are in the home, with their keys and times."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if db.sql("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'here'").fetchall()[0][0]:
        return
    key = _item_key({"item_id": "VARCHAR"})
    db.execute("CREATE TEMP TABLE rows_here (item_id VARCHAR, changed_at BIGINT, is_here BOOLEAN)")
    for path in data_files(home):
        names = {"item_id", CHANGED_AT} & set(pq.read_schema(path).names)
        items = pq.read_table(path, columns=sorted(names))
        deleted, at = deleted_at(home, path.name)
        is_here, gone_at = np.ones(len(items), np.bool_), np.full(len(items), UNTIMED)
        is_here[deleted], gone_at[deleted] = False, at
        items = items.append_column("is_here", pa.array(is_here))
        db.register("vanne_items", items.append_column("gone_at", pa.array(gone_at)))
        changed = f"greatest(gone_at, {CHANGED_AT})" if CHANGED_AT in names else "gone_at"
        db.execute(f"INSERT INTO rows_here SELECT item_id, {changed}, is_here FROM vanne_items")
    db.execute(
        f"CREATE TEMP TABLE here AS SELECT {key} AS k, any_value(item_id) AS item_id, "
        "max(changed_at) AS changed_at FROM rows_here GROUP BY k HAVING bool_or(is_here)"
    )


def _new_choices(
    db: "duckdb.DuckDBPyConnection",
    home: Home,
    source: NightSource,
    taken: Taken,
    folder: Path,
    relation: str,
    types: Mapping[str, str],
) -> tuple[str, dict[str, int], dict[str, Any]]:
    """Compare each row with what is known; return the SQL of those to take, counts, and facts.

    What is not known of the source is looked for in the ledger: what is recorded once is not again.
    """
    picked = ", ".join(quoted(each.name) for each in CHOICES if each.name in types)
    rows = f"SELECT {picked}, {_choice_digests(types)} FROM {relation} AS vanne_source"
    db.execute(
        "CREATE TEMP TABLE seen AS SELECT vanne_key AS k, vanne_row AS h, vanne_at AS t "
        f"FROM ({rows}) AS vanne_rows"
    )
    total, different = db.sql("SELECT count(*), count(DISTINCT h) FROM seen").fetchall()[0]
    facts: dict[str, Any] = {"type": None, "high": None}
    known = _known(home.night, taken.known)
    if not taken.known:
        facts["known"] = _write_known(db, folder, source, _recorded(db, home))
        known = _known(folder, facts["known"])
    db.execute(
        f"CREATE TEMP TABLE last AS SELECT k, max(t) AS t FROM {known} GROUP BY k; "
        "CREATE TEMP TABLE news AS SELECT DISTINCT ON (h) h, "
        f"CASE WHEN h IN (SELECT h FROM {known}) THEN 'known' "
        "WHEN seen.t < last.t THEN 'older' WHEN last.k IS NULL THEN 'new' ELSE 'changed' END "
        "AS what FROM seen LEFT JOIN last USING (k)"
    )
    tally = _tally(db, source, total, different)
    chosen = (
        f"SELECT r.*, what AS vanne_what FROM ({rows} "
        "QUALIFY row_number() OVER (PARTITION BY vanne_row) = 1) AS r "
        "JOIN news ON vanne_row = h WHERE what IN ('new', 'changed') ORDER BY vanne_at, vanne_row"
    )
    return chosen, tally, facts


def _choice_digests(types: Mapping[str, str]) -> str:
    """Return the SQL of the digests of a choice: of what it decides, and of all that it says."""
    place = [
        f"NULLIF(CAST({quoted(name)} AS VARCHAR), '')" if name in types else "NULL"
        for name in ("member_id", "purpose", "scope", "target")
    ]
    text = 'trim(CAST("at" AS VARCHAR))'
    # a bare number is no time here, though DuckDB takes some for a year
    at = f"epoch_us(TRY_CAST(regexp_replace({text}, '^\\d+$', '') AS TIMESTAMPTZ))"
    on = 'lower(trim(CAST("on" AS VARCHAR)))'
    on = (
        f"CASE WHEN {on} IN ('true', 'on', 'yes', '1') THEN 'on' "
        f"WHEN {on} IN ('false', 'off', 'no', '0') THEN 'off' ELSE {on} END"
    )
    key = f"CAST([{', '.join(place)}] AS VARCHAR[])"
    when = f"COALESCE(CAST({at} AS VARCHAR), {text})"
    row = f"CAST([{', '.join((*place, on, when))}] AS VARCHAR[])"
    return (
        f"CAST(md5(CAST(to_json({key}) AS VARCHAR)) AS UUID) AS vanne_key, "
        f"CAST(md5(CAST(to_json({row}) AS VARCHAR)) AS UUID) AS vanne_row, {at} AS vanne_at"
    )


def _recorded(db: "duckdb.DuckDBPyConnection", home: Home) -> str:
    """Return the SQL of the digests of all choices in the ledger."""
    import pyarrow as pa

    with Ledger.of(home, read_only=True) as ledger:
        choices = [
            (c.member_id, c.purpose, c.scope, c.target, c.on, (c.claimed_at or c.at).isoformat())
            for c in ledger.choices()
        ]
    names = ("member_id", "purpose", "scope", "target", "on", "at")
    columns = zip(*choices, strict=True) if choices else ((),) * len(names)
    types = {name: pa.bool_() if name == "on" else pa.string() for name in names}
    arrays = [pa.array(each, types[name]) for name, each in zip(names, columns, strict=True)]
    db.register("vanne_ledger", pa.table(arrays, names=list(names)))
    digests = _choice_digests(dict.fromkeys(names, "VARCHAR"))
    rows = f"(SELECT {digests} FROM vanne_ledger)"
    return f"SELECT vanne_key AS k, vanne_row AS h, vanne_at AS t FROM {rows}"


def _tally(
    db: "duckdb.DuckDBPyConnection", source: NightSource, total: int, keys: int
) -> dict[str, int]:
    """Count the rows of a source by what they are.

    Raises:
        VerificationError: they do not add up.
    """
    tally = dict.fromkeys(STATES, 0)
    tally |= dict(db.sql("SELECT what, count(*) FROM news GROUP BY 1").fetchall())
    if sum(tally.values()) != keys:
        counts = f"{sum(tally.values()):,} of {keys:,} rows were compared"
        raise VerificationError(
            f"`{source.name}`: {counts}", todo="run this again; then report it as a bug"
        )
    return tally | {"repeated": total - keys, "rows": total}


def _time(
    source: NightSource, taken: Taken, types: Mapping[str, str]
) -> tuple[str | None, str, bool]:
    """Return the column that says when a row was, what makes a number of it, and if it is a time.

    Raises:
        InputError: the column is not there, cannot be compared, or is of another type than before.
    """
    mark = source.watermark or ("updated_at" if "updated_at" in types else None)
    type_, where = types.get(mark or ""), f"{named(source.query)}: the watermark `{mark}`"
    if mark is None and taken.type:
        no_time = f"{named(source.query)}: no column says when a row was written, and one did"
        raise InputError(no_time, todo="name it: `watermark`")
    if mark is None:
        return None, "CAST(0 AS BIGINT)", False
    if type_ is None:
        raise InputError(f"{where} is not there", todo="select it in `from`, or name another")
    if taken.type and type_ != taken.type:
        raise InputError(f"{where} is `{type_}`, and was `{taken.type}`", todo="cast it in `from`")
    if type_.startswith(("TIMESTAMP", "DATE")):
        return mark, "epoch_us(CAST({} AS TIMESTAMPTZ))", True
    if "INT" in type_:
        return mark, "CAST({} AS BIGINT)", False
    raise InputError(f"{where} is `{type_}`", todo=f"cast it: `{mark}::TIMESTAMP`")


def remember(home: Home, source: NightSource, batch: SourceBatch) -> None:
    """Write down that a batch was taken, without the rows that are left."""
    sources = all_taken(home)
    before = sources.get(source.name, Taken())
    taken = replace(before, **batch.about, query=source.query)
    if batch.left:  # the same version is read again
        taken = replace(taken, snapshots=before.snapshots)
    if batch.rows:
        taken = replace(taken, batch=sha256_of(batch.path))
        if source.kind != "members":
            rows = batch.select("vanne_key AS k, vanne_row AS h, vanne_at AS t")
            rest = f"SELECT k, h, t FROM {_known(home.night, taken.known)}"
            if source.kind == "items":
                rest += f" ANTI JOIN ({rows}) AS new USING (k)"
            with connected(2) as db:
                name = _write_known(db, home.night, source, f"{rows} UNION ALL {rest}")
            taken = replace(taken, known=name)
    if taken == before:
        return
    sources[source.name] = taken
    document = {"schema": SCHEMA, "sources": {name: asdict(each) for name, each in sources.items()}}
    write_whole(home.night / "state.json", json.dumps(document, indent=1, sort_keys=True).encode())
    names = {each.known for each in sources.values()}
    for path in (*home.night.glob("*.known-*.parquet"), *home.night.glob("*.seen-*.parquet")):
        if path.name not in names:
            path.unlink(missing_ok=True)
