"""Saved briefs. What they tell is in `vanne_assist.recruiting.news`."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from vanne.database import add_persons
from vanne.errors import InputError
from vanne_assist.brief.criteria import Brief, criteria_from, criteria_json
from vanne_assist.recruiting.lists import name_of_list, new_id
from vanne_assist.tables import saved_brief

MOST = 200


def save(db: Connection, account: str, name: str, brief: Brief, now: datetime) -> str:
    """Keep a brief under a name; return its id.

    Raises:
        InputError: it has no name, or there are too many.
    """
    name = name_of_list(name)
    add_persons(db, [account])
    if len(saved(db, account)) >= MOST:
        raise InputError(f"there are {MOST} saved briefs", todo="delete one that is not needed")
    row = {
        "id": new_id(),
        "account": account,
        "name": name,
        "text": brief.text,
        "lang": brief.lang,
        "criteria": json.dumps(criteria_json(brief.criteria), ensure_ascii=False),
        "rest": brief.rest,
        "looked_at": now,
    }
    db.execute(insert(saved_brief), row)
    return str(row["id"])


def saved(db: Connection, account: str) -> Sequence[Row[Any]]:
    """Return the briefs of an account, the last looked at first."""
    own = select(saved_brief).filter_by(account=account)
    return db.execute(own.order_by(saved_brief.c.looked_at.desc(), saved_brief.c.id)).all()


def brief_of_row(row: Row[Any]) -> Brief:
    """Return the brief that a row keeps."""
    return Brief(row.text, row.lang, criteria_from(json.loads(row.criteria)), row.rest)


def delete_brief(db: Connection, account: str, brief_id: str) -> None:
    """Delete a brief; once more is harmless."""
    db.execute(delete(saved_brief).filter_by(account=account, id=brief_id))
