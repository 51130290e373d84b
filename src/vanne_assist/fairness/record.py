"""Every search is written down, so that a list can be explained and made again.

The EU's AI Act asks of a system for recruitment that it logs its use (article 12), that whoever
deploys it keeps the logs for at least six months (26(6)), and that a person can be told which part
it played (86). A record holds the brief, what was understood of it, the filters, the versions of
the index and of the encoder, who asked in which role, and each person who was shown with the parts
of their score and, if a list was reranked, the place that they had before.

Triggers of the database refuse any change but two: a person is erased (their id goes, the rest of
the record stands), and records older than the time for which they are kept are deleted. A brief
that names a person keeps the name: a record is personal data of recruiters and members, for those
who oversee the system.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from vanne.config import Home
from vanne.database import Database, add_persons, upsert
from vanne.errors import InputError, RefusedError
from vanne_assist.tables import search as search_table
from vanne_assist.tables import search_hit, search_pruning

LEAST_DAYS = 184
"""Six months: no record may be deleted before."""
ERASED = "(erased)"
"""Stands for a person who was erased."""


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
    """The records of a home."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def add(self, search: Search) -> Search:
        """Write a search down, durably; return it with its id. Written twice, it stands once.

        Raises:
            BusyError, StorageError: it could not be written; then show no list.
        """
        search = replace(search, id=_id(search))
        with Database.of(self._home).writing() as db:
            add_persons(db, [search.by, *(hit.member_id for hit in search.hits)])
            made = upsert(db, search_table).on_conflict_do_nothing()
            db.execute(made, _row(search))
            if rows := list(_hit_rows(search)):
                db.execute(upsert(db, search_hit).on_conflict_do_nothing(), rows)
        return search

    def find(self, search_id: str) -> Search:
        """Return a search by its id, or by how its id begins.

        Raises:
            InputError: there is none, or more than one.
        """
        found = []
        if search_id.isalnum():
            begins = func.substr(search_table.c.id, 1, len(search_id)) == search_id
            with Database.of(self._home).reading() as db:
                rows = db.execute(select(search_table).where(begins).limit(2)).all()
                found = [_search(row, _hits(db, row.id)) for row in rows]
        if len(found) != 1:
            fault = "more than one search begins with" if found else "no search was recorded as"
            raise InputError(f"{fault} `{search_id}`", todo="see `vanne fairness record`")
        return found[0]

    def searches(self, *, showing: str | None = None) -> Iterator[Search]:
        """Yield what is recorded, oldest first; or what showed a member, with their hit alone."""
        query = select(search_table).order_by(search_table.c.at, search_table.c.id)
        if showing is not None:
            hits = select(search_hit.c.search_id).where(search_hit.c.person_id == showing)
            query = query.where(search_table.c.id.in_(hits))
        with Database.of(self._home).reading() as db:
            for row in db.execute(query).all():
                yield _search(row, _hits(db, row.id, showing))

    def asked_by(self, account: str, count: int) -> list[Search]:
        """Return the last searches of an account, newest first, without whom they showed."""
        own = select(search_table).where(search_table.c.account == account)
        last = own.order_by(search_table.c.at.desc(), search_table.c.id).limit(count)
        with Database.of(self._home).reading() as db:
            return [_search(row, ()) for row in db.execute(last)]

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


def _hits(db: Connection, search_id: str, member: str | None = None) -> tuple[Hit, ...]:
    query = select(search_hit).where(search_hit.c.search_id == search_id)
    if member is not None:
        query = query.where(search_hit.c.person_id == member)
    return tuple(
        Hit(
            row.person_id or ERASED,
            row.place,
            json.loads(row.parts),
            tuple(json.loads(row.met)),
            row.place_before,
        )
        for row in db.execute(query.order_by(search_hit.c.place))
    )


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
    at = search.at.astimezone(UTC).isoformat(timespec="microseconds")
    whole = {**asdict(search), "at": at, "id": ""}
    text = json.dumps(whole, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _row(search: Search) -> dict[str, object]:
    return {
        "id": search.id,
        "at": search.at,
        "account": search.by,
        "role": search.role,
        "organisation": search.organisation,
        "brief": search.brief,
        "document": _document(search),
    }


def _hit_rows(search: Search) -> Iterator[dict[str, object]]:
    for hit in search.hits:
        yield {
            "search_id": search.id,
            "place": hit.place,
            "person_id": hit.member_id,
            "place_before": hit.place if hit.place_before is None else hit.place_before,
            "parts": json.dumps(dict(hit.parts), sort_keys=True),
            "met": json.dumps(list(hit.met), ensure_ascii=False),
        }


def _search(row: Row[Any], hits: tuple[Hit, ...]) -> Search:
    document = json.loads(row.document)
    document["criteria"] = tuple(document["criteria"])
    return Search(
        at=row.at,
        by=row.account or ERASED,
        role=row.role,
        organisation=row.organisation,
        brief=row.brief,
        hits=hits,
        id=row.id,
        **document,
    )
