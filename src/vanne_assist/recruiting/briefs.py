"""Saved briefs, and who is new in each since somebody last looked.

A look keeps whom the brief found. The page of saved briefs searches each again and counts whom that
look did not find; it shows nobody. Whoever opts out is deleted from what a look kept.
"""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from vanne.terms import MemberId
from vanne_assist.brief.criteria import Brief, criteria_from, criteria_json
from vanne_assist.recruiting.evidence import MOST_PEOPLE
from vanne_assist.recruiting.lists import add_candidates, keep
from vanne_assist.search.find import find
from vanne_assist.search.index import Index
from vanne_assist.tables import brief_match, saved_brief

MOST = 20
"""All are searched when their page is opened, each in some hundredths of a second."""


def save(db: Connection, account: str, name: str, brief: Brief, now: datetime) -> str:
    """Keep a brief under a name; return its id.

    Raises:
        InputError: it has no name, or there are too many.
    """
    criteria = json.dumps(criteria_json(brief.criteria), ensure_ascii=False)
    texts = {"text": brief.text, "lang": brief.lang, "criteria": criteria, "rest": brief.rest}
    return keep(db, saved_brief, MOST, account, name, looked_at=now, **texts)


def saved(db: Connection, account: str) -> Sequence[Row[Any]]:
    """Return the briefs of an account, the last looked at first."""
    own = select(saved_brief).filter_by(account=account)
    return db.execute(own.order_by(saved_brief.c.looked_at.desc(), saved_brief.c.id)).all()


def brief_of_row(row: Row[Any]) -> Brief:
    """Return the brief that a row keeps."""
    return Brief(row.text, row.lang, criteria_from(json.loads(row.criteria)), row.rest)


def found(index: Index, brief: Brief) -> list[MemberId]:
    """Return whom a brief finds now, as far as they can be looked at."""
    return [hit.member_id for hit in find(index, brief, count=MOST_PEOPLE).hits]


def seen(db: Connection, brief_id: str) -> dict[MemberId, bool]:
    """Return whom the last look at a brief found, and whether each was new then."""
    rows = db.execute(select(brief_match).filter_by(brief_id=brief_id))
    return {row.person_id: row.is_new for row in rows}


def looked(db: Connection, brief_id: str, people: Collection[MemberId], now: datetime) -> None:
    """Keep whom a brief finds now, and who of them is new since the last look."""
    before = seen(db, brief_id)
    db.execute(delete(brief_match).filter_by(brief_id=brief_id))
    add_candidates(db, people)
    if people:
        new = ({"person_id": each, "is_new": each not in before} for each in people)
        db.execute(insert(brief_match), [{"brief_id": brief_id} | each for each in new])
    db.execute(update(saved_brief).filter_by(id=brief_id).values(looked_at=now))
