"""What a saved brief tells: who is new, who changed and who is gone since somebody last looked.

A look keeps whom the brief found, and of each a digest of what they show. A check searches again
and counts what differs from the last look; it shows nobody. The worker checks when the corpus is
refreshed, `vanne search index` does, and the page of saved briefs checks what nobody has yet. Each
checks a limited number, those first that were not checked for longest. Whoever opts out is deleted
from what a look kept, and counts as gone.

>>> compare({"ada": "1", "bea": "1"}, {"bea": "2", "eve": "1"})
Difference(new=1, changed=1, left=1)
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from vanne.config import Home
from vanne.database import Database, upsert
from vanne.terms import MemberId
from vanne_assist.brief.criteria import Brief
from vanne_assist.recruiting import briefs
from vanne_assist.recruiting.evidence import MOST_PEOPLE
from vanne_assist.recruiting.lists import add_candidates
from vanne_assist.search.find import find
from vanne_assist.search.index import Index
from vanne_assist.tables import brief_match, brief_news, saved_brief

MOST_CHECKS = 50
"""So many briefs are searched again after one refresh: some ten seconds."""
MOST_CHECKS_OF_A_PAGE = 10

Prints = Mapping[MemberId, str]
"""People, each with the digest of what they show."""


class Difference(NamedTuple):
    """How many are new, have changed, or are not found any more."""

    new: int
    changed: int
    left: int


class News(NamedTuple):
    """What a saved brief tells. `at` is when it was checked; None: it never was."""

    new: int
    changed: int
    gone: int
    at: datetime | None


def compare(before: Prints, now: Prints) -> Difference:
    """Count what differs between two searches."""
    both = before.keys() & now.keys()
    changed = sum(before[each] != now[each] for each in both)
    return Difference(len(now.keys() - both), changed, len(before.keys() - both))


def prints_of(index: Index, brief: Brief) -> dict[MemberId, str]:
    """Search for a brief; return whom it finds, of each a digest of what they show."""
    found = {}
    for hit in find(index, brief, count=MOST_PEOPLE).hits:
        shown = [[each.category, each.text, dict(each.fields)] for each in hit.profile.passages]
        text = json.dumps(sorted(shown, key=str), ensure_ascii=False, sort_keys=True)
        found[hit.member_id] = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return found


def state_of(index: Index) -> str:
    """Return what names the people who can be found now: an index, and how many opted out since."""
    return f"{index.made.sha256[:16]}/{int(index.shown().sum())}"


def looked(db: Connection, brief_id: str, found: Prints, state: str, now: datetime) -> None:
    """Keep whom a brief finds now, and who of them is new or has changed since the last look."""
    before = _kept(db, brief_id)
    db.execute(delete(brief_match).filter_by(brief_id=brief_id))
    add_candidates(db, list(found))
    rows = [
        {
            "brief_id": brief_id,
            "person_id": each,
            "digest": digest,
            "is_new": each not in before,
            "is_changed": before.get(each, digest) != digest,
        }
        for each, digest in found.items()
    ]
    if rows:
        db.execute(insert(brief_match), rows)
    db.execute(update(saved_brief).filter_by(id=brief_id).values(looked_at=now))
    _keep(db, brief_id, state, Difference(0, 0, 0), now, people=len(found))


def marks(db: Connection, brief_id: str) -> tuple[set[MemberId], set[MemberId]]:
    """Return who was new, and who had changed, when somebody last looked."""
    rows = db.execute(select(brief_match).filter_by(brief_id=brief_id)).all()
    new = {row.person_id for row in rows if row.is_new}
    return new, {row.person_id for row in rows if row.is_changed}


def check(home: Home, index: Index, rows: Sequence[Row[Any]], now: datetime, most: int) -> int:
    """Search again for saved briefs that are not checked against this index; return how many."""
    state, database = state_of(index), Database.of(home)
    with database.reading() as db:
        done = set(db.scalars(select(brief_news.c.brief_id).filter_by(state=state)))
    old = [row for row in rows if row.id not in done][:most]
    for row in old:
        found = prints_of(index, briefs.brief_of_row(row))
        with database.writing() as db:  # not while searching: others write, too
            if db.execute(select(saved_brief.c.id).filter_by(id=row.id)).first():
                _keep(db, row.id, state, compare(_kept(db, row.id), found), now)
    return len(old)


def check_all(home: Home, now: datetime) -> int:
    """Check the saved briefs of everybody against the index, up to a limit; return how many.

    Raises:
        MissingError, VerificationError: there is no index that can be read.
    """
    joined = saved_brief.outerjoin(brief_news, brief_news.c.brief_id == saved_brief.c.id)
    longest_ago = func.coalesce(brief_news.c.at, ""), saved_brief.c.id
    with Database.of(home).reading() as db:
        rows = db.execute(select(saved_brief).select_from(joined).order_by(*longest_ago)).all()
    with Index.open(home) as index:
        return check(home, index, rows, now, MOST_CHECKS)


def news_of(db: Connection, account: str) -> dict[str, News]:
    """Return what each saved brief of an account tells; those who opted out count as gone."""
    kept = (
        select(func.count())
        .where(brief_match.c.brief_id == brief_news.c.brief_id)
        .scalar_subquery()
        .label("kept")
    )
    own = select(brief_news, kept).join(saved_brief, saved_brief.c.id == brief_news.c.brief_id)
    return {
        row.brief_id: News(row.new, row.changed, row.left + row.people - row.kept, row.at)
        for row in db.execute(own.where(saved_brief.c.account == account))
    }


def _kept(db: Connection, brief_id: str) -> dict[MemberId, str]:
    """Return whom a brief found when somebody last looked, and their digests then."""
    query = select(brief_match.c.person_id, brief_match.c.digest).filter_by(brief_id=brief_id)
    return {row.person_id: row.digest for row in db.execute(query)}


def _keep(
    db: Connection,
    brief_id: str,
    state: str,
    told: Difference,
    now: datetime,
    people: int | None = None,
) -> None:
    """Keep what a check found; a look also says how many people there were."""
    row = {"brief_id": brief_id, "state": state, "at": now, **told._asdict()}
    with_people = row | {"people": people or 0}
    query = upsert(db, brief_news).values(with_people)
    changed = row if people is None else with_people
    db.execute(query.on_conflict_do_update(index_elements=["brief_id"], set_=changed))
