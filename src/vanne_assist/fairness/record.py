"""Every search is written down, so that a list can be explained and made again.

The EU's AI Act asks of a system for recruitment that it logs its use (article 12), that whoever
deploys it keeps the logs for at least six months (26(6)), and that a person can be told which part
it played (86). A record holds the brief, what was understood of it, the filters, the versions of
the index and of the encoder, who asked in which role, and each person who was shown with the parts
of their score and, if a list was reranked, the place that they had before.

`HOME/search-log.sqlite`; triggers refuse any change but two: a member is erased (their id gives way
to `ERASED`, the rest of the record stands), and records older than the time for which they are kept
are deleted. A brief that names a person keeps the name: a record is personal data of recruiters and
members, for those who oversee the system.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from vanne.errors import BusyError, InputError, RefusedError, StorageError, storing
from vanne.files import make_folder

LEAST_DAYS = 184
"""Six months: no record may be deleted before."""
ERASED = "(erased)"
_WAIT_SECONDS = 10

_SCHEMA = """
CREATE TABLE IF NOT EXISTS search (
  id TEXT PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, role TEXT NOT NULL,
  organisation TEXT NOT NULL, brief TEXT NOT NULL, document TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS shown (
  search TEXT NOT NULL REFERENCES search (id), place INTEGER NOT NULL, member TEXT NOT NULL,
  place_before INTEGER NOT NULL, parts TEXT NOT NULL, met TEXT NOT NULL,
  PRIMARY KEY (search, place)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS shown_member ON shown (member);
CREATE INDEX IF NOT EXISTS search_at ON search (at);
CREATE TABLE IF NOT EXISTS pruning (until TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS search_stands BEFORE UPDATE OF id, at, role, organisation, brief,
  document ON search BEGIN SELECT RAISE(ABORT, 'a record stands'); END;
CREATE TRIGGER IF NOT EXISTS searcher_is_only_erased BEFORE UPDATE OF by ON search
  WHEN new.by <> '(erased)' BEGIN SELECT RAISE(ABORT, 'a record stands'); END;
CREATE TRIGGER IF NOT EXISTS shown_stands BEFORE UPDATE OF search, place, place_before, parts, met
  ON shown BEGIN SELECT RAISE(ABORT, 'a record stands'); END;
CREATE TRIGGER IF NOT EXISTS member_is_only_erased BEFORE UPDATE OF member ON shown
  WHEN new.member <> '(erased)' BEGIN SELECT RAISE(ABORT, 'a record stands'); END;
CREATE TRIGGER IF NOT EXISTS search_is_kept BEFORE DELETE ON search
  WHEN old.at >= coalesce((SELECT max(until) FROM pruning), '')
  BEGIN SELECT RAISE(ABORT, 'a record stands'); END;
CREATE TRIGGER IF NOT EXISTS shown_is_kept BEFORE DELETE ON shown
  WHEN (SELECT at FROM search WHERE id = old.search)
    >= coalesce((SELECT max(until) FROM pruning), '')
  BEGIN SELECT RAISE(ABORT, 'a record stands'); END;
"""


@dataclass(frozen=True, slots=True)
class Hit:
    """One person who was shown: where, where before reranking, the parts of the score, what met.

    `met` are the criteria that the person was found to meet, as people read them.
    """

    member_id: str
    place: int
    parts: Mapping[str, float]
    met: tuple[str, ...] = ()
    place_before: int | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """One search. `criteria` and `filters` are JSON; `by` is an account's id, no name.

    `eligible` is how many passed the filters, `rule` under which rule the list was reranked.
    """

    at: datetime
    by: str
    role: str
    organisation: str
    brief: str
    criteria: tuple[Mapping[str, Any], ...]
    filters: Mapping[str, Any]
    index: str
    encoder: str
    eligible: int
    hits: tuple[Hit, ...]
    rule: Mapping[str, Any] | None = None
    id: str = ""


class SearchLog:
    """The records of a home. A log that is not there yet is empty and is made by the first one."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, search: Search) -> Search:
        """Write a search down, durably; return it with its id. Written twice, it stands once.

        Raises:
            BusyError, StorageError: it could not be written; then show no list.
        """
        search = replace(search, id=_id(search))
        with self._open() as db:
            db.execute("INSERT OR IGNORE INTO search VALUES (?, ?, ?, ?, ?, ?, ?)", _row(search))
            db.executemany(
                "INSERT OR IGNORE INTO shown VALUES (?, ?, ?, ?, ?, ?)", _hit_rows(search)
            )
        return search

    def find(self, search_id: str) -> Search:
        """Return a search by its id, or by how its id begins.

        Raises:
            InputError: there is none, or more than one.
        """
        found = []
        if self.path.exists() and search_id.isalnum():
            with self._open() as db:
                query = "SELECT * FROM search WHERE substr(id, 1, ?) = ? ORDER BY at LIMIT 2"
                rows = db.execute(query, (len(search_id), search_id)).fetchall()
                found = [_search(row, self._hits(db, row[0])) for row in rows]
        if len(found) != 1:
            fault = "more than one search begins with" if found else "no search was recorded as"
            raise InputError(f"{fault} `{search_id}`", todo="see `vanne fairness record`")
        return found[0]

    def searches(self, *, showing: str | None = None) -> Iterator[Search]:
        """Yield what is recorded, oldest first; or what showed a member, with their hit alone."""
        if not self.path.exists():
            return
        where = " WHERE id IN (SELECT search FROM shown WHERE member = ?)" if showing else ""
        with self._open() as db:
            values = (showing,) if showing else ()
            rows = db.execute(f"SELECT * FROM search{where} ORDER BY at, id", values).fetchall()
            for row in rows:
                yield _search(row, self._hits(db, row[0], showing))

    def asked_by(self, account: str, count: int) -> list[Search]:
        """Return the last searches of an account, newest first, without whom they showed."""
        if not self.path.exists():
            return []
        with self._open() as db:
            query = "SELECT * FROM search WHERE by = ? ORDER BY at DESC, id LIMIT ?"
            return [_search(row, ()) for row in db.execute(query, (account, count))]

    def erase(self, member_id: str) -> int:
        """Take a member's id out of all records, as shown and as who asked; return how many."""
        if not self.path.exists():
            return 0
        with self._open() as db:
            shown = db.execute(
                "UPDATE shown SET member = ? WHERE member = ?", (ERASED, member_id)
            ).rowcount
            asked = db.execute(
                "UPDATE search SET by = ? WHERE by = ?", (ERASED, member_id)
            ).rowcount
        return shown + asked

    def prune(self, keep_days: int, now: datetime) -> int:
        """Delete what is older than so many days; return how many searches.

        Raises:
            RefusedError: that is less than six months.
        """
        if keep_days < LEAST_DAYS:
            todo = f"keep them for {LEAST_DAYS} days or more"
            raise RefusedError(f"records of {keep_days} days may not be deleted yet", todo=todo)
        if not self.path.exists():
            return 0
        until = _moment(now - timedelta(days=keep_days))
        with self._open() as db:
            db.execute("INSERT INTO pruning VALUES (?)", (until,))
            old = "SELECT id FROM search WHERE at < ?"
            db.execute(f"DELETE FROM shown WHERE search IN ({old})", (until,))
            count = db.execute("DELETE FROM search WHERE at < ?", (until,)).rowcount
            db.execute("DELETE FROM pruning")
        return count

    @staticmethod
    def _hits(db: sqlite3.Connection, search_id: str, member: str | None = None) -> tuple[Hit, ...]:
        query = "SELECT place, member, place_before, parts, met FROM shown WHERE search = ?"
        rows = db.execute(query + " ORDER BY place", (search_id,)).fetchall()
        return tuple(
            Hit(who, place, json.loads(parts), tuple(json.loads(met)), before)
            for place, who, before, parts, met in rows
            if member in (None, who)
        )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with storing(f"`{self.path.name}`"):
                make_folder(self.path.parent)
                if not self.path.exists():
                    self.path.touch(mode=0o600)
            with closing(sqlite3.connect(self.path, timeout=_WAIT_SECONDS)) as db, db:
                db.execute("PRAGMA secure_delete = ON")
                db.execute("PRAGMA synchronous = FULL")
                db.executescript(_SCHEMA)
                yield db
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                todo = "try again in a moment"
                raise BusyError("the record of searches is in use", todo=todo) from error
            raise StorageError(f"`{self.path.name}`: {error}", todo="check the disk") from error
        except sqlite3.DatabaseError as error:
            todo = "restore it from a backup; no list may be shown without a record"
            raise StorageError(f"`{self.path.name}` cannot be read: {error}", todo=todo) from error


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _document(search: Search) -> str:
    kept = {
        "criteria": list(search.criteria),
        "filters": search.filters,
        "index": search.index,
        "encoder": search.encoder,
        "eligible": search.eligible,
        "rule": search.rule,
    }
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def _id(search: Search) -> str:
    """Return the beginning of the digest of all that is recorded."""
    whole = {**asdict(search), "at": _moment(search.at), "id": ""}
    text = json.dumps(whole, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _row(search: Search) -> tuple[str, ...]:
    who = (search.by, search.role, search.organisation)
    return (search.id, _moment(search.at), *who, search.brief, _document(search))


def _hit_rows(search: Search) -> Iterator[tuple[object, ...]]:
    for hit in search.hits:
        before = hit.place if hit.place_before is None else hit.place_before
        parts = json.dumps(dict(hit.parts), sort_keys=True)
        met = json.dumps(list(hit.met), ensure_ascii=False)
        yield search.id, hit.place, hit.member_id, before, parts, met


def _search(row: tuple[str, ...], hits: tuple[Hit, ...]) -> Search:
    search_id, at, by, role, organisation, brief, document = row
    kept = json.loads(document)
    kept["criteria"] = tuple(kept["criteria"])
    return Search(
        at=datetime.fromisoformat(at),
        by=by,
        role=role,
        organisation=organisation,
        brief=brief,
        hits=hits,
        id=search_id,
        **kept,
    )
