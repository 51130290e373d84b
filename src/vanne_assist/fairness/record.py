"""The record of searches: each search is logged, so that it can be explained.

The EU's AI Act requires that a recruitment system logs its use (article 12), that its deployer
keeps the logs for at least six months (26(6)), and that a person can get an explanation of the part
it played (86). A record holds the brief, the criteria, the filters, the versions of the index and
of the encoder, who asked in which role, and each person who was shown with the parts of their
score. `explanation` is what a member is told of it.

Database triggers refuse all changes but two: a person is erased (their id goes, the rest of the
record stays), and records older than their retention time are deleted. A brief that names a person
keeps the name: a record is personal data of recruiters and members, for those who oversee the
system.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from vanne.config import Home
from vanne.database import Database, add_persons, upsert
from vanne.errors import InputError, RefusedError
from vanne_assist.tables import search as search_table
from vanne_assist.tables import search_hit, search_pruning

LEAST_DAYS = 184
"""Six months: no record may be deleted before."""
ERASED = "(erased)"
"""Stands for a person who was erased."""
_PAGES = 20
"""So many searches are looked at for each brief of which the last is wanted."""
_IN_DOCUMENT = ("criteria", "filters", "index", "encoder", "eligible")
"""What of a search lies in one column, as JSON."""


@dataclass(frozen=True, slots=True)
class ShownPerson:
    """One person who was shown: their place, the parts of their score, the criteria they met.

    `met` are criteria as people read them.
    """

    member_id: str
    place: int
    parts: Mapping[str, float]
    met: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchRecord:
    """One search. `criteria` and `filters` are JSON; `by` is an account's id, no name.

    `eligible` is how many people passed the filters.
    """

    at: datetime
    by: str
    role: str
    brief: str
    criteria: tuple[Mapping[str, Any], ...]
    filters: Mapping[str, Any]
    index: str
    encoder: str
    eligible: int
    hits: tuple[ShownPerson, ...]
    id: str = ""


class SearchLog:
    """The records of a home."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def add(self, search: SearchRecord) -> SearchRecord:
        """Write a search down, durably; return it with its id. Written twice, it stands once.

        Raises:
            BusyError, StorageError: it could not be written; then show no list.
        """
        at = search.at.astimezone(UTC).isoformat(timespec="microseconds")
        whole = json.dumps({**asdict(search), "at": at, "id": ""}, sort_keys=True, default=str)
        search = replace(search, id=hashlib.sha256(whole.encode()).hexdigest()[:16])
        document = {name: getattr(search, name) for name in _IN_DOCUMENT}
        row = {name: getattr(search, name) for name in ("id", "at", "role", "brief")}
        row |= {"account": search.by}
        row |= {"document": json.dumps(document, sort_keys=True, ensure_ascii=False)}
        hits = [
            {
                "search_id": search.id,
                "place": hit.place,
                "person_id": hit.member_id,
                "parts": json.dumps(dict(hit.parts), sort_keys=True),
                "met": json.dumps(list(hit.met), ensure_ascii=False),
            }
            for hit in search.hits
        ]
        with Database.of(self._home).writing() as db:
            add_persons(db, [search.by, *(hit.member_id for hit in search.hits)])
            db.execute(upsert(db, search_table).on_conflict_do_nothing(), row)
            if hits:
                db.execute(upsert(db, search_hit).on_conflict_do_nothing(), hits)
        return search

    def find(self, search_id: str) -> SearchRecord:
        """Return a search by its id.

        Raises:
            InputError: there is none.
        """
        with Database.of(self._home).reading() as db:
            row = db.execute(select(search_table).filter_by(id=search_id)).one_or_none()
            if row is None:
                todo = "see `vanne fairness record`"
                raise InputError(f"no search was recorded as `{search_id}`", todo=todo)
            return _search(row, _hits(db, row.id))

    def searches(self, *, showing: str | None = None) -> Iterator[SearchRecord]:
        """Yield what is recorded, oldest first; or what showed a member, with their hit alone."""
        query = select(search_table).order_by(search_table.c.at, search_table.c.id)
        if showing is not None:
            hits = select(search_hit.c.search_id).where(search_hit.c.person_id == showing)
            query = query.where(search_table.c.id.in_(hits))
        with Database.of(self._home).reading() as db:
            for row in db.execute(query).all():
                yield _search(row, _hits(db, row.id, showing))

    def asked_by(self, account: str, count: int) -> list[SearchRecord]:
        """Return the last searches of an account, newest first, without whom they showed.

        Each page of results is a search: of those of one brief the last stands for all.
        """
        own = select(search_table).where(search_table.c.account == account)
        last = own.order_by(search_table.c.at.desc(), search_table.c.id).limit(count * _PAGES)
        with Database.of(self._home).reading() as db:
            rows = {row.brief: row for row in reversed(db.execute(last).all())}
        newest = sorted(rows.values(), key=lambda row: row.at, reverse=True)
        return [_search(row, ()) for row in newest[:count]]

    def prune(self, keep_days: int, now: datetime) -> int:
        """Delete what is older than so many days; return how many searches.

        Raises:
            RefusedError: that is less than six months.
        """
        if keep_days < LEAST_DAYS:
            todo = f"keep them for {LEAST_DAYS} days or more"
            raise RefusedError(f"records of {keep_days} days may not be deleted yet", todo=todo)
        until = now - timedelta(days=keep_days)
        with Database.of(self._home).writing() as db:
            db.execute(insert(search_pruning), {"until": until})
            old = select(search_table.c.id).where(search_table.c.at < until)
            db.execute(delete(search_hit).where(search_hit.c.search_id.in_(old)))
            count = db.execute(delete(search_table).where(search_table.c.at < until)).rowcount
            db.execute(delete(search_pruning))
        return count


def _hits(db: Connection, search_id: str, member: str | None = None) -> tuple[ShownPerson, ...]:
    query = select(search_hit).where(search_hit.c.search_id == search_id)
    if member is not None:
        query = query.where(search_hit.c.person_id == member)
    return tuple(
        ShownPerson(
            row.person_id or ERASED, row.place, json.loads(row.parts), tuple(json.loads(row.met))
        )
        for row in db.execute(query.order_by(search_hit.c.place))
    )


def _search(row: Row[Any], hits: tuple[ShownPerson, ...]) -> SearchRecord:
    document = json.loads(row.document)
    document |= {"criteria": tuple(document["criteria"]), "id": row.id, "by": row.account or ERASED}
    return SearchRecord(at=row.at, role=row.role, brief=row.brief, hits=hits, **document)


def explanation(log: SearchLog, member_id: str, at: datetime) -> dict[str, Any]:
    """Return what a member is told of the searches that showed them.

    The AI Act (article 86) and the GDPR (article 15) ask for it: when, at which place, by which
    criteria, with which parts of the score; how many looked, in which roles. It names no recruiter
    and quotes no brief: a brief may speak of others.
    """
    searches = list(log.searches(showing=member_id))
    criteria = Counter(met for search in searches for hit in search.hits for met in hit.met)
    return {
        "schema": "vanne/search-explanation/1",
        "member": member_id,
        "at": at.isoformat(),
        "looked": {
            "searches": len(searches),
            "accounts": len({search.by for search in searches}),
            "roles": dict(sorted(Counter(search.role for search in searches).items())),
        },
        "criteria": [
            {"criterion": criterion, "searches": count}
            for criterion, count in sorted(criteria.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        "searches": [
            {
                "id": search.id,
                "day": search.at.date().isoformat(),
                "place": search.hits[0].place,
                "of": search.eligible,
                "met": list(search.hits[0].met),
                "asked": [str(criterion.get("said", "")) for criterion in search.criteria],
                "parts": dict(search.hits[0].parts),
                "index": search.index,
                "encoder": search.encoder,
            }
            for search in searches
        ],
    }
