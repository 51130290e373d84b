"""What a recruiter thinks of hits, and what that changes: weights that everybody can see and undo.

An opinion says whether somebody fits and for which kind of criterion. It moves the weight of that
kind by a quarter, within bounds, for this brief alone; the reason can only be one of the kinds that
were asked, so that no opinion about a person teaches anything else. What a weight does is said, not
hidden (`vanne_assist.search.weights`).

>>> weights([Opinion("1", "a", True, Kind.TITLE), Opinion("2", "b", False, Kind.PLACE)])
{<Kind.TITLE: 'title'>: 1.25, <Kind.PLACE: 'place'>: 1.25}
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from vanne.database import add_persons
from vanne.terms import MemberId
from vanne_assist.brief.criteria import Kind
from vanne_assist.recruiting.desk import add_candidates, new_id
from vanne_assist.tables import opinion as opinion_table

STEP = 0.25
LEAST, MOST = 0.25, 3.0


@dataclass(frozen=True, slots=True)
class Opinion:
    """Somebody fits, or does not, for a kind of criterion: either way that kind matters more."""

    id: str
    member_id: MemberId
    is_good: bool
    kind: Kind


def weights(opinions: Iterable[Opinion]) -> dict[Kind, float]:
    """Return how much each kind weighs that some opinion named; any other weighs 1.

    What makes somebody fit, and what makes somebody not fit, both matter more than was assumed.
    """
    found: dict[Kind, float] = {}
    for opinion in opinions:
        weight = found.get(opinion.kind, 1.0) + STEP
        found[opinion.kind] = min(MOST, max(LEAST, weight))
    return found


def think(db: Connection, account: str, thread: str, opinion: Opinion, now: datetime) -> None:
    """Keep an opinion; a second one about the same person and kind takes the place of the first."""
    add_persons(db, [account])
    add_candidates(db, [opinion.member_id])
    about = {
        "account": account,
        "thread": thread,
        "person_id": opinion.member_id,
        "kind": opinion.kind.value,
    }
    db.execute(delete(opinion_table).filter_by(**about))
    row = about | {"id": new_id(), "is_good": opinion.is_good, "at": now}
    db.execute(insert(opinion_table), row)


def undo(db: Connection, account: str, opinion_id: str) -> None:
    """Take an opinion back; once more is harmless."""
    db.execute(delete(opinion_table).filter_by(account=account, id=opinion_id))


def opinions(db: Connection, account: str, thread: str) -> list[Opinion]:
    """Return what an account thinks for one brief, oldest first."""
    query = select(opinion_table).filter_by(account=account, thread=thread)
    rows = db.execute(query.order_by(opinion_table.c.at, opinion_table.c.id))
    return [Opinion(row.id, row.person_id, row.is_good, Kind(row.kind)) for row in rows]
