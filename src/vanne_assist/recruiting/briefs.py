"""Saved briefs, and opinions, which weigh kinds of criteria for one brief.

What a saved brief tells is in `vanne_assist.recruiting.news`.

An opinion says whether a person fits, and which kind of criterion is the reason. It adds 0.25
to the weight of that kind, up to a limit, for that brief only. The reason can only be a kind that
the brief asks, so that nothing which the law protects can change a weight.

>>> weights([("title", "a"), ("place", "b"), ("title", "c")])
{<Kind.TITLE: 'title'>: 1.5, <Kind.PLACE: 'place'>: 1.25}
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from vanne.database import add_persons
from vanne.errors import InputError
from vanne.terms import MemberId
from vanne_assist.brief.criteria import Brief, Kind, criteria_from, criteria_json
from vanne_assist.recruiting.lists import add_candidates, name_of_list, new_id
from vanne_assist.tables import opinion, saved_brief

MOST = 200
STEP = 0.25
"""How much one opinion adds to the weight of a kind: four of them double it."""
LARGEST_WEIGHT = 3.0
"""No number of opinions makes a kind weigh more: the others must still count."""


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


# Opinions


def weights(opinions: Iterable[Sequence[str]]) -> dict[Kind, float]:
    """Return how much each kind weighs that some opinion named; any other weighs 1.

    What makes somebody fit, and what makes somebody not fit, both matter more than was assumed.
    """
    by_kind: dict[Kind, float] = {}
    for name, *_ in opinions:
        by_kind[Kind(name)] = min(LARGEST_WEIGHT, by_kind.get(Kind(name), 1.0) + STEP)
    return by_kind


def add_opinion(
    db: Connection,
    account: str,
    brief: Brief,
    member: MemberId,
    kind: Kind,
    *,
    is_good: bool,
    now: datetime,
) -> None:
    """Keep an opinion; a second one about the same person and kind replaces the first."""
    add_persons(db, [account])
    add_candidates(db, [member])
    about = {"account": account, "brief": _key(brief), "person_id": member, "kind": kind.value}
    db.execute(delete(opinion).filter_by(**about))
    db.execute(insert(opinion), about | {"id": new_id(), "is_good": is_good, "at": now})


def delete_opinion(db: Connection, account: str, opinion_id: str) -> None:
    """Take an opinion back; once more is harmless."""
    db.execute(delete(opinion).filter_by(account=account, id=opinion_id))


def opinions(db: Connection, account: str, brief: Brief) -> Sequence[Any]:
    """Return what an account thinks for one brief (kind, person, fit, id), oldest first."""
    columns = opinion.c.kind, opinion.c.person_id, opinion.c.is_good, opinion.c.id
    query = select(*columns).filter_by(account=account, brief=_key(brief))
    return db.execute(query.order_by(opinion.c.at, opinion.c.id)).all()


def _key(brief: Brief) -> str:
    """Return what names a brief by its words, whatever became of its criteria."""
    return hashlib.sha256(" ".join(brief.text.split()).encode()).hexdigest()[:16]
