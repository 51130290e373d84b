"""A batch: what a source has that was not taken before, written down as one file before it is used.

The file stays until all of it was taken, so that a night that was killed goes on with the same
rows, whatever the source has meanwhile. Which rows are new is told by the watermark, and by digests
of the rows that are no older than it allows for: a row that comes late is taken, one that comes
again is not. What was taken is remembered in `state.json`, which is replaced as a whole.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from vanne.config import Home
from vanne.errors import InputError, VerificationError, storing
from vanne.files import make_folder, sha256_of, sync, write_whole
from vanne.night.plan import NightSource
from vanne.sources.lake import pin
from vanne.sources.relation import literal, named, quoted
from vanne.sources.scan import opened
from vanne.sources.schema import CHOICES, ITEMS, MEMBERS, Column

if TYPE_CHECKING:
    import duckdb

SCHEMA = "vanne/night-state/1"
COLUMNS: Mapping[str, Sequence[Column]] = {"members": MEMBERS, "choices": CHOICES, "items": ITEMS}
ROW = "vanne_row"
"""The column of a batch that holds the digest of the row."""
SNAPSHOTS = "vanne_snapshots"
"""Under this name a batch holds which versions it was read of."""
NIGHTS = 7
"""With so many nights before the shares of the reasons are compared."""
AHEAD = timedelta(days=1)
"""A watermark that is further ahead would keep out what is written until then."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken of a source so far.

    `high` is the highest watermark, of that `type`. `seen` names the file of the digests of the
    rows near it, `batch` the checksum of what was taken last. `nights` counts, for each of the last
    nights, what the rows were decided. `snapshots` are the versions that the `query` read, by
    address.
    """

    high: str | None = None
    type: str | None = None
    seen: str | None = None
    batch: str | None = None
    nights: tuple[Mapping[str, int], ...] = ()
    snapshots: Mapping[str, str] = field(default_factory=dict)
    query: str | None = None


def taken_of(home: Home, name: str) -> Taken:
    """Return what was taken of a source so far.

    Raises:
        VerificationError: the file that says so cannot be read.
    """
    return _all_taken(home).get(name, Taken())


def _all_taken(home: Home) -> dict[str, Taken]:
    path = home.night / "state.json"
    if not path.exists():
        return {}
    with storing("`night/state.json`"):
        data = path.read_bytes()
    try:
        document = json.loads(data)["sources"]
        return {name: Taken(**{**each, "nights": tuple(each["nights"])})
                for name, each in document.items()}  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        todo = "restore it from a backup; or remove it: each source is then read from its beginning"
        raise VerificationError("`night/state.json` is damaged", todo=todo) from error


def save_taken(home: Home, name: str, taken: Taken) -> None:
    """Write what was taken of a source; then remove the digests that no source names."""
    sources = {**_all_taken(home), name: taken}
    document = {"schema": SCHEMA, "sources": {n: asdict(e) for n, e in sources.items()}}
    write_whole(home.night / "state.json", json.dumps(document, indent=1, sort_keys=True).encode())
    named_there = {each.seen for each in sources.values()}
    for path in home.night.glob("*.seen-*.parquet"):
        if path.name not in named_there:
            path.unlink(missing_ok=True)


def waiting(
    home: Home, source: NightSource, now: datetime, folder: Path | None = None
) -> Path | None:
    """Return the file of what a source has that was not taken; write it if it is not there.

    None if all that the source reads is at the version that was taken before.

    Raises:
        InputError: the source cannot be read, or its watermark cannot be used.
        StorageError: the disk is full.
    """
    taken = taken_of(home, source.name)
    path = (folder or home.night) / f"{source.name}.parquet"
    if path.exists():
        if sha256_of(path) != taken.batch:
            return path  # of a night that was killed
        path.unlink()
    with storing(f"`{path.parent}`"):
        make_folder(path.parent)
        for partial in path.parent.glob(f".{source.name}.*"):
            partial.unlink()
    pinned = pin(source.query, taken.snapshots)
    if pinned.is_whole and (pinned.snapshots, source.query) == (taken.snapshots, taken.query):
        return None
    partial = path.with_name(f".{source.name}.partial")
    with opened(pinned.query, COLUMNS[source.kind], source.kind, threads=2) as (
        db,
        relation,
        types,
    ):
        if source.watermark:
            _check_watermark(source, taken, types)
        db.execute(f"SET temp_directory = {literal(path.parent / '.spill')}")
        about = literal(json.dumps(pinned.snapshots))
        db.execute(f"COPY ({_new_rows(home, source, taken, relation, types)}) TO "
                   f"{literal(partial)} (FORMAT parquet, COMPRESSION zstd, "
                   f"KV_METADATA {{{SNAPSHOTS}: {about}}})")  # fmt: skip
        if source.watermark:
            _check_values(db, source, partial, types[source.watermark], now)
    sync(partial)
    partial.replace(path)
    sync(path.parent)
    return path


def after(
    home: Home,
    source: NightSource,
    path: Path,
    counts: Mapping[str, int],
    left: Sequence[int] = (),
) -> Taken:
    """Return what is taken of a source together with a batch; write the digests of its rows.

    The rows that are `left` (numbers from 1) were not taken: the watermark stays before them, and
    the next night reads them again.
    """
    before, sha256 = taken_of(home, source.name), sha256_of(path)
    snapshots = snapshots_in(path)
    nights = (*before.nights, counts)[-NIGHTS:] if counts else before.nights
    if not source.watermark:
        return Taken(None, None, None, sha256, nights, snapshots, source.query)
    mark, seen = quoted(source.watermark), f"{source.name}.seen-{sha256[:16]}.parquet"
    table = f"read_parquet({literal(path)}, file_row_number = true)"
    numbers = ", ".join(map(str, left)) or "0"
    columns = f"{ROW}, {mark}" + (", item_id" if source.kind == "items" else "")
    rows = f"SELECT {columns} FROM {table} WHERE file_row_number + 1 NOT IN ({numbers})"
    if before.seen:
        earlier = literal(home.night / before.seen)
        rows += f" UNION ALL SELECT {columns} FROM read_parquet({earlier})"
    with opened(rows, (), source.kind, threads=2) as (db, relation, types):
        type_, high = types[source.watermark], before.high
        if not left:
            known = [f"SELECT max({mark}) AS high FROM {relation}"]
            known += [f"SELECT CAST('{high}' AS {type_})"] if high is not None else []
            query = f"SELECT CAST(max(high) AS VARCHAR) FROM ({' UNION ALL '.join(known)})"
            high = db.sql(query).fetchall()[0][0]
        near = "true" if high is None else _near(source, high, type_)
        partial = home.night / f".{source.name}.seen"
        db.execute(f"COPY (SELECT * FROM {relation} WHERE {near}) "
                   f"TO {literal(partial)} (FORMAT parquet, COMPRESSION zstd)")  # fmt: skip
    sync(partial)
    partial.replace(home.night / seen)
    return Taken(high, type_, seen, sha256, nights, snapshots, source.query)


def _new_rows(
    home: Home, source: NightSource, taken: Taken, relation: str, types: Mapping[str, str]
) -> str:
    """Return the SQL of the rows that were not taken; of one that is there twice, one of them."""
    rows = f"SELECT *, md5(CAST(source AS VARCHAR)) AS {ROW} FROM {relation} AS source"
    if not source.watermark:
        return f"SELECT * FROM {relation}"
    mark, known = quoted(source.watermark), "true"
    if taken.type and taken.seen:
        seen = f"SELECT {ROW} FROM read_parquet({literal(home.night / taken.seen)})"
        near = "true" if taken.high is None else _near(source, taken.high, taken.type)
        known = f"({mark} IS NULL OR ({near} AND {ROW} NOT IN ({seen})))"
    one = f"PARTITION BY {ROW}"
    if source.kind == "items":  # the newest of an item's rows; one that deletes a member has no id
        # in one commit of Delta an item that is replaced is deleted before it is inserted
        last = "_change_type = 'delete', " if "_change_type" in types else ""
        one = f"PARTITION BY COALESCE(CAST(item_id AS VARCHAR), {ROW}) "
        one += f"ORDER BY {mark} DESC, {last}{ROW}"
        if known != "true":  # a row that comes late does not replace a newer one
            newer = f"newer.item_id = rows.item_id AND newer.{mark} > rows.{mark}"
            seen = f"read_parquet({literal(home.night / taken.seen)}) AS newer"  # type: ignore[operator]
            known += f" AND NOT EXISTS (FROM {seen} WHERE {newer})"
    return (
        f"SELECT * FROM ({rows}) AS rows WHERE {known} "
        f"QUALIFY row_number() OVER ({one}) = 1 ORDER BY {mark}, {ROW}"
    )


def _near(source: NightSource, high: str, type_: str) -> str:
    """Return the SQL of what is no older than the watermark allows for."""
    late = source.late if source.late.isdecimal() else f"INTERVAL '{source.late}'"
    if not _is_number(type_) and source.late.isdecimal():
        late = f"INTERVAL '{source.late} seconds'"
    assert source.watermark
    return f"{quoted(source.watermark)} >= CAST('{high}' AS {type_}) - {late}"


def _is_number(type_: str) -> bool:
    return "INT" in type_


def _check_watermark(source: NightSource, taken: Taken, types: Mapping[str, str]) -> None:
    """Refuse a watermark that is not there, cannot be compared, or is of another type than before.

    Raises:
        InputError: it is.
    """
    type_ = types.get(source.watermark or "")
    where = f"{named(source.query)}: the watermark `{source.watermark}`"
    if type_ is None:
        raise InputError(f"{where} is not there", todo="select it in `from`, or name another")
    is_time = type_.startswith(("TIMESTAMP", "DATE"))
    if not is_time and not _is_number(type_):
        raise InputError(f"{where} is `{type_}`", todo=f"cast it: `{source.watermark}::TIMESTAMP`")
    if not is_time and not source.late.isdecimal():
        raise InputError(f"{where} is a number", todo='give `late` as a number, such as "1000"')
    if taken.type and type_ != taken.type:
        raise InputError(f"{where} is `{type_}`, and was `{taken.type}`", todo="cast it in `from`")


def _check_values(
    db: "duckdb.DuckDBPyConnection", source: NightSource, batch: Path, type_: str, now: datetime
) -> None:
    """Refuse rows without a watermark, and one that lies ahead of the present time.

    Raises:
        InputError: there is one.
    """
    assert source.watermark
    mark, where = quoted(source.watermark), f"{named(source.query)}: `{source.watermark}`"
    later = f"{mark} > CAST('{(now + AHEAD).strftime('%Y-%m-%d %H:%M:%S')}' AS {type_})"
    counts = f"count(*) FILTER ({mark} IS NULL)"
    counts += ", 0" if _is_number(type_) else f", count(*) FILTER ({later})"
    rows = db.sql(f"SELECT {counts} FROM read_parquet({literal(batch)})").fetchall()
    missing, ahead = rows[0]
    if missing:
        raise InputError(f"{where} is missing in {missing:,} rows", todo="give each row one")
    if ahead:
        raise InputError(f"{where} is in the future in {ahead:,} rows", todo="mend their times")


def snapshots_in(path: Path) -> dict[str, str]:
    """Return the versions that a batch was read of, by address."""
    import pyarrow.parquet as pq

    about = pq.read_metadata(path).metadata or {}
    return dict(json.loads(about.get(SNAPSHOTS.encode(), b"{}")))


def rows_in(path: Path) -> int:
    """Return the number of rows of a batch."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)
